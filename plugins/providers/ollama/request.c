/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - the body of /api/chat. What no table names is passed on. */
#include <sluice_sdk/dropped.h>
#include "ollama.h"

enum {
    M_MESSAGES,
    M_MAX_TOKENS,
    M_MAX_COMPLETION_TOKENS,
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
    M_RESPONSE_FORMAT,
    M_FORMAT,
    M_REASONING_EFFORT,
    M_THINKING,
    M_THINK,
    M_OPTIONS,
    M_KEEP_ALIVE,
    M_WEB_SEARCH_OPTIONS,
    MEMBERS
};

static const char *const names[MEMBERS] = {
    [M_MESSAGES] = "messages",
    [M_MAX_TOKENS] = "max_tokens",
    [M_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
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
    [M_RESPONSE_FORMAT] = "response_format",
    [M_FORMAT] = "format",
    [M_REASONING_EFFORT] = "reasoning_effort",
    [M_THINKING] = "thinking",
    [M_THINK] = "think",
    [M_OPTIONS] = "options",
    [M_KEEP_ALIVE] = "keep_alive",
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

struct request {
    sluice_exchange *x;
    struct sl_chat *c;
    struct sl_json_out *o;
    const struct sl_json *m[MEMBERS];
    struct ollama_members members;
    struct sl_chat_tools tools;
};

/* ---- tools: the server knows no choice, so what may not be called is not offered ---- */

static sluice_status write_tools(struct request *r)
{
    struct sl_chat_tools *t = &r->tools;
    sluice_status st = sl_chat_tools(r->c, r->m[M_TOOLS], r->m[M_FUNCTIONS], r->m[M_TOOL_CHOICE],
                                     r->m[M_FUNCTION_CALL], t);

    for (size_t i = 0; i < t->n && st >= 0; i++)
        if (!t->list[i].function)
            st = sl_chat_tool_unknown(r->c, i);
    if (st < 0 || !t->n || t->choice == SL_CHOICE_NONE)
        return st;
    if (t->choice == SL_CHOICE_ANY || t->choice == SL_CHOICE_ONE) /* that one is called at all */
        sl_dropped(r->c->call, SL_SPAN("tool_choice"));
    sl_json_key(r->o, "tools");
    sl_json_open(r->o, '[');
    for (size_t i = 0; i < t->n; i++) {
        if (!t->list[i].allowed ||
            (t->choice == SL_CHOICE_ONE && !sl_span_eq(t->list[i].name, t->name)))
            continue;
        sl_json_open(r->o, '{');
        sl_json_kv_str(r->o, "type", SL_SPAN("function"));
        sl_json_key(r->o, "function");
        sl_json_open(r->o, '{');
        sl_json_each(member, t->list[i].function)
        {
            if (sl_span_eq(member->name, SL_SPAN("strict")))
                continue;
            sl_json_key_span(r->o, member->name);
            sl_parts_raw(&r->x->body, member->raw);
        }
        sl_json_close(r->o, '}');
        sl_json_close(r->o, '}');
    }
    sl_json_close(r->o, ']');
    return st;
}

/* ---- the form of the answer, and thinking ---- */

static sluice_status write_format(struct request *r)
{
    const struct sl_json *format = r->m[M_RESPONSE_FORMAT], *type = sl_json_opt(format, "type");
    const struct sl_json *schema = sl_json_opt(sl_json_opt(format, "json_schema"), "schema");

    if (r->m[M_FORMAT]) {
        sl_json_kv_raw(r->o, "format", r->m[M_FORMAT]->raw);
        return SLUICE_OK;
    }
    if (!format || sl_json_is(type, "text"))
        return SLUICE_OK;
    if (!sl_json_is(type, "json_object") && !sl_json_is(type, "json_schema"))
        return sl_chat_bad(r->c, NULL, "This is text, json_object or json_schema.",
                           "response_format.type");
    sl_json_key(r->o, "format");
    sl_parts_raw(&r->x->body, schema ? schema->raw : SL_SPAN("\"json\""));
    return SLUICE_OK;
}

static const struct {
    const char *word, *level; /* NULL: none at all */
} efforts[] = {
    { "none", NULL },   { "minimal", "low" }, { "low", "low" },  { "medium", "medium" },
    { "high", "high" }, { "xhigh", "high" },  { "max", "high" },
};

/* One family takes levels and nothing else; the others take yes or no. */
static void think(struct request *r, const char *level)
{
    sluice_span model = r->c->call->model;

    r->x->thinks = true;
    if (level && sl_span_find(model, SL_SPAN("gpt-oss")) < model.len)
        sl_json_kv_str(r->o, "think", sl_span_str(level));
    else
        sl_json_kv_bool(r->o, "think", level != NULL);
}

static sluice_status write_think(struct request *r)
{
    const struct sl_json *effort = r->m[M_REASONING_EFFORT];

    if (r->x->not_think)
        return SLUICE_OK;
    if (r->m[M_THINK]) {
        r->x->thinks = true;
        sl_json_kv_raw(r->o, "think", r->m[M_THINK]->raw);
        return SLUICE_OK;
    }
    if (r->m[M_THINKING]) {
        think(r, sl_json_is(sl_json_opt(r->m[M_THINKING], "type"), "disabled") ? NULL : "medium");
        return SLUICE_OK;
    }
    if (!effort)
        return SLUICE_OK;
    for (size_t i = 0; i < sizeof efforts / sizeof *efforts; i++)
        if (sl_json_is(effort, efforts[i].word)) {
            think(r, efforts[i].level);
            return SLUICE_OK;
        }
    return sl_chat_bad(r->c, NULL, "This is none, minimal, low, medium, high or xhigh.",
                       "reasoning_effort");
}

static void write_logprobs(struct request *r)
{
    const struct sl_json *on = r->m[M_LOGPROBS];

    if (!on || !sl_json_is_true(on->raw))
        return;
    sl_json_kv_bool(r->o, "logprobs", true);
    if (r->m[M_TOP_LOGPROBS])
        sl_json_kv_raw(r->o, "top_logprobs", r->m[M_TOP_LOGPROBS]->raw);
}

static sluice_status write_body(struct request *r)
{
    sluice_status st;

    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "model", r->c->call->model);
    sl_json_kv_bool(r->o, "stream", (r->c->call->flags & SLUICE_CALL_STREAM) != 0);
    st = ollama_write_messages(r->c, &r->x->body, r->m[M_MESSAGES]);
    if (st >= 0)
        st = write_tools(r);
    if (st >= 0)
        st = write_format(r);
    if (st >= 0)
        st = write_think(r);
    if (st < 0)
        return st;
    write_logprobs(r);
    ollama_write_options(r->x, &r->members);
    for (size_t i = 0; i < r->members.n_extra; i++) {
        sl_json_key_span(r->o, r->members.extra[i]->name);
        sl_parts_raw(&r->x->body, r->members.extra[i]->value);
    }
    sl_json_close(r->o, '}');
    return SLUICE_OK;
}

sluice_status ollama_request(sluice_exchange *x)
{
    struct request *r = sl_alloc0(x->arena, sizeof *r);
    sluice_status st;

    if (!r)
        return SLUICE_E_NOMEM;
    r->x = x;
    r->c = &x->chat;
    r->o = &x->body.out;
    st = sl_chat_members(r->c, names, MEMBERS, r->m, left_out, &r->members.extra,
                         &r->members.n_extra);
    r->members.max_tokens = r->m[M_MAX_TOKENS];
    r->members.max_completion_tokens = r->m[M_MAX_COMPLETION_TOKENS];
    r->members.stop = r->m[M_STOP];
    r->members.options = r->m[M_OPTIONS];
    r->members.keep_alive = r->m[M_KEEP_ALIVE];
    if (st >= 0)
        st = sl_chat_lacks(r->c, r->m[M_N], NULL, NULL, r->m[M_MODALITIES], r->m[M_AUDIO]);
    if (st >= 0 && r->m[M_WEB_SEARCH_OPTIONS])
        st = sl_chat_lacking(r->c, "web_search_options");
    if (st >= 0)
        st = write_body(r);
    return st < 0 ? st : sl_parts_end(&x->body, &x->parts, &x->n_parts);
}
