/* SPDX-License-Identifier: Apache-2.0 */
/* account.c - see account.h. A call is told as one CALL record and, when there was more than one
 * try, one TRY record for each. */
#include "call/account.h"

#include <stdio.h>
#include "base/clock.h"
#include "call/attempt/attempt.h"
#include "call/choice/known.h"

#define DETAIL_USUAL 4096 /* bytes of why it went where it went; larger buffers are not kept */

const struct sl_attempt *sl_account_attempt(const struct sl_call *c)
{
    if (c->winner)
        return c->winner;
    return sl_list_empty(&c->attempts) ? NULL
                                       : SL_CONTAINER(c->attempts.prev, struct sl_attempt, node);
}

/* Attempts may overlap: what two of them waited together counts once. */
uint64_t sl_account_waited_us(const struct sl_call *c, uint64_t now)
{
    uint64_t sum = c->pauses_us, until = 0;

    sl_list_each(node, &c->attempts)
    {
        const struct sl_attempt *a = SL_CONTAINER(node, struct sl_attempt, node);
        uint64_t from = a->sent_us > until ? a->sent_us : until;
        uint64_t to = a->ended && a->ended_us < now ? a->ended_us : now;

        if (a->sent_us && to > from) {
            sum += to - from;
            until = to;
        }
    }
    return sum < now - c->received_us ? sum : now - c->received_us;
}

static size_t stages_of(const struct sl_call *c, sluice_stage *out)
{
    size_t n = 0;
    int last = -1;

    for (int i = 0; i < SL_STEPS; i++) {
        if (!c->stage_us[i])
            continue;
        if (last >= 0)
            out[n++] = (sluice_stage){ sl_steps[last].name,
                                       (int64_t)(c->stage_us[i] - c->stage_us[last]) };
        last = i;
    }
    return n;
}

static sluice_span error_code(const struct sl_call *c, sluice_status status,
                              const sluice_error *err)
{
    const char *code = sl_status_info(status)->code;

    (void)c;
    if (status >= 0)
        return sl_span("", 0);
    return sl_span_str(err->code[0] ? err->code : code ? code : sl_status_info(status)->name);
}

static int64_t cost_of_usage(const struct sl_attempt *a, const struct sl_usage *usage)
{
    const struct sl_deployment *d = a->pick.deployment;

    return sl_model_cost(sl_known_model(a->call, d, a->model), usage, a->call->service_tier);
}

int64_t sl_account_cost(const struct sl_attempt *a)
{
    return cost_of_usage(a, &a->usage);
}

/* What those cost whose answer was gone on with by another one. */
static int64_t carried_cost(const struct sl_call *c)
{
    int64_t sum = 0;

    sl_list_each(node, &c->attempts)
    {
        const struct sl_attempt *a = SL_CONTAINER(node, struct sl_attempt, node);
        int64_t cost = a->carried ? sl_account_cost(a) : -1;

        sum += cost > 0 ? cost : 0;
    }
    return sum;
}

static void describe_attempt(sluice_record *r, const struct sl_attempt *a)
{
    const struct sl_deployment *d = a->pick.deployment;

    r->provider = d->settings->provider;
    r->deployment = d->settings->id;
    r->upstream_model = a->model;
    r->variant = d->settings->variant;
    r->span_id = sl_span_str(a->span_id);
    r->cost_nano_usd = sl_account_cost(a);
}

/* Does this logger hear of calls that ended so? */
static bool hears(const struct sl_snapshot *s, size_t i, sluice_status status)
{
    return status < 0 ? s->settings->loggers[i].on_failure : s->settings->loggers[i].on_success;
}

/* Our count goes with the last one of those that want it. */
static void give(const struct sl_snapshot *s, struct sl_record *record, bool to_all,
                 sluice_status status)
{
    struct sl_logger *last = NULL;

    for (size_t i = 0; i < s->n_loggers; i++) {
        if (!to_all && !hears(s, i, status))
            continue;
        if (last) {
            sl_record_hold(record);
            sl_logger_put(last, record);
        }
        last = s->loggers[i];
    }
    if (last)
        sl_logger_put(last, record);
    else
        sl_record_drop(record);
}

void sl_account_hand_out(const struct sl_call *c, struct sl_record *record, uint32_t flags)
{
    record->record.flags |= flags;
    give(c->hold->snapshot, record, false, c->status);
}

static struct sl_record *copy_of(const struct sl_call *c, const sluice_record *r)
{
    struct sl_record *copy = sl_record_create(&c->worker->records, r);

    if (!copy)
        sl_log(&c->worker->owner->log, SL_ERROR, "out of memory: the record of call %s is lost",
               c->uid);
    return copy;
}

static void hand_out(const struct sl_call *c, const sluice_record *r)
{
    struct sl_record *copy = copy_of(c, r);

    if (copy)
        sl_account_hand_out(c, copy, 0);
}

void sl_account_event(const struct sl_call *c, const sluice_record *r)
{
    struct sl_record *copy = copy_of(c, r);

    if (copy)
        give(c->hold->snapshot, copy, true, c->status);
}

/* Is this a call whose answer is complete and may still be on its way? */
static bool awaits_delivery(const struct sl_call *c)
{
    return c->flags & SLUICE_CALL_DELIVERY && c->status == SLUICE_OK && c->out.bytes > 0 &&
           !c->worker->closing;
}

static void record_tries(const struct sl_call *c, const sluice_record *call)
{
    struct sl_buf *detail = &c->worker->detail;
    unsigned n = 0;

    sl_list_each(node, &c->attempts)
    {
        const struct sl_attempt *a = SL_CONTAINER(node, struct sl_attempt, node);
        sluice_record r = *call;
        sluice_count counts[SLUICE_USE_KINDS];
        char uid[sizeof c->uid + 12];

        snprintf(uid, sizeof uid, "%s-%u", c->uid,
                 ++n); /* each record has an identity of its own */
        r.uid = sl_span_str(uid);
        r.kind = SLUICE_RECORD_TRY;
        r.flags = (c->stream ? SLUICE_RECORD_STREAMED : 0) |
                  (a->usage.estimated ? SLUICE_RECORD_ESTIMATED : 0);
        r.parent_uid = call->uid;
        r.status = a->status;
        r.http_status = a->in.status;
        r.total_us = (int64_t)(a->ended_us - a->begun_us);
        r.first_byte_us = a->first_byte_us ? (int64_t)(a->first_byte_us - a->begun_us) : -1;
        r.overhead_us = a->sent_us ? (int64_t)(a->sent_us - a->begun_us) : r.total_us;
        r.started_us = call->started_us + (int64_t)(a->begun_us - c->received_us);
        r.counts = counts;
        r.n_counts = sl_usage_counts(&a->usage, counts);
        r.n_stages = 0;
        r.request = r.response = sl_span("", 0);
        r.error_code = error_code(c, a->status, &a->error);
        r.error_message = sl_span_str(a->status < 0 ? a->error.message : "");
        describe_attempt(&r, a);
        sl_buf_reset(detail);
        sl_decision_write_try(detail, a);
        r.detail = sl_buf_ok(detail) ? sl_buf_span(detail) : sl_span("", 0);
        hand_out(c, &r);
    }
}

/* A call that broke off has cost what had passed by then. What the vendor reported at the start
 * of a stream is no total: our count replaces it when it is higher. */
static void estimate(struct sl_call *c, const struct sl_attempt *a)
{
    int64_t seen = (int64_t)a->in.content_events;

    if (c->status >= 0 || !a->sent_us || a->replayed || !c->operation->text ||
        (c->status != SLUICE_E_CANCELLED && !c->out.committed))
        return;
    if (!sl_usage_has(&c->usage, SLUICE_USE_INPUT)) {
        sl_usage_set(&c->usage, SLUICE_USE_INPUT, c->input_tokens);
        c->usage.estimated = true;
    }
    if (c->out.committed && sl_usage_get(&c->usage, SLUICE_USE_OUTPUT, -1) < seen) {
        sl_usage_set(&c->usage, SLUICE_USE_OUTPUT, seen);
        c->usage.estimated = true;
    }
}

/* Whose call it is, and which. */
static void describe_call(const struct sl_call *c, sluice_record *r)
{
    r->uid = sl_span_str(c->uid);
    r->parent_uid = sl_span_str(c->parent_uid);
    r->request_id = c->request_id.len ? c->request_id : r->uid;
    r->operation = sl_span_str(c->operation->name);
    r->model = c->model;
    r->http_status = c->http_status;
    r->tags = c->tags;
    if (c->who) {
        r->key_id = c->who->key_id;
        r->key_alias = c->who->key_alias;
        r->user_id = c->who->user_id;
        r->team_id = c->who->team_id;
        r->org_id = c->who->org_id;
    }
}

void sl_account_turn(const struct sl_attempt *a, unsigned n, const struct sl_usage *usage,
                     sluice_span id, uint64_t begun_us)
{
    const struct sl_call *c = a->call;
    sluice_record r = { .struct_size = sizeof r, .kind = SLUICE_RECORD_CALL };
    sluice_count counts[SLUICE_USE_KINDS];
    char uid[sizeof c->uid + 12];

    if (c->hold->snapshot->n_loggers == 0)
        return;
    describe_call(c, &r);
    describe_attempt(&r, a);
    snprintf(uid, sizeof uid, "%s-%u", c->uid, n);
    r.uid = sl_span_str(uid);
    r.parent_uid = sl_span_str(c->uid);
    r.purpose = SL_SPAN("turn");
    r.attempts = 1;
    r.flags = SLUICE_RECORD_STREAMED;
    r.total_us = (int64_t)(sl_now_us() - begun_us);
    r.started_us = c->unix_us + (int64_t)(begun_us - c->received_us);
    r.first_byte_us = -1;
    r.cost_nano_usd = cost_of_usage(a, usage);
    r.counts = counts;
    r.n_counts = sl_usage_counts(usage, counts);
    r.response_id = id;
    hand_out(c, &r);
}

void sl_account(struct sl_call *c)
{
    const struct sl_attempt *a = sl_account_attempt(c);
    uint64_t now = c->stage_us[SL_STEP_FINISH];
    sluice_stage stages[SL_STEPS];
    sluice_count counts[SLUICE_USE_KINDS];
    sluice_record r = { .struct_size = sizeof r, .kind = SLUICE_RECORD_CALL };
    struct sl_buf *detail = &c->worker->detail;

    if (a && c->usage.known == 0)
        c->usage = a->usage;
    if (a)
        estimate(c, a);
    if (c->hold->snapshot->n_loggers == 0 || c->flags & SLUICE_CALL_EXPLAIN)
        return;
    sl_buf_reset(detail);
    sl_decision_write(detail, c);
    r.flags = (c->stream ? SLUICE_RECORD_STREAMED : 0) | (c->cached ? SLUICE_RECORD_CACHED : 0) |
              (c->shared ? SLUICE_RECORD_SHARED : 0) |
              (c->usage.estimated ? SLUICE_RECORD_ESTIMATED : 0);
    r.status = c->status;
    r.attempts = c->n_attempts;
    r.total_us = (int64_t)(now - c->received_us);
    r.started_us = c->unix_us;
    r.first_byte_us = c->first_byte_us ? (int64_t)(c->first_byte_us - c->received_us) : -1;
    r.overhead_us = r.total_us - (int64_t)sl_account_waited_us(c, now);
    r.cost_nano_usd = -1;
    r.counts = counts;
    r.n_counts = sl_usage_counts(&c->usage, counts);
    r.stages = stages;
    r.n_stages = stages_of(c, stages);
    describe_call(c, &r);
    r.response_id = c->response_id;
    r.error_code = error_code(c, c->status, &c->error);
    r.error_message = sl_span_str(c->status < 0 ? c->error.message : "");
    if (c->settings->log_bodies)
        r.request = sl_body_span(c->body);
    if (a)
        describe_attempt(&r, a);
    if (r.cost_nano_usd >= 0 && !a->carried)
        r.cost_nano_usd += carried_cost(c);
    if (c->cached || c->shared)
        r.cost_nano_usd = 0; /* nobody was asked */
    r.purpose = c->purpose;
    r.detail = sl_buf_ok(detail) ? sl_buf_span(detail) : sl_span("", 0);
    if (awaits_delivery(c))
        c->record = copy_of(c, &r); /* delivery.c hands it out */
    else
        hand_out(c, &r);
    if (c->n_attempts > 1)
        record_tries(c, &r);
    if (detail->size > DETAIL_USUAL)
        sl_buf_finish(detail);
}
