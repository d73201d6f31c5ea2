/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - sorts the members of a chat request, refuses what the vendor lacks, and writes the
 * generateContent body. What no table names is passed on: the vendor's own members. */
#include <sluice_sdk/dropped.h>
#include "request.h"

static const char *const names[MEMBERS] = {
    [M_MESSAGES] = "messages",
    [M_MAX_TOKENS] = "max_tokens",
    [M_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
    [M_TEMPERATURE] = "temperature",
    [M_TOP_P] = "top_p",
    [M_TOP_K] = "top_k",
    [M_STOP] = "stop",
    [M_N] = "n",
    [M_SEED] = "seed",
    [M_PRESENCE_PENALTY] = "presence_penalty",
    [M_FREQUENCY_PENALTY] = "frequency_penalty",
    [M_LOGPROBS] = "logprobs",
    [M_TOP_LOGPROBS] = "top_logprobs",
    [M_MODALITIES] = "modalities",
    [M_AUDIO] = "audio",
    [M_TOOLS] = "tools",
    [M_TOOL_CHOICE] = "tool_choice",
    [M_PARALLEL_TOOL_CALLS] = "parallel_tool_calls",
    [M_FUNCTIONS] = "functions",
    [M_FUNCTION_CALL] = "function_call",
    [M_RESPONSE_FORMAT] = "response_format",
    [M_REASONING_EFFORT] = "reasoning_effort",
    [M_THINKING] = "thinking",
    [M_SERVICE_TIER] = "service_tier",
    [M_METADATA] = "metadata",
    [M_WEB_SEARCH_OPTIONS] = "web_search_options",
    [M_SAFETY_SETTINGS] = "safety_settings",
    [M_SAFETY_SETTINGS_NATIVE] = "safetySettings",
    [M_CACHED_CONTENT] = "cached_content",
    [M_CACHED_CONTENT_NATIVE] = "cachedContent",
    [M_GENERATION_CONFIG] = "generationConfig",
};

/* Hints without an equivalent, left out in silence; and what is written from the call itself. */
static const char *const left_out[] = {
    "model",
    "stream",
    "stream_options",
    "logit_bias",
    "store",
    "prediction",
    "verbosity",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    NULL,
};

static void write_safety(struct request *r)
{
    struct sl_json_out *o = &r->out->out;
    const struct sl_json *given =
        r->m[M_SAFETY_SETTINGS] ? r->m[M_SAFETY_SETTINGS] : r->m[M_SAFETY_SETTINGS_NATIVE];
    sluice_span raw = given ? given->raw : r->x->self->safety_settings;

    if (raw.len)
        sl_json_kv_raw(o, "safetySettings", raw);
}

static void write_cached(struct request *r)
{
    const struct sl_json *name =
        r->m[M_CACHED_CONTENT] ? r->m[M_CACHED_CONTENT] : r->m[M_CACHED_CONTENT_NATIVE];

    if (name && name->type == SL_JSON_STRING)
        sl_json_kv_raw(&r->out->out, "cachedContent", name->raw);
}

static void write_tier(struct request *r)
{
    const struct sl_json *tier = r->m[M_SERVICE_TIER];

    if (!r->x->self->vertex && (sl_json_is(tier, "flex") || sl_json_is(tier, "priority")))
        sl_json_kv_raw(&r->out->out, "serviceTier", tier->raw);
    else if (tier)
        sl_dropped(r->c->call, SL_SPAN("service_tier"));
}

/* What a label of Vertex AI may be made of. */
static bool is_label(sluice_span s, bool name)
{
    if (s.len > 63 || (name && (!s.len || s.ptr[0] < 'a' || s.ptr[0] > 'z')))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static void write_labels(struct request *r)
{
    struct sl_json_out *o = &r->out->out;
    bool open = false;

    for (size_t i = 0; i < r->n_extra; i++)
        if (sl_span_eq(r->extra[i]->name, SL_SPAN("labels")))
            return; /* given in the vendor's form */
    if (!r->x->self->vertex || !r->m[M_METADATA] || r->m[M_METADATA]->type != SL_JSON_OBJECT)
        return;
    sl_json_each(m, r->m[M_METADATA])
    {
        if (m->type != SL_JSON_STRING || !is_label(m->name, true) ||
            !is_label(sl_json_inside(m), false))
            continue;
        if (!open) {
            sl_json_key(o, "labels");
            sl_json_open(o, '{');
            open = true;
        }
        sl_json_key_span(o, m->name);
        sl_json_raw(o, m->raw);
    }
    if (open)
        sl_json_close(o, '}');
}

static sluice_status write_body(struct request *r)
{
    sluice_status st;

    sl_json_open(&r->out->out, '{');
    gemini_write_contents(r);
    gemini_write_system(r);
    st = gemini_write_tools(r);
    if (st >= 0)
        st = gemini_write_generation(r);
    if (st < 0)
        return st;
    write_safety(r);
    write_cached(r);
    write_tier(r);
    write_labels(r);
    for (size_t i = 0; i < r->n_extra; i++) {
        sl_json_key_span(&r->out->out, r->extra[i]->name);
        sl_parts_raw(r->out, r->extra[i]->value);
    }
    sl_json_close(&r->out->out, '}');
    return SLUICE_OK;
}

static sluice_status sort(struct request *r)
{
    return sl_chat_members(r->c, names, MEMBERS, r->m, left_out, &r->extra, &r->n_extra);
}

sluice_status gemini_request(sluice_exchange *x)
{
    static sluice_status (*const steps[])(struct request * r) = {
        sort, gemini_messages, gemini_tools, gemini_format, write_body,
    };
    struct request *r = sl_alloc0(x->arena, sizeof *r);
    sluice_status st = SLUICE_OK;

    if (!r)
        return SLUICE_E_NOMEM;
    r->x = x;
    r->c = &x->chat;
    r->out = &x->body;
    r->model = &x->model;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && st >= 0; i++)
        st = steps[i](r);
    return st < 0 ? st : sl_parts_end(&x->body, &x->parts, &x->n_parts);
}
