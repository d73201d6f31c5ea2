/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - what a provider is given, and what it asks for, as text. */
#include "request.h"

#include "base/status.h"
#include "format/form.h"
#include "format/json_scan.h"

static sluice_span or_else(sluice_span s, sluice_span otherwise)
{
    return s.len ? s : otherwise;
}

/* The members with the mapped model in place of the client's. */
static sluice_status members(const struct sl_test_call *in, struct sluice_arena *a,
                             sluice_call *out, sluice_error *err)
{
    struct sl_json_error jerr;
    sluice_header *list = NULL;
    size_t n = 0;
    sluice_status st = sl_json_members(in->body, a, &list, &n, &jerr);

    if (st < 0)
        return sl_fail(err, st, "the call's body: %s at line %zu",
                       st == SLUICE_E_NOMEM ? "memory" : jerr.what,
                       st == SLUICE_E_NOMEM ? (size_t)0 : jerr.line);
    for (size_t i = 0; i < n; i++) {
        if (!sl_span_eq(list[i].name, SL_SPAN("model")))
            continue;
        if (in->model.len)
            list[i].value = sl_arena_printf(a, "\"%.*s\"", SL_FMT(in->model));
        else if (!sl_json_string(list[i].value, a, &out->model))
            return sl_fail(err, SLUICE_E_INVALID, "the call's model is no string");
        if (!list[i].value.ptr)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    }
    out->members = list;
    out->n_members = n;
    return SLUICE_OK;
}

/* The text fields of a form, as strings; of what is no form, none. */
static sluice_status fields(struct sluice_arena *a, sluice_call *out, sluice_error *err)
{
    sluice_header *list = sl_alloc(a, SL_FORM_PARTS * sizeof *list);
    struct sl_form form;
    struct sl_form_part part;
    sluice_span boundary;
    size_t n = 0;

    if (!list)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    if (!sl_form_boundary(out->content_type, &boundary) ||
        sl_form_begin(&form, out->body, boundary, NULL) < 0)
        return SLUICE_OK;
    while (sl_form_next(&form, &part, NULL) == SLUICE_OK) {
        if (part.file)
            continue;
        list[n].name = part.name;
        list[n].value = sl_arena_printf(a, "\"%.*s\"", SL_FMT(part.data));
        if (!list[n++].value.ptr)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    }
    out->members = list;
    out->n_members = n;
    return SLUICE_OK;
}

sluice_status call_make(const struct sl_test_call *in, struct sluice_arena *a, sluice_call *out,
                        sluice_error *err)
{
    *out = (sluice_call){ .struct_size = sizeof *out,
                          .flags = in->flags,
                          .operation = or_else(in->operation, SL_SPAN("chat.completions")),
                          .model = in->model,
                          .base_url = in->base_url,
                          .content_type = or_else(in->content_type, SL_SPAN("application/json")),
                          .body = in->body,
                          .params = in->params,
                          .n_params = in->n_params,
                          .headers = in->headers,
                          .n_headers = in->n_headers,
                          .request_id = or_else(in->request_id, SL_SPAN("req-test")),
                          .credential = in->credential,
                          .credential_facts = or_else(in->credential_facts, SL_SPAN("{}")) };
    if (in->body.len && sl_span_starts(out->content_type, SL_SPAN("application/json")))
        return members(in, a, out, err);
    return fields(a, out, err);
}

static void base64(struct text *out, sluice_span s)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < s.len; i += 3) {
        size_t n = s.len - i;
        uint32_t v = (uint32_t)(unsigned char)s.ptr[i] << 16;
        char four[4];

        if (n > 1)
            v |= (uint32_t)(unsigned char)s.ptr[i + 1] << 8;
        if (n > 2)
            v |= (unsigned char)s.ptr[i + 2];
        four[0] = set[v >> 18];
        four[1] = set[v >> 12 & 63];
        four[2] = n > 1 ? set[v >> 6 & 63] : '=';
        four[3] = n > 2 ? set[v & 63] : '=';
        text_add(out, sl_span(four, 4));
    }
}

static void formed(struct text *out, uint32_t form, sluice_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '_' || c == '.' || c == '~';

        if (form == SLUICE_FORM_PERCENT && !plain)
            text_printf(out, "%%%02X", c);
        else if (form == SLUICE_FORM_JSON && (c == '"' || c == '\\'))
            text_printf(out, "\\%c", c);
        else if (form == SLUICE_FORM_JSON && c < 0x20)
            text_printf(out, "\\u%04x", c);
        else
            text_add(out, sl_span(s.ptr + i, 1));
    }
}

static sluice_status part(const sluice_part *p, struct text *out, sluice_error *err)
{
    if (p->form > SLUICE_FORM_JSON)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "body part of unknown form %u", p->form);
    switch (p->kind) {
    case SLUICE_PART_BYTES:
        formed(out, p->form, p->data);
        return SLUICE_OK;
    case SLUICE_PART_SECRET:
        text_printf(out, "<%.*s>", SL_FMT(p->data));
        return SLUICE_OK;
    case SLUICE_PART_BASE64:
        base64(out, p->data);
        return SLUICE_OK;
    default:
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "body part of unknown kind %u", p->kind);
    }
}

static bool clean(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    return true;
}

bool request_is_mock(const sluice_http_request *r)
{
    return sl_span_eq(r->url, SL_SPAN("mock:"));
}

/* provider.h says what a host makes of the pseudo headers; pace does not matter here. */
sluice_status mock_answer(const sluice_http_request *r, struct text *body, sluice_header *headers,
                          size_t room, struct sl_test_answer *out, sluice_error *err)
{
    uint64_t status = 0, after = UINT64_MAX;
    sluice_span fail = sl_span(NULL, 0);
    sluice_status st = SLUICE_OK;

    *out = (struct sl_test_answer){ .headers = headers };
    for (size_t i = 0; i < r->n_headers; i++) {
        const sluice_header *h = &r->headers[i];

        if (sl_span_eq(h->name, SL_SPAN(":status")))
            sl_span_u64(h->value, 999, &status);
        else if (sl_span_eq(h->name, SL_SPAN(":after")))
            sl_span_u64(h->value, UINT64_MAX - 1, &after);
        else if (sl_span_eq(h->name, SL_SPAN(":fail")))
            fail = h->value;
        else if (h->name.len && h->name.ptr[0] != ':' && out->n_headers < room)
            headers[out->n_headers++] = *h;
    }
    for (size_t i = 0; i < r->n_body && st >= 0; i++)
        st = part(&r->body[i], body, err);
    if (st < 0 || !status)
        return st < 0 ? st : sl_fail(err, SLUICE_E_INVALID, "mock: without a :status");
    if (fail.len && after == UINT64_MAX)
        return sl_fail(err, SLUICE_E_UNAVAILABLE, "mock: %.*s", SL_FMT(fail));
    out->status = (int32_t)status;
    out->body = sl_span_head(sl_span(body->ptr, body->len), fail.len ? after : SIZE_MAX);
    out->broken = fail.len > 0;
    return st;
}

sluice_status request_print(const sluice_http_request *r, struct text *out, sluice_error *err)
{
    static const char *const auths[] = { "none", "bearer", "header", "query", "sigv4" };
    static const char *const framings[] = { "whole", "sse", "lines", "raw", "relay", "u32" };
    sluice_status st = SLUICE_OK;

    if (r->auth > SLUICE_AUTH_SIGV4)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "unknown auth %u", r->auth);
    if (r->framing > SLUICE_FRAME_U32)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "unknown framing %u", r->framing);
    if (!sl_span_starts(r->url, SL_SPAN("http://")) &&
        !sl_span_starts(r->url, SL_SPAN("https://")) && !sl_span_starts(r->url, SL_SPAN("kept:")) &&
        !request_is_mock(r))
        return sl_fail(err, SLUICE_E_INVALID, "the request's URL is not absolute: \"%.*s\"",
                       SL_FMT(r->url));
    if (!clean(r->url) || !clean(r->method) || sl_span_find_char(r->url, ' ') != r->url.len)
        return sl_fail(err, SLUICE_E_INVALID, "a blank or control character in the URL or method");
    text_add(out, or_else(r->method, SL_SPAN("POST")));
    text_printf(out, " %.*s\n", SL_FMT(r->url));
    if (r->auth)
        text_printf(out, "auth: %s%s%.*s\n", auths[r->auth], r->auth_param.len ? " " : "",
                    SL_FMT(r->auth_param));
    if (r->framing)
        text_printf(out, "framing: %s\n", framings[r->framing]);
    if (r->delay_ms)
        text_printf(out, "delay: %u\n", r->delay_ms);
    if (r->flags & SLUICE_REQ_FOREIGN)
        text_str(out, "foreign\n");
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!clean(r->headers[i].name) || !clean(r->headers[i].value))
            return sl_fail(err, SLUICE_E_INVALID, "a control character in a header");
        text_printf(out, "%.*s: %.*s\n", SL_FMT(r->headers[i].name), SL_FMT(r->headers[i].value));
    }
    if (r->n_body)
        text_str(out, "\n");
    for (size_t i = 0; i < r->n_body && st >= 0; i++)
        st = part(&r->body[i], out, err);
    if (r->n_body)
        text_str(out, "\n");
    return st;
}
