/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - a chat request in the vendor's words: other names, narrower ranges, tools filtered
 * where the vendor cannot name one. What no table names is passed on. */
#include <sluice_sdk/dropped.h>
#include "cohere.h"

enum {
    M_MESSAGES,
    M_MAX_TOKENS,
    M_MAX_COMPLETION_TOKENS,
    M_TEMPERATURE,
    M_TOP_P,
    M_TOP_K,
    M_SEED,
    M_STOP,
    M_FREQUENCY_PENALTY,
    M_PRESENCE_PENALTY,
    M_N,
    M_LOGPROBS,
    M_TOP_LOGPROBS,
    M_MODALITIES,
    M_AUDIO,
    M_TOOLS,
    M_TOOL_CHOICE,
    M_FUNCTIONS,
    M_FUNCTION_CALL,
    M_RESPONSE_FORMAT,
    M_REASONING_EFFORT,
    M_THINKING,
    M_WEB_SEARCH_OPTIONS,
    MEMBERS
};

static const char *const names[MEMBERS] = {
    [M_MESSAGES] = "messages",
    [M_MAX_TOKENS] = "max_tokens",
    [M_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
    [M_TEMPERATURE] = "temperature",
    [M_TOP_P] = "top_p",
    [M_TOP_K] = "top_k",
    [M_SEED] = "seed",
    [M_STOP] = "stop",
    [M_FREQUENCY_PENALTY] = "frequency_penalty",
    [M_PRESENCE_PENALTY] = "presence_penalty",
    [M_N] = "n",
    [M_LOGPROBS] = "logprobs",
    [M_TOP_LOGPROBS] = "top_logprobs",
    [M_MODALITIES] = "modalities",
    [M_AUDIO] = "audio",
    [M_TOOLS] = "tools",
    [M_TOOL_CHOICE] = "tool_choice",
    [M_FUNCTIONS] = "functions",
    [M_FUNCTION_CALL] = "function_call",
    [M_RESPONSE_FORMAT] = "response_format",
    [M_REASONING_EFFORT] = "reasoning_effort",
    [M_THINKING] = "thinking",
    [M_WEB_SEARCH_OPTIONS] = "web_search_options",
};

/* Hints without an equivalent; and what is written from the call itself. */
static const char *const left_out[] = {
    "model",
    "stream",
    "stream_options",
    "logit_bias",
    "parallel_tool_calls",
    "user",
    "safety_identifier",
    "metadata",
    "store",
    "prediction",
    "verbosity",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "cache_control",
    NULL,
};

#define STOPS_MOST 5

struct request {
    sluice_exchange *x;
    struct sl_chat *c;
    struct sl_json_out *o;
    const struct sl_json *m[MEMBERS];
    const sluice_header **extra;
    size_t n_extra;
    struct sl_chat_tools tools;
};

static void number(struct request *r, unsigned from, const char *to)
{
    if (r->m[from] && r->m[from]->type == SL_JSON_NUMBER)
        sl_json_kv_raw(r->o, to, r->m[from]->raw);
}

/* Cut to what the vendor takes; the caller's spelling stays where it fits. */
static void clamped(struct request *r, unsigned from, const char *to, double least, double most,
                    const char *least_text, const char *most_text)
{
    double value;

    if (!r->m[from] || !sl_json_f64(r->m[from]->raw, &value))
        return;
    sl_json_kv_raw(r->o, to,
                   value < least  ? sl_span_str(least_text)
                   : value > most ? sl_span_str(most_text)
                                  : r->m[from]->raw);
}

static void write_stop(struct request *r)
{
    const struct sl_json *stop = r->m[M_STOP];
    size_t n = 0;

    if (!stop || (stop->type == SL_JSON_ARRAY && !stop->n))
        return;
    sl_json_key(r->o, "stop_sequences");
    sl_json_open(r->o, '[');
    if (stop->type == SL_JSON_STRING)
        sl_json_raw(r->o, stop->raw);
    else
        sl_json_each(s, stop)
        {
            if (s->type == SL_JSON_STRING && n++ < STOPS_MOST)
                sl_json_raw(r->o, s->raw);
        }
    sl_json_close(r->o, ']');
}

/* ---- tools ---- */

static bool is_kept(const struct sl_chat_tools *t, size_t i)
{
    return t->list[i].allowed &&
           (t->choice != SL_CHOICE_ONE || sl_span_eq(t->list[i].name, t->name));
}

static void write_tool(struct request *r, const struct sl_json *f)
{
    const struct sl_json *description = sl_json_opt(f, "description");
    const struct sl_json *parameters = sl_json_opt(f, "parameters");

    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "type", SL_SPAN("function"));
    sl_json_key(r->o, "function");
    sl_json_open(r->o, '{');
    sl_json_kv_raw(r->o, "name", sl_json_opt(f, "name")->raw);
    if (description)
        sl_json_kv_raw(r->o, "description", description->raw);
    sl_json_key(r->o, "parameters"); /* which it cannot do without */
    sl_parts_raw(&r->x->body,
                 parameters ? parameters->raw : SL_SPAN("{\"type\":\"object\",\"properties\":{}}"));
    sl_json_close(r->o, '}');
    sl_json_close(r->o, '}');
}

static sluice_status read_tools(struct request *r)
{
    sluice_status st = sl_chat_tools(r->c, r->m[M_TOOLS], r->m[M_FUNCTIONS], r->m[M_TOOL_CHOICE],
                                     r->m[M_FUNCTION_CALL], &r->tools);

    for (size_t i = 0; i < r->tools.n && st >= 0; i++)
        if (!r->tools.list[i].function)
            st = sl_chat_tool_unknown(r->c, i);
    return st;
}

static void write_tools(struct request *r)
{
    const struct sl_chat_tools *t = &r->tools;

    if (!t->n)
        return;
    sl_json_key(r->o, "tools");
    sl_json_open(r->o, '[');
    for (size_t i = 0; i < t->n; i++)
        if (is_kept(t, i))
            write_tool(r, t->list[i].function);
    sl_json_close(r->o, ']');
    if (t->strict)
        sl_json_kv_bool(r->o, "strict_tools", true);
    if (t->choice == SL_CHOICE_NONE)
        sl_json_kv_str(r->o, "tool_choice", SL_SPAN("NONE"));
    else if (t->choice == SL_CHOICE_ANY || t->choice == SL_CHOICE_ONE)
        sl_json_kv_str(r->o, "tool_choice", SL_SPAN("REQUIRED"));
}

/* ---- the form of the answer, and thinking ---- */

/* hint: what the vendor is asked for in words, where it takes no format beside tools. */
static sluice_status write_format(struct request *r, sluice_span *hint)
{
    const struct sl_json *format = r->m[M_RESPONSE_FORMAT], *type = sl_json_opt(format, "type");
    const struct sl_json *schema = sl_json_opt(sl_json_opt(format, "json_schema"), "schema");
    sluice_span text = SL_SPAN("");
    sluice_status st = SLUICE_OK;

    *hint = SL_SPAN("");
    if (!format || sl_json_is(type, "text"))
        return SLUICE_OK;
    if (!sl_json_is(type, "json_object") && !sl_json_is(type, "json_schema"))
        return sl_chat_bad(r->c, NULL, "This is text, json_object or json_schema.",
                           "response_format.type");
    if (r->tools.n) {
        if (schema)
            st = sl_chat_compact(r->c->arena, schema->raw, &text);
        *hint = sl_arena_printf(r->c->arena,
                                "When you answer without calling a tool, answer with one JSON "
                                "value and nothing else.%s%.*s",
                                text.len ? " Its JSON Schema: " : "", SL_FMT(text));
        return st < 0 || !hint->ptr ? SLUICE_E_NOMEM : SLUICE_OK;
    }
    sl_json_key(r->o, "response_format");
    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "type", SL_SPAN("json_object"));
    if (!schema)
        schema = sl_json_opt(format, "json_schema"); /* the vendor's own form */
    if (schema && schema->type == SL_JSON_OBJECT) {
        sl_json_key(r->o, "json_schema");
        sl_parts_raw(&r->x->body, schema->raw);
    }
    sl_json_close(r->o, '}');
    return SLUICE_OK;
}

static const struct {
    const char *word;
    int64_t budget;
} efforts[] = {
    { "none", 0 },     { "minimal", 1024 }, { "low", 1024 },  { "medium", 8192 },
    { "high", 24576 }, { "xhigh", 24576 },  { "max", 24576 },
};

static void write_budget(struct request *r, int64_t budget)
{
    sl_json_key(r->o, "thinking");
    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "type", budget ? SL_SPAN("enabled") : SL_SPAN("disabled"));
    if (budget > 0)
        sl_json_kv_i64(r->o, "token_budget", budget);
    sl_json_close(r->o, '}');
}

static sluice_status write_thinking(struct request *r)
{
    const struct sl_json *thinking = r->m[M_THINKING], *effort = r->m[M_REASONING_EFFORT];
    bool reasons = sl_span_find(r->c->call->model, SL_SPAN("reasoning")) < r->c->call->model.len;

    if (thinking) {
        int64_t budget = sl_json_int(sl_json_opt(thinking, "budget_tokens"), -1);

        budget = sl_json_int(sl_json_opt(thinking, "token_budget"), budget);
        write_budget(r, sl_json_is(sl_json_opt(thinking, "type"), "disabled") ? 0 : budget);
        return SLUICE_OK;
    }
    if (!effort)
        return SLUICE_OK;
    for (size_t i = 0; i < sizeof efforts / sizeof *efforts; i++)
        if (sl_json_is(effort, efforts[i].word)) {
            if (reasons) /* others refuse the member; the wish is a hint */
                write_budget(r, efforts[i].budget);
            else
                sl_dropped(r->c->call, SL_SPAN("reasoning_effort"));
            return SLUICE_OK;
        }
    return sl_chat_bad(r->c, NULL, "This is none, minimal, low, medium, high or xhigh.",
                       "reasoning_effort");
}

/* ---- all of it ---- */

static sluice_status write_body(struct request *r)
{
    const struct sl_json *logprobs = r->m[M_LOGPROBS];
    sluice_span hint;
    sluice_status st;

    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "model", r->c->call->model);
    sl_json_kv_bool(r->o, "stream", (r->c->call->flags & SLUICE_CALL_STREAM) != 0);
    st = read_tools(r);
    if (st >= 0)
        st = write_format(r, &hint);
    if (st >= 0)
        st = cohere_write_messages(r->c, &r->x->body, r->m[M_MESSAGES], hint);
    if (st >= 0)
        st = write_thinking(r);
    if (st < 0)
        return st;
    write_tools(r);
    number(r, r->m[M_MAX_COMPLETION_TOKENS] ? M_MAX_COMPLETION_TOKENS : M_MAX_TOKENS, "max_tokens");
    number(r, M_TEMPERATURE, "temperature");
    clamped(r, M_TOP_P, "p", 0.01, 0.99, "0.01", "0.99");
    clamped(r, M_TOP_K, "k", 0, 500, "0", "500");
    number(r, M_SEED, "seed");
    clamped(r, M_FREQUENCY_PENALTY, "frequency_penalty", 0, 1, "0", "1");
    clamped(r, M_PRESENCE_PENALTY, "presence_penalty", 0, 1, "0", "1");
    write_stop(r);
    if (logprobs && sl_json_is_true(logprobs->raw))
        sl_json_kv_bool(r->o, "logprobs", true);
    for (size_t i = 0; i < r->n_extra; i++) {
        sl_json_key_span(r->o, r->extra[i]->name);
        sl_parts_raw(&r->x->body, r->extra[i]->value);
    }
    sl_json_close(r->o, '}');
    return SLUICE_OK;
}

sluice_status cohere_request(sluice_exchange *x)
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
        st = sl_chat_lacks(r->c, r->m[M_N], NULL, r->m[M_TOP_LOGPROBS], r->m[M_MODALITIES],
                           r->m[M_AUDIO]);
    if (st >= 0 && r->m[M_WEB_SEARCH_OPTIONS])
        st = sl_chat_lacking(r->c, "web_search_options");
    if (st >= 0)
        st = write_body(r);
    return st < 0 ? st : sl_parts_end(&x->body, &x->parts, &x->n_parts);
}
