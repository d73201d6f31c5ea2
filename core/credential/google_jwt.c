/* SPDX-License-Identifier: Apache-2.0 */
/* google_jwt.c - a service account's assertion: claims about itself, signed with its key. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include "credential/google.h"
#include "format/json_write.h"

#define SKEW_S 30 /* clocks that are behind take it, too */
#define LIFE_S 3600
#define TEXT_MOST 8192

sluice_span sl_google_base64url(struct sluice_arena *arena, sluice_span bytes)
{
    size_t room = (bytes.len + 2) / 3 * 4 + 1, n;
    char *p = bytes.len < INT32_MAX ? sl_alloc(arena, room) : NULL;

    if (!p)
        return sl_span(NULL, 0);
    n = (size_t)EVP_EncodeBlock((unsigned char *)p, (const unsigned char *)bytes.ptr,
                                (int)bytes.len);
    while (n && p[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++)
        p[i] = p[i] == '+' ? '-' : p[i] == '/' ? '_' : p[i];
    return sl_span(p, n);
}

static sluice_span encode(struct sluice_arena *arena, struct sl_buf *b)
{
    sluice_span out = sl_buf_ok(b) ? sl_google_base64url(arena, sl_buf_span(b)) : sl_span(NULL, 0);

    sl_buf_finish(b);
    return out;
}

static sluice_span header(struct sluice_arena *arena, sluice_span key_id)
{
    struct sl_buf b;
    struct sl_json_out o;

    sl_buf_init(&b, TEXT_MOST);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "alg", SL_SPAN("RS256"));
    sl_json_kv_str(&o, "typ", SL_SPAN("JWT"));
    if (key_id.len)
        sl_json_kv_str(&o, "kid", key_id);
    sl_json_close(&o, '}');
    return encode(arena, &b);
}

sluice_span sl_google_claims(struct sluice_arena *arena, sluice_span key_id, sluice_span email,
                             sluice_span audience, int64_t now_s)
{
    sluice_span head = header(arena, key_id), body;
    struct sl_buf b;
    struct sl_json_out o;

    sl_buf_init(&b, TEXT_MOST);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "iss", email);
    sl_json_kv_str(&o, "scope", SL_SPAN(SL_GOOGLE_SCOPE));
    sl_json_kv_str(&o, "aud", audience);
    sl_json_kv_i64(&o, "iat", now_s - SKEW_S);
    sl_json_kv_i64(&o, "exp", now_s - SKEW_S + LIFE_S);
    sl_json_close(&o, '}');
    body = encode(arena, &b);
    return head.ptr && body.ptr ? sl_arena_printf(arena, "%.*s.%.*s", SL_FMT(head), SL_FMT(body))
                                : sl_span(NULL, 0);
}

/* A key without a password; one that wants to be asked for it is none. */
static int no_password(char *buf, int size, int rwflag, void *u)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)u;
    return -1;
}

sluice_span sl_google_rs256(struct sluice_arena *arena, sluice_span pem, sluice_span text)
{
    BIO *bio = pem.len < INT32_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    EVP_MD_CTX *ctx = key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA ? EVP_MD_CTX_new() : NULL;
    sluice_span out = { NULL, 0 };
    size_t n = key ? (size_t)EVP_PKEY_size(key) : 0;
    unsigned char *p = ctx ? sl_alloc(arena, n) : NULL;

    if (p && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(ctx, p, &n, (const unsigned char *)text.ptr, text.len) == 1)
        out = sl_span((const char *)p, n);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return out;
}
