/* SPDX-License-Identifier: Apache-2.0 */
/*
 * background.c - see background.h: how a response comes to be made while nobody waits, what is
 * known of it meanwhile, and its end. One lock guards all runs; it is held for moments.
 */
#include "call/stored/background_run.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/status.h"
#include "call/answer/head.h"
#include "call/answer/outlet.h"
#include "call/spawn.h"
#include "call/stored/stored.h"
#include "call/attempt/way.h"
#include "format/responses.h"

#define EVENTS_MOST (16u << 20) /* bytes of events that are kept of one */
#define LEASE_MS 30000
#define RENEW_MS 10000

static void renew(struct sl_timer *t);

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

/* key: owner, a zero, id. Not listed yet. */
static struct sl_run *make(struct sl_call *c, sluice_span id)
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
    sl_timer_init(&run->lease, renew);
    return run;
}

/* false: as many run as may, or no memory. */
static bool enlist(struct sl_run *run, int64_t most)
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

/* With the lock held. */
static void unlist(struct sl_run *run)
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
    struct sl_run *run, *key = make(c, id);

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

/* ---- the store ---- */

/* Nobody waits for it. */
static void tell(struct sl_owner *owner, sluice_span whose, sluice_span of,
                 enum sl_objects_kind kind, const char *suffix, sluice_span text, int64_t ttl_ms)
{
    struct sl_objects *o = owner->objects;
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_objects_ask ask = {
        .kind = kind, .owner = whose, .text = text, .ttl_ms = ttl_ms, .now_ms = sl_unix_ms()
    };
    struct sl_buf id;
    sluice_status st;

    sl_buf_init(&id, 1024);
    sl_buf_add(&id, of);
    sl_buf_add_str(&id, suffix);
    ask.id = sl_buf_span(&id);
    st = sl_buf_ok(&id) ? o->cls->ask(o, &ask, NULL, NULL, NULL, &err) : SLUICE_E_NOMEM;
    if (st < 0 && kind == SL_OBJECTS_PUT)
        sl_log(&owner->log, SL_WARN, "a response is not kept: %s", err.message);
    sl_buf_finish(&id);
}

static void tell_store(struct sl_run *run, enum sl_objects_kind kind, const char *suffix,
                       sluice_span text, int64_t ttl_ms)
{
    tell(run->owner, run->whose, run->id, kind, suffix, text, ttl_ms);
}

static void renew(struct sl_timer *t)
{
    struct sl_run *run = SL_CONTAINER(t, struct sl_run, lease);

    tell_store(run, SL_OBJECTS_PUT, SL_RUN_LEASE, SL_SPAN(""), LEASE_MS);
    sl_timer_set(run->worker->loop, t, RENEW_MS);
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

/* One event more, an object. What finds no room is lost to readers; the response goes on. */
static void add_event(struct sl_run *run, sluice_span object)
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

static void on_event(void *ctx, sluice_span object)
{
    add_event(ctx, object);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    (void)ctx; /* sl_background_ended() was there before */
    (void)status;
    (void)err;
    (void)usage;
}

static const sluice_events run_events = { .struct_size = sizeof run_events,
                                          .json = on_event,
                                          .done = on_done };

/* ---- its end ---- */

static void name_encoder(struct sl_call *c)
{
    struct sl_encoder *e = &c->out.encoder;

    if (!c->out.committed) /* what it began nobody has seen */
        sl_outlet_reset(c);
    e->id = sl_head_answer_id(c);
    if (!e->model.ptr)
        e->model = c->model.ptr ? c->model : SL_SPAN("");
    if (!e->echo.ptr)
        e->echo = c->echo;
}

/* It did not end well: the last event, and the response as it is kept. */
static void break_off(struct sl_call *c)
{
    struct sl_run *run = c->run;
    enum sl_responses_state state = run->stopping ? SL_RESPONSE_CANCELLED : SL_RESPONSE_FAILED;
    struct sl_buf frames, kept;
    sluice_span text, object;

    sl_buf_init(&frames, SL_STORED_MOST);
    sl_buf_init(&kept, SL_STORED_MOST);
    name_encoder(c);
    if (sl_responses_break(&c->out.encoder, &frames, state, c->status, &c->error) >= 0) {
        text = sl_buf_span(&frames);
        while (sl_frame_next(SL_FRAMING_EVENTS, &text, &object)) {
            add_event(run, object);
            if (text.len)
                continue;
            object = sl_json_member(object, SL_SPAN("response"));
            pthread_mutex_lock(&run->all->lock);
            sl_buf_reset(&run->response);
            sl_buf_add(&run->response, object);
            pthread_mutex_unlock(&run->all->lock);
            sl_stored_write(c, &kept, object);
        }
    } else { /* readers must not take it for whole */
        pthread_mutex_lock(&run->all->lock);
        run->cut = true;
        pthread_mutex_unlock(&run->all->lock);
    }
    if (kept.len && sl_buf_ok(&kept) && !run->forgotten)
        tell_store(run, SL_OBJECTS_PUT, "", sl_buf_span(&kept), c->settings->objects.ttl_ms);
    sl_buf_finish(&frames);
    sl_buf_finish(&kept);
}

void sl_background_ended(struct sl_call *c)
{
    struct sl_run *run = c->run;
    struct sl_runs *all = c->worker->owner->runs;

    if (!run)
        return;
    sl_timer_cancel(&run->lease);
    if (c->status < 0)
        break_off(c);
    if (!run->cut && !run->forgotten)
        tell_store(run, SL_OBJECTS_PUT, SL_RUN_EVENTS, sl_buf_span(&run->text),
                   c->settings->objects.ttl_ms);
    tell_store(run, SL_OBJECTS_REMOVE, SL_RUN_LEASE, SL_SPAN(""), 0);
    c->run = NULL;
    pthread_mutex_lock(&all->lock);
    run->ended = true;
    unlist(run);
    sl_run_tell(run);
    sl_run_release(run);
    pthread_mutex_unlock(&all->lock);
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

static void stop(struct sl_run *run, bool forget)
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

void sl_run_forget(struct sl_run *run)
{
    stop(run, true);
}

enum sl_verdict sl_run_cancel(struct sl_call *c, struct sl_run *run)
{
    stop(run, false);
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

/* ---- its beginning ---- */

/* Every deployment that may be asked does it itself. */
static bool is_native(struct sl_call *c)
{
    for (size_t i = 0; i < c->group->n; i++)
        if (!sl_way_takes(c->worker, c->group->deployments[i], "responses.cancel"))
            return false;
    return c->group->n > 0;
}

static bool is_wanted(struct sl_call *c)
{
    return c->operation->issues && c->group && !c->run &&
           sl_json_is_true(sl_call_member(c, SL_SPAN("background"))) &&
           (c->history || !is_native(c));
}

/* May what a deployment has no word for be left out? */
static bool drops(const struct sl_call *c)
{
    bool drop = c->settings->drop_params;

    for (size_t i = 0; i < c->group->n; i++)
        drop = drop || c->group->deployments[i]->settings->drop_params;
    return drop;
}

/* What a response says again of the request; and is it one at all? */
static sluice_status read_request(struct sl_call *c)
{
    struct sluice_arena arena;
    struct sl_json *root;
    struct sl_json_error why;
    struct sl_buf text;
    struct sl_translation t = { .params = c->params,
                                .n_params = c->n_params,
                                .history = sl_stored_history(c),
                                .model = c->model,
                                .background = true,
                                .extended = true,
                                .drop = drops(c),
                                .arena = &arena,
                                .keep = &c->arena,
                                .err = &c->error,
                                .out = { &text, false } };
    sluice_status st;

    sl_arena_init(&arena, SL_STORED_MOST);
    sl_buf_init(&text, SL_STORED_MOST);
    st = sl_json_parse(sl_body_span(c->body), &arena, &root, &why);
    t.root = root;
    if (st >= 0)
        st = c->operation->request(&t);
    c->echo = t.echo;
    sl_buf_finish(&text);
    sl_arena_finish(&arena);
    return st;
}

static sluice_status write_response(struct sl_call *c, struct sl_buf *b,
                                    enum sl_responses_state state)
{
    struct sl_encoder *e = &c->out.encoder;
    struct sl_json_out o = sl_json_out(b);

    e->id = sl_head_answer_id(c);
    e->model = c->model;
    e->echo = c->echo;
    if (!sl_blocks(e))
        return SLUICE_E_NOMEM;
    sl_responses_write(e, &o, state, NULL, SLUICE_OK, NULL);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* Before anybody is told of it: true when the store has answered. */
static bool keep(struct sl_call *c)
{
    struct sl_buf response, kept;
    bool answered = true;

    sl_buf_init(&response, SL_STORED_MOST);
    sl_buf_init(&kept, SL_STORED_MOST);
    c->stored.status = sl_stored_note(c, false);
    if (c->stored.status >= 0)
        c->stored.status = write_response(c, &response, SL_RESPONSE_QUEUED);
    if (c->stored.status >= 0)
        sl_stored_write(c, &kept, sl_buf_span(&response));
    if (!sl_buf_ok(&kept))
        c->stored.status = sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory for a response");
    if (c->stored.status >= 0) {
        /* First: nobody may find it without. */
        tell(c->worker->owner, sl_stored_owner(c), c->out.encoder.id, SL_OBJECTS_PUT, SL_RUN_LEASE,
             SL_SPAN(""), LEASE_MS);
        answered =
            sl_stored_ask(c, SL_STORED_KEEP, SL_OBJECTS_PUT, c->out.encoder.id, sl_buf_span(&kept));
    }
    sl_buf_finish(&response);
    sl_buf_finish(&kept);
    return answered;
}

/* The call that makes it. It has no parent in the books; its own record says what it cost. */
static sluice_status take_off(struct sl_call *c, struct sl_run *run)
{
    const struct sl_spawn spec = { .flags = SLUICE_CALL_DETACHED,
                                   .shared = c->body,
                                   .whole = true,
                                   .purpose = SL_SPAN("background"),
                                   .events = &run_events,
                                   .ctx = run };
    struct sl_call *made;
    sluice_status st = sl_call_spawn(c, &spec, &run->task, &c->error);

    if (st < 0)
        return st;
    made = sl_worker_find(c->worker, run->task);
    made->input = sl_arena_dup(&made->arena, c->input);
    made->echo = sl_arena_dup(&made->arena, c->echo);
    made->out.encoder.created = c->out.encoder.created;
    made->run = run;
    if (!made->input.ptr || !made->echo.ptr) {
        sl_call_cancel(made, SLUICE_E_NOMEM);
        return sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory for a response");
    }
    sl_timer_set(c->worker->loop, &run->lease, RENEW_MS);
    return SLUICE_OK;
}

static enum sl_verdict begin(struct sl_call *c)
{
    struct sl_run *run = make(c, c->out.encoder.id);
    enum sl_verdict verdict;
    struct sl_buf queued;
    sluice_status st = run ? SLUICE_OK : SLUICE_E_NOMEM;

    sl_buf_init(&queued, SL_STORED_MOST);
    if (st >= 0 && !enlist(run, c->settings->max_background)) {
        st = sl_fail_param(&c->error, SLUICE_E_LIMITED, "too_many_background_responses",
                           "background",
                           "as many responses are made in the background as "
                           "general_settings.max_background_responses allows");
        c->error.retry_after_ms = 1000;
    }
    if (st >= 0)
        st = write_response(c, &run->response, SL_RESPONSE_OPEN);
    if (st >= 0)
        st = write_response(c, &queued, SL_RESPONSE_QUEUED);
    if (st >= 0) {
        pthread_mutex_lock(&run->all->lock);
        run->refs++; /* the call that makes it */
        pthread_mutex_unlock(&run->all->lock);
        st = take_off(c, run);
        if (st < 0 && !run->task)
            sl_run_drop(run);
    }
    if (st < 0 && run) {
        pthread_mutex_lock(&run->all->lock);
        unlist(run);
        pthread_mutex_unlock(&run->all->lock);
    }
    if (st < 0)
        verdict = sl_call_refuse(c, st);
    else if (c->stream)
        verdict = sl_listen(c, run, -1);
    else {
        sl_outlet_text(c, sl_buf_span(&queued));
        verdict = sl_call_refuse(c, SLUICE_OK);
    }
    sl_buf_finish(&queued);
    sl_run_drop(run);
    return verdict;
}

static enum sl_verdict refuse_unkept(struct sl_call *c)
{
    return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "store",
                                           "Background responses are fetched later: store must "
                                           "not be false."));
}

enum sl_verdict sl_background_enter(struct sl_call *c)
{
    sluice_status st;

    if (c->listener)
        return SL_WAIT;
    if (!is_wanted(c))
        return SL_NEXT;
    if (!sl_stored_asked(c, SL_STORED_KEEP)) {
        if (sl_json_type(sl_call_member(c, SL_SPAN("store"))) == SL_JSON_FALSE)
            return refuse_unkept(c);
        st = read_request(c);
        if (st < 0)
            return sl_call_refuse(c, st);
        if (!keep(c))
            return SL_WAIT;
    }
    return c->stored.status < 0 ? sl_call_refuse(c, c->stored.status) : begin(c);
}
