/* SPDX-License-Identifier: Apache-2.0 */
/* beta.c - the anthropic-beta header: what the deployment, the caller and the request's features
 * ask for, each name once and in that order. */
#include "anthropic.h"

/* Members of the body that are beta features. */
static const struct {
    sluice_span member, beta;
} features[] = {
    { SL_SPAN("mcp_servers"), SL_SPAN("mcp-client-2025-04-04") },
    { SL_SPAN("context_management"), SL_SPAN("context-management-2025-06-27") },
};

void anthropic_betas_add(struct anthropic_betas *b, sluice_span list)
{
    while (list.len) {
        size_t end = sl_span_find_char(list, ',');
        sluice_span name = sl_span_trim(sl_span_head(list, end));
        size_t i = 0;

        list = sl_span_from(list, end + 1);
        while (i < b->n && !sl_span_eq(b->names[i], name))
            i++;
        if (name.len && i == b->n && b->n < ANTHROPIC_MAX_BETAS)
            b->names[b->n++] = name;
    }
}

void anthropic_betas_of_member(struct anthropic_betas *b, sluice_span name)
{
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (sl_span_eq(features[i].member, name))
            anthropic_betas_add(b, features[i].beta);
}

sluice_status anthropic_betas_join(const struct anthropic_betas *b, struct sluice_arena *arena,
                                   sluice_span *out)
{
    size_t len = 0;
    char *p;

    for (size_t i = 0; i < b->n; i++)
        len += b->names[i].len + 1;
    p = sl_alloc(arena, len + 1);
    if (!p)
        return SLUICE_E_NOMEM;
    *out = sl_span(p, len ? len - 1 : 0);
    for (size_t i = 0; i < b->n; i++) {
        if (i)
            *p++ = ',';
        memcpy(p, b->names[i].ptr, b->names[i].len);
        p += b->names[i].len;
    }
    return SLUICE_OK;
}
