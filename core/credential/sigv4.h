/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigv4.h - AWS Signature Version 4 in headers: what is signed, the signature, and the check of a
 * client's. No clock, no I/O.
 */
#ifndef SL_CREDENTIAL_SIGV4_H
#define SL_CREDENTIAL_SIGV4_H

#include "base/arena.h"
#include "base/digest.h"

#define SL_SIGV4_SKEW_S 300 /* between two clocks */

/* What a signature is over. */
struct sl_sigv4_request {
    sluice_span method;
    sluice_span path;             /* as sent: percent-encoded once; empty = "/" */
    sluice_span query;            /* as sent, without '?' */
    const sluice_header *headers; /* all that are signed, host among them; names in any case */
    size_t n_headers;
    sluice_span body_hash; /* of the body in hex, or what stands for it */
};
/* By whom, when and for what. */
struct sl_sigv4_scope {
    sluice_span id, secret;
    sluice_span region, service;
    int64_t unix_s;
};

/* The hash of a body in parts, as 64 digits. NOMEM. */
sluice_status sl_sigv4_hash(const sluice_span *parts, size_t n, char out[2 * SL_DIGEST_SIZE + 1]);
/* "20260102T030405Z" */
#define SL_SIGV4_DATE 16
bool sl_sigv4_date(int64_t unix_s, char out[SL_SIGV4_DATE + 1]);
/* The value of `authorization`, in the arena; x-amz-date must be among the headers. NOMEM, INVALID
 * (a year that four digits cannot say). */
sluice_status sl_sigv4_sign(const struct sl_sigv4_request *r, const struct sl_sigv4_scope *scope,
                            struct sluice_arena *arena, sluice_span *authorization);

/* ---- a client's signature ---- */

/* An authorization header, taken apart. */
struct sl_sigv4_claim {
    sluice_span id, day, region, service, names, signature;
};
/* false: it is no signature of this kind, or malformed. */
bool sl_sigv4_claim(sluice_span authorization, struct sl_sigv4_claim *out);
/* What the signed headers say of the body: 64 digits, or another word ("UNSIGNED-PAYLOAD"); empty:
 * they do not say, so the body has to be there before the signature can be checked. */
sluice_span sl_sigv4_body_hash(const struct sl_sigv4_claim *claim, const sluice_header *headers,
                               size_t n);
/* Is it secret's signature, over this request, now? r->headers: all of the client's; those that it
 * names are taken (host may be called :authority), and host, x-amz-date and every x-amz-* header
 * must be among them. DENIED: err has AWS's class as its code and a sentence; NOMEM. */
sluice_status sl_sigv4_check(const struct sl_sigv4_request *r, const struct sl_sigv4_claim *claim,
                             sluice_span secret, int64_t now_unix_s, struct sluice_arena *arena,
                             sluice_error *err);

/* sigv4_canonical.c: the canonical request. */
sluice_status sl_sigv4_canonical(const struct sl_sigv4_request *r, bool s3,
                                 struct sluice_arena *arena, sluice_span *text,
                                 sluice_span *signed_names);

#endif
