/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - what HTTP makes the gateway do with text: percent-decoding, query strings. */
#ifndef GW_TEXT_H
#define GW_TEXT_H

#include <sluice_sdk/span.h>

/* Decode %XX (and '+' as a blank, if plus) into out, which has room for in.len bytes. *len is set.
 * False: a broken escape, or an encoded NUL. */
bool gw_percent_decode(sluice_span in, bool plus, char *out, size_t *len);

/* The next "name=value" of a query string, still encoded; *query shrinks. False at the end. */
bool gw_query_next(sluice_span *query, sluice_span *name, sluice_span *value);

#endif
