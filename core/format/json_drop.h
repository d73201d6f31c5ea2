/* SPDX-License-Identifier: Apache-2.0 */
/* json_drop.h - a value without what a path names: "response_format.json_schema.strict",
 * "tools[*].function.strict", "messages[0].name". */
#ifndef SL_FORMAT_JSON_DROP_H
#define SL_FORMAT_JSON_DROP_H

#include "format/json_scan.h"

/* The first name of a path, and what follows it (".b", "[*].c"; empty: nothing). */
sluice_span sl_json_drop_name(sluice_span path, sluice_span *rest);
/* value: valid JSON. OK: *out is the value without it, in the arena; NOT_FOUND: it has nothing of
 * the kind. */
sluice_status sl_json_drop(sluice_span value, sluice_span rest, struct sluice_arena *arena,
                           sluice_span *out);

#endif
