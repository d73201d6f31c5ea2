/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step_cache.c - has this been answered before? The key covers the operation and every member that
 * goes upstream, as it was spelled; the client's `cache` member says what it wants of us, in
 * LiteLLM's words.
 */
#include <sluice/cache.h>
#include "base/clock.h"
#include "base/digest.h"
#include "base/status.h"
#include "call/cache/cache.h"
#include "call/cache/tape.h"
#include "call/choice/explain.h"

#define WAIT_MOST_MS 2000      /* for a cache that answers later */
#define ANSWER_MOST (4u << 20) /* longer ones are not kept */
#define TTL_MOST_S (INT64_C(10) * 365 * 86400)
#define TTL_DEFAULT_MS (600 * 1000) /* LiteLLM's default_in_memory_ttl */

/* May this call be answered from the cache, may its answer be kept, and for how long? */
static void read_controls(struct sl_call *c)
{
    sluice_span wish = sl_call_member(c, SL_SPAN("cache"));
    bool use = c->settings->cache_default_on;
    int64_t ttl;

    if (sl_json_type(sl_call_member(c, SL_SPAN("caching"))) == SL_JSON_FALSE)
        use = false;
    c->cache_ttl_ms = c->settings->cache_ttl_ms >= 0 ? c->settings->cache_ttl_ms : TTL_DEFAULT_MS;
    if (sl_json_type(wish) == SL_JSON_OBJECT) {
        use = use || sl_json_is_true(sl_json_member(wish, SL_SPAN("use-cache")));
        c->cache_get = use && !sl_json_is_true(sl_json_member(wish, SL_SPAN("no-cache")));
        c->cache_put = use && !sl_json_is_true(sl_json_member(wish, SL_SPAN("no-store")));
        if (sl_json_i64(sl_json_member(wish, SL_SPAN("ttl")), &ttl) && ttl > 0)
            c->cache_ttl_ms = (ttl < TTL_MOST_S ? ttl : TTL_MOST_S) * 1000;
    } else {
        c->cache_get = c->cache_put = use;
    }
}

/* Every piece with its length in front, so that no two requests run together. */
static void add(struct sl_digest *d, sluice_span s)
{
    uint64_t len = s.len;

    sl_digest_add(d, sl_span((const char *)&len, sizeof len));
    sl_digest_add(d, s);
}

static void make_digest(struct sl_call *c)
{
    struct sl_digest *d = &c->worker->digest;

    sl_digest_begin(d);
    add(d, sl_span_str(c->operation->name));
    add(d, c->model);
    for (size_t i = 0; i < c->n_members; i++) {
        if (sl_member_is_ours(c->operation, c->members[i].name) ||
            sl_span_eq(c->members[i].name, SL_SPAN("model")))
            continue;
        add(d, c->members[i].name);
        add(d, c->members[i].value);
    }
    /* What is said elsewhere than in the body. */
    add(d, c->query);
    add(d, c->stream ? SL_SPAN("stream") : SL_SPAN(""));
    for (size_t i = 0; i < c->n_headers; i++)
        if (sl_span_starts(c->headers[i].name, SL_SPAN("anthropic-"))) {
            add(d, c->headers[i].name);
            add(d, c->headers[i].value);
        }
    sl_digest_end(d, c->digest);
}

static sluice_cache_key key_of(const struct sl_call *c)
{
    return (sluice_cache_key){
        .struct_size = sizeof(sluice_cache_key),
        /* Callers with rights of their own never see each other's answers. */
        .scope = c->who->team_id.len ? c->who->team_id : c->who->user_id,
        .digest = sl_span((const char *)c->digest, sizeof c->digest),
    };
}

static const sluice_cache_class *class_of(const struct sl_instance *cache)
{
    return sl_entry_class(cache->entry)->table;
}

static void take_hit(struct sl_call *c, const sluice_cache_entry *hit)
{
    c->hit = *hit;
    c->cached = hit->value.ptr != NULL;
}

/* For who asks after its health. */
static void note(struct sl_call *c, sluice_status said)
{
    _Atomic int *last = &c->worker->owner->cache_said;

    said = said < 0 ? said : SLUICE_OK;
    if (atomic_load_explicit(last, memory_order_relaxed) != said)
        atomic_store_explicit(last, said, memory_order_relaxed);
}

static void on_get(void *ctx, sluice_status status, const sluice_cache_entry *hit)
{
    struct sl_call *c = ctx;

    c->cache_op = NULL;
    note(c, status);
    if (status >= 0 && hit)
        take_hit(c, hit);
    sl_call_resume(c);
}

static void cancel_get(struct sl_call *c)
{
    if (c->cache_op)
        class_of(c->cache)->cancel(c->cache->self, c->cache_op);
    c->cache_op = NULL;
}

/* Away: a miss. */
static void is_away(struct sl_call *c)
{
    note(c, SLUICE_E_TIMEOUT);
    sl_call_resume(c);
}

static const struct sl_wait_class waiting = { .cancel = cancel_get, .expired = is_away };

static enum sl_verdict ask(struct sl_call *c)
{
    union {
        sluice_cache_entry entry;
        char slack[sizeof(sluice_cache_entry) + SLUICE_SLACK];
    } room = { .entry = { .struct_size = sizeof(sluice_cache_entry) } };
    sluice_cache_key key = key_of(c);
    sluice_status st;

    st = class_of(c->cache)->get(c->cache->self, &key, &c->arena, &room.entry, on_get, c,
                                 &c->cache_op);
    if (st == SLUICE_PENDING) {
        sl_call_wait(c, &waiting, WAIT_MOST_MS);
        return SL_WAIT;
    }
    note(c, st);
    /* A cache that fails is a miss, not an outage. */
    if (st == SLUICE_OK)
        take_hit(c, &room.entry);
    return SL_NEXT;
}

bool sl_cache_rehearse(struct sl_call *c)
{
    if (!c->hold->snapshot->cache || !c->operation->cached || c->flags & SLUICE_CALL_NO_CACHE)
        return false;
    read_controls(c);
    if (!c->cache_get && !c->cache_put)
        return false;
    make_digest(c);
    return true;
}

enum sl_verdict sl_step_cache(struct sl_call *c)
{
    struct sl_entry *entry = c->hold->snapshot->cache;
    sluice_error err;

    if (c->flags & SLUICE_CALL_EXPLAIN)
        return sl_explain(c);
    if (!entry || !c->operation->cached || c->cache) /* none, or it was asked already */
        return SL_NEXT;
    if (c->flags & SLUICE_CALL_NO_CACHE)
        return SL_NEXT;
    read_controls(c);
    if (!c->cache_get && !c->cache_put)
        return SL_NEXT;
    sl_error_clear(&err);
    if (sl_worker_instance(c->worker, entry, &c->cache, &err) < 0) {
        sl_log(&c->worker->owner->log, SL_WARN, "no cache: %s", err.message);
        c->cache_put = false;
        return SL_NEXT;
    }
    make_digest(c);
    return c->cache_get ? ask(c) : SL_NEXT;
}

void sl_cache_put(struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    sluice_cache_key key;
    sluice_cache_entry entry = {
        .struct_size = sizeof entry,
        .format = SL_CACHED_FORMAT,
    };
    struct sl_cached parts = {
        .deployment = a->pick.deployment->settings->id,
        .content_type = a->in.content_type,
        .tape = a->tape,
        .framing = a->in.asked,
    };
    sluice_cache_op *op;

    if (!c->cache_put || !a->keeps || a->in.status != 200 || !a->tape ||
        !sl_tape_is_whole(a->tape) || sl_tape_length(a->tape) > ANSWER_MOST)
        return;
    entry.value = sl_cached_pack(c, &parts);
    if (!entry.value.ptr)
        return;
    entry.stored_ms = sl_unix_ms();
    entry.expires_ms = entry.stored_ms + c->cache_ttl_ms;
    key = key_of(c);
    /* Nobody waits for it: the plugin copies what it keeps. */
    (void)class_of(c->cache)->put(c->cache->self, &key, &entry, (uint64_t)c->cache_ttl_ms, NULL,
                                  NULL, &op);
}

void sl_cache_release(struct sl_call *c)
{
    if (c->hit.value.ptr && c->hit.release)
        c->hit.release(c->hit.owner);
    c->hit.value.ptr = NULL;
}
