/* SPDX-License-Identifier: Apache-2.0 */
/* access.c - see access.h. */
#include "route/access.h"

static bool has_word(sluice_span word, const char *text)
{
    return sl_span_eq(word, sl_span_str(text));
}

/* One deployment of the group that names it is enough, as with LiteLLM. */
static bool in_access_group(const struct sl_group *group, sluice_span name)
{
    for (size_t i = 0; group && i < group->n; i++) {
        const struct sl_deployment_settings *s = group->deployments[i]->settings;

        for (size_t k = 0; k < s->n_access_groups; k++)
            if (sl_span_eq(s->access_groups[k], name))
                return true;
    }
    return false;
}

/* All of text: wildcard.h's patterns are held against its beginning only. */
static bool matches_whole(sluice_span pattern, sluice_span text)
{
    sluice_span tail = pattern;
    struct sl_wildcard_match match;

    while (tail.len && memchr(tail.ptr, '*', tail.len))
        tail = sl_span_from(tail, sl_span_find_char(tail, '*') + 1);
    return sl_wildcard_match(pattern, text, &match) && sl_span_ends(text, tail);
}

/* "openai" + '/' + "gpt-4o" against "openai/gp*", without putting it together. */
static bool matches_behind(sluice_span pattern, sluice_span provider, sluice_span model)
{
    return provider.len && pattern.len > provider.len && sl_span_starts(pattern, provider) &&
           pattern.ptr[provider.len] == '/' &&
           matches_whole(sl_span_from(pattern, provider.len + 1), model);
}

static bool matches(sluice_span pattern, const struct sl_group *group, sluice_span model)
{
    if (sl_span_find_char(pattern, '*') == pattern.len)
        return false;
    return matches_whole(pattern, model) ||
           (group && matches_behind(pattern, group->deployments[0]->settings->provider, model));
}

static bool allows(const struct sl_group *group, const sluice_span *list, size_t n,
                   sluice_span model)
{
    for (size_t i = 0; i < n; i++)
        if (has_word(list[i], "*") || has_word(list[i], "all-proxy-models") ||
            sl_span_eq(list[i], model) || in_access_group(group, list[i]) ||
            matches(list[i], group, model))
            return true;
    return false;
}

bool sl_access_allows(const struct sl_groups *g, const sluice_span *list, size_t n,
                      sluice_span model)
{
    sluice_span other = sl_groups_unalias(g, model);
    struct sl_wildcard_match match;
    const struct sl_group *group = sl_groups_find(g, model, sl_span(NULL, 0), &match);

    if (n == 0)
        return true;
    return allows(group, list, n, model) ||
           (!sl_span_eq(other, model) && allows(group, list, n, other));
}

void sl_access_each(const struct sl_groups *g, const sluice_span *list, size_t n,
                    void (*fn)(void *ctx, const struct sl_group *group), void *ctx)
{
    for (size_t i = 0; i < g->n; i++)
        if (n == 0 || allows(g->list[i], list, n, g->list[i]->name))
            fn(ctx, g->list[i]);
}
