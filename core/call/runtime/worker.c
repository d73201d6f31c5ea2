/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - see worker.h. */
#include "call/runtime/worker.h"

#include <stdlib.h>
#include <sluice/cache.h>
#include "base/status.h"
#include "call/attempt/attempt.h"
#include "call/call.h"
#include "call/choice/known.h"
#include "net/replay.h"

#define TEXT_CAP (64u << 20)
#define DETAIL_CAP 65536
#define AGE_MS 5000u /* what nobody needed for so long is freed */

static sluice_span key_of(struct sl_entry *const *entry)
{
    return sl_span((const char *)entry, sizeof *entry);
}

static sluice_status start_instance(struct sl_instance *i, sluice_error *err)
{
    const struct sl_plugin_class *cls = sl_entry_class(i->entry);

    if (strcmp(cls->kind, SLUICE_CACHE_ID) != 0)
        return SLUICE_OK;
    return ((const sluice_cache_class *)cls->table)->start(i->self, err);
}

static void drop_instance(struct sl_slot *s)
{
    const struct sl_plugin_class *cls = sl_entry_class(s->entry);

    if (strcmp(cls->kind, SLUICE_CACHE_ID) == 0)
        ((const sluice_cache_class *)cls->table)->stop(s->instance->self);
    sl_instance_destroy(s->instance);
    sl_entry_drop(s->entry);
    free(s);
}

static struct sl_slot **recent_of(struct sl_worker *w, const struct sl_entry *e)
{
    return &w->recent[(uintptr_t)e / 64 % SL_RECENT];
}

/* It is not there yet. */
static sluice_status make_instance(struct sl_worker *w, struct sl_entry *e, struct sl_slot **out,
                                   sluice_error *err)
{
    struct sl_slot *s = calloc(1, sizeof *s);
    sluice_status st;

    if (!s)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a plugin instance");
    st = sl_instance_create(e, w->loop, &w->net, &s->instance, err);
    if (st < 0) {
        free(s);
        return st;
    }
    s->entry = sl_entry_hold(e);
    st = start_instance(s->instance, err);
    if (st >= 0 && !sl_map_put(&w->instances, key_of(&s->entry), s))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory for a plugin instance");
    if (st < 0)
        drop_instance(s);
    else
        *out = s;
    return st;
}

sluice_status sl_worker_instance(struct sl_worker *w, struct sl_entry *e, struct sl_instance **out,
                                 sluice_error *err)
{
    struct sl_slot **recent = recent_of(w, e), *s = *recent;
    sluice_status st = SLUICE_OK;

    if (!s || s->entry != e) {
        s = sl_map_get(&w->instances, key_of(&e));
        if (!s)
            st = make_instance(w, e, &s, err);
        if (st < 0)
            return st;
        *recent = s;
    }
    *out = s->instance;
    return SLUICE_OK;
}

/* Drop the instances that no configuration held here uses any more; all of them when it holds none.
 */
static void sweep_instances(struct sl_worker *w)
{
    bool again = true;

    while (again) {
        size_t pos = 0;
        sluice_span key;
        void *value;

        again = false;
        while (!again && sl_map_next(&w->instances, &pos, &key, &value)) {
            struct sl_slot *s = value;
            bool used = false;

            sl_list_each(node, &w->holds) used =
                used ||
                sl_snapshot_uses(SL_CONTAINER(node, struct sl_hold, node)->snapshot, s->entry);
            if (!used) {
                (void)sl_map_remove(&w->instances, key);
                if (*recent_of(w, s->entry) == s)
                    *recent_of(w, s->entry) = NULL;
                drop_instance(s);
                again = true; /* a removal moves entries: start over */
            }
        }
    }
}

void sl_worker_release(struct sl_worker *w, struct sl_hold *h)
{
    if (h->calls > 0 || h == w->current)
        return;
    sl_list_remove(&h->node);
    sweep_instances(w);
    sl_known_finish(h);
    sl_rooms_finish(&h->rooms);
    sl_snapshot_drop(h->snapshot);
    free(h);
}

void sl_worker_use(struct sl_worker *w, struct sl_snapshot *s)
{
    struct sl_hold *old = w->current, *h = calloc(1, sizeof *h);

    if (!h) {
        sl_log(&w->owner->log, SL_ERROR, "out of memory: a loop stays on the old configuration");
        return;
    }
    h->worker = w;
    h->snapshot = sl_snapshot_hold(s);
    sl_rooms_init(&h->rooms, &s->groups);
    sl_known_init(h);
    sl_list_append(&w->holds, &h->node);
    w->current = h;
    if (old)
        sl_worker_release(w, old);
}

/* What one turn or one call at a time works in. */
static void init_scratch(struct sl_worker *w)
{
    sl_buf_init(&w->text, TEXT_CAP);
    sl_buf_init(&w->detail, DETAIL_CAP);
    sl_arena_init(&w->scratch, TEXT_CAP);
    sl_outlet_room_init(&w->room);
}

static void finish_scratch(struct sl_worker *w)
{
    sl_buf_finish(&w->text);
    sl_buf_finish(&w->detail);
    sl_arena_finish(&w->scratch);
    sl_outlet_room_finish(&w->room);
}

/* Calls and attempts that ended in this turn go back to their pools: nothing on the stack uses them
 * now. */
static void reap(struct sl_defer *d)
{
    struct sl_worker *w = SL_CONTAINER(d, struct sl_worker, reap);

    sl_call_reap(w);
    if (!sl_timer_is_set(&w->age))
        sl_timer_set(w->loop, &w->age, AGE_MS);
}

/* A loop that has nothing to do ends up with nothing kept, and is not woken for it again. */
static void on_age(struct sl_timer *t)
{
    struct sl_worker *w = SL_CONTAINER(t, struct sl_worker, age);

    sl_pool_age(&w->call_pool);
    sl_pool_age(&w->attempt_pool);
    sl_pool_age(&w->bodies);
    if (w->call_pool.n || w->attempt_pool.n || w->bodies.n) {
        sl_timer_set(w->loop, t, AGE_MS);
    } else if (sl_list_empty(&w->calls)) {
        finish_scratch(w);
        init_scratch(w);
        sl_record_slabs_drop(w->records);
        w->records = NULL;
    }
}

struct sl_look_memo *sl_worker_memo(struct sl_worker *w, uint32_t slot,
                                    const struct sl_operation *operation, enum sl_look_kind kind)
{
    struct sl_answer_memo **at = &w->memos[(slot * SL_LOOK_KINDS + kind) % SL_MEMOS], *m = *at;

    if (m && m->slot == slot && m->operation == operation && m->kind == kind)
        return &m->memo;
    if (m)
        sl_look_memo_finish(&m->memo);
    else
        m = *at = malloc(sizeof *m);
    if (!m)
        return NULL;
    m->slot = slot;
    m->operation = operation;
    m->kind = kind;
    sl_look_memo_init(&m->memo);
    return &m->memo;
}

static void forget_memos(struct sl_worker *w)
{
    for (size_t i = 0; i < SL_MEMOS; i++) {
        if (w->memos[i])
            sl_look_memo_finish(&w->memos[i]->memo);
        free(w->memos[i]);
    }
}

sluice_status sl_worker_init(struct sl_worker *w, struct sl_owner *owner, struct sl_loop *loop,
                             struct sl_snapshot *snapshot, sluice_error *err)
{
    sluice_status st;

    *w = (struct sl_worker){ .owner = owner, .loop = loop };
    sl_list_init(&w->holds);
    sl_list_init(&w->calls);
    sl_list_init(&w->lingering);
    sl_list_init(&w->ended);
    sl_map_init(&w->instances);
    sl_defer_init(&w->reap, reap);
    sl_call_pool_init(&w->call_pool);
    sl_attempt_pool_init(&w->attempt_pool);
    sl_body_pool_init(&w->bodies);
    sl_timer_init(&w->age, on_age);
    init_scratch(w);
    w->free_task = UINT32_MAX;
    if (!sl_digest_init(&w->digest))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a loop");
    st = sl_net_init(&w->net, loop, owner->jobs, err);
    if (st < 0) {
        sl_digest_finish(&w->digest);
        return st;
    }
    st = sl_replay_create(loop, &w->replay, err);
    if (st < 0) {
        sl_net_finish(&w->net);
        sl_digest_finish(&w->digest);
        return st;
    }
    sl_fetcher_init(&w->fetcher, loop, &w->net, w->replay, owner->jobs);
    sl_worker_use(w, snapshot);
    if (!w->current) {
        sl_worker_finish(w);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a loop");
    }
    return SLUICE_OK;
}

void sl_worker_finish(struct sl_worker *w)
{
    struct sl_hold *last = w->current;

    w->closing = true;
    while (!sl_list_empty(&w->calls))
        sl_call_cancel(SL_CONTAINER(w->calls.next, struct sl_call, node), SLUICE_E_SHUTDOWN);
    while (!sl_list_empty(&w->lingering))
        sl_call_delivered(SL_CONTAINER(w->lingering.next, struct sl_call, node), false);
    sl_fetcher_finish(&w->fetcher);
    sl_defer_cancel(&w->reap);
    sl_call_reap(w);
    sl_timer_cancel(&w->age);
    sl_pool_finish(&w->call_pool);
    sl_pool_finish(&w->attempt_pool);
    sl_pool_finish(&w->bodies);
    w->current = NULL;
    if (last)
        sl_worker_release(w, last);
    sweep_instances(w);
    sl_map_finish(&w->instances);
    w->replay->cls->destroy(w->replay);
    sl_net_finish(&w->net);
    finish_scratch(w);
    sl_record_slabs_drop(w->records);
    forget_memos(w);
    sl_digest_finish(&w->digest);
    free(w->tasks);
}

uint64_t sl_worker_task(struct sl_worker *w, struct sl_call *call)
{
    uint32_t i = w->free_task;

    if (i == UINT32_MAX) {
        uint32_t n = w->n_tasks ? w->n_tasks * 2 : 64;
        struct sl_task_slot *tasks = realloc(w->tasks, n * sizeof *tasks);

        if (!tasks)
            return 0;
        w->tasks = tasks;
        for (uint32_t k = n; k-- > w->n_tasks;) {
            tasks[k] = (struct sl_task_slot){ .generation = 1, .next_free = w->free_task };
            w->free_task = k;
        }
        w->n_tasks = n;
        i = w->free_task;
    }
    w->free_task = w->tasks[i].next_free;
    w->tasks[i].call = call;
    return (uint64_t)w->tasks[i].generation << 32 | i;
}

struct sl_call *sl_worker_find(const struct sl_worker *w, uint64_t task)
{
    uint32_t i = (uint32_t)task;

    if (i >= w->n_tasks || w->tasks[i].generation != task >> 32)
        return NULL;
    return w->tasks[i].call;
}

void sl_worker_end_task(struct sl_worker *w, uint64_t task)
{
    uint32_t i = (uint32_t)task;

    if (!sl_worker_find(w, task))
        return;
    w->tasks[i].call = NULL;
    /* A task is never 0, and its top bit is not ours: it marks those of spawned loops. */
    if (++w->tasks[i].generation > INT32_MAX)
        w->tasks[i].generation = 1;
    w->tasks[i].next_free = w->free_task;
    w->free_task = i;
}
