/* SPDX-License-Identifier: Apache-2.0 */
/* remote_events.h - the way back of a remote call: callbacks handed on, or packed for a queue. */
#ifndef SL_API_REMOTE_EVENTS_H
#define SL_API_REMOTE_EVENTS_H

#include "api/instance.h"

struct packed;

struct sl_remote {
    struct sl_post post;
    sluice_loop *loop;
    struct sluice_queue *queue; /* NULL: callbacks come from the loop's thread */
    const sluice_events *events;
    void *ctx;
    sluice_task id;      /* what the caller holds */
    uint64_t task;       /* what the worker knows */
    struct packed *last; /* done(), which must never fail for want of memory */
    struct sluice_arena arena;
    sluice_request request;
    _Atomic int64_t queued; /* bytes on their way through the queue */
    bool released;          /* a borrowed body was given back */
    _Atomic bool held;      /* the upstream is held back because of them */
};

extern const sluice_events sl_remote_forward;
/* done(), then the end of r. */
void sl_remote_ended(struct sl_remote *r, sluice_status status, const sluice_error *err,
                     const sluice_usage *usage);
void sl_remote_forget(struct sl_remote *r);  /* remote.c: no longer found by its number */
bool sl_remote_prepare(struct sl_remote *r); /* false: out of memory */
void sl_remote_free(struct sl_remote *r);

#endif
