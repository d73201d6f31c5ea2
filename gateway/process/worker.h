/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - one thread of the server: an event loop, a listener on it, the library attached to it.
 * A call never changes threads. The main thread starts workers, tells them to drain and to stop,
 * and joins them.
 */
#ifndef GW_WORKER_H
#define GW_WORKER_H

#include "server/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sluice/sluice.h>
#include <sluice_sdk/pool.h>

/* What all workers read. Owned by serve.c. */
struct gw_shared {
    sluice *library;
    struct gw_server_options listen; /* host, port, limits, TLS */
    bool insecure;
    /* Of the configuration now in force. */
    atomic_bool master_key;
    _Atomic uint64_t body; /* limits.body */
    _Atomic uint32_t body_ms;
    atomic_bool draining; /* SIGTERM came: not ready any more */
    int ended_fd;         /* eventfd: a worker adds one when its loop has ended */
};

struct gw_worker {
    struct gw_shared *shared;
    struct event_base *base;
    sluice_loop *loop;
    struct gw_server *server;
    struct sl_pool spare; /* ended calls for the next ones: call_http.c */

    /* Owned by worker.c. */
    pthread_t thread;
    int command_fd; /* eventfd: look at `command` */
    atomic_int command;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool settled; /* `status` holds how the start went */
    sluice_status status;
    sluice_error error;
    uint16_t port;
};

/* Start the thread and wait until it listens. On failure *err says why and the thread is gone. */
sluice_status gw_worker_start(struct gw_worker *w, struct gw_shared *shared, sluice_error *err);
/* [main] There is another configuration: look at what `shared` has of it. */
void gw_worker_reload(struct gw_worker *w);
/* [main] No new connections; the loop ends when the last one is closed. */
void gw_worker_drain(struct gw_worker *w);
/* [main] Cut what still runs; the loop ends now. */
void gw_worker_stop(struct gw_worker *w);
/* [main] After it ended. */
void gw_worker_join(struct gw_worker *w);

/* call_http.c */
void gw_calls_init(struct sl_pool *spare);

/* The handler that worker.c gives to its server; ctx is the worker. front.c. */
extern const struct gw_handler gw_front_handler;

#endif
