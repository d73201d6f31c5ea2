/* SPDX-License-Identifier: Apache-2.0 */
/* thinking.c - reasoning_effort and Anthropic's own thinking member, in the words of the model's
 * maker; and max_tokens, which has to hold the budget. */
#include "request.h"

#define BUDGET_MIN 1024

static sluice_status read_effort(struct request *r)
{
    const struct sl_json *effort = r->m[M_REASONING_EFFORT];

    if (!effort)
        return SLUICE_OK;
    r->effort = bedrock_effort(sl_json_inside(effort));
    if (r->effort == EFFORTS)
        return sl_chat_bad(&r->chat, NULL,
                           "This is none, minimal, low, medium, high, xhigh or max.",
                           "reasoning_effort");
    return SLUICE_OK;
}

static sluice_status read_max_tokens(struct request *r)
{
    bool new_name = r->m[M_MAX_COMPLETION_TOKENS] != NULL;
    const struct sl_json *max = r->m[new_name ? M_MAX_COMPLETION_TOKENS : M_MAX_TOKENS];

    if (max && (!sl_json_i64(max->raw, &r->max_tokens) || r->max_tokens < 1))
        return sl_chat_bad(&r->chat, NULL, "This is a whole number of tokens.", "%s",
                           new_name ? "max_completion_tokens" : "max_tokens");
    return SLUICE_OK;
}

/* maxTokens counts thinking too and must be above the budget. */
static void make_room(struct request *r, int64_t budget, bool may_shrink)
{
    int64_t most = r->family->max_output, said = r->max_tokens;

    if (!said)
        r->max_tokens = most > budget ? most : budget < INT64_MAX ? budget + 1 : budget;
    else if (said <= budget)
        r->max_tokens = budget < INT64_MAX - said ? budget + said : budget;
    if (!may_shrink)
        return;
    if (said && said <= budget && r->max_tokens > most)
        r->max_tokens = most;
    if (r->budget >= r->max_tokens)
        r->budget = r->max_tokens - 1;
}

static sluice_status claude(struct request *r)
{
    const struct sl_json *own = r->m[M_THINKING];
    bool manual = sl_json_is(sl_json_get(own, "type"), "enabled");

    if (own) {
        r->thinking_on = !sl_json_is(sl_json_get(own, "type"), "disabled");
    } else if (r->effort > EFFORT_NONE) {
        r->thinking_on = r->family->thinking != THINKING_NEVER;
        manual = r->family->thinking == THINKING_BUDGET;
    }
    /* A form that was asked for outranks thinking; so does a forced call outrank a mere effort. */
    if (manual && (r->turns.form == FORM_TOOL || (turns_forced(&r->turns) && !own)))
        r->thinking_lost = true;
    if (r->thinking_on && turns_thinking_lost(&r->turns) &&
        (r->family->thinking != THINKING_ADAPTIVE || r->family->disable_ok))
        r->thinking_lost = true;
    if (r->thinking_lost) {
        r->thinking_on = false;
        turns_drop_thinking(&r->turns);
    }
    if (!r->thinking_on || !manual)
        return SLUICE_OK;
    if (own) {
        make_room(r, sl_json_int(sl_json_get(own, "budget_tokens"), 0), false);
    } else {
        r->budget = r->self->budgets[r->effort];
        if (r->budget < BUDGET_MIN)
            r->budget = BUDGET_MIN;
        make_room(r, r->budget, true);
    }
    return SLUICE_OK;
}

sluice_status bedrock_thinking(struct request *r)
{
    sluice_status st = read_effort(r);

    if (st >= 0)
        st = read_max_tokens(r);
    if (st < 0)
        return st;
    if (r->family->maker == MAKER_CLAUDE)
        return claude(r);
    turns_drop_thinking(&r->turns); /* signed by others, or by nobody */
    if (r->m[M_THINKING] && !sl_json_is(sl_json_get(r->m[M_THINKING], "type"), "disabled"))
        return sl_chat_lacking(&r->chat, "thinking");
    return SLUICE_OK;
}

/* ---- writing ---- */

static void write_type(struct sl_parts *b, const char *type, int64_t budget)
{
    sl_json_key(&b->out, "thinking");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", sl_span_str(type));
    if (budget)
        sl_json_kv_i64(&b->out, "budget_tokens", budget);
    sl_json_close(&b->out, '}');
}

/* What goes into output_config.effort, or UNSET. */
static enum bedrock_effort effort_out(const struct request *r)
{
    enum bedrock_effort e = r->effort;

    if (r->family->thinking != THINKING_ADAPTIVE || e == EFFORT_UNSET)
        return EFFORT_UNSET;
    if (e == EFFORT_NONE)
        return r->family->disable_ok ? EFFORT_UNSET : EFFORT_LOW;
    if (e == EFFORT_MINIMAL)
        return EFFORT_LOW;
    return r->thinking_lost && e > EFFORT_HIGH ? EFFORT_HIGH : e;
}

static void write_output_config(struct request *r, struct sl_parts *b)
{
    const struct sl_json *own = r->m[M_OUTPUT_CONFIG];
    enum bedrock_effort effort = sl_json_opt(own, "effort") ? EFFORT_UNSET : effort_out(r);

    if (!own && effort == EFFORT_UNSET)
        return;
    sl_json_key(&b->out, "output_config");
    sl_json_open(&b->out, '{');
    sl_json_each(m, own)
    {
        sl_json_key_span(&b->out, m->name);
        sl_json_raw(&b->out, m->raw);
    }
    if (effort != EFFORT_UNSET)
        sl_json_kv_str(&b->out, "effort", sl_span_str(bedrock_effort_name(effort)));
    sl_json_close(&b->out, '}');
}

static void write_claude(struct request *r, struct sl_parts *b)
{
    bool adaptive = r->family->thinking == THINKING_ADAPTIVE;

    if (r->thinking_lost || (adaptive && !r->m[M_THINKING] && r->effort == EFFORT_NONE)) {
        if (adaptive && r->family->disable_ok)
            write_type(b, "disabled", 0);
    } else if (r->m[M_THINKING]) {
        sl_json_kv_raw(&b->out, "thinking", r->m[M_THINKING]->raw);
    } else if (r->budget) {
        write_type(b, "enabled", r->budget);
    } else if (adaptive && r->effort > EFFORT_NONE) {
        write_type(b, "adaptive", 0);
    }
    write_output_config(r, b);
}

/* The three words that both other makers know. */
static const char *plain_word(enum bedrock_effort e)
{
    return e <= EFFORT_LOW ? "low" : e == EFFORT_MEDIUM ? "medium" : "high";
}

void bedrock_write_thinking(struct request *r, struct sl_parts *b)
{
    switch (r->family->thinking) {
    case THINKING_EFFORT:
        if (r->effort > EFFORT_NONE)
            sl_json_kv_str(&b->out, "reasoning_effort", sl_span_str(plain_word(r->effort)));
        break;
    case THINKING_NOVA:
        if (r->effort <= EFFORT_NONE)
            break;
        sl_json_key(&b->out, "reasoningConfig");
        sl_json_open(&b->out, '{');
        sl_json_kv_str(&b->out, "type", SL_SPAN("enabled"));
        sl_json_kv_str(&b->out, "maxReasoningEffort", sl_span_str(plain_word(r->effort)));
        sl_json_close(&b->out, '}');
        break;
    default:
        if (r->family->maker == MAKER_CLAUDE)
            write_claude(r, b);
        break;
    }
}
