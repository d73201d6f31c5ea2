/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight.h - identical calls of one tenant that run at the same time share one upstream call. A
 * flight is a call of its own (spawn.h, purpose "flight") that writes its answer on a tape; the
 * clients' calls, the first one too, are readers of equal rank, on whichever loops they are. Who
 * comes later reads the tape from its beginning, then follows. When the last reader has left, the
 * upstream call is cancelled. Only for groups with single_flight.
 */
#ifndef SL_CALL_FLIGHT_H
#define SL_CALL_FLIGHT_H

#include "call/attempt/attempt.h"

/* Bytes of an answer that others may still join; and how far a reader may lag behind. */
#define SL_FLIGHT_MOST (16u << 20)

struct sl_flights; /* all of them; [any] */
struct sl_flight;
struct sl_seat; /* one reader */

struct sl_flights *sl_flights_create(void); /* NULL when out of memory */
void sl_flights_destroy(struct sl_flights *all);

/* Would this call share an upstream call? *aboard: how many identical ones share one just now. */
bool sl_flight_would(struct sl_call *c, size_t *aboard);
/* A call before its dispatch. NEXT: it goes its own way; WAIT: it is aboard, the step runs again or
 * an attempt follows the tape; END: the flight has failed, and c->error says how. */
enum sl_verdict sl_flight_enter(struct sl_call *c);
/* The call has ended, or goes its own way. */
void sl_flight_leave(struct sl_call *c);

/* For the call that flies: its answer has begun to be useful; a piece of it came; it has ended. */
void sl_flight_begun(struct sl_attempt *a);
bool sl_flight_add(struct sl_attempt *a, sluice_span bytes);
void sl_flight_ended(struct sl_call *c);

/* follow.c: a's answer is what the tape of its call's seat says. */
sluice_status sl_follow(struct sl_attempt *a, struct sl_exchange **x);
/* More has come for it, or the end. */
void sl_follow_more(struct sl_exchange *x);

/* For follow.c. The next piece; PENDING: none yet; OK with an empty piece: the end; else how it
 * ended. */
sluice_status sl_seat_read(struct sl_seat *s, sluice_span *piece, sluice_error *err);
/* What the answer is. */
sluice_span sl_seat_content_type(const struct sl_seat *s);

#endif
