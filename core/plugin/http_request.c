/* SPDX-License-Identifier: Apache-2.0 */
/* http_request.c - copies a request, with its secrets put in. */
#include "plugin/http_request.h"

#include "base/buf.h"
#include "base/status.h"
#include "format/json_write.h"

#define BODY_MAX ((size_t)64 << 20)

static sluice_status nomem(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an HTTP request");
}

static void percent(struct sl_buf *b, sluice_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '_' || c == '.' || c == '~';

        if (plain)
            sl_buf_add_char(b, (char)c);
        else
            sl_buf_printf(b, "%%%02X", c);
    }
}

static void base64(struct sl_buf *b, sluice_span s)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < s.len; i += 3) {
        size_t n = s.len - i;
        uint32_t v = (uint32_t)(unsigned char)s.ptr[i] << 16;

        if (n > 1)
            v |= (uint32_t)(unsigned char)s.ptr[i + 1] << 8;
        if (n > 2)
            v |= (unsigned char)s.ptr[i + 2];
        sl_buf_add_char(b, set[v >> 18]);
        sl_buf_add_char(b, set[v >> 12 & 63]);
        sl_buf_add_char(b, n > 1 ? set[v >> 6 & 63] : '=');
        sl_buf_add_char(b, n > 2 ? set[v & 63] : '=');
    }
}

static sluice_status reveal(const struct sl_entry *entry, sluice_span ref, sluice_span *out,
                            sluice_error *err)
{
    const struct sl_secret *secret = sl_entry_secret(entry, ref);

    if (!secret)
        return sl_fail(err, SLUICE_E_NOT_FOUND, "\"%.*s\" is no secret of this instance",
                       SL_FMT(ref));
    *out = sl_secret_reveal(secret);
    return SLUICE_OK;
}

static sluice_status add_part(const struct sl_entry *entry, const sluice_part *p, struct sl_buf *b,
                              sluice_error *err)
{
    sluice_span data = p->data;
    sluice_status st;

    if (p->kind > SLUICE_PART_BASE64 || p->form > SLUICE_FORM_JSON)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "body part of kind %u, form %u", p->kind,
                       p->form);
    if (p->kind == SLUICE_PART_SECRET) {
        st = reveal(entry, p->data, &data, err);
        if (st < 0)
            return st;
    }
    if (p->kind == SLUICE_PART_BASE64)
        base64(b, data);
    else if (p->form == SLUICE_FORM_PERCENT)
        percent(b, data);
    else if (p->form == SLUICE_FORM_JSON)
        sl_json_escape(b, data);
    else
        sl_buf_add(b, data);
    return SLUICE_OK;
}

static sluice_status body(const struct sl_entry *entry, const sluice_http_request *in,
                          struct sluice_arena *arena, struct sl_http_out *out, sluice_error *err)
{
    struct sl_buf b;
    sluice_span *span = sl_alloc(arena, sizeof *span);
    sluice_status st = span ? SLUICE_OK : nomem(err);

    sl_buf_init(&b, BODY_MAX);
    for (size_t i = 0; i < in->n_body && st >= 0; i++)
        st = add_part(entry, &in->body[i], &b, err);
    if (st >= 0) {
        *span = sl_buf_ok(&b) ? sl_arena_dup(arena, sl_buf_span(&b)) : sl_span(NULL, 0);
        if (!span->ptr)
            st = nomem(err);
        out->body = span;
        out->n_body = in->n_body ? 1 : 0;
    }
    sl_buf_finish(&b);
    return st;
}

/* "NAME: TEXT" puts TEXT and a blank before the secret. */
static sluice_status credential(const struct sl_entry *entry, const sluice_http_request *in,
                                sluice_span ref, struct sluice_arena *arena, sluice_header *out,
                                sluice_error *err)
{
    size_t colon = sl_span_find_char(in->auth_param, ':');
    sluice_span text = SL_SPAN("Bearer"), secret = { NULL, 0 };
    sluice_status st;

    if (in->auth != SLUICE_AUTH_BEARER && in->auth != SLUICE_AUTH_HEADER)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "auth %u outside of a provider", in->auth);
    if (in->flags & SLUICE_REQ_FOREIGN)
        return sl_fail(err, SLUICE_E_INVALID, "a foreign URL gets no credential");
    st = reveal(entry, ref, &secret, err);
    if (st < 0)
        return st;
    out->name = SL_SPAN("authorization");
    if (in->auth == SLUICE_AUTH_HEADER) {
        out->name = sl_arena_dup(arena, sl_span_trim(sl_span_head(in->auth_param, colon)));
        text = sl_span_trim(sl_span_from(in->auth_param, colon + 1));
    }
    out->value =
        sl_arena_printf(arena, "%.*s%s%.*s", SL_FMT(text), text.len ? " " : "", SL_FMT(secret));
    return out->name.ptr && out->value.ptr ? SLUICE_OK : nomem(err);
}

static sluice_status headers(const struct sl_entry *entry, const sluice_http_request *in,
                             sluice_span ref, struct sluice_arena *arena, struct sl_http_out *out,
                             sluice_error *err)
{
    sluice_header *list = sl_alloc(arena, (in->n_headers + 1) * sizeof *list);
    sluice_status st = SLUICE_OK;
    size_t n = 0;

    if (!list)
        return nomem(err);
    for (; n < in->n_headers; n++) {
        list[n].name = sl_arena_dup(arena, in->headers[n].name);
        list[n].value = sl_arena_dup(arena, in->headers[n].value);
        if (!list[n].name.ptr || !list[n].value.ptr)
            return nomem(err);
    }
    if (in->auth != SLUICE_AUTH_NONE)
        st = credential(entry, in, ref, arena, &list[n++], err);
    out->headers = list;
    out->n_headers = n;
    return st;
}

sluice_status sl_http_request_build(const struct sl_entry *entry, const sluice_http_request *in,
                                    sluice_span secret, struct sluice_arena *arena,
                                    struct sl_http_out *out, sluice_error *err)
{
    sluice_status st;

    *out = (struct sl_http_out){ .foreign = in->flags & SLUICE_REQ_FOREIGN };
    out->method = sl_arena_dup(arena, in->method.len ? in->method : SL_SPAN("POST"));
    out->url = sl_arena_dup(arena, in->url);
    if (!out->method.ptr || !out->url.ptr)
        return nomem(err);
    st = headers(entry, in, secret, arena, out, err);
    return st < 0 ? st : body(entry, in, arena, out, err);
}
