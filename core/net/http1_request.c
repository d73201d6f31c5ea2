/* SPDX-License-Identifier: Apache-2.0 */
/* http1_request.c - the head of a request: measured and checked, then written in one go. */
#include <sluice/sluice.h>
#include "base/status.h"
#include "net/http1.h"
#include "net/out_check.h"

#define UPGRADE "connection: upgrade\r\nupgrade: websocket\r\n"
#define USER_AGENT "user-agent: sluice/" SLUICE_VERSION "\r\n"

static char *put(char *at, sluice_span s)
{
    if (s.len)
        memcpy(at, s.ptr, s.len);
    return at + s.len;
}

static char *put_number(char *at, uint64_t n)
{
    char digits[20], *first = digits + sizeof digits;

    do
        *--first = (char)('0' + n % 10);
    while (n /= 10);
    return put(at, sl_span(first, (size_t)(digits + sizeof digits - first)));
}

sluice_status sl_h1_build_head(struct sl_buf *out, const struct sl_http_out *r, sluice_span target,
                               const struct sl_h1_origin *o, uint64_t length, sluice_error *err)
{
    bool agent, slash = target.len == 0 || target.ptr[0] != '/';
    size_t fields;
    sluice_status st = sl_http_out_check(r, &fields, &agent, err);
    char *at;

    if (st < 0)
        return st;
    /* 64 bytes: blanks, slash, version, content-length and line ends. */
    if (!sl_buf_reserve(out, r->method.len + target.len + o->n_fields + sizeof USER_AGENT +
                                 sizeof UPGRADE + fields + 64))
        return sl_fail(err, SLUICE_E_NOMEM,
                       "out of memory, or beyond 256 KiB, for the head of a request");
    at = put(out->ptr, r->method);
    *at++ = ' ';
    if (slash)
        *at++ = '/';
    at = put(at, target);
    at = put(at, SL_SPAN(" HTTP/1.1\r\n"));
    at = put(at, sl_span(o->fields, o->n_fields));
    if (!agent)
        at = put(at, SL_SPAN(USER_AGENT));
    for (size_t i = 0; i < r->n_headers; i++) {
        at = put(at, r->headers[i].name);
        *at++ = ':';
        *at++ = ' ';
        at = put(at, r->headers[i].value);
        *at++ = '\r';
        *at++ = '\n';
    }

    if (r->upgrade)
        at = put(at, SL_SPAN(UPGRADE));
    if (length || sl_span_eq(r->method, SL_SPAN("POST")) || sl_span_eq(r->method, SL_SPAN("PUT")) ||
        sl_span_eq(r->method, SL_SPAN("PATCH"))) {
        at = put(at, SL_SPAN("content-length: "));
        at = put_number(at, length);
        at = put(at, SL_SPAN("\r\n"));
    }
    at = put(at, SL_SPAN("\r\n"));
    out->len = (size_t)(at - out->ptr);
    return SLUICE_OK;
}
