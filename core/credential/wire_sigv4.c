/* SPDX-License-Identifier: Apache-2.0 */
/* wire_sigv4.c - a request's signature: over its host, its content type and every x-amz-* header,
 * which is what survives proxies. */
#include "base/clock.h"
#include "base/status.h"
#include "credential/sigv4.h"
#include "credential/wire.h"
#include "net/url.h"

/* "aws:amz:REGION:SERVICE" */
static bool read_param(sluice_span param, struct sl_sigv4_scope *scope)
{
    sluice_span prefix = SL_SPAN("aws:amz:");
    size_t colon;

    if (!sl_span_starts(param, prefix))
        return false;
    param = sl_span_from(param, prefix.len);
    colon = sl_span_find_char(param, ':');
    scope->region = sl_span_head(param, colon);
    scope->service = sl_span_from(param, colon + 1);
    return scope->service.len > 0;
}

static bool is_signed(sluice_span name)
{
    sluice_span amz = SL_SPAN("x-amz-");

    return sl_span_ieq(sl_span_head(name, amz.len), amz) ||
           sl_span_ieq(name, SL_SPAN("content-type"));
}

static sluice_status nomem(const struct sl_wire *w)
{
    return sl_fail(w->err, SLUICE_E_NOMEM, "out of memory signing a request");
}

/* Date, body's hash and session token: signed like the others. */
static sluice_status add_headers(const struct sl_wire *w, const struct sl_sigv4_scope *scope,
                                 struct sl_http_out *out, sluice_header *headers)
{
    char date[SL_SIGV4_DATE + 1], hash[2 * SL_DIGEST_SIZE + 1];
    sluice_span session = sl_grant_session(w->grant), date_kept, hash_kept;

    if (!sl_sigv4_date(scope->unix_s, date))
        return sl_fail(w->err, SLUICE_E_INTERNAL, "this machine's clock is beyond all calendars");
    if (sl_sigv4_hash(out->body, out->n_body, hash) < 0)
        return nomem(w);
    date_kept = sl_arena_dup(w->arena, sl_span_str(date));
    hash_kept = sl_arena_dup(w->arena, sl_span_str(hash));
    if (!date_kept.ptr || !hash_kept.ptr)
        return nomem(w);
    headers[out->n_headers++] = (sluice_header){ SL_SPAN("x-amz-date"), date_kept };
    headers[out->n_headers++] = (sluice_header){ SL_SPAN("x-amz-content-sha256"), hash_kept };
    if (session.len)
        headers[out->n_headers++] = (sluice_header){ SL_SPAN("x-amz-security-token"), session };
    return SLUICE_OK;
}

sluice_status sl_wire_sign(const struct sl_wire *w, sluice_span auth_param, struct sl_http_out *out,
                           sluice_header *headers)
{
    struct sl_sigv4_scope scope = { .id = sl_grant_id(w->grant),
                                    .secret = sl_grant_secret(w->grant),
                                    .unix_s = sl_unix_ms() / 1000 };
    struct sl_sigv4_request signing = { .method = out->method };
    sluice_header *list;
    sluice_span authorization;
    struct sl_url url;
    size_t question;
    sluice_status st;

    if (!read_param(auth_param, &scope))
        return sl_fail(w->err, SLUICE_E_INTERNAL, "the provider names no service to sign for");
    if (!scope.region.len)
        return sl_fail_param(w->err, SLUICE_E_INVALID, "missing_region", NULL,
                             "no AWS region is known: set aws_region_name or AWS_REGION");
    if (sl_url_parse(out->url, &url))
        return sl_fail(w->err, SLUICE_E_INVALID, "the URL to be signed is malformed");
    st = add_headers(w, &scope, out, headers);
    if (st < 0)
        return st;
    list = sl_alloc(w->arena, (out->n_headers + 1) * sizeof *list);
    if (!list)
        return nomem(w);
    question = sl_span_find_char(url.target, '?');
    signing.path = sl_span_head(url.target, question);
    signing.query = sl_span_from(url.target, question + 1);
    signing.headers = list;
    list[signing.n_headers++] = (sluice_header){ SL_SPAN("host"), url.authority };
    for (size_t i = 0; i < out->n_headers; i++) {
        if (is_signed(headers[i].name))
            list[signing.n_headers++] = headers[i];
        if (sl_span_eq(headers[i].name, SL_SPAN("x-amz-content-sha256")))
            signing.body_hash = headers[i].value;
    }
    st = sl_sigv4_sign(&signing, &scope, w->arena, &authorization);
    if (st < 0)
        return nomem(w);
    headers[out->n_headers++] = (sluice_header){ SL_SPAN("authorization"), authorization };
    return SLUICE_OK;
}
