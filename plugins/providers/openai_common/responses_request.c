/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses_request.c - a chat request as a Responses request. Members that both APIs have under
 * one name go along as they are, like those that nobody here knows.
 */
#include "responses.h"

#include <sluice_sdk/dropped.h>
#include <sluice_sdk/status.h>

#define LEAST_TOKENS 16 /* of max_output_tokens */

enum {
    M_MODEL,
    M_MESSAGES,
    M_MAX_TOKENS,
    M_MAX_COMPLETION_TOKENS,
    M_N,
    M_STOP,
    M_MODALITIES,
    M_AUDIO,
    M_LOGPROBS,
    M_TOP_LOGPROBS,
    M_TOOLS,
    M_TOOL_CHOICE,
    M_FUNCTIONS,
    M_FUNCTION_CALL,
    M_PARALLEL,
    M_RESPONSE_FORMAT,
    M_VERBOSITY,
    M_REASONING_EFFORT,
    M_THINKING,
    M_STORE,
    M_WEB_SEARCH_OPTIONS,
    M_CACHED_CONTENT,
    M_SAFETY_SETTINGS,
    MEMBERS
};

static const char *const names[MEMBERS] = {
    [M_MODEL] = "model",
    [M_MESSAGES] = "messages",
    [M_MAX_TOKENS] = "max_tokens",
    [M_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
    [M_N] = "n",
    [M_STOP] = "stop",
    [M_MODALITIES] = "modalities",
    [M_AUDIO] = "audio",
    [M_LOGPROBS] = "logprobs",
    [M_TOP_LOGPROBS] = "top_logprobs",
    [M_TOOLS] = "tools",
    [M_TOOL_CHOICE] = "tool_choice",
    [M_FUNCTIONS] = "functions",
    [M_FUNCTION_CALL] = "function_call",
    [M_PARALLEL] = "parallel_tool_calls",
    [M_RESPONSE_FORMAT] = "response_format",
    [M_VERBOSITY] = "verbosity",
    [M_REASONING_EFFORT] = "reasoning_effort",
    [M_THINKING] = "thinking",
    [M_STORE] = "store",
    [M_WEB_SEARCH_OPTIONS] = "web_search_options",
    [M_CACHED_CONTENT] = "cached_content",
    [M_SAFETY_SETTINGS] = "safety_settings",
};

/* Hints without an equivalent; and what is written from the call itself. */
static const char *const left_out[] = {
    "stream",           "stream_options",    "seed",          "logit_bias", "prediction",
    "presence_penalty", "frequency_penalty", "cache_control", "top_k",      NULL,
};

struct request {
    struct oc_responses *x;
    struct sl_chat *c;
    struct sl_parts *body;
    struct sl_json_out *o;
    const struct sl_json *m[MEMBERS];
    struct sl_chat_tools tools;
    bool search, logprobs;
};

/* ---- tools ---- */

static void write_function(struct request *r, const struct sl_json *f)
{
    const struct sl_json *parameters = sl_json_opt(f, "parameters");
    const struct sl_json *strict = sl_json_opt(f, "strict"), *about = sl_json_opt(f, "description");

    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "type", SL_SPAN("function"));
    sl_json_key(r->o, "name");
    sl_json_raw(r->o, sl_json_opt(f, "name")->raw);
    if (about) {
        sl_json_key(r->o, "description");
        sl_parts_raw(r->body, about->raw);
    }
    sl_json_key(r->o, "parameters");
    sl_parts_raw(r->body,
                 parameters ? parameters->raw : SL_SPAN("{\"type\":\"object\",\"properties\":{}}"));
    /* Here a tool is strict unless it says otherwise; in a chat it is not. */
    sl_json_kv_bool(r->o, "strict", strict && sl_json_is_true(strict->raw));
    sl_json_close(r->o, '}');
}

static void write_search(struct request *r)
{
    const struct sl_json *options = r->m[M_WEB_SEARCH_OPTIONS];
    const struct sl_json *size = sl_json_opt(options, "search_context_size");
    const struct sl_json *place = sl_json_opt(sl_json_opt(options, "user_location"), "approximate");

    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "type", SL_SPAN("web_search"));
    if (size)
        sl_json_kv_raw(r->o, "search_context_size", size->raw);
    if (place && place->type == SL_JSON_OBJECT) {
        sl_json_key(r->o, "user_location");
        sl_json_open(r->o, '{');
        sl_json_kv_str(r->o, "type", SL_SPAN("approximate"));
        sl_json_each(member, place)
        {
            sl_json_key_span(r->o, member->name);
            sl_json_raw(r->o, member->raw);
        }
        sl_json_close(r->o, '}');
    }
    sl_json_close(r->o, '}');
}

static void write_named(struct request *r, sluice_span name)
{
    sl_json_open(r->o, '{');
    sl_json_kv_str(r->o, "type", SL_SPAN("function"));
    sl_json_key(r->o, "name");
    sl_json_inside_str(r->o, name);
    sl_json_close(r->o, '}');
}

static void write_choice(struct request *r)
{
    static const char *const words[] = {
        [SL_CHOICE_AUTO] = "auto",
        [SL_CHOICE_ANY] = "required",
        [SL_CHOICE_NONE] = "none",
    };
    const struct sl_chat_tools *t = &r->tools;

    if (t->choice == SL_CHOICE_UNSET)
        return;
    sl_json_key(r->o, "tool_choice");
    if (t->choice == SL_CHOICE_ONE) {
        write_named(r, t->name);
    } else if (!t->restricted) {
        sl_json_str(r->o, sl_span_str(words[t->choice]));
    } else {
        sl_json_open(r->o, '{');
        sl_json_kv_str(r->o, "type", SL_SPAN("allowed_tools"));
        sl_json_kv_str(r->o, "mode", sl_span_str(words[t->choice]));
        sl_json_key(r->o, "tools");
        sl_json_open(r->o, '[');
        for (size_t i = 0; i < t->n; i++)
            if (t->list[i].allowed && t->list[i].function)
                write_named(r, t->list[i].name);
        sl_json_close(r->o, ']');
        sl_json_close(r->o, '}');
    }
}

static sluice_status write_tools(struct request *r)
{
    struct sl_chat_tools *t = &r->tools;
    sluice_status st = sl_chat_tools(r->c, r->m[M_TOOLS], r->m[M_FUNCTIONS], r->m[M_TOOL_CHOICE],
                                     r->m[M_FUNCTION_CALL], t);

    if (st < 0 || (!t->n && !r->m[M_WEB_SEARCH_OPTIONS]))
        return st;
    sl_json_key(r->o, "tools");
    sl_json_open(r->o, '[');
    for (size_t i = 0; i < t->n; i++)
        if (t->list[i].function)
            write_function(r, t->list[i].function);
        else
            sl_parts_raw(r->body, t->list[i].whole->raw);
    if (r->m[M_WEB_SEARCH_OPTIONS])
        write_search(r);
    sl_json_close(r->o, ']');
    if (!t->n)
        return SLUICE_OK;
    write_choice(r);
    if (r->m[M_PARALLEL])
        sl_json_kv_raw(r->o, "parallel_tool_calls", r->m[M_PARALLEL]->raw);
    return SLUICE_OK;
}

/* ---- the form of the answer ---- */

static sluice_status write_text(struct request *r)
{
    static const char *const members[] = { "name", "description", "schema", "strict" };
    const struct sl_json *format = r->m[M_RESPONSE_FORMAT], *type = sl_json_opt(format, "type");
    const struct sl_json *schema = sl_json_opt(format, "json_schema");

    if (!format && !r->m[M_VERBOSITY])
        return SLUICE_OK;
    if (format && !sl_json_is(type, "text") && !sl_json_is(type, "json_object") &&
        !sl_json_is(type, "json_schema"))
        return sl_chat_bad(r->c, NULL, "This is text, json_object or json_schema.",
                           "response_format.type");
    sl_json_key(r->o, "text");
    sl_json_open(r->o, '{');
    if (format) {
        sl_json_key(r->o, "format");
        sl_json_open(r->o, '{');
        sl_json_kv_raw(r->o, "type", type->raw);
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            const struct sl_json *value = sl_json_opt(schema, members[i]);

            if (value) {
                sl_json_key(r->o, members[i]);
                sl_parts_raw(r->body, value->raw);
            }
        }
        sl_json_close(r->o, '}');
    }
    if (r->m[M_VERBOSITY])
        sl_json_kv_raw(r->o, "verbosity", r->m[M_VERBOSITY]->raw);
    sl_json_close(r->o, '}');
    return SLUICE_OK;
}

/* ---- thinking ---- */

static const char *effort_of(const struct sl_json *thinking)
{
    int64_t budget = sl_json_int(sl_json_opt(thinking, "budget_tokens"), 4096);

    if (!thinking || sl_json_is(sl_json_opt(thinking, "type"), "disabled"))
        return NULL;
    return budget < 2048 ? "low" : budget < 8192 ? "medium" : "high";
}

/* Whoever asks for effort may be shown what came of it, and needs the proof for the next turn. */
static void write_reasoning(struct request *r)
{
    const struct sl_json *effort = r->m[M_REASONING_EFFORT];
    const char *word = effort_of(r->m[M_THINKING]);
    bool thinks = effort ? !sl_json_is(effort, "none") : word != NULL;

    r->x->asks_summary = thinks && !r->x->no_summary;
    if (effort || word) {
        sl_json_key(r->o, "reasoning");
        sl_json_open(r->o, '{');
        sl_json_key(r->o, "effort");
        if (effort)
            sl_json_raw(r->o, effort->raw);
        else
            sl_json_str(r->o, sl_span_str(word));
        if (r->x->asks_summary)
            sl_json_kv_str(r->o, "summary", SL_SPAN("auto"));
        sl_json_close(r->o, '}');
    }
    if (!thinks && !r->logprobs)
        return;
    sl_json_key(r->o, "include");
    sl_json_open(r->o, '[');
    if (thinks)
        sl_json_str(r->o, SL_SPAN("reasoning.encrypted_content"));
    if (r->logprobs)
        sl_json_str(r->o, SL_SPAN("message.output_text.logprobs"));
    sl_json_close(r->o, ']');
}

/* ---- all of it ---- */

static void write_bound(struct request *r)
{
    const struct sl_json *bound = r->m[M_MAX_COMPLETION_TOKENS];
    int64_t n;

    if (!bound)
        bound = r->m[M_MAX_TOKENS];
    if (!bound)
        return;
    n = sl_json_int(bound, LEAST_TOKENS);
    if (n >= LEAST_TOKENS)
        sl_json_kv_raw(r->o, "max_output_tokens", bound->raw);
    else
        sl_json_kv_i64(r->o, "max_output_tokens", LEAST_TOKENS);
}

static sluice_status refuse_lacking(struct request *r)
{
    static const int lacking[] = { M_STOP, M_CACHED_CONTENT, M_SAFETY_SETTINGS };
    sluice_status st =
        sl_chat_lacks(r->c, r->m[M_N], NULL, NULL, r->m[M_MODALITIES], r->m[M_AUDIO]);

    for (size_t i = 0; i < sizeof lacking / sizeof *lacking && st >= 0; i++) {
        const struct sl_json *m = r->m[lacking[i]];

        if (m && !(m->type == SL_JSON_ARRAY && !m->n))
            st = sl_chat_lacking(r->c, names[lacking[i]]);
    }
    return st;
}

static sluice_status write_body(struct request *r, const sluice_header **extra, size_t n_extra)
{
    const struct sl_json *logprobs = r->m[M_LOGPROBS];
    sluice_status st = refuse_lacking(r);

    if (st < 0)
        return st;
    r->logprobs = logprobs && sl_json_is_true(logprobs->raw);
    sl_json_open(r->o, '{');
    if (r->m[M_MODEL])
        sl_json_kv_raw(r->o, "model", r->m[M_MODEL]->raw);
    else
        sl_json_kv_str(r->o, "model", r->c->call->model);
    sl_json_key(r->o, "input");
    st = oc_responses_items(r->c, r->body, r->m[M_MESSAGES]);
    if (st >= 0)
        st = write_tools(r);
    if (st >= 0)
        st = write_text(r);
    if (st < 0)
        return st;
    write_bound(r);
    write_reasoning(r);
    if (r->logprobs)
        sl_json_kv_raw(r->o, "top_logprobs",
                       r->m[M_TOP_LOGPROBS] ? r->m[M_TOP_LOGPROBS]->raw : SL_SPAN("0"));
    /* A chat is not kept unless it says so. */
    sl_json_kv_raw(r->o, "store", r->m[M_STORE] ? r->m[M_STORE]->raw : SL_SPAN("false"));
    if (r->c->call->flags & SLUICE_CALL_STREAM)
        sl_json_kv_bool(r->o, "stream", true);
    for (size_t i = 0; i < n_extra; i++) {
        sl_json_key_span(r->o, extra[i]->name);
        sl_parts_raw(r->body, extra[i]->value);
    }
    sl_json_close(r->o, '}');
    return SLUICE_OK;
}

/* What was written moves into the arena, so that an exchange has nothing to close. */
static sluice_status settle(struct oc_responses *x, struct sl_parts *body)
{
    const sluice_part *parts;
    sluice_part *list;
    sluice_span text;
    sluice_status st = sl_parts_end(body, &parts, &x->n_parts);

    if (st < 0)
        return st;
    text = sl_arena_dup(x->mem, sl_buf_span(&body->text));
    list = sl_alloc(x->mem, (x->n_parts + 1) * sizeof *list);
    if (!text.ptr || !list)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < x->n_parts; i++) {
        uintptr_t at = (uintptr_t)parts[i].data.ptr, from = (uintptr_t)body->text.ptr;

        list[i] = parts[i];
        if (at >= from && at < from + text.len)
            list[i].data.ptr = text.ptr + (at - from);
    }
    x->parts = list;
    return SLUICE_OK;
}

sluice_status oc_responses_body(struct oc_responses *x, sluice_error *err)
{
    struct request r = { .x = x, .c = &x->chat };
    const sluice_header **extra;
    struct sl_parts body;
    size_t n_extra;
    sluice_status st;

    x->chat.err = err;
    sl_parts_init(&body, x->mem);
    r.body = &body;
    r.o = &body.out;
    st = sl_chat_members(r.c, names, MEMBERS, r.m, left_out, &extra, &n_extra);
    if (st >= 0)
        st = write_body(&r, extra, n_extra);
    if (st >= 0)
        st = settle(x, &body);
    sl_parts_finish(&body);
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory writing the request") : st;
}

sluice_status oc_responses_begin(struct oc_responses *x, const sluice_host *host,
                                 const struct vendor *v, const sluice_call *call, sluice_arena *mem,
                                 sluice_error *err)
{
    sluice_status st;

    memset(x, 0, sizeof *x);
    memcpy(&x->call, call, call->struct_size < sizeof x->call ? call->struct_size : sizeof x->call);
    x->mem = mem;
    sl_chat_init(&x->chat, host, &x->call, mem, err);
    st = oc_request_members(v, call, mem, &x->call.members, &x->call.n_members, err);
    x->call.operation = SL_SPAN("responses");
    return st < 0 ? st : oc_responses_body(x, err);
}
