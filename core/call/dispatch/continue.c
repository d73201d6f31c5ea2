/* SPDX-License-Identifier: Apache-2.0 */
/* continue.c - see continue.h. */
#include "call/dispatch/continue.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/dispatch/bench.h"
#include "call/answer/head.h"
#include "call/stored/issued.h"
#include "call/stored/stored.h"
#include "call/attempt/limits.h"
#include "format/dialect/chat_state.h"
#include "format/dialect/retrace.h"

bool sl_continue_wanted(const struct sl_call *c)
{
    /* What is shared is one vendor's answer. */
    return c->settings->resilience.mid_stream && c->stream && !c->flight && !c->shared &&
           !c->many_choices && !c->pinned && c->dialect->retrace;
}

void sl_continue_note(struct sl_call *c, const sluice_delta *d)
{
    struct sl_said *s = &c->said;

    switch (d->kind) {
    case SLUICE_DELTA_TEXT:
        sl_buf_add(&s->text, d->text);
        s->inside = false;
        break;
    case SLUICE_DELTA_REASONING:
    case SLUICE_DELTA_SIGNATURE:
        s->inside = true; /* until text follows */
        break;
    case SLUICE_DELTA_START:
        break;
    default: /* a tool call, a refusal, the finish: nobody can go on behind it */
        s->spoiled = true;
        break;
    }
    s->spoiled = s->spoiled || d->choice != 0 || !sl_buf_ok(&s->text);
}

/* ---- what was relayed ---- */

static sluice_status retraced(void *ctx, const sluice_delta *d)
{
    struct sl_call *c = ctx;
    struct sl_buf *b = &c->worker->text; /* nobody writes here while events are relayed */
    size_t before = b->len;
    sluice_status st;

    sl_continue_note(c, d);
    st = c->said.spoiled ? SLUICE_OK : c->dialect->delta(&c->out.encoder, d, b);
    b->len = before;
    return st;
}

/* The first event says what all others have in common. */
static bool note_names(struct sl_attempt *a, const struct sl_event_view *view)
{
    struct sl_call *c = a->call;
    struct sl_encoder *e = &c->out.encoder;
    sluice_span model = view->model;

    if (e->id.ptr)
        return true;
    e->usage = &a->usage;
    e->include_usage = c->include_usage;
    e->id = sl_head_answer_id(c);
    if (a->operation->issues && view->id.len)
        e->id = sl_issued_make(c->hold->snapshot, a->pick.deployment, sl_stored_owner(c), e->id,
                               &c->arena);
    e->model = a->leg->from && sl_json_string(model, &c->arena, &model)
                   ? sl_arena_dup(&c->arena, model)
                   : sl_head_model(a);
    return e->id.ptr && e->model.ptr;
}

void sl_continue_note_event(struct sl_attempt *a, const struct sl_event_view *view,
                            sluice_span text)
{
    struct sl_call *c = a->call;
    struct sl_retrace r = { &c->out.encoder, &a->scratch, retraced, c };

    if (!c->said.spoiled && (!note_names(a, view) || c->dialect->retrace(&r, view, text) < 0))
        c->said.spoiled = true;
}

void sl_continue_forget(struct sl_call *c)
{
    sl_buf_reset(&c->said.text);
    c->said.inside = c->said.spoiled = false;
}

/* ---- going on ---- */

/* What it used, as far as it can be known; kept in its own record and for the sum. */
static void charge(struct sl_call *c, struct sl_attempt *a)
{
    int64_t seen = (int64_t)a->in.content_events;
    struct sl_usage *u = &a->usage;

    if (!sl_usage_has(u, SLUICE_USE_INPUT)) {
        sl_usage_set(u, SLUICE_USE_INPUT, c->input_tokens);
        u->estimated = true;
    }
    if (sl_usage_get(u, SLUICE_USE_OUTPUT, -1) < seen) {
        sl_usage_set(u, SLUICE_USE_OUTPUT, seen);
        u->estimated = true;
    }
    a->carried = true;
}

struct sl_usage sl_continue_usage(const struct sl_attempt *a)
{
    struct sl_usage sum = a->usage;

    sl_list_each(node, &a->call->attempts)
    {
        const struct sl_attempt *other = SL_CONTAINER(node, struct sl_attempt, node);

        if (other == a || !other->carried)
            continue;
        for (uint32_t k = 1; k < SLUICE_USE_KINDS; k++)
            if (sl_usage_has(&other->usage, k))
                sl_usage_set(&sum, k, sl_usage_get(&sum, k, 0) + other->usage.n[k]);
        sum.estimated = sum.estimated || other->usage.estimated;
    }
    return sum;
}

/* `prefix` is what some vendors want to be told; those that know no such member do not get it. */
static sluice_span prefilled(struct sl_call *c, sluice_span messages)
{
    sluice_span list = sl_span_trim(messages);

    if (sl_json_type(list) != SL_JSON_ARRAY)
        return sl_span(NULL, 0);
    return sl_arena_printf(
        &c->arena, "%.*s,{\"role\":\"assistant\",\"content\":\"%.*s\",\"prefix\":true}]",
        SL_FMT(sl_span_head(list, list.len - 1)), SL_FMT(sl_buf_span(&c->said.text)));
}

bool sl_continue_prefill(struct sl_call *c, sluice_header *members, size_t *n, sluice_span messages)
{
    size_t kept = 0;
    bool found = false;

    for (size_t i = 0; i < *n; i++) {
        sluice_header m = members[i];

        if (sl_span_eq(m.name, SL_SPAN("thinking")) ||
            sl_span_eq(m.name, SL_SPAN("reasoning_effort")))
            continue;
        if (sl_span_eq(m.name, SL_SPAN("messages"))) {
            m.value = prefilled(c, messages.ptr ? messages : m.value);
            found = m.value.ptr != NULL;
        }
        members[kept++] = m;
    }
    *n = kept;
    return found;
}

/* The leg's request as it goes on. In another dialect it is the translation that does: bridge.c. */
static bool prefill(struct sl_call *c, struct sl_leg *leg)
{
    sluice_header *m = sl_alloc(&c->arena, (leg->n_members + 1) * sizeof *m);

    leg->continues = true;
    if (c->operation->pivot)
        return true;
    if (!m)
        return false;
    for (size_t i = 0; i < leg->n_members; i++) {
        m[i] = leg->members[i];
        if (!leg->messages.ptr && sl_span_eq(m[i].name, SL_SPAN("messages")))
            leg->messages = m[i].value;
    }
    leg->members = m;
    return sl_continue_prefill(c, m, &leg->n_members, leg->messages);
}

/* The same group once more, for another of its deployments. */
static bool again(struct sl_call *c, const struct sl_attempt *a)
{
    struct sl_leg *leg;
    uint64_t wait_ms;

    if (sl_retry(c, a, &wait_ms) != SL_AGAIN_NOW)
        return false;
    leg = sl_alloc(&c->arena, sizeof *leg);
    if (!leg)
        return false;
    *leg = *c->plan.leg;
    leg->before = c->plan.leg;
    c->plan.leg = leg;
    return true;
}

/* How it broke off first is what the client is told in the end, whatever failed before it began or
 * after. */
static void note_break(struct sl_call *c, const struct sl_attempt *a, sluice_status status)
{
    struct sl_plan *p = &c->plan;

    if (!a || p->leg->continues)
        return;
    p->status = status;
    p->error = sl_alloc(&c->arena, sizeof *p->error);
    if (p->error)
        *p->error = c->error;
}

static bool give_up(struct sl_call *c, struct sl_leg *leg)
{
    c->plan.leg = leg;
    if (c->plan.error) {
        c->status = c->plan.status;
        c->error = *c->plan.error;
    }
    return false;
}

bool sl_continue_next(struct sl_call *c, struct sl_attempt *a, sluice_status status)
{
    const struct sl_said *s = &c->said;
    struct sl_leg *was = c->plan.leg;

    note_break(c, a, status);
    if (!sl_continue_wanted(c) || s->spoiled || s->inside || s->text.len == 0 ||
        sl_json_half_pair(sl_buf_span(&s->text)) || !sl_status_info(status)->retry_other ||
        !c->body)
        return give_up(c, was);
    if (!(a && again(c, a)) && !sl_plan_next(c, status))
        return give_up(c, was);
    if (!prefill(c, c->plan.leg) || !c->out.encoder.id.ptr)
        return give_up(c, was);
    c->out.mode = SL_OUT_DELTAS;
    if (a && c->winner == a)
        charge(c, a);
    c->winner = NULL;
    return true;
}

void sl_continue_taken_over(struct sl_attempt *a)
{
    struct sl_call *c = a->call;

    if (!a->leg->continues || c->winner == a)
        return;
    c->winner = a;
    c->out.encoder.usage = &a->usage;
    if (a->bridged)
        c->out.encoder.echo = a->bridged->echo;
    sl_bench_useful(a, sl_now_us());
    sl_limits_begun(a);
    if (c->paused)
        sl_attempt_pause(a, true);
}
