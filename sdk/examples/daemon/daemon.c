/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon.c - the library inside a daemon that has a libevent loop of its own: one thread, no locks.
 * Somebody connects and writes requests, one JSON object a line; chunks of the answer come back,
 * one a line, and an empty line after the last.
 *
 *     ./daemon [CONFIG]                           prints the port that it listens on
 *     echo '{"model":"mock","messages":[{"role":"user","content":"hi"}]}' | nc -N localhost PORT
 *
 * SIGHUP reloads the configuration; running calls finish on the old one. SIGTERM lets running calls
 * finish, for ten seconds, then ends.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sluice/sluice.h>

#define LONGEST_LINE ((size_t)16 << 20)
#define HIGH_WATER ((size_t)256 << 10) /* what a reader may fall behind */
#define DRAIN_SECONDS 10

struct daemon {
    struct event_base *base;
    struct evconnlistener *listener;
    sluice *s;
    sluice_loop *loop; /* the library's presence on our loop */
    LIST_HEAD(connections, connection) connections;
    pthread_t reloader;
    int reloading, ending;
};

struct connection {
    LIST_ENTRY(connection) link;
    struct daemon *d;
    struct bufferevent *bev;
    sluice_task task; /* 0 = none is running */
    int held;         /* the upstream waits for the reader */
    int last;         /* the reader has said all it will say */
};

/* ---- answers --------------------------------------------------------------------------------- */

static void next_line(struct connection *c);

static void close_connection(struct connection *c)
{
    struct daemon *d = c->d;

    /* A call whose reader has gone costs money for nothing. */
    if (c->task)
        sluice_cancel(d->loop, c->task);
    LIST_REMOVE(c, link);
    bufferevent_free(c->bev);
    free(c);
    if (LIST_EMPTY(&d->connections) && d->ending)
        event_base_loopbreak(d->base);
}

static void write_line(struct connection *c, sluice_span text)
{
    bufferevent_write(c->bev, text.ptr, text.len);
    bufferevent_write(c->bev, "\n", 1);
}

static void on_json(void *ctx, sluice_span object)
{
    struct connection *c = ctx;

    write_line(c, object);
    if (!c->held && evbuffer_get_length(bufferevent_get_output(c->bev)) > HIGH_WATER) {
        c->held = 1;
        sluice_pause(c->d->loop, c->task, 1);
    }
}

static void write_end(struct connection *c, sluice_status status, const sluice_error *err)
{
    /* Codes are plain words; the message would have to be escaped. */
    if (status < 0)
        evbuffer_add_printf(bufferevent_get_output(c->bev),
                            "{\"error\":{\"type\":\"%s\",\"code\":\"%s\"}}\n",
                            sluice_status_name(status), err->code);
    write_line(c, (sluice_span){ "", 0 });
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct connection *c = ctx;

    (void)usage;
    c->task = 0;
    c->held = 0;
    if (status == SLUICE_E_CANCELLED)
        return; /* by close_connection(), which frees it */
    write_end(c, status, err);
    next_line(c);
}

static const sluice_events events = {
    .struct_size = sizeof events,
    .json = on_json,
    .done = on_done,
};

/* ---- requests -------------------------------------------------------------------------------- */

static void start(struct connection *c, const char *line, size_t len)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request request = {
        .struct_size = sizeof request,
        .flags = SLUICE_CALL_STREAM,
        .operation = { "chat.completions", strlen("chat.completions") },
        .body = { line, len },
    };
    sluice_status status = sluice_start(c->d->loop, &request, &events, c, &c->task, &err);

    if (status < 0) { /* then no callback comes */
        c->task = 0;
        write_end(c, status, &err);
    }
}

/* One call at a time for each connection: further lines wait in its buffer. */
static void next_line(struct connection *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t len;
    char *line;

    while (!c->task && !c->d->ending && (line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF))) {
        start(c, line, len);
        free(line);
    }
    /* on_write() closes it when everything has gone out. */
    if (!c->task && (c->last || c->d->ending))
        bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

static void on_read(struct bufferevent *bev, void *ctx)
{
    struct connection *c = ctx;

    if (!c->task && evbuffer_get_length(bufferevent_get_input(bev)) >= LONGEST_LINE &&
        !evbuffer_search_eol(bufferevent_get_input(bev), NULL, NULL, EVBUFFER_EOL_CRLF).pos)
        close_connection(c);
    else
        next_line(c);
}

static void on_write(struct bufferevent *bev, void *ctx)
{
    struct connection *c = ctx;

    if (c->held) {
        c->held = 0;
        sluice_pause(c->d->loop, c->task, 0);
    }
    if (!c->task && (c->last || c->d->ending) &&
        evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        close_connection(c);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
    struct connection *c = ctx;

    (void)bev;
    if (what & BEV_EVENT_ERROR) {
        close_connection(c);
    } else if (what & BEV_EVENT_EOF) {
        c->last = 1;
        next_line(c);
    }
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int len, void *ctx)
{
    struct daemon *d = ctx;
    struct connection *c = calloc(1, sizeof *c);

    (void)listener;
    (void)from;
    (void)len;
    if (c)
        c->bev = bufferevent_socket_new(d->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!c || !c->bev) {
        free(c);
        evutil_closesocket(fd);
        return;
    }
    c->d = d;
    LIST_INSERT_HEAD(&d->connections, c, link);
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, LONGEST_LINE);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* ---- signals --------------------------------------------------------------------------------- */

/* Reading files and loading plugins takes its time, so it does not happen on the loop. */
static void *reload(void *arg)
{
    sluice_error err = SLUICE_ERROR_INIT;

    if (sluice_reload(arg, (sluice_span){ NULL, 0 }, &err) < 0)
        fprintf(stderr, "the old configuration stays: %s\n", err.message);
    else
        fprintf(stderr, "reloaded\n");
    return NULL;
}

static void wait_for_reload(struct daemon *d)
{
    if (d->reloading)
        pthread_join(d->reloader, NULL);
    d->reloading = 0;
}

static void on_hangup(evutil_socket_t sig, short what, void *ctx)
{
    struct daemon *d = ctx;

    (void)sig;
    (void)what;
    wait_for_reload(d);
    d->reloading = pthread_create(&d->reloader, NULL, reload, d->s) == 0;
}

static void on_end(evutil_socket_t sig, short what, void *ctx)
{
    struct daemon *d = ctx;
    const struct timeval most = { .tv_sec = DRAIN_SECONDS };
    struct connection *c;

    (void)sig;
    (void)what;
    if (d->ending++ || LIST_EMPTY(&d->connections)) {
        event_base_loopbreak(d->base);
        return;
    }
    evconnlistener_disable(d->listener);
    LIST_FOREACH(c, &d->connections, link)
    next_line(c); /* closes those that have nothing running */
    event_base_loopexit(d->base, &most);
}

/* ---- start and end --------------------------------------------------------------------------- */

static int listen_somewhere(struct daemon *d)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;

    d->listener = evconnlistener_new_bind(d->base, on_accept, d, LEV_OPT_CLOSE_ON_FREE, -1,
                                          (struct sockaddr *)&at, sizeof at);
    if (!d->listener ||
        getsockname(evconnlistener_get_fd(d->listener), (struct sockaddr *)&at, &len) < 0)
        return -1;
    printf("listening on port %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return 0;
}

static int serve(struct daemon *d)
{
    int status = 1;

    struct event *hangup = evsignal_new(d->base, SIGHUP, on_hangup, d);
    struct event *end = evsignal_new(d->base, SIGTERM, on_end, d);
    struct event *interrupt = evsignal_new(d->base, SIGINT, on_end, d);

    if (hangup && end && interrupt && event_add(hangup, NULL) == 0 && event_add(end, NULL) == 0 &&
        event_add(interrupt, NULL) == 0 && listen_somewhere(d) == 0)
        status = event_base_dispatch(d->base) < 0;
    else
        fprintf(stderr, "cannot listen\n");
    if (hangup)
        event_free(hangup);
    if (end)
        event_free(end);
    if (interrupt)
        event_free(interrupt);
    return status;
}

int main(int argc, char **argv)
{
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    struct daemon d = { .connections = LIST_HEAD_INITIALIZER(d.connections) };
    int status = 1;

    options.config_file = argc > 1 ? argv[1] : NULL;
    options.product = "example-daemon";
    signal(SIGPIPE, SIG_IGN); /* for our own sockets; the library's need none of it */
    d.base = event_base_new();
    if (!d.base || sluice_open(&options, &d.s, &err) < 0 ||
        sluice_attach(d.s, d.base, &d.loop, &err) < 0)
        fprintf(stderr, "cannot start: %s\n", err.message);
    else
        status = serve(&d);

    /* From the outside in: readers, with them their calls; listener; the library; the loop. */
    while (!LIST_EMPTY(&d.connections))
        close_connection(LIST_FIRST(&d.connections));
    if (d.listener)
        evconnlistener_free(d.listener);
    wait_for_reload(&d);
    sluice_detach(d.loop);
    sluice_close(d.s, 0);
    if (d.base)
        event_base_free(d.base);
    return status;
}
