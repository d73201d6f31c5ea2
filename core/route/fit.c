/* SPDX-License-Identifier: Apache-2.0 */
/* fit.c - see fit.h. What nobody knows of a model does not count against it. */
#include "route/fit.h"

#include "route/pick.h"

#define MARGIN                                                                                     \
    16 /* the guess may be a sixteenth too high: a prompt that just fits is not refused */

/* What each ability is called for, and the member of a request that asks for it. */
static const struct {
    const char *word, *member;
} words[SL_ABILITIES] = {
    [SL_ABLE_TOOLS] = { "tools", "tools" },
    [SL_ABLE_SCHEMA] = { "answers by a JSON schema", "response_format" },
    [SL_ABLE_IMAGES] = { "images", "messages" },
    [SL_ABLE_PDF] = { "documents", "messages" },
    [SL_ABLE_AUDIO] = { "sound", "messages" },
    [SL_ABLE_VIDEO] = { "video", "messages" },
    [SL_ABLE_AUDIO_OUT] = { "answers as sound", "modalities" },
    [SL_ABLE_REASONING] = { "reasoning", "reasoning_effort" },
    [SL_ABLE_WEB_SEARCH] = { "web search", "web_search_options" },
};

const char *sl_needs_word(enum sl_ability a)
{
    return a < SL_ABILITIES && words[a].word ? words[a].word : "this request";
}

const char *sl_needs_member(enum sl_ability a)
{
    return a < SL_ABILITIES && words[a].member ? words[a].member : "model";
}

static const struct sl_model *known(const struct sl_needs *n, const struct sl_deployment *d)
{
    return d->wildcard && n->known ? n->known(n->ctx, d) : d->model;
}

const struct sl_model *sl_needs_model(const struct sl_pick_request *r,
                                      const struct sl_deployment *d)
{
    return r->needs ? known(r->needs, d) : d->model;
}

static bool lists(const sluice_span *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(list[i], sl_span_str(name)))
            return true;
    return false;
}

/* A parameter that goes unsent, or that the configuration vouches for, excludes nobody. */
static bool is_settled(const struct sl_deployment_settings *s, enum sl_ability a)
{
    const char *member = sl_needs_member(a);

    return s->drop_params || lists(s->drop, s->n_drop, member) ||
           lists(s->allow, s->n_allow, member);
}

static enum sl_ability lacks(const struct sl_model *m, const struct sl_deployment_settings *s,
                             uint32_t wanted, bool settle)
{
    for (unsigned a = 0; a < SL_ABILITIES; a++)
        if ((wanted >> a) & 1u && sl_model_can(m, a) == SL_CANNOT && !(settle && is_settled(s, a)))
            return a;
    return SL_ABILITIES;
}

static enum sl_reason judge(const struct sl_needs *n, const struct sl_deployment *d,
                            enum sl_ability *missing)
{
    const struct sl_model *m = known(n, d);

    *missing = lacks(m, d->settings, n->always, false);
    if (*missing < SL_ABILITIES)
        return SL_NOT_PARAM;
    if (!n->checked || !m)
        return SL_FITS;
    if (m->max_input >= 0 && n->tokens - n->tokens / MARGIN > m->max_input)
        return SL_NOT_CONTEXT;
    *missing = lacks(m, d->settings, n->modalities, false);
    if (*missing < SL_ABILITIES)
        return SL_NOT_MODALITY;
    *missing = lacks(m, d->settings, n->params, true);
    return *missing < SL_ABILITIES ? SL_NOT_PARAM : SL_FITS;
}

void sl_pass_needs(const struct sl_pick_request *r, uint8_t *why)
{
    enum sl_ability missing;

    if (!r->needs || (!r->needs->checked && !r->needs->always))
        return;
    for (size_t i = 0; i < r->group->n; i++)
        if (!why[i])
            why[i] = (uint8_t)judge(r->needs, r->group->deployments[i], &missing);
}

enum sl_ability sl_needs_lacks(const struct sl_pick_request *r, const struct sl_deployment *d)
{
    enum sl_ability missing = SL_ABILITIES;

    if (r->needs)
        (void)judge(r->needs, d, &missing);
    return missing;
}

void sl_pass_rpm(const struct sl_pick_request *r, uint8_t *why)
{
    if (!r->needs || !r->needs->checked)
        return;
    for (size_t i = 0; i < r->group->n; i++) {
        const struct sl_deployment *d = r->group->deployments[i];
        int64_t used = 0, tokens;

        if (why[i] || d->settings->rpm < 0)
            continue;
        sl_state_minute(d->state, r->unix_ms, &used, &tokens);
        if (used >= d->settings->rpm)
            why[i] = SL_NOT_RPM;
    }
}

static bool is_sick(const struct sl_pick_request *r, const struct sl_deployment *d)
{
    int64_t at = atomic_load_explicit(&d->state->checked_ms, memory_order_relaxed);

    return at < 0 && r->unix_ms + at <= r->settings->health.stale_ms;
}

void sl_pass_health(const struct sl_pick_request *r, uint8_t *why)
{
    bool well = false;

    if (!r->settings || !r->settings->health.routing)
        return;
    for (size_t i = 0; i < r->group->n && !well; i++)
        well = !why[i] && !is_sick(r, r->group->deployments[i]);
    for (size_t i = 0; i < r->group->n && well; i++)
        if (!why[i] && is_sick(r, r->group->deployments[i]))
            why[i] = SL_NOT_HEALTHY;
}
