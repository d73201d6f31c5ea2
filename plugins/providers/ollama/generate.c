/* SPDX-License-Identifier: Apache-2.0 */
/* generate.c - OpenAI's completions by /api/generate. */
#include "ollama.h"

enum {
    G_PROMPT,
    G_SUFFIX,
    G_MAX_TOKENS,
    G_STOP,
    G_N,
    G_BEST_OF,
    G_LOGPROBS,
    G_OPTIONS,
    G_KEEP_ALIVE,
    G_MEMBERS
};

static const char *const names[G_MEMBERS] = {
    [G_PROMPT] = "prompt",
    [G_SUFFIX] = "suffix",
    [G_MAX_TOKENS] = "max_tokens",
    [G_STOP] = "stop",
    [G_N] = "n",
    [G_BEST_OF] = "best_of",
    [G_LOGPROBS] = "logprobs",
    [G_OPTIONS] = "options",
    [G_KEEP_ALIVE] = "keep_alive",
};

static const char *const left_out[] = { "model", "stream", "stream_options", "echo", "logit_bias",
                                        "user",  NULL };

/* The one prompt that there may be; inside. */
static sluice_status prompt_of(sluice_exchange *x, const struct sl_json *prompt, sluice_span *out)
{
    if (prompt && prompt->type == SL_JSON_ARRAY && prompt->n == 1)
        prompt = prompt->child;
    if (!prompt || prompt->type != SL_JSON_STRING)
        return sl_chat_bad(&x->chat, "unsupported_value", "The provider takes one text as prompt.",
                           "prompt");
    *out = sl_json_inside(prompt);
    return SLUICE_OK;
}

sluice_status ollama_generate(sluice_exchange *x)
{
    const struct sl_json *m[G_MEMBERS];
    struct ollama_members members = { .n_extra = 0 };
    struct sl_json_out *o = &x->body.out;
    char id[SL_CHAT_ID];
    sluice_span prompt;
    int64_t logprobs = 0, best = 1;
    sluice_status st =
        sl_chat_members(&x->chat, names, G_MEMBERS, m, left_out, &members.extra, &members.n_extra);

    if (st >= 0)
        st = sl_chat_lacks(&x->chat, m[G_N], NULL, NULL, NULL, NULL);
    if (st >= 0 && m[G_BEST_OF] && sl_json_i64(m[G_BEST_OF]->raw, &best) && best != 1)
        st = sl_chat_lacking(&x->chat, "best_of");
    if (st >= 0 && m[G_LOGPROBS] && sl_json_i64(m[G_LOGPROBS]->raw, &logprobs) && logprobs > 0)
        st = sl_chat_lacking(&x->chat, "logprobs");
    if (st >= 0)
        st = prompt_of(x, m[G_PROMPT], &prompt);
    if (st < 0)
        return st;
    members.max_tokens = m[G_MAX_TOKENS];
    members.stop = m[G_STOP];
    members.options = m[G_OPTIONS];
    members.keep_alive = m[G_KEEP_ALIVE];
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", x->call->model);
    sl_json_kv_bool(o, "stream", (x->call->flags & SLUICE_CALL_STREAM) != 0);
    sl_json_key(o, "prompt");
    sl_parts_inside(&x->body, prompt);
    if (m[G_SUFFIX] && m[G_SUFFIX]->type == SL_JSON_STRING) {
        sl_json_key(o, "suffix");
        sl_parts_inside(&x->body, sl_json_inside(m[G_SUFFIX]));
    }
    ollama_write_options(x, &members);
    for (size_t i = 0; i < members.n_extra; i++) {
        sl_json_key_span(o, members.extra[i]->name);
        sl_parts_raw(&x->body, members.extra[i]->value);
    }
    sl_json_close(o, '}');
    sl_chat_id(x->self->host, id);
    x->id = sl_arena_printf(x->arena, "cmpl-%s", id + 5);
    x->created = x->self->host->unix_ms(x->self->host) / 1000;
    return x->id.ptr ? sl_parts_end(&x->body, &x->parts, &x->n_parts) : SLUICE_E_NOMEM;
}

static void write_choice(struct sl_json_out *o, sluice_span text, const char *finish)
{
    sl_json_key(o, "choices");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_key(o, "text");
    sl_json_inside_str(o, text);
    sl_json_kv_i64(o, "index", 0);
    sl_json_key(o, "logprobs");
    sl_json_null(o);
    sl_json_key(o, "finish_reason");
    if (finish)
        sl_json_str(o, sl_span_str(finish));
    else
        sl_json_null(o);
    sl_json_close(o, '}');
    sl_json_close(o, ']');
}

static void write_usage(struct sl_json_out *o, sluice_span line)
{
    int64_t in = 0, out = 0;

    if (!sl_json_i64(sl_json_find(line, "prompt_eval_count"), &in) || in < 0 || in > INT32_MAX)
        in = 0;
    if (!sl_json_i64(sl_json_find(line, "eval_count"), &out) || out < 0 || out > INT32_MAX)
        out = 0;
    sl_json_key(o, "usage");
    sl_json_open(o, '{');
    sl_json_kv_i64(o, "prompt_tokens", in);
    sl_json_kv_i64(o, "completion_tokens", out);
    sl_json_kv_i64(o, "total_tokens", in + out);
    sl_json_close(o, '}');
}

/* One object of OpenAI's form for one line. */
static sluice_status write_line(sluice_exchange *x, sluice_span line, const sluice_sink *sink,
                                bool done)
{
    bool stream = (x->call->flags & SLUICE_CALL_STREAM) != 0;
    struct sl_json_out o;
    sluice_span whole;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    sl_buf_init(&b, line.len + x->call->model.len * 6 + 1024);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", x->id);
    sl_json_kv_str(&o, "object", SL_SPAN("text_completion"));
    sl_json_kv_i64(&o, "created", x->created);
    sl_json_kv_str(&o, "model", x->call->model);
    write_choice(&o, sl_chat_member(line, "response"),
                 done ? ollama_finish_word(sl_chat_member(line, "done_reason")) : NULL);
    if (!stream)
        write_usage(&o, line);
    sl_json_close(&o, '}');
    whole = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = stream ? sink->chunk(sink, &whole, 1) : sink->whole(sink, &whole, 1);
    sl_buf_finish(&b);
    return st;
}

sluice_status ollama_generated(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                               sluice_error *err)
{
    sluice_span line = ollama_object(text);
    bool done;
    sluice_status st;

    if (x->finished || !sl_span_trim(text).len)
        return SLUICE_OK;
    if (!line.ptr)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    st = ollama_error(line, err);
    if (st < 0)
        return st;
    done = sl_json_is_true(sl_json_find(line, "done"));
    if (done)
        ollama_usage(sink, line);
    x->finished = done;
    if (!done && !sl_chat_member(line, "response").len)
        return SLUICE_OK; /* a piece of thinking, for which completions have no place */
    if (!done && !(x->call->flags & SLUICE_CALL_STREAM))
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider answered in pieces, unasked.");
    return write_line(x, line, sink, done);
}
