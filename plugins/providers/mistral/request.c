/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - chat requests with the vendor's names; the vendor refuses members that it does not
 * know. And embeddings, which differ in one name. */
#include <sluice_sdk/dropped.h>
#include "mistral.h"

enum {
    M_MESSAGES,
    M_MAX_TOKENS,
    M_MAX_COMPLETION_TOKENS,
    M_TEMPERATURE,
    M_TOP_P,
    M_SEED,
    M_STOP,
    M_N,
    M_LOGPROBS,
    M_TOP_LOGPROBS,
    M_MODALITIES,
    M_AUDIO,
    M_TOOLS,
    M_TOOL_CHOICE,
    M_FUNCTIONS,
    M_FUNCTION_CALL,
    M_REASONING_EFFORT,
    M_THINKING,
    M_SERVICE_TIER,
    M_WEB_SEARCH_OPTIONS,
    MEMBERS
};

static const char *const names[MEMBERS] = {
    [M_MESSAGES] = "messages",
    [M_MAX_TOKENS] = "max_tokens",
    [M_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
    [M_TEMPERATURE] = "temperature",
    [M_TOP_P] = "top_p",
    [M_SEED] = "seed",
    [M_STOP] = "stop",
    [M_N] = "n",
    [M_LOGPROBS] = "logprobs",
    [M_TOP_LOGPROBS] = "top_logprobs",
    [M_MODALITIES] = "modalities",
    [M_AUDIO] = "audio",
    [M_TOOLS] = "tools",
    [M_TOOL_CHOICE] = "tool_choice",
    [M_FUNCTIONS] = "functions",
    [M_FUNCTION_CALL] = "function_call",
    [M_REASONING_EFFORT] = "reasoning_effort",
    [M_THINKING] = "thinking",
    [M_SERVICE_TIER] = "service_tier",
    [M_WEB_SEARCH_OPTIONS] = "web_search_options",
};

/* Hints that the vendor refuses; and what is written from the call itself. What is neither here nor
 * above is passed on: prediction, metadata, response_format, penalties, safe_prompt ... */
static const char *const left_out[] = {
    "model",
    "stream",
    "stream_options",
    "logit_bias",
    "user",
    "safety_identifier",
    "store",
    "verbosity",
    "top_k",
    "prompt_cache_retention",
    "prompt_cache_options",
    "cache_control",
    NULL,
};

struct request {
    sluice_exchange *x;
    struct sl_chat *c;
    struct sl_json_out *o;
    const struct sl_json *m[MEMBERS];
    const sluice_header **extra;
    size_t n_extra;
    struct sl_chat_tools tools;
};

/* ---- sampling ---- */

static void write_sampling(struct request *r)
{
    const struct sl_json *temperature = r->m[M_TEMPERATURE], *top_p = r->m[M_TOP_P];
    double t = 1;
    bool greedy;

    if (temperature && sl_json_f64(temperature->raw, &t))
        sl_json_kv_raw(r->o, "temperature", t > 1.5 ? SL_SPAN("1.5") : temperature->raw);
    greedy = t <= 0;
    if (top_p && top_p->type == SL_JSON_NUMBER && !greedy) /* refused beside a temperature of 0 */
        sl_json_kv_raw(r->o, "top_p", top_p->raw);
    else if (top_p)
        sl_dropped(r->c->call, SL_SPAN("top_p"));
    if (r->m[M_SEED])
        sl_json_kv_raw(r->o, "random_seed", r->m[M_SEED]->raw);
    if (r->m[M_STOP])
        sl_json_kv_raw(r->o, "stop", r->m[M_STOP]->raw);
    if (r->m[M_N])
        sl_json_kv_raw(r->o, "n", r->m[M_N]->raw);
}

static void write_tier(struct request *r)
{
    if (sl_json_is(r->m[M_SERVICE_TIER], "auto"))
        sl_json_kv_str(r->o, "service_tier", SL_SPAN("auto"));
    else if (sl_json_is(r->m[M_SERVICE_TIER], "default") ||
             sl_json_is(r->m[M_SERVICE_TIER], "standard_only"))
        sl_json_kv_str(r->o, "service_tier", SL_SPAN("standard_only"));
    else if (r->m[M_SERVICE_TIER])
        sl_dropped(r->c->call, SL_SPAN("service_tier"));
}

/* One family is told to reason by a mode, the others how much. */
static sluice_status write_reasoning(struct request *r)
{
    static const char *const words[] = { "none", "minimal", "low", "medium", "high", "xhigh" };
    const struct sl_json *effort = r->m[M_REASONING_EFFORT], *thinking = r->m[M_THINKING];
    const char *word = NULL;

    if (thinking)
        word = sl_json_is(sl_json_opt(thinking, "type"), "disabled") ? "none" : "medium";
    for (size_t i = 0; effort && i < sizeof words / sizeof *words; i++)
        if (sl_json_is(effort, words[i]))
            word = words[i];
    if (sl_json_is(effort, "max"))
        word = "xhigh";
    if (effort && !word)
        return sl_chat_bad(r->c, NULL, "This is none, minimal, low, medium, high or xhigh.",
                           "reasoning_effort");
    if (!word)
        return SLUICE_OK;
    if (!mistral_reasons(r->c->call->model))
        sl_json_kv_str(r->o, "reasoning_effort", sl_span_str(word));
    else if (strcmp(word, "none") != 0)
        sl_json_kv_str(r->o, "prompt_mode", SL_SPAN("reasoning"));
    return SLUICE_OK;
}

/* ---- tools ---- */

static sluice_status write_tools(struct request *r)
{
    struct sl_chat_tools *t = &r->tools;
    sluice_status st = sl_chat_tools(r->c, r->m[M_TOOLS], r->m[M_FUNCTIONS], r->m[M_TOOL_CHOICE],
                                     r->m[M_FUNCTION_CALL], t);
    static const char *const choices[] = { [SL_CHOICE_UNSET] = NULL,
                                           [SL_CHOICE_AUTO] = "auto",
                                           [SL_CHOICE_ANY] = "any",
                                           [SL_CHOICE_ONE] = "any",
                                           [SL_CHOICE_NONE] = "none" };

    for (size_t i = 0; i < t->n && st >= 0; i++)
        if (!t->list[i].function)
            st = sl_chat_tool_unknown(r->c, i);
    if (st < 0 || !t->n)
        return st;
    sl_json_key(r->o, "tools");
    sl_json_open(r->o, '[');
    for (size_t i = 0; i < t->n; i++) {
        const struct sl_json *f = t->list[i].function;

        if (!t->list[i].allowed ||
            (t->choice == SL_CHOICE_ONE && !sl_span_eq(t->list[i].name, t->name)))
            continue;
        sl_json_open(r->o, '{');
        sl_json_kv_str(r->o, "type", SL_SPAN("function"));
        sl_json_key(r->o, "function");
        sl_json_open(r->o, '{');
        sl_json_each(member, f)
        {
            if (member->type == SL_JSON_NULL)
                continue;
            sl_json_key_span(r->o, member->name);
            sl_parts_raw(&r->x->body, member->raw);
        }
        if (!sl_json_opt(f, "parameters")) /* which it cannot do without */
            sl_json_kv_raw(r->o, "parameters", SL_SPAN("{\"type\":\"object\",\"properties\":{}}"));
        sl_json_close(r->o, '}');
        sl_json_close(r->o, '}');
    }
    sl_json_close(r->o, ']');
    if (choices[t->choice])
        sl_json_kv_str(r->o, "tool_choice", sl_span_str(choices[t->choice]));
    return st;
}

/* ---- all of it ---- */

static sluice_status write_body(struct request *r)
{
    const struct sl_json *limit =
        r->m[M_MAX_COMPLETION_TOKENS] ? r->m[M_MAX_COMPLETION_TOKENS] : r->m[M_MAX_TOKENS];
    sluice_status st;

    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "model", r->c->call->model);
    if (r->c->call->flags & SLUICE_CALL_STREAM)
        sl_json_kv_bool(r->o, "stream", true);
    st = mistral_write_messages(r->x, r->m[M_MESSAGES]);
    if (st >= 0)
        st = write_tools(r);
    if (st >= 0)
        st = write_reasoning(r);
    if (st < 0)
        return st;
    if (limit)
        sl_json_kv_raw(r->o, "max_tokens", limit->raw);
    write_sampling(r);
    write_tier(r);
    for (size_t i = 0; i < r->n_extra; i++) {
        sl_json_key_span(r->o, r->extra[i]->name);
        sl_parts_raw(&r->x->body, r->extra[i]->value);
    }
    sl_json_close(r->o, '}');
    return SLUICE_OK;
}

sluice_status mistral_request(sluice_exchange *x)
{
    struct request *r = sl_alloc0(x->arena, sizeof *r);
    sluice_status st;

    if (!r)
        return SLUICE_E_NOMEM;
    r->x = x;
    r->c = &x->chat;
    r->o = &x->body.out;
    st = sl_chat_members(r->c, names, MEMBERS, r->m, left_out, &r->extra, &r->n_extra);
    if (st >= 0)
        st = sl_chat_lacks(r->c, NULL, r->m[M_LOGPROBS], r->m[M_TOP_LOGPROBS], r->m[M_MODALITIES],
                           r->m[M_AUDIO]);
    if (st >= 0 && r->m[M_WEB_SEARCH_OPTIONS])
        st = sl_chat_lacking(r->c, "web_search_options");
    if (st >= 0)
        st = write_body(r);
    return st < 0 ? st : sl_parts_end(&x->body, &x->parts, &x->n_parts);
}

/* ---- embeddings: the answer is OpenAI's already ---- */

sluice_status mistral_embed(sluice_exchange *x)
{
    sluice_call call = *x->call;
    sluice_header *members = sl_alloc(x->arena, (call.n_members + 1) * sizeof *members);
    size_t n = 0;

    if (!members)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < call.n_members; i++) {
        sluice_header m = call.members[i];
        struct sl_json_iter it = { .started = false };
        sluice_span name, first;

        if (sl_span_eq(m.name, SL_SPAN("user")) || sl_json_type(m.value) == SL_JSON_NULL)
            continue; /* pitfall 36: null is not the same as absent there */
        if (sl_span_eq(m.name, SL_SPAN("dimensions")))
            m.name = SL_SPAN("output_dimension");
        if (sl_span_eq(m.name, SL_SPAN("input")) && sl_json_type(m.value) == SL_JSON_ARRAY &&
            sl_json_next(&it, m.value, &name, &first) && sl_json_type(first) != SL_JSON_STRING)
            return sl_chat_bad(&x->chat, "unsupported_value",
                               "The provider takes text, no lists of tokens.", "input.[0]");
        members[n++] = m;
    }
    call.members = members;
    call.n_members = n;
    return sl_parts_relay(&call, x->arena, &x->parts, &x->n_parts);
}
