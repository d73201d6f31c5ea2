/* SPDX-License-Identifier: Apache-2.0 */
/* batch_answer.c - see sluice_sdk/batch.h: lines of the output. A vendor's answer goes through the
 * provider's own head(), data() and end(); what they write is gathered as for a client that does
 * not stream. */
#include <sluice_sdk/status.h>
#include "base/digest.h"
#include "batch_line.h"
#include "format/openai/openai_chat.h"

/* Nobody knows any more what was asked. An answer that came as the input of the tool which stands
 * in for structured output, on models that have none, is recognised by a request for such output.
 */
static const char form_body[] = "{\"messages\":[{\"role\":\"user\",\"content\":\".\"}],"
                                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
                                "{\"name\":\"answer\",\"schema\":{\"type\":\"object\"}}}}";
static const char plain_body[] = "{\"messages\":[{\"role\":\"user\",\"content\":\".\"}]}";

#define ID_BYTES 12

/* ---- gathering ---- */

struct gathered {
    sluice_sink sink;
    struct sl_encoder encoder;
    struct sl_usage usage;
    struct sluice_arena scratch;
};

static sluice_status on_delta(const sluice_sink *sink, const sluice_delta *d)
{
    struct gathered *g = sink->impl;

    if (d->kind != SLUICE_DELTA_START)
        return sl_openai_collect(&g->encoder, d);
    if (d->id.len)
        g->encoder.id = sl_arena_dup(g->encoder.arena, d->id);
    if (d->name.len)
        g->encoder.model = sl_arena_dup(g->encoder.arena, d->name);
    return g->encoder.id.ptr && g->encoder.model.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static void on_usage(const sluice_sink *sink, const sluice_usage *usage)
{
    sl_usage_merge(&((struct gathered *)sink->impl)->usage, usage);
}

static sluice_status on_text(const sluice_sink *sink, const sluice_span *parts, size_t n)
{
    (void)sink;
    (void)parts;
    (void)n;
    return SLUICE_E_INTERNAL; /* chat is told in steps */
}

static sluice_status on_bytes(const sluice_sink *sink, sluice_span content_type, sluice_span data)
{
    (void)sink;
    (void)content_type;
    (void)data;
    return SLUICE_E_INTERNAL;
}

static sluice_status on_head(const sluice_sink *sink, int32_t status, const sluice_header *headers,
                             size_t n)
{
    (void)sink;
    (void)status;
    (void)headers;
    (void)n;
    return SLUICE_OK;
}

/* The same line has the same ids, whoever reads the file and when. */
static void line_digest(sluice_span custom_id, char out[2 * ID_BYTES + 1])
{
    unsigned char digest[SL_DIGEST_SIZE];

    sl_digest_once(custom_id, digest);
    sl_hex(digest, ID_BYTES, out);
}

static void gather_begin(struct gathered *g, struct sl_batch *b, sluice_span custom_id,
                         sluice_span model)
{
    char id[2 * ID_BYTES + 1];

    line_digest(custom_id, id);
    memset(g, 0, sizeof *g);
    g->sink = (sluice_sink){ .struct_size = sizeof g->sink,
                             .impl = g,
                             .scratch = &g->scratch,
                             .chunk = on_text,
                             .whole = on_text,
                             .bytes = on_bytes,
                             .usage = on_usage,
                             .head = on_head,
                             .delta = on_delta };
    sl_arena_init(&g->scratch, (size_t)64 << 20);
    g->encoder = (struct sl_encoder){ .arena = &b->arena,
                                      .id = sl_arena_printf(&b->arena, "chatcmpl-%s", id),
                                      .model = model,
                                      .created = b->host->unix_ms(b->host) / 1000 };
}

static void gather_end(struct gathered *g)
{
    sl_encoder_finish(&g->encoder);
    sl_arena_finish(&g->scratch);
}

/* The provider's exchange for an answer without a request. */
static sluice_status open_exchange(struct sl_batch *b, sluice_span model, sluice_exchange **x,
                                   sluice_error *err)
{
    static const char *const bodies[] = { form_body, plain_body };
    sluice_call *call = sl_alloc(&b->arena, sizeof *call);
    sluice_status st = SLUICE_E_NOMEM;

    for (size_t i = 0; call && i < sizeof bodies / sizeof *bodies; i++) {
        st = sl_batch_chat(b, model, sl_span_str(bodies[i]), call, err);
        if (st >= 0)
            st = b->cls->begin(b->self, call, &b->arena, x, err);
        if (st >= 0 || st == SLUICE_E_NOMEM)
            break;
    }
    return st;
}

static sluice_status play(struct sl_batch *b, sluice_exchange *x, sluice_span answer,
                          const sluice_sink *sink, sluice_error *err)
{
    const sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    const sluice_http_head head = {
        .struct_size = sizeof head, .status = 200, .headers = &type, .n_headers = 1
    };
    const sluice_frame frame = { .struct_size = sizeof frame, .data = answer };
    uint32_t framing = SLUICE_FRAME_WHOLE;
    sluice_status st = b->cls->head(x, &head, &framing, err);

    if (st >= 0)
        st = b->cls->data(x, &frame, sink, err);
    return st < 0 ? st : b->cls->end(x, sink, err);
}

/* ---- writing ---- */

static void begin_line(struct sl_json_out *o, sluice_span custom_id)
{
    char digest[2 * ID_BYTES + 1];

    line_digest(custom_id, digest);
    sl_json_open(o, '{');
    sl_json_key(o, "id");
    sl_buf_printf(o->buf, "\"batch_req_%s\"", digest);
    o->comma = true;
    sl_json_kv_raw(o, "custom_id", custom_id);
}

static sluice_status end_line(struct sl_json_out *o)
{
    sl_json_close(o, '}');
    sl_buf_add_char(o->buf, '\n');
    return sl_buf_ok(o->buf) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static void begin_response(struct sl_json_out *o, int status, sluice_span request_id)
{
    sl_json_key(o, "response");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "status_code", status);
    sl_json_key(o, "request_id");
    if (request_id.len)
        sl_json_str(o, request_id);
    else
        sl_json_null(o);
    sl_json_key(o, "body");
}

static void end_response(struct sl_json_out *o)
{
    sl_json_close(o, '}');
    sl_json_key(o, "error");
    sl_json_null(o);
}

static void text_or_null(struct sl_json_out *o, const char *name, const char *text)
{
    sl_json_key(o, name);
    if (text && *text)
        sl_json_str(o, sl_span_str(text));
    else
        sl_json_null(o);
}

sluice_status sl_batch_answer(struct sl_batch *b, sluice_span custom_id, sluice_span model,
                              sluice_span answer, struct sl_buf *out)
{
    struct sl_json_out o = sl_json_out(out);
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_exchange *x = NULL;
    struct gathered g;
    sluice_status st;

    sl_arena_reset(&b->arena);
    gather_begin(&g, b, custom_id, model);
    st = g.encoder.id.ptr ? open_exchange(b, model, &x, &err) : SLUICE_E_NOMEM;
    if (st >= 0)
        st = play(b, x, answer, &g.sink, &err);
    if (st >= 0) {
        begin_line(&o, custom_id);
        begin_response(&o, 200, g.encoder.id);
        st = sl_openai_whole(&g.encoder, &g.usage, out);
        o.comma = true;
        end_response(&o);
        st = st < 0 ? st : end_line(&o);
    } else if (st != SLUICE_E_NOMEM) {
        st = sl_batch_failed(custom_id, st, &err, out);
    }
    if (x && b->cls->close)
        b->cls->close(x);
    gather_end(&g);
    return st;
}

sluice_status sl_batch_failed(sluice_span custom_id, sluice_status status,
                              const sluice_error *error, struct sl_buf *out)
{
    const struct sl_status_info *info = sl_status_info(status);
    int http = error->http_status ? error->http_status : info->http_status;
    struct sl_json_out o = sl_json_out(out);

    begin_line(&o, custom_id);
    begin_response(&o, http, SL_SPAN(""));
    sl_json_open(&o, '{');
    sl_json_key(&o, "error");
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "message", sl_span_str(error->message));
    text_or_null(&o, "type", sl_status_type(status, error->http_status));
    text_or_null(&o, "param", error->param);
    text_or_null(&o, "code", error->code[0] ? error->code : info->code);
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    end_response(&o);
    return end_line(&o);
}

sluice_status sl_batch_skipped(sluice_span custom_id, const char *code, const char *message,
                               struct sl_buf *out)
{
    struct sl_json_out o = sl_json_out(out);

    begin_line(&o, custom_id);
    sl_json_key(&o, "response");
    sl_json_null(&o);
    sl_json_key(&o, "error");
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "code", sl_span_str(code));
    sl_json_kv_str(&o, "message", sl_span_str(message));
    sl_json_close(&o, '}');
    return end_line(&o);
}
