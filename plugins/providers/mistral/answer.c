/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - answers in OpenAI's form with the vendor's habits: content in chunks, calls without a
 * usable index, words of its own for the end. A whole answer's message is read as one delta. */
#include "mistral.h"

#define CHOICES_MOST 128

const struct sl_compat_rule mistral_rules[] = {
    { { "1300", 4 }, SLUICE_E_RATE_LIMIT },
    { { "3505", 4 }, SLUICE_E_RATE_LIMIT },
    { { "capacity exceeded", 17 }, SLUICE_E_RATE_LIMIT },
    { { "1500", 4 }, SLUICE_E_INVALID },
};
const size_t mistral_n_rules = sizeof mistral_rules / sizeof *mistral_rules;

sluice_status mistral_object(sluice_span text, sluice_span *object, sluice_error *err)
{
    struct sl_json_error e;

    *object = sl_span_trim(text);
    if (sl_json_type(*object) != SL_JSON_OBJECT || sl_json_validate(*object, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    if (sl_compat_is_error(*object))
        return sl_failed_inside(*object, 502, mistral_rules, mistral_n_rules, err);
    return SLUICE_OK;
}

sluice_status mistral_failed(sluice_exchange *x, sluice_error *err)
{
    sluice_span body = sl_span_trim(sl_buf_span(&x->failed.body)), detail = SL_SPAN(""), name, at;
    struct sl_json_iter it = { .started = false };
    sluice_span message = SL_SPAN(""), param = SL_SPAN(""), loc;
    struct sl_json_error e;
    sluice_status st;

    if (x->failed.http_status == 422) /* the vendor's status for what others call a bad request */
        x->failed.http_status = 400;
    st = sl_failed_report(&x->failed, mistral_rules, mistral_n_rules, err);
    if (st != SLUICE_E_INVALID || sl_json_type(body) != SL_JSON_OBJECT ||
        sl_json_validate(body, &e) < 0)
        return st;
    detail = sl_json_find(body, "detail.0");
    if (!detail.ptr)
        detail = sl_json_find(body, "message.detail.0");
    if (sl_json_type(detail) != SL_JSON_OBJECT)
        return st;
    loc = sl_json_find(detail, "loc");
    while (sl_json_type(loc) == SL_JSON_ARRAY && sl_json_next(&it, loc, &name, &at))
        if (!sl_json_raw_string(at, &param))
            param = at; /* a place in a list */
    if (sl_json_string(sl_json_find(detail, "msg"), x->arena, &message) && message.len)
        sl_copy_text(err->message, sizeof err->message, message);
    sl_copy_text(err->param, sizeof err->param, param);
    return st;
}

void mistral_usage(const sluice_sink *sink, sluice_span object)
{
    struct sl_compat_usage usage;
    sluice_span raw = sl_json_find(object, "usage");

    if (sl_json_type(raw) == SL_JSON_OBJECT && sl_compat_usage(raw, &usage)) {
        sluice_usage report = { sizeof report, usage.n, usage.counts };

        sink->usage(sink, &report);
    }
}

/* NULL: the vendor broke off. */
const char *mistral_finish_word(sluice_span reason)
{
    if (sl_span_eq(reason, SL_SPAN("length")) || sl_span_eq(reason, SL_SPAN("model_length")))
        return "length";
    if (sl_span_eq(reason, SL_SPAN("tool_calls")))
        return "tool_calls";
    return sl_span_eq(reason, SL_SPAN("error")) ? NULL : "stop";
}

static struct mistral_choice *choice(sluice_exchange *x, uint32_t number)
{
    struct mistral_choice **at = &x->choices;

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    if (!*at && number < CHOICES_MOST) {
        *at = sl_alloc0(x->arena, sizeof **at);
        if (*at) {
            (*at)->number = number;
            (*at)->past = x->prefix.len == 0;
        }
    }
    return *at;
}

/* ---- text ---- */

/* Text that repeats what the caller began with does not go out; when it turns out to be something
 * else after all, what was held back does. */
static sluice_status strip(sluice_exchange *x, struct mistral_choice *c, const sluice_sink *sink,
                           sluice_span inside, sluice_span *rest)
{
    char *plain = sl_alloc(sink->scratch, inside.len + 1);
    sluice_span text, held;
    sluice_status st;
    size_t n = 0;

    if (!plain)
        return SLUICE_E_NOMEM;
    text = sl_span(plain, sl_json_unescape(inside, plain));
    while (n < text.len && c->matched < x->prefix.len && text.ptr[n] == x->prefix.ptr[c->matched]) {
        n++;
        c->matched++;
    }
    if (c->matched == x->prefix.len) {
        c->past = true;
        return sl_chat_escape(sink->scratch, sl_span_from(text, n), rest);
    }
    *rest = SL_SPAN("");
    if (n == text.len)
        return SLUICE_OK;
    c->past = true;
    st = sl_chat_escape(sink->scratch, sl_span_head(x->prefix, c->matched - n), &held);
    if (st >= 0 && held.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_TEXT, c->number, 0, held);
    *rest = inside;
    return st;
}

static sluice_status on_text(sluice_exchange *x, struct mistral_choice *c, const sluice_sink *sink,
                             sluice_span inside)
{
    sluice_status st = SLUICE_OK;

    if (!inside.len)
        return SLUICE_OK;
    if (!c->past)
        st = strip(x, c, sink, inside, &inside);
    return st >= 0 && inside.len ? sl_chat_emit(sink, SLUICE_DELTA_TEXT, c->number, 0, inside) : st;
}

/* {"type":"thinking","thinking":[{"type":"text","text"}]}, or its text alone. */
static sluice_status on_thinking(struct mistral_choice *c, const sluice_sink *sink,
                                 sluice_span thinking)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, piece, inside = SL_SPAN("");
    sluice_status st = SLUICE_OK;

    if (sl_json_raw_string(thinking, &inside))
        return inside.len ? sl_chat_emit(sink, SLUICE_DELTA_REASONING, c->number, 0, inside) : st;
    while (st >= 0 && sl_json_type(thinking) == SL_JSON_ARRAY &&
           sl_json_next(&it, thinking, &name, &piece)) {
        inside =
            sl_json_type(piece) == SL_JSON_OBJECT ? sl_chat_member(piece, "text") : SL_SPAN("");
        if (inside.len)
            st = sl_chat_emit(sink, SLUICE_DELTA_REASONING, c->number, 0, inside);
    }
    return st;
}

static sluice_status on_content(sluice_exchange *x, struct mistral_choice *c,
                                const sluice_sink *sink, sluice_span content)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, chunk, inside;
    sluice_status st = SLUICE_OK;

    if (sl_json_raw_string(content, &inside))
        return on_text(x, c, sink, inside);
    while (st >= 0 && sl_json_type(content) == SL_JSON_ARRAY &&
           sl_json_next(&it, content, &name, &chunk)) {
        if (sl_json_type(chunk) != SL_JSON_OBJECT)
            continue;
        if (sl_span_eq(sl_chat_member(chunk, "type"), SL_SPAN("thinking")))
            st = on_thinking(c, sink, sl_json_find(chunk, "thinking"));
        else
            st = on_text(x, c, sink, sl_chat_member(chunk, "text"));
    }
    return st;
}

/* ---- calls ---- */

static sluice_status on_call(sluice_exchange *x, struct mistral_choice *c, const sluice_sink *sink,
                             sluice_span call)
{
    sluice_span arguments = sl_json_find(call, "function.arguments"), text = SL_SPAN("");
    char id[SL_CHAT_ID];
    sluice_delta d = { .struct_size = sizeof d,
                       .kind = SLUICE_DELTA_TOOL_START,
                       .choice = c->number,
                       .id = sl_chat_member(call, "id"),
                       .name = sl_chat_member(call, "function.name") };
    sluice_status st = SLUICE_OK;

    if (d.name.len) { /* each with a name is a new one, whatever its index says */
        d.index = c->n_calls++;
        if (!d.id.len || sl_span_eq(d.id, SL_SPAN("null")))
            d.id = sl_chat_id(x->self->host, id);
        st = sink->delta(sink, &d);
    }
    if (st < 0 || !c->n_calls)
        return st;
    if (sl_json_type(arguments) == SL_JSON_OBJECT)
        st = sl_chat_compact(sink->scratch, arguments, &text);
    else
        sl_json_raw_string(arguments, &text);
    return st >= 0 && text.len
               ? sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, c->number, c->n_calls - 1, text)
               : st;
}

/* ---- choices ---- */

static sluice_status on_choice(sluice_exchange *x, const sluice_sink *sink, sluice_span value,
                               sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    sluice_span message = sl_json_find(value, "delta"), calls, name, call, reason;
    struct mistral_choice *c;
    int64_t index = 0;
    sluice_status st;

    if (sl_json_type(message) != SL_JSON_OBJECT)
        message = sl_json_find(value, "message");
    sl_json_i64(sl_json_find(value, "index"), &index);
    if (index < 0 || index >= CHOICES_MOST)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider sent more choices than it has.");
    c = choice(x, (uint32_t)index);
    if (!c)
        return SLUICE_E_NOMEM;
    if (sl_json_type(message) == SL_JSON_OBJECT) {
        st = on_content(x, c, sink, sl_json_find(message, "content"));
        calls = sl_json_find(message, "tool_calls");
        while (st >= 0 && sl_json_type(calls) == SL_JSON_ARRAY &&
               sl_json_next(&it, calls, &name, &call))
            if (sl_json_type(call) == SL_JSON_OBJECT)
                st = on_call(x, c, sink, call);
        if (st < 0)
            return st;
    }
    if (!sl_json_raw_string(sl_json_find(value, "finish_reason"), &reason) || !reason.len)
        return SLUICE_OK;
    c->finish = mistral_finish_word(reason);
    return c->finish ? SLUICE_OK
                     : sl_fail(err, SLUICE_E_UPSTREAM, "The provider broke off its answer.");
}

sluice_status mistral_answer(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    sluice_span object, choices, name, value;
    sluice_status st;

    if (x->done || !sl_span_trim(text).len)
        return SLUICE_OK;
    if (x->streams && sl_span_eq(sl_span_trim(text), SL_SPAN("[DONE]"))) {
        x->done = true;
        return SLUICE_OK;
    }
    st = mistral_object(text, &object, err);
    if (st >= 0 && !x->started) {
        sluice_delta d = { .struct_size = sizeof d,
                           .kind = SLUICE_DELTA_START,
                           .id = sl_chat_member(object, "id"),
                           .name = sl_chat_member(object, "model") };

        x->started = true;
        st = sink->delta(sink, &d);
    }
    if (st < 0)
        return st;
    choices = sl_json_find(object, "choices");
    while (st >= 0 && sl_json_type(choices) == SL_JSON_ARRAY &&
           sl_json_next(&it, choices, &name, &value))
        if (sl_json_type(value) == SL_JSON_OBJECT)
            st = on_choice(x, sink, value, err);
    if (st >= 0)
        mistral_usage(sink, object);
    return st;
}

sluice_status mistral_answer_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    for (struct mistral_choice *c = x->choices; c; c = c->next)
        if (!c->finish)
            x->choices = NULL;
    if (!x->choices)
        return sl_chat_truncated(err);
    for (struct mistral_choice *c = x->choices; c && st >= 0; c = c->next) {
        const char *finish = c->finish;

        if (c->n_calls && strcmp(finish, "stop") == 0)
            finish = "tool_calls";
        else if (!c->n_calls && strcmp(finish, "tool_calls") == 0)
            finish = "stop";
        if (!c->past && c->matched) { /* it was no repetition: there is not enough of it */
            sluice_span held;

            st = sl_chat_escape(sink->scratch, sl_span_head(x->prefix, c->matched), &held);
            if (st >= 0)
                st = sl_chat_emit(sink, SLUICE_DELTA_TEXT, c->number, 0, held);
        }
        if (st >= 0)
            st = sl_chat_emit(sink, SLUICE_DELTA_FINISH, c->number, 0, sl_span_str(finish));
    }
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory reading the answer") : st;
}
