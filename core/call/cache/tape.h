/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape.h - a vendor's answer as it came, kept for those who read it later or elsewhere: a cache,
 * calls that share it (flight.h). Append-only: one writer adds pieces, any number of readers on any
 * loop follow it, each at its own pace. Segments are counted and go when nobody can reach them any
 * more. An answer that nobody asks for again has no tape.
 */
#ifndef SL_CALL_TAPE_H
#define SL_CALL_TAPE_H

#include <stdatomic.h>
#include "base/span.h"

struct sl_tape; /* counted; [any] */
struct sl_segment;

/* Where one reader is. */
struct sl_tape_cursor {
    struct sl_segment *segment; /* held */
    size_t at;                  /* within it */
    size_t passed;              /* bytes before this */
};

/* most: bytes held at once. counter: of all such bytes of the process, outlives the tape; NULL =
 * none. NULL when out of memory. */
struct sl_tape *sl_tape_create(size_t most, _Atomic int64_t *counter);
struct sl_tape *sl_tape_hold(struct sl_tape *t);
void sl_tape_drop(struct sl_tape *t); /* NULL is fine */

/* The writer's. False: memory, or readers are so far behind that more than twice `most` would be
 * held. */
bool sl_tape_add(struct sl_tape *t, sluice_span bytes);
/* [any] All bytes that were added. */
size_t sl_tape_length(const struct sl_tape *t);
/* [any] Its beginning is still there: it has not grown beyond `most`. */
bool sl_tape_is_whole(const struct sl_tape *t);

/* At the beginning. False: it has gone. Not while the writer may add (whoever calls knows). */
bool sl_tape_open(struct sl_tape *t, struct sl_tape_cursor *c);
void sl_tape_close(struct sl_tape_cursor *c); /* harmless when closed */
/* [the reader's] The next bytes that are there; empty: none yet. They live until the next call. */
sluice_span sl_tape_next(struct sl_tape_cursor *c);
/* [any] So far behind that it has to give up. */
bool sl_tape_lags(const struct sl_tape *t, const struct sl_tape_cursor *c);

#endif
