/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/ext/io.h - host service: descriptors, timers and blocking work on the instance's
 * loop, without naming the loop library. get_extension(SLUICE_IO_ID); NULL for loggers.
 *
 * unwatch, rewatch, cancel_timer and cancel_job are allowed in any callback, their own too;
 * after them the callback does not run. Before destroy() the host has run or dropped all jobs
 * and posts of the instance; a plugin joins threads of its own in stop().
 */
#ifndef SLUICE_EXT_IO_H
#define SLUICE_EXT_IO_H

#include <sluice/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_IO_ID    "sluice.host.io/1"
#define SLUICE_IO_READ  1u
#define SLUICE_IO_WRITE 2u

typedef struct sluice_watch sluice_watch; /* the host's */
typedef struct sluice_timer sluice_timer; /* the host's */
typedef struct sluice_job sluice_job;     /* the host's */

typedef struct sluice_host_io {
    uint32_t struct_size;
    uint32_t reserved;
    /* [loop] Level-triggered; error and hang-up show as every event asked for. The plugin keeps
     * the descriptor and closes it after unwatch. NULL when out of memory. */
    sluice_watch *(*watch)(const sluice_host *host, int fd, uint32_t events,
                           void (*cb)(void *ctx, int fd, uint32_t events), void *ctx);
    /* [loop] 0 events pauses the watch. */
    void (*rewatch)(sluice_watch *w, uint32_t events);
    void (*unwatch)(sluice_watch *w);
    /* [loop] One shot; after the callback the handle is gone. */
    sluice_timer *(*after)(const sluice_host *host, uint64_t ms, void (*cb)(void *ctx), void *ctx);
    void (*cancel_timer)(sluice_timer *t);
    /* [loop] work runs on a pool thread and may block; done runs on the loop again. */
    sluice_job *(*submit)(const sluice_host *host, void (*work)(void *ctx),
                          void (*done)(void *ctx), void *ctx);
    /* [loop] 1: neither function runs any more. 0: work() is running; done() will come and ctx
     * must live till then. */
    int32_t (*cancel_job)(sluice_job *job);
    /* [any] Run cb on the instance's loop soon; the only call allowed from foreign threads. */
    sluice_status (*post)(const sluice_host *host, void (*cb)(void *ctx), void *ctx);
} sluice_host_io;

#ifdef __cplusplus
}
#endif
#endif
