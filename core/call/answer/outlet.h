/* SPDX-License-Identifier: Apache-2.0 */
/* outlet.h - what the outlet's files share; towards the others it is attempt.h that speaks. */
#ifndef SL_CALL_OUTLET_H
#define SL_CALL_OUTLET_H

#include "call/attempt/attempt.h"
#include "format/json_edit.h"

/* outlet.c */
bool sl_out_on_wire(const struct sl_call *c); /* else the embedder gets JSON objects */
/* A provider answers in one way; INTERNAL when it mixes them, or answers whole twice. */
sluice_status sl_out_mode(struct sl_attempt *a, int mode);
/* To the embedder; either may end the call. */
void sl_out_json(struct sl_call *c, sluice_span object);
void sl_out_frames(struct sl_call *c, sluice_span text); /* objects out of their SSE frames */
/* Gather bytes to write in this turn; they must live until sl_outlet_flush(). */
sluice_status sl_out_part(struct sl_call *c, sluice_span s);
/* Do comments of a vendor's stream go on as they come? */
bool sl_outlet_passes(const struct sl_call *c);
/* The head leaves: from here on the answer is this attempt's. length -1 = not known. */
sluice_status sl_out_commit(struct sl_attempt *a, sluice_span content_type, int64_t length);

/* outlet_room.c */
bool sl_out_more_parts(struct sl_call *c); /* room for more than there is; false: out of memory */
struct sl_buf *sl_out_pending(struct sl_call *c);
/* To the loop: parts that were written; all: what was held back, too. */
void sl_out_return_room(struct sl_call *c, bool all);

/* outlet_events.c */
/* What must change in a relayed object before a client sees it: the model it asked for, an id that
 * leads back to its deployment, and no empty usage member that it did not ask for. */
struct sl_out_change {
    sluice_span model, id; /* their places; ptr NULL = it stays */
    sluice_span new_id;
    bool usage; /* take it out */
};
/* false: nothing. */
bool sl_out_changes(const struct sl_attempt *a, const struct sl_event_view *view, bool event,
                    struct sl_out_change *out);
/* The object with them, in pieces that live in scratch. */
sluice_status sl_out_change(struct sl_attempt *a, const struct sl_out_change *change,
                            sluice_span text, sluice_span **parts, size_t *n);
sluice_status sl_out_object(struct sl_attempt *a, const struct sl_out_change *change,
                            sluice_span text);
/* The vendor's id of the answer, for the record. */
void sl_out_note_id(struct sl_call *c, const struct sl_event_view *view);
void sl_out_estimate(struct sl_attempt *a, int64_t output);
sluice_status sl_out_terminate(struct sl_attempt *a);

/* outlet_answer.c */
/* A step, in the client's dialect. */
sluice_status sl_out_put_delta(struct sl_attempt *a, const sluice_delta *d);
sluice_status sl_out_end_deltas(struct sl_attempt *a);

/* merge.c */
/* Do thoughts go into the content of this stream? Then it is told in steps, all of which go by
 * sl_merge_delta(). */
bool sl_merge_wanted(const struct sl_attempt *a);
sluice_status sl_merge_delta(struct sl_attempt *a, const sluice_delta *d);

#endif
