/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects_thread.h - for homes of objects that block (databases): a thread of its own takes what
 * is asked in batches, so that a batch is one transaction, and answers by posts to the loops. What
 * waits is bounded; a home that hangs delays its own answers and nothing else.
 */
#ifndef SL_STATE_OBJECTS_THREAD_H
#define SL_STATE_OBJECTS_THREAD_H

#include <pthread.h>
#include "base/list.h"
#include "net/loop.h"
#include "state/objects.h"

/* One question. A home reads `ask` and fills in the rest. */
struct sl_objects_op {
    struct sl_list node;
    struct sl_objects_ask ask; /* its texts lie behind the struct */
    sluice_status status;
    sluice_error error;
    struct sl_object *found;
    /* the thread's */
    struct sl_post post;
    struct sl_objects_asker asker;
    size_t size;
    bool left, posted;
};

struct sl_objects_home {
    const char *name;
    /* All [thread]. open() again after a failure, when there is something to do. */
    sluice_status (*open)(void *self, sluice_error *err);
    void (*run)(void *self, struct sl_list *ops); /* a batch, at least one */
    void (*tidy)(void *self);                     /* now and then: what is over goes */
    void (*close)(void *self);                    /* the end of self; open() may have failed */
};

/* The thread tries open() at once. UNAVAILABLE from it is no failure here: later it may do. self is
 * the store's in any case. */
sluice_status sl_objects_thread(const struct sl_objects_home *home, void *self,
                                const struct sl_log *log, struct sl_objects **out,
                                sluice_error *err);

#endif
