/* SPDX-License-Identifier: Apache-2.0 */
/* objects_kit.h - questions to an object store, from a loop that is run until they are answered;
 * and a file to keep things in, which goes when the tests are over. */
#ifndef TEST_STATE_OBJECTS_KIT_H
#define TEST_STATE_OBJECTS_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "net/loop.h"
#include "state/objects.h"

static struct sl_loop *kit_loop;
static char kit_dir[64];

static inline const char *kit_path(void)
{
    static char path[80];

    snprintf(path, sizeof path, "%s/objects.db", kit_dir);
    return path;
}

static inline void kit_unlink(void)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char path[96];

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", kit_path(), ends[i]);
        unlink(path);
    }
}

static int kit_begin(void **state)
{
    struct sl_loop_options options = { 0 };

    (void)state;
    snprintf(kit_dir, sizeof kit_dir, "/tmp/sluice-objects-XXXXXX");
    return mkdtemp(kit_dir) && sl_loop_create(&options, &kit_loop, NULL) == SLUICE_OK ? 0 : -1;
}

static int kit_end(void **state)
{
    (void)state;
    sl_loop_destroy(kit_loop);
    kit_unlink();
    return rmdir(kit_dir);
}

struct kit_told {
    bool told;
    sluice_status status;
    struct sl_object *found;
    sluice_error err;
};

static inline void kit_on_told(void *ctx, sluice_status status, struct sl_object *found,
                               const sluice_error *err)
{
    struct kit_told *t = ctx;

    t->told = true;
    t->status = status;
    t->found = found;
    if (err)
        t->err = *err;
}

static inline void kit_turn(void)
{
    event_base_loop(sl_loop_base(kit_loop), EVLOOP_ONCE);
}

/* Asks and waits for the answer. */
static inline struct kit_told kit_ask(struct sl_objects *o, const struct sl_objects_ask *ask)
{
    struct kit_told t = { .err = SLUICE_ERROR_INIT };
    const struct sl_objects_asker asker = { kit_loop, kit_on_told, &t };
    struct sl_objects_op *op = NULL;
    sluice_status st = o->cls->ask(o, ask, &asker, &t.found, &op, &t.err);

    while (st == SLUICE_PENDING && !t.told)
        kit_turn();
    if (st != SLUICE_PENDING)
        t.status = st;
    return t;
}

static inline sluice_status kit_put(struct sl_objects *o, sluice_span owner, const char *id,
                                    sluice_span text)
{
    return kit_ask(o, &(struct sl_objects_ask){ .kind = SL_OBJECTS_PUT,
                                                .owner = owner,
                                                .id = sl_span_str(id),
                                                .text = text,
                                                .ttl_ms = 1000 })
        .status;
}

/* To be dropped; NULL: there is none. */
static inline struct sl_object *kit_get(struct sl_objects *o, sluice_span owner, const char *id,
                                        int64_t now_ms)
{
    return kit_ask(o, &(struct sl_objects_ask){ .kind = SL_OBJECTS_GET,
                                                .owner = owner,
                                                .id = sl_span_str(id),
                                                .now_ms = now_ms })
        .found;
}

static inline bool kit_has(struct sl_objects *o, sluice_span owner, const char *id, int64_t now_ms)
{
    struct sl_object *object = kit_get(o, owner, id, now_ms);

    sl_object_drop(object);
    return object != NULL;
}

static inline sluice_status kit_remove(struct sl_objects *o, sluice_span owner, const char *id)
{
    return kit_ask(o, &(struct sl_objects_ask){ .kind = SL_OBJECTS_REMOVE,
                                                .owner = owner,
                                                .id = sl_span_str(id) })
        .status;
}

#endif
