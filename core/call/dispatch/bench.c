/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c - see bench.h. */
#include "call/dispatch/bench.h"

#include <stdio.h>
#include "base/clock.h"
#include "base/status.h"
#include "call/account.h"
#include "call/dispatch/plan.h"
#include "credential/credential.h"
#include "format/json_write.h"
#include "route/keys.h"

static struct sl_breaker *own(const struct sl_attempt *a)
{
    return &a->pick.deployment->state->breaker;
}

static struct sl_breaker *keys(const struct sl_attempt *a)
{
    return a->key ? &a->key->state->breaker : NULL;
}

/* Would rest help here? Where there is nobody else a failing deployment is better than none. Asked
 * at the beginning, since a request may say so and is gone when its answer breaks off. */
static bool has_spare(const struct sl_attempt *a)
{
    return a->leg->group->n > 1 || sl_plan_leads_on(a->call, a->leg);
}

void sl_bench_begin(struct sl_attempt *a)
{
    uint64_t now = a->begun_us / 1000;

    a->spared = has_spare(a);
    a->trial = sl_breaker_begin(own(a), now);
    if (a->key)
        a->key_trial = sl_breaker_begin(keys(a), now);
}

/* A record for every logger. cooldown_ms 0: it is trusted again. */
static void tell(const struct sl_attempt *a, bool key, int64_t cooldown_ms)
{
    const struct sl_call *c = a->call;
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    const char *event = cooldown_ms ? "cooldown" : "recovered";
    sluice_record r = { .struct_size = sizeof r, .kind = SLUICE_RECORD_EVENT };
    char uid[sizeof c->uid + 32];
    struct sl_json_out o;
    struct sl_buf b;

    sl_log(&c->worker->owner->log, cooldown_ms ? SL_WARN : SL_INFO,
           cooldown_ms ? "deployment %.*s%s rests for %lld ms: %s" : "deployment %.*s%s is back",
           SL_FMT(d->id), key ? ", one of its keys," : "", (long long)cooldown_ms,
           sl_status_info(a->status)->name);
    if (c->hold->snapshot->n_loggers == 0)
        return;
    snprintf(uid, sizeof uid, "%s-%s-%s", c->uid, a->span_id, event);
    sl_buf_init(&b, 8192);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "event", sl_span_str(event));
    sl_json_kv_str(&o, "of", key ? SL_SPAN("key") : SL_SPAN("deployment"));
    sl_json_kv_str(&o, "deployment", d->id);
    sl_json_kv_str(&o, "model_group", d->model_name);
    if (cooldown_ms) {
        sl_json_kv_str(&o, "reason", sl_span_str(sl_status_info(a->status)->name));
        sl_json_kv_str(&o, "fault",
                       sl_span_str(sl_fault_name(sl_fault_of(a->status, a->of_caller))));
        sl_json_kv_i64(&o, "cooldown_ms", cooldown_ms);
    }
    sl_json_close(&o, '}');
    r.uid = sl_span_str(uid);
    r.parent_uid = sl_span_str(c->uid);
    r.started_us = sl_unix_us();
    r.status = cooldown_ms ? a->status : SLUICE_OK;
    r.http_status = a->in.status;
    r.provider = d->provider;
    r.deployment = d->id;
    r.model = d->model_name;
    r.upstream_model = a->model;
    r.first_byte_us = r.total_us = r.overhead_us = r.cost_nano_usd = -1;
    r.error_message = sl_span_str(cooldown_ms ? a->error.message : "");
    r.detail = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        sl_account_event(c, &r);
    sl_buf_finish(&b);
}

static void went_well(struct sl_attempt *a, uint64_t now)
{
    a->judged = true;
    if (sl_breaker_good(own(a), a->trial, now))
        tell(a, false, 0);
    if (a->key && sl_breaker_good(keys(a), a->key_trial, now))
        tell(a, true, 0);
    a->trial = a->key_trial = SL_TRIAL_NONE;
}

/* A trial is over with the first useful event: a stream may last. Else the end decides, so that one
 * that always breaks off is not half a success. */
void sl_bench_useful(struct sl_attempt *a, uint64_t now_us)
{
    if (!a->replayed && !a->judged && (a->trial != SL_TRIAL_NONE || a->key_trial != SL_TRIAL_NONE))
        went_well(a, now_us / 1000);
}

static bool is_of_key(const struct sl_attempt *a)
{
    return a->key && (sl_fault_of(a->status, a->of_caller) == SL_FAULT_KEY ||
                      a->status == SLUICE_E_RATE_LIMIT);
}

static void failed(struct sl_attempt *a, uint64_t now)
{
    struct sl_breaker_policy policy =
        sl_breaker_policy(a->call->settings, a->pick.deployment->settings);
    struct sl_failure f = { .status = a->status,
                            .retry_after_ms = a->error.retry_after_ms,
                            .of_caller = a->of_caller,
                            .spare = a->spared };
    int64_t ms;

    if (!is_of_key(a)) {
        ms = sl_breaker_bad(own(a), a->trial, &policy, &f, now);
        if (a->key)
            sl_breaker_nothing(keys(a), a->key_trial);
    } else {
        f.spare = true;
        policy.by_count = false; /* the next key is there at once: no reason to hesitate */
        ms = sl_breaker_bad(keys(a), a->key_trial, &policy, &f, now);
        sl_breaker_nothing(own(a), a->trial);
    }
    if (ms)
        tell(a, is_of_key(a), ms);
}

/* A token that may just be too old: dispatch tries once more with a fresh one. */
static bool may_be_stale(const struct sl_attempt *a)
{
    uint32_t kind = sl_credential_kind(a->credential);

    return a->status == SLUICE_E_AUTH && a->grant && kind != SLUICE_CRED_KEY &&
           kind != SLUICE_CRED_NONE && !a->call->credential_again;
}

void sl_bench_end(struct sl_attempt *a)
{
    uint64_t now = a->ended_us / 1000;

    /* What lies at an account is asked for by an id: that there is none is no news of the model. */
    if (a->status == SLUICE_E_NOT_FOUND && a->call->operation->model == SL_MODEL_NONE)
        a->of_caller = true;
    if (a->status >= 0) {
        if (!a->judged)
            went_well(a, now);
    } else if (a->status != SLUICE_E_CANCELLED && !may_be_stale(a)) {
        failed(a, now);
    } else {
        sl_breaker_nothing(own(a), a->trial);
        if (a->key)
            sl_breaker_nothing(keys(a), a->key_trial);
    }
}
