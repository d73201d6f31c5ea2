/* SPDX-License-Identifier: Apache-2.0 */
/* respond.c - answers: head, framing, and getting all of it into one write. */
#include "server/conn.h"

#include <assert.h>
#include <sluice_sdk/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PARTS_MAX 64     /* of one write; more are written in turns */
#define GATHER_MAX 32768 /* larger pieces are not copied to wait for more */

static void fail(struct gw_conn *c)
{
    c->broken = true;
    gw_conn_later(c, GW_TODO_ABORT);
}

static void put(struct gw_conn *c, sluice_span s)
{
    if (!gw_out_add(&c->out, &c->server->pool, s))
        fail(c);
}

/* The Date field, made once a second. */
static sluice_span date_field(struct gw_server *s, uint64_t now_us)
{
    if (now_us >= s->date_until_us) {
        int64_t unix_us = sl_unix_us();
        time_t t = (time_t)(unix_us / 1000000);
        struct tm tm;

        gmtime_r(&t, &tm);
        strftime(s->date, sizeof s->date, "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
        s->date_until_us = now_us + 1000000 - (uint64_t)(unix_us % 1000000);
    }
    return sl_span(s->date, 37);
}

sluice_span gw_date(struct gw_server *s)
{
    return sl_span(date_field(s, sl_now_us()).ptr + 6, 29);
}

/* Fields that are the server's to write. */
static bool is_ours(sluice_span name)
{
    switch (name.len) {
    case 4:
        return sl_span_ieq(name, SL_SPAN("date"));
    case 10:
        return sl_span_ieq(name, SL_SPAN("connection")) || sl_span_ieq(name, SL_SPAN("keep-alive"));
    case 14:
        return sl_span_ieq(name, SL_SPAN("content-length"));
    case 17:
        return sl_span_ieq(name, SL_SPAN("transfer-encoding"));
    default:
        return false;
    }
}

bool gw_field_is_free(sluice_span name, sluice_span value)
{
    return !is_ours(name) && sl_http_name_ok(name) && sl_http_value_ok(value);
}

/* ---- heads ------------------------------------------------------------------------------- */

#define STATUS_LINE_MOST 64
#define FRAMING_MOST 96 /* content-length or transfer-encoding, connection, the empty line */

static char *add(char *at, sluice_span s)
{
    memcpy(at, s.ptr, s.len);
    return at + s.len;
}

static char *add_status(char *at, int status)
{
    if (status == 200)
        return add(at, SL_SPAN("HTTP/1.1 200 OK\r\n"));
    at = add(at, SL_SPAN("HTTP/1.1 "));
    *at++ = (char)('0' + status / 100 % 10);
    *at++ = (char)('0' + status / 10 % 10);
    *at++ = (char)('0' + status % 10);
    *at++ = ' ';
    at = add(at, sl_span_str(sl_http_reason(status)));
    return add(at, SL_SPAN("\r\n"));
}

static char *add_field(char *at, sluice_span name, sluice_span value)
{
    char *end = sl_http_put_field(at, name, value);

    return end ? end : at;
}

/* Whether the connection can stay behind this answer. A body that nobody read, and that is too long
 * to read past or that the client may never send, ends it. */
static bool can_stay(const struct gw_conn *c, int64_t length)
{
    const struct gw_request *req = &c->req;

    if (!req->keep || c->server->draining)
        return false;
    if (!req->body_done && (req->expect || (req->body == SL_HTTP_BODY_LENGTH &&
                                            req->body_left > c->server->limits.discard)))
        return false;
    return length >= 0 || req->minor || req->bodyless;
}

static bool is_empty(int status)
{
    return status == 204 || status == 304 || status < 200;
}

/* All of a head, to where there is room for it. */
static char *write_head(struct gw_conn *c, char *at, int status, const sluice_header *headers,
                        size_t n, const char *content_type, int64_t length)
{
    const struct gw_request *req = &c->req;
    char digits[SL_DECIMAL_ROOM];

    at = add_status(at, status);
    at = add(at, date_field(c->server, sl_now_us()));
    if (c->server->options.server_name)
        at = add_field(at, SL_SPAN("server"), sl_span_str(c->server->options.server_name));
    if (content_type)
        at = add_field(at, SL_SPAN("content-type"), sl_span_str(content_type));
    for (size_t i = 0; i < n; i++)
        if (!is_ours(headers[i].name))
            at = add_field(at, headers[i].name, headers[i].value);
    if (length >= 0 && !is_empty(status)) {
        at = add(at, SL_SPAN("content-length: "));
        at = add(at, sl_decimal(digits, (uint64_t)length, 0));
        at = add(at, SL_SPAN("\r\n"));
    } else if (req->chunked_out) {
        at = add(at, SL_SPAN("transfer-encoding: chunked\r\n"));
    }
    if (status == 101)
        at = add(at, SL_SPAN("connection: upgrade\r\n"));
    else if (!req->keep)
        at = add(at, SL_SPAN("connection: close\r\n"));
    else if (!req->minor)
        at = add(at, SL_SPAN("connection: keep-alive\r\n"));
    return add(at, SL_SPAN("\r\n"));
}

static void start(struct gw_conn *c, int status, const sluice_header *headers, size_t n,
                  const char *content_type, int64_t length)
{
    struct gw_server *s = c->server;
    struct gw_request *req = &c->req;
    const char *name = s->options.server_name;
    size_t size = STATUS_LINE_MOST + sizeof s->date + FRAMING_MOST;
    char *at, *large = NULL;

    req->answering = true;
    req->bodyless = req->to_head || is_empty(status);
    req->keep = status != 101 && can_stay(c, length);
    req->chunked_out = length < 0 && req->minor && !req->bodyless;
    req->out_left = length < 0 ? UINT64_MAX : (uint64_t)length;
    if (name)
        size += sizeof "server: \r\n" + strlen(name);
    if (content_type)
        size += sizeof "content-type: \r\n" + strlen(content_type);
    for (size_t i = 0; i < n; i++)
        size += headers[i].name.len + headers[i].value.len + 4;
    at = gw_out_room(&c->out, &s->pool, size);
    if (!at)
        at = large = malloc(size);
    if (!at) {
        fail(c);
        return;
    }
    size = (size_t)(write_head(c, at, status, headers, n, content_type, length) - at);
    if (large)
        put(c, sl_span(large, size));
    else
        gw_out_wrote(&c->out, size);
    free(large);
}

void gw_respond_head(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                     int64_t length)
{
    struct gw_conn *c;

    if (!req->active)
        return;
    assert(!req->answering);
    if (req->protocol) {
        req->protocol->head(req, status, headers, n, NULL, length);
        return;
    }
    c = gw_conn_of(req);
    start(c, status, headers, n, NULL, length);
    if (length < 0)
        gw_conn_later(c, GW_TODO_FLUSH);
}

bool gw_request_upgrade(struct gw_request *req, const sluice_header *headers, size_t n)
{
    struct gw_conn *c;

    if (!req->active || req->protocol || !req->minor || req->body != SL_HTTP_BODY_NONE)
        return false;
    assert(!req->answering);
    c = gw_conn_of(req);
    start(c, 101, headers, n, NULL, -1);
    req->upgraded = true;
    req->bodyless = req->body_done = false;
    req->body_left = UINT64_MAX;
    gw_conn_later(c, GW_TODO_FLUSH | GW_TODO_INPUT);
    return true;
}

/* "1f4\r\n" at the end of text[18]; the size of a chunk. */
static sluice_span chunk_size(char *text, uint64_t n)
{
    size_t i = 16;

    text[16] = '\r';
    text[17] = '\n';
    do
        text[--i] = "0123456789abcdef"[n & 15];
    while (n >>= 4);
    return sl_span(text + i, 18 - i);
}

static struct iovec vector(sluice_span s)
{
    return (struct iovec){ (void *)(uintptr_t)s.ptr, s.len };
}

/* The parts that may still be sent as vectors behind iov[0]; returns how many, and their bytes. */
static size_t pick_parts(struct gw_request *req, const sluice_span *parts, size_t n,
                         struct iovec *iov, uint64_t *total)
{
    size_t k = 0;

    *total = 0;
    for (size_t i = 0; i < n && !req->bodyless; i++) {
        sluice_span part = parts[i];

        if (!req->chunked_out && part.len > req->out_left - *total)
            part.len = (size_t)(req->out_left - *total);
        if (part.len)
            iov[k++] = vector(part);
        *total += part.len;
    }
    if (req->out_left != UINT64_MAX)
        req->out_left -= *total;
    return k;
}

static void write_parts(struct gw_conn *c, const sluice_span *parts, size_t n, unsigned flags)
{
    struct gw_request *req = &c->req;
    struct iovec iov[PARTS_MAX + 2], *first = iov + 1;
    char size[18];
    uint64_t total;
    size_t k = pick_parts(req, parts, n, iov + 1, &total);

    if (req->chunked_out) {
        sluice_span tail = !(flags & GW_LAST) ? SL_SPAN("\r\n")
                           : total            ? SL_SPAN("\r\n0\r\n\r\n")
                                              : SL_SPAN("0\r\n\r\n");

        if (total) {
            iov[0] = vector(chunk_size(size, total));
            first = iov;
            k++;
        }
        if (total || flags & GW_LAST)
            first[k++] = vector(tail);
    }
    if (flags & GW_MORE && total < GATHER_MAX && c->out.len < 2 * GATHER_MAX && !c->blocked) {
        for (size_t i = 0; i < k; i++)
            put(c, sl_span(first[i].iov_base, first[i].iov_len));
        gw_conn_later(c, GW_TODO_FLUSH);
    } else if (k || c->out.len) {
        gw_conn_write(c, first, k);
    }
}

enum gw_flow gw_respond(struct gw_request *req, const sluice_span *parts, size_t n, unsigned flags)
{
    struct gw_conn *c;

    if (!req->active)
        return GW_GO;
    assert(req->answering);
    if (req->protocol)
        return req->protocol->respond(req, parts, n, flags);
    c = gw_conn_of(req);
    if (flags & GW_LAST)
        flags &= ~GW_MORE;
    for (; n > PARTS_MAX; n -= PARTS_MAX, parts += PARTS_MAX)
        write_parts(c, parts, PARTS_MAX, GW_MORE);
    write_parts(c, parts, n, flags);
    if (flags & GW_LAST) {
        /* What the socket did not take at once leaves from the loop. */
        bool unsent = c->broken || c->out.len > 0;

        req->unsent = unsent && flags & GW_TELL;
        gw_request_finish(req, !req->bodyless && req->out_left != UINT64_MAX && req->out_left > 0);
        return unsent ? GW_HOLD : GW_GO;
    }
    gw_conn_settle(c);
    if (c->broken || c->out.len > c->server->limits.out_high) {
        req->full = true;
        return GW_HOLD;
    }
    return GW_GO;
}

void gw_respond_simple(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                       const char *content_type, sluice_span body)
{
    if (!req->active)
        return;
    assert(!req->answering);
    if (req->protocol)
        req->protocol->head(req, status, headers, n, content_type, (int64_t)body.len);
    else
        start(gw_conn_of(req), status, headers, n, content_type, (int64_t)body.len);
    gw_respond(req, &body, 1, GW_LAST);
}

void gw_respond_cut(struct gw_request *req)
{
    if (!req->active)
        return;
    if (req->protocol) {
        req->protocol->cut(req);
        return;
    }
    req->keep = false;
    gw_request_finish(req, true);
}

sluice_span gw_error_body(char *text, int status, const char *what)
{
    int n = snprintf(text, GW_ERROR_BODY,
                     "{\"error\":{\"message\":\"%s\",\"type\":\"invalid_request_error\","
                     "\"param\":null,\"code\":\"%d\"}}",
                     what, status);

    return sl_span(text, (size_t)n);
}

void gw_respond_error(struct gw_conn *c, int status, const char *what)
{
    char body[GW_ERROR_BODY];

    /* Not the handler's request: a stand-in whose body nobody reads. */
    c->req = (struct gw_request){ .active = true, .minor = true };
    gw_respond_simple(&c->req, status, NULL, 0, "application/json",
                      gw_error_body(body, status, what));
}

void gw_respond_continue(struct gw_conn *c)
{
    struct iovec iov = vector(SL_SPAN("HTTP/1.1 100 Continue\r\n\r\n"));

    c->req.expect = false;
    gw_conn_write(c, &iov, 1);
}
