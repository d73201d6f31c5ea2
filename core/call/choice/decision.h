/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision.h - why a call went where it went. What a choice saw is noted when it is made, and only
 * where somebody will read it: in the records of calls, and in explanations of calls that are not
 * made (explain.c).
 */
#ifndef SL_CALL_DECISION_H
#define SL_CALL_DECISION_H

#include "base/buf.h"
#include "route/filter.h"

struct sl_call;
struct sl_attempt;

/* One choice in one group. */
struct sl_decision {
    const struct sl_group *group;  /* NULL = nobody looked */
    const char *strategy;          /* the router plugin's id */
    uint16_t left_out[SL_REASONS]; /* deployments by reason; FITS: how many could be chosen */
};

/* Right after a choice, from the reasons that the filter left in why[0..n). */
void sl_decision_note(struct sl_decision *d, const struct sl_group *group, const char *strategy,
                      const uint8_t *why);
/* Will anybody read it? */
bool sl_decision_wanted(const struct sl_call *c);

/* {"why":"asked","group":"chat","strategy":"least_busy","candidates":3,"left_out":{"cooldown":1},
 * "pick":"east","status":"ok"} into b. */
void sl_decision_write_try(struct sl_buf *b, const struct sl_attempt *a);
/* All of a call, for sluice_record.detail: {"tries":[...],"fallbacks":1}. Into b. */
void sl_decision_write(struct sl_buf *b, const struct sl_call *c);
/* "asked", "fallback", "context_window_fallback", ...; static. */
const char *sl_why_name(unsigned why);

#endif
