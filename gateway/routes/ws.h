/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws.h - a WebSocket on a connection of our listener (RFC 6455): handshake, whole messages both
 * ways, pings and pongs, closes. What the messages mean is its user's. permessage-deflate is not
 * offered. [loop]
 *
 * It lives until gone(), which comes once, last: the client closed or left, broke the rules or kept
 * silent, or gw_ws_close() was called (then from inside of it).
 */
#ifndef GW_WS_H
#define GW_WS_H

#include "routes/handlers.h"

#include <sluice_sdk/websocket.h>

struct gw_ws;

/* Why a socket has to come to an end: the server drains, or it has reached its age. */
enum gw_ws_leaving { GW_WS_STAYS, GW_WS_DRAINS, GW_WS_OLD };

struct gw_ws_events {
    /* A whole message; text is UTF-8. GW_HOLD: no more until gw_ws_resume(), but for what has been
     * read already. */
    enum gw_flow (*message)(void *user, bool text, sluice_span data);
    void (*drained)(void *user); /* after GW_HOLD from gw_ws_send: there is room again */
    void (*leave)(void *user, enum gw_ws_leaving why); /* come to an end */
    void (*gone)(void *user);
};

/* Zero means the default in brackets. */
struct gw_ws_options {
    struct event_base *base;
    size_t message;            /* bytes of one; beyond, 1009 [32 MiB] */
    uint32_t ping_ms;          /* of silence until a ping, and until its pong [30 s] */
    uint32_t idle_ms;          /* without a message in either direction; then 1001 [1 h] */
    uint32_t age_ms;           /* after which leave() comes [none] */
    const sluice_header *more; /* fields of the answer */
    size_t n_more;
};

/* Does this head ask for a WebSocket as it must? 101, or how it is refused, and why. */
int gw_ws_check(const struct sl_http_head *head, const char **why);
/* The same, refused here: false. */
bool gw_ws_asked(struct gw_exchange *x);
/* After a check: answers 101. NULL: out of memory, or no upgrade here; not answered. */
struct gw_ws *gw_ws_open(struct gw_request *req, const struct sl_http_head *head,
                         const struct gw_ws_options *options, const struct gw_ws_events *events,
                         void *user);
/* One message, in at most 16 parts. more: others follow in this turn of the loop. GW_HOLD: it was
 * taken, but wait for drained(). */
enum gw_flow gw_ws_send(struct gw_ws *ws, bool text, const sluice_span *parts, size_t n, bool more);
void gw_ws_resume(struct gw_ws *ws);
/* gone() comes before this returns. */
void gw_ws_close(struct gw_ws *ws, uint16_t code, const char *reason);

#endif
