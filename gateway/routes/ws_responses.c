/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws_responses.c - OpenAI's Responses over a WebSocket, as Codex speaks it: every message
 * response.create is a call of the socket's session, its events go out as messages. One call at a
 * time, the others wait in line, as at OpenAI; `stream_id` is said again in every event.
 */
#include "routes/params.h"
#include "routes/ws.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/list.h>
#include <stdio.h>
#include <stdlib.h>

#define WAITING_MOST 16 /* messages in line, and bytes of them; beyond, the client is not read */
#define WAITING_BYTES ((size_t)32 << 20)
#define LINE_MOST ((size_t)64 << 20)
#define STREAM_ID_MOST 256

struct waiting {
    struct sl_list node;
    size_t len;
    char text[];
};

struct socket {
    struct gw_worker *worker;
    struct gw_ws *ws; /* NULL: gone */
    sluice_session *session;
    sluice_task task;
    struct sl_list line; /* struct waiting */
    size_t n_waiting, waiting_bytes;
    bool running;  /* a call is under way */
    bool starting; /* calls are being started: done() may come within */
    bool leaving;
    struct sl_buf event; /* what has come of the next one */
    char
        stream_id[STREAM_ID_MOST + 16]; /* of the call under way: a member, as events end with it */
};

static void release(struct socket *s)
{
    while (!sl_list_empty(&s->line)) {
        struct waiting *w = SL_CONTAINER(s->line.next, struct waiting, node);

        sl_list_remove(&w->node);
        free(w);
    }
    sl_buf_finish(&s->event);
    free(s);
}

/* ---- events ------------------------------------------------------------------------------ */

/* One line of the answer, without its end. */
static enum gw_flow send_event(struct socket *s, sluice_span line, bool more)
{
    sluice_span parts[2] = { line, sl_span_str(s->stream_id) };
    size_t n = s->stream_id[0] ? 2 : 1;

    if (n == 2) /* before the last brace, which it has itself */
        parts[0].len--;
    return gw_ws_send(s->ws, true, parts, n, more);
}

static void send_failure(struct socket *s, sluice_status status, const sluice_error *err)
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
        send_event(s, sl_buf_span(&b), false);
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
    struct socket *s = ctx;
    enum gw_flow flow = GW_GO;

    if (!s->ws)
        return;
    for (size_t i = 0; i < n; i++) {
        sluice_span rest = parts[i];

        while (rest.len) {
            sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));
            bool whole = line.len < rest.len;

            rest = sl_span_from(rest, line.len + 1);
            sl_buf_add(&s->event, line);
            if (whole && sl_buf_ok(&s->event))
                flow = send_event(s, sl_buf_span(&s->event),
                                  flags & SLUICE_BYTES_MORE || rest.len || i + 1 < n);
            if (whole)
                sl_buf_reset(&s->event);
        }
    }
    if (flow == GW_HOLD)
        sluice_pause(s->worker->loop, s->task, 1);
}

static void start_waiting(struct socket *s);

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct socket *s = ctx;

    (void)status; /* failures were told as events */
    (void)err;
    (void)usage;
    s->running = false;
    sl_buf_reset(&s->event);
    start_waiting(s);
}

static const sluice_events events = {
    .struct_size = sizeof events, .head = on_head, .bytes = on_bytes, .done = on_done
};

/* ---- messages ---------------------------------------------------------------------------- */

static bool is_stream_id(sluice_span id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = sl_lower(id.ptr[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
            return false;
    }
    return id.len > 0 && id.len <= STREAM_ID_MOST;
}

/* What the socket itself reads of a message. False: it is no call, and was answered if it has to
 * be. What is wrong with its JSON is for the call to say. */
static bool read_message(struct socket *s, sluice_span text)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_span type = { 0 }, value, id;

    s->stream_id[0] = 0;
    if (sl_json_validate(text, NULL) < 0 || sl_json_type(sl_span_trim(text)) != SL_JSON_OBJECT)
        return true;
    text = sl_span_trim(text);
    (void)sl_json_raw_string(sl_json_member(text, SL_SPAN("type")), &type);
    if (sl_span_eq(type, SL_SPAN("response.processed"))) /* a receipt, which nobody waits for */
        return false;
    value = sl_json_member(text, SL_SPAN("stream_id"));
    if (!value.ptr || sl_json_type(value) == SL_JSON_NULL)
        return true;
    if (!sl_json_raw_string(value, &id) || !is_stream_id(id)) {
        snprintf(err.code, sizeof err.code, "invalid_stream_id");
        snprintf(err.param, sizeof err.param, "stream_id");
        snprintf(err.message, sizeof err.message,
                 "'stream_id' must be 1 to %d letters, digits, underscores, hyphens or periods.",
                 STREAM_ID_MOST);
        send_failure(s, SLUICE_E_INVALID, &err);
        return false;
    }
    snprintf(s->stream_id, sizeof s->stream_id, ",\"stream_id\":\"%.*s\"}", SL_FMT(id));
    return true;
}

static void start(struct socket *s, sluice_span text)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st;

    if (!read_message(s, text))
        return;
    s->running = true;
    st = sluice_session_start(s->session, text, &events, s, &s->task, &err);
    if (st < 0) {
        s->running = false;
        send_failure(s, st, &err);
    }
}

static bool is_full(const struct socket *s)
{
    return s->n_waiting >= WAITING_MOST || s->waiting_bytes >= WAITING_BYTES;
}

/* The next ones in line, as long as each is over at once. */
static void start_waiting(struct socket *s)
{
    if (s->starting || !s->ws)
        return;
    s->starting = true;
    while (!s->running && !s->leaving && s->n_waiting) {
        struct waiting *w = SL_CONTAINER(s->line.next, struct waiting, node);

        sl_list_remove(&w->node);
        s->n_waiting--;
        s->waiting_bytes -= w->len;
        if (!is_full(s))
            gw_ws_resume(s->ws);
        start(s, sl_span(w->text, w->len));
        free(w);
    }
    s->starting = false;
    if (s->leaving && !s->running)
        gw_ws_close(s->ws, SL_WS_GOING_AWAY, "this server is going away");
}

static enum gw_flow on_message(void *user, bool text, sluice_span data)
{
    struct socket *s = user;
    struct waiting *w;

    if (s->leaving)
        return GW_GO;
    if (!text) {
        gw_ws_close(s->ws, SL_WS_UNSUPPORTED, "messages are JSON, as text");
        return GW_GO;
    }
    w = malloc(sizeof *w + data.len);
    if (!w) {
        gw_ws_close(s->ws, SL_WS_INTERNAL, "out of memory");
        return GW_GO;
    }
    w->len = data.len;
    if (data.len)
        memcpy(w->text, data.ptr, data.len);
    sl_list_init(&w->node);
    sl_list_append(&s->line, &w->node);
    s->n_waiting++;
    s->waiting_bytes += w->len;
    start_waiting(s);
    return is_full(s) ? GW_HOLD : GW_GO;
}

static void on_drained(void *user)
{
    struct socket *s = user;

    if (s->running)
        sluice_pause(s->worker->loop, s->task, 0);
}

/* What runs may end; what waits in line is for another connection. */
static void on_leave(void *user)
{
    struct socket *s = user;

    s->leaving = true;
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
    const struct gw_ws_options options = { .base = x->worker->base };
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
        sl_list_init(&s->line);
        sl_buf_init(&s->event, LINE_MOST);
        s->ws = gw_ws_open(x->reply.request, x->head, &options, &socket_events, s);
        if (s->ws)
            return;
        release(s);
    }
    sluice_session_close(session);
    gw_refuse_status(&x->reply, st < 0 ? st : SLUICE_E_NOMEM, &err);
}
