/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Mistral's API: chat with its rules for ids, roles and prefixes, filling in the
 * middle, embeddings. This file holds the functions of the ABI in their order.
 */
#include <sluice_sdk/pass.h>
#include <stdlib.h>
#include "class.h"
#include "mistral.h"

static const struct {
    const char *operation, *path;
    enum mistral_kind kind;
} paths[] = {
    { "chat.completions", "/v1/chat/completions", MISTRAL_CHAT },
    { "completions", "/v1/fim/completions", MISTRAL_FIM },
    { "embeddings", "/v1/embeddings", MISTRAL_EMBED },
};

static const char *const operations[] = { "chat.completions", "chat.completions.extended",
                                          "completions",      "embeddings",
                                          "passthrough",      NULL };
static const char *const origins[] = { "https://api.mistral.ai", "https://codestral.mistral.ai",
                                       NULL };

static const char config_schema[] =
    "{\"type\":\"object\","
    "\"x-sluice\":{\"base_url\":\"https://api.mistral.ai/v1\",\"key_env\":[\"MISTRAL_API_KEY\"],"
    "\"base_env\":[\"MISTRAL_API_BASE\"],"
    "\"serves\":[\"mistral-*\",\"ministral-*\",\"magistral-*\",\"pixtral-*\",\"open-mistral-*\","
    "\"open-mixtral-*\",\"devstral-*\",\"voxtral-*\"]},"
    "\"properties\":{" SL_CHAT_LENIENT_SCHEMA "}}";

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    self->host = host;
    self->lenient_arguments = sl_chat_config(config, "lenient_arguments");
    *out = self;
    return SLUICE_OK;
}

static void destroy(sluice_provider *self)
{
    free(self);
}

static void close_exchange(sluice_exchange *x)
{
    sl_parts_finish(&x->body);
    sl_failed_finish(&x->failed);
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    static sluice_status (*const write[])(sluice_exchange * x) = {
        [MISTRAL_CHAT] = mistral_request,
        [MISTRAL_FIM] = mistral_fim,
        [MISTRAL_EMBED] = mistral_embed,
    };
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    sluice_span base = call->base_url.len ? call->base_url : sl_span_str(origins[0]);
    size_t i = 0;
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    while (i + 1 < sizeof paths / sizeof *paths &&
           !sl_span_eq(call->operation, sl_span_str(paths[i].operation)))
        i++;
    x->self = self;
    x->call = call;
    x->arena = arena;
    x->kind = paths[i].kind;
    sl_parts_init(&x->body, arena);
    sl_failed_init(&x->failed);
    sl_chat_init(&x->chat, self->host, call, arena, err);
    x->chat.lenient = self->lenient_arguments;
    x->url = sl_url_join(arena, base, paths[i].path);
    st = x->url.ptr ? write[x->kind](x) : SLUICE_E_NOMEM;
    if (st == SLUICE_E_NOMEM)
        sl_fail(err, st, "out of memory writing the request");
    if (st < 0)
        close_exchange(x);
    else
        *out = x;
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };

    (void)err;
    sl_auth_bearer(x->call, out);
    out->framing = x->kind == MISTRAL_EMBED              ? SLUICE_FRAME_RELAY
                   : x->call->flags & SLUICE_CALL_STREAM ? SLUICE_FRAME_SSE
                                                         : SLUICE_FRAME_WHOLE;
    out->url = x->url;
    out->body = x->parts;
    out->n_body = x->n_parts;
    out->headers = &type;
    out->n_headers = 1;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)err;
    sl_failed_head(&x->failed, h, x->self->host->unix_ms(x->self->host));
    if (x->kind == MISTRAL_CHAT)
        sl_chat_framing(h, framing);
    x->streams = *framing == SLUICE_FRAME_SSE;
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    sluice_status st;

    if (sl_failed(&x->failed)) {
        sl_failed_data(&x->failed, frame->data);
        return SLUICE_OK;
    }
    if (x->kind == MISTRAL_EMBED)
        return SLUICE_OK;
    st = x->kind == MISTRAL_CHAT ? mistral_answer(x, frame->data, sink, err)
                                 : mistral_fim_answer(x, frame->data, sink, err);
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory reading the answer") : st;
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    if (sl_failed(&x->failed))
        return mistral_failed(x, err);
    if (x->kind == MISTRAL_CHAT)
        return mistral_answer_end(x, sink, err);
    if (x->kind == MISTRAL_EMBED || x->done)
        return SLUICE_OK;
    return sl_chat_truncated(err);
}

/* ---- the vendor's own API, as it is ---- */

SL_PASS_BEARER(pass_auth, "https://api.mistral.ai/v1")
SL_PASS_AROUND(begin, request, head, data, end, close_exchange, pass_auth)

const sluice_provider_class mistral_provider_class = {
    .struct_size = sizeof mistral_provider_class,
    .operations = operations,
    .config_schema = config_schema,
    .origins = origins,
    .create = create,
    .destroy = destroy,
    SL_PASS_CLASS,
};
