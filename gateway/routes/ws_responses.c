/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws_responses.c - OpenAI's Responses over a WebSocket, as Codex speaks it: every message
 * response.create is a call of the socket's session, its events go out as messages. Those of one
 * `stream_id`, which is said again in every event, run one after the other, those of several side
 * by side; the bounds are OpenAI's.
 */
#include "routes/params.h"
#include "routes/ws.h"
#include "routes/ws_message.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/list.h>
#include <stdio.h>
#include <stdlib.h>

#define WAITING_MOST 16 /* messages in line, and bytes of them; beyond, the client is not read */
#define WAITING_BYTES ((size_t)32 << 20)
#define RUNNING_MOST 16 /* calls of one socket, and its lanes with a name: as many as OpenAI's */
#define LANES_MOST 32
#define AGE_MS (60u * 60 * 1000) /* likewise */
#define LINE_MOST ((size_t)64 << 20)

/* Calls with the same `stream_id`: one after the other. */
struct lane {
    struct sl_list node;
    struct socket *socket;
    sluice_task task;
    bool running;        /* a call is under way */
    bool held;           /* and was asked to wait for the client */
    struct sl_buf event; /* what has come of the next one */
    size_t n_member;
    char member[]; /* what each event ends with: ,"stream_id":"..."} or nothing */
};

struct waiting {
    struct sl_list node;
    struct lane *lane;
    size_t len;
    char text[];
};

struct socket {
    struct gw_worker *worker;
    struct gw_ws *ws; /* NULL: gone */
    sluice_session *session;
    struct sl_list lanes; /* struct lane; the first one is that without a name */
    struct sl_list line;  /* struct waiting, as they came */
    size_t n_lanes, n_running, n_waiting, waiting_bytes;
    bool starting; /* calls are being started: done() may come within */
    enum gw_ws_leaving leaving;
};

static void drop_waiting(struct socket *s, struct waiting *w)
{
    sl_list_remove(&w->node);
    s->n_waiting--;
    s->waiting_bytes -= w->len;
    free(w);
}

static void release(struct socket *s)
{
    while (!sl_list_empty(&s->line))
        drop_waiting(s, SL_CONTAINER(s->line.next, struct waiting, node));
    while (!sl_list_empty(&s->lanes)) {
        struct lane *l = SL_CONTAINER(s->lanes.next, struct lane, node);

        sl_list_remove(&l->node);
        sl_buf_finish(&l->event);
        free(l);
    }
    free(s);
}

/* ---- lanes ------------------------------------------------------------------------------- */

static struct lane *make_lane(struct socket *s, sluice_span stream_id)
{
    size_t room = stream_id.len + sizeof ",\"stream_id\":\"\"}";
    struct lane *l = calloc(1, sizeof *l + room);

    if (!l)
        return NULL;
    if (stream_id.len)
        l->n_member =
            (size_t)snprintf(l->member, room, ",\"stream_id\":\"%.*s\"}", SL_FMT(stream_id));
    l->socket = s;
    sl_buf_init(&l->event, LINE_MOST);
    sl_list_init(&l->node);
    sl_list_append(&s->lanes, &l->node);
    s->n_lanes++;
    return l;
}

static sluice_span name_of(const struct lane *l)
{
    size_t before = sizeof ",\"stream_id\":\"" - 1;

    return l->n_member ? sl_span(l->member + before, l->n_member - before - 2) : sl_span("", 0);
}

static struct lane *find_lane(struct socket *s, sluice_span stream_id)
{
    sl_list_each(node, &s->lanes)
    {
        struct lane *l = SL_CONTAINER(node, struct lane, node);

        if (sl_span_eq(name_of(l), stream_id))
            return l;
    }
    return NULL;
}

/* ---- events ------------------------------------------------------------------------------ */

/* One line of an answer, without its end. l: NULL = it is about none. */
static enum gw_flow send_event(struct socket *s, const struct lane *l, sluice_span line, bool more)
{
    sluice_span parts[2] = { line, { NULL, 0 } };
    size_t n = 1;

    if (l && l->n_member) { /* before the last brace, which it has itself */
        parts[0].len--;
        parts[n++] = sl_span(l->member, l->n_member);
    }
    return gw_ws_send(s->ws, true, parts, n, more);
}

static void send_failure(struct socket *s, const struct lane *l, sluice_status status,
                         const sluice_error *err)
{
    struct sl_json_out o;
    struct sl_buf b;

    sl_buf_init(&b, 8192);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "type", SL_SPAN("error"));
    sl_json_kv_i64(&o, "status", gw_http_status(status, err));
    sl_json_key(&o, "error");
    gw_openai_error(&o, status, err);
    sl_json_close(&o, '}');
    if (sl_buf_ok(&b))
        send_event(s, l, sl_buf_span(&b), false);
    sl_buf_finish(&b);
}

static void on_head(void *ctx, int32_t status, const sluice_header *fields, size_t n,
                    int64_t length)
{
    (void)ctx; /* there is no head for a message */
    (void)status;
    (void)fields;
    (void)n;
    (void)length;
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    struct lane *l = ctx;
    struct socket *s = l->socket;
    enum gw_flow flow = GW_GO;

    if (!s->ws)
        return;
    for (size_t i = 0; i < n; i++) {
        sluice_span rest = parts[i];

        while (rest.len) {
            sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));
            bool whole = line.len < rest.len;

            rest = sl_span_from(rest, line.len + 1);
            sl_buf_add(&l->event, line);
            if (whole && sl_buf_ok(&l->event))
                flow = send_event(s, l, sl_buf_span(&l->event),
                                  flags & SLUICE_BYTES_MORE || rest.len || i + 1 < n);
            if (whole)
                sl_buf_reset(&l->event);
        }
    }
    if (flow == GW_HOLD) {
        l->held = true;
        sluice_pause(s->worker->loop, l->task, 1);
    }
}

static void start_waiting(struct socket *s);

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct lane *l = ctx;

    (void)status; /* failures were told as events */
    (void)err;
    (void)usage;
    l->running = l->held = false;
    l->socket->n_running--;
    sl_buf_reset(&l->event);
    start_waiting(l->socket);
}

static const sluice_events events = {
    .struct_size = sizeof events, .head = on_head, .bytes = on_bytes, .done = on_done
};

/* ---- calls ------------------------------------------------------------------------------- */

static void start(struct lane *l, sluice_span text)
{
    struct socket *s = l->socket;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st;

    l->running = true;
    s->n_running++;
    st = sluice_session_start(s->session, text, &events, l, &l->task, &err);
    if (st < 0) {
        l->running = false;
        s->n_running--;
        send_failure(s, l, st, &err);
    }
}

static bool is_full(const struct socket *s)
{
    return s->n_waiting >= WAITING_MOST || s->waiting_bytes >= WAITING_BYTES;
}

/* The first one in line whose lane is free; NULL: none can be started. */
static struct waiting *next_in_line(struct socket *s)
{
    if (s->leaving || s->n_running >= RUNNING_MOST)
        return NULL;
    sl_list_each(node, &s->line)
    {
        struct waiting *w = SL_CONTAINER(node, struct waiting, node);

        if (!w->lane->running)
            return w;
    }
    return NULL;
}

/* Nothing runs any more. A socket that is too old says so as OpenAI's does. */
static void leave_now(struct socket *s)
{
    sluice_error err = SLUICE_ERROR_INIT;

    if (s->leaving == GW_WS_OLD) {
        snprintf(err.code, sizeof err.code, "websocket_connection_limit_reached");
        snprintf(err.message, sizeof err.message,
                 "This connection has reached its age of 60 minutes. Open a new one to go on.");
        send_failure(s, NULL, SLUICE_E_INVALID, &err);
        gw_ws_close(s->ws, SL_WS_GOING_AWAY, "this connection is too old");
    } else {
        gw_ws_close(s->ws, SL_WS_GOING_AWAY, "this server is going away");
    }
}

static void start_waiting(struct socket *s)
{
    struct waiting *w;

    if (s->starting || !s->ws)
        return;
    s->starting = true;
    while ((w = next_in_line(s))) {
        start(w->lane, sl_span(w->text, w->len));
        drop_waiting(s, w);
        if (!is_full(s))
            gw_ws_resume(s->ws);
    }
    s->starting = false;
    if (s->leaving && !s->n_running)
        leave_now(s);
}

/* ---- messages ---------------------------------------------------------------------------- */

static bool wait_in_line(struct lane *l, sluice_span text)
{
    struct socket *s = l->socket;
    struct waiting *w = malloc(sizeof *w + text.len);

    if (!w)
        return false;
    w->lane = l;
    w->len = text.len;
    if (text.len)
        memcpy(w->text, text.ptr, text.len);
    sl_list_init(&w->node);
    sl_list_append(&s->line, &w->node);
    s->n_waiting++;
    s->waiting_bytes += w->len;
    return true;
}

static sluice_status too_many_lanes(sluice_error *err)
{
    snprintf(err->code, sizeof err->code, "websocket_stream_limit_reached");
    snprintf(err->param, sizeof err->param, "stream_id");
    snprintf(err->message, sizeof err->message,
             "A connection has at most %d streams with a name: use one of them again, or open "
             "another connection.",
             LANES_MOST);
    return SLUICE_E_INVALID;
}

/* The lane of a message, made if it is new. NULL: it was answered. */
static struct lane *lane_for(struct socket *s, sluice_span text)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_span id;
    struct lane *l = NULL;
    sluice_status st = gw_ws_message(text, &id, &err);

    if (st == SLUICE_OK)
        l = find_lane(s, id);
    if (st == SLUICE_OK && !l)
        l = s->n_lanes <= LANES_MOST ? make_lane(s, id) : NULL;
    if (st == SLUICE_OK && !l)
        st = s->n_lanes > LANES_MOST ? too_many_lanes(&err) : SLUICE_E_NOMEM;
    if (st < 0)
        send_failure(s, NULL, st, &err);
    return l;
}

static enum gw_flow on_message(void *user, bool text, sluice_span data)
{
    struct socket *s = user;
    struct lane *l;

    if (s->leaving)
        return GW_GO;
    if (!text) {
        gw_ws_close(s->ws, SL_WS_UNSUPPORTED, "messages are JSON, as text");
        return GW_GO;
    }
    l = lane_for(s, data);
    if (l && !wait_in_line(l, data)) {
        gw_ws_close(s->ws, SL_WS_INTERNAL, "out of memory");
        return GW_GO;
    }
    start_waiting(s);
    return is_full(s) ? GW_HOLD : GW_GO;
}

static void on_drained(void *user)
{
    struct socket *s = user;

    sl_list_each(node, &s->lanes)
    {
        struct lane *l = SL_CONTAINER(node, struct lane, node);

        if (l->running && l->held) {
            l->held = false;
            sluice_pause(s->worker->loop, l->task, 0);
        }
    }
}

/* What runs may end; what waits in line is for another connection. */
static void on_leave(void *user, enum gw_ws_leaving why)
{
    struct socket *s = user;

    s->leaving = why;
    start_waiting(s);
}

static void on_gone(void *user)
{
    struct socket *s = user;

    s->ws = NULL;
    sluice_session_close(s->session);
    release(s);
}

static const struct gw_ws_events socket_events = { on_message, on_drained, on_leave, on_gone };

/* ---- the beginning ----------------------------------------------------------------------- */

static sluice_status open_session(struct gw_exchange *x, sluice_session **out, sluice_error *err)
{
    struct gw_params params;
    sluice_request request;

    if (!gw_params_read(&params, x))
        return SLUICE_E_INVALID;
    gw_params_request(&params, x, &request);
    request.operation = SL_SPAN("responses");
    request.method = SL_SPAN("POST"); /* as each of its calls would come */
    request.flags = SLUICE_CALL_WIRE;
    return sluice_session_open(x->worker->loop, &request, out, err);
}

void gw_ws_responses(struct gw_exchange *x)
{
    const struct gw_ws_options options = { .base = x->worker->base, .age_ms = AGE_MS };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_session *session = NULL;
    struct socket *s;
    sluice_status st;

    if (!gw_ws_asked(x))
        return;
    st = open_session(x, &session, &err);
    s = st >= 0 ? calloc(1, sizeof *s) : NULL;
    if (s) {
        s->worker = x->worker;
        s->session = session;
        sl_list_init(&s->lanes);
        sl_list_init(&s->line);
        if (make_lane(s, sl_span("", 0)))
            s->ws = gw_ws_open(x->reply.request, x->head, &options, &socket_events, s);
        if (s->ws)
            return;
        release(s);
    }
    sluice_session_close(session);
    gw_refuse_status(&x->reply, st < 0 ? st : SLUICE_E_NOMEM, &err);
}
