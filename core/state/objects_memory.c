/* SPDX-License-Identifier: Apache-2.0 */
/* objects_memory.c - the store in this process's memory: a map, and a list from the longest unused
 * to the last used. */
#include "state/objects.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "base/status.h"

#define OVERHEAD 256 /* what an entry costs besides its texts, about */

struct entry {
    struct sl_list node;
    struct sl_object *object;
    int64_t expires_ms;
    size_t key_len;
    char key[]; /* owner, a zero, id */
};

struct memory {
    struct sl_objects objects;
    pthread_mutex_t lock;
    struct sl_map map;
    struct sl_list used; /* the longest unused first */
    size_t bytes, most_bytes, most_entries;
};

void sl_object_drop(struct sl_object *o)
{
    if (o && atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1)
        free(o);
}

struct sl_object *sl_object_create(sluice_span text)
{
    struct sl_object *o = sl_fault_hit() ? NULL : malloc(sizeof *o + text.len + 1);
    char *copy = o ? (char *)(o + 1) : NULL;

    if (!o)
        return NULL;
    atomic_init(&o->refs, 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    o->text = sl_span(copy, text.len);
    return o;
}

static struct entry *make_entry(sluice_span owner, sluice_span id)
{
    size_t n = owner.len + 1 + id.len;
    struct entry *e = sl_fault_hit() ? NULL : malloc(sizeof *e + n);

    if (!e)
        return NULL;
    *e = (struct entry){ .key_len = n };
    if (owner.len)
        memcpy(e->key, owner.ptr, owner.len);
    e->key[owner.len] = 0;
    if (id.len)
        memcpy(e->key + owner.len + 1, id.ptr, id.len);
    return e;
}

static sluice_span key_of(const struct entry *e)
{
    return sl_span(e->key, e->key_len);
}

static size_t size_of(const struct entry *e)
{
    return OVERHEAD + e->key_len + e->object->text.len;
}

static void forget(struct memory *m, struct entry *e)
{
    sl_map_remove(&m->map, key_of(e));
    sl_list_remove(&e->node);
    m->bytes -= size_of(e);
    sl_object_drop(e->object);
    free(e);
}

static void make_room(struct memory *m)
{
    while ((m->bytes > m->most_bytes || m->map.n > m->most_entries) && !sl_list_empty(&m->used))
        forget(m, SL_CONTAINER(m->used.next, struct entry, node));
}

/* With the lock held; NULL: there is none. What is over goes. */
static struct entry *find(struct memory *m, const struct entry *key, int64_t now_ms)
{
    struct entry *e = sl_map_get(&m->map, key_of(key));

    if (!e || now_ms < e->expires_ms)
        return e;
    forget(m, e);
    return NULL;
}

/* Each with the lock held. e: the question's own entry, with nothing in it yet. */

static sluice_status put(struct memory *m, struct entry *e, const struct sl_objects_ask *ask)
{
    struct entry *old = find(m, e, ask->now_ms);

    if (old)
        forget(m, old);
    e->expires_ms = ask->now_ms + ask->ttl_ms;
    if (!sl_map_put(&m->map, key_of(e), e))
        return SLUICE_E_NOMEM;
    sl_list_append(&m->used, &e->node);
    m->bytes += size_of(e);
    make_room(m);
    return SLUICE_OK;
}

static sluice_status get(struct memory *m, const struct entry *key, int64_t now_ms,
                         struct sl_object **found)
{
    struct entry *e = find(m, key, now_ms);

    if (!e)
        return SLUICE_E_NOT_FOUND;
    *found = e->object;
    atomic_fetch_add_explicit(&e->object->refs, 1, memory_order_relaxed);
    sl_list_remove(&e->node);
    sl_list_append(&m->used, &e->node);
    return SLUICE_OK;
}

static sluice_status remove_entry(struct memory *m, const struct entry *key, int64_t now_ms)
{
    struct entry *e = find(m, key, now_ms);

    if (!e)
        return SLUICE_E_NOT_FOUND;
    forget(m, e);
    return SLUICE_OK;
}

static sluice_status ask_memory(struct sl_objects *o, const struct sl_objects_ask *ask,
                                const struct sl_objects_asker *asker, struct sl_object **found,
                                struct sl_objects_op **op, sluice_error *err)
{
    struct memory *m = (struct memory *)o;
    bool puts = ask->kind == SL_OBJECTS_PUT;
    sluice_status st = SLUICE_OK;
    struct entry *e;

    (void)asker;
    (void)op;
    if (puts && ask->text.len > m->most_bytes / 4) /* it would drive out too much */
        return sl_fail(err, SLUICE_E_LIMITED, "it is larger than a quarter of the object store");
    e = make_entry(ask->owner, ask->id);
    if (!e || (puts && !(e->object = sl_object_create(ask->text)))) {
        free(e);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory in the object store");
    }
    pthread_mutex_lock(&m->lock);
    if (puts)
        st = put(m, e, ask);
    else if (ask->kind == SL_OBJECTS_GET)
        st = get(m, e, ask->now_ms, found);
    else
        st = remove_entry(m, e, ask->now_ms);
    pthread_mutex_unlock(&m->lock);
    if (puts && st >= 0)
        return st;
    sl_object_drop(e->object);
    free(e);
    return st < 0 ? sl_fail(err, st, "it is not kept here") : st;
}

static void leave(struct sl_objects *o, struct sl_objects_op *op)
{
    (void)o;
    (void)op;
}

static void destroy(struct sl_objects *o)
{
    struct memory *m = (struct memory *)o;

    while (!sl_list_empty(&m->used))
        forget(m, SL_CONTAINER(m->used.next, struct entry, node));
    sl_map_finish(&m->map);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static sluice_status ping(struct sl_objects *o, uint32_t ms, sluice_error *err)
{
    (void)o;
    (void)ms;
    (void)err;
    return SLUICE_OK;
}

static const struct sl_objects_class memory_class = { ask_memory, leave, ping, destroy };

struct sl_objects *sl_objects_memory(size_t bytes, size_t entries)
{
    struct memory *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->objects.cls = &memory_class;
    m->objects.name = "memory";
    m->most_bytes = bytes;
    m->most_entries = entries;
    pthread_mutex_init(&m->lock, NULL);
    sl_map_init(&m->map);
    sl_list_init(&m->used);
    return &m->objects;
}
