/* SPDX-License-Identifier: Apache-2.0 */
/* thinking.c - how much to reason: a budget of tokens for the 2.5 models, a level for later ones.
 */
#include <sluice_sdk/dropped.h>
#include "request.h"

enum effort { NONE, MINIMAL, LOW, MEDIUM, HIGH, EFFORTS };

static const struct {
    const char *word;
    enum effort effort;
} words[] = {
    { "none", NONE }, { "minimal", MINIMAL }, { "low", LOW },  { "medium", MEDIUM },
    { "high", HIGH }, { "xhigh", HIGH },      { "max", HIGH },
};

static const int32_t budgets[EFFORTS] = {
    [NONE] = 0, [MINIMAL] = 1024, [LOW] = 1024, [MEDIUM] = 8192, [HIGH] = 24576
};

static const char *level(const struct gemini_model *m, enum effort e)
{
    static const char *const flash[EFFORTS] = { "MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH" };
    static const char *const pro[EFFORTS] = { "LOW", "LOW", "LOW", "HIGH", "HIGH" };

    return m->pro ? pro[e] : flash[e];
}

/* The effort that comes nearest to a budget. */
static enum effort effort_of(int64_t budget)
{
    return budget <= 0 ? NONE : budget <= 4096 ? LOW : budget <= 16384 ? MEDIUM : HIGH;
}

static void write(struct request *r, bool include, int64_t budget, const char *word)
{
    struct sl_json_out *o = &r->out->out;

    sl_json_key(o, "thinkingConfig");
    sl_json_open(o, '{');
    if (include)
        sl_json_kv_bool(o, "includeThoughts", true);
    if (word)
        sl_json_kv_str(o, "thinkingLevel", sl_span_str(word));
    else if (budget != INT64_MIN)
        sl_json_kv_i64(o, "thinkingBudget", budget);
    sl_json_close(o, '}');
}

static void write_effort(struct request *r, enum effort e)
{
    int64_t budget = budgets[e];

    if (r->model->version >= 30) {
        write(r, e != NONE, INT64_MIN, level(r->model, e));
        return;
    }
    if (r->model->pro && budget < 128)
        budget = 128; /* it cannot be switched off there */
    write(r, e != NONE, budget, NULL);
}

/* Anthropic's form. */
static sluice_status write_native(struct request *r, const struct sl_json *thinking)
{
    const struct sl_json *type = sl_json_opt(thinking, "type");
    int64_t budget = sl_json_int(sl_json_opt(thinking, "budget_tokens"), -1);

    if (sl_json_is(type, "disabled")) {
        write_effort(r, NONE);
    } else if (sl_json_is(type, "adaptive") || (sl_json_is(type, "enabled") && budget < 0)) {
        write(r, true, r->model->version >= 30 ? INT64_MIN : -1, NULL);
    } else if (!sl_json_is(type, "enabled")) {
        return sl_chat_bad(r->c, NULL, "This is enabled, disabled or adaptive.", "thinking.type");
    } else if (r->model->version >= 30) {
        write(r, true, INT64_MIN, level(r->model, effort_of(budget)));
    } else {
        write(r, true, r->model->pro && budget < 128 ? 128 : budget, NULL);
    }
    return SLUICE_OK;
}

static bool says_itself(const struct request *r)
{
    for (size_t i = 0; i < r->n_extra; i++)
        if (sl_span_eq(r->extra[i]->name, SL_SPAN("thinkingConfig")) ||
            sl_span_eq(r->extra[i]->name, SL_SPAN("thinking_config")))
            return true;
    return sl_json_opt(r->m[M_GENERATION_CONFIG], "thinkingConfig") != NULL;
}

sluice_status gemini_write_thinking(struct request *r)
{
    const struct sl_json *effort = r->m[M_REASONING_EFFORT];

    /* older models refuse the member; the wish is a hint */
    if (r->model->version < 25 && effort)
        sl_dropped(r->c->call, SL_SPAN("reasoning_effort"));
    if (r->model->version < 25 || says_itself(r))
        return SLUICE_OK;
    if (r->m[M_THINKING])
        return write_native(r, r->m[M_THINKING]);
    if (!effort)
        return SLUICE_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sl_json_is(effort, words[i].word)) {
            write_effort(r, words[i].effort);
            return SLUICE_OK;
        }
    return sl_chat_bad(r->c, NULL, "This is none, minimal, low, medium, high or xhigh.",
                       "reasoning_effort");
}
