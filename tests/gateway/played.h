/* SPDX-License-Identifier: Apache-2.0 */
/*
 * played.h - a listener and a library for call_http.c to stand between: both say what a test tells
 * them to and note what they are told. Behind kit.h.
 */
#ifndef TEST_GATEWAY_PLAYED_H
#define TEST_GATEWAY_PLAYED_H

#include "routes/handlers.h"

#include <sluice/sluice.h>

struct gw_request {
    void *user;
    bool over, cut, held;
    int status;
    int64_t length;
    char body[4096];
    size_t len;
    enum gw_flow flow; /* what gw_respond() says */
};

static struct {
    struct event_base *base;
    struct gw_worker worker;
    struct gw_request request;
    sluice_span taken; /* gw_request_take_body(); ptr NULL = it follows */

    /* the library */
    void (*at_start)(void);
    sluice_status start;
    const sluice_events *events;
    void *ctx;
    sluice_request asked;
    char key[64], operation[40], model[64], tags[64];
    char written[4096];
    size_t n_written, n_refused;
    size_t no_room; /* how many writes are refused */
    bool last, end_at_write;
    int paused, cancelled, done;
    int told, whole; /* sluice_delivered() */
} t;

/* ---- the listener ---------------------------------------------------------------------------- */

void gw_request_set_user(struct gw_request *req, void *user)
{
    req->user = user;
}

sluice_span gw_request_peer(const struct gw_request *req)
{
    (void)req;
    return SL_SPAN("127.0.0.1");
}

uint64_t gw_request_received_us(const struct gw_request *req)
{
    (void)req;
    return 42;
}

bool gw_request_take_body(struct gw_request *req, sluice_span *body)
{
    (void)req;
    *body = t.taken;
    return t.taken.ptr != NULL;
}

void gw_request_resume(struct gw_request *req)
{
    assert_false(req->over);
    req->held = false;
}

bool gw_request_upgrade(struct gw_request *req, const sluice_header *headers, size_t n)
{
    (void)req;
    (void)headers;
    (void)n;
    return false; /* no WebSocket is asked for here */
}

void gw_respond_head(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                     int64_t length)
{
    (void)headers;
    (void)n;
    assert_false(req->over);
    req->status = status;
    req->length = length;
}

enum gw_flow gw_respond(struct gw_request *req, const sluice_span *parts, size_t n, unsigned flags)
{
    assert_false(req->over);
    for (size_t i = 0; i < n; i++) {
        assert_true(req->len + parts[i].len < sizeof req->body);
        memcpy(req->body + req->len, parts[i].ptr, parts[i].len);
        req->len += parts[i].len;
    }
    req->over = flags & GW_LAST;
    return req->flow;
}

void gw_respond_simple(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                       const char *content_type, sluice_span body)
{
    (void)content_type;
    gw_respond_head(req, status, headers, n, (int64_t)body.len);
    gw_respond(req, &body, 1, GW_LAST);
}

void gw_respond_cut(struct gw_request *req)
{
    assert_false(req->over);
    req->over = req->cut = true;
}

/* ---- the library ----------------------------------------------------------------------------- */

static void keep(char *out, size_t size, sluice_span s)
{
    snprintf(out, size, "%.*s", SL_FMT(s));
}

sluice_status sluice_start(sluice_loop *loop, const sluice_request *request,
                           const sluice_events *events, void *ctx, sluice_task *task,
                           sluice_error *err)
{
    (void)loop;
    t.asked = *request;
    keep(t.key, sizeof t.key, request->key);
    keep(t.operation, sizeof t.operation, request->operation);
    keep(t.tags, sizeof t.tags, request->tags);
    if (request->n_params)
        keep(t.model, sizeof t.model, request->params[0].value);
    t.events = events;
    t.ctx = ctx;
    *task = 7;
    if (t.start < 0) {
        snprintf(err->message, sizeof err->message, "no");
        return t.start;
    }
    if (t.at_start)
        t.at_start();
    return SLUICE_OK;
}

static void finish(sluice_status status)
{
    sluice_error err = SLUICE_ERROR_INIT;

    t.done++;
    t.events->done(t.ctx, status, &err, NULL);
}

char *sluice_body_room(sluice_loop *loop, sluice_task task, size_t *room)
{
    (void)loop;
    (void)room;
    assert_int_equal(task, 7);
    return NULL;
}

sluice_status sluice_body_write(sluice_loop *loop, sluice_task task, sluice_span data, int last)
{
    (void)loop;
    assert_int_equal(task, 7);
    if (t.done)
        return SLUICE_E_NOT_FOUND;
    if (t.no_room) {
        t.no_room--;
        t.n_refused++;
        return SLUICE_E_NOMEM;
    }
    memcpy(t.written + t.n_written, data.ptr, data.len);
    t.n_written += data.len;
    t.last = last;
    if (t.end_at_write)
        finish(SLUICE_E_INVALID);
    return SLUICE_OK;
}

void sluice_pause(sluice_loop *loop, sluice_task task, int on)
{
    (void)loop;
    assert_int_equal(task, 7);
    t.paused = on;
}

void sluice_cancel(sluice_loop *loop, sluice_task task)
{
    (void)loop;
    assert_int_equal(task, 7);
    t.cancelled++;
    if (!t.done)
        finish(SLUICE_E_CANCELLED);
}

void sluice_delivered(sluice_loop *loop, sluice_task task, int whole)
{
    (void)loop;
    assert_int_equal(task, 7);
    assert_int_equal(t.told++, 0);
    t.whole = whole;
}

const char *sluice_status_name(sluice_status status)
{
    (void)status;
    return "name";
}

static void head(int status, const char *type, int64_t length)
{
    sluice_header field = { SL_SPAN("content-type"), sl_span_str(type) };

    t.events->head(t.ctx, status, &field, 1, length);
}

static void bytes(const char *text)
{
    sluice_span part = sl_span_str(text);

    t.events->bytes(t.ctx, &part, 1, 0);
}

#endif
