/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c - for handlers that need all of a body before they do anything: see handlers.h. */
#include "routes/handlers.h"

#include <stdlib.h>
#include <sluice_sdk/buf.h>

#define BODY_MAX (4u << 20) /* kept before the key is judged */
#define KEY_MAX 65536u

/* Freed when the body is complete, or the client leaves. */
struct gather {
    struct gw_pending pending; /* first */
    struct gw_worker *worker;
    struct gw_reply reply;
    const struct gw_route *route;
    void (*then)(struct gw_exchange *x, sluice_span body);
    struct sl_buf key, body;
};

static void release(struct gather *g)
{
    sl_buf_finish(&g->key);
    sl_buf_finish(&g->body);
    free(g);
}

static enum gw_flow on_piece(struct gw_pending *p, sluice_span piece, bool last)
{
    struct gather *g = (struct gather *)p;
    struct gw_exchange x = {
        .worker = g->worker, .reply = g->reply, .route = g->route, .key = sl_buf_span(&g->key)
    };

    sl_buf_add(&g->body, piece);
    if (!sl_buf_ok(&g->body)) {
        gw_request_set_user(g->reply.request, NULL);
        gw_refuse(&g->reply, 413, "invalid_request_error", "request_too_large",
                  "The request body is too large.");
        release(g);
    } else if (last) {
        g->then(&x, sl_buf_span(&g->body));
        release(g);
    }
    return GW_GO;
}

static void on_gone(struct gw_pending *p)
{
    release((struct gather *)p);
}

void gw_gather(struct gw_exchange *x, void (*then)(struct gw_exchange *x, sluice_span body))
{
    struct gather *g;
    sluice_span body;

    if (gw_request_take_body(x->reply.request, &body)) {
        then(x, body);
        return;
    }
    g = calloc(1, sizeof *g);
    if (!g) {
        gw_refuse_status(&x->reply, SLUICE_E_NOMEM, NULL);
        return;
    }
    g->pending = (struct gw_pending){ .body = on_piece, .abort = on_gone };
    g->worker = x->worker;
    g->reply = x->reply;
    g->route = x->route;
    g->then = then;
    sl_buf_init(&g->key, KEY_MAX);
    sl_buf_init(&g->body, BODY_MAX);
    sl_buf_add(&g->key, x->key);
    gw_request_set_user(x->reply.request, g);
}
