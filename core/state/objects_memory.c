/* SPDX-License-Identifier: Apache-2.0 */
/* objects_memory.c - the store in this process's memory: a map, and a list from the longest unused
 * to the last used. */
#include "state/objects.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/list.h"
#include "base/map.h"

#define OVERHEAD 256 /* what an entry costs besides its texts, about */

struct entry {
    struct sl_list node;
    struct sl_object *object;
    uint64_t expires_ms;
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

static struct sl_object *make_object(sluice_span text)
{
    struct sl_object *o = malloc(sizeof *o + text.len + 1);
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
    struct entry *e = malloc(sizeof *e + n);

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

static sluice_status put(struct sl_objects *o, sluice_span owner, sluice_span id, sluice_span text,
                         uint64_t now_ms, uint64_t ttl_ms)
{
    struct memory *m = (struct memory *)o;
    struct entry *e, *old;
    sluice_status st = SLUICE_OK;

    if (text.len > m->most_bytes / 4)
        return SLUICE_E_LIMITED; /* it would drive out too much */
    e = make_entry(owner, id);
    if (!e || !(e->object = make_object(text))) {
        free(e);
        return SLUICE_E_NOMEM;
    }
    e->expires_ms = now_ms + ttl_ms;
    pthread_mutex_lock(&m->lock);
    old = sl_map_get(&m->map, key_of(e));
    if (old)
        forget(m, old);
    if (sl_map_put(&m->map, key_of(e), e)) {
        sl_list_append(&m->used, &e->node);
        m->bytes += size_of(e);
        make_room(m);
    } else {
        st = SLUICE_E_NOMEM;
    }
    pthread_mutex_unlock(&m->lock);
    if (st < 0) {
        sl_object_drop(e->object);
        free(e);
    }
    return st;
}

/* With the lock held; NULL: none, or over. */
static struct entry *find(struct memory *m, sluice_span owner, sluice_span id)
{
    struct entry *key = make_entry(owner, id);
    struct entry *e = key ? sl_map_get(&m->map, key_of(key)) : NULL;

    free(key);
    return e;
}

static struct sl_object *get(struct sl_objects *o, sluice_span owner, sluice_span id,
                             uint64_t now_ms)
{
    struct memory *m = (struct memory *)o;
    struct sl_object *object = NULL;
    struct entry *e;

    pthread_mutex_lock(&m->lock);
    e = find(m, owner, id);
    if (e && now_ms >= e->expires_ms) {
        forget(m, e);
        e = NULL;
    }
    if (e) {
        object = e->object;
        atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
        sl_list_remove(&e->node);
        sl_list_append(&m->used, &e->node);
    }
    pthread_mutex_unlock(&m->lock);
    return object;
}

static bool remove_entry(struct sl_objects *o, sluice_span owner, sluice_span id)
{
    struct memory *m = (struct memory *)o;
    struct entry *e;

    pthread_mutex_lock(&m->lock);
    e = find(m, owner, id);
    if (e)
        forget(m, e);
    pthread_mutex_unlock(&m->lock);
    return e != NULL;
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

static const struct sl_objects_class memory_class = { put, get, remove_entry, destroy };

struct sl_objects *sl_objects_memory(size_t bytes, size_t entries)
{
    struct memory *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->objects.cls = &memory_class;
    m->most_bytes = bytes;
    m->most_entries = entries;
    pthread_mutex_init(&m->lock, NULL);
    sl_map_init(&m->map);
    sl_list_init(&m->used);
    return &m->objects;
}
