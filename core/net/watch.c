/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - descriptors of plugins on libevent. */
#include "net/watch.h"

#include <event2/event.h>
#include "net/mem.h"

struct sl_watch {
    struct sl_loop *loop;
    struct event *ev;
    int fd;
    void (*fn)(void *ctx, int fd, uint32_t events);
    void *ctx;
};

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct sl_watch *w = arg;
    uint32_t events =
        (what & EV_READ ? SL_WATCH_READ : 0u) | (what & EV_WRITE ? SL_WATCH_WRITE : 0u);

    w->fn(w->ctx, fd, events); /* w may be gone now */
}

void sl_watch_set(struct sl_watch *w, uint32_t events)
{
    short what =
        (short)((events & SL_WATCH_READ ? EV_READ : 0) | (events & SL_WATCH_WRITE ? EV_WRITE : 0));

    event_del(w->ev);
    if (!what)
        return;
    event_assign(w->ev, sl_loop_base(w->loop), w->fd, (short)(what | EV_PERSIST), on_event, w);
    event_add(w->ev, NULL);
}

struct sl_watch *sl_watch_create(struct sl_loop *l, int fd, uint32_t events,
                                 void (*fn)(void *ctx, int fd, uint32_t events), void *ctx)
{
    struct sl_watch *w = sl_net_zalloc(sizeof *w);

    if (!w)
        return NULL;
    *w = (struct sl_watch){ .loop = l, .fd = fd, .fn = fn, .ctx = ctx };
    w->ev = event_new(sl_loop_base(l), fd, EV_READ | EV_PERSIST, on_event, w);
    if (!w->ev) {
        free(w);
        return NULL;
    }
    sl_watch_set(w, events);
    return w;
}

void sl_watch_destroy(struct sl_watch *w)
{
    if (!w)
        return;
    event_free(w->ev);
    free(w);
}
