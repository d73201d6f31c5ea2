/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - the rule for gateways without a master key: only programs of this machine. Without a
 * key everything a vendor charges for is open, so neither the network nor a web page in a browser
 * on this machine may get at it.
 */
#ifndef GW_GUARD_H
#define GW_GUARD_H

#include "process/worker.h"

/* NULL: go on. Else why not, for the client. It holds also when a reload took the master key
 * away while the listener is public. */
const char *gw_guard(const struct gw_shared *shared, sluice_span peer,
                     const struct sl_http_head *head);

/* "127.0.0.1", "::1", "localhost", also with a port or in brackets: this machine? */
bool gw_is_loopback(sluice_span host);

#endif
