/* SPDX-License-Identifier: Apache-2.0 */
/* grant.c - see grant.h. */
#include "credential/grant.h"

#include <stdatomic.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/clock.h"

#define MARGIN_MOST 30000 /* not used this shortly before its end */
#define AHEAD_MOST 300000 /* renewed this long before its end, if it lives long enough */

struct sl_grant {
    atomic_uint refs;
    struct sl_secret *secret, *id, *session;
    sluice_span facts;
    uint64_t renew_ms, over_ms; /* monotonic */
};

static struct sl_secret *keep(sluice_span text, bool *ok)
{
    struct sl_secret *s = text.len ? sl_secret_create(text) : NULL;

    if (text.len && !s)
        *ok = false;
    return s;
}

struct sl_grant *sl_grant_create(const struct sl_grant_text *text)
{
    sluice_span facts = text->facts.len ? text->facts : SL_SPAN("{}");
    struct sl_grant *g = sl_fault_hit() ? NULL : malloc(sizeof *g + facts.len);
    uint64_t now = sl_now_ms(), ttl = text->ttl_ms, margin, ahead;
    bool ok = true;

    if (!g)
        return NULL;
    atomic_init(&g->refs, 1);
    g->secret = keep(text->secret, &ok);
    g->id = keep(text->id, &ok);
    g->session = keep(text->session, &ok);
    g->facts = sl_span((const char *)(g + 1), facts.len);
    memcpy(g + 1, facts.ptr, facts.len);
    margin = ttl / 10 < MARGIN_MOST ? ttl / 10 : MARGIN_MOST;
    ahead = ttl / 2 < AHEAD_MOST ? ttl / 2 : AHEAD_MOST;
    g->over_ms = ttl ? now + ttl - margin : UINT64_MAX;
    g->renew_ms = ttl ? now + ttl - ahead : UINT64_MAX;
    if (ok)
        return g;
    sl_grant_drop(g);
    return NULL;
}

struct sl_grant *sl_grant_hold(struct sl_grant *g)
{
    if (g)
        atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}

void sl_grant_drop(struct sl_grant *g)
{
    if (!g || atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
        return;
    sl_secret_drop(g->secret);
    sl_secret_drop(g->id);
    sl_secret_drop(g->session);
    free(g);
}

sluice_span sl_grant_secret(const struct sl_grant *g)
{
    return sl_secret_reveal(g->secret);
}

sluice_span sl_grant_id(const struct sl_grant *g)
{
    return sl_secret_reveal(g->id);
}

sluice_span sl_grant_session(const struct sl_grant *g)
{
    return sl_secret_reveal(g->session);
}

sluice_span sl_grant_facts(const struct sl_grant *g)
{
    return g ? g->facts : SL_SPAN("{}");
}

bool sl_grant_is_over(const struct sl_grant *g, uint64_t now_ms)
{
    return now_ms >= g->over_ms;
}

bool sl_grant_wants_renewal(const struct sl_grant *g, uint64_t now_ms)
{
    return now_ms >= g->renew_ms;
}
