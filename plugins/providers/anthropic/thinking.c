/* SPDX-License-Identifier: Apache-2.0 */
/* thinking.c - reasoning_effort and the vendor's own thinking member, max_tokens that has to hold
 * the budget, and output_config, which carries effort and structured output. */
#include "request.h"

static sluice_status read_max_tokens(struct request *r)
{
    bool new_name = r->m[M_MAX_COMPLETION_TOKENS] != NULL;
    const struct sl_json *max = r->m[new_name ? M_MAX_COMPLETION_TOKENS : M_MAX_TOKENS];

    if (!max) {
        r->max_tokens =
            r->self->default_max_tokens ? r->self->default_max_tokens : r->family->max_output;
        return SLUICE_OK;
    }
    if (!sl_json_i64(max->raw, &r->max_tokens) || r->max_tokens < 0)
        return sl_chat_bad(&r->chat, NULL, "This is a whole number of tokens.", "%s",
                           new_name ? "max_completion_tokens" : "max_tokens");
    return SLUICE_OK;
}

/* max_tokens counts thinking too and must be above the budget. */
static void make_room(struct request *r, int64_t budget, bool may_shrink)
{
    int64_t most = r->family->max_output;

    if (r->max_tokens > budget)
        return;
    r->max_tokens = budget < INT64_MAX - r->max_tokens ? budget + r->max_tokens : budget;
    if (!may_shrink)
        return;
    if (r->max_tokens > most)
        r->max_tokens = most;
    if (r->turns.budget >= r->max_tokens)
        r->turns.budget = r->max_tokens - 1;
}

sluice_status anthropic_thinking(struct request *r)
{
    const struct sl_json *own = r->m[M_THINKING];
    sluice_status st = turns_read_effort(&r->turns, r->m[M_REASONING_EFFORT]);

    if (st >= 0)
        st = read_max_tokens(r);
    if (st < 0)
        return st;
    turns_think(&r->turns, own, r->family->thinking, r->family->disable_ok, r->self->budgets);
    if (!r->turns.thinks || !r->turns.budgeted)
        return SLUICE_OK;
    if (!own)
        make_room(r, r->turns.budget, true);
    else if (!r->m[M_MAX_TOKENS] && !r->m[M_MAX_COMPLETION_TOKENS])
        make_room(r, sl_json_int(sl_json_get(own, "budget_tokens"), 0), false);
    return SLUICE_OK;
}

/* What goes into output_config.effort, or UNSET. */
static enum turns_effort effort_out(const struct request *r)
{
    enum turns_effort e = r->turns.effort;

    if (r->family->thinking != THINKING_ADAPTIVE || e == EFFORT_UNSET)
        return EFFORT_UNSET;
    if (e == EFFORT_NONE)
        return r->family->disable_ok || r->family->between_tools ? EFFORT_UNSET : EFFORT_LOW;
    if (e == EFFORT_MINIMAL)
        return EFFORT_LOW;
    if (r->turns.thinking_lost && e > EFFORT_HIGH)
        return EFFORT_HIGH; /* more is refused while thinking is off */
    if ((e == EFFORT_XHIGH && !r->family->xhigh) || (e == EFFORT_MAX && !r->family->max))
        return EFFORT_HIGH;
    return e;
}

static void write_output_config(struct request *r, struct sl_parts *b)
{
    const struct sl_json *own = r->m[M_OUTPUT_CONFIG];
    enum turns_effort effort = sl_json_opt(own, "effort") ? EFFORT_UNSET : effort_out(r);

    if (!own && effort == EFFORT_UNSET && r->turns.form != FORM_NATIVE)
        return;
    sl_json_key(&b->out, "output_config");
    sl_json_open(&b->out, '{');
    sl_json_each(m, own)
    {
        if (r->turns.form == FORM_NATIVE && sl_span_eq(m->name, SL_SPAN("format")))
            continue;
        sl_json_key_span(&b->out, m->name);
        sl_json_raw(&b->out, m->raw);
    }
    if (effort != EFFORT_UNSET)
        sl_json_kv_str(&b->out, "effort", sl_span_str(turns_effort_name(effort)));
    if (r->turns.form == FORM_NATIVE) {
        sl_json_key(&b->out, "format");
        sl_json_open(&b->out, '{');
        sl_json_kv_str(&b->out, "type", SL_SPAN("json_schema"));
        sl_json_key(&b->out, "schema");
        anthropic_write_schema(b, r->turns.schema);
        sl_json_close(&b->out, '}');
    }
    sl_json_close(&b->out, '}');
}

void anthropic_write_thinking(struct request *r, struct sl_parts *b)
{
    bool adaptive = r->family->thinking == THINKING_ADAPTIVE;

    if (r->turns.thinking_lost) {
        if (adaptive && r->family->disable_ok)
            turns_write_thinking(&b->out, "disabled", 0);
    } else if (r->m[M_THINKING]) {
        sl_json_kv_raw(&b->out, "thinking", r->m[M_THINKING]->raw);
    } else if (r->turns.budget) {
        turns_write_thinking(&b->out, "enabled", r->turns.budget);
    } else if (adaptive && r->turns.effort > EFFORT_NONE) {
        turns_write_thinking(&b->out, "adaptive", 0);
    } else if (adaptive && r->turns.effort == EFFORT_NONE) {
        if (r->family->disable_ok)
            turns_write_thinking(&b->out, "disabled", 0);
        else if (r->family->between_tools)
            turns_write_thinking(&b->out, "between_tools", 0);
    }
    write_output_config(r, b);
}
