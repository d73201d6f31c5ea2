/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - everything one loop owns: transports, plugin instances, running calls, and its hold on
 * the configuration. Nothing here is shared between loops.
 */
#ifndef SL_CALL_WORKER_H
#define SL_CALL_WORKER_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"
#include "base/pool.h"
#include "call/runtime/body.h"
#include "call/runtime/owner.h"
#include "call/runtime/snapshot.h"
#include "credential/fetch.h"
#include "format/dialect/look_memo.h"
#include "net/transport.h"
#include "record/record.h"
#include "route/room.h"

struct sl_call;

/* The loop's one count on a snapshot; calls are counted plainly. */
struct sl_hold {
    struct sl_list node;
    struct sl_worker *worker;
    struct sl_snapshot *snapshot;
    size_t calls;          /* and fetches of credentials */
    struct sl_rooms rooms; /* for choices in its groups */
    struct sl_map known;   /* known.c's: models of wildcard deployments */
    struct sluice_arena known_memory;
};

/* What answers of a deployment were found to be. */
struct sl_answer_memo {
    uint32_t slot;
    enum sl_look_kind kind;
    const struct sl_operation *operation;
    struct sl_look_memo memo;
};
#define SL_MEMOS 64 /* the last ones used, by slot and kind */

/* What an answer is put together in; outlet_room.c lends it. */
struct sl_outlet_room {
    sluice_span *parts; /* what is written in one turn */
    size_t cap_parts;
    struct sl_buf pending; /* preamble events, until something useful comes */
};
void sl_outlet_room_init(struct sl_outlet_room *r);
void sl_outlet_room_finish(struct sl_outlet_room *r);

/* An instance of this loop. */
struct sl_slot {
    struct sl_entry *entry;
    struct sl_instance *instance;
};
#define SL_RECENT 16 /* a call asks for two or three of them */

struct sl_task_slot {
    struct sl_call *call; /* NULL = free */
    uint32_t generation, next_free;
};

struct sl_worker {
    struct sl_owner *owner;
    struct sl_loop *loop;
    struct sl_net net;
    struct sl_transport *replay;
    struct sl_list holds;
    struct sl_hold *current;
    struct sl_map instances;           /* by entry pointer */
    struct sl_slot *recent[SL_RECENT]; /* of them, by some bits of the pointer */
    struct sl_fetcher fetcher;         /* of credentials */
    struct sl_list calls;              /* running */
    struct sl_list lingering;          /* ended; their records wait for delivery.c */
    struct sl_list ended;              /* to be reused at the end of this turn */
    struct sl_defer reap;
    struct sl_pool call_pool, attempt_pool, bodies;
    struct sl_timer age; /* of the pools; set while something lies there */
    struct sl_task_slot *tasks;
    uint32_t n_tasks, free_task;
    struct sl_digest digest; /* for cache keys */
    struct sl_answer_memo *memos[SL_MEMOS];
    struct sl_buf text;              /* scratch for one turn: pieces of an answer being written */
    struct sluice_arena scratch;     /* lent to the attempt that reads a piece of its answer */
    struct sl_outlet_room room;      /* lent to the call that writes */
    struct sl_buf detail;            /* scratch: why a call went where it went */
    struct sl_record_slabs *records; /* where records are put; NULL = there was none yet */
    unsigned shadows;                /* under way */
    bool closing;                    /* no new calls: what runs is being cancelled */
};

/* On the loop's thread. */
sluice_status sl_worker_init(struct sl_worker *w, struct sl_owner *owner, struct sl_loop *loop,
                             struct sl_snapshot *snapshot, sluice_error *err);
/* Cancels what runs. */
void sl_worker_finish(struct sl_worker *w);
/* A reload: new calls use s from now on. Takes a count of its own. */
void sl_worker_use(struct sl_worker *w, struct sl_snapshot *s);

/* The instance of an entry on this loop, made at its first use. */
sluice_status sl_worker_instance(struct sl_worker *w, struct sl_entry *e, struct sl_instance **out,
                                 sluice_error *err);

/* For answers of a kind to an operation from the deployment with this slot; NULL when out of
 * memory. */
struct sl_look_memo *sl_worker_memo(struct sl_worker *w, uint32_t slot,
                                    const struct sl_operation *operation, enum sl_look_kind kind);

/* Task handles: slot and generation. */
uint64_t sl_worker_task(struct sl_worker *w, struct sl_call *call); /* 0: out of memory */
struct sl_call *sl_worker_find(const struct sl_worker *w, uint64_t task);
void sl_worker_end_task(struct sl_worker *w, uint64_t task);

void sl_worker_release(struct sl_worker *w, struct sl_hold *h);

#endif
