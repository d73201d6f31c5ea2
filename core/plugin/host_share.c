/* SPDX-License-Identifier: Apache-2.0 */
/* host_share.c - ext/share.h: one object and one small table per entry. */
#include "plugin/host_share.h"

#include "base/clock.h"
#include "base/map.h"
#include "plugin/host.h"

#include <pthread.h>
#include <stdlib.h>

#define PAIR_MAX ((size_t)64 << 10)
#define TABLE_MAX ((size_t)4 << 20) /* bytes of one entry's table */

/* One pair of the table; key and value lie behind it. */
struct pair {
    struct sl_list age; /* oldest first */
    uint64_t until_ms;  /* 0 = for ever */
    size_t key_len, value_len;
    char text[];
};

struct sl_share {
    struct sl_share *next;
    struct sl_shares *owner;
    unsigned holders; /* under the owner's lock */
    pthread_mutex_t lock;
    void *obj;
    void (*drop)(void *obj);
    struct sl_map table;
    struct sl_list ages;
    size_t bytes;
    size_t key_len;
    char key[];
};

struct sl_shares {
    pthread_mutex_t lock;
    struct sl_share *first;
};

struct sl_shares *sl_shares_create(void)
{
    struct sl_shares *s = sl_fault_hit() ? NULL : calloc(1, sizeof *s);

    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void sl_shares_destroy(struct sl_shares *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static struct sl_share *make(struct sl_shares *s, sluice_span key)
{
    struct sl_share *share = sl_fault_hit() ? NULL : calloc(1, sizeof *share + key.len);

    if (!share)
        return NULL;
    share->owner = s;
    pthread_mutex_init(&share->lock, NULL);
    sl_map_init(&share->table);
    sl_list_init(&share->ages);
    share->key_len = key.len;
    memcpy(share->key, key.ptr, key.len);
    share->next = s->first;
    s->first = share;
    return share;
}

struct sl_share *sl_share_take(struct sl_shares *s, sluice_span key)
{
    struct sl_share *share;

    pthread_mutex_lock(&s->lock);
    share = s->first;
    while (share && !sl_span_eq(sl_span(share->key, share->key_len), key))
        share = share->next;
    if (!share)
        share = make(s, key);
    if (share)
        share->holders++;
    pthread_mutex_unlock(&s->lock);
    return share;
}

static size_t size_of(const struct pair *p)
{
    return sizeof *p + p->key_len + p->value_len;
}

static void remove_pair(struct sl_share *share, struct pair *p)
{
    sl_map_remove(&share->table, sl_span(p->text, p->key_len));
    sl_list_remove(&p->age);
    share->bytes -= size_of(p);
    free(p);
}

void sl_share_drop(struct sl_share *share)
{
    struct sl_shares *s = share->owner;
    struct sl_share **at = &s->first;

    pthread_mutex_lock(&s->lock);
    if (--share->holders) {
        pthread_mutex_unlock(&s->lock);
        return;
    }
    while (*at != share)
        at = &(*at)->next;
    *at = share->next;
    pthread_mutex_unlock(&s->lock);

    if (share->obj && share->drop)
        share->drop(share->obj);
    while (!sl_list_empty(&share->ages))
        remove_pair(share, SL_CONTAINER(share->ages.next, struct pair, age));
    sl_map_finish(&share->table);
    pthread_mutex_destroy(&share->lock);
    free(share);
}

static struct sl_share *of(const sluice_host *host)
{
    return sl_entry_share(sl_host_instance(host)->entry);
}

static void *get(const sluice_host *host)
{
    struct sl_share *share = of(host);
    void *obj;

    pthread_mutex_lock(&share->lock);
    obj = share->obj;
    pthread_mutex_unlock(&share->lock);
    return obj;
}

static void *set(const sluice_host *host, void *obj, void (*drop)(void *obj))
{
    struct sl_share *share = of(host);
    void *winner;

    pthread_mutex_lock(&share->lock);
    if (!share->obj) {
        share->obj = obj;
        share->drop = drop;
    }
    winner = share->obj;
    pthread_mutex_unlock(&share->lock);
    return winner;
}

static struct pair *make_pair(sluice_span key, sluice_span value, uint64_t ttl_ms)
{
    struct pair *p = sl_fault_hit() ? NULL : malloc(sizeof *p + key.len + value.len);

    if (!p)
        return NULL;
    p->until_ms = ttl_ms ? sl_now_ms() + ttl_ms : 0;
    p->key_len = key.len;
    p->value_len = value.len;
    if (key.len)
        memcpy(p->text, key.ptr, key.len);
    if (value.len)
        memcpy(p->text + key.len, value.ptr, value.len);
    return p;
}

static sluice_status put(const sluice_host *host, sluice_span key, sluice_span value,
                         uint64_t ttl_ms)
{
    struct sl_share *share = of(host);
    struct pair *p, *old;
    sluice_status st = SLUICE_OK;

    if (key.len > PAIR_MAX || value.len > PAIR_MAX - key.len)
        return SLUICE_E_NOMEM;
    p = make_pair(key, value, ttl_ms);
    if (!p)
        return SLUICE_E_NOMEM;
    pthread_mutex_lock(&share->lock);
    old = sl_map_get(&share->table, key);
    if (old)
        remove_pair(share, old);
    while (share->bytes + size_of(p) > TABLE_MAX)
        remove_pair(share, SL_CONTAINER(share->ages.next, struct pair, age));
    if (sl_map_put(&share->table, sl_span(p->text, p->key_len), p)) {
        sl_list_append(&share->ages, &p->age);
        share->bytes += size_of(p);
    } else {
        free(p);
        st = SLUICE_E_NOMEM;
    }
    pthread_mutex_unlock(&share->lock);
    return st;
}

static sluice_status find(const sluice_host *host, sluice_span key, sluice_arena *arena,
                          sluice_span *value)
{
    struct sl_share *share = of(host);
    struct pair *p;
    sluice_status st = SLUICE_E_NOT_FOUND;

    pthread_mutex_lock(&share->lock);
    p = sl_map_get(&share->table, key);
    if (p && p->until_ms && p->until_ms <= sl_now_ms()) {
        remove_pair(share, p);
        p = NULL;
    }
    if (p) {
        *value = sl_arena_dup(arena, sl_span(p->text + p->key_len, p->value_len));
        st = value->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    pthread_mutex_unlock(&share->lock);
    return st;
}

const sluice_host_share sl_host_share = {
    .struct_size = sizeof sl_host_share, .get = get, .set = set, .put = put, .find = find
};
