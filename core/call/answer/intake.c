/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.c - the bytes of one answer: cut as its head said (intake_head.c), and given to the
 * provider or relayed (relay.c). It knows the vendor only through the provider's class.
 */
#include "call/attempt/attempt.h"

#include "base/status.h"
#include "call/cache/cache.h"
#include "call/cache/flight.h"
#include "call/attempt/foreign.h"
#include "call/steps/pass.h"
#include "call/answer/outlet.h"
#include "call/answer/relay.h"
#include "call/attempt/socket.h"
#include "call/cache/tape.h"

#define EVENT_CAP (16u << 20) /* the longest event or line */
#define TAPE_CAP (4u << 20)   /* the longest answer that is kept in a cache */

void sl_intake_init(struct sl_attempt *a)
{
    struct sl_intake *in = &a->in;

    *in = (struct sl_intake){ 0 };
    sl_sse_init(&in->sse, EVENT_CAP);
    sl_lines_init(&in->lines, EVENT_CAP);
    sl_buf_init(&in->raw, EVENT_CAP);
    sl_tape_drop(a->tape);
    a->tape = NULL;
    a->keeps = !a->replayed && (a->call->cache_put || a->call->flight);
    sl_buf_init(&in->whole, (size_t)a->call->settings->max_response_bytes);
}

void sl_intake_finish(struct sl_attempt *a)
{
    sl_sse_finish(&a->in.sse);
    sl_lines_finish(&a->in.lines);
    sl_buf_finish(&a->in.raw);
    sl_buf_finish(&a->in.whole);
    sl_socket_finish(a);
    sl_tape_drop(a->tape);
    a->tape = NULL;
    if (a->in.held)
        atomic_fetch_sub_explicit(&a->call->worker->owner->body_bytes, a->in.held,
                                  memory_order_relaxed);
    a->in.held = 0;
}

/* An event that is relayed keeps its bytes wherever reads fell: what earlier ones held of it, and
 * what is `here`. When a read ended within its last CRLF it is not known when the LF will come: it
 * goes along. ptr NULL: no memory for that, or too much of it. */
static sluice_span as_it_came(struct sl_attempt *a, sluice_span here)
{
    struct sl_buf *raw = &a->in.raw;
    sluice_span all = here;

    if (raw->len || !sl_buf_ok(raw) || a->in.sse.skip_lf) {
        sl_buf_add(raw, here);
        all = sl_buf_span(raw);
        a->in.lf_sent = a->in.sse.skip_lf && all.len >= 2 && all.ptr[all.len - 2] == '\n';
        if (a->in.lf_sent)
            sl_buf_add_char(raw, '\n');
        all = sl_buf_ok(raw) ? sl_arena_dup(&a->scratch, sl_buf_span(raw)) : sl_span(NULL, 0);
        sl_buf_reset(raw);
    }
    return all;
}

/* What no event is made of any more: a comment that keeps the stream alive waits for none. */
static sluice_status pass_comments(struct sl_attempt *a)
{
    struct sl_buf *raw = &a->in.raw;
    sluice_span text;

    if (!raw->len || !sl_buf_ok(raw) || !sl_sse_between(&a->in.sse) || !sl_outlet_passes(a->call))
        return SLUICE_OK;
    text = sl_arena_dup(&a->scratch, sl_buf_span(raw));
    sl_buf_reset(raw);
    return text.ptr ? sl_out_part(a->call, text) : SLUICE_E_NOMEM;
}

static sluice_status read_events(struct sl_attempt *a, sluice_span bytes)
{
    struct sl_sse_event event;
    sluice_status st = SLUICE_OK;

    while (st >= 0 && !a->ended) {
        sluice_span here =
            a->in.lf_sent && sl_span_starts(bytes, SL_SPAN("\n")) ? sl_span_from(bytes, 1) : bytes;

        if (bytes.len)
            a->in.lf_sent = false;
        st = sl_sse_next(&a->in.sse, &bytes, &event, NULL);
        here.len -= bytes.len;
        if (st == SLUICE_MORE) {
            if (a->in.reading != SL_READ_RELAY_EVENTS)
                return SLUICE_OK;
            sl_buf_add(&a->in.raw, here);
            return pass_comments(a);
        }
        if (st < 0)
            return sl_fail(&a->error, st, "an event of the answer is longer than %u bytes",
                           EVENT_CAP);
        if (a->in.reading == SL_READ_SSE)
            st = sl_relay_give(a, event.event, event.data);
        else
            st = sl_relay_event(a, &event, as_it_came(a, here));
    }
    return st;
}

static sluice_status one_line(struct sl_attempt *a, sluice_span line)
{
    struct sl_sse_event event = { .data = line };

    return a->in.reading == SL_READ_LINES ? sl_relay_give(a, sl_span("", 0), line)
                                          : sl_relay_event(a, &event, sl_span(NULL, 0));
}

static sluice_status read_lines(struct sl_attempt *a, sluice_span bytes)
{
    sluice_span line;
    sluice_status st = SLUICE_OK;

    while (st >= 0 && !a->ended) {
        st = sl_lines_next(&a->in.lines, &bytes, &line);
        if (st == SLUICE_MORE)
            return SLUICE_OK;
        if (st >= 0)
            st = one_line(a, line);
    }
    return st;
}

/* What is held of answers counts beside the bodies of requests. */
static void count_held(struct sl_attempt *a, int64_t n)
{
    a->in.held += n;
    atomic_fetch_add_explicit(&a->call->worker->owner->body_bytes, n, memory_order_relaxed);
}

static sluice_status gather(struct sl_attempt *a, sluice_span bytes)
{
    sl_buf_add(&a->in.whole, bytes);
    count_held(a, (int64_t)bytes.len);
    if (sl_buf_ok(&a->in.whole))
        return SLUICE_OK;
    if (a->foreign && a->in.whole.len + bytes.len > a->in.whole.cap)
        return sl_foreign_fail(a, "it is larger than 20 MB");
    return sl_fail(&a->error, SLUICE_E_UPSTREAM,
                   "the answer is larger than general_settings.max_response_size_mb allows");
}

/* Frames with their length in front; the last one may be incomplete yet. */
static sluice_status read_u32(struct sl_attempt *a, sluice_span bytes)
{
    struct sl_buf *held = &a->in.whole;
    sluice_status st = gather(a, bytes);
    size_t at = 0;

    while (st >= 0 && !a->ended && held->len - at >= 4) {
        const unsigned char *p = (const unsigned char *)held->ptr + at;
        uint32_t len = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

        if (len < 4 || len > EVENT_CAP)
            st =
                sl_fail(&a->error, SLUICE_E_UPSTREAM, "a frame of the answer claims %u bytes", len);
        if (st < 0 || held->len - at < len)
            break;
        if (a->in.reading == SL_READ_RELAY_U32)
            st = sl_relay_message(a, sl_span((const char *)p, len));
        else
            st = sl_relay_give(a, sl_span("", 0), sl_span((const char *)p, len));
        at += len;
    }
    if (a->in.reading == SL_READ_RELAY_U32 && !a->ended) /* what is written lies in here */
        sl_outlet_flush(a->call, true);
    if (!a->ended) {
        sl_buf_consume(held, at);
        count_held(a, -(int64_t)at);
    }
    return st;
}

/* For the cache, if there is room; for those that share it in any case. */
static bool keep(struct sl_attempt *a, sluice_span bytes)
{
    bool flies = a->call->flight != NULL;

    if (!a->tape)
        a->tape =
            sl_tape_create(flies ? SL_FLIGHT_MOST : TAPE_CAP, &a->call->worker->owner->body_bytes);
    if (a->tape && (flies ? sl_flight_add(a, bytes) : sl_tape_add(a->tape, bytes)))
        return true;
    a->keeps = flies;
    return !flies;
}

sluice_status sl_intake_data(struct sl_attempt *a, sluice_span bytes, bool more)
{
    sluice_status st = SLUICE_OK;

    sl_buf_reset(&a->call->worker->text); /* what an attempt that failed half-way left there */
    if (a->keeps && !keep(a, bytes))
        return sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory for an answer that is shared");
    switch (a->in.reading) {
    case SL_READ_RELAY_EVENTS:
    case SL_READ_SSE:
        st = read_events(a, bytes);
        break;
    case SL_READ_LINES:
    case SL_READ_RELAY_LINES:
        st = read_lines(a, bytes);
        break;
    case SL_READ_RAW:
        st = sl_relay_give(a, sl_span("", 0), bytes);
        break;
    case SL_READ_U32:
    case SL_READ_RELAY_U32:
        st = read_u32(a, bytes);
        break;
    case SL_READ_RELAY_JSON:
        /* Usually one read brings all of it: looked at where it is. */
        if (a->in.whole.len || (int64_t)bytes.len != a->in.length)
            return gather(a, bytes);
        a->in.relayed = true;
        st = sl_relay_whole(a, bytes);
        break;
    case SL_READ_RELAY_BYTES:
        sl_pass_scan(a, bytes);
        if (a->socket)
            sl_socket_scan(a, bytes);
        st = sl_outlet_bytes(a, a->in.content_type, a->in.length, bytes);
        break;
    case SL_READ_WHOLE:
        return gather(a, bytes);
    }
    if (!a->ended)
        sl_outlet_flush(a->call, more);
    return st;
}

static sluice_status last_event(struct sl_attempt *a)
{
    struct sl_sse_event event;

    if (sl_sse_end(&a->in.sse, &event) != SLUICE_OK)
        return SLUICE_OK;
    return a->in.reading == SL_READ_SSE ? sl_relay_give(a, event.event, event.data)
                                        : sl_relay_event(a, &event, sl_span(NULL, 0));
}

static sluice_status last_line(struct sl_attempt *a)
{
    sluice_span line;

    if (sl_lines_end(&a->in.lines, &line) != SLUICE_OK)
        return SLUICE_OK;
    return one_line(a, line);
}

/* What is left when the transport says that the answer is complete. */
static sluice_status drain(struct sl_attempt *a)
{
    switch (a->in.reading) {
    case SL_READ_SSE:
    case SL_READ_RELAY_EVENTS:
        return last_event(a);
    case SL_READ_LINES:
    case SL_READ_RELAY_LINES:
        return last_line(a);
    case SL_READ_WHOLE:
        return sl_relay_give(a, sl_span("", 0), sl_buf_span(&a->in.whole));
    case SL_READ_RELAY_JSON:
        return a->in.relayed ? SLUICE_OK : sl_relay_whole(a, sl_buf_span(&a->in.whole));
    case SL_READ_U32:
    case SL_READ_RELAY_U32:
        if (a->in.whole.len)
            return sl_fail(&a->error, SLUICE_E_TRUNCATED, "the answer ended amid a frame");
        return SLUICE_OK;
    case SL_READ_RELAY_BYTES: /* an empty file is an answer, too */
        sl_pass_scan_end(a);
        return a->call->out.committed
                   ? SLUICE_OK
                   : sl_outlet_bytes(a, a->in.content_type, a->in.length, sl_span("", 0));
    case SL_READ_RAW:
        break;
    }
    return SLUICE_OK;
}

sluice_status sl_intake_end(struct sl_attempt *a)
{
    struct sl_intake *in = &a->in;
    sluice_status st;

    sl_buf_reset(&a->call->worker->text);
    st = drain(a);
    if (st >= 0 && !a->ended)
        st = a->cls->end(a->exchange, &a->sink, &a->error);
    if (st != SLUICE_OK || a->ended) {
        if (!a->ended)
            sl_outlet_flush(a->call,
                            true); /* what came before it failed, or before the next round */
        return st;
    }
    if (in->status >= 300 && in->reading != SL_READ_RELAY_BYTES)
        return sl_fail(&a->error, SLUICE_E_UPSTREAM, "%.*s answered with status %d",
                       SL_FMT(a->pick.deployment->settings->provider), in->status);
    /* A relayed stream is whole when its dialect says so: a terminator, or at least a finish. Of
     * several choices one that finished says nothing about the others. */
    if ((in->reading == SL_READ_RELAY_EVENTS || in->reading == SL_READ_RELAY_LINES ||
         in->reading == SL_READ_RELAY_U32) &&
        !in->end_seen &&
        (!in->finish_seen || !a->operation->dialect->finish_ends || a->call->many_choices))
        return sl_fail(&a->error, SLUICE_E_TRUNCATED, "upstream stream ended early");
    st = sl_outlet_end(a);
    if (st == SLUICE_OK && !a->ended)
        sl_cache_put(a);
    return st;
}
