/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c - OpenAI's messages in the vendor's form: much the same, but for developers, the text
 * beside calls, and parts that it lacks. */
#include "cohere.h"

struct walk {
    struct sl_chat *c;
    struct sl_parts *out;
    struct sl_json_out *o;
    const struct sl_json *messages;
};

static void open_message(struct walk *w, const char *role)
{
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", sl_span_str(role));
}

static sluice_status write_text(struct walk *w, const struct sl_json *m, size_t i)
{
    sluice_span text;
    sluice_status st = sl_chat_plain(w->c, sl_json_opt(m, "content"), i, SL_SPAN("\\n"), &text);

    if (st < 0)
        return st;
    sl_json_key(w->o, "content");
    sl_parts_inside(w->out, text);
    return SLUICE_OK;
}

static sluice_status walk_system(struct walk *w, const struct sl_json *m, size_t i)
{
    sluice_status st;

    open_message(w, "system");
    st = write_text(w, m, i);
    sl_json_close(w->o, '}');
    return st;
}

static sluice_status write_image(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    const struct sl_json *detail = sl_json_opt(sl_json_opt(p, "image_url"), "detail");
    sluice_span url = sl_chat_image_url(p);

    if (!url.len)
        return sl_chat_bad(w->c, "invalid_image_url", "An image part needs a URL.",
                           "messages.[%zu].content.[%zu].image_url.url", i, k);
    sl_json_kv_str(w->o, "type", SL_SPAN("image_url"));
    sl_json_key(w->o, "image_url");
    sl_json_open(w->o, '{');
    sl_json_key(w->o, "url");
    sl_parts_inside(w->out, url);
    if (detail)
        sl_json_kv_raw(w->o, "detail", detail->raw);
    sl_json_close(w->o, '}');
    return SLUICE_OK;
}

static sluice_status write_part(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    const struct sl_json *type = sl_json_opt(p, "type");
    sluice_status st = SLUICE_OK;

    sl_json_open(w->o, '{');
    if (p->type == SL_JSON_STRING || sl_json_is(type, "text")) {
        sl_json_kv_str(w->o, "type", SL_SPAN("text"));
        sl_json_key(w->o, "text");
        sl_parts_inside(w->out,
                        sl_json_inside(p->type == SL_JSON_STRING ? p : sl_json_opt(p, "text")));
    } else if (sl_json_is(type, "image_url")) {
        st = write_image(w, p, i, k);
    } else {
        st = sl_chat_bad(w->c, "unsupported_value", "The provider takes text and images only.",
                         "messages.[%zu].content.[%zu].type", i, k);
    }
    sl_json_close(w->o, '}');
    return st;
}

static sluice_status walk_user(struct walk *w, const struct sl_json *m, size_t i)
{
    const struct sl_json *content = sl_json_opt(m, "content");
    sluice_status st = SLUICE_OK;
    size_t k = 0;

    open_message(w, "user");
    if (!content || content->type != SL_JSON_ARRAY) {
        st = write_text(w, m, i);
    } else {
        sl_json_key(w->o, "content");
        sl_json_open(w->o, '[');
        sl_json_each(p, content)
        {
            if (st >= 0)
                st = write_part(w, p, i, k++);
        }
        sl_json_close(w->o, ']');
    }
    sl_json_close(w->o, '}');
    return st;
}

/* ---- calls and results ---- */

static sluice_status write_call(struct walk *w, const struct sl_json *id, const struct sl_json *f,
                                size_t i, size_t j)
{
    sluice_span arguments, inside;
    sluice_status st = sl_chat_arguments(w->c, sl_json_opt(f, "arguments"), i, j, &arguments);

    if (!sl_json_inside(sl_json_opt(f, "name")).len)
        return sl_chat_bad(w->c, NULL, "A tool call needs the name of a function.",
                           "messages.[%zu].tool_calls.[%zu].function.name", i, j);
    if (st >= 0)
        st = sl_chat_compact(w->c->arena, arguments, &inside);
    if (st < 0)
        return st;
    sl_json_open(w->o, '{');
    sl_json_kv_raw(w->o, "id", id ? id->raw : sl_json_opt(f, "name")->raw);
    sl_json_kv_str(w->o, "type", SL_SPAN("function"));
    sl_json_key(w->o, "function");
    sl_json_open(w->o, '{');
    sl_json_kv_raw(w->o, "name", sl_json_opt(f, "name")->raw);
    sl_json_key(w->o, "arguments");
    sl_parts_inside(w->out, inside);
    sl_json_close(w->o, '}');
    sl_json_close(w->o, '}');
    return SLUICE_OK;
}

static sluice_status walk_assistant(struct walk *w, const struct sl_json *m, size_t i)
{
    const struct sl_json *calls = sl_json_opt(m, "tool_calls"),
                         *old = sl_json_opt(m, "function_call");
    const struct sl_json *content = sl_json_opt(m, "content");
    bool has_calls = (calls && calls->n) || old;
    sluice_span text;
    sluice_status st = sl_chat_plain(w->c, content ? content : sl_json_opt(m, "refusal"), i,
                                     SL_SPAN("\\n"), &text);
    size_t j = 0;

    if (st < 0)
        return st;
    open_message(w, "assistant");
    if (!has_calls || text.len) { /* text beside calls is the plan behind them */
        sl_json_key(w->o, has_calls ? "tool_plan" : "content");
        sl_parts_inside(w->out, text);
    }
    if (has_calls) {
        sl_json_key(w->o, "tool_calls");
        sl_json_open(w->o, '[');
        sl_json_each(call, calls)
        {
            if (st >= 0)
                st = write_call(w, sl_json_opt(call, "id"), sl_json_opt(call, "function"), i, j++);
        }
        if (st >= 0 && !j)
            st = write_call(w, NULL, old, i, 0);
        sl_json_close(w->o, ']');
    }
    sl_json_close(w->o, '}');
    return st;
}

static bool is_image(const struct sl_json *p)
{
    return sl_json_is(sl_json_opt(p, "type"), "image_url");
}

static const struct sl_json *list_of(const struct sl_json *m)
{
    const struct sl_json *content = sl_json_opt(m, "content");

    return content && content->type == SL_JSON_ARRAY ? content : NULL;
}

/* A result's text, without the pictures in it. */
static sluice_status write_told(struct walk *w, const struct sl_json *m, size_t i)
{
    bool pictures = false, first = true;

    sl_json_each(p, list_of(m)) pictures = pictures || is_image(p);
    if (!pictures)
        return write_text(w, m, i);
    sl_json_key(w->o, "content");
    sl_json_raw(w->o, SL_SPAN("\""));
    sl_json_each(p, list_of(m))
    {
        if (is_image(p))
            continue;
        if (!sl_json_opt(p, "text"))
            return sl_chat_bad(w->c, "unsupported_value",
                               "The provider takes text and images only.", "messages.[%zu].content",
                               i);
        if (!first)
            sl_buf_add_str(w->o->buf, "\\n");
        first = false;
        sl_buf_add(w->o->buf, sl_json_inside(sl_json_opt(p, "text")));
    }
    sl_buf_add_char(w->o->buf, '"');
    return SLUICE_OK;
}

static sluice_status walk_result(struct walk *w, const struct sl_json *m, size_t i)
{
    const struct sl_json *id = sl_json_opt(m, "tool_call_id");
    sluice_status st;

    if (!id)
        id = sl_json_opt(m, "name"); /* of the deprecated function */
    if (!id || id->type != SL_JSON_STRING ||
        (sl_json_opt(m, "tool_call_id") && !sl_chat_name_of(w->messages, m).len))
        return sl_chat_bad(w->c, NULL, "This is the result of no call in the messages before it.",
                           "messages.[%zu].tool_call_id", i);
    open_message(w, "tool");
    sl_json_kv_raw(w->o, "tool_call_id", id->raw);
    st = write_told(w, m, i);
    sl_json_close(w->o, '}');
    return st;
}

/* Pictures in results are the user's, behind the last result of a turn. from..last: the results. */
static sluice_status walk_shown(struct walk *w, const struct sl_json *from,
                                const struct sl_json *last, size_t i)
{
    sluice_status st = SLUICE_OK;
    bool any = false;

    for (const struct sl_json *m = from; m; m = m == last ? NULL : m->next, i++) {
        size_t k = 0;

        sl_json_each(p, list_of(m))
        {
            if (st >= 0 && is_image(p)) {
                if (!any) {
                    open_message(w, "user");
                    sl_json_key(w->o, "content");
                    sl_json_open(w->o, '[');
                }
                any = true;
                st = write_part(w, p, i, k);
            }
            k++;
        }
    }
    if (any) {
        sl_json_close(w->o, ']');
        sl_json_close(w->o, '}');
    }
    return st;
}

static bool is_result(const struct sl_json *m)
{
    return sl_json_is(sl_json_opt(m, "role"), "tool");
}

static const struct {
    const char *role;
    sluice_status (*walk)(struct walk *w, const struct sl_json *m, size_t i);
} roles[] = {
    { "user", walk_user },     { "assistant", walk_assistant }, { "tool", walk_result },
    { "system", walk_system }, { "developer", walk_system },    { "function", walk_result },
};

static sluice_status walk(struct walk *w, const struct sl_json *m, size_t i)
{
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        if (sl_json_is(sl_json_opt(m, "role"), roles[k].role))
            return roles[k].walk(w, m, i);
    return sl_chat_bad(w->c, NULL,
                       "A message's role is system, developer, user, assistant or tool.",
                       "messages.[%zu].role", i);
}

sluice_status cohere_write_messages(struct sl_chat *c, struct sl_parts *out,
                                    const struct sl_json *messages, sluice_span hint)
{
    struct walk w = { c, out, &out->out, messages };
    const struct sl_json *results = NULL;
    sluice_status st = SLUICE_OK;
    size_t i = 0, first = 0;

    if (!messages || messages->type != SL_JSON_ARRAY || !messages->n)
        return sl_chat_bad(c, NULL, "A list of one message or more is needed.", "messages");
    sl_json_key(w.o, "messages");
    sl_json_open(w.o, '[');
    if (hint.len) {
        open_message(&w, "system");
        sl_json_key(w.o, "content");
        sl_parts_inside(out, hint);
        sl_json_close(w.o, '}');
    }
    sl_json_each(m, messages)
    {
        if (st >= 0)
            st = walk(&w, m, i++);
        if (!is_result(m)) {
            results = NULL;
            continue;
        }
        if (!results) {
            results = m;
            first = i - 1;
        }
        if (st >= 0 && !is_result(m->next))
            st = walk_shown(&w, results, m, first);
    }
    sl_json_close(w.o, ']');
    return st;
}
