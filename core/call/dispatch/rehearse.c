/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearse.c - failures that a request asks for, to see where they lead: LiteLLM's
 * mock_testing_fallbacks and its relatives. They happen before anybody is asked and are nobody's
 * fault.
 */
#include "call/call.h"

#include "base/status.h"
#include "call/dispatch/plan.h"

static const struct {
    const char *member;
    sluice_status status;
    bool passes; /* the next try is a real one */
    const char *text;
} rehearsals[] = {
    { "mock_testing_fallbacks", SLUICE_E_UPSTREAM, false, "a failure" },
    { "mock_testing_context_fallbacks", SLUICE_E_CONTEXT, false, "a prompt that is too long" },
    { "mock_testing_content_policy_fallbacks", SLUICE_E_REFUSED, false, "a refusal" },
    { "mock_testing_rate_limit_error", SLUICE_E_RATE_LIMIT, true, "a rate limit" },
};

static bool asks_for_any(const struct sl_call *c)
{
    for (size_t i = 0; i < c->n_members; i++)
        if (sl_span_starts(c->members[i].name, SL_SPAN("mock_testing_")))
            return true;
    return false;
}

sluice_status sl_rehearse(struct sl_call *c)
{
    struct sl_leg *leg = c->plan.leg;
    bool by_policy;

    if (leg->from || leg->n_attempts || !asks_for_any(c))
        return SLUICE_OK;
    for (size_t i = 0; i < sizeof rehearsals / sizeof *rehearsals; i++) {
        if (!sl_json_is_true(sl_call_member(c, sl_span_str(rehearsals[i].member))))
            continue;
        leg->retries = sl_retry_limit(c, leg, NULL, &by_policy);
        if (rehearsals[i].passes && leg->retries > 0) {
            leg->n_attempts++;
            return SLUICE_OK;
        }
        return sl_fail(&c->error, rehearsals[i].status, "%s was rehearsed: %s is set",
                       rehearsals[i].text, rehearsals[i].member);
    }
    return SLUICE_OK;
}
