/* SPDX-License-Identifier: Apache-2.0 */
/* ws_world.h - a server whose requests are all WebSockets, on top of world.h: what its listener
 * tells goes to the socket. */
#ifndef TEST_GATEWAY_WS_WORLD_H
#define TEST_GATEWAY_WS_WORLD_H

#include "world.h"

#include "routes/ws.h"

#define WS_HELLO                                                                                   \
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                 \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static enum gw_flow ws_world_body(void *ctx, struct gw_request *req, sluice_span piece, bool last)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    return p->body(p, piece, last);
}

static void ws_world_drained(void *ctx, struct gw_request *req)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    p->drained(p);
}

static void ws_world_abort(void *ctx, struct gw_request *req, enum gw_abort why)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    (void)why;
    p->abort(p);
}

static void ws_world_leave(void *ctx, struct gw_request *req)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    p->leave(p);
}

static void ws_world_open(struct world *w, void (*on_request)(void *ctx, struct gw_request *req,
                                                              const struct sl_http_head *head))
{
    struct gw_server_options options = { .host = "127.0.0.1",
                                         .limits = { .tick_ms = 10 },
                                         .handler = { .on_request = on_request,
                                                      .on_body = ws_world_body,
                                                      .on_drained = ws_world_drained,
                                                      .on_abort = ws_world_abort,
                                                      .on_leave = ws_world_leave } };

    memset(w, 0, sizeof *w);
    w->base = event_base_new();
    assert_int_equal(gw_server_create(w->base, &options, &w->server, NULL), SLUICE_OK);
}

static void ws_world_close(struct world *w)
{
    gw_server_destroy(w->server);
    event_base_free(w->base);
}

#endif
