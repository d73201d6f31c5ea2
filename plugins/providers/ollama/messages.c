/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c - OpenAI's messages in the server's form: content is one text, images stand beside it,
 * arguments are objects, results name their function. */
#include "ollama.h"

struct walk {
    struct sl_chat *c;
    struct sl_parts *out;
    struct sl_json_out *o;
    const struct sl_json *messages;
};

static bool is_text(const struct sl_json *p)
{
    const struct sl_json *type = sl_json_opt(p, "type");

    return p->type == SL_JSON_STRING || sl_json_is(type, "text") || sl_json_is(type, "refusal");
}

/* Text of parts joined by line ends, as if there were nothing else. */
static sluice_status text_of(struct walk *w, const struct sl_json *content, size_t i,
                             sluice_span *text)
{
    struct sl_buf b;
    bool first = true;
    sluice_status st = SLUICE_OK;

    if (!content || content->type != SL_JSON_ARRAY)
        return sl_chat_plain(w->c, content, i, SL_SPAN("\\n"), text);
    sl_buf_init(&b, content->raw.len + 16);
    sl_json_each(p, content)
    {
        const struct sl_json *t = p->type == SL_JSON_STRING ? p : sl_json_opt(p, "text");

        if (!is_text(p))
            continue;
        if (!t)
            t = sl_json_opt(p, "refusal");
        if (!first)
            sl_buf_add_str(&b, "\\n");
        sl_buf_add(&b, sl_json_inside(t));
        first = false;
    }
    *text = sl_buf_ok(&b) ? sl_arena_dup(w->c->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    if (!text->ptr)
        st = SLUICE_E_NOMEM;
    sl_buf_finish(&b);
    return st;
}

static bool is_picture(sluice_span mime)
{
    return sl_span_eq(mime, SL_SPAN("image/jpeg")) || sl_span_eq(mime, SL_SPAN("image/png")) ||
           sl_span_eq(mime, SL_SPAN("image/webp"));
}

static sluice_status write_image(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    sluice_span url = sl_chat_image_url(p);
    struct sl_media media;
    sluice_status st;

    if (!url.len)
        return sl_chat_bad(w->c, "invalid_image_url", "An image part needs a URL.",
                           "messages.[%zu].content.[%zu].image_url.url", i, k);
    st = sl_chat_media(w->c, url, i, k, "image_url.url", &media);
    if (st < 0)
        return st;
    if (!is_picture(media.mime))
        return sl_chat_bad(w->c, "invalid_image_url", "Images are taken as jpeg, png or webp.",
                           "messages.[%zu].content.[%zu].image_url.url", i, k);
    sl_parts_inside(w->out, media.data);
    return SLUICE_OK;
}

/* `images` of a message, if there are any. */
static sluice_status write_images(struct walk *w, const struct sl_json *content, size_t i)
{
    sluice_status st = SLUICE_OK;
    bool open = false;
    size_t k = 0;

    if (!content || content->type != SL_JSON_ARRAY)
        return SLUICE_OK;
    sl_json_each(p, content)
    {
        if (st >= 0 && sl_json_is(sl_json_opt(p, "type"), "image_url")) {
            if (!open) {
                sl_json_key(w->o, "images");
                sl_json_open(w->o, '[');
                open = true;
            }
            st = write_image(w, p, i, k);
        } else if (st >= 0 && !is_text(p) && !sl_json_is(sl_json_opt(p, "type"), "thinking") &&
                   !sl_json_is(sl_json_opt(p, "type"), "redacted_thinking")) {
            st = sl_chat_bad(w->c, "unsupported_value", "The provider takes text and images only.",
                             "messages.[%zu].content.[%zu].type", i, k);
        }
        k++;
    }
    if (open)
        sl_json_close(w->o, ']');
    return st;
}

static sluice_status open_message(struct walk *w, const char *role, const struct sl_json *content,
                                  size_t i)
{
    sluice_span text;
    sluice_status st = text_of(w, content, i, &text);

    if (st < 0)
        return st;
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", sl_span_str(role));
    sl_json_key(w->o, "content");
    sl_parts_inside(w->out, text);
    return SLUICE_OK;
}

static sluice_status plain(struct walk *w, const char *role, const struct sl_json *m, size_t i)
{
    const struct sl_json *content = sl_json_opt(m, "content");
    sluice_status st = open_message(w, role, content, i);

    if (st >= 0)
        st = write_images(w, content, i);
    if (st >= 0)
        sl_json_close(w->o, '}');
    return st;
}

static sluice_status walk_user(struct walk *w, const struct sl_json *m, size_t i)
{
    return plain(w, "user", m, i);
}

static sluice_status walk_system(struct walk *w, const struct sl_json *m, size_t i)
{
    return plain(w, "system", m, i);
}

static sluice_status write_call(struct walk *w, const struct sl_json *id, const struct sl_json *f,
                                size_t i, size_t j)
{
    sluice_span arguments;
    sluice_status st = sl_chat_arguments(w->c, sl_json_opt(f, "arguments"), i, j, &arguments);

    if (!sl_json_inside(sl_json_opt(f, "name")).len)
        return sl_chat_bad(w->c, NULL, "A tool call needs the name of a function.",
                           "messages.[%zu].tool_calls.[%zu].function.name", i, j);
    if (st < 0)
        return st;
    sl_json_open(w->o, '{');
    if (id)
        sl_json_kv_raw(w->o, "id", id->raw);
    sl_json_key(w->o, "function");
    sl_json_open(w->o, '{');
    sl_json_kv_raw(w->o, "name", sl_json_opt(f, "name")->raw);
    sl_json_key(w->o, "arguments");
    sl_parts_raw(w->out, arguments);
    sl_json_close(w->o, '}');
    sl_json_close(w->o, '}');
    return SLUICE_OK;
}

static sluice_status walk_assistant(struct walk *w, const struct sl_json *m, size_t i)
{
    const struct sl_json *calls = sl_json_opt(m, "tool_calls"),
                         *old = sl_json_opt(m, "function_call");
    const struct sl_json *content = sl_json_opt(m, "content");
    const struct sl_json *thinking = sl_json_opt(m, "reasoning_content");
    sluice_status st =
        open_message(w, "assistant", content ? content : sl_json_opt(m, "refusal"), i);
    size_t j = 0;

    if (st < 0)
        return st;
    if (sl_json_inside(thinking).len) {
        sl_json_key(w->o, "thinking");
        sl_parts_inside(w->out, sl_json_inside(thinking));
    }
    if ((calls && calls->n) || old) {
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

static bool has_images(const struct sl_json *content)
{
    if (content && content->type == SL_JSON_ARRAY)
        sl_json_each(p, content)
        {
            if (sl_json_is(sl_json_opt(p, "type"), "image_url"))
                return true;
        }
    return false;
}

/* Pictures that a tool gave follow as the user's: the server looks for them there only. */
static sluice_status walk_result(struct walk *w, const struct sl_json *m, size_t i)
{
    const struct sl_json *content = sl_json_opt(m, "content"), *id = sl_json_opt(m, "tool_call_id");
    sluice_span name = sl_chat_name_of(w->messages, m);
    sluice_status st = open_message(w, "tool", content, i);

    if (st < 0)
        return st;
    if (name.len) {
        sl_json_key(w->o, "tool_name");
        sl_json_inside_str(w->o, name);
    }
    if (id && id->type == SL_JSON_STRING)
        sl_json_kv_raw(w->o, "tool_call_id", id->raw);
    sl_json_close(w->o, '}');
    if (!has_images(content))
        return SLUICE_OK;
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", SL_SPAN("user"));
    sl_json_kv_str(w->o, "content", SL_SPAN(""));
    st = write_images(w, content, i);
    sl_json_close(w->o, '}');
    return st;
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

sluice_status ollama_write_messages(struct sl_chat *c, struct sl_parts *out,
                                    const struct sl_json *messages)
{
    struct walk w = { c, out, &out->out, messages };
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!messages || messages->type != SL_JSON_ARRAY || !messages->n)
        return sl_chat_bad(c, NULL, "A list of one message or more is needed.", "messages");
    sl_json_key(w.o, "messages");
    sl_json_open(w.o, '[');
    sl_json_each(m, messages)
    {
        if (st >= 0)
            st = walk(&w, m, i++);
    }
    sl_json_close(w.o, ']');
    return st;
}
