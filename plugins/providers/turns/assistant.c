/* SPDX-License-Identifier: Apache-2.0 */
/* assistant.c - an assistant's message of the history: thinking first, then text, then calls with
 * their arguments as objects. */
#include "turns.h"

static sluice_status walk_call(struct turns *r, const struct sl_json *call, size_t i, size_t j,
                               struct blocks *to)
{
    const struct sl_json *f = sl_json_opt(call, "function");
    struct block *b;
    sluice_status st;

    if (!f || f->type != SL_JSON_OBJECT)
        return sl_chat_bad(r->c, "unsupported_value", "Only function calls can be replayed.",
                           "messages.[%zu].tool_calls.[%zu].type", i, j);
    if (!sl_json_inside(sl_json_get(f, "name")).len)
        return sl_chat_bad(r->c, NULL, "A tool call needs a name.",
                           "messages.[%zu].tool_calls.[%zu].function.name", i, j);
    b = turns_block_add(r, to, B_TOOL_USE);
    if (!b)
        return SLUICE_E_NOMEM;
    b->name = sl_json_inside(sl_json_get(f, "name"));
    b->cache = turns_cache_control(call);
    r->tool_history = true;
    st = sl_chat_text(r->c, sl_json_get(call, "id"), &b->key);
    return st < 0 ? st : sl_chat_arguments(r->c, sl_json_get(f, "arguments"), i, j, &b->input);
}

/* The deprecated single call; its result names it by the function's name. */
static sluice_status walk_function_call(struct turns *r, const struct sl_json *f, size_t i,
                                        struct blocks *to)
{
    struct block *b = turns_block_add(r, to, B_TOOL_USE);
    sluice_status st;

    if (!b)
        return SLUICE_E_NOMEM;
    b->name = sl_json_inside(sl_json_get(f, "name"));
    r->tool_history = true;
    st = sl_chat_text(r->c, sl_json_get(f, "name"), &b->key);
    return st < 0 ? st : sl_chat_arguments(r->c, sl_json_get(f, "arguments"), i, 0, &b->input);
}

/* What a block without text was about: chunks of a stream carry a block's signature apart from its
 * text, which clients gather in reasoning_content. With several blocks nobody could say whose it
 * is. */
static sluice_span text_elsewhere(const struct sl_json *m, const struct sl_json *list)
{
    size_t open = 0;

    sl_json_each(t, list)
    {
        open += sl_json_is(sl_json_get(t, "type"), "thinking");
    }

    return open == 1 ? sl_json_inside(sl_json_opt(m, "reasoning_content")) : SL_SPAN("");
}

/* Only blocks that the vendor signed can be replayed. */
static sluice_status walk_thinking(struct turns *r, const struct sl_json *m, struct blocks *to)
{
    const struct sl_json *list = sl_json_opt(m, "thinking_blocks");
    sluice_span text = text_elsewhere(m, list);

    sl_json_each(t, list)
    {
        bool open = sl_json_is(sl_json_get(t, "type"), "thinking");
        sluice_span proof = sl_json_inside(sl_json_get(t, open ? "signature" : "data"));
        struct block *b;

        if (!proof.len || (!open && !sl_json_is(sl_json_get(t, "type"), "redacted_thinking")))
            continue;
        b = turns_block_add(r, to, open ? B_THINKING : B_REDACTED);
        if (!b)
            return SLUICE_E_NOMEM;
        b->text = open ? sl_json_inside(sl_json_get(t, "thinking")) : proof;
        if (!b->text.len)
            b->text = text;
        b->signature = proof;
    }
    return SLUICE_OK;
}

sluice_status turns_walk_assistant(struct turns *r, const struct sl_json *m, size_t i)
{
    struct blocks blocks = { NULL, NULL, 0 };
    const struct sl_json *refusal = sl_json_opt(m, "refusal");
    const struct sl_json *call = sl_json_opt(m, "function_call");
    sluice_status st = walk_thinking(r, m, &blocks);
    size_t j = 0;

    if (st >= 0)
        st = turns_content(r, sl_json_opt(m, "content"), i, &blocks);
    if (st >= 0)
        st = turns_add_text(r, sl_json_inside(refusal), SL_SPAN(""), &blocks);
    if (st < 0)
        return st;
    sl_json_each(c, sl_json_opt(m, "tool_calls"))
    {
        st = walk_call(r, c, i, j++, &blocks);
        if (st < 0)
            return st;
    }
    if (call && (st = walk_function_call(r, call, i, &blocks)) < 0)
        return st;
    turns_cache_last(m, &blocks);
    return turns_add(r, true, (struct blocks){ NULL, NULL, 0 }, blocks);
}
