/* SPDX-License-Identifier: Apache-2.0 */
/* out_check.h - for net/ only: what must not be sent upstream, the same for every transport. */
#ifndef SL_NET_OUT_CHECK_H
#define SL_NET_OUT_CHECK_H

#include "net/transport.h"

/* Method and header fields are well-formed and none of them frames the message. *size: bytes of all
 * fields with ": " and line ends; *agent: user-agent is among them. */
sluice_status sl_http_out_check(const struct sl_http_out *r, size_t *size, bool *agent,
                                sluice_error *err);

#endif
