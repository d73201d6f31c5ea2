/* SPDX-License-Identifier: Apache-2.0 */
/* background_run.h - what a response that is being made consists of; for background*.c. */
#ifndef SL_CALL_BACKGROUND_RUN_H
#define SL_CALL_BACKGROUND_RUN_H

#include <pthread.h>
#include "base/map.h"
#include "call/stored/background.h"
#include "state/objects.h"

struct sl_runs {
    pthread_mutex_t lock; /* guards all of them */
    struct sl_map by_key;
};

struct sl_run {
    struct sl_runs *all;
    struct sl_owner *owner;
    unsigned refs;
    sluice_span whose, id, key; /* behind the struct; key: both */
    struct sl_worker *worker;   /* of the call that runs; until it has ended */
    uint64_t task;
    struct sl_post stop;
    struct sl_timer lease;      /* that loop's */
    unsigned turns;             /* of it */
    struct sl_objects_op *look; /* for a mark, under way; NULL = none is */
    bool listed, stopping, forgotten, ended;
    /* Its events as frames, and where each of them ends. */
    struct sl_buf text;
    size_t *ends;
    size_t n_events, cap_events;
    bool cut;               /* there was no room for all */
    struct sl_buf response; /* as it is now */
    struct sl_list listeners;
};

struct sl_listener {
    struct sl_list node; /* of run->listeners */
    struct sl_post post;
    struct sl_call *call;
    struct sl_run *run; /* held; NULL = of what is kept */
    size_t next;        /* event; byte of what is kept */
    bool ends_only;     /* it waits for the response, not for its events */
    bool posted;        /* a message is under way */
    bool left;          /* it frees the listener */
};

/* Of call c's owner, not listed yet, to be dropped; its key is owner, a zero, id. NULL: no memory.
 */
struct sl_run *sl_run_make(struct sl_call *c, sluice_span id);
/* false: as many run as may (most < 0: any number), or no memory. */
bool sl_run_enlist(struct sl_run *run, int64_t most);
/* One event more, an object. What finds no room is lost to readers; the response goes on. */
void sl_run_add(struct sl_run *run, sluice_span object);

/* With the lock held. */
void sl_run_unlist(struct sl_run *run);
void sl_run_tell(struct sl_run *run);
void sl_run_release(struct sl_run *run);

/* What stands in the store under its id and the suffix. Nobody waits for it. */
void sl_run_store(struct sl_run *run, enum sl_objects_kind kind, const char *suffix,
                  sluice_span text, int64_t ttl_ms);
/* The lease of one that begins. From now on, on the run's loop: it is renewed, and marks are looked
 * for; until it has ended. */
void sl_run_lease(struct sl_owner *owner, sluice_span whose, sluice_span id);
void sl_run_renew(struct sl_run *run);
void sl_run_turn(struct sl_timer *t); /* run->lease's function */
void sl_run_release_lease(struct sl_run *run);

/* A listener of a call, which waits from now on. */
enum sl_verdict sl_listener_join(struct sl_call *c, struct sl_run *run, size_t next,
                                 bool ends_only);

#endif
