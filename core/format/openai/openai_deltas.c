/* SPDX-License-Identifier: Apache-2.0 */
/* openai_deltas.c - see openai_deltas.h. Spans stay escaped: nothing is decoded. */
#include "format/openai/openai_deltas.h"

#include "format/json_scan.h"
#include "format/json_tree.h"

struct out {
    sl_delta_fn fn;
    void *ctx;
    struct sluice_arena *scratch;
    uint32_t choice;
};

static sluice_status step(const struct out *o, sluice_delta d)
{
    d.struct_size = sizeof d;
    d.choice = o->choice;
    return o->fn(o->ctx, &d);
}

static sluice_status text_step(const struct out *o, uint32_t kind, const struct sl_json *j)
{
    sluice_span text = sl_json_inside(j);

    return text.len ? step(o, (sluice_delta){ .kind = kind, .text = text }) : SLUICE_OK;
}

/* What a call has besides what every call has: signatures of its vendor. */
static sluice_status call_extra(const struct out *o, const struct sl_json *call, sluice_span *extra)
{
    const struct sl_json *content = sl_json_opt(call, "extra_content");

    *extra = SL_SPAN("");
    if (!content)
        return SLUICE_OK;
    *extra = sl_arena_printf(o->scratch, "\"extra_content\":%.*s", SL_FMT(content->raw));
    return extra->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status tool_call(const struct out *o, const struct sl_json *call, uint32_t position)
{
    const struct sl_json *function = sl_json_opt(call, "function");
    sluice_span name = sl_json_inside(sl_json_opt(function, "name"));
    sluice_span id = sl_json_inside(sl_json_opt(call, "id"));
    sluice_span arguments = sl_json_inside(sl_json_opt(function, "arguments"));
    uint32_t index = (uint32_t)sl_json_int(sl_json_opt(call, "index"), position);
    sluice_span extra;
    sluice_status st = call_extra(o, call, &extra);

    if (st >= 0 && name.len)
        st = step(o, (sluice_delta){ .kind = SLUICE_DELTA_TOOL_START,
                                     .index = index,
                                     .id = id,
                                     .name = name,
                                     .extra = extra });
    if (st >= 0 && arguments.len)
        st = step(
            o, (sluice_delta){ .kind = SLUICE_DELTA_TOOL_ARGS, .index = index, .text = arguments });
    return st;
}

/* Members of a message that go along as they are. */
static sluice_status extra_step(const struct out *o, const struct sl_json *m, const char *name)
{
    const struct sl_json *value = sl_json_opt(m, name);
    sluice_span extra;

    if (!value || (value->type == SL_JSON_ARRAY && value->n == 0))
        return SLUICE_OK;
    extra = sl_arena_printf(o->scratch, "\"%s\":%.*s", name, SL_FMT(value->raw));
    return extra.ptr ? step(o, (sluice_delta){ .kind = SLUICE_DELTA_EXTRA, .extra = extra })
                     : SLUICE_E_NOMEM;
}

/* One of thinking_blocks. In a stream its text has been told already, as reasoning_content. */
static sluice_status thinking_block(const struct out *o, const struct sl_json *block,
                                    uint32_t number, bool text)
{
    sluice_span signature = sl_json_inside(sl_json_opt(block, "signature")), members;
    sluice_status st = SLUICE_OK;

    if (sl_json_is(sl_json_get(block, "type"), "redacted_thinking")) {
        members = sl_span_trim(sl_span(block->raw.ptr + 1, block->raw.len - 2));
        return step(
            o, (sluice_delta){ .kind = SLUICE_DELTA_SIGNATURE, .index = number, .extra = members });
    }
    if (text && sl_json_inside(sl_json_opt(block, "thinking")).len)
        st = step(o, (sluice_delta){ .kind = SLUICE_DELTA_REASONING,
                                     .index = number,
                                     .text = sl_json_inside(sl_json_opt(block, "thinking")) });
    if (st >= 0 && signature.len)
        st = step(o, (sluice_delta){
                         .kind = SLUICE_DELTA_SIGNATURE, .index = number, .text = signature });
    return st;
}

/* Blocks say more than the text that is made of them: whole answers are read from them. */
static sluice_status thoughts(const struct out *o, const struct sl_json *m, bool whole)
{
    const struct sl_json *reasoning = sl_json_opt(m, "reasoning_content");
    const struct sl_json *blocks = sl_json_opt(m, "thinking_blocks");
    sluice_status st = SLUICE_OK;
    uint32_t number = 0;

    if (!reasoning)
        reasoning = sl_json_opt(m, "reasoning");
    if (!whole || !blocks || !blocks->n)
        st = text_step(o, SLUICE_DELTA_REASONING, reasoning);
    sl_json_each(block, blocks)
    {
        if (st >= 0 && block->type == SL_JSON_OBJECT)
            st = thinking_block(o, block, whole ? number++ : 0, whole);
    }
    return st;
}

/* delta of a chunk and message of an answer have the same members. */
static sluice_status message(const struct out *o, const struct sl_json *m, bool whole)
{
    static const char *const extras[] = { "annotations", "citations", "extra_content",
                                          "provider_specific_fields" };
    uint32_t position = 0;
    sluice_status st = step(o, (sluice_delta){ .kind = SLUICE_DELTA_START });

    if (st >= 0)
        st = thoughts(o, m, whole);
    if (st >= 0)
        st = text_step(o, SLUICE_DELTA_TEXT, sl_json_opt(m, "content"));
    if (st >= 0)
        st = text_step(o, SLUICE_DELTA_REFUSAL, sl_json_opt(m, "refusal"));
    sl_json_each(call, sl_json_opt(m, "tool_calls")) if (st >= 0) st =
        tool_call(o, call, position++);
    for (size_t i = 0; i < sizeof extras / sizeof extras[0] && st >= 0; i++)
        st = extra_step(o, m, extras[i]);
    return st;
}

sluice_status sl_openai_deltas(sluice_span text, struct sluice_arena *scratch, sl_delta_fn fn,
                               void *ctx)
{
    struct out o = { .fn = fn, .ctx = ctx, .scratch = scratch };
    struct sl_json_error why;
    struct sl_json *root;
    uint32_t position = 0;
    sluice_status st = sl_json_parse(text, scratch, &root, &why);

    if (st < 0)
        return st;
    sl_json_each(choice, sl_json_opt(root, "choices"))
    {
        const struct sl_json *m = sl_json_opt(choice, "delta");

        o.choice = (uint32_t)sl_json_int(sl_json_opt(choice, "index"), position++);
        st = message(&o, m ? m : sl_json_opt(choice, "message"), !m);
        if (st >= 0)
            st = text_step(&o, SLUICE_DELTA_FINISH, sl_json_opt(choice, "finish_reason"));
        if (st < 0)
            return st;
    }
    return SLUICE_OK;
}

sluice_status sl_openai_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                sluice_span text)
{
    (void)view;
    (void)sl_json_i64(sl_json_member(text, SL_SPAN("created")), &r->e->created);
    return sl_openai_deltas(text, r->scratch, r->fn, r->ctx);
}
