/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - answers without any network: it writes the vendor's answer itself and asks the host
 * to play it back (url "mock:", see provider.h). Everything behind that is the same as for a vendor
 * that speaks OpenAI's format: framing RELAY, errors classified by the SDK. mock.h lists what it
 * can be made to do.
 */
#include "mock.h"

#include <stdlib.h>
#include <sluice_sdk/compat.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define ERROR_MAX 65536 /* of an error answer's body that is kept */
#define HEADERS_MAX 8

struct sluice_provider {
    const sluice_host *host;
    sluice_span config; /* our copy */
};

struct sluice_exchange {
    sluice_provider *provider;
    sluice_arena *mem; /* of the call */
    struct mock_ask ask;
    struct mock_plan plan;
    struct mock_body body;
    sluice_header headers[HEADERS_MAX];
    size_t n_headers;
    sluice_part *parts;
    size_t n_parts;
    int32_t status; /* of the answer */
    uint32_t retry_after_ms;
    sluice_span error_body;
};

static const char config_schema[] = "{\"type\":\"object\",\"properties\":{"
                                    "\"mock_response\":{},"
                                    "\"mock_delay\":{\"type\":\"number\",\"minimum\":0},"
                                    "\"mock_timeout\":{\"type\":\"boolean\"},"
                                    "\"mock_tool_calls\":{\"type\":\"array\"},"
                                    "\"mock_chunk_delay\":{\"type\":\"number\",\"minimum\":0}},"
                                    "\"additionalProperties\":true}";

static const char *const operations[] = { "chat.completions", "chat.completions.extended",
                                          "completions",      "embeddings",
                                          "models",           NULL };

static sluice_status mock_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                                 sluice_error *err)
{
    sluice_provider *p;
    char *copy;

    if (config.len == 0)
        config = SL_SPAN("{}");
    if (sl_json_validate(config, NULL) < 0 || sl_json_type(sl_span_trim(config)) != SL_JSON_OBJECT)
        return sl_fail(err, SLUICE_E_INVALID, "the configuration of mock is no JSON object");
    p = malloc(sizeof *p + config.len);
    if (!p)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating mock");
    copy = (char *)(p + 1);
    memcpy(copy, config.ptr, config.len);
    *p = (sluice_provider){ host, sl_span_trim(sl_span(copy, config.len)) };
    *out = p;
    return SLUICE_OK;
}

static void mock_destroy(sluice_provider *self)
{
    free(self);
}

/* ---- composing the answer ---- */

static void add_header(sluice_exchange *x, const char *name, sluice_span value)
{
    x->headers[x->n_headers++] = (sluice_header){ sl_span_str(name), value };
}

static bool add_number(sluice_exchange *x, const char *name, uint64_t n)
{
    sluice_span text = sl_arena_printf(x->mem, "%llu", (unsigned long long)n);

    add_header(x, name, text);
    return text.ptr;
}

static bool write_headers(sluice_exchange *x)
{
    const struct mock_plan *p = &x->plan;
    const char *type = p->content_type;
    bool ok = add_number(x, ":status", (uint64_t)p->status);

    if (p->delay_ms)
        ok &= add_number(x, ":delay-ms", p->delay_ms);
    if (p->chunk_delay_ms)
        ok &= add_number(x, ":chunk-delay-ms", p->chunk_delay_ms);
    if (p->chunk)
        ok &= add_number(x, ":chunk", p->chunk);
    if (p->fail)
        add_header(x, ":fail", sl_span_str(p->fail));
    if (p->fail && !p->fail_early)
        ok &= add_number(x, ":after", x->body.text.len / 2);
    if (!type)
        type = x->ask.stream ? "text/event-stream; charset=utf-8" : "application/json";
    add_header(x, "content-type", sl_span_str(type));
    if (p->retry_after_s)
        ok &= add_number(x, "retry-after", p->retry_after_s);
    return ok;
}

static void write_body(sluice_exchange *x)
{
    int64_t created = x->provider->host->unix_ms(x->provider->host) / 1000;
    struct mock_body *b = &x->body;

    if (x->plan.whole.len) {
        sl_buf_add(&b->text, x->plan.whole);
        mock_cut(b);
        return;
    }
    switch (x->ask.operation) {
    case MOCK_CHAT:
    case MOCK_COMPLETION:
        mock_chat_write(&x->ask, &x->plan, x->provider->host->random(x->provider->host), created,
                        b);
        break;
    case MOCK_EMBEDDING:
        mock_embedding_write(&x->ask, b);
        break;
    case MOCK_MODELS:
        mock_models_write(created, b);
        break;
    }
}

/* The body as parts, one for each piece. */
static bool cut_parts(sluice_exchange *x)
{
    size_t from = 0, end;

    x->n_parts = x->body.ends.len / sizeof end;
    x->parts = sl_alloc(x->mem, x->n_parts * sizeof *x->parts);
    if (!x->parts)
        return false;
    for (size_t i = 0; i < x->n_parts; i++) {
        memcpy(&end, x->body.ends.ptr + i * sizeof end, sizeof end);
        x->parts[i] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW,
                                     sl_span(x->body.text.ptr + from, end - from) };
        from = end;
    }
    return true;
}

/* ---- one attempt ---- */

static void mock_close(sluice_exchange *x)
{
    sl_buf_finish(&x->body.text);
    sl_buf_finish(&x->body.ends);
}

static sluice_status mock_begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                                sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc(arena, sizeof *x);
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory beginning a mock call");
    *x = (sluice_exchange){ .provider = self, .mem = arena };
    sl_buf_init(&x->body.text, MOCK_BODY_MAX);
    sl_buf_init(&x->body.ends, MOCK_BODY_MAX);
    st = mock_ask_read(call, self->config, x->mem, &x->ask, err);
    if (st == SLUICE_OK)
        st = mock_plan_make(&x->ask, x->mem, &x->plan, err);
    if (st == SLUICE_OK) {
        write_body(x);
        if (!sl_buf_ok(&x->body.text) || !sl_buf_ok(&x->body.ends) || !write_headers(x) ||
            !cut_parts(x))
            st = sl_fail(err, SLUICE_E_NOMEM, "out of memory making the mock's answer");
    }
    if (st < 0)
        mock_close(x);
    else
        *out = x;
    return st;
}

static sluice_status mock_request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    (void)err;
    out->framing = SLUICE_FRAME_RELAY;
    out->method = SL_SPAN("POST");
    out->url = SL_SPAN("mock:");
    out->headers = x->headers;
    out->n_headers = x->n_headers;
    out->body = x->parts;
    out->n_body = x->n_parts;
    return SLUICE_OK;
}

static sluice_status mock_head(sluice_exchange *x, const sluice_http_head *head, uint32_t *framing,
                               sluice_error *err)
{
    const sluice_host *host = x->provider->host;

    (void)framing;
    (void)err;
    x->status = head->status;
    x->retry_after_ms =
        sl_compat_retry_after_ms(head->headers, head->n_headers, host->unix_ms(host));
    return SLUICE_OK;
}

static sluice_status mock_data(sluice_exchange *x, const sluice_frame *frame,
                               const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    if (x->status < 400 || !frame->data.len)
        return SLUICE_OK;
    x->error_body = sl_arena_dup(x->mem, sl_span_head(frame->data, ERROR_MAX));
    if (!x->error_body.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading an error answer");
    return SLUICE_OK;
}

static sluice_status mock_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    struct sl_compat_failure failure = { .http_status = x->status,
                                         .retry_after_ms = x->retry_after_ms,
                                         .body = x->error_body };

    (void)sink;
    return x->status < 400 ? SLUICE_OK : sl_compat_error(&failure, err);
}

static const sluice_provider_class provider_class = {
    .struct_size = sizeof(sluice_provider_class),
    .operations = operations,
    .config_schema = config_schema,
    .create = mock_create,
    .destroy = mock_destroy,
    .begin = mock_begin,
    .request = mock_request,
    .head = mock_head,
    .data = mock_data,
    .end = mock_end,
    .close = mock_close,
};

SL_PLUGIN(mock, "mock", "0.1.0", "sluice",
          "answers without a network: echo, canned answers, errors and faults", SLUICE_PROVIDER_ID,
          &provider_class)
