/* SPDX-License-Identifier: Apache-2.0 */
/* responses.h - the parts of OpenAI's Responses dialect, one file each; put together in
 * responses.c. */
#ifndef SL_FORMAT_RESPONSES_H
#define SL_FORMAT_RESPONSES_H

#include "format/dialect/blocks.h"
#include "format/dialect/dialect.h"
#include "format/dialect/pivot.h"

/* Before a signature in encrypted_content: one that we wrote, of a thinking block whose text is the
 * item's summary; and of a block that is all signature. */
#define SL_RESPONSES_SIGNED "sl1:"
#define SL_RESPONSES_OPAQUE "sl1r:"

/* Where a response stands. */
enum sl_responses_state {
    SL_RESPONSE_QUEUED,
    SL_RESPONSE_OPEN,
    SL_RESPONSE_OVER,
    SL_RESPONSE_FAILED,
    SL_RESPONSE_CANCELLED,
};

/* responses_look.c: what a relayed event or answer says; kept: one that is fetched later is never a
 * failure of the fetching. */
sluice_status sl_responses_look(sluice_span event, sluice_span text, bool whole,
                                struct sluice_arena *scratch, struct sl_event_view *view,
                                struct sl_usage *usage);
sluice_status sl_responses_look_kept(sluice_span event, sluice_span text, bool whole,
                                     struct sluice_arena *scratch, struct sl_event_view *view,
                                     struct sl_usage *usage);

/* responses_request.c: a request becomes a chat request. */
sluice_status sl_responses_request(struct sl_translation *t);
/* responses_items.c: `input` (and what the conversation was before) as messages. */
sluice_status sl_responses_messages(struct sl_translation *t);
/* responses_tools.c: tools and tool_choice. */
sluice_status sl_responses_tools(struct sl_translation *t);
/* How a function of that name was offered: within a namespace (its name, raw JSON) or as a custom
 * tool. tools: the request's, raw. */
struct sl_responses_tool {
    sluice_span space; /* ptr NULL: in none */
    bool custom;
};
struct sl_responses_tool sl_responses_tool_of(sluice_span tools, sluice_span name);

/* responses_events.c: steps become events. */
sluice_status sl_responses_delta(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
sluice_status sl_responses_end(struct sl_encoder *e, const struct sl_usage *usage,
                               struct sl_buf *b);
/* A failure as OpenAI sends it over a WebSocket, one line. */
void sl_responses_error_message(struct sl_buf *b, sluice_status status, const sluice_error *err);
/* The end of a stream that was begun or not: FAILED or CANCELLED, with what there is of it. */
sluice_status sl_responses_break(struct sl_encoder *e, struct sl_buf *b,
                                 enum sl_responses_state state, sluice_status status,
                                 const sluice_error *err);
void sl_responses_error_event(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                              const sluice_error *err);

/* The number of the next event. */
sluice_status sl_responses_number(struct sl_encoder *e, uint64_t next);

/* responses_retrace.c */
sluice_status sl_responses_retrace(const struct sl_retrace *r, const struct sl_event_view *view,
                                   sluice_span text);

/* responses_object.c: the response as an object, and its items. */
sluice_status sl_responses_collect(struct sl_encoder *e, const sluice_delta *d);
sluice_status sl_responses_whole(struct sl_encoder *e, const struct sl_usage *usage,
                                 struct sl_buf *b);
/* err: why it failed. */
void sl_responses_write(struct sl_encoder *e, struct sl_json_out *o, enum sl_responses_state state,
                        const struct sl_usage *usage, sluice_status status,
                        const sluice_error *err);
/* One output item; open: as it is when it begins. */
void sl_responses_write_item(struct sl_encoder *e, struct sl_json_out *o, struct sl_block *block,
                             bool open);
/* The id of a block's item; made at the first time. */
sluice_span sl_responses_item_id(struct sl_block *block);
/* What a custom tool is called with: the inside of a JSON string, in the arena. */
sluice_span sl_responses_custom_input(struct sl_encoder *e, const struct sl_block *block);
struct sl_responses_tool sl_responses_tool_of_block(const struct sl_encoder *e,
                                                    const struct sl_block *block);
/* A part of a message: text (with what was found in it) or refusal; empty: as it begins. */
void sl_responses_write_part(struct sl_encoder *e, struct sl_json_out *o,
                             const struct sl_block *block, bool empty);

#endif
