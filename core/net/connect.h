/* SPDX-License-Identifier: Apache-2.0 */
/* connect.h - for net/ only: a TCP connection to a host and port, by name or address, the quickest
 * of its addresses (RFC 8305). No time limit of its own. */
#ifndef SL_NET_CONNECT_H
#define SL_NET_CONNECT_H

#include "net/dns.h"

struct sl_connect;

struct sl_connect_order {
    struct sl_loop *loop;
    struct sl_dns *dns;
    sluice_span host; /* borrowed until the end */
    uint16_t port;
    bool public_only; /* refuse the host when one of its addresses is not public */
    const char *name; /* "host:port", for messages; borrowed until the end */
    /* From the loop, never from inside start(), once. OK: fd is connected, not blocking, and now
     * the callee's. Else -1, and err says why. */
    void (*done)(void *ctx, int fd, sluice_status status, const sluice_error *err);
    void *ctx;
};

struct sl_connect *sl_connect_start(const struct sl_connect_order *order); /* NULL: no memory */
void sl_connect_cancel(struct sl_connect *c);

#endif
