/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upload.h - a large form goes upstream as it comes. What stands before its first file decides
 * where it goes: when that is here, the call begins with a form of it alone (c->body), and the rest
 * follows piece by piece, held back by whichever side is slower. Since nobody keeps it, nothing is
 * sent a second time once the first of these bytes has left. Where a deployment that may be asked
 * cannot take it so, the form is held whole as any other.
 */
#ifndef SL_CALL_UPLOAD_H
#define SL_CALL_UPLOAD_H

#include "call/attempt/attempt.h"

struct sl_upload;

/* A piece of a body has come that is not complete: is it such a form, and enough of it here? Then
 * c->upload is made, and the call walks on. NOMEM. */
sluice_status sl_upload_begin(struct sl_call *c);
/* The next piece. NOMEM: no room yet, or memory; INVALID: no form, or a field behind a file that
 * should have stood before it: c->error says which. */
sluice_status sl_upload_add(struct sl_call *c, sluice_span data, bool last);
/* Before dispatch. Has it to be held, the walk goes back to the body; END: no memory. */
enum sl_verdict sl_upload_enter(struct sl_call *c);
/* Bytes that follow behind what c->body holds. */
uint64_t sl_upload_rest(const struct sl_call *c);
/* Of the edited form: without its end, which is not the form's. */
void sl_upload_open(const struct sl_call *c, sluice_span *parts, size_t *n);
/* More can be sent: to the attempt that asked for it. */
void sl_upload_feed(struct sl_attempt *a);
/* Some of it has left, so that no other attempt can have it. */
bool sl_upload_is_spent(const struct sl_call *c);
void sl_upload_drop(struct sl_call *c);

#endif
