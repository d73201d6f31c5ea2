/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4.c - see sigv4.h. */
#include "credential/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <time.h>
#include "base/status.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DAY 8
#define HEX (2 * SL_DIGEST_SIZE)
#define SECRET_MOST 1024
#define AUTHORITY SL_SPAN(":authority")

sluice_status sl_sigv4_hash(const sluice_span *parts, size_t n, char out[HEX + 1])
{
    unsigned char digest[SL_DIGEST_SIZE];
    struct sl_digest d;

    if (n == 1) {
        sl_digest_once(parts[0], digest);
    } else {
        if (!sl_digest_init(&d))
            return SLUICE_E_NOMEM;
        for (size_t i = 0; i < n; i++)
            sl_digest_add(&d, parts[i]);
        sl_digest_end(&d, digest);
        sl_digest_finish(&d);
    }
    sl_hex(digest, sizeof digest, out);
    return SLUICE_OK;
}

bool sl_sigv4_date(int64_t unix_s, char out[SL_SIGV4_DATE + 1])
{
    time_t t = (time_t)unix_s;
    struct tm tm;

    return gmtime_r(&t, &tm) && tm.tm_year >= 0 && tm.tm_year < 8100 &&
           strftime(out, SL_SIGV4_DATE + 1, "%Y%m%dT%H%M%SZ", &tm) == SL_SIGV4_DATE;
}

static bool hmac(const void *key, size_t key_len, sluice_span text, unsigned char *out)
{
    return HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text.ptr, text.len, out,
                NULL) != NULL;
}

/* The key of one day, region and service. */
static bool signing_key(sluice_span secret, sluice_span day, sluice_span region,
                        sluice_span service, unsigned char key[SL_DIGEST_SIZE])
{
    char first[4 + SECRET_MOST];
    bool ok = secret.len <= SECRET_MOST;

    memcpy(first, "AWS4", 4);
    if (ok && secret.len)
        memcpy(first + 4, secret.ptr, secret.len);
    ok = ok && hmac(first, 4 + secret.len, day, key) && hmac(key, SL_DIGEST_SIZE, region, key) &&
         hmac(key, SL_DIGEST_SIZE, service, key) &&
         hmac(key, SL_DIGEST_SIZE, SL_SPAN("aws4_request"), key);
    OPENSSL_cleanse(first, sizeof first);
    return ok;
}

/* Over a request at `date`, whose scope is "day/region/service/aws4_request". */
static sluice_status signature(const struct sl_sigv4_request *r, const struct sl_sigv4_scope *scope,
                               sluice_span date, struct sluice_arena *arena,
                               sluice_span *scope_text, sluice_span *names, char out[HEX + 1])
{
    unsigned char key[SL_DIGEST_SIZE], digest[SL_DIGEST_SIZE];
    sluice_span canonical, to_sign, day = sl_span_head(date, DAY);
    char hex[HEX + 1];
    sluice_status st =
        sl_sigv4_canonical(r, sl_span_eq(scope->service, SL_SPAN("s3")), arena, &canonical, names);
    bool ok;

    if (st < 0)
        return st;
    sl_digest_once(canonical, digest);
    sl_hex(digest, sizeof digest, hex);
    *scope_text = sl_arena_printf(arena, "%.*s/%.*s/%.*s/aws4_request", SL_FMT(day),
                                  SL_FMT(scope->region), SL_FMT(scope->service));
    if (!scope_text->ptr)
        return SLUICE_E_NOMEM;
    to_sign = sl_arena_printf(arena, ALGORITHM "\n%.*s\n%.*s\n%s", SL_FMT(date),
                              SL_FMT(*scope_text), hex);
    if (!to_sign.ptr)
        return SLUICE_E_NOMEM;
    ok = signing_key(scope->secret, day, scope->region, scope->service, key) &&
         hmac(key, sizeof key, to_sign, digest);
    OPENSSL_cleanse(key, sizeof key);
    sl_hex(digest, sizeof digest, out);
    return ok ? SLUICE_OK : SLUICE_E_INVALID;
}

sluice_status sl_sigv4_sign(const struct sl_sigv4_request *r, const struct sl_sigv4_scope *scope,
                            struct sluice_arena *arena, sluice_span *authorization)
{
    char date[SL_SIGV4_DATE + 1], hex[HEX + 1];
    sluice_span scope_text, names;
    sluice_status st;

    if (!sl_sigv4_date(scope->unix_s, date))
        return SLUICE_E_INVALID;
    st = signature(r, scope, sl_span_str(date), arena, &scope_text, &names, hex);
    if (st < 0)
        return st;
    *authorization =
        sl_arena_printf(arena, ALGORITHM " Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%s",
                        SL_FMT(scope->id), SL_FMT(scope_text), SL_FMT(names), hex);
    return authorization->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* ---- a client's signature ---- */

/* The value of NAME= in a list divided by commas or blanks. */
static sluice_span field(sluice_span list, sluice_span name)
{
    while (list.len) {
        size_t n = 0;
        sluice_span one;

        while (n < list.len && list.ptr[n] != ',' && list.ptr[n] != ' ')
            n++;
        one = sl_span_head(list, n);
        list = sl_span_from(list, n + 1);
        if (sl_span_starts(one, name))
            return sl_span_from(one, name.len);
    }
    return sl_span(NULL, 0);
}

static sluice_span cut(sluice_span *rest)
{
    sluice_span one = sl_span_head(*rest, sl_span_find_char(*rest, '/'));

    *rest = sl_span_from(*rest, one.len + 1);
    return one;
}

/* id/day/region/service/aws4_request; an id may itself hold slashes, so from the end. */
static bool read_scope(sluice_span text, struct sl_sigv4_claim *out)
{
    size_t slashes = 0, at = text.len;

    while (at && slashes < 4)
        slashes += text.ptr[--at] == '/';
    if (slashes < 4 || !at)
        return false;
    out->id = sl_span_head(text, at);
    text = sl_span_from(text, at + 1);
    out->day = cut(&text);
    out->region = cut(&text);
    out->service = cut(&text);
    return out->day.len == DAY && out->region.len && out->service.len &&
           sl_span_eq(text, SL_SPAN("aws4_request"));
}

bool sl_sigv4_claim(sluice_span authorization, struct sl_sigv4_claim *out)
{
    static const sluice_span algorithm = SL_SPAN(ALGORITHM " ");
    sluice_span list;

    if (!sl_span_starts(authorization, algorithm))
        return false;
    list = sl_span_from(authorization, algorithm.len);
    out->names = field(list, SL_SPAN("SignedHeaders="));
    out->signature = field(list, SL_SPAN("Signature="));
    return out->names.len && out->signature.len == HEX &&
           read_scope(field(list, SL_SPAN("Credential=")), out);
}

static bool is_signed(const struct sl_sigv4_claim *claim, sluice_span name)
{
    sluice_span rest = claim->names;

    while (rest.len) {
        sluice_span one = sl_span_head(rest, sl_span_find_char(rest, ';'));

        if (sl_span_ieq(one, name))
            return true;
        rest = sl_span_from(rest, one.len + 1);
    }
    return false;
}

static sluice_span signed_header(const struct sl_sigv4_claim *claim, const sluice_header *headers,
                                 size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_ieq(headers[i].name, sl_span_str(name)) && is_signed(claim, headers[i].name))
            return headers[i].value;
    return sl_span(NULL, 0);
}

sluice_span sl_sigv4_body_hash(const struct sl_sigv4_claim *claim, const sluice_header *headers,
                               size_t n)
{
    return signed_header(claim, headers, n, "x-amz-content-sha256");
}

static sluice_status denied(sluice_error *err, const char *code, const char *message)
{
    sl_fail_param(err, SLUICE_E_DENIED, code, NULL, "%s", message);
    if (err)
        err->http_status = 403;
    return SLUICE_E_DENIED;
}

static bool read_date(sluice_span text, int64_t *unix_s)
{
    struct tm tm = { 0 };
    char copy[SL_SIGV4_DATE + 1];
    const char *end;

    if (text.len != SL_SIGV4_DATE)
        return false;
    memcpy(copy, text.ptr, SL_SIGV4_DATE);
    copy[SL_SIGV4_DATE] = 0;
    end = strptime(copy, "%Y%m%dT%H%M%SZ", &tm);
    if (!end || *end)
        return false;
    *unix_s = timegm(&tm);
    return true;
}

/* Those that the claim names; false: out of memory. */
static bool pick_headers(const struct sl_sigv4_request *r, const struct sl_sigv4_claim *claim,
                         struct sluice_arena *arena, struct sl_sigv4_request *out)
{
    sluice_header *list = sl_alloc(arena, (r->n_headers + 1) * sizeof *list);

    *out = *r;
    out->headers = list;
    out->n_headers = 0;
    for (size_t i = 0; list && i < r->n_headers; i++) {
        sluice_header h = r->headers[i];

        /* HTTP/2's name for it, which some clients sign instead */
        if (sl_span_ieq(h.name, SL_SPAN("host")) && is_signed(claim, AUTHORITY))
            h.name = AUTHORITY;
        if (is_signed(claim, h.name))
            list[out->n_headers++] = h;
    }
    return list != NULL;
}

/* What a stranger in between could otherwise change. */
static bool covers(const struct sl_sigv4_request *r, const struct sl_sigv4_claim *claim)
{
    static const sluice_span amz = SL_SPAN("x-amz-");

    for (size_t i = 0; i < r->n_headers; i++)
        if (sl_span_ieq(sl_span_head(r->headers[i].name, amz.len), amz) &&
            !is_signed(claim, r->headers[i].name))
            return false;
    return (is_signed(claim, SL_SPAN("host")) || is_signed(claim, AUTHORITY)) &&
           is_signed(claim, SL_SPAN("x-amz-date"));
}

sluice_status sl_sigv4_check(const struct sl_sigv4_request *r, const struct sl_sigv4_claim *claim,
                             sluice_span secret, int64_t now_unix_s, struct sluice_arena *arena,
                             sluice_error *err)
{
    sluice_span date = signed_header(claim, r->headers, r->n_headers, "x-amz-date");
    struct sl_sigv4_scope scope = { claim->id, secret, claim->region, claim->service, 0 };
    struct sl_sigv4_request picked;
    sluice_span scope_text, names;
    char hex[HEX + 1];
    int64_t at = 0;
    sluice_status st;

    if (!covers(r, claim) || !read_date(date, &at))
        return denied(err, "IncompleteSignatureException",
                      "The signature must cover host, x-amz-date and every x-amz-* header.");
    if (at > now_unix_s + SL_SIGV4_SKEW_S || at < now_unix_s - SL_SIGV4_SKEW_S ||
        !sl_span_eq(claim->day, sl_span_head(date, DAY)))
        return denied(err, "InvalidSignatureException",
                      "Signature expired, or not yet current: its date is more than five minutes "
                      "from this server's clock.");
    if (!pick_headers(r, claim, arena, &picked))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory checking a signature");
    st = signature(&picked, &scope, date, arena, &scope_text, &names, hex);
    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "out of memory checking a signature");
    if (st < 0 || !sl_span_eq_secret(sl_span(hex, HEX), claim->signature))
        return denied(err, "InvalidSignatureException",
                      "The request signature we calculated does not match the signature you "
                      "provided. Check your secret access key and signing method.");
    return SLUICE_OK;
}
