/* SPDX-License-Identifier: Apache-2.0 */
/*
 * converse_message.c - messages of a Converse request: results of tools become messages of their
 * own in front of what the user says; calls, thoughts and text of the model find their members. A
 * cachePoint marks the block before it.
 */
#include "format/converse/converse.h"

/* Parts of one message. */
struct writer {
    struct sl_translation *t;
    size_t message, place;
};

void sl_converse_cache(struct sl_translation *t, const struct sl_json *block)
{
    const struct sl_json *point = sl_json_opt(block->next, "cachePoint");
    const struct sl_json *ttl = sl_json_opt(point, "ttl");

    if (!point || !t->extended)
        return;
    sl_json_key(&t->out, "cache_control");
    sl_json_open(&t->out, '{');
    sl_json_kv_str(&t->out, "type", SL_SPAN("ephemeral"));
    if (ttl)
        sl_json_kv_raw(&t->out, "ttl", ttl->raw);
    sl_json_close(&t->out, '}');
}

static sluice_status bad(const struct writer *w, const char *message, const char *member)
{
    return sl_pivot_refuse(w->t, NULL, message, "messages.[%zu].content.[%zu].%s", w->message,
                           w->place, member);
}

static void text_part(struct sl_translation *t, sluice_span inside, const struct sl_json *block)
{
    sl_pivot_text_part(&t->out, inside);
    sl_converse_cache(t, block);
    sl_json_close(&t->out, '}');
}

/* Members that are said elsewhere, or say nothing by themselves. */
static bool is_elsewhere(const struct sl_json *block)
{
    return sl_json_opt(block, "cachePoint") || sl_json_opt(block, "toolUse") ||
           sl_json_opt(block, "toolResult") || sl_json_opt(block, "reasoningContent");
}

static void cited_text(struct writer *w, const struct sl_json *block)
{
    sl_json_each(one, sl_json_opt(sl_json_opt(block, "citationsContent"), "content"))
    {
        if (sl_json_inside(sl_json_opt(one, "text")).len)
            text_part(w->t, sl_json_inside(sl_json_get(one, "text")), block);
    }
}

static sluice_status part(struct writer *w, const struct sl_json *block)
{
    const struct sl_json *text = sl_json_opt(block, "text");
    const struct sl_json *guarded = sl_json_opt(sl_json_opt(block, "guardContent"), "text");
    sluice_status st;
    bool written;

    if (block->type != SL_JSON_OBJECT)
        return sl_pivot_refuse(w->t, NULL, "A block is an object.", "messages.[%zu].content.[%zu]",
                               w->message, w->place);
    if (text) {
        if (sl_json_inside(text).len)
            text_part(w->t, sl_json_inside(text), block);
        return SLUICE_OK;
    }
    if (guarded) {
        text_part(w->t, sl_json_inside(sl_json_opt(guarded, "text")), block);
        return SLUICE_OK;
    }
    if (sl_json_opt(block, "json")) { /* of a tool's result */
        sl_json_open(&w->t->out, '{');
        sl_json_kv_str(&w->t->out, "type", SL_SPAN("text"));
        sl_json_key(&w->t->out, "text");
        sl_pivot_quoted(&w->t->out, sl_json_get(block, "json")->raw);
        sl_json_close(&w->t->out, '}');
        return SLUICE_OK;
    }
    if (sl_json_opt(block, "citationsContent")) {
        cited_text(w, block);
        return SLUICE_OK;
    }
    st = sl_converse_media(w->t, block, w->message, w->place, &written);
    if (st < 0 || written || is_elsewhere(block))
        return st;
    return sl_pivot_lacking(w->t, "messages.[%zu].content.[%zu]", w->message, w->place);
}

static void open_message(struct sl_translation *t, const char *role)
{
    sl_json_open(&t->out, '{');
    sl_json_kv_str(&t->out, "role", sl_span_str(role));
}

/* Texts alone, without marks, are one string, which every vendor takes. */
static bool texts_only(const struct sl_translation *t, const struct sl_json *content)
{
    sl_json_each(block, content)
    {
        if (sl_json_opt(block, "cachePoint") ? t->extended
                                             : !sl_json_opt(block, "text") && !is_elsewhere(block))
            return false;
    }

    return true;
}

static bool any_text(const struct sl_json *content)
{
    sl_json_each(block, content)
    {
        if (sl_json_inside(sl_json_opt(block, "text")).len)
            return true;
    }

    return false;
}

static void joined(struct sl_translation *t, const struct sl_json *content, const char *between)
{
    bool first = true;

    sl_json_raw(&t->out, SL_SPAN("\""));
    sl_json_each(block, content)
    {
        sluice_span text = sl_json_inside(sl_json_opt(block, "text"));

        if (!text.len)
            continue;
        if (!first)
            sl_buf_add_str(t->out.buf, between);
        first = false;
        sl_buf_add(t->out.buf, text);
    }
    sl_buf_add_char(t->out.buf, '"');
}

static sluice_status parts(struct writer *w, const struct sl_json *content)
{
    sluice_status st = SLUICE_OK;

    w->place = 0;
    sl_json_open(&w->t->out, '[');
    sl_json_each(block, content)
    {
        if (st >= 0 && !is_elsewhere(block))
            st = part(w, block);
        w->place++;
    }
    sl_json_close(&w->t->out, ']');
    return st;
}

/* ---- results ---- */

static bool is_told(const struct sl_json *block)
{
    return sl_json_opt(block, "text") || sl_json_opt(block, "json");
}

/* For a provider whose results are texts: what can be told, line by line. */
static void result_text(struct sl_json_out *o, const struct sl_json *content)
{
    bool first = true;

    sl_json_raw(o, SL_SPAN("\""));
    sl_json_each(block, content)
    {
        if (!is_told(block))
            continue;
        if (!first)
            sl_buf_add_str(o->buf, "\\n");
        first = false;
        if (sl_json_opt(block, "text"))
            sl_buf_add(o->buf, sl_json_inside(sl_json_get(block, "text")));
        else
            sl_pivot_inside(o->buf, sl_json_get(block, "json")->raw);
    }
    sl_buf_add_char(o->buf, '"');
}

/* What else is in results: behind them, as the user's. */
static bool shows(const struct sl_translation *t, const struct sl_json *block)
{
    sl_json_each(inner, sl_json_opt(sl_json_opt(block, "toolResult"), "content"))
    {
        if (!t->extended && !is_told(inner))
            return true;
    }

    return false;
}

static sluice_status shown(struct writer *w, const struct sl_json *block)
{
    sluice_status st = SLUICE_OK;

    sl_json_each(inner, sl_json_opt(sl_json_opt(block, "toolResult"), "content"))
    {
        if (st >= 0 && !is_told(inner))
            st = part(w, inner);
    }
    return st;
}

static sluice_status result(struct writer *w, const struct sl_json *block)
{
    const struct sl_json *r = sl_json_opt(block, "toolResult");
    const struct sl_json *id = sl_json_opt(r, "toolUseId"), *content = sl_json_opt(r, "content");
    struct writer inner = *w;
    struct sl_json_out *o = &w->t->out;
    sluice_status st = SLUICE_OK;

    if (!sl_json_inside(id).len)
        return bad(w, "A result names the call it belongs to.", "toolResult.toolUseId");
    if (!content || content->type != SL_JSON_ARRAY)
        return bad(w, "A result is a list of blocks.", "toolResult.content");
    open_message(w->t, "tool");
    sl_json_kv_raw(o, "tool_call_id", id->raw);
    sl_json_key(o, "content");
    if (content->n == 0)
        sl_json_raw(o, SL_SPAN("\"\""));
    else if (texts_only(w->t, content))
        joined(w->t, content, "\\n");
    else if (content->n == 1 && sl_json_opt(content->child, "json"))
        sl_pivot_quoted(o, sl_json_get(content->child, "json")->raw);
    else if (w->t->extended)
        st = parts(&inner, content);
    else
        result_text(o, content);
    if (w->t->extended && sl_json_is(sl_json_opt(r, "status"), "error"))
        sl_json_kv_bool(o, "is_error", true);
    sl_converse_cache(w->t, block);
    sl_json_close(o, '}');
    return st;
}

static sluice_status user_parts(struct writer *w, const struct sl_json *content)
{
    sluice_status st = SLUICE_OK;

    w->place = 0;
    sl_json_open(&w->t->out, '[');
    sl_json_each(block, content)
    {
        if (st >= 0 && shows(w->t, block))
            st = shown(w, block);
        else if (st >= 0 && !is_elsewhere(block))
            st = part(w, block);
        w->place++;
    }
    sl_json_close(&w->t->out, ']');
    return st;
}

static sluice_status user(struct sl_translation *t, const struct sl_json *content, size_t index)
{
    struct writer w = { t, index, 0 };
    sluice_status st = SLUICE_OK;
    bool rest = false, pictures = false;

    sl_json_each(block, content)
    {
        if (st >= 0 && sl_json_opt(block, "toolResult"))
            st = result(&w, block);
        rest = rest || !is_elsewhere(block);
        pictures = pictures || shows(t, block);
        w.place++;
    }
    if (st < 0 || (!rest && !pictures))
        return st;
    open_message(t, "user");
    sl_json_key(&t->out, "content");
    if (!pictures && texts_only(t, content))
        joined(t, content, "\\n");
    else
        st = user_parts(&w, content);
    sl_json_close(&t->out, '}');
    return st;
}

/* ---- what the model said ---- */

static void thought(struct sl_json_out *o, const struct sl_json *content)
{
    const struct sl_json *text = sl_json_opt(content, "reasoningText");
    const struct sl_json *data = sl_json_opt(content, "redactedContent");
    const struct sl_json *signature = sl_json_opt(text, "signature");

    sl_json_open(o, '{');
    sl_json_kv_str(o, "type", data ? SL_SPAN("redacted_thinking") : SL_SPAN("thinking"));
    if (data) {
        sl_json_kv_raw(o, "data", data->raw);
    } else {
        sl_json_key(o, "thinking");
        sl_json_inside_str(o, sl_json_inside(sl_json_opt(text, "text")));
        sl_json_kv_raw(o, "signature", signature ? signature->raw : SL_SPAN("\"\""));
    }
    sl_json_close(o, '}');
}

static void thoughts(struct sl_translation *t, const struct sl_json *content)
{
    struct sl_json_out *o = &t->out;
    bool any = false;

    sl_json_each(block, content) any = any || sl_json_opt(block, "reasoningContent");
    if (!any || !t->extended)
        return;
    sl_json_key(o, "reasoning_content");
    sl_json_raw(o, SL_SPAN("\""));
    sl_json_each(block, content)
    {
        sl_buf_add(o->buf, sl_json_inside(sl_json_opt(
                               sl_json_opt(sl_json_opt(block, "reasoningContent"), "reasoningText"),
                               "text")));
    }
    sl_buf_add_char(o->buf, '"');
    sl_json_key(o, "thinking_blocks");
    sl_json_open(o, '[');
    sl_json_each(block, content)
    {
        if (sl_json_opt(block, "reasoningContent"))
            thought(o, sl_json_get(block, "reasoningContent"));
    }
    sl_json_close(o, ']');
}

static sluice_status call(struct writer *w, const struct sl_json *use)
{
    const struct sl_json *input = sl_json_opt(use, "input");
    struct sl_json_out *o = &w->t->out;

    if (!sl_json_inside(sl_json_get(use, "toolUseId")).len)
        return bad(w, "A call needs its id.", "toolUse.toolUseId");
    if (!sl_json_inside(sl_json_get(use, "name")).len)
        return bad(w, "A call needs the tool's name.", "toolUse.name");
    if (input && input->type != SL_JSON_OBJECT)
        return bad(w, "The input of a tool is an object.", "toolUse.input");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "id", sl_json_get(use, "toolUseId")->raw);
    sl_json_kv_str(o, "type", SL_SPAN("function"));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", sl_json_get(use, "name")->raw);
    sl_json_key(o, "arguments");
    sl_pivot_quoted(o, input ? input->raw : SL_SPAN("{}"));
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static sluice_status calls(struct writer *w, const struct sl_json *content)
{
    sluice_status st = SLUICE_OK;
    bool any = false;

    w->place = 0;
    sl_json_each(block, content)
    {
        const struct sl_json *use = sl_json_opt(block, "toolUse");

        if (st >= 0 && use) {
            if (!any) {
                sl_json_key(&w->t->out, "tool_calls");
                sl_json_open(&w->t->out, '[');
            }
            any = true;
            st = call(w, use);
        }
        w->place++;
    }
    if (any)
        sl_json_close(&w->t->out, ']');
    return st;
}

static sluice_status assistant(struct sl_translation *t, const struct sl_json *content,
                               size_t index)
{
    struct writer w = { t, index, 0 };
    sluice_status st = SLUICE_OK;

    open_message(t, "assistant");
    sl_json_key(&t->out, "content");
    if (!texts_only(t, content))
        st = parts(&w, content);
    else if (any_text(content))
        joined(t, content, "");
    else
        sl_json_null(&t->out);
    if (st >= 0) {
        thoughts(t, content);
        st = calls(&w, content);
    }
    sl_json_close(&t->out, '}');
    return st;
}

/* ---- messages ---- */

sluice_status sl_converse_system(struct sl_translation *t, const struct sl_json *system)
{
    struct writer w = { t, 0, 0 };
    sluice_status st = SLUICE_OK;

    if (!system || (system->type == SL_JSON_ARRAY && !system->n))
        return st;
    if (system->type != SL_JSON_ARRAY)
        return sl_pivot_refuse(t, NULL, "This is a list of blocks.", "system");
    open_message(t, "system");
    sl_json_key(&t->out, "content");
    if (texts_only(t, system))
        joined(t, system, "\\n");
    else
        st = parts(&w, system);
    sl_json_close(&t->out, '}');
    return st;
}

sluice_status sl_converse_message(struct sl_translation *t, const struct sl_json *message,
                                  size_t index)
{
    const struct sl_json *role = sl_json_get(message, "role");
    const struct sl_json *content = sl_json_opt(message, "content");

    if (!content || content->type != SL_JSON_ARRAY || !content->n)
        return sl_pivot_refuse(t, NULL, "Content is a list of one block or more.",
                               "messages.[%zu].content", index);
    if (sl_json_is(role, "user"))
        return user(t, content, index);
    if (sl_json_is(role, "assistant"))
        return assistant(t, content, index);
    if (sl_json_is(role, "system"))
        return sl_converse_system(t, content);
    return sl_pivot_refuse(t, NULL, "A message is of the user or of the assistant.",
                           "messages.[%zu].role", index);
}
