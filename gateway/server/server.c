/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - the listener of a worker: accepting, time, draining, the list of things to do. */
#include "server/h2.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sluice_sdk/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_BATCH 64
#define ACCEPT_PAUSE 100 /* ms without descriptors before the next try */
#define SPARE_BLOCKS 256 /* of 4 KiB, kept for reuse */

static sluice_status fail(sluice_error *err, sluice_status st, const char *what, const char *why)
{
    if (err) {
        *err = (sluice_error)SLUICE_ERROR_INIT;
        snprintf(err->message, sizeof err->message, "%s: %s", what, why);
    }
    return st;
}

/* ---- listening --------------------------------------------------------------------------- */

/* May this address be taken? With SO_REUSEPORT it may be even while another process of the same
 * user listens there; the two would share the clients. */
static bool is_taken(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, off = 0;
    bool taken;

    if (fd < 0)
        return false;
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    taken = bind(fd, a->ai_addr, a->ai_addrlen) != 0 && errno == EADDRINUSE;
    close(fd);
    return taken;
}

static int open_listener(const struct addrinfo *a, int backlog)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, off = 0;

    if (fd < 0)
        return -1;
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    /* Accepted sockets inherit TCP_NODELAY on Linux: no call per connection. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, backlog) != 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* The first address of the host that can be bound. Without a host IPv6 is tried first, which takes
 * IPv4 along. */
static sluice_status listen_on(struct gw_server *s, sluice_error *err)
{
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    int backlog = s->options.backlog ? s->options.backlog : 1024, why;
    static const int families[] = { AF_INET6, AF_INET };
    struct addrinfo *list;
    bool taken = false;
    char port[8], where[300];

    snprintf(port, sizeof port, "%u", (unsigned)s->options.port);
    snprintf(where, sizeof where, "cannot listen on %s:%s", s->options.host ? s->options.host : "*",
             port);
    why = getaddrinfo(s->options.host, port, &hints, &list);
    if (why)
        return fail(err, SLUICE_E_INVALID, where, gai_strerror(why));
    errno = EADDRNOTAVAIL;
    for (size_t f = 0; f < 2 && s->listener < 0; f++)
        for (struct addrinfo *a = list; a && s->listener < 0; a = a->ai_next)
            if (a->ai_family == families[f]) {
                taken = s->options.alone && is_taken(a);
                s->listener = taken ? -1 : open_listener(a, backlog);
            }
    why = taken ? EADDRINUSE : errno;
    freeaddrinfo(list);
    return s->listener < 0 ? fail(err, SLUICE_E_INVALID, where, strerror(why)) : SLUICE_OK;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_in6 a; /* the port lies at the same place in both families */
    socklen_t len = sizeof a;

    return getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? ntohs(a.sin6_port) : 0;
}

/* ---- accepting --------------------------------------------------------------------------- */

static void update_accepting(struct gw_server *s)
{
    bool want = s->listener >= 0 && !s->draining &&
                !event_pending(&s->pause_ev, EV_TIMEOUT, NULL) &&
                (!s->limits.connections || s->stats.open < s->limits.connections);

    if (want == s->accepting)
        return;
    s->accepting = want;
    if (want)
        event_add(&s->listen_ev, NULL);
    else
        event_del(&s->listen_ev);
}

/* No descriptor is left: with the one kept in reserve, one connection is taken and closed, so that
 * the client learns of it; then there is a pause. */
static void out_of_descriptors(struct gw_server *s)
{
    const struct timeval pause = { 0, ACCEPT_PAUSE * 1000 };

    if (s->reserve >= 0) {
        int fd;

        close(s->reserve);
        fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            close(fd);
        s->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    event_add(&s->pause_ev, &pause);
}

static void on_listen(evutil_socket_t listener, short what, void *arg)
{
    struct gw_server *s = arg;

    (void)what;
    for (int i = 0; i < ACCEPT_BATCH && s->accepting; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                out_of_descriptors(s);
            else if (errno == ECONNABORTED || errno == EINTR)
                continue;
            break;
        }
        gw_conn_open(s, fd, (struct sockaddr *)&peer, len);
        if (s->limits.connections)
            update_accepting(s);
    }
    update_accepting(s);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    update_accepting(arg);
}

/* ---- time and work ----------------------------------------------------------------------- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct gw_server *s = arg;
    uint64_t now = sl_now_ms();
    int turns = GW_WHEEL_SLOTS;

    (void)fd;
    (void)what;
    while (s->ticked_ms + s->limits.tick_ms <= now && turns-- > 0) {
        s->ticked_ms += s->limits.tick_ms;
        gw_wheel_turn(&s->wheel, gw_conn_expired);
        gw_wheel_turn(&s->streams, gw_stream_expired);
    }
    if (turns < 0)
        s->ticked_ms = now; /* the process slept: nobody is to blame for that */
    gw_server_work(s);
}

void gw_server_work(struct gw_server *s)
{
    while (!sl_list_empty(&s->later)) {
        struct gw_conn *c = SL_CONTAINER(s->later.next, struct gw_conn, later);

        sl_list_remove(&c->later);
        gw_conn_work(c);
    }
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    struct gw_server *s = arg;

    (void)fd;
    (void)what;
    gw_server_work(s);
    if (s->draining && s->stats.open == 0 && s->drained) {
        void (*done)(void *ctx) = s->drained;

        s->drained = NULL;
        done(s->drained_ctx);
    }
}

void gw_server_conn_gone(struct gw_server *s)
{
    if (s->limits.connections)
        update_accepting(s);
    if (s->draining && s->stats.open == 0)
        event_active(&s->later_ev, EV_TIMEOUT, 0);
}

/* ---- life -------------------------------------------------------------------------------- */

static void set_limits(struct gw_limits *l)
{
    const struct gw_limits d = { .head = 65536,
                                 .line = 16384,
                                 .body = 100 << 20,
                                 .out_high = 256 << 10,
                                 .out_low = 64 << 10,
                                 .discard = 64 << 10,
                                 .head_ms = 15000,
                                 .body_ms = 60000,
                                 .idle_ms = 75000,
                                 .write_ms = 60000,
                                 .linger_ms = 2000,
                                 .tick_ms = 1000 };

    l->head = l->head ? l->head : d.head;
    l->line = l->line ? l->line : d.line;
    l->body = l->body ? l->body : d.body;
    l->out_high = l->out_high ? l->out_high : d.out_high;
    l->out_low = l->out_low ? l->out_low : d.out_low;
    l->discard = l->discard ? l->discard : d.discard;
    l->head_ms = l->head_ms ? l->head_ms : d.head_ms;
    l->body_ms = l->body_ms ? l->body_ms : d.body_ms;
    l->idle_ms = l->idle_ms ? l->idle_ms : d.idle_ms;
    l->write_ms = l->write_ms ? l->write_ms : d.write_ms;
    l->linger_ms = l->linger_ms ? l->linger_ms : d.linger_ms;
    l->tick_ms = l->tick_ms ? l->tick_ms : d.tick_ms;
}

sluice_status gw_server_create(struct event_base *base, const struct gw_server_options *options,
                               struct gw_server **out, sluice_error *err)
{
    struct gw_server *s = calloc(1, sizeof *s);
    struct timeval tick;
    sluice_status st;

    if (!s)
        return fail(err, SLUICE_E_NOMEM, "server", "out of memory");
    s->base = base;
    s->options = *options;
    s->limits = options->limits;
    set_limits(&s->limits);
    s->in_bound = s->limits.head > GW_READ_SIZE ? s->limits.head : GW_READ_SIZE;
    s->listener = -1;
    s->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    gw_conn_pool_init(&s->spare);
    gw_block_pool_init(&s->pool, SPARE_BLOCKS);
    sl_list_init(&s->conns);
    sl_list_init(&s->later);
    gw_wheel_init(&s->wheel, s->limits.tick_ms);
    gw_wheel_init(&s->streams, s->limits.tick_ms);
    s->ticked_ms = sl_now_ms();
    event_assign(&s->tick_ev, base, -1, EV_PERSIST, on_tick, s);
    event_assign(&s->later_ev, base, -1, 0, on_later, s);
    event_assign(&s->pause_ev, base, -1, 0, on_pause_over, s);
    event_assign(&s->listen_ev, base, -1, 0, on_listen, s);
    st = listen_on(s, err);
    if (st < 0) {
        gw_server_destroy(s);
        return st;
    }
    s->port = bound_port(s->listener);
    tick = (struct timeval){ s->limits.tick_ms / 1000, s->limits.tick_ms % 1000 * 1000 };
    event_assign(&s->listen_ev, base, s->listener, EV_READ | EV_PERSIST, on_listen, s);
    event_add(&s->tick_ev, &tick);
    update_accepting(s);
    *out = s;
    return SLUICE_OK;
}

void gw_server_age(struct gw_server *s)
{
    sl_pool_age(&s->spare);
    sl_pool_age(&s->pool.spare);
}

uint16_t gw_server_port(const struct gw_server *s)
{
    return s->port;
}

void gw_server_limit_bodies(struct gw_server *s, uint64_t bytes, uint32_t ms)
{
    s->limits.body = bytes ? bytes : s->limits.body;
    s->limits.body_ms = ms ? ms : s->limits.body_ms;
}

static void stop_listening(struct gw_server *s)
{
    if (s->listener < 0)
        return;
    event_del(&s->listen_ev);
    event_del(&s->pause_ev);
    s->accepting = false;
    close(s->listener);
    s->listener = -1;
}

void gw_server_drain(struct gw_server *s, void (*done)(void *ctx), void *ctx)
{
    s->draining = true;
    s->drained = done;
    s->drained_ctx = ctx;
    stop_listening(s);
    sl_list_each_safe(pos, &s->conns)
    {
        struct gw_conn *c = SL_CONTAINER(pos, struct gw_conn, link);

        if (c->stage == GW_IDLE && c->out.len == 0)
            gw_conn_close(c);
        else if (c->stage == GW_STREAMS)
            gw_conn_later(c, GW_TODO_FLUSH);
        else if (c->stage == GW_REQUEST && c->req.upgraded)
            gw_conn_later(c, GW_TODO_LEAVE);
    }
    event_active(&s->later_ev, EV_TIMEOUT, 0);
}

void gw_server_destroy(struct gw_server *s)
{
    if (!s)
        return;
    s->draining = true;
    s->drained = NULL;
    stop_listening(s);
    while (!sl_list_empty(&s->conns)) {
        struct gw_conn *c = SL_CONTAINER(s->conns.next, struct gw_conn, link);

        if (c->stage == GW_REQUEST) {
            gw_request_abort(&c->req, GW_SHUTDOWN);
            continue;
        }
        if (c->stage == GW_STREAMS)
            gw_h2_abort_all(c, GW_SHUTDOWN);
        gw_conn_close(c);
    }
    event_del(&s->tick_ev);
    event_del(&s->later_ev);
    event_del(&s->pause_ev);
    sl_pool_finish(&s->spare);
    sl_pool_finish(&s->pool.spare);
    if (s->reserve >= 0)
        close(s->reserve);
    free(s);
}

void gw_server_stats(const struct gw_server *s, struct gw_server_stats *out)
{
    *out = s->stats;
    out->buffered += s->pool.n_used * GW_BLOCK_SIZE;
}
