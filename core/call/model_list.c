/* SPDX-License-Identifier: Apache-2.0 */
/* model_list.c - see model_list.h. */
#include "call/model_list.h"

#include "base/status.h"
#include "call/attempt/attempt.h"
#include "call/spawn.h"

#define NAMES_MOST 8
#define ANSWER_CAP ((size_t)64 << 20) /* of all of them together */

struct item {
    struct sl_model_list *list;
    sluice_span name;
    struct sl_buf json;
    sluice_status status;
    sluice_error error;
    bool done;
};

struct sl_model_list {
    struct sl_call *call;
    struct item items[NAMES_MOST];
    size_t n, left;
    struct item *winner; /* fastest_response; NULL = none yet */
    bool fastest;
};

bool sl_model_list_is(const struct sl_call *c)
{
    return c->model_list || (strcmp(c->operation->name, "chat.completions") == 0 &&
                             sl_span_find_char(c->model, ',') < c->model.len);
}

/* ---- one of them ---- */

static void on_json(void *ctx, sluice_span object)
{
    struct item *i = ctx;

    sl_buf_add(&i->json, object);
}

/* The child is still ending: the call goes on in a turn of its own. */
static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct item *i = ctx;
    struct sl_model_list *list = i->list;

    (void)usage;
    i->done = true;
    i->status = status;
    if (status < 0 && err)
        i->error = *err;
    list->left--;
    if (status >= 0 && list->fastest && !list->winner)
        list->winner = i;
    if (!list->call->finished && (list->left == 0 || list->winner))
        sl_defer_set(list->call->worker->loop, &list->call->begin);
}

static const sluice_events events = { .struct_size = sizeof events,
                                      .json = on_json,
                                      .done = on_done };

static void free_answers(void *ctx)
{
    struct sl_model_list *list = ctx;

    for (size_t i = 0; i < list->n; i++)
        sl_buf_finish(&list->items[i].json);
}

/* ---- all of them ---- */

static sluice_status read_names(struct sl_call *c, struct sl_model_list *list)
{
    sluice_span rest = c->model;

    while (rest.len) {
        size_t comma = sl_span_find_char(rest, ',');
        sluice_span name = sl_span_trim(sl_span_head(rest, comma));

        rest = sl_span_from(rest, comma + 1);
        if (!name.len)
            continue;
        if (list->n == NAMES_MOST)
            return sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "model",
                                 "model names more than %d models", NAMES_MOST);
        list->items[list->n] = (struct item){ .list = list, .name = name };
        list->items[list->n].error = (sluice_error)SLUICE_ERROR_INIT;
        sl_buf_init(&list->items[list->n++].json, ANSWER_CAP / NAMES_MOST);
    }
    return list->n ? SLUICE_OK
                   : sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "model",
                                   "you must provide a model parameter");
}

static sluice_status begin(struct sl_call *c)
{
    struct sl_model_list *list = sl_alloc0(&c->arena, sizeof *list);
    sluice_status st;

    if (!list || !sl_arena_cleanup(&c->arena, free_answers, list))
        return sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory for several models");
    list->call = c;
    list->fastest = sl_json_is_true(sl_call_member(c, SL_SPAN("fastest_response")));
    st = read_names(c, list);
    for (size_t i = 0; i < list->n && st >= 0; i++) {
        const struct sl_spawn spec = { .model = list->items[i].name,
                                       .shared = c->body,
                                       .purpose = SL_SPAN("model_list"),
                                       .events = &events,
                                       .ctx = &list->items[i] };

        st = sl_call_spawn(c, &spec, NULL, &c->error);
        list->left += st >= 0;
    }
    c->model_list = list; /* those that have begun end with the call */
    return st;
}

static void write_item(struct sl_call *c, const struct item *i, struct sl_buf *b)
{
    if (i->status >= 0)
        sl_buf_add(b, sl_buf_span(&i->json));
    else
        c->dialect->error_body(b, i->status, &i->error);
}

static sluice_status answer(struct sl_call *c)
{
    const struct sl_model_list *list = c->model_list;
    sluice_status st = SLUICE_OK;
    struct sl_buf b;

    sl_buf_init(&b, 2 * ANSWER_CAP);
    if (list->winner) {
        write_item(c, list->winner, &b);
    } else if (list->fastest) { /* none was good: the first one's failure is the call's */
        c->error = list->items[0].error;
        st = list->items[0].status;
    } else {
        sl_buf_add_char(&b, '[');
        for (size_t i = 0; i < list->n; i++) {
            if (i)
                sl_buf_add_char(&b, ',');
            write_item(c, &list->items[i], &b);
        }
        sl_buf_add_char(&b, ']');
    }
    if (st >= 0 && !sl_buf_ok(&b))
        st = sl_fail(&c->error, SLUICE_E_NOMEM, "out of memory for several answers");
    if (st >= 0)
        sl_outlet_text(c, sl_buf_span(&b));
    sl_buf_finish(&b);
    return st;
}

enum sl_verdict sl_model_list_run(struct sl_call *c)
{
    sluice_status st;

    if (c->model_list)
        return sl_call_refuse(c, answer(c));
    if (c->stream)
        return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "stream",
                                               "the answers of several models cannot be streamed"));
    if (c->depth > 0)
        return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "model",
                                               "a call that works for another names one model"));
    st = begin(c);
    return st < 0 ? sl_call_refuse(c, st) : SL_WAIT;
}
