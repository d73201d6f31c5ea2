/* SPDX-License-Identifier: Apache-2.0 */
/*
 * background_read.c - calls that read the events of a response, or wait for its end. They are told
 * by posts to their loops. Whoever posts does so under the lock, and whoever leaves a loop leaves
 * its run first: so the loop is there.
 */
#include "call/stored/background_run.h"

#include <stdlib.h>
#include "base/status.h"
#include "call/answer/outlet.h"
#include "call/stored/stored.h"

#define LISTEN_MS (UINT64_C(24) * 3600 * 1000) /* nothing comes of it for so long */
#define AT_ONCE (64u << 10)                    /* bytes of events that are written in one piece */

static void on_more(struct sl_post *post, bool dropped);

/* With the lock held, where there is a run. */
static void kick(struct sl_listener *l)
{
    if (l->posted)
        return;
    l->posted = true;
    l->post.fn = on_more;
    sl_loop_post(l->call->worker->loop, &l->post);
}

void sl_run_tell(struct sl_run *run)
{
    sl_list_each(node, &run->listeners) kick(SL_CONTAINER(node, struct sl_listener, node));
}

void sl_listener_leave(struct sl_call *c)
{
    struct sl_listener *l = c->listener;
    struct sl_run *run;

    if (!l)
        return;
    c->listener = NULL;
    run = l->run;
    if (run) {
        pthread_mutex_lock(&run->all->lock);
        sl_list_remove(&l->node);
        pthread_mutex_unlock(&run->all->lock);
        sl_run_drop(run);
    }
    if (l->posted)
        l->left = true;
    else
        free(l);
}

static void no_end(struct sl_call *c)
{
    sl_fail(&c->error, SLUICE_E_TIMEOUT, "nothing has come of the response for a day");
    sl_call_finish(c, SLUICE_E_TIMEOUT);
}

static const struct sl_wait_class listening = { .cancel = sl_listener_leave, .expired = no_end };

enum sl_verdict sl_listener_join(struct sl_call *c, struct sl_run *run, size_t next, bool ends_only)
{
    struct sl_listener *l = sl_fault_hit() ? NULL : calloc(1, sizeof *l);

    if (!l)
        return sl_call_refuse(c, sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory to follow it"));
    l->call = c;
    l->next = next;
    l->ends_only = ends_only;
    sl_list_init(&l->node);
    c->listener = l;
    c->stream = !ends_only;
    if (run) {
        pthread_mutex_lock(&run->all->lock);
        run->refs++;
        l->run = run;
        sl_list_append(&run->listeners, &l->node);
        kick(l);
        pthread_mutex_unlock(&run->all->lock);
    } else {
        kick(l);
    }
    sl_call_wait(c, &listening, LISTEN_MS);
    return SL_WAIT;
}

/* ---- what comes next ---- */

/* Whole events of a run, copied: others add to it meanwhile. false: there are none yet, or none
 * any more (then *over). */
static bool next_of_run(struct sl_listener *l, struct sl_buf *b, bool *over, bool *lost)
{
    struct sl_run *run = l->run;
    size_t from, to, n;

    sl_buf_reset(b);
    pthread_mutex_lock(&run->all->lock);
    if (l->next < run->n_events) {
        from = l->next ? run->ends[l->next - 1] : 0;
        for (n = l->next + 1; n < run->n_events && run->ends[n] - from <= AT_ONCE; n++)
            ;
        to = run->ends[n - 1];
        sl_buf_add(b, sl_span(run->text.ptr + from, to - from));
        l->next = n;
    }
    *over = run->ended && l->next >= run->n_events;
    *lost = run->cut && l->next >= run->n_events;
    pthread_mutex_unlock(&run->all->lock);
    return b->len > 0;
}

/* Frames up to about that many bytes, at least one. */
static sluice_span some_frames(sluice_span text)
{
    size_t at = 0;

    while (at < text.len && at < AT_ONCE) {
        at += sl_span_find(sl_span_from(text, at), SL_SPAN("\n\n")) + 2;
        if (at > text.len)
            at = text.len;
    }
    return sl_span_head(text, at);
}

static void finish_lost(struct sl_call *c)
{
    sl_fail_param(&c->error, SLUICE_E_LIMITED, "events_not_kept", NULL,
                  "there are more events of this response than are kept; its end can be fetched");
    sl_call_finish(c, SLUICE_E_LIMITED);
}

/* Nothing at all may have been left to read. */
static void finish_read(struct sl_call *c)
{
    sl_outlet_frames(c, sl_span(NULL, 0));
    sl_call_finish(c, SLUICE_OK);
}

static void read_run(struct sl_call *c)
{
    struct sl_listener *l = c->listener;
    bool over = false, lost = false, some = true;
    struct sl_buf b;

    sl_buf_init(&b, SL_STORED_MOST);
    while (some && !c->finished && !c->paused) {
        some = next_of_run(l, &b, &over, &lost);
        if (some && !sl_buf_ok(&b))
            sl_call_finish(c, SLUICE_E_NOMEM);
        else if (some)
            sl_outlet_frames(c, sl_buf_span(&b));
    }
    sl_buf_finish(&b);
    if (some || c->finished)
        return;
    if (lost)
        finish_lost(c);
    else if (over)
        finish_read(c);
}

static void read_kept(struct sl_call *c)
{
    struct sl_listener *l = c->listener;
    sluice_span text = c->stored.found->text, piece;

    while (l->next < text.len && !c->finished && !c->paused) {
        piece = some_frames(sl_span_from(text, l->next));
        l->next += piece.len;
        sl_outlet_frames(c, piece);
    }
    if (!c->finished && !c->paused)
        finish_read(c);
}

static void await_end(struct sl_call *c)
{
    struct sl_run *run = c->listener->run;
    struct sl_buf b;
    bool ended;

    sl_buf_init(&b, SL_STORED_MOST);
    pthread_mutex_lock(&run->all->lock);
    ended = run->ended;
    if (ended)
        sl_buf_add(&b, sl_buf_span(&run->response));
    pthread_mutex_unlock(&run->all->lock);
    if (ended && sl_buf_ok(&b))
        sl_outlet_text(c, sl_buf_span(&b));
    if (ended)
        sl_call_finish(c, sl_buf_ok(&b) ? SLUICE_OK : SLUICE_E_NOMEM);
    sl_buf_finish(&b);
}

static void on_more(struct sl_post *post, bool dropped)
{
    struct sl_listener *l = SL_CONTAINER(post, struct sl_listener, post);
    struct sl_call *c = l->call;
    struct sl_run *run = l->run;

    if (l->left) {
        free(l);
        return;
    }
    if (run)
        pthread_mutex_lock(&run->all->lock);
    l->posted = false;
    if (run)
        pthread_mutex_unlock(&run->all->lock);
    if (dropped)
        return;
    if (l->ends_only)
        await_end(c);
    else if (run)
        read_run(c);
    else
        read_kept(c);
}

void sl_listener_more(struct sl_call *c)
{
    struct sl_run *run = c->listener->run;

    if (run)
        pthread_mutex_lock(&run->all->lock);
    kick(c->listener);
    if (run)
        pthread_mutex_unlock(&run->all->lock);
}

enum sl_verdict sl_listen(struct sl_call *c, struct sl_run *run, int64_t after)
{
    return sl_listener_join(c, run, (size_t)(after + 1), false);
}

enum sl_verdict sl_listen_kept(struct sl_call *c, int64_t after)
{
    sluice_span text = c->stored.found->text;
    size_t at = 0;

    for (int64_t i = 0; i <= after && at < text.len; i++)
        at += sl_span_find(sl_span_from(text, at), SL_SPAN("\n\n")) + 2;
    return sl_listener_join(c, NULL, at < text.len ? at : text.len, false);
}
