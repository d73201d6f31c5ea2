/* SPDX-License-Identifier: Apache-2.0 */
/* instance.h - what stands behind the handles of sluice.h. */
#ifndef SL_API_INSTANCE_H
#define SL_API_INSTANCE_H

#include <pthread.h>
#include <sluice/sluice.h>
#include "call/runtime/worker.h"

struct sluice {
    struct sl_owner owner;
    pthread_mutex_t reloading; /* one at a time */
    pthread_mutex_t lock;      /* guards what follows */
    struct sl_snapshot *current;
    struct sl_list loops;
    char *config_file; /* for reloads; NULL = text or environment */
    struct sl_health *health;
    sluice_loop *blocking; /* of sluice_run(), made at its first use */
    struct sl_loop
        *control; /* stores, administration, old configurations: never on a worker's loop */
    pthread_t control_thread;
    const struct sl_start_setting *at_start; /* what the object was opened with; never changed */
    struct sluice_arena opened;              /* where it lies */
    _Atomic int64_t starting; /* calls on their way to a loop's thread, in no worker's count yet */
};

struct sluice_loop {
    struct sluice *s;
    struct sl_list node; /* in s->loops */
    struct sl_loop *loop;
    struct sl_worker worker;
    bool spawned;
    pthread_t thread;
    _Atomic int64_t controls;   /* questions that the control thread has not answered yet */
    struct sluice_queue *queue; /* who gets its callbacks; NULL = the loop's own thread */
    /* calls started from other threads */
    _Atomic uint64_t next_remote;
    _Atomic int64_t body_bytes; /* of bodies on their way to its thread */
    struct sl_map remotes;      /* remote.c's; on the loop's thread */
};

/* The configuration of now, held for the caller. */
struct sl_snapshot *sl_instance_snapshot(struct sluice *s);

/* open.c. Settings from the text, the file, or the environment, in this order. */
sluice_status sl_instance_settings(struct sluice *s, sluice_span text, struct sl_settings **out,
                                   sluice_error *err);
/* plugins.load: all. What cannot be loaded is logged by the registry and left out. */
void sl_instance_load_plugins(struct sluice *s, const struct sl_settings *settings);

/* loops.c */
void sl_loop_end(sluice_loop *l);    /* a spawned one */
void sl_loops_end(struct sluice *s); /* all spawned ones */

/* remote.c: calls of a spawned loop from other threads. */
sluice_status sl_remote_start(sluice_loop *loop, const sluice_request *request,
                              const sluice_events *events, void *ctx, sluice_task *task,
                              sluice_error *err);
sluice_status sl_remote_body(sluice_loop *loop, sluice_task task, sluice_span data, bool last);
enum sl_remote_verb { SL_REMOTE_PAUSE, SL_REMOTE_RESUME, SL_REMOTE_CANCEL };
void sl_remote_tell(sluice_loop *loop, sluice_task task, enum sl_remote_verb verb);
void sl_remote_finish(sluice_loop *loop);
bool sl_task_is_remote(sluice_task task);

/* queue.c: callbacks on the way to a foreign loop's thread. */
struct sl_queue_item {
    struct sl_queue_item *next;
    void (*run)(
        struct sl_queue_item *i); /* on the thread that calls sluice_queue_run(); frees it */
};
void sl_queue_push(struct sluice_queue *q, struct sl_queue_item *i);
void sl_queue_orphan(struct sluice_queue *q); /* its loop has ended; what waits can still be run */

/* defaults.c: a configuration made of what the environment offers; JSON text, malloc'ed. */
char *sl_defaults_text(struct sl_registry *r);

#endif
