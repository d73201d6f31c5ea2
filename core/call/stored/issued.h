/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issued.h - ids of what lies at a vendor (files, batches) as clients of this gateway see them: the
 * vendor's own id with the deployment in front, signed. So a later request finds its way back
 * without a table, from every replica and after a restart.
 *
 *     file-sl1AbC...   "file-" is the vendor's own beginning; behind "sl1" base64url of
 *                      deployment tag (8) | account tag (4) | signature (8) | vendor's id
 *
 * The signature's key comes from the master key (without one anybody may do anything anyway) and
 * from whose it is (stored.h): shown by somebody else, an id leads nowhere. When a
 * deployment is gone (its id changes with its parameters), another one of the same account serves.
 */
#ifndef SL_CALL_ISSUED_H
#define SL_CALL_ISSUED_H

#include "call/runtime/snapshot.h"
#include "format/json_scan.h"

/* Fills d->tag, once its provider, base_url and key are known. */
void sl_issued_tag(struct sl_deployment *d);
bool sl_issued_same_account(const struct sl_deployment *a, const struct sl_deployment *b);

/* The id for clients, plain text in the arena; ptr NULL when out of memory. One that is issued
 * already, or is too long, comes back as it is. */
sluice_span sl_issued_make(const struct sl_snapshot *s, const struct sl_deployment *d,
                           sluice_span owner, sluice_span vendor_id, struct sluice_arena *arena);

enum sl_issued {
    SL_ISSUED_NOT,
    SL_ISSUED_YES,
    SL_ISSUED_LOST /* forged, another owner's, or nobody is left */
};
/* What an id says. YES: *d and *vendor_id (in the arena) are filled. */
enum sl_issued sl_issued_read(const struct sl_snapshot *s, sluice_span owner, sluice_span id,
                              struct sluice_arena *arena, const struct sl_deployment **d,
                              sluice_span *vendor_id);

/* The first id of this kind in a text: from its opening quote to its closing one, without them;
 * ptr NULL: none. For JSON, where such an id is a whole string. */
sluice_span sl_issued_find(sluice_span json);
/* Is there one? Long strings are none of them. */
bool sl_issued_any(sluice_span json, const struct sl_json_longs *longs);

#endif
