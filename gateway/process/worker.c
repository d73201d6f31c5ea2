/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - a thread with one loop, one listener and the library attached. */
#include "process/worker.h"
#include "process/tidy.h"

#include <event2/event.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define AGE_S 5 /* what nobody needed for so long is freed */

enum command { CARRY_ON, DRAIN, STOP };

static void signal_fd(int fd)
{
    uint64_t one = 1;
    ssize_t n;

    do
        n = write(fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
}

static void on_drained(void *ctx)
{
    struct gw_worker *w = ctx;

    event_base_loopbreak(w->base);
}

static void take_limits(struct gw_worker *w)
{
    gw_server_limit_bodies(w->server, atomic_load(&w->shared->body),
                           atomic_load(&w->shared->body_ms));
}

static void on_command(evutil_socket_t fd, short what, void *ctx)
{
    struct gw_worker *w = ctx;
    uint64_t n;

    (void)what;
    if (read((int)fd, &n, sizeof n) < 0)
        return;
    take_limits(w);
    switch (atomic_load(&w->command)) {
    case DRAIN:
        gw_server_drain(w->server, on_drained, w);
        break;
    case STOP:
        event_base_loopbreak(w->base);
        break;
    default:
        break;
    }
}

/* Only its own thread uses a worker's base, so it needs no locks. No EPOLL_USE_CHANGELIST either:
 * it gathers changes by descriptor and loses the edge trigger that a held connection is watched
 * with. */
static struct event_base *make_base(void)
{
    struct event_config *cfg = event_config_new();
    struct event_base *base;

    if (!cfg)
        return NULL;
    event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    return base;
}

static void settle(struct gw_worker *w, sluice_status status)
{
    pthread_mutex_lock(&w->lock);
    w->status = status;
    w->settled = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void on_age(evutil_socket_t fd, short what, void *ctx)
{
    struct gw_worker *w = ctx;

    (void)fd;
    (void)what;
    sl_pool_age(&w->spare);
    if (w->server)
        gw_server_age(w->server);
    gw_tidy_thread();
}

static void *run(void *ctx)
{
    struct gw_worker *w = ctx;
    struct gw_server_options options = w->shared->listen;
    struct event *commands = NULL, *aging = NULL;
    const struct timeval age = { .tv_sec = AGE_S };
    sluice_status st = SLUICE_E_NOMEM;

    options.handler = gw_front_handler;
    options.ctx = w;
    w->base = make_base();
    gw_calls_init(&w->spare);
    if (w->base) {
        commands = event_new(w->base, w->command_fd, EV_READ | EV_PERSIST, on_command, w);
        aging = event_new(w->base, -1, EV_PERSIST, on_age, w);
    }
    if (!commands || !aging || event_add(commands, NULL) || event_add(aging, &age)) {
        snprintf(w->error.message, sizeof w->error.message, "out of memory for an event loop");
        goto out;
    }
    st = sluice_attach(w->shared->library, w->base, &w->loop, &w->error);
    if (st < 0)
        goto out;
    st = gw_server_create(w->base, &options, &w->server, &w->error);
    if (st < 0)
        goto out;
    take_limits(w);
    w->port = gw_server_port(w->server);
    settle(w, SLUICE_OK);
    event_base_dispatch(w->base);
out:
    if (w->server)
        gw_server_destroy(w->server);
    if (w->loop)
        sluice_detach(w->loop);
    sl_pool_finish(&w->spare);
    if (commands)
        event_free(commands);
    if (aging)
        event_free(aging);
    if (w->base)
        event_base_free(w->base);
    if (st < 0)
        settle(w, st);
    else
        signal_fd(w->shared->ended_fd);
    return NULL;
}

sluice_status gw_worker_start(struct gw_worker *w, struct gw_shared *shared, sluice_error *err)
{
    sluice_status st;

    *w = (struct gw_worker){ .shared = shared, .error = SLUICE_ERROR_INIT };
    w->command_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->command_fd < 0) {
        snprintf(err->message, sizeof err->message, "eventfd: %s", strerror(errno));
        return SLUICE_E_UNAVAILABLE;
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    if (pthread_create(&w->thread, NULL, run, w)) {
        close(w->command_fd);
        snprintf(err->message, sizeof err->message, "no more threads can be started");
        return SLUICE_E_UNAVAILABLE;
    }
    pthread_mutex_lock(&w->lock);
    while (!w->settled)
        pthread_cond_wait(&w->changed, &w->lock);
    st = w->status;
    pthread_mutex_unlock(&w->lock);
    if (st < 0) {
        *err = w->error;
        gw_worker_join(w);
    }
    return st;
}

void gw_worker_reload(struct gw_worker *w)
{
    signal_fd(w->command_fd);
}

void gw_worker_drain(struct gw_worker *w)
{
    atomic_store(&w->command, DRAIN);
    signal_fd(w->command_fd);
}

void gw_worker_stop(struct gw_worker *w)
{
    atomic_store(&w->command, STOP);
    signal_fd(w->command_fd);
}

void gw_worker_join(struct gw_worker *w)
{
    pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->changed);
    close(w->command_fd);
}
