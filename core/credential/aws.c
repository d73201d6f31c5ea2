/* SPDX-License-Identifier: Apache-2.0 */
/* aws.c - what is configured of the chain, in which order it is tried, and its end. */
#include "credential/aws.h"

#include <stdarg.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/status.h"
#include "credential/source.h"
#include "format/json_write.h"

#define FACTS_MOST 1024

static struct sl_aws_fetch *state_of(struct sl_fetch *f)
{
    return f->state;
}

/* ---- what is configured ---- */

/* The first of several that is set, kept. */
static bool keep(struct sl_credential_reader *r, sluice_span text, sluice_span *out)
{
    if (!text.len || out->len)
        return true;
    *out = sl_read_keep(r, text);
    return out->ptr != NULL;
}

static bool given(struct sl_credential_reader *r, const char *name, sluice_span *out)
{
    return keep(r, sl_read_given(r, name), out);
}

static bool env(struct sl_credential_reader *r, const char *name, sluice_span *out)
{
    return keep(r, sl_read_env(r, name), out);
}

static bool is_true(sluice_span text)
{
    return sl_span_ieq(text, SL_SPAN("true"));
}

static bool read_given(struct sl_credential_reader *r, struct sl_aws *a)
{
    return given(r, "aws_access_key_id", &a->given.id) &&
           given(r, "aws_secret_access_key", &a->given.secret) &&
           given(r, "aws_session_token", &a->given.session) &&
           given(r, "aws_role_name", &a->role.arn) &&
           given(r, "aws_session_name", &a->role.session_name) &&
           given(r, "aws_external_id", &a->role.external_id) &&
           given(r, "aws_web_identity_token", &a->web_token) &&
           given(r, "aws_profile_name", &a->profile) &&
           given(r, "aws_sts_endpoint", &a->sts_endpoint) &&
           given(r, "aws_region_name", &a->region);
}

static bool read_files(struct sl_credential_reader *r, struct sl_aws *a)
{
    sluice_span home = sl_read_env(r, "HOME");

    if (!env(r, "AWS_SHARED_CREDENTIALS_FILE", &a->credentials_file) ||
        !env(r, "AWS_CONFIG_FILE", &a->config_file))
        return false;
    if (!a->credentials_file.len && home.len)
        a->credentials_file =
            sl_arena_printf(sl_read_arena(r), "%.*s/.aws/credentials", SL_FMT(home));
    if (!a->config_file.len && home.len)
        a->config_file = sl_arena_printf(sl_read_arena(r), "%.*s/.aws/config", SL_FMT(home));
    if (home.len)
        a->sso_cache = sl_arena_printf(sl_read_arena(r), "%.*s/.aws/sso/cache", SL_FMT(home));
    return !home.len || (a->credentials_file.ptr && a->config_file.ptr && a->sso_cache.ptr);
}

/* Secrets of the container's endpoint go over plain HTTP to this machine only. */
static bool is_near(sluice_span url)
{
    static const char *const hosts[] = { "127.0.0.1",     "localhost",      "[::1]",
                                         "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]" };
    sluice_span plain = SL_SPAN("http://"), rest;

    if (!sl_span_starts(url, plain))
        return sl_span_starts(url, SL_SPAN("https://"));
    rest = sl_span_from(url, plain.len);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        sluice_span host = sl_span_str(hosts[i]);

        if (sl_span_starts(rest, host) &&
            (rest.len == host.len || rest.ptr[host.len] == ':' || rest.ptr[host.len] == '/'))
            return true;
    }
    return false;
}

static bool read_endpoints(struct sl_credential_reader *r, struct sl_aws *a)
{
    sluice_span relative = sl_read_env(r, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    sluice_span full = sl_read_env(r, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    sluice_span mode = sl_read_env(r, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

    if (relative.len)
        a->container_url =
            sl_arena_printf(sl_read_arena(r), "http://169.254.170.2%.*s", SL_FMT(relative));
    else if (is_near(full))
        a->container_url = sl_read_keep(r, full);
    if ((relative.len || is_near(full)) && !a->container_url.ptr)
        return false;
    a->no_metadata_v1 = is_true(sl_read_env(r, "AWS_EC2_METADATA_V1_DISABLED"));
    if (is_true(sl_read_env(r, "AWS_EC2_METADATA_DISABLED")))
        return true;
    return env(r, "AWS_EC2_METADATA_SERVICE_ENDPOINT", &a->metadata) &&
           keep(r,
                sl_span_ieq(mode, SL_SPAN("ipv6")) ? SL_SPAN("http://[fd00:ec2::254]")
                                                   : SL_SPAN("http://169.254.169.254"),
                &a->metadata);
}

static bool read_env(struct sl_credential_reader *r, struct sl_aws *a)
{
    a->profile_given = a->profile.len > 0;
    return env(r, "AWS_ACCESS_KEY_ID", &a->env.id) &&
           env(r, "AWS_SECRET_ACCESS_KEY", &a->env.secret) &&
           env(r, "AWS_SESSION_TOKEN", &a->env.session) && env(r, "AWS_PROFILE", &a->profile) &&
           env(r, "AWS_PROFILE_NAME", &a->profile) && env(r, "AWS_REGION_NAME", &a->region) &&
           env(r, "AWS_REGION", &a->region) && env(r, "AWS_DEFAULT_REGION", &a->region) &&
           env(r, "AWS_WEB_IDENTITY_TOKEN_FILE", &a->env_token_file) &&
           env(r, "AWS_ROLE_ARN", &a->env_role.arn) &&
           env(r, "AWS_ROLE_SESSION_NAME", &a->env_role.session_name) &&
           env(r, "AWS_ENDPOINT_URL_STS", &a->sts_endpoint) &&
           env(r, "AWS_ENDPOINT_URL_SSO", &a->sso_endpoint) &&
           env(r, "AWS_CONTAINER_AUTHORIZATION_TOKEN", &a->container_token) &&
           env(r, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &a->container_token_file) &&
           read_files(r, a) && read_endpoints(r, a);
}

static sluice_status create(struct sl_credential_reader *r, bool given_only, void **self,
                            sluice_error *err)
{
    struct sl_aws *a = sl_alloc0(sl_read_arena(r), sizeof *a);

    if (!a || !read_given(r, a) || !read_env(r, a))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a credential");
    if (!a->given.id.len != !a->given.secret.len)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config",
                             a->given.id.len ? "litellm_params.aws_secret_access_key"
                                             : "litellm_params.aws_access_key_id",
                             "aws_access_key_id and aws_secret_access_key belong together");
    if (a->web_token.len && !a->role.arn.len)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config",
                             "litellm_params.aws_role_name",
                             "aws_web_identity_token needs aws_role_name, the role it is for");
    if (given_only && !a->given.id.len && !a->role.arn.len && !a->profile_given)
        return SLUICE_E_NOT_FOUND;
    *self = a;
    return SLUICE_OK;
}

/* ---- the order ---- */

/* "/path" and "oidc/file/path" lie in a file, anything else is the token. */
static sluice_status read_token(struct sl_fetch *f, sluice_span where, sluice_span *out)
{
    sluice_span prefix = SL_SPAN("oidc/file/");
    sluice_status st = SLUICE_OK;

    *out = where;
    if (sl_span_starts(where, prefix))
        st = sl_fetch_read_file(f, where.ptr + prefix.len, out);
    else if (sl_span_starts(where, SL_SPAN("/")))
        st = sl_fetch_read_file(f, where.ptr, out);
    *out = sl_span_trim(*out);
    return st;
}

static sluice_status use_web(struct sl_fetch *f, const struct sl_aws_role *role, sluice_span where)
{
    struct sl_aws_fetch *s = state_of(f);

    s->base = SL_AWS_WEB;
    s->web_role = *role;
    return read_token(f, where, &s->token);
}

static sluice_status use_container(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = state_of(f);

    s->base = SL_AWS_CONTAINER;
    s->token = s->aws->container_token;
    return s->aws->container_token_file.len ? read_token(f, s->aws->container_token_file, &s->token)
                                            : SLUICE_OK;
}

static sluice_status use_environment(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = state_of(f);
    const struct sl_aws *a = s->aws;

    if (a->env_token_file.len && a->env_role.arn.len)
        return use_web(f, &a->env_role, a->env_token_file);
    if (a->container_url.len)
        return use_container(f);
    if (a->metadata.len)
        s->base = SL_AWS_METADATA;
    return SLUICE_OK;
}

/* A key pair that is told: the deployment's, or the environment's unless a profile is named. */
static const struct sl_aws_pair *told(const struct sl_aws *a)
{
    if (a->given.id.len)
        return &a->given;
    return a->env.id.len && a->env.secret.len && !a->profile.len ? &a->env : NULL;
}

/* Of the profile only the region counts, if it has one. */
static sluice_status use_told(struct sl_fetch *f, sluice_span profile)
{
    struct sl_aws_fetch *s = state_of(f);

    if (!s->region.len && sl_aws_read_profile(f, profile) == SLUICE_E_NOMEM)
        return SLUICE_E_NOMEM;
    s->n_roles = 0;
    if (s->aws->role.arn.len)
        s->roles[s->n_roles++] = s->aws->role;
    s->base = SL_AWS_PAIR;
    s->pair = *told(s->aws);
    return SLUICE_OK;
}

/* All that needs a file, at once. */
static sluice_status find_base(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = state_of(f);
    const struct sl_aws *a = s->aws;
    sluice_span profile = a->profile.len ? a->profile : SL_SPAN("default");
    sluice_status st;

    if (a->web_token.len)
        return use_web(f, &a->role, a->web_token);
    if (told(a))
        return use_told(f, profile);
    if (a->role.arn.len)
        s->roles[s->n_roles++] = a->role;
    st = sl_aws_read_profile(f, profile);
    if (st < 0)
        return st == SLUICE_E_NOT_FOUND && !a->profile.len ? use_environment(f) : st;
    switch (s->base) {
    case SL_AWS_CONTAINER:
        return a->container_url.len ? use_container(f) : SLUICE_E_NOT_FOUND;
    case SL_AWS_WEB:
        return read_token(f, s->token, &s->token);
    case SL_AWS_PROCESS:
        return sl_aws_run_process(f);
    case SL_AWS_SSO:
        return sl_aws_read_sso(f);
    case SL_AWS_NOWHERE:
        return use_environment(f);
    default:
        return SLUICE_OK;
    }
}

static void work(struct sl_fetch *f)
{
    state_of(f)->status = find_base(f);
}

static void go_on(struct sl_fetch *f)
{
    switch (state_of(f)->base) {
    case SL_AWS_PAIR:
        sl_aws_have_pair(f, "configuration");
        return;
    case SL_AWS_WEB:
        sl_aws_assume_by_token(f);
        return;
    case SL_AWS_SSO:
        sl_aws_from_sso(f);
        return;
    case SL_AWS_CONTAINER:
        sl_aws_from_container(f);
        return;
    case SL_AWS_METADATA:
        sl_aws_from_metadata(f);
        return;
    case SL_AWS_PROCESS: /* it has run, and is a pair */
    case SL_AWS_NOWHERE:
        break;
    }
    sl_fetch_fail(f,
                  sl_fail(&f->err, SLUICE_E_AUTH,
                          "no AWS credentials: neither in the deployment nor in the environment, "
                          "a profile, or an endpoint of a container or instance"));
}

static void worked(struct sl_fetch *f, sluice_status status)
{
    if (status >= 0)
        status = state_of(f)->status;
    if (status == SLUICE_E_NOT_FOUND || status == SLUICE_E_INVALID)
        status = SLUICE_E_AUTH;
    if (status < 0)
        sl_fetch_fail(f, status);
    else
        go_on(f);
}

static void fetch(const void *self, struct sl_fetch *f)
{
    struct sl_aws_fetch *s = sl_alloc0(&f->arena, sizeof *s);

    f->state = s;
    if (!s) {
        sl_fetch_nomem(f);
        return;
    }
    s->aws = self;
    s->region = s->aws->region;
    if (!s->region.len || s->aws->web_token.len || !told(s->aws)) { /* there are files to read */
        sl_fetch_work(f, work, worked);
        return;
    }
    (void)use_told(f, s->region);
    go_on(f);
}

/* ---- the end ---- */

static sluice_span facts(struct sl_fetch *f)
{
    struct sl_buf b;
    struct sl_json_out o;
    sluice_span out;

    sl_buf_init(&b, FACTS_MOST);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    if (state_of(f)->region.len)
        sl_json_kv_str(&o, "region", state_of(f)->region);
    sl_json_close(&o, '}');
    out = sl_buf_ok(&b) ? sl_arena_dup(&f->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return out;
}

void sl_aws_have_pair(struct sl_fetch *f, const char *text)
{
    struct sl_aws_fetch *s = state_of(f);
    int64_t left_ms = s->expires_s * 1000 - sl_unix_ms();
    struct sl_grant_text grant = { .secret = s->pair.secret,
                                   .id = s->pair.id,
                                   .session = s->pair.session };

    if (!s->pair.id.len || !s->pair.secret.len) {
        sl_fetch_fail(
            f, sl_fail(&f->err, SLUICE_E_UPSTREAM, "no AWS key pair in what the %s says", text));
        return;
    }
    if (s->expires_s && left_ms <= 0) {
        sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_AUTH,
                                 "the AWS credentials of the %s are over already", text));
        return;
    }
    if (s->n_roles) {
        sl_aws_assume(f, &s->roles[--s->n_roles]);
        return;
    }
    grant.ttl_ms = s->expires_s ? (uint64_t)left_ms : 0;
    grant.facts = facts(f);
    if (grant.facts.ptr)
        sl_fetch_done(f, &grant);
    else
        sl_fetch_nomem(f);
}

sluice_span sl_aws_text(struct sl_fetch *f, const char *fmt, ...)
{
    sluice_span out = { NULL, 0 };
    va_list ap;
    int n;
    char *p;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    p = n >= 0 ? sl_alloc(&f->arena, (size_t)n + 1) : NULL;
    if (!p) {
        sl_fetch_nomem(f);
        return out;
    }
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return sl_span(p, (size_t)n);
}

struct sl_aws_pair sl_aws_pair_in(struct sl_fetch *f, const struct sl_json *tree,
                                  const char *session)
{
    state_of(f)->expires_s = sl_unix_of(sl_json_text(sl_json_opt(tree, "Expiration"), &f->arena));
    return (struct sl_aws_pair){
        sl_json_text(sl_json_opt(tree, "AccessKeyId"), &f->arena),
        sl_json_text(sl_json_opt(tree, "SecretAccessKey"), &f->arena),
        sl_json_text(sl_json_opt(tree, session), &f->arena),
    };
}

const struct sl_credential_source sl_source_aws = {
    .name = "aws", .kind = SLUICE_CRED_AWS, .create = create, .fetch = fetch
};
