/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entra.c - Microsoft's identities: a token that was given, an application with a secret, with the
 * token of a workload (a file that is renewed by others), a user with a password, and the managed
 * identity of the machine this runs on. All end in a bearer token for one scope.
 */
#include <time.h>
#include "base/status.h"
#include "credential/source.h"
#include "credential/wire.h"
#include "format/json_tree.h"

#define STEP_MS 15000
#define METADATA_MS 3000
#define AUTHORITY "https://login.microsoftonline.com"
#define SCOPE "https://cognitiveservices.azure.com/.default"
#define METADATA "http://169.254.169.254"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* As configured; empty = not given. */
struct entra {
    sluice_span token; /* used as it is */
    sluice_span tenant, client, secret, user, password, token_file;
    sluice_span authority, scope;
    sluice_span endpoint, endpoint_header; /* of an app service's identity */
    sluice_span metadata;
};

struct entra_fetch {
    const struct entra *entra;
    sluice_span assertion;
    sluice_status status;
    struct sl_http_out out;
    sluice_header header;
    sluice_span body;
};

/* ---- what is configured ---- */

static bool keep(struct sl_credential_reader *r, sluice_span text, sluice_span *out)
{
    if (!text.len || out->len)
        return true;
    *out = sl_read_keep(r, text);
    return out->ptr != NULL;
}

static bool read_given(struct sl_credential_reader *r, struct entra *e)
{
    return keep(r, sl_read_given(r, "azure_ad_token"), &e->token) &&
           keep(r, sl_read_given(r, "tenant_id"), &e->tenant) &&
           keep(r, sl_read_given(r, "client_id"), &e->client) &&
           keep(r, sl_read_given(r, "client_secret"), &e->secret) &&
           keep(r, sl_read_given(r, "azure_username"), &e->user) &&
           keep(r, sl_read_given(r, "azure_password"), &e->password) &&
           keep(r, sl_read_given(r, "azure_scope"), &e->scope);
}

static bool read_env(struct sl_credential_reader *r, struct entra *e)
{
    return keep(r, sl_read_env(r, "AZURE_AUTHORITY_HOST"), &e->authority) &&
           keep(r, sl_read_env(r, "AZURE_SCOPE"), &e->scope) &&
           keep(r, sl_read_env(r, "AZURE_TENANT_ID"), &e->tenant) &&
           keep(r, sl_read_env(r, "AZURE_CLIENT_ID"), &e->client) &&
           keep(r, sl_read_env(r, "AZURE_CLIENT_SECRET"), &e->secret) &&
           keep(r, sl_read_env(r, "AZURE_USERNAME"), &e->user) &&
           keep(r, sl_read_env(r, "AZURE_PASSWORD"), &e->password) &&
           keep(r, sl_read_env(r, "AZURE_FEDERATED_TOKEN_FILE"), &e->token_file) &&
           keep(r, sl_read_env(r, "IDENTITY_ENDPOINT"), &e->endpoint) &&
           keep(r, sl_read_env(r, "IDENTITY_HEADER"), &e->endpoint_header) &&
           keep(r, sl_read_env(r, "AZURE_POD_IDENTITY_AUTHORITY_HOST"), &e->metadata);
}

static sluice_status create(struct sl_credential_reader *r, bool given, void **self,
                            sluice_error *err)
{
    struct entra *e = sl_alloc0(sl_read_arena(r), sizeof *e);
    bool ok = e && read_given(r, e);

    if (ok && given && !e->token.len && !e->client.len && !e->tenant.len)
        return SLUICE_E_NOT_FOUND;
    if (!ok || (!given && !keep(r, sl_read_env(r, "AZURE_AD_TOKEN"), &e->token)) || !read_env(r, e))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a credential");
    if (!e->authority.len)
        e->authority = SL_SPAN(AUTHORITY);
    if (!e->scope.len)
        e->scope = SL_SPAN(SCOPE);
    if (!e->metadata.len)
        e->metadata = SL_SPAN(METADATA);
    *self = e;
    return SLUICE_OK;
}

/* ---- answers ---- */

static void refused(struct sl_fetch *f, const struct sl_fetch_answer *a, const struct sl_json *tree)
{
    sl_fetch_refused(f, a, "Microsoft's identity service",
                     sl_json_text(sl_json_opt(tree, "error"), &f->arena),
                     sl_json_text(sl_json_opt(tree, "error_description"), &f->arena));
}

static void answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    struct sl_grant_text grant = { 0 };
    struct sl_json *tree = NULL;

    if (status < 0) {
        sl_fetch_fail(f, status);
        return;
    }
    if (!sl_fetch_tree(f, a, &tree))
        return;
    grant.secret = sl_json_text(sl_json_opt(tree, "access_token"), &f->arena);
    if (a->status != 200 || !grant.secret.len) {
        refused(f, a, tree);
        return;
    }
    grant.ttl_ms = (uint64_t)sl_fetch_number(sl_json_opt(tree, "expires_in"), &f->arena) * 1000;
    if (!grant.ttl_ms) { /* some app services tell only when */
        int64_t at = sl_fetch_number(sl_json_opt(tree, "expires_on"), &f->arena), now = time(NULL);

        grant.ttl_ms = at > now ? (uint64_t)(at - now) * 1000 : 60000;
    }
    sl_fetch_done(f, &grant);
}

static void metadata_answered(struct sl_fetch *f, sluice_status status,
                              const struct sl_fetch_answer *a)
{
    if (status >= 0) {
        answered(f, status, a);
        return;
    }
    sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_AUTH,
                             "no credential: set api_key, or tenant_id, client_id and "
                             "client_secret; and no managed identity answers here"));
}

/* ---- requests ---- */

static void ask_authority(struct sl_fetch *f)
{
    struct entra_fetch *s = f->state;
    const struct entra *e = s->entra;
    bool user = e->user.len && e->password.len;
    const sluice_header pairs[] = {
        { SL_SPAN("grant_type"), user ? SL_SPAN("password") : SL_SPAN("client_credentials") },
        { SL_SPAN("client_id"), e->client },
        { SL_SPAN("client_secret"), e->secret },
        { SL_SPAN("client_assertion_type"),
          s->assertion.len ? SL_SPAN(ASSERTION_TYPE) : SL_SPAN("") },
        { SL_SPAN("client_assertion"), s->assertion },
        { SL_SPAN("username"), user ? e->user : SL_SPAN("") },
        { SL_SPAN("password"), user ? e->password : SL_SPAN("") },
        { SL_SPAN("scope"), e->scope },
    };
    sluice_span host = e->authority, tenant = sl_wire_percent(&f->arena, e->tenant);

    while (host.len && host.ptr[host.len - 1] == '/')
        host.len--;
    s->header =
        (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/x-www-form-urlencoded") };
    s->body = sl_fetch_form(f, pairs, sizeof pairs / sizeof pairs[0]);
    s->out = (struct sl_http_out){ .method = SL_SPAN("POST"),
                                   .headers = &s->header,
                                   .n_headers = 1,
                                   .body = &s->body,
                                   .n_body = 1 };
    s->out.url =
        sl_arena_printf(&f->arena, "%.*s/%.*s/oauth2/v2.0/token", SL_FMT(host), SL_FMT(tenant));
    if (tenant.ptr && s->body.ptr && s->out.url.ptr)
        sl_fetch_http(f, &s->out, STEP_MS, answered);
    else
        sl_fetch_nomem(f);
}

/* A managed identity is asked for a resource, not for a scope. */
static void ask_machine(struct sl_fetch *f)
{
    struct entra_fetch *s = f->state;
    const struct entra *e = s->entra;
    bool app = e->endpoint.len && e->endpoint_header.len;
    sluice_span resource = e->scope, query;

    if (sl_span_ends(resource, SL_SPAN("/.default")))
        resource.len -= strlen(".default");
    query = sl_fetch_form(
        f,
        (const sluice_header[]){
            { SL_SPAN("api-version"), app ? SL_SPAN("2019-08-01") : SL_SPAN("2018-02-01") },
            { SL_SPAN("resource"), resource },
            { SL_SPAN("client_id"), e->client } },
        3);
    s->header = app ? (sluice_header){ SL_SPAN("x-identity-header"), e->endpoint_header }
                    : (sluice_header){ SL_SPAN("metadata"), SL_SPAN("true") };
    s->out =
        (struct sl_http_out){ .method = SL_SPAN("GET"), .headers = &s->header, .n_headers = 1 };
    s->out.url = sl_arena_printf(&f->arena, "%.*s%s?%.*s", SL_FMT(app ? e->endpoint : e->metadata),
                                 app ? "" : "/metadata/identity/oauth2/token", SL_FMT(query));
    if (query.ptr && s->out.url.ptr)
        sl_fetch_http(f, &s->out, app ? STEP_MS : METADATA_MS, metadata_answered);
    else
        sl_fetch_nomem(f);
}

static void read_assertion(struct sl_fetch *f)
{
    struct entra_fetch *s = f->state;

    s->status = sl_fetch_read_file(f, s->entra->token_file.ptr, &s->assertion);
    s->assertion = sl_span_trim(s->assertion);
}

static void assertion_read(struct sl_fetch *f, sluice_status status)
{
    struct entra_fetch *s = f->state;

    if (status >= 0)
        status = s->status;
    if (status == SLUICE_E_NOMEM)
        sl_fetch_nomem(f);
    else if (status < 0 || !s->assertion.len)
        sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_AUTH,
                                 "AZURE_FEDERATED_TOKEN_FILE cannot be read, or is empty"));
    else
        ask_authority(f);
}

static void fetch(const void *self, struct sl_fetch *f)
{
    const struct entra *e = self;
    struct entra_fetch *s = sl_alloc0(&f->arena, sizeof *s);

    f->state = s;
    if (!s) {
        sl_fetch_nomem(f);
        return;
    }
    s->entra = e;
    if (e->token.len)
        sl_fetch_done(f, &(struct sl_grant_text){ .secret = e->token });
    else if (e->tenant.len && e->client.len && (e->secret.len || (e->user.len && e->password.len)))
        ask_authority(f);
    else if (e->tenant.len && e->client.len && e->token_file.len)
        sl_fetch_work(f, read_assertion, assertion_read);
    else
        ask_machine(f);
}

const struct sl_credential_source sl_source_entra = {
    .name = "entra", .kind = SLUICE_CRED_TOKEN, .create = create, .fetch = fetch
};
