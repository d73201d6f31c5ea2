/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c - one thread's libevent base with posts, timers and deferred work.
 * Only the eventfd is touched from other threads, so an own base needs no locks, and somebody's
 * base need not have any.
 */
#include "net/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <event2/event.h>
#include "base/clock.h"
#include "base/status.h"
#include "net/loop_guest.h"
#include "net/mem.h"
#include "net/wheel.h"

#define TIMER_MAX_MS (366ull * 86400 * 1000)

struct sl_loop {
    struct event_base *base;
    bool own;
    const struct sl_log *log;

    int wake_fd;
    struct event *wake;
    _Atomic(struct sl_post *) posts; /* last first */
    atomic_bool stopping;
    _Atomic(pthread_t) thread; /* whoever ran our callbacks last */

    struct sl_wheel wheel;
    struct event *tick;
    uint64_t armed_ms; /* what tick waits for; SL_WHEEL_NEVER = nothing */
    bool ticking;      /* tick is armed when the wheel is through */

    struct event *end_of_turn;
    struct sl_list defers, deferred; /* set; running in this round */
    struct sl_list guests;
};

/* The loop whose sl_loop_run() is on this thread's stack. */
static _Thread_local struct sl_loop *running;

/* An embedder may create the loop on one thread and run its base on another. */
static void note_thread(struct sl_loop *l)
{
    atomic_store_explicit(&l->thread, pthread_self(), memory_order_relaxed);
}

static void run_posts(struct sl_loop *l, bool dropped)
{
    struct sl_post *last = atomic_exchange_explicit(&l->posts, NULL, memory_order_acquire);
    struct sl_post *first = NULL;

    while (last) {
        struct sl_post *before = last->next;

        last->next = first;
        first = last;
        last = before;
    }
    while (first) {
        struct sl_post *p = first;

        first = p->next;
        p->fn(p, dropped);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct sl_loop *l = arg;
    uint64_t count;

    note_thread(l);
    /* Emptied before the queue is taken: a later post rings again. */
    if ((what & EV_READ) && read(fd, &count, sizeof count) < 0 && errno != EAGAIN)
        sl_log(l->log, SL_ERROR, "eventfd of a loop cannot be read: errno %d", errno);
    run_posts(l, false);
    if (l->own && atomic_load(&l->stopping))
        event_base_loopbreak(l->base);
}

static void arm(struct sl_loop *l, uint64_t due_ms)
{
    uint64_t now_us = sl_now_us(), left_us = 0;
    struct timeval tv;

    l->armed_ms = due_ms;
    if (due_ms * 1000 > now_us)
        left_us = due_ms * 1000 - now_us;
    tv.tv_sec = (time_t)(left_us / 1000000);
    tv.tv_usec = (suseconds_t)(left_us % 1000000);
    event_add(l->tick, &tv);
}

/* libevent's clock is the coarse one, so this may come some milliseconds early: then nothing is due
 * and the rest is waited for. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct sl_loop *l = arg;
    uint64_t next;

    (void)fd;
    (void)what;
    note_thread(l);
    l->ticking = true;
    sl_wheel_advance(&l->wheel, sl_now_us() / 1000);
    l->ticking = false;
    next = sl_wheel_next(&l->wheel);
    if (next == SL_WHEEL_NEVER)
        l->armed_ms = SL_WHEEL_NEVER;
    else
        arm(l, next);
}

static void on_end_of_turn(evutil_socket_t fd, short what, void *arg)
{
    struct sl_loop *l = arg;

    (void)fd;
    (void)what;
    note_thread(l);
    /* Work deferred by deferred work has its own round, behind what became active meanwhile. */
    sl_list_take(&l->deferred, &l->defers);
    while (!sl_list_empty(&l->deferred)) {
        struct sl_defer *d = SL_CONTAINER(l->deferred.next, struct sl_defer, node);

        sl_list_remove(&d->node);
        d->fn(d);
    }
}

static struct event_base *own_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    if (config)
        event_config_free(config);
    return base;
}

sluice_status sl_loop_create(const struct sl_loop_options *options, struct sl_loop **out,
                             sluice_error *err)
{
    sluice_status st = SLUICE_E_NOMEM;
    struct sl_loop *l = sl_net_zalloc(sizeof *l);

    *out = NULL;
    if (!l)
        return sl_fail(err, st, "out of memory creating an event loop");
    l->wake_fd = -1;
    l->log = options->log;
    l->armed_ms = SL_WHEEL_NEVER;
    note_thread(l);
    sl_list_init(&l->defers);
    sl_list_init(&l->deferred);
    sl_list_init(&l->guests);
    sl_wheel_init(&l->wheel, sl_now_us() / 1000);
    l->own = !options->base;
    l->base = options->base ? options->base : own_base();
    if (!l->base) {
        st = sl_fail(err, SLUICE_E_UNAVAILABLE, "libevent cannot create an event base");
        goto out;
    }
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake_fd < 0) {
        st = sl_fail(err, SLUICE_E_UNAVAILABLE, "no eventfd for an event loop: errno %d", errno);
        goto out;
    }
    l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    l->tick = event_new(l->base, -1, 0, on_tick, l);
    l->end_of_turn = event_new(l->base, -1, 0, on_end_of_turn, l);
    if (!l->wake || !l->tick || !l->end_of_turn || event_add(l->wake, NULL) < 0) {
        sl_fail(err, st, "out of memory creating an event loop");
        goto out;
    }
    st = SLUICE_OK;
out:
    if (st < 0)
        sl_loop_destroy(l);
    else
        *out = l;
    return st;
}

void sl_loop_destroy(struct sl_loop *l)
{
    if (!l)
        return;
    /* First what has ended already: its pool of threads may be gone. */
    run_posts(l, true);
    /* Last first, so that what is queued is dropped before what runs is waited for. */
    while (!sl_list_empty(&l->guests)) {
        struct sl_loop_guest *g = SL_CONTAINER(l->guests.prev, struct sl_loop_guest, node);

        g->settle(g);
    }
    while (atomic_load(&l->posts))
        run_posts(l, true);
    sl_wheel_finish(&l->wheel);
    while (!sl_list_empty(&l->defers))
        sl_list_remove(l->defers.next);
    if (l->wake)
        event_free(l->wake);
    if (l->tick)
        event_free(l->tick);
    if (l->end_of_turn)
        event_free(l->end_of_turn);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    if (l->own && l->base)
        event_base_free(l->base);
    free(l);
}

struct event_base *sl_loop_base(struct sl_loop *l)
{
    return l->base;
}

const struct sl_log *sl_loop_log(const struct sl_loop *l)
{
    return l->log;
}

void sl_loop_enter(struct sl_loop *l, struct sl_loop_guest *g)
{
    sl_list_append(&l->guests, &g->node);
}

static void ring(struct sl_loop *l)
{
    uint64_t one = 1;

    /* It can only fail when the counter is full, and then the bell rings already. */
    if (write(l->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        sl_log(l->log, SL_ERROR, "eventfd of a loop cannot be written: errno %d", errno);
}

void sl_loop_run(struct sl_loop *l)
{
    struct sl_loop *outer = running;

    note_thread(l);
    running = l;
    if (!atomic_load(&l->stopping))
        event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    running = outer;
    atomic_store(&l->stopping, false);
}

void sl_loop_stop(struct sl_loop *l)
{
    atomic_store(&l->stopping, true);
    ring(l);
}

bool sl_loop_is_mine(const struct sl_loop *l)
{
    return pthread_equal(atomic_load_explicit(&l->thread, memory_order_relaxed), pthread_self());
}

void sl_loop_post(struct sl_loop *l, struct sl_post *p)
{
    struct sl_post *last = atomic_load_explicit(&l->posts, memory_order_relaxed);

    do
        p->next = last;
    while (!atomic_compare_exchange_weak_explicit(&l->posts, &last, p, memory_order_release,
                                                  memory_order_relaxed));
    if (last)
        return; /* whoever was first has rung */
    /* is_mine() is not proof enough to touch the base without a lock: the loop may have been made
     * here and be starting elsewhere. */
    if (running == l)
        event_active(l->wake, 0, 0);
    else
        ring(l);
}

/* Reading the clock costs 30 ns. Keeping the time for a turn would need a hook at the turn's start,
 * which a base of libevent 2.1 does not offer, or an event activated once per turn to forget it,
 * which costs more than it saves. */
uint64_t sl_loop_now_us(struct sl_loop *l)
{
    (void)l;
    return sl_now_us();
}

void sl_timer_init(struct sl_timer *t, void (*fn)(struct sl_timer *t))
{
    sl_list_init(&t->node);
    t->due_ms = 0;
    t->fn = fn;
}

void sl_timer_set(struct sl_loop *l, struct sl_timer *t, uint64_t ms)
{
    uint64_t now_us = sl_now_us(), look_ms;

    if (ms > TIMER_MAX_MS)
        ms = TIMER_MAX_MS;
    sl_list_remove(&t->node);
    if (now_us / 1000 < l->armed_ms)
        sl_wheel_skip(&l->wheel, now_us / 1000);
    t->due_ms = (now_us + 999) / 1000 + ms; /* never early */
    if (t->due_ms <= l->wheel.now_ms)
        t->due_ms = l->wheel.now_ms + 1;
    look_ms = sl_wheel_add(&l->wheel, t);
    if (look_ms < l->armed_ms && !l->ticking)
        arm(l, look_ms);
}

void sl_timer_cancel(struct sl_timer *t)
{
    sl_list_remove(&t->node);
}

void sl_defer_init(struct sl_defer *d, void (*fn)(struct sl_defer *d))
{
    sl_list_init(&d->node);
    d->fn = fn;
}

/* An active event waits behind those that are active already, and libevent asks the kernel for more
 * only when all of them have run: that is the end of the turn. (Not by a lower priority: those
 * starve while the kernel keeps reporting.) */
void sl_defer_set(struct sl_loop *l, struct sl_defer *d)
{
    if (d->node.next != &d->node)
        return;
    if (sl_list_empty(&l->defers))
        event_active(l->end_of_turn, EV_TIMEOUT, 0);
    sl_list_append(&l->defers, &d->node);
}

void sl_defer_cancel(struct sl_defer *d)
{
    sl_list_remove(&d->node);
}
