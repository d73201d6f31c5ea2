/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - for net/ only: one IP address with its port, and whether it is on the public
 * internet.
 */
#ifndef SL_NET_ADDRESS_H
#define SL_NET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "base/span.h"

struct sl_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
    socklen_t len;
};

/* "192.0.2.1" or "2001:db8::1" (no brackets, no zone); false when it is a name. */
bool sl_address_literal(sluice_span host, struct sl_address *out);
/* false when the family is neither IPv4 nor IPv6. */
bool sl_address_copy(const struct sockaddr *from, struct sl_address *out);
void sl_address_set_port(struct sl_address *a, uint16_t port);
/* Somebody else's request may go there: not private, loopback, link-local, shared, multicast,
 * reserved or a cloud's metadata service, nor one of those inside an IPv6 transition address. */
bool sl_address_public(const struct sl_address *a);

#endif
