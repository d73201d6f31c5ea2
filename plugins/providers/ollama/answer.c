/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - answers of /api/chat: a line of a stream holds a piece of what a whole answer holds.
 */
#include "ollama.h"

#define MOST ((int64_t)1 << 48)
#define LOGPROBS_CAP ((size_t)16 << 20)

sluice_span ollama_object(sluice_span text)
{
    struct sl_json_error e;

    text = sl_span_trim(text);
    return sl_json_type(text) == SL_JSON_OBJECT && sl_json_validate(text, &e) >= 0
               ? text
               : sl_span(NULL, 0);
}

const char *ollama_finish_word(sluice_span reason)
{
    return sl_span_eq(reason, SL_SPAN("length")) ? "length" : "stop";
}

sluice_status ollama_error(sluice_span object, sluice_error *err)
{
    if (sl_json_type(sl_json_find(object, "error")) == SL_JSON_NONE ||
        sl_json_type(sl_json_find(object, "error")) == SL_JSON_NULL)
        return SLUICE_OK;
    return sl_failed_inside(object, 502, NULL, 0, err);
}

void ollama_usage(const sluice_sink *sink, sluice_span object)
{
    sluice_count counts[2];
    sluice_usage usage = { .struct_size = sizeof usage, .counts = counts };
    int64_t in = 0, out;

    if (!sl_json_i64(sl_json_find(object, "eval_count"), &out) || out < 0)
        return;
    /* a prompt that was in the server's cache is not counted */
    if (!sl_json_i64(sl_json_find(object, "prompt_eval_count"), &in) || in < 0)
        in = 0;
    counts[usage.n_counts++] = (sluice_count){ SLUICE_USE_INPUT, 0, in < MOST ? in : MOST };
    counts[usage.n_counts++] = (sluice_count){ SLUICE_USE_OUTPUT, 0, out < MOST ? out : MOST };
    sink->usage(sink, &usage);
}

static sluice_status on_call(sluice_exchange *x, const sluice_sink *sink, sluice_span call)
{
    sluice_span arguments = sl_json_find(call, "function.arguments"), text = SL_SPAN("{}");
    char id[SL_CHAT_ID];
    sluice_delta d = { .struct_size = sizeof d,
                       .kind = SLUICE_DELTA_TOOL_START,
                       .index = x->n_calls++,
                       .id = sl_chat_member(call, "id"),
                       .name = sl_chat_member(call, "function.name") };
    sluice_status st;

    if (!d.id.len)
        d.id = sl_chat_id(x->self->host, id);
    st = sink->delta(sink, &d);
    if (st >= 0 && sl_json_type(arguments) == SL_JSON_OBJECT)
        st = sl_chat_compact(sink->scratch, arguments, &text);
    else if (st >= 0 && sl_json_type(arguments) == SL_JSON_STRING)
        sl_json_raw_string(arguments, &text);
    return st < 0 ? st : sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, 0, d.index, text);
}

/* ---- probabilities ---- */

static void write_token(struct sl_json_out *o, struct sluice_arena *scratch, sluice_span item)
{
    sluice_span token = sl_json_find(item, "token"), text = SL_SPAN("");
    sluice_span logprob = sl_json_find(item, "logprob");

    sl_json_kv_raw(o, "token", sl_json_type(token) == SL_JSON_STRING ? token : SL_SPAN("\"\""));
    sl_json_kv_raw(o, "logprob", sl_json_type(logprob) == SL_JSON_NUMBER ? logprob : SL_SPAN("0"));
    sl_json_key(o, "bytes");
    sl_json_open(o, '[');
    if (sl_json_type(token) == SL_JSON_STRING && sl_json_string(token, scratch, &text))
        for (size_t i = 0; i < text.len; i++)
            sl_json_i64_value(o, (unsigned char)text.ptr[i]);
    sl_json_close(o, ']');
}

static sluice_status on_logprobs(const sluice_sink *sink, sluice_span list)
{
    struct sl_json_iter it = { .started = false };
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_LOGPROBS };
    sluice_span name, item, other;
    struct sl_json_out o;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    if (sl_json_type(list) != SL_JSON_ARRAY)
        return SLUICE_OK;
    sl_buf_init(&b, LOGPROBS_CAP);
    o = sl_json_out(&b);
    sl_json_key(&o, "content");
    sl_json_open(&o, '[');
    while (sl_json_next(&it, list, &name, &item)) {
        struct sl_json_iter tops = { .started = false };
        sluice_span top;

        if (sl_json_type(item) != SL_JSON_OBJECT)
            continue;
        top = sl_json_find(item, "top_logprobs");
        sl_json_open(&o, '{');
        write_token(&o, sink->scratch, item);
        sl_json_key(&o, "top_logprobs");
        sl_json_open(&o, '[');
        while (sl_json_type(top) == SL_JSON_ARRAY && sl_json_next(&tops, top, &name, &other))
            if (sl_json_type(other) == SL_JSON_OBJECT) {
                sl_json_open(&o, '{');
                write_token(&o, sink->scratch, other);
                sl_json_close(&o, '}');
            }
        sl_json_close(&o, ']');
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, ']');
    d.extra = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = sink->delta(sink, &d);
    sl_buf_finish(&b);
    return st;
}

/* ---- a line ---- */

static sluice_status on_message(sluice_exchange *x, const sluice_sink *sink, sluice_span message)
{
    struct sl_json_iter it = { .started = false };
    sluice_span thinking = sl_chat_member(message, "thinking");
    sluice_span content = sl_chat_member(message, "content");
    sluice_span calls = sl_json_find(message, "tool_calls"), name, call;
    sluice_status st = SLUICE_OK;

    if (thinking.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_REASONING, 0, 0, thinking);
    if (st >= 0 && content.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_TEXT, 0, 0, content);
    while (st >= 0 && sl_json_type(calls) == SL_JSON_ARRAY &&
           sl_json_next(&it, calls, &name, &call))
        if (sl_json_type(call) == SL_JSON_OBJECT)
            st = on_call(x, sink, call);
    return st;
}

static sluice_status start(sluice_exchange *x, const sluice_sink *sink, sluice_span line)
{
    sluice_delta d = { .struct_size = sizeof d,
                       .kind = SLUICE_DELTA_START,
                       .name = sl_chat_member(line, "model") };

    if (x->started)
        return SLUICE_OK;
    x->started = true;
    return sink->delta(sink, &d);
}

sluice_status ollama_answer(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err)
{
    sluice_span line = ollama_object(text), message;
    const char *finish;
    sluice_status st;

    if (x->finished || !sl_span_trim(text).len)
        return SLUICE_OK;
    if (!line.ptr)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    st = ollama_error(line, err);
    if (st >= 0)
        st = start(x, sink, line);
    message = sl_json_find(line, "message");
    if (st >= 0 && sl_json_type(message) == SL_JSON_OBJECT)
        st = on_message(x, sink, message);
    if (st >= 0)
        st = on_logprobs(sink, sl_json_find(line, "logprobs"));
    if (st < 0 || !sl_json_is_true(sl_json_find(line, "done")))
        return st;
    ollama_usage(sink, line);
    finish = ollama_finish_word(sl_chat_member(line, "done_reason"));
    if (x->n_calls && strcmp(finish, "stop") == 0)
        finish = "tool_calls";
    x->finished = true;
    return sl_chat_emit(sink, SLUICE_DELTA_FINISH, 0, 0, sl_span_str(finish));
}
