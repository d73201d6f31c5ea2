/* SPDX-License-Identifier: Apache-2.0 */
/* verbs_utils.c - LiteLLM's small questions about models: how many tokens is this, what does that
 * take? In its shapes, answered from what is known here; nobody is asked. */
#include "api/verbs.h"

#include "base/status.h"
#include "call/choice/needs.h"
#include "call/call.h"
#include "format/json_write.h"

static sluice_status wrong(sluice_error *err, const char *param, const char *text)
{
    return sl_fail_param(err, SLUICE_E_INVALID, NULL, param, "%s", text);
}

/* The group's first deployment; its upstream model in *name. NULL: there is no such model. */
static const struct sl_deployment *deployment_of(const struct sl_snapshot *s, sluice_span model,
                                                 struct sluice_arena *arena, sluice_span *name)
{
    struct sl_wildcard_match match = { .n = 0 };
    const struct sl_group *g = sl_groups_find(&s->groups, model, sl_span(NULL, 0), &match);

    if (!g || g->n == 0)
        return NULL;
    *name = sl_wildcard_apply(g->deployments[0]->settings->model, &match, model, arena);
    return g->deployments[0];
}

/* ---- tokens.count ------------------------------------------------------------------------------
 */

static sluice_status count_members(const struct sl_snapshot *s, const sluice_header *members,
                                   size_t n, struct sluice_arena *arena, struct sl_rows *rows,
                                   sluice_error *err)
{
    static const char *const prompts[] = { "messages", "prompt", "contents", "input" };
    struct sl_json_out o = sl_json_out(&rows->text);
    sluice_span model = { "", 0 }, used;
    struct sl_prompt prompt = { 0 };
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        if (sl_span_eq(members[i].name, SL_SPAN("model")) &&
            !sl_json_string(members[i].value, arena, &model))
            return wrong(err, "model", "'model' must be a string");
        for (size_t k = 0; k < sizeof prompts / sizeof *prompts; k++)
            any |= sl_span_eq(members[i].name, sl_span_str(prompts[k])) &&
                   sl_json_type(members[i].value) != SL_JSON_NULL;
    }
    if (!model.len)
        return wrong(err, "model", "you must provide a model parameter");
    if (!any)
        return wrong(err, "messages", "'messages', 'prompt' or 'contents' is required");
    used = model;
    if (!deployment_of(s, model, arena, &used))
        used = model;
    sl_needs_weigh(members, n, &prompt);
    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "total_tokens", sl_prompt_tokens(&prompt));
    sl_json_kv_str(&o, "request_model", model);
    sl_json_kv_str(&o, "model_used", used);
    sl_json_kv_str(&o, "tokenizer_type", SL_SPAN("estimate"));
    sl_json_kv_raw(&o, "original_response", SL_SPAN("null"));
    sl_json_kv_bool(&o, "error", false);
    sl_json_kv_raw(&o, "error_message", SL_SPAN("null"));
    sl_json_kv_raw(&o, "status_code", SL_SPAN("null"));
    sl_json_close(&o, '}');
    sl_buf_add_char(&rows->text, 0);
    return SLUICE_OK;
}

sluice_status sl_verb_count_tokens(struct sluice *s, const struct sl_snapshot *snapshot,
                                   sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    struct sl_json_error why = { 0 };
    struct sluice_arena arena;
    sluice_header *members;
    sluice_status st;
    size_t n;

    (void)s;
    sl_arena_init(&arena, argument.len + 65536);
    st = sl_json_members(argument, &arena, &members, &n, &why);
    if (st == SLUICE_E_NOMEM)
        sl_fail(err, st, "out of memory reading the request");
    else if (st < 0)
        sl_fail(err, st, "the body is no JSON object: %s at line %zu, column %zu",
                why.what ? why.what : "malformed", why.line, why.column);
    else
        st = count_members(snapshot, members, n, &arena, rows, err);
    sl_arena_finish(&arena);
    return st;
}

/* ---- params.supported --------------------------------------------------------------------------
 */

/* What chat requests may hold, and the ability without which it is of no use. */
static const struct {
    const char *name;
    enum sl_ability needs; /* SL_ABILITIES = none */
} params[] = {
    { "frequency_penalty", SL_ABILITIES },
    { "logit_bias", SL_ABILITIES },
    { "logprobs", SL_ABILITIES },
    { "top_logprobs", SL_ABILITIES },
    { "max_tokens", SL_ABILITIES },
    { "max_completion_tokens", SL_ABILITIES },
    { "modalities", SL_ABLE_AUDIO_OUT },
    { "prediction", SL_ABILITIES },
    { "n", SL_ABILITIES },
    { "presence_penalty", SL_ABILITIES },
    { "seed", SL_ABILITIES },
    { "stop", SL_ABILITIES },
    { "stream", SL_ABILITIES },
    { "stream_options", SL_ABILITIES },
    { "temperature", SL_ABILITIES },
    { "top_p", SL_ABILITIES },
    { "tools", SL_ABLE_TOOLS },
    { "tool_choice", SL_ABLE_TOOLS },
    { "functions", SL_ABLE_TOOLS },
    { "function_call", SL_ABLE_TOOLS },
    { "parallel_tool_calls", SL_ABLE_PARALLEL_TOOLS },
    { "audio", SL_ABLE_AUDIO_OUT },
    { "web_search_options", SL_ABLE_WEB_SEARCH },
    { "reasoning_effort", SL_ABLE_REASONING },
    { "extra_headers", SL_ABILITIES },
    { "user", SL_ABILITIES },
    { "response_format", SL_ABILITIES },
    { "service_tier", SL_ABILITIES },
};

static bool lists(sluice_span array, const char *word)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, item, text;

    if (sl_json_type(array) != SL_JSON_ARRAY)
        return false;
    while (sl_json_next(&it, array, &name, &item))
        if (sl_json_raw_string(item, &text) && sl_span_eq(text, sl_span_str(word)))
            return true;
    return false;
}

sluice_status sl_verb_params(struct sluice *s, const struct sl_snapshot *snapshot,
                             sluice_span argument, struct sl_rows *rows, sluice_error *err)
{
    struct sl_json_out o = sl_json_out(&rows->text);
    sluice_span model = { "", 0 }, name, refused;
    const struct sl_deployment *d;
    const struct sl_model *m;
    struct sluice_arena arena;
    sluice_status st = SLUICE_OK;

    (void)s;
    sl_arena_init(&arena, 65536);
    (void)sl_json_string(sl_json_find(argument, "model"), &arena, &model);
    d = model.len ? deployment_of(snapshot, model, &arena, &name) : NULL;
    m = d ? sl_snapshot_model(snapshot, d, name, &arena) : NULL;
    if (!model.len) {
        st = wrong(err, "model", "name a model: ?model=");
    } else if (!d) {
        st = sl_fail_param(err, SLUICE_E_NOT_FOUND, "model_not_found", "model",
                           "The model `%.*s` does not exist", SL_FMT(sl_span_head(model, 100)));
    } else {
        /* What a provider's data file says it refuses. */
        refused = sl_json_find(sl_entry_class(d->provider)->data, "request.unsupported");
        sl_json_open(&o, '{');
        sl_json_key(&o, "supported_openai_params");
        sl_json_open(&o, '[');
        for (size_t i = 0; i < sizeof params / sizeof *params; i++)
            if (!lists(refused, params[i].name) &&
                (params[i].needs == SL_ABILITIES || sl_model_can(m, params[i].needs) != SL_CANNOT))
                sl_json_str(&o, sl_span_str(params[i].name));
        sl_json_close(&o, ']');
        sl_json_close(&o, '}');
        sl_buf_add_char(&rows->text, 0);
    }
    sl_arena_finish(&arena);
    return st;
}
