/* SPDX-License-Identifier: Apache-2.0 */
/* owner.h - what one sluice object lends to all its loops: things that outlive configurations. */
#ifndef SL_CALL_OWNER_H
#define SL_CALL_OWNER_H

#include <stdatomic.h>
#include "base/log.h"
#include "net/jobs.h"
#include "plugin/registry.h"
#include "route/live.h"
#include "route/state.h"

struct sl_objects;
struct sl_runs;

struct sl_owner {
    struct sl_log log;
    struct sl_registry *registry;
    struct sl_jobs *jobs;
    bool trial;              /* only looked at: no logger is started, nothing is written */
    struct sl_loop *control; /* work that may block and belongs to no call */
    struct sl_state_registry *states;
    struct sl_live_registry *live; /* of model groups */
    struct sl_objects *objects;    /* call/stored/stored.h */
    struct sl_objects *recent;     /* what sessions remember: in memory, whatever objects is */
    _Atomic int cache_said;        /* by the cache when it was asked last: OK, or how it failed */
    struct sl_runs *runs;          /* call/stored/background.h */
    _Atomic int64_t body_bytes;    /* of all request bodies and answers held at this moment */
    _Atomic int64_t calls;         /* in flight */
    _Atomic int64_t running;       /* of them: those that global_max_parallel_requests counts */
    struct sl_flights *flights;
    struct sl_queue queue; /* who waits to be one of them */
    _Atomic uint64_t calls_ended, calls_failed;
    _Atomic bool draining; /* no new calls; core/api refuses them at the door */
    uint64_t node;         /* random; first part of record uids */
    _Atomic uint64_t next_uid;
};

#endif
