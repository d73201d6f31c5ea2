/* SPDX-License-Identifier: Apache-2.0 */
/* continue.c - see continue.h. */
#include "call/continue.h"

#include "base/clock.h"
#include "base/status.h"
#include "call/bench.h"
#include "call/head.h"
#include "call/limits.h"
#include "format/chat_state.h"
#include "format/openai_deltas.h"

bool sl_continue_wanted(const struct sl_call *c)
{
    /* What is shared is one vendor's answer. */
    return !c->flight && !c->shared && c->settings->resilience.mid_stream && c->stream &&
           !c->many_choices && c->dialect == &sl_dialect_openai_chat;
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

static sluice_status note(void *ctx, const sluice_delta *d)
{
    sl_continue_note(ctx, d);
    return SLUICE_OK;
}

/* The first event says what all others have in common. */
static void note_names(struct sl_attempt *a, sluice_span text)
{
    struct sl_call *c = a->call;
    sluice_span model = sl_json_member(text, SL_SPAN("model"));

    if (c->said.named)
        return;
    c->said.named = true;
    c->said.model = a->leg->from && sl_json_string(model, &c->arena, &model)
                        ? sl_arena_dup(&c->arena, model)
                        : sl_head_model(a);
    (void)sl_json_i64(sl_json_member(text, SL_SPAN("created")), &c->out.encoder.created);
}

void sl_continue_note_event(struct sl_attempt *a, sluice_span text)
{
    if (text.len == 0 || text.ptr[0] != '{') /* [DONE] */
        return;
    note_names(a, text);
    if (sl_openai_deltas(text, &a->scratch, note, a->call) < 0)
        a->call->said.spoiled = true;
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

/* The messages with what was said behind them. `prefix` is what some vendors want to be told; those
 * that know no such member do not get it. */
static sluice_span prefilled(struct sl_call *c, sluice_span messages)
{
    sluice_span list = sl_span_trim(messages);

    if (sl_json_type(list) != SL_JSON_ARRAY)
        return sl_span(NULL, 0);
    return sl_arena_printf(
        &c->arena, "%.*s,{\"role\":\"assistant\",\"content\":\"%.*s\",\"prefix\":true}]",
        SL_FMT(sl_span_head(list, list.len - 1)), SL_FMT(sl_buf_span(&c->said.text)));
}

static bool prefill(struct sl_call *c, struct sl_leg *leg)
{
    sluice_header *m = sl_alloc(&c->arena, (leg->n_members + 1) * sizeof *m);
    bool found = false;

    if (!m)
        return false;
    for (size_t i = 0; i < leg->n_members; i++) {
        m[i] = leg->members[i];
        if (!sl_span_eq(m[i].name, SL_SPAN("messages")))
            continue;
        if (!leg->messages.ptr)
            leg->messages = m[i].value;
        m[i].value = prefilled(c, leg->messages);
        found = m[i].value.ptr != NULL;
    }
    leg->members = m;
    leg->continues = true;
    return found;
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

/* The encoder writes on where a relay may have written so far. */
static bool take_encoder(struct sl_call *c)
{
    struct sl_encoder *e = &c->out.encoder;
    struct sl_chat_choice *choice;

    if (c->out.mode == SL_OUT_EVENTS) {
        e->id = c->response_id;
        e->model = c->said.model;
        e->include_usage = c->include_usage;
        c->out.mode = SL_OUT_DELTAS;
    }
    choice = sl_chat_choice(e, 0);
    if (!e->id.ptr || !e->model.ptr || !choice)
        return false;
    choice->started = true;
    choice->n_held = 0;
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
        !sl_status_info(status)->retry_other || !c->body)
        return give_up(c, was);
    if (!(a && again(c, a)) && !sl_plan_next(c, status))
        return give_up(c, was);
    if (!prefill(c, c->plan.leg) || !take_encoder(c))
        return give_up(c, was);
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
    sl_bench_useful(a, sl_now_us());
    sl_limits_begun(a);
    if (c->paused)
        sl_attempt_pause(a, true);
}
