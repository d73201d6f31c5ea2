/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses_items.c - messages of a chat as items of a Responses request. What the assistant said
 * becomes several: its thoughts, its text, its calls.
 */
#include "responses.h"

struct items {
    struct sl_chat *c;
    struct sl_parts *body;
    struct sl_json_out *o;
    size_t at; /* the message, for errors */
};

static bool is(const struct sl_json *j, const char *type)
{
    return sl_json_is(sl_json_opt(j, "type"), type);
}

static void member(struct items *x, const char *name, const struct sl_json *value)
{
    if (!value)
        return;
    sl_json_key(x->o, name);
    sl_parts_raw(x->body, value->raw);
}

/* ---- parts ---- */

static sluice_status image(struct items *x, const struct sl_json *part, size_t i)
{
    sluice_span url = sl_chat_image_url(part);

    if (!url.len)
        return sl_chat_bad(x->c, "invalid_image_url", "An image needs its URL.",
                           "messages.[%zu].content.[%zu].image_url", x->at, i);
    sl_json_open(x->o, '{');
    sl_json_kv_str(x->o, "type", SL_SPAN("input_image"));
    sl_json_key(x->o, "image_url");
    sl_parts_inside(x->body, url);
    member(x, "detail", sl_json_opt(sl_json_opt(part, "image_url"), "detail"));
    sl_json_close(x->o, '}');
    return SLUICE_OK;
}

static void file(struct items *x, const struct sl_json *part)
{
    static const char *const members[] = { "filename", "file_data", "file_id" };
    const struct sl_json *file = sl_json_opt(part, "file");

    sl_json_open(x->o, '{');
    sl_json_kv_str(x->o, "type", SL_SPAN("input_file"));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        member(x, members[i], sl_json_opt(file, members[i]));
    sl_json_close(x->o, '}');
}

static sluice_status part(struct items *x, const struct sl_json *part, size_t i)
{
    if (is(part, "image_url"))
        return image(x, part, i);
    if (is(part, "file")) {
        file(x, part);
        return SLUICE_OK;
    }
    if (!is(part, "text"))
        return sl_chat_bad(x->c, "unsupported_value", "The provider takes text, images and files.",
                           "messages.[%zu].content.[%zu].type", x->at, i);
    sl_json_open(x->o, '{');
    sl_json_kv_str(x->o, "type", SL_SPAN("input_text"));
    sl_json_key(x->o, "text");
    sl_parts_inside(x->body, sl_json_inside(sl_json_opt(part, "text")));
    sl_json_close(x->o, '}');
    return SLUICE_OK;
}

/* The value of content, or of what a tool gave. */
static sluice_status content(struct items *x, const struct sl_json *value)
{
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!value || value->type != SL_JSON_ARRAY) {
        sl_parts_inside(x->body, value ? sl_json_inside(value) : SL_SPAN(""));
        return SLUICE_OK;
    }
    sl_json_open(x->o, '[');
    sl_json_each(p, value)
    {
        if (st >= 0)
            st = part(x, p, i++);
    }
    sl_json_close(x->o, ']');
    return st;
}

/* ---- what the assistant said ---- */

/* Thoughts that this API gave: id and encrypted content, in one signature. Others' it refuses. */
static void thoughts(struct items *x, const struct sl_json *blocks)
{
    sl_json_each(block, blocks)
    {
        sluice_span signature = sl_json_inside(sl_json_opt(block, "signature"));
        sluice_span text = sl_json_inside(sl_json_opt(block, "thinking"));
        size_t dot = sl_span_find_char(signature, '.');

        if (!sl_span_starts(signature, SL_SPAN("rs_")) || dot == signature.len)
            continue;
        sl_json_open(x->o, '{');
        sl_json_kv_str(x->o, "type", SL_SPAN("reasoning"));
        sl_json_key(x->o, "id");
        sl_json_inside_str(x->o, sl_span_head(signature, dot));
        sl_json_key(x->o, "summary");
        sl_json_open(x->o, '[');
        if (text.len) {
            sl_json_open(x->o, '{');
            sl_json_kv_str(x->o, "type", SL_SPAN("summary_text"));
            sl_json_key(x->o, "text");
            sl_parts_inside(x->body, text);
            sl_json_close(x->o, '}');
        }
        sl_json_close(x->o, ']');
        sl_json_key(x->o, "encrypted_content");
        sl_parts_inside(x->body, sl_span_from(signature, dot + 1));
        sl_json_close(x->o, '}');
    }
}

static void text_item(struct items *x, sluice_span inside)
{
    sl_json_open(x->o, '{');
    sl_json_kv_str(x->o, "role", SL_SPAN("assistant"));
    sl_json_key(x->o, "content");
    sl_parts_inside(x->body, inside);
    sl_json_close(x->o, '}');
}

static sluice_status said(struct items *x, const struct sl_json *m)
{
    const struct sl_json *value = sl_json_opt(m, "content");
    size_t i = 0;

    if (!value || value->type != SL_JSON_ARRAY) {
        if (value && sl_json_inside(value).len)
            text_item(x, sl_json_inside(value));
        return SLUICE_OK;
    }
    sl_json_each(p, value)
    {
        const struct sl_json *text =
            is(p, "refusal") ? sl_json_opt(p, "refusal") : sl_json_opt(p, "text");

        if (!text)
            return sl_chat_bad(x->c, NULL, "This is text or refusal.",
                               "messages.[%zu].content.[%zu].type", x->at, i);
        text_item(x, sl_json_inside(text));
        i++;
    }
    return SLUICE_OK;
}

static sluice_status call(struct items *x, const struct sl_json *call, size_t i)
{
    const struct sl_json *function = sl_json_opt(call, "function");
    sluice_span arguments = sl_json_inside(sl_json_opt(function, "arguments"));

    if (!sl_json_opt(call, "id") || !sl_json_opt(function, "name"))
        return sl_chat_bad(x->c, NULL, "A call has an id and the name of a function.",
                           "messages.[%zu].tool_calls.[%zu]", x->at, i);
    sl_json_open(x->o, '{');
    sl_json_kv_str(x->o, "type", SL_SPAN("function_call"));
    member(x, "call_id", sl_json_opt(call, "id"));
    member(x, "name", sl_json_opt(function, "name"));
    sl_json_key(x->o, "arguments");
    sl_parts_inside(x->body, sl_chat_blank(arguments) ? SL_SPAN("{}") : arguments);
    sl_json_close(x->o, '}');
    return SLUICE_OK;
}

static sluice_status assistant(struct items *x, const struct sl_json *m)
{
    sluice_status st;
    size_t i = 0;

    thoughts(x, sl_json_opt(m, "thinking_blocks"));
    st = said(x, m);
    sl_json_each(c, sl_json_opt(m, "tool_calls"))
    {
        if (st >= 0)
            st = call(x, c, i++);
    }
    return st;
}

/* ---- the rest ---- */

static sluice_status result(struct items *x, const struct sl_json *m)
{
    const struct sl_json *id = sl_json_opt(m, "tool_call_id");
    sluice_status st;

    if (!id)
        return sl_chat_bad(x->c, NULL, "A result names the call it belongs to.",
                           "messages.[%zu].tool_call_id", x->at);
    sl_json_open(x->o, '{');
    sl_json_kv_str(x->o, "type", SL_SPAN("function_call_output"));
    member(x, "call_id", id);
    sl_json_key(x->o, "output");
    st = content(x, sl_json_opt(m, "content"));
    sl_json_close(x->o, '}');
    return st;
}

static sluice_status message(struct items *x, const struct sl_json *m)
{
    const struct sl_json *role = sl_json_opt(m, "role");
    sluice_status st;

    if (sl_json_is(role, "assistant"))
        return assistant(x, m);
    if (sl_json_is(role, "tool"))
        return result(x, m);
    if (!sl_json_is(role, "user") && !sl_json_is(role, "system") && !sl_json_is(role, "developer"))
        return sl_chat_bad(x->c, NULL,
                           "A message is of system, developer, user, assistant or tool.",
                           "messages.[%zu].role", x->at);
    sl_json_open(x->o, '{');
    member(x, "role", role);
    sl_json_key(x->o, "content");
    st = content(x, sl_json_opt(m, "content"));
    sl_json_close(x->o, '}');
    return st;
}

sluice_status oc_responses_items(struct sl_chat *c, struct sl_parts *body,
                                 const struct sl_json *messages)
{
    struct items x = { .c = c, .body = body, .o = &body->out };
    sluice_status st = SLUICE_OK;

    if (!messages || messages->type != SL_JSON_ARRAY)
        return sl_chat_bad(c, NULL, "This is a list of messages.", "messages");
    sl_json_open(x.o, '[');
    sl_json_each(m, messages)
    {
        if (st >= 0)
            st = message(&x, m);
        x.at++;
    }
    sl_json_close(x.o, ']');
    return st;
}
