/* SPDX-License-Identifier: Apache-2.0 */
/* thinking.c - reasoning_effort and Anthropic's own thinking member, in the words of the model's
 * maker; and max_tokens, which has to hold the budget. */
#include "request.h"

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
    if (r->turns.budget >= r->max_tokens)
        r->turns.budget = r->max_tokens - 1;
}

static void claude(struct request *r)
{
    const struct sl_json *own = r->m[M_THINKING];

    turns_think(&r->turns, own, r->family->thinking, r->family->disable_ok, r->self->budgets);
    if (!r->turns.thinks || !r->turns.budgeted)
        return;
    if (own)
        make_room(r, sl_json_int(sl_json_get(own, "budget_tokens"), 0), false);
    else
        make_room(r, r->turns.budget, true);
}

sluice_status bedrock_thinking(struct request *r)
{
    sluice_status st = turns_read_effort(&r->turns, r->m[M_REASONING_EFFORT]);

    if (st >= 0)
        st = read_max_tokens(r);
    if (st < 0)
        return st;
    if (r->family->maker == MAKER_CLAUDE) {
        claude(r);
        return SLUICE_OK;
    }
    turns_drop_thinking(&r->turns); /* signed by others, or by nobody */
    if (r->m[M_THINKING] && !sl_json_is(sl_json_get(r->m[M_THINKING], "type"), "disabled"))
        return sl_chat_lacking(&r->chat, "thinking");
    return SLUICE_OK;
}

/* ---- writing ---- */

/* What goes into output_config.effort, or UNSET. */
static enum turns_effort effort_out(const struct request *r)
{
    enum turns_effort e = r->turns.effort;

    if (r->family->thinking != THINKING_ADAPTIVE || e == EFFORT_UNSET)
        return EFFORT_UNSET;
    if (e == EFFORT_NONE)
        return r->family->disable_ok ? EFFORT_UNSET : EFFORT_LOW;
    if (e == EFFORT_MINIMAL)
        return EFFORT_LOW;
    return r->turns.thinking_lost && e > EFFORT_HIGH ? EFFORT_HIGH : e;
}

static void write_output_config(struct request *r, struct sl_parts *b)
{
    const struct sl_json *own = r->m[M_OUTPUT_CONFIG];
    enum turns_effort effort = sl_json_opt(own, "effort") ? EFFORT_UNSET : effort_out(r);

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
        sl_json_kv_str(&b->out, "effort", sl_span_str(turns_effort_name(effort)));
    sl_json_close(&b->out, '}');
}

static void write_claude(struct request *r, struct sl_parts *b)
{
    bool adaptive = r->family->thinking == THINKING_ADAPTIVE;

    if (r->turns.thinking_lost ||
        (adaptive && !r->m[M_THINKING] && r->turns.effort == EFFORT_NONE)) {
        if (adaptive && r->family->disable_ok)
            turns_write_thinking(&b->out, "disabled", 0);
    } else if (r->m[M_THINKING]) {
        sl_json_kv_raw(&b->out, "thinking", r->m[M_THINKING]->raw);
    } else if (r->turns.budget) {
        turns_write_thinking(&b->out, "enabled", r->turns.budget);
    } else if (adaptive && r->turns.effort > EFFORT_NONE) {
        turns_write_thinking(&b->out, "adaptive", 0);
    }
    write_output_config(r, b);
}

/* The three words that both other makers know. */
static const char *plain_word(enum turns_effort e)
{
    return e <= EFFORT_LOW ? "low" : e == EFFORT_MEDIUM ? "medium" : "high";
}

void bedrock_write_thinking(struct request *r, struct sl_parts *b)
{
    switch (r->family->thinking) {
    case THINKING_EFFORT:
        if (r->turns.effort > EFFORT_NONE)
            sl_json_kv_str(&b->out, "reasoning_effort", sl_span_str(plain_word(r->turns.effort)));
        break;
    case THINKING_NOVA:
        if (r->turns.effort <= EFFORT_NONE)
            break;
        sl_json_key(&b->out, "reasoningConfig");
        sl_json_open(&b->out, '{');
        sl_json_kv_str(&b->out, "type", SL_SPAN("enabled"));
        sl_json_kv_str(&b->out, "maxReasoningEffort", sl_span_str(plain_word(r->turns.effort)));
        sl_json_close(&b->out, '}');
        break;
    default:
        if (r->family->maker == MAKER_CLAUDE)
            write_claude(r, b);
        break;
    }
}
