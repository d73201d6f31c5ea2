/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.h - what is kept for clients between calls (responses with what led to them): a text
 * under an id, of one owner. The store is behind a table, so that others than this process's memory
 * can stand there. Shared by all loops. Not for secrets, nor for what must survive a restart: the
 * memory store forgets what was used longest ago when it is full.
 */
#ifndef SL_STATE_OBJECTS_H
#define SL_STATE_OBJECTS_H

#include <stdatomic.h>
#include "base/span.h"

/* Counted; never changes. */
struct sl_object {
    _Atomic unsigned refs;
    sluice_span text;
};
void sl_object_drop(struct sl_object *o); /* NULL is fine */

struct sl_objects;

struct sl_objects_class {
    /* Replaces. LIMITED: larger than the store keeps; NOMEM. */
    sluice_status (*put)(struct sl_objects *o, sluice_span owner, sluice_span id, sluice_span text,
                         uint64_t now_ms, uint64_t ttl_ms);
    /* NULL: there is none of that owner. To be dropped. */
    struct sl_object *(*get)(struct sl_objects *o, sluice_span owner, sluice_span id,
                             uint64_t now_ms);
    bool (*remove)(struct sl_objects *o, sluice_span owner, sluice_span id);
    void (*destroy)(struct sl_objects *o);
};

struct sl_objects {
    const struct sl_objects_class *cls;
};

/* This process's memory: at most so many bytes, and entries. NULL when out of memory. */
struct sl_objects *sl_objects_memory(size_t bytes, size_t entries);

#endif
