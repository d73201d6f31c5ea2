/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_events.c - libcurl's multi_socket interface on a loop. libcurl stops watching a socket after
 * every transfer and watches it again at the next; the event stays registered meanwhile, which
 * saves two epoll_ctl, and goes when it fires unwanted or the socket is closed.
 */
#include "net/curl_parts.h"

#include <unistd.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include "net/mem.h"

struct sl_curl_watch {
    struct sl_curl *t;
    curl_socket_t fd;
    struct event event;
    short wanted, added; /* EV_READ | EV_WRITE; added: 0 = not registered */
};

static void act(struct sl_curl *t, curl_socket_t fd, int what)
{
    int running;

    sl_curl_library.multi_socket_action(t->multi, fd, what, &running);
    sl_curl_collect(t);
}

static void on_timer(struct sl_timer *timer)
{
    act(SL_CONTAINER(timer, struct sl_curl, timer), CURL_SOCKET_TIMEOUT, 0);
}

static void on_now(struct sl_defer *d)
{
    act(SL_CONTAINER(d, struct sl_curl, now), CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct sl_curl *t = arg;

    (void)multi;
    sl_timer_cancel(&t->timer);
    if (ms > 0)
        sl_timer_set(t->loop, &t->timer, (uint64_t)ms);
    else if (ms == 0)
        sl_defer_set(t->loop, &t->now);
    return 0;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct sl_curl_watch *w = arg;

    if (!w->wanted) {
        event_del(&w->event);
        w->added = 0;
        return;
    }
    act(w->t, fd,
        ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0));
}

static struct sl_curl_watch *watch_of(struct sl_curl *t, curl_socket_t fd, bool create)
{
    size_t at = (size_t)fd;
    struct sl_curl_watch *w;

    if (at < t->n_watches && t->watches[at])
        return t->watches[at];
    if (!create)
        return NULL;
    if (at >= t->n_watches) {
        size_t n = at + 64;
        struct sl_curl_watch **grown =
            sl_fault_hit() ? NULL : realloc(t->watches, n * sizeof(struct sl_curl_watch *));

        if (!grown)
            return NULL;
        memset(grown + t->n_watches, 0, (n - t->n_watches) * sizeof(struct sl_curl_watch *));
        t->watches = grown;
        t->n_watches = n;
    }
    w = sl_net_zalloc(sizeof *w);
    if (w) {
        w->t = t;
        w->fd = fd;
        t->watches[at] = w;
    }
    return w;
}

/* Telling libcurl of a failure here would disable the whole multi: only this exchange ends. */
static int cannot_watch(CURL *easy)
{
    struct sl_curl_exchange *x = NULL;

    sl_curl_library.easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&x);
    if (x && !x->finished) {
        x->finished = true;
        x->result = CURLE_OUT_OF_MEMORY;
        sl_curl_make_ready(x);
    }
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *private)
{
    struct sl_curl *t = arg;
    struct sl_curl_watch *w = watch_of(t, fd, what != CURL_POLL_REMOVE);

    (void)private;
    if (!w)
        return what == CURL_POLL_REMOVE ? 0 : cannot_watch(easy);
    w->wanted = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        w->wanted |= EV_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        w->wanted |= EV_WRITE;
    if (!w->wanted && w->added == EV_READ)
        return 0; /* lazily */
    if (w->wanted == w->added)
        return 0;
    if (w->added)
        event_del(&w->event);
    w->added = 0;
    if (!w->wanted)
        return 0;
    event_assign(&w->event, sl_loop_base(t->loop), fd, (short)(w->wanted | EV_PERSIST), on_event,
                 w);
    if (event_add(&w->event, NULL) < 0)
        return cannot_watch(easy);
    w->added = w->wanted;
    return 0;
}

static void drop_watch(struct sl_curl *t, size_t at)
{
    struct sl_curl_watch *w = t->watches[at];

    if (!w)
        return;
    if (w->added)
        event_del(&w->event);
    free(w);
    t->watches[at] = NULL;
}

int sl_curl_close_socket(void *arg, curl_socket_t fd)
{
    struct sl_curl *t = arg;

    if ((size_t)fd < t->n_watches)
        drop_watch(t, (size_t)fd);
    return close(fd);
}

void sl_curl_events_init(struct sl_curl *t)
{
    sl_timer_init(&t->timer, on_timer);
    sl_defer_init(&t->now, on_now);
}

bool sl_curl_events_start(struct sl_curl *t)
{
    return sl_curl_library.multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, set_socket) ==
               CURLM_OK &&
           sl_curl_library.multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t) == CURLM_OK &&
           sl_curl_library.multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
           sl_curl_library.multi_setopt(t->multi, CURLMOPT_TIMERDATA, t) == CURLM_OK;
}

void sl_curl_events_finish(struct sl_curl *t)
{
    sl_timer_cancel(&t->timer);
    sl_defer_cancel(&t->now);
    for (size_t i = 0; i < t->n_watches; i++)
        drop_watch(t, i);
    free(t->watches);
    t->watches = NULL;
    t->n_watches = 0;
}
