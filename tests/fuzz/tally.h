/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally.h - what an answer of any dialect says, event by event or whole: texts joined by kind,
 * calls with their arguments, why it ended. A stream and the whole of one answer must come to the
 * same.
 */
#ifndef TESTS_FUZZ_TALLY_H
#define TESTS_FUZZ_TALLY_H

#include "fuzz.h"

#include "format/json_tree.h"

#define TALLY_CALLS 64

struct tally {
    struct sluice_arena *arena;
    struct sl_buf text, thoughts, refusal;
    struct {
        struct sl_buf name, arguments;
    } calls[TALLY_CALLS];
    size_t n;
    struct sl_buf finish;
};

static inline void tally_init(struct tally *t, struct sluice_arena *arena)
{
    memset(t, 0, sizeof *t);
    t->arena = arena;
    sl_buf_init(&t->text, 64u << 20);
    sl_buf_init(&t->thoughts, 64u << 20);
    sl_buf_init(&t->refusal, 64u << 20);
    sl_buf_init(&t->finish, 64u << 20);
    for (size_t i = 0; i < TALLY_CALLS; i++) {
        sl_buf_init(&t->calls[i].name, 64u << 20);
        sl_buf_init(&t->calls[i].arguments, 64u << 20);
    }
}

static inline void tally_finish(struct tally *t)
{
    sl_buf_finish(&t->text);
    sl_buf_finish(&t->thoughts);
    sl_buf_finish(&t->refusal);
    sl_buf_finish(&t->finish);
    for (size_t i = 0; i < TALLY_CALLS; i++) {
        sl_buf_finish(&t->calls[i].name);
        sl_buf_finish(&t->calls[i].arguments);
    }
}

/* Strings are joined as they are spelt: halves of a pair must not have been parted. */
static inline void tally_add(struct tally *t, struct sl_buf *to, const struct sl_json *text)
{
    (void)t;
    sl_buf_add(to, sl_json_inside(text));
}

static inline void tally_name(struct tally *t, const struct sl_json *name)
{
    require(t->n < TALLY_CALLS);
    sl_buf_add(&t->calls[t->n++].name, sl_json_inside(name));
}

/* A piece of the arguments of the i-th call as a string, decoded; or all of them as an object. */
static inline void tally_arguments(struct tally *t, size_t i, const struct sl_json *j)
{
    if (!j)
        return;
    require(i < t->n);
    sl_buf_add(&t->calls[i].arguments,
               j->type == SL_JSON_STRING ? sl_json_text(j, t->arena) : j->raw);
}

static inline void tally_call(struct tally *t, const struct sl_json *name,
                              const struct sl_json *arguments)
{
    tally_name(t, name);
    tally_arguments(t, t->n - 1, arguments);
}

static inline const struct sl_json *tally_at(const struct sl_json *j, const char *path)
{
    return j ? sl_json_at(j, path) : NULL;
}

/* ---- dialects: one event, or the whole ---- */

static inline void tally_chat(struct tally *t, const struct sl_json *j, bool whole)
{
    const struct sl_json *choice = tally_at(j, "choices.0");
    const struct sl_json *m = sl_json_opt(choice, whole ? "message" : "delta");

    tally_add(t, &t->text, sl_json_opt(m, "content"));
    tally_add(t, &t->thoughts, sl_json_opt(m, "reasoning_content"));
    tally_add(t, &t->refusal, sl_json_opt(m, "refusal"));
    sl_json_each(call, sl_json_opt(m, "tool_calls"))
    {
        const struct sl_json *f = sl_json_opt(call, "function");
        size_t index = (size_t)sl_json_int(sl_json_opt(call, "index"), (int64_t)t->n);

        if (sl_json_opt(f, "name")) {
            require(index == t->n); /* dense, and announced before its arguments */
            tally_name(t, sl_json_opt(f, "name"));
        }
        tally_arguments(t, index, sl_json_opt(f, "arguments"));
    }
    tally_add(t, &t->finish, sl_json_opt(choice, "finish_reason"));
}

static inline void tally_block(struct tally *t, const struct sl_json *b)
{
    if (sl_json_is(sl_json_opt(b, "type"), "tool_use"))
        tally_call(t, sl_json_opt(b, "name"), sl_json_opt(b, "input"));
    tally_add(t, &t->text, sl_json_opt(b, "text"));
    tally_add(t, &t->thoughts, sl_json_opt(b, "thinking"));
}

static inline void tally_messages(struct tally *t, const struct sl_json *j, bool whole)
{
    const struct sl_json *type = sl_json_opt(j, "type"), *block = sl_json_opt(j, "content_block");

    if (whole) {
        sl_json_each(b, sl_json_opt(j, "content")) tally_block(t, b);
        tally_add(t, &t->finish, sl_json_opt(j, "stop_reason"));
    } else if (sl_json_is(type, "content_block_start")) {
        if (sl_json_is(sl_json_opt(block, "type"), "tool_use"))
            tally_name(t, sl_json_opt(block, "name"));
    } else if (sl_json_is(type, "content_block_delta")) {
        tally_block(t, sl_json_opt(j, "delta"));
        tally_arguments(t, t->n - 1, tally_at(j, "delta.partial_json"));
    } else if (sl_json_is(type, "message_delta")) {
        tally_add(t, &t->finish, tally_at(j, "delta.stop_reason"));
    }
}

static inline void tally_response(struct tally *t, const struct sl_json *response)
{
    sl_json_each(item, sl_json_opt(response, "output"))
    {
        sl_json_each(part, sl_json_opt(item, "content"))
        {
            tally_add(t, &t->text, sl_json_opt(part, "text"));
            tally_add(t, &t->refusal, sl_json_opt(part, "refusal"));
        }
        sl_json_each(part, sl_json_opt(item, "summary"))
            tally_add(t, &t->thoughts, sl_json_opt(part, "text"));
        if (sl_json_is(sl_json_opt(item, "type"), "function_call"))
            tally_call(t, sl_json_opt(item, "name"), sl_json_opt(item, "arguments"));
    }
    tally_add(t, &t->finish, sl_json_opt(response, "status"));
    tally_add(t, &t->finish, tally_at(response, "incomplete_details.reason"));
}

static inline void tally_responses(struct tally *t, const struct sl_json *j, bool whole)
{
    const struct sl_json *type = sl_json_opt(j, "type"), *delta = sl_json_opt(j, "delta");
    const struct sl_json *response = sl_json_opt(j, "response");

    if (whole)
        tally_response(t, j);
    else if (sl_json_is(type, "response.output_text.delta"))
        tally_add(t, &t->text, delta);
    else if (sl_json_is(type, "response.refusal.delta"))
        tally_add(t, &t->refusal, delta);
    else if (sl_json_is(type, "response.reasoning_summary_text.delta"))
        tally_add(t, &t->thoughts, delta);
    else if (sl_json_is(type, "response.function_call_arguments.delta"))
        tally_arguments(t, t->n - 1, delta);
    else if (sl_json_is(type, "response.output_item.added") &&
             sl_json_is(tally_at(j, "item.type"), "function_call"))
        tally_name(t, tally_at(j, "item.name"));
    else if (sl_json_is(type, "response.completed") || sl_json_is(type, "response.incomplete"))
        tally_add(t, &t->finish, sl_json_opt(response, "status")),
            tally_add(t, &t->finish, tally_at(response, "incomplete_details.reason"));
}

static inline void tally_gemini(struct tally *t, const struct sl_json *j, bool whole)
{
    const struct sl_json *candidate = tally_at(j, "candidates.0");

    (void)whole;
    sl_json_each(part, tally_at(candidate, "content.parts"))
    {
        const struct sl_json *call = sl_json_opt(part, "functionCall");

        tally_add(t, sl_json_opt(part, "thought") ? &t->thoughts : &t->text,
                  sl_json_opt(part, "text"));
        if (call)
            tally_call(t, sl_json_opt(call, "name"), sl_json_opt(call, "args"));
    }
    tally_add(t, &t->finish, sl_json_opt(candidate, "finishReason"));
}

static inline void tally_cohere(struct tally *t, const struct sl_json *j, bool whole)
{
    const struct sl_json *m = whole ? sl_json_opt(j, "message") : tally_at(j, "delta.message");
    const struct sl_json *content = sl_json_opt(m, "content"),
                         *calls = sl_json_opt(m, "tool_calls");

    tally_add(t, &t->text, sl_json_opt(content, "text"));
    tally_add(t, &t->thoughts, sl_json_opt(content, "thinking"));
    if (content && content->type == SL_JSON_ARRAY)
        sl_json_each(part, content)
        {
            tally_add(t, &t->text, sl_json_opt(part, "text"));
            tally_add(t, &t->thoughts, sl_json_opt(part, "thinking"));
        }
    tally_add(t, &t->refusal, sl_json_opt(m, "tool_plan"));
    if (calls && calls->type == SL_JSON_OBJECT) {
        if (sl_json_is(sl_json_opt(j, "type"), "tool-call-start"))
            tally_name(t, tally_at(calls, "function.name"));
        tally_arguments(t, t->n - 1, tally_at(calls, "function.arguments"));
    } else {
        sl_json_each(call, calls)
            tally_call(t, tally_at(call, "function.name"), tally_at(call, "function.arguments"));
    }
    tally_add(t, &t->finish,
              whole ? sl_json_opt(j, "finish_reason") : tally_at(j, "delta.finish_reason"));
}

static inline void tally_ollama(struct tally *t, const struct sl_json *j, bool whole)
{
    const struct sl_json *m = sl_json_opt(j, "message");

    (void)whole;
    tally_add(t, &t->text, sl_json_opt(m, "content"));
    tally_add(t, &t->text, sl_json_opt(j, "response"));
    tally_add(t, &t->thoughts, sl_json_opt(m ? m : j, "thinking"));
    sl_json_each(call, sl_json_opt(m, "tool_calls"))
        tally_call(t, tally_at(call, "function.name"), tally_at(call, "function.arguments"));
    tally_add(t, &t->finish, sl_json_opt(j, "done_reason"));
}

static inline void tally_converse(struct tally *t, const struct sl_json *j, bool whole)
{
    if (!whole) {
        if (tally_at(j, "start.toolUse"))
            tally_name(t, tally_at(j, "start.toolUse.name"));
        tally_add(t, &t->text, tally_at(j, "delta.text"));
        tally_add(t, &t->thoughts, tally_at(j, "delta.reasoningContent.text"));
        tally_arguments(t, t->n - 1, tally_at(j, "delta.toolUse.input"));
    }
    sl_json_each(b, tally_at(j, "output.message.content"))
    {
        const struct sl_json *call = sl_json_opt(b, "toolUse");

        tally_add(t, &t->text, sl_json_opt(b, "text"));
        tally_add(t, &t->thoughts, tally_at(b, "reasoningContent.reasoningText.text"));
        if (call)
            tally_call(t, sl_json_opt(call, "name"), sl_json_opt(call, "input"));
    }
    tally_add(t, &t->finish, sl_json_opt(j, "stopReason"));
}

static inline bool tally_same_text(const struct sl_buf *a, const struct sl_buf *b)
{
    return sl_span_eq(sl_buf_span(a), sl_buf_span(b));
}

/* Blanks between tokens mean nothing. */
static inline void tally_squeeze(struct sl_buf *json)
{
    bool quoted = false;
    size_t n = 0;

    for (size_t i = 0; i < json->len; i++) {
        char c = json->ptr[i];

        if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        json->ptr[n++] = c;
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\')
            json->ptr[n++] = json->ptr[++i];
    }
    json->len = n;
}

/* Arguments that are no object are {} where a dialect has an object, while its stream passes on
 * what came; no arguments at all are one as well. */
static inline bool tally_is_object(struct tally *t, const struct sl_buf *text)
{
    struct sl_json_error why;
    struct sl_json *j;

    return sl_json_parse(sl_buf_span(text), t->arena, &j, &why) >= 0 && j->type == SL_JSON_OBJECT;
}

static inline void tally_require_same(struct tally *stream, struct tally *whole)
{
    require(tally_same_text(&stream->text, &whole->text));
    require(tally_same_text(&stream->thoughts, &whole->thoughts));
    require(tally_same_text(&stream->refusal, &whole->refusal));
    require(tally_same_text(&stream->finish, &whole->finish));
    require(stream->n == whole->n);
    for (size_t i = 0; i < stream->n; i++) {
        require(tally_same_text(&stream->calls[i].name, &whole->calls[i].name));
        if (!tally_is_object(stream, &stream->calls[i].arguments))
            continue;
        tally_squeeze(&stream->calls[i].arguments);
        tally_squeeze(&whole->calls[i].arguments);
        require(tally_same_text(&stream->calls[i].arguments, &whole->calls[i].arguments));
    }
}

#endif
