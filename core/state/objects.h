/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.h - what is kept for clients between calls (responses with what led to them): a text
 * under an id, of one owner, for a time. One store of a sluice object for all its loops. It stands
 * behind a table, since it has several homes: this process's memory, or a database that outlives
 * the process. Not for secrets.
 */
#ifndef SL_STATE_OBJECTS_H
#define SL_STATE_OBJECTS_H

#include <stdatomic.h>
#include "base/log.h"
#include "base/span.h"

struct sl_loop;

/* Counted; never changes. */
struct sl_object {
    _Atomic unsigned refs;
    sluice_span text;
};
struct sl_object *sl_object_create(sluice_span text); /* a copy; NULL when out of memory */
void sl_object_drop(struct sl_object *o);             /* NULL is fine */

enum sl_objects_kind { SL_OBJECTS_GET, SL_OBJECTS_PUT, SL_OBJECTS_REMOVE };

/* What is asked of a store. PUT replaces. */
struct sl_objects_ask {
    enum sl_objects_kind kind;
    sluice_span owner, id;
    sluice_span text; /* PUT */
    int64_t ttl_ms;   /* PUT */
    int64_t now_ms;   /* the wall clock */
};

/* The answer to what was PENDING, once, on the loop that asked. found: of GET, the told one's to
 * drop. */
typedef void (*sl_objects_fn)(void *ctx, sluice_status status, struct sl_object *found,
                              const sluice_error *err);
struct sl_objects_asker {
    struct sl_loop *loop;
    sl_objects_fn told;
    void *ctx;
};
struct sl_objects_op; /* under way */

struct sl_objects;

struct sl_objects_class {
    /* [any; with an asker: its loop] OK, and of GET *found to be dropped; NOT_FOUND (GET, REMOVE):
     * there is none of that owner; LIMITED: larger than the store keeps; NOMEM; UNAVAILABLE; or
     * PENDING: nothing blocks, the asker is told later, unless *op is given back. asker NULL:
     * nobody wants to know how it went; found and op are then NULL, too, and PENDING is success. */
    sluice_status (*ask)(struct sl_objects *o, const struct sl_objects_ask *ask,
                         const struct sl_objects_asker *asker, struct sl_object **found,
                         struct sl_objects_op **op, sluice_error *err);
    /* [the asker's loop] Nobody waits any more. What is to be kept is kept all the same. Before the
     * loop goes. */
    void (*leave)(struct sl_objects *o, struct sl_objects_op *op);
    /* [a thread that may block] Does it work? Asks for something, also to write, and waits for up
     * to so long: OK; TIMEOUT; or how it fails. */
    sluice_status (*ping)(struct sl_objects *o, uint32_t ms, sluice_error *err);
    /* When all loops are gone. Waits for what is to be kept, but not for ever. */
    void (*destroy)(struct sl_objects *o);
};

struct sl_objects {
    const struct sl_objects_class *cls;
    const char *name; /* "memory" */
};

/* This process's memory: at most so many bytes, and entries; full, it forgets what was used longest
 * ago. NULL when out of memory. */
struct sl_objects *sl_objects_memory(size_t bytes, size_t entries);

/* An SQLite file, which outlives the process and may be shared by several on one machine. Full, it
 * forgets what was written longest ago. log is held as long as the store. Fails when the file
 * cannot be one; one that is locked for the moment is tried again later. */
sluice_status sl_objects_sqlite(sluice_span path, int64_t bytes, const struct sl_log *log,
                                struct sl_objects **out, sluice_error *err);

#endif
