/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/rules.h - a router's rules, as its configuration has them: conditions over a call (who
 * asks, for what, how much, when) and over deployments. For instance
 *
 *     {"when": {"model": "chat", "max_input_tokens": 500, "hours": "22:00-06:00"},
 *      "use": {"providers": ["batch_vendor"]}}
 *
 * They are read from the JSON text each time: a handful of comparisons, no memory, no state. The
 * text must be valid JSON and fit the schemas below, as a configuration that the host has checked
 * does. Wherever texts are compared, one or a list of them may be given, and each may end in '*'.
 * [any]
 */
#ifndef SLUICE_SDK_RULES_H
#define SLUICE_SDK_RULES_H

#include <stdbool.h>
#include <sluice/router.h>

/* ---- the call ---- */

/* A text, or a list of them, in a JSON Schema. */
#define SL_RULES_TEXTS                                                                             \
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}"
/* All conditions over a call, as members of `properties` in a JSON Schema. model is what the client
 * asked for; one of the caller's tags is enough; metadata is looked up by path ("a.b"); hours may
 * go past midnight, days are "mon" to "sun", both in the rule's own offset from UTC. */
#define SL_RULES_WHEN                                                                              \
    "\"model\":" SL_RULES_TEXTS ",\"operation\":" SL_RULES_TEXTS ",\"tags\":" SL_RULES_TEXTS       \
    ",\"key\":" SL_RULES_TEXTS ",\"team\":" SL_RULES_TEXTS ",\"user\":" SL_RULES_TEXTS             \
    ",\"metadata\":{\"type\":\"object\"},\"headers\":{\"type\":\"object\"},"                       \
    "\"stream\":{\"type\":\"boolean\"},\"min_input_tokens\":{\"type\":\"integer\"},"               \
    "\"max_input_tokens\":{\"type\":\"integer\"},\"hours\":{\"type\":\"string\"},"                 \
    "\"days\":" SL_RULES_TEXTS                                                                     \
    ",\"utc_offset_minutes\":{\"type\":\"integer\",\"minimum\":-1440,\"maximum\":1440}"

/* What a schema cannot say of conditions: that `hours` is a span of time; INVALID when it is none,
 * and err names param. For create(). */
sluice_status sl_rules_check(sluice_span when, const char *param, sluice_error *err);
/* Do all conditions of `when` (a JSON object; ptr NULL: there are none) hold? unix_ms: the wall
 * clock, host->unix_ms(). headers needs SLUICE_ROUTER_HEADERS in the class. */
bool sl_rules_hold(sluice_span when, const sluice_route *route, int64_t unix_ms);

/* ---- deployments ---- */

/* All conditions over a deployment, likewise. */
#define SL_RULES_USE                                                                               \
    "\"deployments\":" SL_RULES_TEXTS ",\"tags\":" SL_RULES_TEXTS ",\"providers\":" SL_RULES_TEXTS \
    ",\"upstream_models\":" SL_RULES_TEXTS

/* One of the candidates that `use` (a JSON object; ptr NULL: all of them) is for, by weight; those
 * without a weight have one of 1. random: sluice_route.random. False: it is for none of these. */
bool sl_rules_draw(sluice_span use, const sluice_deployment *const *candidates, size_t n,
                   uint64_t random, uint32_t *index);

/* ---- texts ---- */

/* Is text one of `wanted`: a JSON string, or an array of them? */
bool sl_rules_match(sluice_span wanted, sluice_span text);
/* Is one of the texts in a JSON array one of those wanted? */
bool sl_rules_match_any(sluice_span wanted, sluice_span array);

#endif
