/* SPDX-License-Identifier: Apache-2.0 */
/* google_file.c - a file of credentials: of a service account, of a user, of an account that speaks
 * for another one, of another identity provider. */
#include "base/clock.h"
#include "base/status.h"
#include "credential/google.h"
#include "format/json_tree.h"

#define TOKEN_URL "https://oauth2.googleapis.com/token"
#define STS_URL "https://sts.googleapis.com/v1/token"

static sluice_span text(struct sl_fetch *f, const struct sl_json *j, const char *name)
{
    return sl_json_text(sl_json_opt(j, name), &f->arena);
}

static sluice_status lacking(struct sl_fetch *f, const char *what)
{
    return sl_fail(&f->err, SLUICE_E_AUTH, "the file of Google credentials lacks %s", what);
}

/* Signed at once: this runs where work may take its time. */
static sluice_status read_service(struct sl_fetch *f, const struct sl_json *j)
{
    struct sl_google_fetch *s = sl_google_state(f);
    sluice_span claims, signature;

    s->kind = SL_GOOGLE_SERVICE;
    s->email = text(f, j, "client_email");
    s->key = text(f, j, "private_key");
    s->key_id = text(f, j, "private_key_id");
    s->token_url = text(f, j, "token_uri");
    if (!s->token_url.len)
        s->token_url = SL_SPAN(TOKEN_URL);
    if (!s->email.len || !s->key.len)
        return lacking(f, "client_email or private_key");
    claims = sl_google_claims(&f->arena, s->key_id, s->email, s->token_url, sl_unix_ms() / 1000);
    if (!claims.ptr)
        return sl_fail(&f->err, SLUICE_E_NOMEM, "out of memory for a credential");
    signature = sl_google_rs256(&f->arena, s->key, claims);
    if (!signature.ptr)
        return sl_fail(&f->err, SLUICE_E_AUTH,
                       "the private_key of the Google credentials is no RSA key in PEM form");
    signature = sl_google_base64url(&f->arena, signature);
    s->assertion = signature.ptr
                       ? sl_arena_printf(&f->arena, "%.*s.%.*s", SL_FMT(claims), SL_FMT(signature))
                       : signature;
    return s->assertion.ptr ? SLUICE_OK
                            : sl_fail(&f->err, SLUICE_E_NOMEM, "out of memory for a credential");
}

static sluice_status read_user(struct sl_fetch *f, const struct sl_json *j)
{
    struct sl_google_fetch *s = sl_google_state(f);

    s->kind = SL_GOOGLE_USER;
    s->client_id = text(f, j, "client_id");
    s->client_secret = text(f, j, "client_secret");
    s->refresh_token = text(f, j, "refresh_token");
    s->token_url = text(f, j, "token_uri");
    if (!s->token_url.len)
        s->token_url = SL_SPAN(TOKEN_URL);
    return s->client_id.len && s->refresh_token.len ? SLUICE_OK
                                                    : lacking(f, "client_id or refresh_token");
}

/* The other provider's token: a file, as it is or as a member of JSON. */
static sluice_status read_subject(struct sl_fetch *f, const struct sl_json *source)
{
    struct sl_google_fetch *s = sl_google_state(f);
    sluice_span path = text(f, source, "file"), content, member;
    const struct sl_json *format = sl_json_opt(source, "format");
    struct sl_json_error why;
    struct sl_json *tree;
    sluice_status st;

    if (!path.len)
        return sl_fail(&f->err, SLUICE_E_AUTH,
                       "only a file is taken as credential_source of an external account");
    path = sl_arena_dup(&f->arena, path);
    if (!path.ptr)
        return SLUICE_E_NOMEM;
    st = sl_fetch_read_file(f, path.ptr, &content);
    if (st < 0)
        return st;
    s->subject_token = sl_span_trim(content);
    member = text(f, format, "subject_token_field_name");
    if (!sl_json_is(sl_json_opt(format, "type"), "json"))
        return SLUICE_OK;
    if (sl_json_parse(content, &f->arena, &tree, &why) < 0)
        return sl_fail(&f->err, SLUICE_E_AUTH, "the file with the subject token is no JSON");
    member = sl_arena_dup(&f->arena, member);
    s->subject_token = member.ptr ? text(f, tree, member.ptr) : member;
    return s->subject_token.len ? SLUICE_OK : lacking(f, "a subject token");
}

static sluice_status read_external(struct sl_fetch *f, const struct sl_json *j)
{
    struct sl_google_fetch *s = sl_google_state(f);

    s->kind = SL_GOOGLE_EXTERNAL;
    s->audience = text(f, j, "audience");
    s->subject_type = text(f, j, "subject_token_type");
    s->token_url = text(f, j, "token_url");
    s->impersonate = text(f, j, "service_account_impersonation_url");
    if (!s->token_url.len)
        s->token_url = SL_SPAN(STS_URL);
    return read_subject(f, sl_json_opt(j, "credential_source"));
}

static const struct {
    const char *type;
    sluice_status (*read)(struct sl_fetch *f, const struct sl_json *j);
} types[] = {
    { "service_account", read_service },
    { "authorized_user", read_user },
    { "external_account", read_external },
};

static sluice_status read_as(struct sl_fetch *f, const struct sl_json *j)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_json_is(sl_json_opt(j, "type"), types[i].type))
            return types[i].read(f, j);
    return sl_fail(&f->err, SLUICE_E_AUTH, "the type of the Google credentials, %.*s, is not known",
                   SL_FMT(sl_span_head(sl_json_inside(sl_json_opt(j, "type")), 60)));
}

sluice_status sl_google_read(struct sl_fetch *f, sluice_span json)
{
    struct sl_google_fetch *s = sl_google_state(f);
    struct sl_json_error why;
    struct sl_json *tree;
    sluice_status st = sl_json_parse(json, &f->arena, &tree, &why);

    if (st == SLUICE_E_NOMEM)
        return sl_fail(&f->err, st, "out of memory for a credential");
    if (st < 0)
        return sl_fail(&f->err, SLUICE_E_AUTH, "the Google credentials are no JSON: %s at line %zu",
                       why.what, why.line);
    s->quota_project = text(f, tree, "quota_project_id");
    if (!s->project.len)
        s->project = text(f, tree, "project_id");
    if (!s->project.len)
        s->project = s->quota_project;
    if (!sl_json_is(sl_json_opt(tree, "type"), "impersonated_service_account"))
        return read_as(f, tree);
    st = read_as(f, sl_json_opt(tree, "source_credentials"));
    s->impersonate = text(f, tree, "service_account_impersonation_url");
    return st < 0 || s->impersonate.len ? st : lacking(f, "service_account_impersonation_url");
}
