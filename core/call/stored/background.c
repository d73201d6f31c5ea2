/* SPDX-License-Identifier: Apache-2.0 */
/*
 * background.c - see background.h: the call that asks for a response which nobody waits for, and
 * the one that makes it.
 */
#include "call/stored/background_run.h"

#include "base/status.h"
#include "call/answer/head.h"
#include "call/answer/outlet.h"
#include "call/spawn.h"
#include "call/stored/stored.h"
#include "call/attempt/way.h"
#include "format/responses/responses.h"

/* ---- what the one that makes it hears ---- */

static void on_event(void *ctx, sluice_span object)
{
    sl_run_add(ctx, object);
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
            sl_run_add(run, object);
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
        sl_run_store(run, SL_OBJECTS_PUT, "", sl_buf_span(&kept), c->settings->objects.ttl_ms);
    sl_buf_finish(&frames);
    sl_buf_finish(&kept);
}

void sl_background_ended(struct sl_call *c)
{
    struct sl_run *run = c->run;
    struct sl_runs *all = c->worker->owner->runs;

    if (!run)
        return;
    if (c->status < 0)
        break_off(c);
    if (!run->cut && !run->forgotten)
        sl_run_store(run, SL_OBJECTS_PUT, SL_RUN_EVENTS, sl_buf_span(&run->text),
                     c->settings->objects.ttl_ms);
    sl_run_release_lease(run);
    c->run = NULL;
    pthread_mutex_lock(&all->lock);
    run->ended = true;
    sl_run_unlist(run);
    sl_run_tell(run);
    sl_run_release(run);
    pthread_mutex_unlock(&all->lock);
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
        sl_run_lease(c->worker->owner, sl_stored_owner(c), c->out.encoder.id);
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
    sl_run_renew(run);
    return SLUICE_OK;
}

static enum sl_verdict begin(struct sl_call *c)
{
    struct sl_run *run = sl_run_make(c, c->out.encoder.id);
    enum sl_verdict verdict;
    struct sl_buf queued;
    sluice_status st = run ? SLUICE_OK : SLUICE_E_NOMEM;

    sl_buf_init(&queued, SL_STORED_MOST);
    if (st >= 0 && !sl_run_enlist(run, c->settings->max_background)) {
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
        sl_run_unlist(run);
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
