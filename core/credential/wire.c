/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - see wire.h. */
#include "credential/wire.h"

#include "base/status.h"

/* "https://host:port" of a URL. */
static sluice_span origin(sluice_span url)
{
    size_t scheme = sl_span_find(url, SL_SPAN("://")), host;

    if (scheme == url.len)
        return url;
    host = scheme + 3;
    while (host < url.len && url.ptr[host] != '/' && url.ptr[host] != '?' && url.ptr[host] != '#')
        host++;
    return sl_span_head(url, host);
}

static bool is_label(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* A '*' stands for one or more letters, digits and hyphens, so never for a dot. */
static bool fits(sluice_span text, sluice_span pattern)
{
    size_t star = sl_span_find_char(pattern, '*');
    sluice_span rest;

    if (star == pattern.len)
        return sl_span_ieq(text, pattern);
    if (!sl_span_ieq(sl_span_head(text, star), sl_span_head(pattern, star)))
        return false;
    rest = sl_span_from(pattern, star + 1);
    for (size_t i = star; i < text.len && is_label(text.ptr[i]); i++)
        if (fits(sl_span_from(text, i + 1), rest))
            return true;
    return false;
}

/* Does the URL go on behind the base, as nearly all do? */
static bool is_below(sluice_span url, sluice_span base)
{
    size_t scheme = sl_span_starts(base, SL_SPAN("https://")) ? 8 : 7;

    return base.len > scheme && (scheme == 8 || sl_span_starts(base, SL_SPAN("http://"))) &&
           url.len > base.len && url.ptr[base.len] == '/' && sl_span_starts(url, base);
}

/* The credential goes to where the deployment or the provider's own class says, nowhere else. */
static bool may_have_credential(const struct sl_wire *w, const sluice_http_request *r)
{
    sluice_span to;

    if (r->flags & SLUICE_REQ_FOREIGN)
        return false;
    if (is_below(r->url, w->base_url))
        return true;
    to = origin(r->url);
    if (w->base_url.len)
        return sl_span_ieq(to, origin(w->base_url));
    if (SLUICE_HAS(w->cls, sluice_provider_class, origins) && w->cls->origins)
        for (const char *const *o = w->cls->origins; *o; o++)
            if (fits(to, sl_span_str(*o)))
                return true;
    return false;
}

/* What stands before a secret, and the secret. */
static sluice_span prefixed(const struct sl_wire *w, sluice_span before, sluice_span secret)
{
    char *p = sl_alloc(w->arena, before.len + 1 + secret.len);

    if (!p)
        return sl_span(NULL, 0);
    memcpy(p, before.ptr, before.len);
    p[before.len] = ' ';
    memcpy(p + before.len + 1, secret.ptr, secret.len);
    return sl_span(p, before.len + 1 + secret.len);
}

static sluice_status in_header(const struct sl_wire *w, sluice_span param, sluice_span secret,
                               struct sl_http_out *out, sluice_header *header)
{
    size_t colon = sl_span_find_char(param, ':');
    sluice_span before = sl_span_trim(sl_span_from(param, colon + 1));

    header->name = sl_span_head(param, colon);
    header->value = before.len ? prefixed(w, before, secret) : secret;
    out->n_headers++;
    return header->value.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status in_query(const struct sl_wire *w, sluice_span param, sluice_span secret,
                              struct sl_http_out *out)
{
    secret = sl_wire_percent(w->arena, secret);
    if (secret.ptr)
        out->url = sl_arena_printf(w->arena, "%.*s%c%.*s=%.*s", SL_FMT(out->url),
                                   memchr(out->url.ptr, '?', out->url.len) ? '&' : '?',
                                   SL_FMT(param), SL_FMT(secret));
    return secret.ptr && out->url.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* Into the first header's place, or the URL. */
static sluice_status place(const struct sl_wire *w, const sluice_http_request *r,
                           struct sl_http_out *out, sluice_header *first)
{
    sluice_span secret;

    if (r->auth == SLUICE_AUTH_NONE || !w->grant)
        return SLUICE_OK;
    if (!may_have_credential(w, r))
        return sl_fail(w->err, SLUICE_E_UNSUPPORTED,
                       "the provider wants the credential sent to %.*s, which is not the "
                       "deployment's api_base",
                       SL_FMT(sl_span_head(origin(r->url), 120)));
    secret = sl_grant_secret(w->grant);
    if (sl_credential_kind(w->credential) == SLUICE_CRED_AWS) {
        if (r->auth == SLUICE_AUTH_SIGV4) /* when all that is signed is there */
            return SLUICE_OK;
    } else {
        switch (r->auth) {
        case SLUICE_AUTH_BEARER:
            return in_header(w, SL_SPAN("authorization:Bearer"), secret, out, first);
        case SLUICE_AUTH_HEADER:
            return in_header(w, r->auth_param, secret, out, first);
        case SLUICE_AUTH_QUERY:
            return in_query(w, r->auth_param, secret, out);
        default:
            break;
        }
    }
    return sl_fail(w->err, SLUICE_E_UNSUPPORTED,
                   "this host cannot authenticate the way the provider asks for (%u)", r->auth);
}

static bool has_content_type(const struct sl_http_out *out)
{
    for (size_t i = 0; i < out->n_headers; i++)
        if (sl_span_eq(out->headers[i].name, SL_SPAN("content-type")) ||
            sl_span_ieq(out->headers[i].name, SL_SPAN("content-type")))
            return true;
    return false;
}

sluice_status sl_wire_build(const struct sl_wire *w, const sluice_http_request *r,
                            struct sl_http_out *out)
{
    sluice_header *headers =
        sl_alloc(w->arena, (r->n_headers + w->n_headers + 2 + SL_WIRE_SIGNED) * sizeof *headers);
    sluice_span *body = sl_alloc(w->arena, (r->n_body + 1) * sizeof *body);
    bool foreign = (r->flags & SLUICE_REQ_FOREIGN) != 0;
    sluice_status st;

    if (!headers || !body)
        return SLUICE_E_NOMEM;
    *out = (struct sl_http_out){
        .method = r->method.len ? r->method : SL_SPAN("POST"),
        .url = r->url,
        .headers = headers,
        .body = body,
        .n_body = r->n_body,
        .foreign = foreign,
        .options = foreign ? NULL : w->upstream,
    };
    st = place(w, r, out, &headers[0]);
    for (size_t i = 0; i < r->n_body && st >= 0; i++)
        st = sl_wire_part(w, &r->body[i], &body[i]);
    if (st < 0)
        return st;
    for (size_t i = 0; i < w->n_headers && !foreign; i++)
        headers[out->n_headers++] = w->headers[i];
    for (size_t i = 0; i < r->n_headers; i++)
        headers[out->n_headers++] = r->headers[i];
    if (r->n_body && !has_content_type(out))
        headers[out->n_headers++] = (sluice_header){ SL_SPAN("content-type"), w->content_type };
    if (r->auth == SLUICE_AUTH_SIGV4 && w->grant)
        return sl_wire_sign(w, r->auth_param, out, headers);
    return SLUICE_OK;
}
