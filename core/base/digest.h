/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - SHA-256 by libcrypto, at once or in pieces. */
#ifndef SL_BASE_DIGEST_H
#define SL_BASE_DIGEST_H

#include "base/span.h"

#define SL_DIGEST_SIZE 32

struct sl_digest {
    void *ctx; /* private */
};

/* false when out of memory. Reusable after sl_digest_end() without allocation. */
bool sl_digest_init(struct sl_digest *d);
void sl_digest_begin(struct sl_digest *d);
void sl_digest_add(struct sl_digest *d, sluice_span data);
void sl_digest_end(struct sl_digest *d, unsigned char out[SL_DIGEST_SIZE]);
void sl_digest_finish(struct sl_digest *d);
/* One piece, no object. */
void sl_digest_once(sluice_span data, unsigned char out[SL_DIGEST_SIZE]);
/* HMAC (RFC 2104) with SHA-256. */
void sl_digest_hmac(sluice_span key, sluice_span data, unsigned char out[SL_DIGEST_SIZE]);
/* SHA-1, which protects nothing: names of others' files; in base64, without a NUL, what handshakes
 * of WebSockets ask for. */
#define SL_SHA1_SIZE 20
#define SL_SHA1_BASE64 28
void sl_digest_sha1(sluice_span data, unsigned char out[SL_SHA1_SIZE]);
void sl_digest_sha1_base64(sluice_span data, char out[SL_SHA1_BASE64]);
/* Lower-case hex, 2 * n characters and a NUL. */
void sl_hex(const unsigned char *bytes, size_t n, char *out);
/* The 16 digits of a number, without a NUL. */
void sl_hex_u64(uint64_t n, char *out);

#endif
