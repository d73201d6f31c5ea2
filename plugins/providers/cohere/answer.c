/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - a whole answer, and what it has in common with a stream's events. */
#include "cohere.h"

#define MOST ((int64_t)1 << 48)

const struct sl_compat_rule cohere_rules[] = {
    { { "too many tokens", 15 }, SLUICE_E_CONTEXT },
    { { "invalid api token", 17 }, SLUICE_E_AUTH },
    { { "no api key supplied", 19 }, SLUICE_E_AUTH },
};
const size_t cohere_n_rules = sizeof cohere_rules / sizeof *cohere_rules;

sluice_status cohere_start(sluice_exchange *x, const sluice_sink *sink, sluice_span id)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_START, .id = id };

    if (x->started)
        return SLUICE_OK;
    x->started = true;
    return sink->delta(sink, &d);
}

sluice_status cohere_call_start(sluice_exchange *x, const sluice_sink *sink, sluice_span call,
                                uint32_t index)
{
    sluice_span arguments = sl_chat_member(call, "function.arguments");
    char id[SL_CHAT_ID];
    sluice_delta d = { .struct_size = sizeof d,
                       .kind = SLUICE_DELTA_TOOL_START,
                       .index = index,
                       .id = sl_chat_member(call, "id"),
                       .name = sl_chat_member(call, "function.name") };
    sluice_status st;

    if (!d.id.len)
        d.id = sl_chat_id(x->self->host, id);
    x->n_calls++;
    x->call_index = index;
    st = sink->delta(sink, &d);
    return st >= 0 && arguments.len
               ? sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, 0, index, arguments)
               : st;
}

sluice_status cohere_cite(sluice_exchange *x, sluice_span citation)
{
    if (sl_json_type(citation) != SL_JSON_OBJECT)
        return SLUICE_OK;
    if (x->citations.len)
        sl_buf_add_char(&x->citations, ',');
    sl_buf_add(&x->citations, citation);
    return sl_buf_ok(&x->citations) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* {"text","token_ids","logprobs"} of a piece of text becomes one token. */
sluice_status cohere_logprobs(const sluice_sink *sink, sluice_span item)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_LOGPROBS };
    sluice_span token = sl_json_find(item, "text"), text = SL_SPAN("");
    sluice_span first = sl_json_find(item, "logprobs.0");
    struct sl_json_out o;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    if (sl_json_type(item) != SL_JSON_OBJECT || sl_json_type(token) != SL_JSON_STRING ||
        sl_json_type(first) != SL_JSON_NUMBER)
        return SLUICE_OK;
    if (!sl_json_string(token, sink->scratch, &text))
        return st;
    sl_buf_init(&b, token.len * 6 + text.len * 4 + 256);
    o = sl_json_out(&b);
    sl_json_key(&o, "content");
    sl_json_open(&o, '[');
    sl_json_open(&o, '{');
    sl_json_kv_raw(&o, "token", token);
    sl_json_kv_raw(&o, "logprob", first);
    sl_json_key(&o, "bytes");
    sl_json_open(&o, '[');
    for (size_t i = 0; i < text.len; i++)
        sl_json_i64_value(&o, (unsigned char)text.ptr[i]);
    sl_json_close(&o, ']');
    sl_json_kv_raw(&o, "top_logprobs", SL_SPAN("[]"));
    sl_json_close(&o, '}');
    sl_json_close(&o, ']');
    d.extra = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = sink->delta(sink, &d);
    sl_buf_finish(&b);
    return st;
}

static bool counter(sluice_span usage, const char *path, int64_t *n)
{
    if (!sl_json_i64(sl_json_find(usage, path), n) || *n < 0)
        return false;
    if (*n > MOST)
        *n = MOST;
    return true;
}

/* Tokens as they were; what was billed where only that is told. */
void cohere_usage(const sluice_sink *sink, sluice_span usage)
{
    sluice_count counts[3];
    sluice_usage report = { .struct_size = sizeof report, .counts = counts };
    int64_t n;

    if (sl_json_type(usage) != SL_JSON_OBJECT)
        return;
    if (counter(usage, "tokens.input_tokens", &n) ||
        counter(usage, "billed_units.input_tokens", &n))
        counts[report.n_counts++] = (sluice_count){ SLUICE_USE_INPUT, 0, n };
    if (counter(usage, "tokens.output_tokens", &n) ||
        counter(usage, "billed_units.output_tokens", &n))
        counts[report.n_counts++] = (sluice_count){ SLUICE_USE_OUTPUT, 0, n };
    if (counter(usage, "cached_tokens", &n))
        counts[report.n_counts++] = (sluice_count){ SLUICE_USE_CACHED_INPUT, 0, n };
    if (report.n_counts)
        sink->usage(sink, &report);
}

static const struct {
    const char *reason, *finish;
} reasons[] = {
    { "MAX_TOKENS", "length" },
    { "TOOL_CALL", "tool_calls" },
    { "ERROR_TOXIC", "content_filter" },
};

sluice_status cohere_finish(sluice_exchange *x, const sluice_sink *sink, sluice_span reason,
                            sluice_span object, sluice_error *err)
{
    const char *finish = "stop";
    sluice_status st = SLUICE_OK;

    if (sl_span_eq(reason, SL_SPAN("TIMEOUT")))
        return sl_fail_param(err, SLUICE_E_TIMEOUT, "timeout", NULL,
                             "The provider took too long for its answer.");
    if (sl_span_eq(reason, SL_SPAN("ERROR")))
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider broke off its answer: %.*s",
                       SL_FMT(sl_span_head(sl_chat_member(object, "error"), 300)));
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (sl_span_eq(reason, sl_span_str(reasons[i].reason)))
            finish = reasons[i].finish;
    if (x->n_calls && strcmp(finish, "stop") == 0)
        finish = "tool_calls";
    else if (!x->n_calls && strcmp(finish, "tool_calls") == 0)
        finish = "stop";
    if (x->citations.len) {
        struct sl_buf b;

        sl_buf_init(&b, x->citations.len + 64);
        sl_buf_add_str(&b, "\"citations\":[");
        sl_buf_add(&b, sl_buf_span(&x->citations));
        sl_buf_add_char(&b, ']');
        st = sl_buf_ok(&b) ? sl_chat_emit_extra(sink, 0, sl_buf_span(&b)) : SLUICE_E_NOMEM;
        sl_buf_finish(&b);
    }
    x->finished = true;
    return st < 0 ? st : sl_chat_emit(sink, SLUICE_DELTA_FINISH, 0, 0, sl_span_str(finish));
}

static sluice_status on_block(const sluice_sink *sink, sluice_span block)
{
    sluice_span text = sl_chat_member(block, "text"), thinking = sl_chat_member(block, "thinking");

    if (thinking.len)
        return sl_chat_emit(sink, SLUICE_DELTA_REASONING, 0, 0, thinking);
    return text.len ? sl_chat_emit(sink, SLUICE_DELTA_TEXT, 0, 0, text) : SLUICE_OK;
}

/* Each object of a list. */
static sluice_status each(sluice_exchange *x, const sluice_sink *sink, sluice_span list,
                          sluice_status (*fn)(sluice_exchange *x, const sluice_sink *sink,
                                              sluice_span element, uint32_t i))
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value;
    sluice_status st = SLUICE_OK;
    uint32_t i = 0;

    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &value))
        if (sl_json_type(value) == SL_JSON_OBJECT)
            st = fn(x, sink, value, i++);
    return st;
}

static sluice_status content(sluice_exchange *x, const sluice_sink *sink, sluice_span e, uint32_t i)
{
    (void)x;
    (void)i;
    return on_block(sink, e);
}

static sluice_status citation(sluice_exchange *x, const sluice_sink *sink, sluice_span e,
                              uint32_t i)
{
    (void)sink;
    (void)i;
    return cohere_cite(x, e);
}

static sluice_status logprob(sluice_exchange *x, const sluice_sink *sink, sluice_span e, uint32_t i)
{
    (void)x;
    (void)i;
    return cohere_logprobs(sink, e);
}

sluice_status cohere_whole(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                           sluice_error *err)
{
    struct sl_json_error e;
    sluice_span message, plan;
    sluice_status st;

    text = sl_span_trim(text);
    if (sl_json_type(text) != SL_JSON_OBJECT || sl_json_validate(text, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    message = sl_json_find(text, "message");
    if (sl_json_type(message) != SL_JSON_OBJECT)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer has no message.");
    plan = sl_chat_member(message, "tool_plan");
    st = cohere_start(x, sink, sl_chat_member(text, "id"));
    if (st >= 0 && plan.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_TEXT, 0, 0, plan);
    if (st >= 0)
        st = each(x, sink, sl_json_find(message, "content"), content);
    if (st >= 0)
        st = each(x, sink, sl_json_find(message, "tool_calls"), cohere_call_start);
    if (st >= 0)
        st = each(x, sink, sl_json_find(message, "citations"), citation);
    if (st >= 0)
        st = each(x, sink, sl_json_find(text, "logprobs"), logprob);
    if (st < 0)
        return st;
    cohere_usage(sink, sl_json_find(text, "usage"));
    return cohere_finish(x, sink, sl_chat_member(text, "finish_reason"), text, err);
}
