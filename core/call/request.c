/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - what a provider's request becomes on the wire: credential placed, parts encoded. The
 * only place where a secret meets a request.
 */
#include "call/attempt.h"

#include <openssl/evp.h>
#include "base/status.h"
#include "call/foreign.h"
#include "format/json_write.h"

static bool present(const sluice_header *members, size_t n, sluice_span name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(members[i].name, name))
            return true;
    return false;
}

static sluice_status escape(struct sl_attempt *a, sluice_span text, sluice_span *out)
{
    struct sl_buf b;

    sl_buf_init(&b, text.len * 6 + 16);
    sl_json_escape(&b, text);
    *out = sl_buf_ok(&b) ? sl_arena_dup(&a->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

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

/* The credential goes to where the deployment or the provider's own class says, nowhere else. */
static bool may_have_credential(const struct sl_attempt *a, const sluice_http_request *r)
{
    sluice_span to = origin(r->url);

    if (r->flags & SLUICE_REQ_FOREIGN)
        return false;
    if (a->pick.deployment->base_url.len)
        return sl_span_ieq(to, origin(a->pick.deployment->base_url));
    if (SLUICE_HAS(a->cls, sluice_provider_class, origins) && a->cls->origins)
        for (const char *const *o = a->cls->origins; *o; o++)
            if (sl_span_ieq(to, sl_span_str(*o)))
                return true;
    return false;
}

/* What stands before a secret, and the secret. */
static sluice_span prefixed(struct sl_attempt *a, sluice_span before, sluice_span secret)
{
    char *p = sl_alloc(&a->arena, before.len + 1 + secret.len);

    if (!p)
        return sl_span(NULL, 0);
    memcpy(p, before.ptr, before.len);
    p[before.len] = ' ';
    memcpy(p + before.len + 1, secret.ptr, secret.len);
    return sl_span(p, before.len + 1 + secret.len);
}

struct auth {
    sluice_header header; /* name.ptr NULL = none */
    sluice_span url;
};

static sluice_status percent(struct sl_attempt *a, sluice_span text, sluice_span *out)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = sl_alloc(&a->arena, text.len * 3 + 1);
    size_t n = 0;

    if (!p)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= '0' && ch <= '9') || (ch && strchr("-._~", ch));

        if (plain) {
            p[n++] = (char)ch;
        } else {
            p[n++] = '%';
            p[n++] = hex[ch >> 4];
            p[n++] = hex[ch & 15];
        }
    }
    *out = sl_span(p, n);
    return SLUICE_OK;
}

static sluice_status place_credential(struct sl_attempt *a, const sluice_http_request *r,
                                      struct auth *out)
{
    struct sl_secret *key = a->pick.deployment->key;
    sluice_span secret, name, before;
    size_t colon;

    *out = (struct auth){ .url = r->url };
    if (r->auth == SLUICE_AUTH_NONE || !key)
        return SLUICE_OK;
    if (!may_have_credential(a, r))
        return sl_fail(&a->error, SLUICE_E_UNSUPPORTED,
                       "the provider wants the credential sent to %.*s, which is not the "
                       "deployment's api_base",
                       SL_FMT(sl_span_head(origin(r->url), 120)));
    secret = sl_secret_reveal(a->bearer ? a->bearer : key);
    switch (r->auth) {
    case SLUICE_AUTH_BEARER:
        out->header.name = SL_SPAN("authorization");
        out->header.value = prefixed(a, SL_SPAN("Bearer"), secret);
        break;
    case SLUICE_AUTH_HEADER:
        colon = sl_span_find_char(r->auth_param, ':');
        name = sl_span_head(r->auth_param, colon);
        before = sl_span_trim(sl_span_from(r->auth_param, colon + 1));
        out->header.name = name;
        out->header.value = before.len ? prefixed(a, before, secret) : secret;
        break;
    case SLUICE_AUTH_QUERY:
        if (percent(a, secret, &secret) < 0)
            return SLUICE_E_NOMEM;
        out->url = sl_arena_printf(&a->arena, "%.*s%c%.*s=%.*s", SL_FMT(r->url),
                                   memchr(r->url.ptr, '?', r->url.len) ? '&' : '?',
                                   SL_FMT(r->auth_param), SL_FMT(secret));
        return out->url.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
    default:
        return sl_fail(&a->error, SLUICE_E_UNSUPPORTED,
                       "this host cannot authenticate the way the provider asks for (%u)", r->auth);
    }
    return out->header.value.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* The text behind a reference: the deployment's own secret, or one of its configuration. */
static sluice_status reveal(struct sl_attempt *a, sluice_span ref, sluice_span *out)
{
    const struct sl_secret *secret;

    if (sl_span_eq(ref, SL_SPAN("credential")) && a->pick.deployment->key) {
        *out = sl_secret_reveal(a->pick.deployment->key);
        return SLUICE_OK;
    }
    secret = sl_entry_secret(a->provider->entry, ref);
    if (secret) {
        *out = sl_secret_reveal(secret);
        return SLUICE_OK;
    }
    return sl_fail(&a->error, SLUICE_E_NOT_FOUND,
                   "the provider asks for a secret it was not given");
}

static sluice_status base64(struct sl_attempt *a, sluice_span data, sluice_span *out)
{
    size_t room = (data.len + 2) / 3 * 4 + 1;
    char *p = data.len < INT32_MAX ? sl_alloc(&a->arena, room) : NULL;

    if (!p)
        return SLUICE_E_NOMEM;
    EVP_EncodeBlock((unsigned char *)p, (const unsigned char *)data.ptr, (int)data.len);
    *out = sl_span(p, room - 1);
    return SLUICE_OK;
}

static sluice_status encode_part(struct sl_attempt *a, const sluice_part *part, sluice_span *out)
{
    sluice_status st = SLUICE_OK;

    *out = part->data;
    if (part->kind == SLUICE_PART_SECRET)
        st = reveal(a, part->data, out);
    else if (part->kind == SLUICE_PART_BASE64)
        st = base64(a, part->data, out);
    else if (part->kind != SLUICE_PART_BYTES)
        st = SLUICE_E_UNSUPPORTED;
    if (st < 0)
        return st;
    switch (part->form) {
    case SLUICE_FORM_RAW:
        return SLUICE_OK;
    case SLUICE_FORM_PERCENT:
        return percent(a, *out, out);
    case SLUICE_FORM_JSON:
        return escape(a, *out, out);
    default:
        return SLUICE_E_UNSUPPORTED;
    }
}

sluice_status sl_request_build(struct sl_attempt *a, const sluice_http_request *r,
                               struct sl_http_out *out)
{
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    sluice_header *headers =
        sl_alloc(&a->arena, (r->n_headers + d->n_extra_headers + 2) * sizeof *headers);
    sluice_span *body = sl_alloc(&a->arena, (r->n_body + 1) * sizeof *body);
    bool foreign = (r->flags & SLUICE_REQ_FOREIGN) != 0;
    struct auth auth;
    size_t n = 0;
    sluice_status st;

    if (!headers || !body)
        return SLUICE_E_NOMEM;
    st = place_credential(a, r, &auth);
    if (st < 0)
        return st;
    for (size_t i = 0; i < r->n_body; i++) {
        st = encode_part(a, &r->body[i], &body[i]);
        if (st < 0)
            return st;
    }
    if (auth.header.name.ptr)
        headers[n++] = auth.header;
    for (size_t i = 0; i < d->n_extra_headers && !foreign; i++)
        headers[n++] = d->extra_headers[i];
    for (size_t i = 0; i < r->n_headers; i++)
        headers[n++] = r->headers[i];
    if (r->n_body && !present(headers, n, SL_SPAN("content-type")) &&
        !present(headers, n, SL_SPAN("Content-Type")))
        headers[n++] = (sluice_header){ SL_SPAN("content-type"), a->call_view.content_type };
    *out = (struct sl_http_out){
        .method = r->method.len ? r->method : SL_SPAN("POST"),
        .url = auth.url,
        .headers = headers,
        .n_headers = n,
        .body = body,
        .n_body = r->n_body,
        .foreign = foreign && (!a->call || sl_foreign_checked(a->call->settings, r->url)),
        .options = foreign ? NULL : a->pick.deployment->upstream,
    };
    return SLUICE_OK;
}
