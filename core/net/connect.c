/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect.c - happy eyeballs: the addresses in turn, families alternating, the next one as soon as
 * the one before has failed or has not answered within a quarter of a second; the first that
 * connects wins and the others are closed.
 */
#include "net/connect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include "base/status.h"
#include "net/mem.h"

#define STAGGER_MS 250
/* Models think for minutes without a byte; middle boxes forget silent connections sooner. */
#define KEEPALIVE_S 45

struct attempt {
    struct sl_connect *owner;
    int fd; /* -1: not begun or failed */
    struct event event;
};

struct sl_connect {
    struct sl_connect_order order;
    struct sl_defer begin;
    struct sl_dns_query query;
    struct sl_timer stagger;
    struct sl_dns_answer to;
    size_t next, open; /* first address not tried; attempts under way */
    int error;         /* errno of the last that failed */
    struct attempt attempts[SL_DNS_ADDRESSES];
};

static void on_connected(evutil_socket_t fd, short what, void *arg);

static void close_attempt(struct attempt *a)
{
    if (a->fd < 0)
        return;
    event_del(&a->event);
    close(a->fd);
    a->fd = -1;
    a->owner->open--;
}

static void destroy(struct sl_connect *c)
{
    sl_defer_cancel(&c->begin);
    sl_dns_cancel(&c->query);
    sl_timer_cancel(&c->stagger);
    for (size_t i = 0; i < SL_DNS_ADDRESSES; i++)
        close_attempt(&c->attempts[i]);
    free(c);
}

static void end(struct sl_connect *c, int fd, sluice_status status, const sluice_error *err)
{
    struct sl_connect_order order = c->order;

    destroy(c);
    order.done(order.ctx, fd, status, err);
}

static void fail(struct sl_connect *c, sluice_status status, const char *why)
{
    sluice_error err = SLUICE_ERROR_INIT;

    sl_fail(&err, status, "%s: %s", c->order.name, why);
    end(c, -1, status, &err);
}

/* One address. false: failed at once. */
static bool try_address(struct sl_connect *c, size_t i)
{
    struct attempt *a = &c->attempts[i];
    const struct sl_address *to = &c->to.addresses[i];
    static const int one = 1, idle_s = KEEPALIVE_S, interval_s = KEEPALIVE_S / 3;

    a->fd = socket(to->u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (a->fd < 0) {
        c->error = errno;
        return false;
    }
    c->open++;
    setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(a->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    setsockopt(a->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(a->fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    event_assign(&a->event, sl_loop_base(c->order.loop), a->fd, EV_WRITE, on_connected, a);
    if (connect(a->fd, &to->u.any, to->len) < 0 && errno != EINPROGRESS) {
        c->error = errno;
        close_attempt(a);
        return false;
    }
    /* One that is connected already is writable at once. */
    if (event_add(&a->event, NULL) < 0) {
        c->error = ENOMEM;
        close_attempt(a);
        return false;
    }
    return true;
}

/* Begin the next address that can be begun; the end when there is none and none is under way. */
static void try_next(struct sl_connect *c)
{
    char text[160];
    char reason[96];

    while (c->next < c->to.n) {
        if (!try_address(c, c->next++))
            continue;
        if (c->next < c->to.n)
            sl_timer_set(c->order.loop, &c->stagger, STAGGER_MS);
        return;
    }
    if (c->open > 0)
        return;
    snprintf(text, sizeof text, "cannot connect: %s", strerror_r(c->error, reason, sizeof reason));
    fail(c, SLUICE_E_UNAVAILABLE, text);
}

static void on_stagger(struct sl_timer *t)
{
    try_next(SL_CONTAINER(t, struct sl_connect, stagger));
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
    struct attempt *a = arg;
    struct sl_connect *c = a->owner;
    int error = 0;
    socklen_t len = sizeof error;

    (void)what;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error) {
        c->error = error;
        close_attempt(a);
        sl_timer_cancel(&c->stagger);
        try_next(c);
        return;
    }
    event_del(&a->event);
    a->fd = -1;
    c->open--;
    end(c, fd, SLUICE_OK, NULL);
}

/* Families in turn, beginning with that of the first; the resolver's order within a family. */
static void alternate(struct sl_dns_answer *a)
{
    for (size_t i = 1; i < a->n; i++) {
        size_t other = i;
        struct sl_address moved;

        while (other < a->n &&
               a->addresses[other].u.any.sa_family == a->addresses[i - 1].u.any.sa_family)
            other++;
        if (other == a->n || other == i)
            continue;
        moved = a->addresses[other];
        memmove(&a->addresses[i + 1], &a->addresses[i], (other - i) * sizeof moved);
        a->addresses[i] = moved;
    }
}

static void resolved(struct sl_connect *c)
{
    if (c->to.error) {
        fail(c, SLUICE_E_UNAVAILABLE, gai_strerror(c->to.error));
        return;
    }
    for (size_t i = 0; i < c->to.n; i++) {
        /* All of them: a name that also points inside is a trap, not a choice. */
        if (c->order.public_only && !sl_address_public(&c->to.addresses[i])) {
            fail(c, SLUICE_E_INVALID, "address not public");
            return;
        }
        sl_address_set_port(&c->to.addresses[i], c->order.port);
    }
    alternate(&c->to);
    try_next(c);
}

static void on_resolved(struct sl_dns_query *q, const struct sl_dns_answer *answer)
{
    struct sl_connect *c = SL_CONTAINER(q, struct sl_connect, query);

    c->to = *answer;
    resolved(c);
}

static void begin(struct sl_defer *d)
{
    struct sl_connect *c = SL_CONTAINER(d, struct sl_connect, begin);
    sluice_status st = sl_dns_resolve(c->order.dns, c->order.host, &c->query, &c->to);

    if (st == SLUICE_OK)
        resolved(c);
    else if (st != SLUICE_PENDING)
        fail(c, st, "out of memory or threads to look up its name");
}

struct sl_connect *sl_connect_start(const struct sl_connect_order *order)
{
    struct sl_connect *c = sl_net_zalloc(sizeof *c);

    if (!c)
        return NULL;
    c->order = *order;
    for (size_t i = 0; i < SL_DNS_ADDRESSES; i++)
        c->attempts[i] = (struct attempt){ .owner = c, .fd = -1 };
    sl_defer_init(&c->begin, begin);
    sl_dns_query_init(&c->query, on_resolved);
    sl_timer_init(&c->stagger, on_stagger);
    sl_defer_set(order->loop, &c->begin);
    return c;
}

void sl_connect_cancel(struct sl_connect *c)
{
    if (c)
        destroy(c);
}
