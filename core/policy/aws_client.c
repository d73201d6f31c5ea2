/* SPDX-License-Identifier: Apache-2.0 */
/* aws_client.c - see aws_client.h. */
#include "policy/aws_client.h"

#include "base/status.h"

#define HEX (2 * SL_DIGEST_SIZE)

static sluice_span find(const sluice_header *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (sl_span_ieq(headers[i].name, sl_span_str(name)))
            return headers[i].value;
    return sl_span(NULL, 0);
}

static bool copy(sluice_span from, struct sluice_arena *arena, sluice_span *to)
{
    *to = sl_arena_dup(arena, from);
    return to->ptr != NULL;
}

struct sl_aws_client *sl_aws_client_read(sluice_span method, sluice_span path, sluice_span query,
                                         const sluice_header *headers, size_t n,
                                         struct sluice_arena *arena, bool *nomem)
{
    struct sl_sigv4_claim claim;
    struct sl_aws_client *c;
    sluice_header *list;
    bool ok;

    *nomem = false;
    if (!sl_sigv4_claim(find(headers, n, "authorization"), &claim))
        return NULL;
    c = sl_alloc0(arena, sizeof *c);
    list = sl_alloc(arena, (n + 1) * sizeof *list);
    ok = c && list && copy(method, arena, &c->request.method) &&
         copy(path, arena, &c->request.path) && copy(query, arena, &c->request.query);
    for (size_t i = 0; ok && i < n; i++)
        ok = copy(headers[i].name, arena, &list[i].name) &&
             copy(headers[i].value, arena, &list[i].value);
    *nomem = !ok;
    if (!ok)
        return NULL;
    c->request.headers = list;
    c->request.n_headers = n;
    (void)sl_sigv4_claim(find(list, n, "authorization"), &c->claim);
    return c;
}

static sluice_status denied(sluice_error *err, const char *code, const char *message)
{
    sl_fail_param(err, SLUICE_E_DENIED, code, NULL, "%s", message);
    if (err)
        err->http_status = 403;
    return SLUICE_E_DENIED;
}

static bool is_hash(sluice_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!(text.ptr[i] >= '0' && text.ptr[i] <= '9') &&
            !(text.ptr[i] >= 'a' && text.ptr[i] <= 'f'))
            return false;
    return text.len == HEX;
}

/* A configured pair, else the id is a key itself. */
static void find_pair(struct sl_aws_client *c, const struct sl_settings *s)
{
    c->secret = c->key = c->claim.id;
    for (size_t i = 0; i < s->n_aws_clients; i++)
        if (sl_span_eq_secret(s->aws_clients[i].id, c->claim.id)) {
            c->secret = sl_secret_reveal(s->aws_clients[i].secret);
            c->key = sl_secret_reveal(s->aws_clients[i].key);
        }
}

sluice_status sl_aws_client_who(struct sl_aws_client *c, const struct sl_settings *settings,
                                int64_t now_unix_s, struct sluice_arena *arena,
                                const struct sl_principal **who, sluice_error *err)
{
    sluice_span said = sl_sigv4_body_hash(&c->claim, c->request.headers, c->request.n_headers);
    sluice_status st;

    find_pair(c, settings);
    st = sl_principal_find(settings, c->key, false, who, err);
    if (st == SLUICE_E_DENIED)
        return denied(err, "UnrecognizedClientException",
                      "The security token included in the request is invalid: its access key id is "
                      "not known here.");
    if (st < 0 || !settings->master_key) /* without keys there is nothing to be signed with */
        return st;
    if (!said.len)
        return SLUICE_OK;
    if (!is_hash(said))
        return denied(err, "IncompleteSignatureException",
                      "The signature has to be over the body: x-amz-content-sha256 must be its "
                      "hash.");
    c->request.body_hash = said;
    c->checked = true;
    return sl_sigv4_check(&c->request, &c->claim, c->secret, now_unix_s, arena, err);
}

sluice_status sl_aws_client_body(struct sl_aws_client *c, sluice_span body, int64_t now_unix_s,
                                 struct sluice_arena *arena, sluice_error *err)
{
    char hash[HEX + 1];
    sluice_status st = sl_sigv4_hash(&body, 1, hash);

    if (st < 0)
        return sl_fail(err, st, "out of memory checking a signature");
    if (c->checked)
        return sl_span_eq(c->request.body_hash, sl_span(hash, HEX))
                   ? SLUICE_OK
                   : denied(err, "InvalidSignatureException",
                            "The body is not the one that was signed.");
    c->request.body_hash = sl_span(hash, HEX);
    st = sl_sigv4_check(&c->request, &c->claim, c->secret, now_unix_s, arena, err);
    c->request.body_hash = sl_span(NULL, 0);
    return st;
}
