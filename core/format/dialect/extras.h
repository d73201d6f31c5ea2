/* SPDX-License-Identifier: Apache-2.0 */
/* extras.h - members that the steps of an answer add to its message, by the answer's end. */
#ifndef SL_FORMAT_EXTRAS_H
#define SL_FORMAT_EXTRAS_H

#include "base/arena.h"
#include "base/buf.h"
#include "format/json_scan.h"

/* The members of a step, raw and without braces, as an object to walk: in the arena. UPSTREAM: they
 * are none. */
sluice_status sl_extras_object(sluice_span members, struct sluice_arena *arena,
                               sluice_span *object);
/* The elements of a list behind those that are there; false: out of memory. */
bool sl_extras_join(struct sl_buf *elements, sluice_span list);
/* One more member among `members`; of the same name the last one stands, since vendors say with
 * every event what they know so far. False: out of memory. */
bool sl_extras_set(struct sl_buf *members, sluice_span name, sluice_span value);

#endif
