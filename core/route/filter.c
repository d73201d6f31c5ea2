/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c - see filter.h. A pass looks at those that fit so far; most calls need hardly any of
 * them, and a pass that is not needed costs one comparison. */
#include "route/filter.h"

#include "base/status.h"
#include "route/fit.h"
#include "route/keys.h"
#include "route/pick.h"

static const struct {
    const char *name, *text;
} reasons[SL_REASONS] = {
    [SL_FITS] = { "fits", "it may be used" },
    [SL_NOT_TRIED] = { "tried", "this call asked it before" },
    [SL_NOT_TEAM] = { "team", "it belongs to another team" },
    [SL_NOT_REGION] = { "region", "it is not in the region that the caller allows" },
    [SL_NOT_COOLING] = { "cooldown", "it failed and rests for a while" },
    [SL_NOT_HEALTHY] = { "health", "its last health check failed" },
    [SL_NOT_BUSY] = { "max_parallel_requests", "as many calls run there as are allowed" },
    [SL_NOT_RPM] = { "rpm", "this minute's requests are used up" },
    [SL_NOT_TPM] = { "tpm", "this minute's tokens are used up" },
    [SL_NOT_BUDGET] = { "budget", "its budget is used up" },
    [SL_NOT_CONTEXT] = { "context_window", "the prompt is longer than its context window" },
    [SL_NOT_PARAM] = { "parameter", "it does not take a parameter of this request" },
    [SL_NOT_MODALITY] = { "modality", "it does not take this kind of input" },
    [SL_NOT_TAGS] = { "tags", "its tags are not those that were asked for" },
    [SL_NOT_ORDER] = { "order", "a deployment of lower order is there" },
    [SL_NOT_SESSION] = { "session", "the session stays with another deployment" },
};

const char *sl_reason_name(enum sl_reason reason)
{
    return reason < SL_REASONS ? reasons[reason].name : "unknown";
}

const char *sl_reason_text(enum sl_reason reason)
{
    return reason < SL_REASONS ? reasons[reason].text : "unknown";
}

static void pass_tried(const struct sl_pick_request *r, uint8_t *why)
{
    for (size_t t = 0; t < r->n_tried; t++)
        for (size_t i = 0; i < r->group->n; i++)
            if (r->group->deployments[i] == r->tried[t])
                why[i] = SL_NOT_TRIED;
}

static void pass_team(const struct sl_pick_request *r, uint8_t *why)
{
    if (!r->group->has_teams)
        return;
    for (size_t i = 0; i < r->group->n; i++) {
        sluice_span team = r->group->deployments[i]->settings->team_id;

        if (!why[i] && team.len && !sl_span_eq(team, r->team_id))
            why[i] = SL_NOT_TEAM;
    }
}

/* "eu" is the region itself, or what vendors call parts of it: eu-west-1, europe-west4. */
static bool in_region(sluice_span region, sluice_span allowed)
{
    sluice_span rest;

    if (!sl_span_ieq(sl_span_head(region, allowed.len), allowed))
        return false;
    rest = sl_span_from(region, allowed.len);
    if (sl_span_ieq(allowed, SL_SPAN("eu")) && sl_span_starts(rest, SL_SPAN("rope")))
        rest = sl_span_from(rest, 4);
    return rest.len == 0 || rest.ptr[0] == '-' || (rest.ptr[0] >= '0' && rest.ptr[0] <= '9');
}

/* One whose region nobody wrote down is not in any. */
static void pass_region(const struct sl_pick_request *r, uint8_t *why)
{
    if (r->region.len == 0)
        return;
    for (size_t i = 0; i < r->group->n; i++)
        if (!why[i] && !in_region(r->group->deployments[i]->settings->region, r->region))
            why[i] = SL_NOT_REGION;
}

static bool has_tag(const struct sl_deployment *d, sluice_span tag)
{
    for (size_t i = 0; i < d->settings->n_tags; i++)
        if (sl_span_eq(d->settings->tag_list[i], tag))
            return true;
    return false;
}

static bool tags_match(const struct sl_pick_request *r, const struct sl_deployment *d)
{
    size_t found = 0;

    if (d->settings->n_tags == 0)
        return false;
    for (size_t i = 0; i < r->n_tags; i++)
        found += has_tag(d, r->tags[i]);
    return r->settings->tag_match_all ? found == r->n_tags : found > 0;
}

static void keep_default(const struct sl_pick_request *r, uint8_t *why)
{
    for (size_t i = 0; i < r->group->n; i++)
        if (!why[i] && !has_tag(r->group->deployments[i], SL_SPAN("default")))
            why[i] = SL_NOT_TAGS;
}

/* As LiteLLM: who asks for tags gets a deployment that has one of them (or all), else one tagged
 * "default", else none. Who asks for nothing gets "default" where there is such a deployment, else
 * any. Whether there is one is asked of the configuration, not of what is up just now: a free
 * caller does not end on the paid deployment because the free one fails. */
static void pass_tags(const struct sl_pick_request *r, uint8_t *why)
{
    bool any = false;

    if (!r->settings || !r->settings->tag_filtering)
        return;
    if (r->n_tags == 0) {
        if (r->group->has_default)
            keep_default(r, why);
        return;
    }
    for (size_t i = 0; i < r->group->n && !any; i++)
        any = r->group->has_tags && tags_match(r, r->group->deployments[i]);
    if (!any) {
        keep_default(r, why);
        return;
    }
    for (size_t i = 0; i < r->group->n; i++)
        if (!why[i] && !tags_match(r, r->group->deployments[i]))
            why[i] = SL_NOT_TAGS;
}

static void pass_parallel(const struct sl_pick_request *r, uint8_t *why)
{
    if (!r->group->has_parallel)
        return;
    for (size_t i = 0; i < r->group->n; i++) {
        const struct sl_deployment *d = r->group->deployments[i];
        int64_t most = d->settings->max_parallel;

        if (!why[i] && most >= 0 &&
            atomic_load_explicit(&d->state->in_flight, memory_order_relaxed) >= most)
            why[i] = SL_NOT_BUSY;
    }
}

/* Most never failed, and one number of each says so. */
static bool all_trusted(const struct sl_pick_request *r)
{
    const struct sl_deployment_state *const *states = r->room->states;
    int64_t rest = 0;

    for (size_t i = 0; i < r->group->n; i++) {
        __builtin_prefetch(states[i + SL_AHEAD < r->group->n ? i + SL_AHEAD : i]);
        rest |= atomic_load_explicit(&states[i]->breaker.until_ms, memory_order_relaxed);
    }
    return rest == 0 && !r->group->has_keys;
}

/* Who failed rests. Behind its rest it gets one call; the others come back when that went well, or
 * when there is nobody else at all. */
static void pass_cooldown(const struct sl_pick_request *r, uint8_t *why)
{
    bool any = false, probed = false;

    if (r->probe || all_trusted(r))
        return;
    for (size_t i = 0; i < r->group->n; i++) {
        enum sl_gate gate;

        if (why[i])
            continue;
        gate = sl_deployment_gate(r->group->deployments[i], r->now_ms);
        any = any || gate <= SL_GATE_HALF;
        probed = probed || gate == SL_GATE_PROBING;
        if (gate > SL_GATE_HALF)
            why[i] = SL_NOT_COOLING;
    }
    for (size_t i = 0; !any && probed && r->last_resort && i < r->group->n; i++)
        if (why[i] == SL_NOT_COOLING &&
            sl_deployment_gate(r->group->deployments[i], r->now_ms) == SL_GATE_PROBING)
            why[i] = SL_FITS;
}

/* Only those that are known to do it: a guess would repeat what the client has already. */
static void pass_prefill(const struct sl_pick_request *r, uint8_t *why)
{
    for (size_t i = 0; r->prefill && i < r->group->n; i++)
        if (!why[i] &&
            sl_model_can(sl_needs_model(r, r->group->deployments[i]), SL_ABLE_PREFILL) != SL_CAN)
            why[i] = SL_NOT_PARAM;
}

/* The last one: the lowest order among those that are left. One without order stands behind. */
static void pass_order(const struct sl_pick_request *r, uint8_t *why)
{
    int64_t lowest = -1;

    if (!r->group->has_order)
        return;
    for (size_t i = 0; i < r->group->n; i++) {
        int64_t order = r->group->deployments[i]->settings->order;

        if (!why[i] && order >= 0 && (lowest < 0 || order < lowest))
            lowest = order;
    }
    for (size_t i = 0; i < r->group->n && lowest >= 0; i++)
        if (!why[i] && r->group->deployments[i]->settings->order != lowest)
            why[i] = SL_NOT_ORDER;
}

static void (*const passes[])(const struct sl_pick_request *r, uint8_t *why) = {
    pass_tried,  pass_team,     pass_region,    pass_tags,    pass_parallel, pass_cooldown,
    sl_pass_rpm, sl_pass_needs, sl_pass_health, pass_prefill, pass_order,
};

size_t sl_route_filter(const struct sl_pick_request *r, uint8_t *why)
{
    size_t fit = 0;

    memset(why, SL_FITS, r->group->n);
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        passes[i](r, why);
    for (size_t i = 0; i < r->group->n; i++)
        fit += why[i] == SL_FITS;
    return fit;
}

/* "a,b,c" of what the caller asked for, cut where it gets long. */
static void list_tags(const struct sl_pick_request *r, char *out, size_t size)
{
    size_t at = 0;

    out[0] = 0;
    for (size_t i = 0; i < r->n_tags && at + r->tags[i].len + 3 < size; i++) {
        if (i)
            out[at++] = ',';
        memcpy(out + at, r->tags[i].ptr, r->tags[i].len);
        at += r->tags[i].len;
        out[at] = 0;
    }
}

static sluice_status at_http(sluice_error *err, sluice_status status, int http, uint32_t retry_ms)
{
    if (err) {
        err->http_status = http;
        err->retry_after_ms = retry_ms;
    }
    return status;
}

/* Why, and until when. A rate limit stays one; anything else is told as what it is. */
static sluice_status all_rest(const struct sl_pick_request *r, const uint8_t *why,
                              sluice_error *err)
{
    const struct sl_deployment *first = NULL;
    sluice_status cause;
    uint64_t left = 0;

    for (size_t i = 0; i < r->group->n; i++) {
        const struct sl_deployment *d = r->group->deployments[i];
        uint64_t ms = sl_deployment_left_ms(d, r->now_ms);

        if (why[i] == SL_NOT_COOLING && (!first || ms < left)) {
            first = d;
            left = ms;
        }
    }
    left = left ? left : 1000; /* a probe is under way */
    cause = sl_deployment_why(first, r->now_ms);
    cause = cause == SLUICE_E_RATE_LIMIT || cause == SLUICE_E_QUOTA ? SLUICE_E_RATE_LIMIT
                                                                    : SLUICE_E_UNAVAILABLE;
    sl_fail(err, cause,
            "No deployments available for selected model, Try again in %llu seconds. Passed "
            "model=%.*s: those left rest after failures (%s)",
            (unsigned long long)(left + 999) / 1000, SL_FMT(sl_span_head(r->group->name, 100)),
            sl_status_info(sl_deployment_why(first, r->now_ms))->name);
    if (err)
        err->retry_after_ms = (uint32_t)left;
    return cause;
}

/* None is able to, now or later. A longer window may be elsewhere: context_window_fallbacks. */
static sluice_status nobody_can(const struct sl_pick_request *r, const uint8_t *why, bool longer,
                                sluice_error *err)
{
    sluice_span model = sl_span_head(r->group->name, 100);
    enum sl_ability missing = SL_ABILITIES;

    if (longer)
        return sl_fail_param(err, SLUICE_E_CONTEXT, NULL, "messages",
                             "The prompt has about %lld tokens, which is beyond the context window "
                             "of every deployment of model %.*s",
                             (long long)(r->needs ? r->needs->tokens : r->input_tokens),
                             SL_FMT(model));
    for (size_t i = 0; i < r->group->n && missing == SL_ABILITIES; i++)
        if (why[i] == SL_NOT_MODALITY || why[i] == SL_NOT_PARAM)
            missing = sl_needs_lacks(r, r->group->deployments[i]);
    return sl_fail_param(err, SLUICE_E_UNSUPPORTED, "unsupported_by_model",
                         sl_needs_member(missing),
                         "No deployment of model %.*s takes %s, by what is known of its model; "
                         "model_info.supports_... says otherwise where that is wrong",
                         SL_FMT(model), sl_needs_word(missing));
}

sluice_status sl_route_nobody(const struct sl_pick_request *r, const uint8_t *why,
                              sluice_error *err)
{
    size_t counts[SL_REASONS] = { 0 };
    sluice_span model = sl_span_head(r->group->name, 100);
    size_t unable;
    char tags[160];

    for (size_t i = 0; i < r->group->n; i++)
        counts[why[i]]++;
    unable = counts[SL_NOT_CONTEXT] + counts[SL_NOT_MODALITY] + counts[SL_NOT_PARAM];
    /* What the caller can do something about comes first. */
    if (counts[SL_NOT_TAGS] && counts[SL_NOT_TAGS] + counts[SL_NOT_TEAM] == r->group->n) {
        list_tags(r, tags, sizeof tags);
        sl_fail_param(err, SLUICE_E_DENIED, "no_deployment_with_tags", "metadata.tags",
                      "Not allowed to access model due to tags configuration. Passed model=%.*s "
                      "and tags=[%s]",
                      SL_FMT(model), tags);
        return at_http(err, SLUICE_E_DENIED, 401, 0);
    }
    if (counts[SL_NOT_TEAM] == r->group->n)
        return sl_fail_param(err, SLUICE_E_NOT_FOUND, "model_not_found", "model",
                             "The model `%.*s` belongs to another team", SL_FMT(model));
    if (unable && unable + counts[SL_NOT_TEAM] == r->group->n)
        return nobody_can(r, why, counts[SL_NOT_CONTEXT] > 0, err);
    if (counts[SL_NOT_REGION] == r->group->n)
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, "allowed_model_region",
                             "no deployment of model %.*s is in region %.*s", SL_FMT(model),
                             SL_FMT(sl_span_head(r->region, 40)));
    if (counts[SL_NOT_COOLING])
        return all_rest(r, why, err);
    if (counts[SL_NOT_BUSY] + counts[SL_NOT_RPM] + counts[SL_NOT_TPM] > 0) {
        sl_fail(err, SLUICE_E_UNAVAILABLE,
                "No deployments available for selected model. Passed model=%.*s: those left are "
                "at their limits",
                SL_FMT(model));
        return at_http(err, SLUICE_E_UNAVAILABLE, 429,
                       counts[SL_NOT_BUSY] ? 1000
                                           : (uint32_t)(60000 - (uint64_t)r->unix_ms % 60000));
    }
    return sl_fail(err, SLUICE_E_UNAVAILABLE, "no deployment of model %.*s is left to try",
                   SL_FMT(model));
}
