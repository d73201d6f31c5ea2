/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anthropic_content.c - what a user says in a Messages request, block by block. Results of tools
 * become messages of their own in front of the rest; blocks that the pivot has no word for go along
 * as they are to a provider that knows them.
 */
#include "format/anthropic/anthropic_content.h"

sluice_status sl_anthropic_bad(const struct sl_anthropic_writer *w, const char *message,
                               const char *member)
{
    return sl_pivot_refuse(w->t, NULL, message, "messages.[%zu].content.[%zu].%s", w->message,
                           w->block, member);
}

static sluice_status lacking(const struct sl_anthropic_writer *w)
{
    return sl_pivot_lacking(w->t, "messages.[%zu].content.[%zu].type", w->message, w->block);
}

void sl_anthropic_close_part(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    const struct sl_json *cache = sl_json_opt(block, "cache_control");

    if (cache && w->t->extended)
        sl_json_kv_raw(&w->t->out, "cache_control", cache->raw);
    sl_json_close(&w->t->out, '}');
    w->n++;
}

/* ---- parts ---- */

static sluice_status text_part(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    const struct sl_json *text = sl_json_get(block, "text");

    if (!text || text->type != SL_JSON_STRING)
        return sl_anthropic_bad(w, "A text block needs its text.", "text");
    if (!sl_json_inside(text).len)
        return SLUICE_OK;
    sl_pivot_text_part(&w->t->out, sl_json_inside(text));
    sl_anthropic_close_part(w, block);
    return SLUICE_OK;
}

/* As it came, to a provider that knows the dialect's own blocks. */
static sluice_status own_part(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    if (!w->t->extended)
        return lacking(w);
    sl_json_raw(&w->t->out, block->raw);
    w->n++;
    return SLUICE_OK;
}

static sluice_status image_part(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    const struct sl_json *source = sl_json_opt(block, "source");
    const struct sl_json *type = sl_json_get(source, "type");
    struct sl_json_out *o = &w->t->out;
    sluice_span mime = sl_json_inside(sl_json_get(source, "media_type"));
    sluice_span data = sl_json_inside(sl_json_get(source, "data"));
    sluice_span url = sl_json_inside(sl_json_get(source, "url"));

    if (sl_json_is(type, "file"))
        return own_part(w, block);
    if (sl_json_is(type, "base64") ? !mime.len || !data.len : !sl_json_is(type, "url") || !url.len)
        return sl_anthropic_bad(w, "An image is base64 with a media_type, a url or a file.",
                                "source");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"image_url\""));
    sl_json_key(o, "image_url");
    sl_json_open(o, '{');
    sl_json_key(o, "url");
    if (sl_json_is(type, "base64"))
        sl_pivot_data_url(o, mime, data);
    else
        sl_json_inside_str(o, url);
    sl_json_close(o, '}');
    sl_anthropic_close_part(w, block);
    return SLUICE_OK;
}

static sluice_status document_part(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    const struct sl_json *source = sl_json_opt(block, "source");
    const struct sl_json *type = sl_json_get(source, "type");
    const struct sl_json *cites = sl_json_opt(sl_json_opt(block, "citations"), "enabled");
    sluice_span title = sl_json_inside(sl_json_opt(block, "title"));
    sluice_span data = sl_json_inside(sl_json_get(source, "data"));
    struct sl_json_out *o = &w->t->out;

    if (w->t->extended && cites && sl_json_is_true(cites->raw))
        return own_part(w, block);
    if (sl_json_is(type, "text") && data.len) {
        sl_pivot_text_part(o, data);
        sl_anthropic_close_part(w, block);
        return SLUICE_OK;
    }
    if (!sl_json_is(type, "base64"))
        return own_part(w, block);
    if (!data.len)
        return sl_anthropic_bad(w, "A document needs its data.", "source");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"file\""));
    sl_json_key(o, "file");
    sl_json_open(o, '{');
    sl_json_key(o, "filename");
    sl_json_inside_str(o, title.len ? title : SL_SPAN("document.pdf"));
    sl_json_key(o, "file_data");
    sl_pivot_data_url(o, SL_SPAN("application/pdf"), data);
    sl_json_close(o, '}');
    sl_anthropic_close_part(w, block);
    return SLUICE_OK;
}

sluice_status sl_anthropic_part(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    if (sl_anthropic_is(block, "text"))
        return text_part(w, block);
    if (sl_anthropic_is(block, "image"))
        return image_part(w, block);
    if (sl_anthropic_is(block, "document"))
        return document_part(w, block);
    if (!sl_json_inside(sl_json_get(block, "type")).len)
        return sl_anthropic_bad(w, "A block needs its type.", "type");
    return own_part(w, block);
}

/* ---- what a tool said ---- */

static bool only_text(const struct sl_json *content)
{
    sl_json_each(block, content)
    {
        if (!sl_anthropic_is(block, "text"))
            return false;
    }

    return true;
}

/* Elsewhere a result is one text. */
static void joined_text(struct sl_translation *t, const struct sl_json *content)
{
    struct sl_buf *b = t->out.buf;
    bool first = true;

    sl_json_raw(&t->out, SL_SPAN("\""));
    sl_json_each(block, content)
    {
        sluice_span text = sl_json_inside(sl_json_get(block, "text"));

        if (!sl_anthropic_is(block, "text") || !text.len)
            continue;
        if (!first)
            sl_buf_add(b, SL_SPAN("\\n"));
        first = false;
        sl_buf_add(b, text);
    }
    sl_buf_add_char(b, '"');
}

static sluice_status result_content(struct sl_anthropic_writer *w, const struct sl_json *content)
{
    struct sl_json_out *o = &w->t->out;
    sluice_status st = SLUICE_OK;

    if (content && content->type == SL_JSON_STRING) {
        sl_json_raw(o, content->raw);
    } else if (!content || content->n == 0) {
        sl_json_raw(o, SL_SPAN("\"\""));
    } else if (!w->t->extended || (content->n == 1 && only_text(content) &&
                                   !sl_json_opt(content->child, "cache_control"))) {
        joined_text(w->t, content);
    } else {
        sl_json_open(o, '[');
        sl_json_each(block, content)
        {
            if (st >= 0)
                st = sl_anthropic_part(w, block);
        }
        sl_json_close(o, ']');
    }
    return st;
}

static sluice_status tool_result(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    const struct sl_json *id = sl_json_get(block, "tool_use_id");
    const struct sl_json *content = sl_json_opt(block, "content");
    const struct sl_json *failed = sl_json_opt(block, "is_error");
    struct sl_json_out *o = &w->t->out;
    sluice_status st;

    if (!sl_json_inside(id).len)
        return sl_anthropic_bad(w, "A result names the call it belongs to.", "tool_use_id");
    if (content && content->type != SL_JSON_STRING && content->type != SL_JSON_ARRAY)
        return sl_anthropic_bad(w, "A result is a text or a list of blocks.", "content");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"tool\""));
    sl_json_kv_raw(o, "tool_call_id", id->raw);
    sl_json_key(o, "content");
    st = result_content(w, content);
    if (failed && w->t->extended && sl_json_is_true(failed->raw))
        sl_json_kv_bool(o, "is_error", true);
    sl_anthropic_close_part(w, block);
    return st;
}

/* ---- what the user says ---- */

/* Pictures in results, for a provider whose results are texts: behind them, as the user's. */
static sluice_status shown_by_tools(struct sl_anthropic_writer *w, const struct sl_json *content)
{
    sluice_status st = SLUICE_OK;

    if (w->t->extended)
        return st;
    sl_json_each(block, content)
    {
        if (!sl_anthropic_is(block, "tool_result"))
            continue;
        sl_json_each(inner, sl_json_opt(block, "content"))
        {
            if (st >= 0 && !sl_anthropic_is(inner, "text"))
                st = sl_anthropic_part(w, inner);
        }
    }
    return st;
}

void sl_anthropic_open(struct sl_translation *t, const char *role)
{
    sl_json_open(&t->out, '{');
    sl_json_kv_str(&t->out, "role", sl_span_str(role));
    sl_json_key(&t->out, "content");
}

bool sl_anthropic_is_plain(const struct sl_translation *t, const struct sl_json *content)
{
    return content->n == 1 && sl_anthropic_is(content->child, "text") &&
           sl_json_inside(sl_json_get(content->child, "text")).len &&
           !(t->extended && sl_json_opt(content->child, "cache_control"));
}

static sluice_status user_parts(struct sl_anthropic_writer *w, const struct sl_json *content)
{
    size_t before = w->t->out.buf->len;
    bool comma = w->t->out.comma;
    sluice_status st;

    sl_anthropic_open(w->t, "user");
    if (sl_anthropic_is_plain(w->t, content)) {
        sl_json_raw(&w->t->out, sl_json_get(content->child, "text")->raw);
        sl_json_close(&w->t->out, '}');
        return SLUICE_OK;
    }
    sl_json_open(&w->t->out, '[');
    st = shown_by_tools(w, content);
    w->block = 0;
    sl_json_each(block, content)
    {
        if (st >= 0 && !sl_anthropic_is(block, "tool_result"))
            st = sl_anthropic_part(w, block);
        w->block++;
    }
    sl_json_close(&w->t->out, ']');
    sl_json_close(&w->t->out, '}');
    if (st >= 0 && w->n == 0) { /* nothing but results: take it back */
        w->t->out.buf->len = before;
        w->t->out.comma = comma;
    }
    return st;
}

sluice_status sl_anthropic_user(struct sl_translation *t, const struct sl_json *content,
                                size_t index)
{
    struct sl_anthropic_writer w = { .t = t, .message = index };
    bool results = false;

    sl_json_each(block, content)
    {
        if (sl_anthropic_is(block, "tool_result")) {
            sluice_status st = tool_result(&w, block);

            if (st < 0)
                return st;
            results = true;
        }
        w.block++;
    }
    w.block = w.n = 0;
    if (!results && content->n == 0)
        return sl_pivot_refuse(t, NULL, "Content must not be empty.", "messages.[%zu].content",
                               index);
    return user_parts(&w, content);
}
