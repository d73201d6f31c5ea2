/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - bearer tokens that a provider's token class (sluice/ext/token.h) exchanges for a
 * deployment's key. One token for all loops: fetched once, renewed before it expires, dropped when
 * the vendor refuses it. Calls wait for the first one; the fetch itself belongs to no call, so a
 * client that leaves stops nobody else's.
 */
#ifndef SL_CALL_TOKEN_H
#define SL_CALL_TOKEN_H

#include "base/secret.h"
#include "call/worker.h"

struct sl_attempt;
struct sl_token;      /* counted, [any] */
struct sl_token_wait; /* one attempt that waits */

struct sl_token *sl_token_create(void); /* NULL when out of memory */
struct sl_token *sl_token_hold(struct sl_token *t);
void sl_token_drop(struct sl_token *t);

/* [loop] OK: a->bearer is set, held. PENDING: sl_attempt_token() comes later, from the loop. */
sluice_status sl_token_get(struct sl_attempt *a);
/* [loop] The attempt waits no more. */
void sl_token_leave(struct sl_attempt *a);
/* [any] The vendor refused this token: the next call fetches another one. */
void sl_token_refused(struct sl_token *t, const struct sl_secret *was);
/* The loop ends: its fetches fail, and with them who waits for them elsewhere. */
void sl_token_finish(struct sl_worker *w);

#endif
