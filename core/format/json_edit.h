/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_edit.h - sends an object on with some top-level members replaced, removed or added, as a
 * list of spans: no re-print, so number spelling, key order, blanks and unknown members survive.
 */
#ifndef SL_FORMAT_JSON_EDIT_H
#define SL_FORMAT_JSON_EDIT_H

#include "format/json_scan.h"

struct sl_json_edit {
    sluice_span name; /* decoded */
    sluice_span
        value; /* raw JSON; ptr NULL removes the member. A name not there is added at the end */
};

/* object: valid text of an object. *parts is an array in the arena whose spans, written one after
 * the other, are the edited object; neighbours are joined into one run. */
sluice_status sl_json_edit(sluice_span object, const struct sl_json_edit *edits, size_t n_edits,
                           struct sluice_arena *arena, sluice_span **parts, size_t *n_parts);

/* The object that members (as from sl_json_members, with some replaced, removed or added) describe,
 * as parts over `object` wherever neighbours are still adjacent in it: four parts for a changed
 * model, whatever the size. */
sluice_status sl_json_join(sluice_span object, const sluice_header *members, size_t n,
                           struct sluice_arena *arena, sluice_span **parts, size_t *n_parts);

#endif
