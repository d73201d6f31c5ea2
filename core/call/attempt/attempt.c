/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.c - one upstream try under way: request, submit, answer; its time limit; its end. How it
 * comes about: attempt_start.c. */
#include "call/attempt/attempt.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/dispatch/bench.h"
#include "call/attempt/foreign.h"
#include "call/stored/kept.h"
#include "call/dispatch/second.h"
#include "call/attempt/socket.h"
#include "call/turn.h"
#include "call/attempt/upload.h"
#include "credential/credential.h"

static void close_exchange(struct sl_attempt *a)
{
    if (a->exchange && a->cls->close)
        a->cls->close(a->exchange);
    a->exchange = NULL;
}

/* The wall clock at a moment of the other one. */
int64_t sl_attempt_unix_ms(const struct sl_attempt *a, uint64_t at_us)
{
    const struct sl_call *c = a->call;

    return (c->unix_us + (int64_t)(at_us - c->received_us)) / 1000;
}

/* Tell the router and the deployment's state how it went; once. */
static void report(struct sl_attempt *a)
{
    const struct sl_call *c = a->call;
    int64_t first = a->first_byte_us ? (int64_t)(a->first_byte_us - a->begun_us) : -1;
    int64_t token = c->winner == a ? (int64_t)(c->first_byte_us - a->begun_us) : -1;
    int64_t total = (int64_t)(a->ended_us - a->begun_us);
    int64_t in = sl_usage_get(&a->usage, SLUICE_USE_INPUT, -1);
    int64_t out = sl_usage_get(&a->usage, SLUICE_USE_OUTPUT, -1);

    sl_state_end(a->pick.deployment->state,
                 &(struct sl_sample){ .status = a->status,
                                      .stream = c->stream,
                                      .now_ms = a->ended_us / 1000,
                                      .unix_ms = sl_attempt_unix_ms(a, a->ended_us),
                                      .first_byte_us = first,
                                      .first_token_us = token,
                                      .total_us = total,
                                      .input_tokens = in,
                                      .output_tokens = out });
    if (!a->router) /* it was asked beside the router's choice */
        return;
    sl_route_observe(a->router, &a->pick,
                     &(sluice_outcome){ .status = a->status,
                                        .flags = c->stream ? SLUICE_CALL_STREAM : 0,
                                        .now_ms = a->ended_us / 1000,
                                        .first_byte_us = first,
                                        .total_us = total,
                                        .input_tokens = in,
                                        .output_tokens = out });
}

/* Some vendors repeat a refused key in their error text. It goes no further than here. */
static void hide_key(struct sl_attempt *a)
{
    sluice_span secret = a->grant ? sl_grant_secret(a->grant) : sl_span(NULL, 0);
    char *text = a->error.message;
    size_t at;

    while (secret.len >= 4 && (at = sl_span_find(sl_span_str(text), secret)) < strlen(text)) {
        memset(text + at, '*', secret.len);
        text += at + secret.len;
    }
}

/* Never while the provider is at work: the client may leave while it writes. */
static void let_go(struct sl_attempt *a)
{
    close_exchange(a);
    sl_intake_finish(a);
}

/* Around all that reads a piece of the answer; false: the attempt ended meanwhile. The loop lends
 * its memory for scratch: streams that wait hold none. */
static void enter(struct sl_attempt *a)
{
    a->busy = true;
    if (a->draft)
        sl_draft_enter(a);
    sl_arena_pass(&a->call->worker->scratch, &a->scratch);
}

static bool leave(struct sl_attempt *a)
{
    a->busy = false;
    if (a->ended)
        let_go(a);
    sl_arena_pass(&a->scratch, &a->call->worker->scratch);
    return !a->ended;
}

/* The end, however it came about. Does not tell dispatch. */
static void settle(struct sl_attempt *a, sluice_status status)
{
    a->ended = true;
    a->status = status;
    a->ended_us = sl_now_us();
    sl_timer_cancel(&a->timer);
    if (a->wait)
        sl_credential_leave(a->wait);
    a->wait = NULL;
    if (a->x)
        a->x->cls->cancel(a->x);
    a->x = NULL;
    if (!a->busy)
        let_go(a);
    if (a->draft)
        sl_draft_drop(a);
    if (status < 0) {
        hide_key(a);
        if (!a->error.retry_after_ms) /* a plugin may not have looked */
            a->error.retry_after_ms = a->in.retry_after_ms;
    }
    if (!a->replayed) {
        sl_bench_end(a);
        report(a);
        sl_turn_next(a->pick.deployment);
    }
}

void sl_attempt_stop(struct sl_attempt *a, sluice_status status)
{
    if (!a->ended)
        settle(a, status);
}

/* It is over by itself. */
void sl_attempt_end(struct sl_attempt *a, sluice_status status)
{
    if (a->ended)
        return;
    settle(a, status);
    sl_dispatch_ended(a);
}

void sl_attempt_pause(struct sl_attempt *a, bool on)
{
    if (a->x)
        a->x->cls->pause(a->x, on);
    if (!on)
        sl_limits_resumed(a);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err, bool sent);

void sl_attempt_complete(struct sl_attempt *a)
{
    if (a->x)
        a->x->cls->cancel(a->x);
    on_done(a, SLUICE_OK, NULL, true);
}

static void poll_now(struct sl_timer *t)
{
    struct sl_attempt *a = SL_CONTAINER(t, struct sl_attempt, timer);
    sluice_status st = sl_attempt_go(a);

    if (st < 0)
        sl_attempt_end(a, st);
}

/* The object store, a replay of the request itself, or the vendor. */
static sluice_status hand_over(struct sl_attempt *a, const struct sl_http_out *out)
{
    struct sl_worker *w = a->call->worker;
    struct sl_transport *t;

    if (sl_kept_is(out->url))
        return sl_kept_submit(a, out, &a->x);
    t = sl_span_starts(out->url, SL_SPAN("mock:")) ? w->replay : sl_net_choose(&w->net, out);
    if (out->upgrade && !t->cls->send)
        return sl_fail(&a->error, SLUICE_E_UNSUPPORTED,
                       "there are no WebSockets through a proxy or over HTTP/2");
    return t->cls->submit(t, out, &sl_attempt_events, a, &a->x, &a->error);
}

static sluice_status submit(struct sl_attempt *a, const struct sl_http_out *out)
{
    sluice_status st = hand_over(a, out);

    if (st < 0)
        return a->foreign && st != SLUICE_E_NOMEM ? sl_foreign_fail(a, a->error.message) : st;
    sl_limits_arm(a, a->foreign ? SL_FOREIGN_MS : 0);
    return SLUICE_OK;
}

/* Ask the provider for the next request and hand it to a transport. */
sluice_status sl_attempt_send(struct sl_attempt *a)
{
    union {
        sluice_http_request request;
        char slack[sizeof(sluice_http_request) + SLUICE_SLACK];
    } room = { .request = { .struct_size = sizeof(sluice_http_request) } };
    const sluice_http_request *r = &room.request;
    struct sl_http_out out;
    sluice_status st;

    st = a->cls->request(a->exchange, &room.request, &a->error);
    if (st < 0)
        return st;
    if (r->framing > SLUICE_FRAME_U32)
        return sl_fail(&a->error, SLUICE_E_UNSUPPORTED,
                       "this host does not know framing %u that the provider asks for", r->framing);
    st = sl_request_build(a, r, &out);
    if (st < 0)
        return st;
    if (r->flags & SLUICE_REQ_BODY_STREAM)
        out.follows = sl_upload_rest(a->call);
    else if (a->call->upload)
        return sl_fail(&a->error, SLUICE_E_INTERNAL,
                       "this plugin lists " SLUICE_OPERATION_BODY_STREAM
                       " and does not send the body that follows");
    a->in.asked = r->framing;
    a->watch = r->framing == SLUICE_FRAME_RELAY ? r->watch : NULL;
    a->foreign = (r->flags & SLUICE_REQ_FOREIGN) != 0;
    a->foreign_url = r->url;
    a->redirects = 0;
    if (r->flags & SLUICE_REQ_SOCKET && (st = sl_socket_ask(a, &out)) < 0)
        return st;
    if (a->foreign && a->in.whole.cap > SL_FOREIGN_BYTES)
        a->in.whole.cap = SL_FOREIGN_BYTES;
    st = submit(a, &out);
    if (st < 0 || a->foreign)
        return st;
    a->sent_us = sl_now_us();
    if (!a->call->dispatched_us)
        a->call->dispatched_us = a->sent_us;
    if (a->call->paused && a->call->winner == a)
        sl_attempt_pause(a, true);
    return SLUICE_OK;
}

/* end() returned MORE: ask again, after the delay that the next request names. request() may be
 * asked twice for one step, so looking at the delay first costs nothing. */
static sluice_status send_again(struct sl_attempt *a)
{
    union {
        sluice_http_request request;
        char slack[sizeof(sluice_http_request) + SLUICE_SLACK];
    } room = { .request = { .struct_size = sizeof(sluice_http_request) } };
    sluice_status st = a->cls->request(a->exchange, &room.request, &a->error);

    if (st < 0)
        return st;
    sl_intake_finish(a);
    sl_intake_init(a);
    if (room.request.delay_ms == 0)
        return sl_attempt_go(a);
    if (room.request.delay_ms < sl_limits_left_ms(a)) {
        a->timer.fn = poll_now;
        sl_timer_set(a->call->worker->loop, &a->timer, room.request.delay_ms);
    } else {
        sl_limits_arm(a, 0);
    }
    return SLUICE_OK;
}

/* ---- what the transport says ---- */

static void on_head(void *ctx, const struct sl_http_in *head)
{
    struct sl_attempt *a = ctx;
    struct sl_http_out out;
    sluice_status st;

    if (a->foreign && sl_foreign_redirects(head)) {
        st = sl_foreign_follow(a, head, &out);
        a->x->cls->cancel(a->x);
        a->x = NULL;
        if (st >= 0)
            st = submit(a, &out);
        if (st < 0)
            sl_attempt_end(a, st);
        return;
    }
    if (!a->first_byte_us && !a->foreign)
        a->first_byte_us = sl_now_us();
    if (a->limits.lively)
        sl_limits_moved(a);
    enter(a);
    st = sl_intake_head(a, head);
    if (leave(a) && st < 0)
        sl_attempt_end(a, st);
}

static void on_data(void *ctx, sluice_span bytes, bool more)
{
    struct sl_attempt *a = ctx;
    sluice_status st;

    if (a->limits.lively)
        sl_limits_moved(a);
    enter(a);
    st = sl_intake_data(a, bytes, more);
    if (leave(a) && st < 0)
        sl_attempt_end(a, st);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err, bool sent)
{
    struct sl_attempt *a = ctx;

    (void)sent;
    a->x = NULL;
    if (status < 0 && !a->in.end_seen) { /* behind the dialect's own end nothing is missing */
        a->error = *err;
        sl_attempt_end(a, a->foreign && status != SLUICE_E_NOMEM ? sl_foreign_fail(a, err->message)
                                                                 : status);
        return;
    }
    enter(a);
    status = sl_intake_end(a);
    if (!leave(a))
        return;
    if (status == SLUICE_MORE)
        status = send_again(a);
    else
        return sl_attempt_end(a, status);
    if (status < 0)
        sl_attempt_end(a, status);
}

static void on_writable(void *ctx)
{
    struct sl_attempt *a = ctx;

    sl_upload_feed(a);
    if (a->socket)
        sl_call_has_room(a->call);
}

const struct sl_exchange_events sl_attempt_events = { on_head, on_data, on_done, on_writable };
