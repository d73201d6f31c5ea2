/* SPDX-License-Identifier: Apache-2.0 */
/* respond.c - answers: head, framing, and getting all of it into one write. */
#include "conn.h"

#include <assert.h>
#include <sluice_sdk/clock.h>
#include <stdio.h>
#include <time.h>

#define PARTS_MAX 64     /* of one write; more are written in turns */
#define GATHER_MAX 32768 /* larger pieces are not copied to wait for more */

static void put(struct gw_conn *c, sluice_span s)
{
    if (!gw_out_add(&c->out, &c->server->pool, s)) {
        c->broken = true;
        gw_conn_later(c, GW_TODO_ABORT);
    }
}

static void put_number(struct gw_conn *c, uint64_t n)
{
    char text[20];
    size_t i = sizeof text;

    do
        text[--i] = (char)('0' + n % 10);
    while (n /= 10);
    put(c, sl_span(text + i, sizeof text - i));
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

static void put_status(struct gw_conn *c, int status)
{
    char line[64] = "HTTP/1.1 ";
    const char *reason = sl_http_reason(status);
    size_t n = strlen(reason);

    line[9] = (char)('0' + status / 100 % 10);
    line[10] = (char)('0' + status / 10 % 10);
    line[11] = (char)('0' + status % 10);
    line[12] = ' ';
    memcpy(line + 13, reason, n);
    line[13 + n] = '\r';
    line[14 + n] = '\n';
    put(c, sl_span(line, 15 + n));
}

static void put_field(struct gw_conn *c, sluice_span name, sluice_span value)
{
    size_t n = name.len + value.len + 4;
    char *at = gw_out_room(&c->out, n);

    if (at) {
        memcpy(at, name.ptr, name.len);
        at[name.len] = ':';
        at[name.len + 1] = ' ';
        if (value.len)
            memcpy(at + name.len + 2, value.ptr, value.len);
        at[n - 2] = '\r';
        at[n - 1] = '\n';
        return;
    }
    put(c, name);
    put(c, SL_SPAN(": "));
    put(c, value);
    put(c, SL_SPAN("\r\n"));
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

static void start(struct gw_conn *c, int status, const sluice_header *headers, size_t n,
                  const char *content_type, int64_t length)
{
    struct gw_server *s = c->server;
    struct gw_request *req = &c->req;
    bool empty = status == 204 || status == 304 || status < 200;

    req->answering = true;
    req->bodyless = req->to_head || empty;
    req->keep = status != 101 && can_stay(c, length);
    req->chunked_out = length < 0 && req->minor && !req->bodyless;
    req->out_left = length < 0 ? UINT64_MAX : (uint64_t)length;
    put_status(c, status);
    put(c, date_field(s, sl_now_us()));
    if (s->options.server_name)
        put_field(c, SL_SPAN("server"), sl_span_str(s->options.server_name));
    if (content_type)
        put_field(c, SL_SPAN("content-type"), sl_span_str(content_type));
    for (size_t i = 0; i < n; i++)
        if (gw_field_is_free(headers[i].name, headers[i].value))
            put_field(c, headers[i].name, headers[i].value);
    if (length >= 0 && !empty) {
        put(c, SL_SPAN("content-length: "));
        put_number(c, (uint64_t)length);
        put(c, SL_SPAN("\r\n"));
    } else if (req->chunked_out) {
        put(c, SL_SPAN("transfer-encoding: chunked\r\n"));
    }
    if (status == 101)
        put(c, SL_SPAN("connection: upgrade\r\n"));
    else if (!req->keep)
        put(c, SL_SPAN("connection: close\r\n"));
    else if (!req->minor)
        put(c, SL_SPAN("connection: keep-alive\r\n"));
    put(c, SL_SPAN("\r\n"));
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
