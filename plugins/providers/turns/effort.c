/* SPDX-License-Identifier: Apache-2.0 */
/* effort.c - see effort.h; and whether Claude thinks about a request. */
#include "turns.h"

#define BUDGET_MIN 1024

static const char *const efforts[EFFORTS] = { "",       "none", "minimal", "low",
                                              "medium", "high", "xhigh",   "max" };

enum turns_effort turns_effort(sluice_span word)
{
    int e = EFFORT_NONE;

    while (e < EFFORTS && !sl_span_eq(word, sl_span_str(efforts[e])))
        e++;
    return (enum turns_effort)e;
}

const char *turns_effort_name(enum turns_effort e)
{
    return efforts[e];
}

void turns_budgets(const struct sl_json *config, int64_t budgets[EFFORTS])
{
    static const int64_t usual[EFFORTS] = {
        [EFFORT_MINIMAL] = 1024, [EFFORT_LOW] = 1024,   [EFFORT_MEDIUM] = 2048,
        [EFFORT_HIGH] = 4096,    [EFFORT_XHIGH] = 8192, [EFFORT_MAX] = 16384,
    };

    memcpy(budgets, usual, sizeof usual);
    sl_json_each(b, sl_json_opt(config, "thinking_budgets"))
    {
        enum turns_effort e = turns_effort(b->name);

        if (e < EFFORTS)
            budgets[e] = sl_json_int(b, budgets[e]);
    }
}

sluice_status turns_read_effort(struct turns *r, const struct sl_json *effort)
{
    if (!effort)
        return SLUICE_OK;
    r->effort = turns_effort(sl_json_inside(effort));
    if (r->effort == EFFORTS)
        return sl_chat_bad(r->c, NULL, "This is none, minimal, low, medium, high, xhigh or max.",
                           "reasoning_effort");
    return SLUICE_OK;
}

/* Claude wants the last turn with tool calls to begin with the thinking that led to them: is it
 * missing? */
static bool is_lost(const struct turns *r)
{
    const struct turn *last = NULL;

    for (const struct turn *t = r->first; t; t = t->next)
        for (const struct block *b = t->rest.head; t->assistant && b; b = b->next)
            if (b->kind == B_TOOL_USE)
                last = t;
    return last && last->rest.head->kind != B_THINKING && last->rest.head->kind != B_REDACTED;
}

void turns_think(struct turns *r, const struct sl_json *own, enum turns_thinking way,
                 bool disable_ok, const int64_t budgets[EFFORTS])
{
    r->budgeted = sl_json_is(sl_json_get(own, "type"), "enabled");
    if (own) {
        r->thinks = !sl_json_is(sl_json_get(own, "type"), "disabled");
    } else if (r->effort > EFFORT_NONE) {
        r->thinks = way != THINKING_NEVER;
        r->budgeted = way == THINKING_BUDGET;
    }
    /* A form that was asked for outranks thinking; so does a forced call outrank a mere effort. */
    if (r->budgeted && (r->form == FORM_TOOL || (turns_forced(r) && !own)))
        r->thinking_lost = true;
    if (r->thinks && is_lost(r) && (way != THINKING_ADAPTIVE || disable_ok))
        r->thinking_lost = true;
    if (r->thinking_lost) {
        r->thinks = false;
        turns_drop_thinking(r);
    }
    if (r->thinks && r->budgeted && !own)
        r->budget = budgets[r->effort] > BUDGET_MIN ? budgets[r->effort] : BUDGET_MIN;
}

void turns_write_thinking(struct sl_json_out *o, const char *type, int64_t budget)
{
    sl_json_key(o, "thinking");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "type", sl_span_str(type));
    if (budget)
        sl_json_kv_i64(o, "budget_tokens", budget);
    sl_json_close(o, '}');
}
