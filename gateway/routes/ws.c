/* SPDX-License-Identifier: Apache-2.0 */
/* ws.c - see ws.h. Frames are core/format's; here is when they are sent, and how a socket ends. */
#include "routes/ws.h"

#include <assert.h>
#include <event2/event.h>
#include <sluice_sdk/clock.h>
#include <stdlib.h>

#define MESSAGE_MOST ((size_t)32 << 20)
#define PING_MS 30000u
#define IDLE_MS 3600000u
#define PARTS_MOST 16
#define FIELDS_MOST 8

struct gw_ws {
    struct gw_pending pending;  /* first: what the listener calls */
    struct gw_request *request; /* NULL: over */
    const struct gw_ws_events *events;
    void *user;
    struct sl_ws_reader reader;
    struct event *tick;
    uint32_t idle_ms, age_ms;
    uint64_t opened_us, message_us; /* when the last one came or went */
    bool heard, pinged;             /* since the last tick; one is unanswered */
    bool busy;                      /* a piece is being read: it must not be freed */
    bool stopped;                   /* its user asked for no more */
    bool full;                      /* the client is slow to read */
};

static void release(struct gw_ws *ws)
{
    if (ws->busy)
        return;
    event_free(ws->tick);
    sl_ws_reader_finish(&ws->reader);
    free(ws);
}

/* The request is over already. */
static void tell_gone(struct gw_ws *ws)
{
    ws->request = NULL;
    ws->events->gone(ws->user);
    release(ws);
}

/* ---- the handshake ----------------------------------------------------------------------- */

int gw_ws_check(const struct sl_http_head *head, const char **why)
{
    if (!sl_span_eq(head->method, SL_SPAN("GET")) ||
        !sl_http_lists(sl_http_header(head, SL_SPAN("upgrade")), SL_SPAN("websocket")) ||
        !head->upgrade) {
        *why = "This is served over a WebSocket: GET with Upgrade: websocket.";
        return 426;
    }
    if (head->minor != 1 || head->body != SL_HTTP_BODY_NONE) {
        *why = "A handshake is a request of HTTP/1.1 without a body.";
        return 400;
    }
    if (!sl_span_eq(sl_http_header(head, SL_SPAN("sec-websocket-version")), SL_SPAN("13"))) {
        *why = "The version of WebSockets that is served is 13.";
        return 426;
    }
    if (!sl_ws_key_ok(sl_http_header(head, SL_SPAN("sec-websocket-key")))) {
        *why = "Sec-WebSocket-Key must be 16 bytes in base64.";
        return 400;
    }
    return 101;
}

bool gw_ws_asked(struct gw_exchange *x)
{
    static const sluice_header fields[] = { { SL_SPAN("upgrade"), SL_SPAN("websocket") },
                                            { SL_SPAN("sec-websocket-version"), SL_SPAN("13") } };
    const char *why;
    int status = gw_ws_check(x->head, &why);

    if (status != 101)
        gw_refuse_with(&x->reply, status, fields, status == 426 ? 2 : 0, "invalid_request_error",
                       "upgrade_required", why);
    return status == 101;
}

/* ---- out --------------------------------------------------------------------------------- */

static enum gw_flow send_frame(struct gw_ws *ws, enum sl_ws_kind kind, const sluice_span *parts,
                               size_t n, unsigned flags)
{
    sluice_span all[PARTS_MOST + 1];
    char head[SL_WS_HEAD_MOST];
    uint64_t length = 0;

    assert(n <= PARTS_MOST);
    for (size_t i = 0; i < n; i++)
        length += (all[i + 1] = parts[i]).len;
    all[0] = sl_span(head, sl_ws_head(head, kind, length, NULL));
    if (gw_respond(ws->request, all, n + 1, flags) == GW_HOLD && !(flags & GW_LAST))
        ws->full = true;
    return ws->full ? GW_HOLD : GW_GO;
}

enum gw_flow gw_ws_send(struct gw_ws *ws, bool text, const sluice_span *parts, size_t n, bool more)
{
    if (!ws->request)
        return GW_GO;
    ws->message_us = sl_now_us();
    return send_frame(ws, text ? SL_WS_TEXT : SL_WS_BINARY, parts, n, more ? GW_MORE : 0);
}

/* A close is the last frame; the client's own is waited for by the listener, shortly. */
void gw_ws_close(struct gw_ws *ws, uint16_t code, const char *reason)
{
    char text[SL_WS_CONTROL_MOST];
    sluice_span payload = { text, sl_ws_close_payload(text, code, sl_span_str(reason)) };

    if (!ws->request)
        return;
    send_frame(ws, SL_WS_CLOSE, &payload, 1, GW_LAST);
    tell_gone(ws);
}

/* ---- in ---------------------------------------------------------------------------------- */

static void take(struct gw_ws *ws, const struct sl_ws_message *m)
{
    switch (m->kind) {
    case SL_WS_TEXT:
    case SL_WS_BINARY:
        ws->message_us = sl_now_us();
        ws->stopped = ws->events->message(ws->user, m->kind == SL_WS_TEXT, m->data) == GW_HOLD;
        break;
    case SL_WS_PING:
        send_frame(ws, SL_WS_PONG, &m->data, 1, GW_MORE);
        break;
    case SL_WS_PONG:
        break;
    case SL_WS_CLOSE:
        gw_ws_close(ws, m->code, "");
        break;
    }
}

static enum gw_flow on_piece(struct gw_pending *p, sluice_span piece, bool last)
{
    struct gw_ws *ws = (struct gw_ws *)p;
    struct sl_ws_message m;
    sluice_status st = SLUICE_OK;
    enum gw_flow flow;

    (void)last;
    ws->heard = true;
    ws->busy = true;
    while (ws->request && (st = sl_ws_next(&ws->reader, &piece, &m)) == SLUICE_OK)
        take(ws, &m);
    if (ws->request && st == SLUICE_E_INVALID)
        gw_ws_close(ws, ws->reader.code, ws->reader.what);
    else if (ws->request && st < 0)
        gw_ws_close(ws, SL_WS_INTERNAL, "out of memory");
    ws->busy = false;
    flow = ws->stopped || ws->full ? GW_HOLD : GW_GO;
    if (!ws->request)
        release(ws);
    return flow;
}

void gw_ws_resume(struct gw_ws *ws)
{
    ws->stopped = false;
    if (ws->request && !ws->full)
        gw_request_resume(ws->request);
}

static void on_drained(struct gw_pending *p)
{
    struct gw_ws *ws = (struct gw_ws *)p;

    ws->full = false;
    if (!ws->stopped)
        gw_request_resume(ws->request);
    ws->events->drained(ws->user);
}

/* ---- the end ----------------------------------------------------------------------------- */

static void on_abort(struct gw_pending *p)
{
    tell_gone((struct gw_ws *)p);
}

static void on_leave(struct gw_pending *p)
{
    struct gw_ws *ws = (struct gw_ws *)p;

    ws->events->leave(ws->user, GW_WS_DRAINS);
}

/* A client that sends nothing is asked whether it is there; one that does not answer is not. The
 * silence of one that is held back says nothing. */
static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct gw_ws *ws = ctx;
    struct gw_request *request = ws->request;
    uint64_t now_us = sl_now_us();

    (void)fd;
    (void)what;
    if (ws->age_ms && now_us - ws->opened_us > ws->age_ms * UINT64_C(1000)) {
        ws->age_ms = 0;
        ws->events->leave(ws->user, GW_WS_OLD);
    } else if (now_us - ws->message_us > ws->idle_ms * UINT64_C(1000)) {
        gw_ws_close(ws, SL_WS_GOING_AWAY, "nothing was said for too long");
    } else if (ws->heard || ws->stopped || ws->full) {
        ws->heard = ws->pinged = false;
    } else if (ws->pinged) {
        gw_respond_cut(request);
        tell_gone(ws);
    } else {
        ws->pinged = true;
        send_frame(ws, SL_WS_PING, NULL, 0, 0);
    }
}

static bool start_ticking(struct gw_ws *ws, const struct gw_ws_options *options)
{
    uint32_t ms = options->ping_ms ? options->ping_ms : PING_MS;
    const struct timeval time = { ms / 1000, ms % 1000 * 1000 };

    ws->tick = event_new(options->base, -1, EV_PERSIST, on_tick, ws);
    if (ws->tick && event_add(ws->tick, &time) == 0)
        return true;
    if (ws->tick)
        event_free(ws->tick);
    return false;
}

static bool upgrade(struct gw_request *req, const struct sl_http_head *head,
                    const struct gw_ws_options *options)
{
    char accept[SL_WS_ACCEPT];
    sluice_header fields[FIELDS_MOST] = { { SL_SPAN("upgrade"), SL_SPAN("websocket") },
                                          { SL_SPAN("sec-websocket-accept"),
                                            { accept, sizeof accept } } };
    size_t n = 2;

    sl_ws_accept(sl_http_header(head, SL_SPAN("sec-websocket-key")), accept);
    for (size_t i = 0; i < options->n_more && n < FIELDS_MOST; i++)
        fields[n++] = options->more[i];
    return gw_request_upgrade(req, fields, n);
}

struct gw_ws *gw_ws_open(struct gw_request *req, const struct sl_http_head *head,
                         const struct gw_ws_options *options, const struct gw_ws_events *events,
                         void *user)
{
    struct gw_ws *ws = calloc(1, sizeof *ws);

    if (!ws || !start_ticking(ws, options)) {
        free(ws);
        return NULL;
    }
    ws->pending = (struct gw_pending){
        .body = on_piece, .drained = on_drained, .abort = on_abort, .leave = on_leave
    };
    ws->request = req;
    ws->events = events;
    ws->user = user;
    ws->idle_ms = options->idle_ms ? options->idle_ms : IDLE_MS;
    ws->age_ms = options->age_ms;
    ws->opened_us = ws->message_us = sl_now_us();
    sl_ws_reader_init(&ws->reader, true, options->message ? options->message : MESSAGE_MOST);
    if (!upgrade(req, head, options)) {
        release(ws);
        return NULL;
    }
    gw_request_set_user(req, ws);
    return ws;
}
