/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stored.h - responses that are kept here, because the deployment that made them keeps none: what a
 * later request continues (previous_response_id) or fetches. What a vendor keeps is found by its id
 * (issued.h) instead. The store may answer later: the call waits, but never long.
 */
#ifndef SL_CALL_STORED_H
#define SL_CALL_STORED_H

#include "call/attempt/attempt.h"
#include "state/objects.h"

#define SL_STORED_MOST (64u << 20) /* bytes of one that is kept */

/* In step_resolve, before ids are read: what the session remembers (c->history). */
void sl_stored_recall(struct sl_call *c);
/* In step_resolve, each time it runs: the conversation that a request continues (c->history), or
 * the answer to a request for something that is kept here: then SL_END. */
enum sl_verdict sl_stored_find(struct sl_call *c);
/* The conversation so far as a list of items; ptr NULL = none. */
sluice_span sl_stored_history(const struct sl_call *c);
/* Is there any of it that was not relayed? */
bool sl_stored_is_ours(const struct sl_call *c);
/* The same and the request's input, for a vendor that is asked without previous_response_id. */
sluice_status sl_stored_conversation(struct sl_call *c, sluice_span *out);
/* What the request brought, before its body goes. relayed: the vendor keeps what is to be kept. */
sluice_status sl_stored_note(struct sl_call *c, bool relayed);
/* The answer is complete and not told yet: keep it, if that was asked for. PENDING: it is being
 * kept, and `rest`, what tells the client that all is well, has to wait: it was taken. OK: nothing
 * to wait for; a store that fails is no failure of the call. */
sluice_status sl_stored_put(struct sl_attempt *a, sluice_span rest);
/* An event of a relayed answer that a session remembers, or of another, which is nothing here. id:
 * the answer's, as the client is told, a JSON string. */
void sl_stored_event(struct sl_attempt *a, const struct sl_event_view *view, sluice_span text,
                     sluice_span id);
/* The call has ended well but for what waits: true: it will be finished from here. */
bool sl_stored_holds(struct sl_call *c);
void sl_stored_release(struct sl_call *c);

/* Whose it is: callers with rights of their own never see each other's. */
sluice_span sl_stored_owner(const struct sl_call *c);

/* stored_text.c: what is kept. */
void sl_stored_write(const struct sl_call *c, struct sl_buf *b, sluice_span response);
/* What a session remembers: the conversation alone. output: the answer's items, a list. */
void sl_stored_write_conversation(const struct sl_call *c, struct sl_buf *b, sluice_span output,
                                  bool relayed);
/* What came before and what the request brings, as one list. */
void sl_stored_write_input(const struct sl_call *c, struct sl_buf *b);

/* What calls ask of the store, each of them at most once. */
enum sl_stored_question {
    SL_STORED_LOOK = 1,   /* for what the call is about */
    SL_STORED_LEASE = 2,  /* does it still run somewhere? */
    SL_STORED_EVENTS = 4, /* its events */
    SL_STORED_CHANGE = 8, /* it goes, or turns out to have failed */
    SL_STORED_KEEP = 16,  /* what is to be made in the background */
    SL_STORED_MARK = 32,  /* whoever makes it is to stop */
};
bool sl_stored_asked(const struct sl_call *c, enum sl_stored_question which);
/* From a step: true: it has been answered, now or before; of the last one asked, c->stored.status
 * and .found say how. false: the step has to wait, and runs again. */
bool sl_stored_ask(struct sl_call *c, enum sl_stored_question which, enum sl_objects_kind kind,
                   sluice_span id, sluice_span text);

/* stored_answer.c: of what c->history is, the answer; or what else there is to ask first. */
enum sl_verdict sl_stored_answer(struct sl_call *c, sluice_span id);
/* made.c: the same while it is being made here (background.h); NEXT: it is not. */
enum sl_verdict sl_stored_running(struct sl_call *c, sluice_span id);
sluice_span sl_stored_item_id(sluice_span item);

#endif
