/* SPDX-License-Identifier: Apache-2.0 */
/* chat.c - writes chat and text completions, whole or as events, in the order that OpenAI's API
 * has: role, reasoning, content, tools, finish; usage last; then the terminator. */
#include "mock.h"

#include <stdio.h>

#include <sluice_sdk/span.h>

#define STREAM_ERROR                                                                               \
    "{\"error\":{\"message\":\"mock: failed in mid-stream\",\"type\":\"server_error\","            \
    "\"param\":null,\"code\":null}}"

struct writer {
    const struct mock_ask *ask;
    const struct mock_plan *plan;
    uint64_t id;
    int64_t created;
    struct mock_body *body;
    struct sl_json_out o;
};

void mock_cut(struct mock_body *body)
{
    size_t end = body->text.len;

    sl_buf_add(&body->ends, sl_span((const char *)&end, sizeof end));
}

bool mock_word(sluice_span *rest, sluice_span *word)
{
    size_t n = 0;

    if (!rest->len)
        return false;
    while (n < rest->len && (rest->ptr[n] == ' ' || rest->ptr[n] == '\n'))
        n++;
    while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\n')
        n++;
    *word = sl_span_head(*rest, n);
    *rest = sl_span_from(*rest, n);
    return true;
}

/* The text cut at max_tokens words. */
static sluice_span bounded_text(const struct writer *w)
{
    sluice_span rest = w->plan->text, word;
    int64_t n = w->ask->max_tokens;

    if (n < 0)
        return rest;
    while (n > 0 && mock_word(&rest, &word))
        n--;
    return sl_span_head(w->plan->text, w->plan->text.len - rest.len);
}

static const char *finish_reason(const struct writer *w)
{
    if (w->plan->tool_calls.len)
        return "tool_calls";
    return bounded_text(w).len < w->plan->text.len ? "length" : "stop";
}

static void write_usage(struct writer *w)
{
    int64_t in = w->plan->input_tokens, out = w->plan->output_tokens;
    size_t answer = bounded_text(w).len + w->plan->tool_calls.len + w->plan->reasoning.len;

    if (in < 0)
        in = (int64_t)(w->ask->prompt_bytes + 3) / 4;
    if (out < 0)
        out = (int64_t)w->ask->n * ((int64_t)(answer + 3) / 4);
    sl_json_key(&w->o, "usage");
    sl_json_open(&w->o, '{');
    sl_json_kv_i64(&w->o, "prompt_tokens", in);
    sl_json_kv_i64(&w->o, "completion_tokens", out);
    sl_json_kv_i64(&w->o, "total_tokens", in + out);
    sl_json_close(&w->o, '}');
}

static void open_object(struct writer *w)
{
    bool chat = w->ask->operation == MOCK_CHAT;
    char id[40];
    int n = snprintf(id, sizeof id, "%s-mock%016llx", chat ? "chatcmpl" : "cmpl",
                     (unsigned long long)w->id);

    sl_json_open(&w->o, '{');
    sl_json_kv_str(&w->o, "id", sl_span(id, (size_t)n));
    sl_json_kv_str(&w->o, "object",
                   !chat            ? SL_SPAN("text_completion")
                   : w->ask->stream ? SL_SPAN("chat.completion.chunk")
                                    : SL_SPAN("chat.completion"));
    sl_json_kv_i64(&w->o, "created", w->created);
    sl_json_kv_str(&w->o, "model", w->ask->model);
}

/* ---- whole answers ---- */

static void write_message(struct writer *w)
{
    const struct mock_plan *p = w->plan;

    sl_json_key(&w->o, "message");
    sl_json_open(&w->o, '{');
    sl_json_kv_str(&w->o, "role", SL_SPAN("assistant"));
    sl_json_key(&w->o, "content");
    if (p->tool_calls.len)
        sl_json_null(&w->o);
    else
        sl_json_str(&w->o, bounded_text(w));
    if (p->reasoning.len)
        sl_json_kv_str(&w->o, "reasoning_content", p->reasoning);
    if (p->tool_calls.len)
        sl_json_kv_raw(&w->o, "tool_calls", p->tool_calls);
    sl_json_kv_raw(&w->o, "refusal", SL_SPAN("null"));
    sl_json_close(&w->o, '}');
}

static void write_whole(struct writer *w)
{
    open_object(w);
    sl_json_key(&w->o, "choices");
    sl_json_open(&w->o, '[');
    for (int64_t i = 0; i < w->ask->n; i++) {
        sl_json_open(&w->o, '{');
        sl_json_kv_i64(&w->o, "index", i);
        if (w->ask->operation == MOCK_CHAT)
            write_message(w);
        else
            sl_json_kv_str(&w->o, "text", bounded_text(w));
        sl_json_kv_raw(&w->o, "logprobs", SL_SPAN("null"));
        sl_json_kv_str(&w->o, "finish_reason", sl_span_str(finish_reason(w)));
        sl_json_close(&w->o, '}');
    }
    sl_json_close(&w->o, ']');
    write_usage(w);
    sl_json_close(&w->o, '}');
    mock_cut(w->body);
}

/* ---- events ---- */

static void open_event(struct writer *w, int64_t choice)
{
    sl_buf_add_str(&w->body->text, "data: ");
    w->o = sl_json_out(&w->body->text);
    open_object(w);
    sl_json_key(&w->o, "choices");
    sl_json_open(&w->o, '[');
    if (choice >= 0) {
        sl_json_open(&w->o, '{');
        sl_json_kv_i64(&w->o, "index", choice);
    }
}

static void close_event(struct writer *w, int64_t choice, const char *reason)
{
    if (choice >= 0) {
        sl_json_kv_raw(&w->o, "logprobs", SL_SPAN("null"));
        sl_json_key(&w->o, "finish_reason");
        if (reason)
            sl_json_str(&w->o, sl_span_str(reason));
        else
            sl_json_null(&w->o);
        sl_json_close(&w->o, '}');
    }
    sl_json_close(&w->o, ']');
    if (choice < 0)
        write_usage(w);
    else if (w->ask->usage_asked)
        sl_json_kv_raw(&w->o, "usage", SL_SPAN("null"));
    sl_json_close(&w->o, '}');
    sl_buf_add_str(&w->body->text, "\n\n");
    mock_cut(w->body);
}

/* One member of the delta; first: the role goes with it. */
static void write_delta(struct writer *w, int64_t choice, const char *name, sluice_span text,
                        bool first)
{
    open_event(w, choice);
    if (w->ask->operation == MOCK_COMPLETION) {
        sl_json_kv_str(&w->o, "text", text);
    } else {
        sl_json_key(&w->o, "delta");
        sl_json_open(&w->o, '{');
        if (first)
            sl_json_kv_str(&w->o, "role", SL_SPAN("assistant"));
        if (text.ptr)
            sl_json_kv_str(&w->o, name, text);
        else
            sl_json_kv_raw(&w->o, name, SL_SPAN("null"));
        sl_json_close(&w->o, '}');
    }
    close_event(w, choice, NULL);
}

static void write_tool_delta(struct writer *w, int64_t choice, int64_t index, sluice_span call,
                             bool first)
{
    sluice_span id = sl_json_member(call, SL_SPAN("id"));
    sluice_span name = sl_json_find(call, "function.name");
    sluice_span arguments = sl_json_find(call, "function.arguments");

    open_event(w, choice);
    sl_json_key(&w->o, "delta");
    sl_json_open(&w->o, '{');
    sl_json_key(&w->o, "tool_calls");
    sl_json_open(&w->o, '[');
    sl_json_open(&w->o, '{');
    sl_json_kv_i64(&w->o, "index", index);
    if (first && id.ptr)
        sl_json_kv_raw(&w->o, "id", id);
    if (first)
        sl_json_kv_str(&w->o, "type", SL_SPAN("function"));
    sl_json_key(&w->o, "function");
    sl_json_open(&w->o, '{');
    if (first && name.ptr)
        sl_json_kv_raw(&w->o, "name", name);
    sl_json_kv_raw(&w->o, "arguments", first || !arguments.ptr ? SL_SPAN("\"\"") : arguments);
    sl_json_close(&w->o, '}');
    sl_json_close(&w->o, '}');
    sl_json_close(&w->o, ']');
    sl_json_close(&w->o, '}');
    close_event(w, choice, NULL);
}

static void write_tool_calls(struct writer *w, int64_t choice)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, call;
    int64_t index = 0;

    while (sl_json_next(&it, w->plan->tool_calls, &name, &call)) {
        if (sl_json_type(call) != SL_JSON_OBJECT)
            continue;
        write_tool_delta(w, choice, index, call, true);
        write_tool_delta(w, choice, index, call, false);
        index++;
    }
}

static void write_text(struct writer *w, int64_t choice, const char *name, sluice_span rest)
{
    sluice_span word;

    while (mock_word(&rest, &word))
        write_delta(w, choice, name, word, false);
}

static void write_finish(struct writer *w, int64_t choice)
{
    open_event(w, choice);
    if (w->ask->operation == MOCK_CHAT) {
        sl_json_key(&w->o, "delta");
        sl_json_open(&w->o, '{');
        sl_json_close(&w->o, '}');
    } else {
        sl_json_kv_str(&w->o, "text", SL_SPAN(""));
    }
    close_event(w, choice, finish_reason(w));
}

static void write_stream(struct writer *w)
{
    bool chat = w->ask->operation == MOCK_CHAT;
    bool tools = w->plan->tool_calls.len != 0;

    for (int64_t i = 0; i < w->ask->n; i++) {
        if (chat)
            write_delta(w, i, "content", tools ? sl_span(NULL, 0) : SL_SPAN(""), true);
        if (w->plan->error_in_stream) {
            write_delta(w, i, "content", SL_SPAN("mock"), false);
            sl_buf_add_str(&w->body->text, "data: " STREAM_ERROR "\n\n");
            mock_cut(w->body);
            return;
        }
        write_text(w, i, "reasoning_content", chat ? w->plan->reasoning : sl_span(NULL, 0));
        if (tools && chat)
            write_tool_calls(w, i);
        else
            write_text(w, i, "content", bounded_text(w));
        if (!w->plan->cut_finish)
            write_finish(w, i);
    }
    if (w->plan->cut_finish)
        return;
    open_event(w, -1);
    close_event(w, -1, NULL);
    sl_buf_add_str(&w->body->text, "data: [DONE]\n\n");
    mock_cut(w->body);
}

void mock_chat_write(const struct mock_ask *ask, const struct mock_plan *plan, uint64_t id,
                     int64_t created, struct mock_body *body)
{
    struct writer w = { ask, plan, id, created, body, sl_json_out(&body->text) };

    if (ask->stream)
        write_stream(&w);
    else
        write_whole(&w);
}
