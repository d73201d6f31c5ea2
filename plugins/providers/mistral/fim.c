/* SPDX-License-Identifier: Apache-2.0 */
/* fim.c - OpenAI's completions by the vendor's filling in the middle, whose answers look like chat.
 */
#include "mistral.h"

enum { F_PROMPT, F_SUFFIX, F_SEED, F_N, F_BEST_OF, F_LOGPROBS, F_MEMBERS };

static const char *const names[F_MEMBERS] = {
    [F_PROMPT] = "prompt", [F_SUFFIX] = "suffix",   [F_SEED] = "seed",
    [F_N] = "n",           [F_BEST_OF] = "best_of", [F_LOGPROBS] = "logprobs",
};

static const char *const left_out[] = {
    "model",      "stream",           "stream_options",    "echo", "user",
    "logit_bias", "presence_penalty", "frequency_penalty", NULL
};

sluice_status mistral_fim(sluice_exchange *x)
{
    const struct sl_json *m[F_MEMBERS];
    const sluice_header **extra;
    struct sl_json_out *o = &x->body.out;
    char id[SL_CHAT_ID];
    size_t n_extra;
    int64_t logprobs = 0, best = 1;
    sluice_status st = sl_chat_members(&x->chat, names, F_MEMBERS, m, left_out, &extra, &n_extra);

    if (st >= 0)
        st = sl_chat_lacks(&x->chat, m[F_N], NULL, NULL, NULL, NULL);
    if (st >= 0 && m[F_BEST_OF] && sl_json_i64(m[F_BEST_OF]->raw, &best) && best != 1)
        st = sl_chat_lacking(&x->chat, "best_of");
    if (st >= 0 && m[F_LOGPROBS] && sl_json_i64(m[F_LOGPROBS]->raw, &logprobs) && logprobs > 0)
        st = sl_chat_lacking(&x->chat, "logprobs");
    if (st < 0)
        return st;
    if (m[F_PROMPT] && m[F_PROMPT]->type == SL_JSON_ARRAY && m[F_PROMPT]->n == 1)
        m[F_PROMPT] = m[F_PROMPT]->child;
    if (!m[F_PROMPT] || m[F_PROMPT]->type != SL_JSON_STRING)
        return sl_chat_bad(&x->chat, "unsupported_value", "The provider takes one text as prompt.",
                           "prompt");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", x->call->model);
    if (x->call->flags & SLUICE_CALL_STREAM)
        sl_json_kv_bool(o, "stream", true);
    sl_json_key(o, "prompt");
    sl_parts_raw(&x->body, m[F_PROMPT]->raw);
    if (m[F_SUFFIX]) {
        sl_json_key(o, "suffix");
        sl_parts_raw(&x->body, m[F_SUFFIX]->raw);
    }
    if (m[F_SEED])
        sl_json_kv_raw(o, "random_seed", m[F_SEED]->raw);
    for (size_t i = 0; i < n_extra; i++) {
        sl_json_key_span(o, extra[i]->name);
        sl_parts_raw(&x->body, extra[i]->value);
    }
    sl_json_close(o, '}');
    sl_chat_id(x->self->host, id);
    x->id = sl_arena_printf(x->arena, "cmpl-%s", id + 5);
    x->created = x->self->host->unix_ms(x->self->host) / 1000;
    return x->id.ptr ? sl_parts_end(&x->body, &x->parts, &x->n_parts) : SLUICE_E_NOMEM;
}

/* Text of a message or delta, which may be in chunks; joined in scratch. */
static sluice_status text_of(struct sluice_arena *scratch, sluice_span content, sluice_span *out)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, chunk;

    *out = SL_SPAN("");
    if (sl_json_raw_string(content, out) || sl_json_type(content) != SL_JSON_ARRAY)
        return SLUICE_OK;
    while (sl_json_next(&it, content, &name, &chunk)) {
        sluice_span text =
            sl_json_type(chunk) == SL_JSON_OBJECT ? sl_chat_member(chunk, "text") : SL_SPAN("");

        *out = sl_arena_printf(scratch, "%.*s%.*s", SL_FMT(*out), SL_FMT(text));
        if (!out->ptr)
            return SLUICE_E_NOMEM;
    }
    return SLUICE_OK;
}

static sluice_status write_answer(sluice_exchange *x, sluice_span object, sluice_span text,
                                  const char *finish, const sluice_sink *sink)
{
    sluice_span usage = sl_json_find(object, "usage"), whole;
    struct sl_json_out o;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    sl_buf_init(&b, text.len + usage.len + x->call->model.len * 6 + 1024);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", x->id);
    sl_json_kv_str(&o, "object", SL_SPAN("text_completion"));
    sl_json_kv_i64(&o, "created", x->created);
    sl_json_kv_str(&o, "model", x->call->model);
    sl_json_key(&o, "choices");
    sl_json_open(&o, '[');
    sl_json_open(&o, '{');
    sl_json_key(&o, "text");
    sl_json_inside_str(&o, text);
    sl_json_kv_i64(&o, "index", 0);
    sl_json_key(&o, "logprobs");
    sl_json_null(&o);
    sl_json_key(&o, "finish_reason");
    if (finish)
        sl_json_str(&o, sl_span_str(finish));
    else
        sl_json_null(&o);
    sl_json_close(&o, '}');
    sl_json_close(&o, ']');
    if (!x->streams && sl_json_type(usage) == SL_JSON_OBJECT)
        sl_json_kv_raw(&o, "usage", usage);
    sl_json_close(&o, '}');
    whole = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = x->streams ? sink->chunk(sink, &whole, 1) : sink->whole(sink, &whole, 1);
    sl_buf_finish(&b);
    return st;
}

sluice_status mistral_fim_answer(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                 sluice_error *err)
{
    sluice_span object, first, message, reason;
    const char *finish = NULL;
    sluice_status st;

    text = sl_span_trim(text);
    if (!text.len || sl_span_eq(text, SL_SPAN("[DONE]")))
        return SLUICE_OK;
    st = mistral_object(text, &object, err);
    if (st < 0)
        return st;
    mistral_usage(sink, object);
    first = sl_json_find(object, "choices.0");
    if (sl_json_type(first) != SL_JSON_OBJECT)
        return x->streams ? SLUICE_OK
                          : sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer has no choice.");
    message = sl_json_find(first, x->streams ? "delta" : "message");
    if (sl_json_raw_string(sl_json_find(first, "finish_reason"), &reason) && reason.len) {
        finish = mistral_finish_word(reason);
        if (!finish)
            return sl_fail(err, SLUICE_E_UPSTREAM, "The provider broke off its answer.");
    }
    if (sl_json_type(message) == SL_JSON_OBJECT)
        st = text_of(sink->scratch, sl_json_find(message, "content"), &text);
    else
        text = SL_SPAN("");
    if (st >= 0 && !x->streams && !finish)
        finish = "stop";
    if (finish)
        x->done = true;
    return st < 0 || (!text.len && !finish) ? st : write_answer(x, object, text, finish, sink);
}
