/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c - SHA-256 through libcrypto's direct functions. The EVP interface allocates and looks
 * its implementation up for each digest, which costs more than hashing an API key, and it can fail
 * where these cannot; hence the old interface, and its deprecation switched off here. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/digest.h"

#include "base/arena.h"
#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

_Static_assert(SL_DIGEST_SIZE == SHA256_DIGEST_LENGTH, "size of SHA-256");

bool sl_digest_init(struct sl_digest *d)
{
    d->ctx = sl_fault_hit() ? NULL : malloc(sizeof(SHA256_CTX));
    if (!d->ctx)
        return false;
    sl_digest_begin(d);
    return true;
}

void sl_digest_begin(struct sl_digest *d)
{
    SHA256_Init(d->ctx);
}

void sl_digest_add(struct sl_digest *d, sluice_span data)
{
    if (data.len)
        SHA256_Update(d->ctx, data.ptr, data.len);
}

void sl_digest_end(struct sl_digest *d, unsigned char out[SL_DIGEST_SIZE])
{
    SHA256_Final(out, d->ctx);
}

void sl_digest_finish(struct sl_digest *d)
{
    free(d->ctx);
    d->ctx = NULL;
}

void sl_digest_once(sluice_span data, unsigned char out[SL_DIGEST_SIZE])
{
    SHA256_CTX ctx;
    struct sl_digest d = { &ctx };

    sl_digest_begin(&d);
    sl_digest_add(&d, data);
    sl_digest_end(&d, out);
}

void sl_digest_hmac(sluice_span key, sluice_span data, unsigned char out[SL_DIGEST_SIZE])
{
    unsigned char block[SHA256_CBLOCK] = { 0 };
    SHA256_CTX ctx;

    if (key.len > sizeof block)
        sl_digest_once(key, block);
    else if (key.len)
        memcpy(block, key.ptr, key.len);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36;
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, block, sizeof block);
    SHA256_Update(&ctx, data.ptr, data.len);
    SHA256_Final(out, &ctx);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, block, sizeof block);
    SHA256_Update(&ctx, out, SL_DIGEST_SIZE);
    SHA256_Final(out, &ctx);
    OPENSSL_cleanse(block, sizeof block);
}

void sl_digest_sha1(sluice_span data, unsigned char out[SL_SHA1_SIZE])
{
    SHA1((const unsigned char *)data.ptr, data.len, out);
}

void sl_digest_sha1_base64(sluice_span data, char out[SL_SHA1_BASE64])
{
    unsigned char digest[SL_SHA1_SIZE], text[SL_SHA1_BASE64 + 1];

    sl_digest_sha1(data, digest);
    EVP_EncodeBlock(text, digest, sizeof digest);
    memcpy(out, text, SL_SHA1_BASE64);
}

void sl_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

/* Eight digits at once, each in its byte, the first one highest. */
static uint64_t eight_digits(uint64_t n)
{
    uint64_t above_nine;

    n = (n & 0xffff0000) << 16 | (n & 0xffff);
    n = (n & 0x0000ff000000ff00) << 8 | (n & 0x000000ff000000ff);
    n = (n & 0x00f000f000f000f0) << 4 | (n & 0x000f000f000f000f);
    above_nine = (n + 0x0606060606060606) >> 4 & 0x0101010101010101;
    return n + 0x3030303030303030 + above_nine * ('a' - '0' - 10);
}

void sl_hex_u64(uint64_t n, char *out)
{
    uint64_t digits[2] = { htobe64(eight_digits(n >> 32)), htobe64(eight_digits(n & 0xffffffff)) };

    memcpy(out, digits, sizeof digits);
}
