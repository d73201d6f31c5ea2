/* SPDX-License-Identifier: Apache-2.0 */
/* span.c - the two span helpers that are too long to be inline. */
#include "base/span.h"

#include <openssl/crypto.h>

bool sl_span_eq_secret(sluice_span a, sluice_span b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sl_span_u64(sluice_span s, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';

        if (digit > 9 || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
            return false;
    }
    if (n > max)
        return false;
    *out = n;
    return true;
}
