/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - the conditions of a rule, read from its JSON each time: a handful of comparisons. */
#ifndef CONDITIONAL_RULES_H
#define CONDITIONAL_RULES_H

#include <stdbool.h>
#include <sluice/router.h>

/* Do all conditions of `when` (a JSON object) hold? unix_ms: the wall clock. */
bool rules_hold(sluice_span when, const sluice_route *route, int64_t unix_ms);
/* Is text one of `wanted`: a JSON string, or an array of them? Each may end in '*'. */
bool rules_match(sluice_span wanted, sluice_span text);
/* Is one of the texts in a JSON array one of those wanted? */
bool rules_match_any(sluice_span wanted, sluice_span array);
/* hours.c: do `hours` and `days` of `when` hold? */
bool rules_time(sluice_span when, int64_t unix_ms);
/* draw.c: one of those that `use` is for, by weight; false: it is for none of these. */
bool rules_draw(sluice_span use, const sluice_deployment *const *candidates, size_t n,
                uint64_t random, uint32_t *index);
/* Is "22:00-06:30" a span of time? */
bool rules_hours(sluice_span text, int64_t *from_minute, int64_t *to_minute);

#endif
