/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anthropic_message.c - messages of a Messages request: what the model said, with its thoughts and
 * calls, system texts, and who says what.
 */
#include "format/anthropic/anthropic_content.h"

/* ---- what the model said ---- */

static void thoughts(struct sl_translation *t, const struct sl_json *content)
{
    struct sl_json_out *o = &t->out;
    bool any = false;

    sl_json_each(block, content)
    {
        any = any || sl_anthropic_is(block, "thinking") ||
              sl_anthropic_is(block, "redacted_thinking");
    }
    if (!any || !t->extended)
        return;
    sl_json_key(o, "reasoning_content");
    sl_json_raw(o, SL_SPAN("\""));
    sl_json_each(block, content)
    {
        if (sl_anthropic_is(block, "thinking"))
            sl_buf_add(o->buf, sl_json_inside(sl_json_get(block, "thinking")));
    }
    sl_buf_add_char(o->buf, '"');
    sl_json_key(o, "thinking_blocks");
    sl_json_open(o, '[');
    sl_json_each(block, content)
    {
        if (sl_anthropic_is(block, "redacted_thinking") || sl_anthropic_is(block, "thinking"))
            sl_json_raw(o, block->raw);
    }
    sl_json_close(o, ']');
}

static sluice_status call(struct sl_anthropic_writer *w, const struct sl_json *block)
{
    const struct sl_json *input = sl_json_opt(block, "input");
    const struct sl_json *extra = sl_json_opt(block, "extra_content");
    struct sl_json_out *o = &w->t->out;

    if (!sl_json_inside(sl_json_get(block, "id")).len)
        return sl_anthropic_bad(w, "A call needs its id.", "id");
    if (!sl_json_inside(sl_json_get(block, "name")).len)
        return sl_anthropic_bad(w, "A call needs the tool's name.", "name");
    if (input && input->type != SL_JSON_OBJECT)
        return sl_anthropic_bad(w, "The input of a tool is an object.", "input");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "id", sl_json_get(block, "id")->raw);
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", sl_json_get(block, "name")->raw);
    sl_json_key(o, "arguments");
    sl_pivot_quoted(o, input ? input->raw : SL_SPAN("{}"));
    sl_json_close(o, '}');
    if (extra && w->t->extended)
        sl_json_kv_raw(o, "extra_content", extra->raw);
    sl_anthropic_close_part(w, block);
    return SLUICE_OK;
}

static sluice_status calls(struct sl_anthropic_writer *w, const struct sl_json *content)
{
    sluice_status st = SLUICE_OK;
    bool any = false;

    w->block = 0;
    sl_json_each(block, content)
    {
        if (st >= 0 && sl_anthropic_is(block, "tool_use")) {
            if (!any) {
                sl_json_key(&w->t->out, "tool_calls");
                sl_json_open(&w->t->out, '[');
            }
            any = true;
            st = call(w, block);
        }
        w->block++;
    }
    if (any)
        sl_json_close(&w->t->out, ']');
    return st;
}

static bool is_said(const struct sl_json *block)
{
    return !sl_anthropic_is(block, "tool_use") && !sl_anthropic_is(block, "thinking") &&
           !sl_anthropic_is(block, "redacted_thinking");
}

/* Texts belong together: a citation or a call had parted them. */
static bool texts_only(const struct sl_translation *t, const struct sl_json *content)
{
    sl_json_each(block, content)
    {
        if (!is_said(block))
            continue;
        if (!sl_anthropic_is(block, "text") || (t->extended && sl_json_opt(block, "cache_control")))
            return false;
    }

    return true;
}

static sluice_status said(struct sl_anthropic_writer *w, const struct sl_json *content)
{
    struct sl_json_out *o = &w->t->out;
    sluice_status st = SLUICE_OK;
    bool text = false, call = false;

    sl_json_each(block, content)
    {
        text = text ||
               (sl_anthropic_is(block, "text") && sl_json_inside(sl_json_get(block, "text")).len);
        call = call || sl_anthropic_is(block, "tool_use");
    }
    if (texts_only(w->t, content)) {
        if (!text && call) {
            sl_json_null(o);
            return st;
        }
        sl_json_raw(o, SL_SPAN("\""));
        sl_json_each(block, content)
        {
            if (sl_anthropic_is(block, "text"))
                sl_buf_add(o->buf, sl_json_inside(sl_json_get(block, "text")));
        }
        sl_buf_add_char(o->buf, '"');
        return st;
    }
    sl_json_open(o, '[');
    sl_json_each(block, content)
    {
        if (st >= 0 && is_said(block))
            st = sl_anthropic_part(w, block);
        w->block++;
    }
    sl_json_close(o, ']');
    return st;
}

static sluice_status assistant(struct sl_translation *t, const struct sl_json *content,
                               size_t index)
{
    struct sl_anthropic_writer w = { .t = t, .message = index };
    sluice_status st;

    sl_anthropic_open(t, "assistant");
    st = said(&w, content);
    if (st >= 0) {
        thoughts(t, content);
        st = calls(&w, content);
    }
    sl_json_close(&t->out, '}');
    return st;
}

/* ---- messages ---- */

static sluice_status texts(struct sl_translation *t, const struct sl_json *content,
                           const char *param)
{
    struct sl_anthropic_writer w = { .t = t };
    sluice_status st = SLUICE_OK;

    if (sl_anthropic_is_plain(t, content)) {
        sl_json_raw(&t->out, sl_json_get(content->child, "text")->raw);
        return st;
    }
    sl_json_open(&t->out, '[');
    sl_json_each(block, content)
    {
        if (st >= 0 && !sl_anthropic_is(block, "text"))
            st = sl_pivot_refuse(t, NULL, "System text is made of text blocks.", "%s", param);
        if (st >= 0)
            st = sl_anthropic_part(&w, block);
    }
    sl_json_close(&t->out, ']');
    return st;
}

static sluice_status system_message(struct sl_translation *t, const struct sl_json *content,
                                    const char *param)
{
    sluice_status st = SLUICE_OK;

    sl_anthropic_open(t, "system");
    if (content->type == SL_JSON_STRING)
        sl_json_raw(&t->out, content->raw);
    else
        st = texts(t, content, param);
    sl_json_close(&t->out, '}');
    return st;
}

sluice_status sl_anthropic_system(struct sl_translation *t, const struct sl_json *system)
{
    if (!system)
        return SLUICE_OK;
    if (system->type != SL_JSON_STRING && system->type != SL_JSON_ARRAY)
        return sl_pivot_refuse(t, NULL, "This is a text or a list of text blocks.", "system");
    if (system->type == SL_JSON_STRING ? !sl_json_inside(system).len : !system->n)
        return SLUICE_OK;
    return system_message(t, system, "system");
}

sluice_status sl_anthropic_message(struct sl_translation *t, const struct sl_json *message,
                                   size_t index)
{
    const struct sl_json *role = sl_json_get(message, "role");
    const struct sl_json *content = sl_json_opt(message, "content");
    bool text = content && content->type == SL_JSON_STRING;

    if (!text && (!content || content->type != SL_JSON_ARRAY))
        return sl_pivot_refuse(t, NULL, "Content is a text or a list of blocks.",
                               "messages.[%zu].content", index);
    if (sl_json_is(role, "system"))
        return system_message(t, content, "messages");
    if (!sl_json_is(role, "user") && !sl_json_is(role, "assistant"))
        return sl_pivot_refuse(t, NULL, "A message is of the user or of the assistant.",
                               "messages.[%zu].role", index);
    if (!text)
        return sl_json_is(role, "user") ? sl_anthropic_user(t, content, index)
                                        : assistant(t, content, index);
    sl_anthropic_open(t, sl_json_is(role, "user") ? "user" : "assistant");
    sl_json_raw(&t->out, content->raw);
    sl_json_close(&t->out, '}');
    return SLUICE_OK;
}
