/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsed.c - what would go to a vendor, shown instead of sent. It is asked of the provider as
 * for a real attempt, before the host places any credential; what the configuration adds to every
 * request is named, not shown, since it may be one.
 */
#include "call/choice/explain.h"

#include "base/status.h"
#include "call/attempt/attempt.h"
#include "call/runtime/base_url.h"

#define BODY_MOST (1u << 20) /* shown of a body */
#define HIDDEN SL_SPAN("***")

union request_room {
    sluice_http_request request;
    char slack[sizeof(sluice_http_request) + SLUICE_SLACK];
};

static const char *auth_name(uint32_t auth)
{
    static const char *const names[] = { "none", "bearer", "header", "query", "sigv4" };

    return auth < sizeof names / sizeof *names ? names[auth] : "unknown";
}

static void write_headers(struct sl_json_out *o, const struct sl_attempt *a,
                          const sluice_http_request *r)
{
    const struct sl_deployment_settings *d = a->pick.deployment->settings;

    sl_json_open(o, '{');
    if (r->auth == SLUICE_AUTH_BEARER)
        sl_json_kv_str(o, "authorization", SL_SPAN("Bearer ***"));
    else if (r->auth == SLUICE_AUTH_HEADER) {
        sl_json_key_span(o, sl_span_head(r->auth_param, sl_span_find_char(r->auth_param, ':')));
        sl_json_str(o, HIDDEN);
    }
    for (size_t i = 0; i < r->n_headers; i++) {
        sl_json_key_span(o, r->headers[i].name);
        sl_json_str(o, r->headers[i].value);
    }
    for (size_t i = 0; i < d->n_extra_headers; i++) {
        sl_json_key_span(o, d->extra_headers[i].name);
        sl_json_str(o, HIDDEN);
    }
    sl_json_close(o, '}');
}

static void gather(struct sl_buf *b, const sluice_http_request *r)
{
    for (size_t i = 0; i < r->n_body; i++)
        if (r->body[i].kind == SLUICE_PART_SECRET)
            sl_buf_add(b, HIDDEN);
        else if (r->body[i].kind == SLUICE_PART_BASE64)
            sl_buf_printf(b, "(%zu bytes in base64)", r->body[i].data.len);
        else
            sl_buf_add(b, r->body[i].data);
}

/* As JSON where it is, else as text. */
static void write_body(struct sl_json_out *o, const sluice_http_request *r)
{
    struct sl_json_error why = { 0 };
    struct sl_buf b;

    sl_buf_init(&b, BODY_MOST);
    gather(&b, r);
    if (!sl_buf_ok(&b))
        sl_json_str(o, SL_SPAN("(too long to be shown)"));
    else if (b.len && sl_json_validate(sl_buf_span(&b), &why) >= 0)
        sl_json_raw(o, sl_buf_span(&b));
    else
        sl_json_str(o, sl_buf_span(&b));
    sl_buf_finish(&b);
}

void sl_rehearsed_write(struct sl_json_out *o, struct sl_call *c, const struct sl_pick *pick)
{
    union request_room room = { .request = { .struct_size = sizeof(sluice_http_request) } };
    const sluice_http_request *r = &room.request;
    struct sl_attempt *a;

    sl_json_key(o, "upstream");
    sl_json_open(o, '{');
    if (sl_attempt_rehearse(c, pick, &room.request, &a) < 0) {
        sl_json_kv_str(o, "error", sl_span_str(a ? a->error.message : c->error.message));
    } else {
        sl_json_kv_str(o, "method", r->method.len ? r->method : SL_SPAN("POST"));
        sl_json_kv_str(o, "url", sl_url_shown(r->url, true, &c->arena));
        sl_json_kv_str(o, "credential", sl_span_str(auth_name(r->auth)));
        sl_json_key(o, "headers");
        write_headers(o, a, r);
        sl_json_key(o, "body");
        write_body(o, r);
    }
    sl_json_close(o, '}');
    sl_attempt_rehearsed(a);
}

void sl_rehearsed_refuse(struct sl_json_out *o, const sluice_error *err)
{
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "raw_request_api_base", SL_SPAN("null"));
    sl_json_kv_raw(o, "raw_request_body", SL_SPAN("null"));
    sl_json_kv_raw(o, "raw_request_headers", SL_SPAN("null"));
    sl_json_kv_str(o, "error", sl_span_str(err->message));
    sl_json_close(o, '}');
}

void sl_rehearsed_transform(struct sl_json_out *o, struct sl_call *c, const struct sl_pick *pick)
{
    union request_room room = { .request = { .struct_size = sizeof(sluice_http_request) } };
    const sluice_http_request *r = &room.request;
    struct sl_attempt *a;

    if (sl_attempt_rehearse(c, pick, &room.request, &a) < 0) {
        sl_rehearsed_refuse(o, a ? &a->error : &c->error);
    } else {
        sl_json_open(o, '{');
        sl_json_kv_str(o, "raw_request_api_base", sl_url_shown(r->url, true, &c->arena));
        sl_json_key(o, "raw_request_body");
        write_body(o, r);
        sl_json_key(o, "raw_request_headers");
        write_headers(o, a, r);
        sl_json_kv_raw(o, "error", SL_SPAN("null"));
        sl_json_close(o, '}');
    }
    sl_attempt_rehearsed(a);
}
