/* SPDX-License-Identifier: Apache-2.0 */
/* responses_retrace.c - an event of a Responses stream as steps: see retrace.h. Items that were
 * complete stay as the vendor wrote them; one goes on under its own id. */
#include "format/responses/responses.h"

#include "format/json_scan.h"
#include "format/dialect/retrace.h"

static bool is(sluice_span type, const char *name)
{
    return sl_span_eq(type, sl_span_str(name));
}

static sluice_span word_of(sluice_span object, const char *name)
{
    sluice_span inside = SL_SPAN("");

    (void)sl_json_raw_string(sl_retrace_member(object, name), &inside);
    return inside;
}

static sluice_status response_begins(const struct sl_retrace *r, sluice_span text)
{
    sluice_span response = sl_retrace_member(text, "response");

    (void)sl_json_i64(sl_retrace_member(response, "created_at"), &r->e->created);
    return sl_retrace_step(r, SLUICE_DELTA_START);
}

/* What it is: nobody goes on behind a call, nor amid anything that is no message. */
static sluice_status item_begins(const struct sl_retrace *r, sluice_span item)
{
    sluice_span type = word_of(item, "type");

    if (is(type, "message"))
        return SLUICE_OK;
    return sl_retrace_step(r, is(type, "function_call") || is(type, "custom_tool_call")
                                  ? SLUICE_DELTA_TOOL_START
                                  : SLUICE_DELTA_REASONING);
}

/* The block that the event is about is the last one, in the place that the event names. */
static struct sl_block *block_of(const struct sl_retrace *r, sluice_span text)
{
    struct sl_block *block = r->e->blocks ? r->e->blocks->last : NULL;
    int64_t index;

    return block && sl_json_i64(sl_retrace_member(text, "output_index"), &index) &&
                   index == block->index
               ? block
               : NULL;
}

static sluice_status keep(const struct sl_retrace *r, sluice_span *into, sluice_span what)
{
    *into = sl_arena_dup(r->e->arena, what);
    return into->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status text_grows(const struct sl_retrace *r, sluice_span text)
{
    sluice_status st = sl_retrace_text(r, SLUICE_DELTA_TEXT, sl_retrace_member(text, "delta"));
    struct sl_block *block;

    if (st < 0 || !sl_retrace_member(text, "delta").len)
        return st;
    block = block_of(r, text);
    if (!block)
        return sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
    return sl_span_eq(block->own_id, word_of(text, "item_id"))
               ? st
               : keep(r, &block->own_id, word_of(text, "item_id"));
}

/* Only the first part of a message can go on, and only while it is open. */
static sluice_status part_changes(const struct sl_retrace *r, sluice_span text, bool begins)
{
    int64_t index = 0;

    (void)sl_json_i64(sl_retrace_member(text, "content_index"), &index);
    if (begins &&
        (index > 0 || !is(word_of(sl_retrace_member(text, "part"), "type"), "output_text")))
        return sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
    return begins ? SLUICE_OK : sl_retrace_step(r, SLUICE_DELTA_REASONING);
}

static sluice_status item_ends(const struct sl_retrace *r, sluice_span text)
{
    sluice_span item = sl_retrace_member(text, "item");
    struct sl_block *block;
    sluice_status st = SLUICE_OK;

    if (!is(word_of(item, "type"), "message"))
        st = sl_retrace_opaque(r, item);
    if (st >= 0)
        st = sl_retrace_close(r);
    if (st < 0)
        return st;
    block = block_of(r, text);
    return block ? keep(r, &block->kept, item) : sl_retrace_step(r, SLUICE_DELTA_TOOL_START);
}

static sluice_status step(const struct sl_retrace *r, sluice_span type, sluice_span text)
{
    if (is(type, "response.created"))
        return response_begins(r, text);
    if (is(type, "response.output_item.added"))
        return item_begins(r, sl_retrace_member(text, "item"));
    if (is(type, "response.content_part.added") || is(type, "response.content_part.done"))
        return part_changes(r, text, is(type, "response.content_part.added"));
    if (is(type, "response.output_text.delta"))
        return text_grows(r, text);
    if (is(type, "response.output_item.done"))
        return item_ends(r, text);
    return is(type, "response.completed") || is(type, "response.incomplete")
               ? sl_retrace_step(r, SLUICE_DELTA_FINISH)
               : SLUICE_OK;
}

sluice_status sl_responses_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                   sluice_span text)
{
    sluice_status st = step(r, view->event, text);
    int64_t number;

    if (st >= 0 && sl_json_i64(sl_retrace_member(text, "sequence_number"), &number) && number >= 0)
        st = sl_responses_number(r->e, (uint64_t)number + 1);
    return st;
}
