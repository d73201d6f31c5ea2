/* SPDX-License-Identifier: Apache-2.0 */
/* loops.c - what every provider has to stand: cuts, stops, failing memory. */
#include "exchange.h"

#include "fault.h"
#include "text.h"

#include <stdlib.h>

#define MAX_FAULTS 100000u /* an allocation count no sane exchange reaches */

static bool same(const struct sl_test_result *a, const struct sl_test_result *b)
{
    return a->status == b->status && !strcmp(a->sink, b->sink) && !strcmp(a->requests, b->requests);
}

static char *differs(const char *how, size_t at, const struct sl_test_result *want,
                     const struct sl_test_result *got)
{
    struct text t = { NULL, 0, 0 };

    text_printf(&t, "%s %zu: status %d, %s\n--- wanted (status %d)\n%s%s--- got (status %d)\n%s%s",
                how, at, got->status, got->error.message[0] ? got->error.message : "no message",
                want->status, want->requests, want->sink, got->status, got->requests, got->sink);
    return text_take(&t);
}

/* Clock and randomness start the same for every run, else ids differ. */
static sluice_status again(struct sl_test_provider *p, const struct sl_test_call *call,
                           const struct sl_test_answer *answers, size_t n,
                           const struct sl_test_plan *plan, struct sl_test_result *r)
{
    sl_testhost_clock(p->host, 1000, 1700000000000);
    sl_testhost_random(p->host, 1);
    return sl_test_exchange(p, call, answers, n, plan, r);
}

char *sl_test_every_cut(struct sl_test_provider *p, const struct sl_test_call *call,
                        const struct sl_test_answer *answers, size_t n_answers)
{
    struct sl_test_result want, got;
    char *fault = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < n_answers; i++)
        if (answers[i].body.len > longest)
            longest = answers[i].body.len;
    again(p, call, answers, n_answers, NULL, &want);
    for (size_t cut = 0; cut < longest && !fault; cut++) {
        /* The first round feeds single bytes, the others are cut once each. */
        struct sl_test_plan plan = { .chunk = cut ? 0 : 1, .cut = cut };

        again(p, call, answers, n_answers, &plan, &got);
        if (!same(&want, &got))
            fault = differs(cut ? "cut at byte" : "fed in pieces of", cut ? cut : 1, &want, &got);
        sl_test_result_finish(&got);
    }
    sl_test_result_finish(&want);
    return fault;
}

char *sl_test_every_stop(struct sl_test_provider *p, const struct sl_test_call *call,
                         const struct sl_test_answer *answers, size_t n_answers)
{
    struct sl_test_plan plan = { .twice = true };
    struct sl_test_result want, got;
    char *fault = NULL;
    unsigned steps;

    again(p, call, answers, n_answers, NULL, &want);
    steps = want.steps;
    again(p, call, answers, n_answers, &plan, &got);
    if (!same(&want, &got))
        fault = differs("request() asked", 2, &want, &got);
    sl_test_result_finish(&got);
    for (plan.twice = false, plan.steps = 1; plan.steps <= steps && !fault; plan.steps++) {
        again(p, call, answers, n_answers, &plan, &got);
        if (got.status >= 0)
            fault = differs("stopped after step", plan.steps, &want, &got);
        sl_test_result_finish(&got);
    }
    if (!fault) {
        again(p, call, answers, n_answers, NULL, &got);
        if (!same(&want, &got))
            fault = differs("run again after stops", 1, &want, &got);
        sl_test_result_finish(&got);
    }
    sl_test_result_finish(&want);
    return fault;
}

char *sl_test_every_fault(const struct sl_testplugin *plugin, struct sl_testhost *t,
                          sluice_span config, const struct sl_test_call *call,
                          const struct sl_test_answer *answers, size_t n_answers)
{
    struct sl_test_provider p;
    struct sl_test_result want = { 0 }, got;
    char *fault = NULL;
    bool hit = true;

    /* Round 0 has no fault: it says what is right. */
    for (uint64_t n = 0; hit && !fault && n < MAX_FAULTS; n++) {
        sluice_status st;

        memset(&got, 0, sizeof got);
        sl_fault_after(n);
        test_arm(1);
        st = sl_test_provider_init(&p, t, plugin, config, &got.error);
        if (st >= 0)
            again(&p, call, answers, n_answers, NULL, &got);
        test_arm(0);
        hit = sl_fault_after(0) >= n;
        sl_test_provider_finish(&p);
        if (n == 0) {
            want = got;
            if (st < 0) {
                struct text why = { NULL, 0, 0 };

                text_printf(&why, "create() failed: %s", got.error.message);
                fault = text_take(&why);
            }
            continue;
        }
        got.status = st < 0 ? st : got.status;
        if (hit && got.status >= 0 && !same(&want, &got))
            fault = differs("quietly different after failing allocation", (size_t)n, &want, &got);
        else if (!hit && !same(&want, &got))
            fault = differs("not whole again after failing allocations", (size_t)n, &want, &got);
        sl_test_result_finish(&got);
    }
    sl_test_result_finish(&want);
    return fault;
}
