/* SPDX-License-Identifier: Apache-2.0 */
/*
 * background_run.c - what is known of responses while they are made: all of them by id, the events
 * of each, and how it is stopped. One lock guards all runs; it is held for moments.
 */
#include "call/stored/background_run.h"

#include <stdlib.h>
#include "base/status.h"
#include "call/answer/outlet.h"
#include "call/stored/stored.h"

#define EVENTS_MOST (16u << 20) /* bytes of events that are kept of one */

/* ---- all of them ---- */

struct sl_runs *sl_runs_create(void)
{
    struct sl_runs *all = calloc(1, sizeof *all);

    if (!all)
        return NULL;
    pthread_mutex_init(&all->lock, NULL);
    sl_map_init(&all->by_key);
    return all;
}

void sl_runs_destroy(struct sl_runs *all)
{
    if (!all)
        return;
    sl_map_finish(&all->by_key);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

void sl_run_release(struct sl_run *run)
{
    if (--run->refs)
        return;
    atomic_fetch_sub_explicit(&run->owner->body_bytes, (int64_t)run->text.len,
                              memory_order_relaxed);
    sl_buf_finish(&run->text);
    sl_buf_finish(&run->response);
    free(run->ends);
    free(run);
}

void sl_run_drop(struct sl_run *run)
{
    struct sl_runs *all = run ? run->all : NULL;

    if (!run)
        return;
    pthread_mutex_lock(&all->lock);
    sl_run_release(run);
    pthread_mutex_unlock(&all->lock);
}

static sluice_span append(char **at, sluice_span text)
{
    sluice_span copy = sl_span(*at, text.len);

    if (text.len)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

struct sl_run *sl_run_make(struct sl_call *c, sluice_span id)
{
    sluice_span whose = sl_stored_owner(c);
    size_t size = sizeof(struct sl_run) + whose.len + 1 + id.len;
    struct sl_run *run = sl_fault_hit() ? NULL : calloc(1, size);
    char *at = run ? (char *)(run + 1) : NULL;

    if (!run)
        return NULL;
    run->all = c->worker->owner->runs;
    run->owner = c->worker->owner;
    run->worker = c->worker;
    run->refs = 1;
    run->key = sl_span(at, whose.len + 1 + id.len);
    run->whose = append(&at, whose);
    *at++ = 0;
    run->id = append(&at, id);
    sl_buf_init(&run->text, EVENTS_MOST);
    sl_buf_init(&run->response, SL_STORED_MOST);
    sl_list_init(&run->listeners);
    sl_timer_init(&run->lease, sl_run_turn);
    return run;
}

bool sl_run_enlist(struct sl_run *run, int64_t most)
{
    struct sl_runs *all = run->all;

    pthread_mutex_lock(&all->lock);
    run->listed =
        (most < 0 || (int64_t)all->by_key.n < most) && sl_map_put(&all->by_key, run->key, run);
    if (run->listed)
        run->refs++;
    pthread_mutex_unlock(&all->lock);
    return run->listed;
}

void sl_run_unlist(struct sl_run *run)
{
    if (!run->listed)
        return;
    run->listed = false;
    (void)sl_map_remove(&run->all->by_key, run->key);
    sl_run_release(run);
}

struct sl_run *sl_run_find(struct sl_call *c, sluice_span id)
{
    struct sl_runs *all = c->worker->owner->runs;
    struct sl_run *run, *key = sl_run_make(c, id);

    if (!key)
        return NULL;
    pthread_mutex_lock(&all->lock);
    run = sl_map_get(&all->by_key, key->key);
    if (run)
        run->refs++;
    sl_run_release(key);
    pthread_mutex_unlock(&all->lock);
    return run;
}

sluice_span sl_run_id(const struct sl_run *run)
{
    return run->id;
}

/* ---- its events ---- */

static bool note_end(struct sl_run *run)
{
    size_t cap = run->cap_events ? run->cap_events * 2 : 64;
    size_t *ends;

    if (run->n_events == run->cap_events) {
        ends = sl_fault_hit() ? NULL : realloc(run->ends, cap * sizeof *ends);
        if (!ends)
            return false;
        run->ends = ends;
        run->cap_events = cap;
    }
    run->ends[run->n_events++] = run->text.len;
    return true;
}

void sl_run_add(struct sl_run *run, sluice_span object)
{
    sluice_span type = SL_SPAN("");
    size_t before = run->text.len;

    (void)sl_json_raw_string(sl_json_member(object, SL_SPAN("type")), &type);
    pthread_mutex_lock(&run->all->lock);
    if (!run->cut) {
        sl_frame_open(&run->text, SL_FRAMING_EVENTS, type);
        sl_buf_add(&run->text, object);
        sl_buf_add(&run->text, sl_frame_close(SL_FRAMING_EVENTS));
        run->cut = !sl_buf_ok(&run->text) || !note_end(run);
        if (run->cut)
            run->text.len = before;
        atomic_fetch_add_explicit(&run->owner->body_bytes, (int64_t)(run->text.len - before),
                                  memory_order_relaxed);
    }
    if (sl_span_eq(type, SL_SPAN("response.completed")) ||
        sl_span_eq(type, SL_SPAN("response.incomplete"))) {
        sl_buf_reset(&run->response);
        sl_buf_add(&run->response, sl_json_member(object, SL_SPAN("response")));
    }
    sl_run_tell(run);
    pthread_mutex_unlock(&run->all->lock);
}

/* ---- stopping it ---- */

static void on_stop(struct sl_post *post, bool dropped)
{
    struct sl_run *run = SL_CONTAINER(post, struct sl_run, stop);
    struct sl_call *c = dropped ? NULL : sl_worker_find(run->worker, run->task);

    if (c)
        sl_call_cancel(c, SLUICE_E_CANCELLED);
    sl_run_drop(run);
}

void sl_run_stop(struct sl_run *run, bool forget)
{
    pthread_mutex_lock(&run->all->lock);
    run->forgotten = run->forgotten || forget;
    if (!run->ended && !run->stopping) {
        run->stopping = true;
        run->refs++;
        run->stop.fn = on_stop;
        sl_loop_post(run->worker->loop, &run->stop);
    }
    pthread_mutex_unlock(&run->all->lock);
}

enum sl_verdict sl_run_cancel(struct sl_call *c, struct sl_run *run)
{
    sl_run_stop(run, false);
    return sl_listener_join(c, run, 0, true);
}

enum sl_verdict sl_run_answer(struct sl_call *c, struct sl_run *run)
{
    struct sl_buf b;

    sl_buf_init(&b, SL_STORED_MOST);
    pthread_mutex_lock(&run->all->lock);
    sl_buf_add(&b, sl_buf_span(&run->response));
    pthread_mutex_unlock(&run->all->lock);
    if (sl_buf_ok(&b))
        sl_outlet_text(c, sl_buf_span(&b));
    c->status = sl_buf_ok(&b) ? SLUICE_OK : SLUICE_E_NOMEM;
    sl_buf_finish(&b);
    return SL_END;
}
