/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket.h - an attempt that is a WebSocket to its vendor (SLUICE_REQ_SOCKET): the handshake is
 * ours, then frames go both ways as they are. What the vendor sends is read along for what each of
 * its responses used. For operation "realtime".
 */
#ifndef SL_CALL_SOCKET_H
#define SL_CALL_SOCKET_H

#include "call/attempt/attempt.h"

/* Writes the fields of the handshake. */
sluice_status sl_socket_ask(struct sl_attempt *a, struct sl_http_out *out);
/* The vendor has answered: with 101 the client is told so at once. */
sluice_status sl_socket_head(struct sl_attempt *a, const struct sl_http_in *head);
void sl_socket_scan(struct sl_attempt *a, sluice_span bytes);
/* Bytes of the client. NOMEM: too many wait, come again; NOT_FOUND: nobody takes them. */
sluice_status sl_socket_send(struct sl_attempt *a, sluice_span bytes);
void sl_socket_finish(struct sl_attempt *a);

#endif
