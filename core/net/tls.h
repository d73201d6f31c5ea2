/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - for net/ only: TLS towards upstreams by OpenSSL: trust, names, certificates of ours,
 * sessions. One per loop; equal options share one SSL_CTX. */
#ifndef SL_NET_TLS_H
#define SL_NET_TLS_H

#include <openssl/ssl.h>
#include "net/transport.h"

struct sl_tls;       /* of a loop */
struct sl_tls_setup; /* of equal options, counted */

struct sl_tls *sl_tls_create(void); /* NULL: no memory */
void sl_tls_destroy(struct sl_tls *t);
/* Reads the files that options name; err tells which of them is wrong and why. */
sluice_status sl_tls_setup_hold(struct sl_tls *t, const struct sl_upstream_options *options,
                                struct sl_tls_setup **out, sluice_error *err);
void sl_tls_setup_drop(struct sl_tls_setup *s);
/* Made of equal options? Proxy and http2 do not count. NULL = defaults. */
bool sl_tls_setup_fits(const struct sl_tls_setup *s, const struct sl_upstream_options *options);

/* A client's end over fd, for this host (a name or an IP address). *session: tried for resumption,
 * replaced whenever the server sends a new one; must outlive the SSL. NULL: no memory. */
SSL *sl_tls_open(struct sl_tls_setup *s, const char *host, int fd, SSL_SESSION **session);
/* Sends close_notify if it can, frees. Does not close the descriptor. */
void sl_tls_close(SSL *ssl);
/* What OpenSSL says about the failure that has just happened; NULL when it says nothing. */
const char *sl_tls_reason(void);
/* Why a handshake failed: name is "host:port". */
void sl_tls_explain(SSL *ssl, const char *name, sluice_status status, sluice_error *err);

#endif
