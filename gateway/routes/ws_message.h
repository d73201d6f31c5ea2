/* SPDX-License-Identifier: Apache-2.0 */
/* ws_message.h - what a socket of Responses itself reads of a client's message: is it a call, and
 * whose lane is it in. What else is wrong with it is for the call to say. */
#ifndef GW_WS_MESSAGE_H
#define GW_WS_MESSAGE_H

#include <sluice/sluice.h>

#define GW_STREAM_ID_MOST 256

/* OK: a call. MORE: nothing to do, nothing to answer. INVALID: err says why.
 * stream_id: empty = the one lane without a name. */
sluice_status gw_ws_message(sluice_span text, sluice_span *stream_id, sluice_error *err);

#endif
