/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c - administration: a verb runs on the control thread, its rows come back to the loop
 * that asked. One table says what each verb needs.
 */
#include <stdlib.h>
#include "api/instance.h"
#include "api/verbs.h"
#include "base/status.h"
#include "policy/principal.h"

struct control {
    struct sl_post post;       /* there, and back again */
    struct sl_queue_item item; /* or back through a queue */
    sluice_loop *loop;
    const struct sl_verb *verb;
    char *argument;
    struct sl_snapshot *snapshot; /* held */
    struct sl_rows rows;
    sluice_status status;
    sluice_error err;
    sluice_row_cb row;
    sluice_done_cb done;
    void *ctx;
};

static void tell(struct control *c)
{
    sluice_span rest = sl_buf_span(&c->rows.text);
    bool stop = false;

    while (c->status >= 0 && rest.len && !stop) {
        size_t end = sl_span_find_char(rest, '\0');

        stop = c->row(c->ctx, sl_span_head(rest, end)) != 0;
        rest = sl_span_from(rest, end + 1);
    }
    c->done(c->ctx, c->status, c->status < 0 ? &c->err : NULL);
    sl_buf_finish(&c->rows.text);
    free(c->argument);
    free(c);
}

static void tell_from_queue(struct sl_queue_item *i)
{
    tell(SL_CONTAINER(i, struct control, item));
}

static void back(struct sl_post *p, bool dropped)
{
    struct control *c = SL_CONTAINER(p, struct control, post);

    if (dropped && c->status >= 0)
        c->status = sl_fail(&c->err, SLUICE_E_SHUTDOWN, "this process is going away");
    if (c->loop->queue && !dropped) {
        c->item.run = tell_from_queue;
        sl_queue_push(c->loop->queue, &c->item);
        return;
    }
    tell(c);
}

static void run(struct sl_post *p, bool dropped)
{
    struct control *c = SL_CONTAINER(p, struct control, post);
    sluice_loop *loop = c->loop;

    if (dropped)
        c->status = sl_fail(&c->err, SLUICE_E_SHUTDOWN, "this process is going away");
    else
        c->status = c->verb->run(loop->s, c->snapshot, sl_span_str(c->argument), &c->rows, &c->err);
    if (c->status >= 0 && !sl_buf_ok(&c->rows.text))
        c->status = sl_fail(&c->err, SLUICE_E_NOMEM, "out of memory answering");
    sl_snapshot_drop(c->snapshot);
    c->snapshot = NULL;
    c->post.fn = back;
    sl_loop_post(loop->loop, &c->post);
    atomic_fetch_sub(&loop->controls, 1); /* last: from here on the loop may go */
}

sluice_status sluice_control(sluice_loop *loop, sluice_span key, sluice_span verb,
                             sluice_span argument, sluice_row_cb row, sluice_done_cb done,
                             void *ctx, sluice_error *err)
{
    const struct sl_verb *v = sl_verb_find(verb);
    struct sl_snapshot *snapshot;
    const struct sl_principal *who;
    struct control *c;
    sluice_status st = SLUICE_OK;

    if (!v)
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, "verb", "there is no verb %.*s",
                             SL_FMT(sl_span_head(verb, 60)));
    snapshot = sl_instance_snapshot(loop->s);
    if (v->needs_key)
        st = sl_principal_find(snapshot->settings, key, key.ptr == NULL, &who, err);
    if (st >= 0 && !v->run) {
        sl_snapshot_drop(snapshot);
        return sl_control_explain(loop, key, argument, row, done, ctx, err);
    }
    c = st < 0 ? NULL : calloc(1, sizeof *c);
    if (c)
        c->argument = strndup(argument.len ? argument.ptr : "{}", argument.len ? argument.len : 2);
    if (!c || !c->argument) {
        free(c);
        sl_snapshot_drop(snapshot);
        return st < 0 ? st : sl_fail(err, SLUICE_E_NOMEM, "out of memory asking");
    }
    c->post.fn = run;
    c->loop = loop;
    c->verb = v;
    c->snapshot = snapshot;
    c->err = (sluice_error)SLUICE_ERROR_INIT;
    sl_buf_init(&c->rows.text, 64u << 20);
    c->row = row;
    c->done = done;
    c->ctx = ctx;
    atomic_fetch_add(&loop->controls, 1);
    sl_loop_post(loop->s->control, &c->post);
    return SLUICE_OK;
}
