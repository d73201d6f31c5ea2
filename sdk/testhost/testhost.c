/* SPDX-License-Identifier: Apache-2.0 */
/* testhost.c - the host in a box: memory, clock, randomness, log, share and secret. Its loop is in
 * loop.c. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_CAP ((size_t)64 << 20)

struct pair {
    struct pair *next;
    char *key;
    char *value;
    size_t key_len, value_len;
    uint64_t until_ms; /* 0 = for ever */
};

static struct sl_testhost *of(const sluice_host *host)
{
    return host->impl;
}

static void *arena_alloc(const sluice_host *host, sluice_arena *arena, size_t size)
{
    (void)host;
    return sl_alloc(arena, size);
}

static void log_line(const sluice_host *host, int32_t level, sluice_span message)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };

    text_printf(&of(host)->log, "%s: ", level >= 0 && level < 4 ? names[level] : "error");
    text_escaped(&of(host)->log, message);
    text_str(&of(host)->log, "\n");
}

static uint64_t now_ms(const sluice_host *host)
{
    return of(host)->now_ms;
}

static int64_t unix_ms(const sluice_host *host)
{
    return of(host)->unix_ms;
}

/* splitmix64: every seed gives a usable sequence. */
static uint64_t random_bits(const sluice_host *host)
{
    uint64_t z = of(host)->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct pair **find_pair(struct pair **list, sluice_span key)
{
    while (*list && !sl_span_eq(sl_span((*list)->key, (*list)->key_len), key))
        list = &(*list)->next;
    return list;
}

static void free_pair(struct pair *p)
{
    free(p->key);
    free(p->value);
    free(p);
}

static void remove_pair(struct pair **list, sluice_span key)
{
    struct pair **at = find_pair(list, key);
    struct pair *p = *at;

    if (p) {
        *at = p->next;
        free_pair(p);
    }
}

static void add_pair(struct pair **list, sluice_span key, sluice_span value, uint64_t until_ms)
{
    struct pair *p = test_alloc(sizeof *p);

    remove_pair(list, key);
    p->key = test_alloc(key.len);
    p->value = test_alloc(value.len);
    if (key.len)
        memcpy(p->key, key.ptr, key.len);
    if (value.len)
        memcpy(p->value, value.ptr, value.len);
    p->key_len = key.len;
    p->value_len = value.len;
    p->until_ms = until_ms;
    p->next = *list;
    *list = p;
}

static void *share_get(const sluice_host *host)
{
    return of(host)->shared;
}

static void *share_set(const sluice_host *host, void *obj, void (*drop)(void *obj))
{
    struct sl_testhost *t = of(host);

    if (!t->shared) {
        t->shared = obj;
        t->drop = drop;
    }
    return t->shared;
}

static sluice_status share_put(const sluice_host *host, sluice_span key, sluice_span value,
                               uint64_t ttl_ms)
{
    struct sl_testhost *t = of(host);

    if (key.len + value.len > 65536 || sl_fault_hit())
        return SLUICE_E_NOMEM;
    add_pair(&t->table, key, value, ttl_ms ? t->now_ms + ttl_ms : 0);
    return SLUICE_OK;
}

static sluice_status share_find(const sluice_host *host, sluice_span key, sluice_arena *arena,
                                sluice_span *value)
{
    struct sl_testhost *t = of(host);
    struct pair *p = *find_pair(&t->table, key);
    char *copy;

    if (!p || (p->until_ms && p->until_ms <= t->now_ms))
        return SLUICE_E_NOT_FOUND;
    copy = arena_alloc(host, arena, p->value_len + 1);
    if (!copy)
        return SLUICE_E_NOMEM;
    memcpy(copy, p->value, p->value_len);
    copy[p->value_len] = 0;
    *value = sl_span(copy, p->value_len);
    return SLUICE_OK;
}

static sluice_status reveal(const sluice_host *host, sluice_span ref, sluice_span *out)
{
    struct pair *p = *find_pair(&of(host)->secrets, ref);

    if (!p)
        return SLUICE_E_NOT_FOUND;
    *out = sl_span(p->value, p->value_len);
    return SLUICE_OK;
}

static const void *get_extension(const sluice_host *host, const char *id)
{
    static const sluice_host_share share = { .struct_size = sizeof share,
                                             .get = share_get,
                                             .set = share_set,
                                             .put = share_put,
                                             .find = share_find };
    static const sluice_host_secret secret = { .struct_size = sizeof secret, .reveal = reveal };

    (void)host;
    if (!strcmp(id, SLUICE_IO_ID))
        return &sl_testhost_io;
    if (!strcmp(id, SLUICE_SHARE_ID))
        return &share;
    if (!strcmp(id, SLUICE_SECRET_ID))
        return &secret;
    return NULL;
}

struct sl_testhost *sl_testhost_create(void)
{
    struct sl_testhost *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->host = (sluice_host){ .struct_size = sizeof t->host,
                             .abi_major = SLUICE_ABI_MAJOR,
                             .abi_minor = SLUICE_ABI_MINOR,
                             .product = "sluice testhost",
                             .impl = t,
                             .arena_alloc = arena_alloc,
                             .log = log_line,
                             .now_ms = now_ms,
                             .unix_ms = unix_ms,
                             .random = random_bits,
                             .get_extension = get_extension };
    t->arena_cap = DEFAULT_CAP;
    t->random = 1;
    sl_testhost_clock(t, 1000, 1700000000000);
    if (!sl_testhost_loop_init(t)) {
        free(t);
        return NULL;
    }
    return t;
}

void sl_testhost_destroy(struct sl_testhost *t)
{
    if (!t)
        return;
    if (t->shared && t->drop)
        t->drop(t->shared);
    while (t->table)
        remove_pair(&t->table, sl_span(t->table->key, t->table->key_len));
    while (t->secrets)
        remove_pair(&t->secrets, sl_span(t->secrets->key, t->secrets->key_len));
    sl_testhost_loop_finish(t);
    text_free(&t->log);
    free(t);
}

const sluice_host *sl_testhost_host(struct sl_testhost *t)
{
    return &t->host;
}

void sl_testhost_arena_cap(struct sl_testhost *t, size_t cap)
{
    t->arena_cap = cap;
}

size_t sl_testhost_arena_cap_get(const struct sl_testhost *t)
{
    return t->arena_cap;
}

void sl_testhost_clock(struct sl_testhost *t, uint64_t mono_ms, int64_t wall_ms)
{
    t->now_ms = mono_ms;
    t->unix_ms = wall_ms;
}

void sl_testhost_advance(struct sl_testhost *t, uint64_t ms)
{
    t->now_ms += ms;
    t->unix_ms += (int64_t)ms;
}

void sl_testhost_random(struct sl_testhost *t, uint64_t seed)
{
    t->random = seed;
}

void sl_testhost_secret(struct sl_testhost *t, const char *ref, const char *text)
{
    if (text)
        add_pair(&t->secrets, sl_span_str(ref), sl_span_str(text), 0);
    else
        remove_pair(&t->secrets, sl_span_str(ref));
}

const char *sl_testhost_log(const struct sl_testhost *t)
{
    return t->log.ptr ? t->log.ptr : "";
}

void sl_testhost_log_clear(struct sl_testhost *t)
{
    text_clear(&t->log);
}
