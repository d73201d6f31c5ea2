/* SPDX-License-Identifier: Apache-2.0 */
/* openai_deltas.c - see openai_deltas.h. Spans stay escaped: nothing is decoded. */
#include "format/openai_deltas.h"

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

static sluice_status tool_call(const struct out *o, const struct sl_json *call, uint32_t position)
{
    const struct sl_json *function = sl_json_opt(call, "function");
    sluice_span name = sl_json_inside(sl_json_opt(function, "name"));
    sluice_span id = sl_json_inside(sl_json_opt(call, "id"));
    sluice_span arguments = sl_json_inside(sl_json_opt(function, "arguments"));
    uint32_t index = (uint32_t)sl_json_int(sl_json_opt(call, "index"), position);
    sluice_status st = SLUICE_OK;

    if (name.len)
        st = step(o, (sluice_delta){
                         .kind = SLUICE_DELTA_TOOL_START, .index = index, .id = id, .name = name });
    if (st >= 0 && arguments.len)
        st = step(
            o, (sluice_delta){ .kind = SLUICE_DELTA_TOOL_ARGS, .index = index, .text = arguments });
    return st;
}

static sluice_status annotations(const struct out *o, const struct sl_json *list)
{
    sluice_span extra;

    if (!list || list->type != SL_JSON_ARRAY || list->n == 0)
        return SLUICE_OK;
    extra = sl_arena_printf(o->scratch, "\"annotations\":%.*s", SL_FMT(list->raw));
    return extra.ptr ? step(o, (sluice_delta){ .kind = SLUICE_DELTA_EXTRA, .extra = extra })
                     : SLUICE_E_NOMEM;
}

/* delta of a chunk and message of an answer have the same members. */
static sluice_status message(const struct out *o, const struct sl_json *m)
{
    const struct sl_json *reasoning = sl_json_opt(m, "reasoning_content");
    uint32_t position = 0;
    sluice_status st = step(o, (sluice_delta){ .kind = SLUICE_DELTA_START });

    if (!reasoning)
        reasoning = sl_json_opt(m, "reasoning");
    if (st >= 0)
        st = text_step(o, SLUICE_DELTA_REASONING, reasoning);
    if (st >= 0)
        st = text_step(o, SLUICE_DELTA_TEXT, sl_json_opt(m, "content"));
    if (st >= 0)
        st = text_step(o, SLUICE_DELTA_REFUSAL, sl_json_opt(m, "refusal"));
    sl_json_each(call, sl_json_opt(m, "tool_calls")) if (st >= 0) st =
        tool_call(o, call, position++);
    return st < 0 ? st : annotations(o, sl_json_opt(m, "annotations"));
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
        st = message(&o, m ? m : sl_json_opt(choice, "message"));
        if (st >= 0)
            st = text_step(&o, SLUICE_DELTA_FINISH, sl_json_opt(choice, "finish_reason"));
        if (st < 0)
            return st;
    }
    return SLUICE_OK;
}
