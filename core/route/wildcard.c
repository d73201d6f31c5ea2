/* SPDX-License-Identifier: Apache-2.0 */
/* wildcard.c - see wildcard.h. */
#include "route/wildcard.h"

/* Matches pattern, which begins behind a '*' or at the start, against the start of text. */
static bool match_from(sluice_span pattern, sluice_span text, struct sl_wildcard_match *m)
{
    size_t star = sl_span_find_char(pattern, '*'), mine = m->n;
    sluice_span literal = sl_span_head(pattern, star), rest, after;

    if (!sl_span_starts(text, literal))
        return false;
    if (star == pattern.len)
        return true;
    if (mine == SL_WILDCARD_GROUPS)
        return false;
    rest = sl_span_from(text, literal.len);
    after = sl_span_from(pattern, star + 1);
    /* Greedy: the longest catch first. */
    for (size_t take = rest.len + 1; take-- > 0;) {
        m->group[mine] = sl_span_head(rest, take);
        m->n = mine + 1;
        if (match_from(after, sl_span_from(rest, take), m))
            return true;
    }
    m->n = mine;
    return false;
}

bool sl_wildcard_match(sluice_span pattern, sluice_span text, struct sl_wildcard_match *out)
{
    out->n = 0;
    /* Each further '*' multiplies the work, and texts are client input. */
    if (text.len > 256)
        return false;
    return match_from(pattern, text, out);
}

sluice_span sl_wildcard_apply(sluice_span model, const struct sl_wildcard_match *m,
                              sluice_span text, struct sluice_arena *arena)
{
    size_t stars = 0, len = model.len, at = 0, used = 0;
    char *out;

    for (size_t i = 0; i < model.len; i++)
        stars += model.ptr[i] == '*';
    if (stars == 0)
        return model;
    if (m->n > stars)
        return text;
    for (size_t i = 0; i < m->n; i++)
        len += m->group[i].len;
    out = sl_alloc(arena, len + 1);
    if (!out)
        return sl_span(NULL, 0);
    for (size_t i = 0; i < model.len; i++) {
        if (model.ptr[i] == '*' && used < m->n) {
            memcpy(out + at, m->group[used].ptr, m->group[used].len);
            at += m->group[used++].len;
        } else {
            out[at++] = model.ptr[i];
        }
    }
    out[at] = 0;
    return sl_span(out, at);
}
