/* SPDX-License-Identifier: Apache-2.0 */
/* aws_profile.c - the profile files: sections of name = value, and profiles that refer to others.
 */
#include "base/status.h"
#include "credential/aws.h"

#define PROFILES_DEEP SL_AWS_ROLES

struct files {
    sluice_span credentials, config; /* empty = there is no such file */
};

struct profile {
    bool found;
    struct sl_aws_pair pair;
    struct sl_aws_role role;
    struct sl_aws_sso sso;
    sluice_span region, source_profile, credential_source, web_token_file, process;
};

static sluice_span next_line(sluice_span *rest)
{
    sluice_span line = sl_span_head(*rest, sl_span_find_char(*rest, '\n'));

    *rest = sl_span_from(*rest, line.len + 1);
    return line;
}

/* "[KIND NAME]" of the one file, "[NAME]" of the other, whose kind is NULL. */
static bool is_section(sluice_span line, sluice_span name, const char *kind)
{
    sluice_span prefix = sl_span_str(kind ? kind : ""), inside;

    if (!sl_span_starts(line, SL_SPAN("[")))
        return false;
    inside = sl_span_head(line, sl_span_find_char(line, ']'));
    inside = sl_span_trim(sl_span_from(inside, 1));
    if (kind && sl_span_starts(inside, prefix) && inside.len > prefix.len &&
        (inside.ptr[prefix.len] == ' ' || inside.ptr[prefix.len] == '\t'))
        inside = sl_span_trim(sl_span_from(inside, prefix.len));
    else if (kind &&
             !(sl_span_eq(name, SL_SPAN("default")) && sl_span_eq(prefix, SL_SPAN("profile"))))
        return false;
    if (inside.len >= 2 && inside.ptr[0] == '"' && inside.ptr[inside.len - 1] == '"')
        inside = sl_span(inside.ptr + 1, inside.len - 2);
    return sl_span_eq(inside, name);
}

/* Without a comment behind a blank. */
static sluice_span without_comment(sluice_span value)
{
    for (size_t i = 1; i < value.len; i++)
        if ((value.ptr[i] == '#' || value.ptr[i] == ';') &&
            (value.ptr[i - 1] == ' ' || value.ptr[i - 1] == '\t'))
            return sl_span_trim(sl_span_head(value, i));
    return value;
}

static void take(struct profile *p, sluice_span name, sluice_span value)
{
    const struct {
        const char *name;
        sluice_span *out;
    } members[] = {
        { "aws_access_key_id", &p->pair.id },
        { "aws_secret_access_key", &p->pair.secret },
        { "aws_session_token", &p->pair.session },
        { "region", &p->region },
        { "role_arn", &p->role.arn },
        { "role_session_name", &p->role.session_name },
        { "external_id", &p->role.external_id },
        { "duration_seconds", &p->role.duration },
        { "source_profile", &p->source_profile },
        { "credential_source", &p->credential_source },
        { "web_identity_token_file", &p->web_token_file },
        { "credential_process", &p->process },
        { "sso_session", &p->sso.session },
        { "sso_start_url", &p->sso.start_url },
        { "sso_region", &p->sso.region },
        { "sso_account_id", &p->sso.account },
        { "sso_role_name", &p->sso.role },
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (sl_span_ieq(name, sl_span_str(members[i].name)) && !members[i].out->len)
            *members[i].out = value;
}

/* The first value of a name counts, so the credentials file, read first, wins. */
static void read_file(struct profile *p, sluice_span text, sluice_span name, const char *kind)
{
    bool inside = false;

    while (text.len) {
        sluice_span line = next_line(&text), trimmed = sl_span_trim(line);
        size_t equals;

        if (!trimmed.len || trimmed.ptr[0] == '#' || trimmed.ptr[0] == ';')
            continue;
        if (trimmed.ptr[0] == '[') {
            inside = is_section(trimmed, name, kind);
            p->found = p->found || inside;
            continue;
        }
        equals = sl_span_find_char(trimmed, '=');
        /* a line set in belongs to the value above it: nothing that is wanted here */
        if (!inside || line.ptr[0] == ' ' || line.ptr[0] == '\t' || equals == trimmed.len)
            continue;
        take(p, sl_span_trim(sl_span_head(trimmed, equals)),
             without_comment(sl_span_trim(sl_span_from(trimmed, equals + 1))));
    }
}

static sluice_status read_files(struct sl_fetch *f, struct files *out)
{
    const struct sl_aws *a = ((struct sl_aws_fetch *)f->state)->aws;
    sluice_status st = SLUICE_E_NOT_FOUND;

    *out = (struct files){ { NULL, 0 }, { NULL, 0 } };
    if (a->credentials_file.len)
        st = sl_fetch_read_file(f, a->credentials_file.ptr, &out->credentials);
    if (st < 0 && st != SLUICE_E_NOT_FOUND)
        return st;
    if (a->config_file.len)
        st = sl_fetch_read_file(f, a->config_file.ptr, &out->config);
    return st == SLUICE_E_NOT_FOUND ? SLUICE_OK : st;
}

static sluice_status use_source(struct sl_fetch *f, const struct profile *p)
{
    struct sl_aws_fetch *s = f->state;

    if (sl_span_ieq(p->credential_source, SL_SPAN("Environment")) && s->aws->env.id.len) {
        s->base = SL_AWS_PAIR;
        s->pair = s->aws->env;
    } else if (sl_span_ieq(p->credential_source, SL_SPAN("EcsContainer")))
        s->base = SL_AWS_CONTAINER;
    else if (sl_span_ieq(p->credential_source, SL_SPAN("Ec2InstanceMetadata")) &&
             s->aws->metadata.len)
        s->base = SL_AWS_METADATA;
    else
        return sl_fail(&f->err, SLUICE_E_INVALID,
                       "a profile's credential_source %.*s yields nothing here",
                       SL_FMT(sl_span_head(p->credential_source, 60)));
    return SLUICE_OK;
}

/* One profile; *next: the one it refers to. */
static sluice_status use(struct sl_fetch *f, const struct profile *p, sluice_span name,
                         sluice_span *next)
{
    struct sl_aws_fetch *s = f->state;
    bool has_pair = p->pair.id.len && p->pair.secret.len;

    *next = sl_span(NULL, 0);
    if (p->role.arn.len && p->web_token_file.len) {
        s->base = SL_AWS_WEB;
        s->web_role = p->role;
        s->token = p->web_token_file;
        return SLUICE_OK;
    }
    if (p->role.arn.len && (p->source_profile.len || p->credential_source.len)) {
        if (s->n_roles == SL_AWS_ROLES)
            return sl_fail(&f->err, SLUICE_E_INVALID, "more than %d roles, one after the other",
                           SL_AWS_ROLES);
        s->roles[s->n_roles++] = p->role;
        if (!p->source_profile.len)
            return use_source(f, p);
        if (!sl_span_eq(p->source_profile, name) || !has_pair) {
            *next = p->source_profile;
            return SLUICE_OK;
        }
    }
    if (p->sso.session.len || p->sso.start_url.len) {
        if (!p->sso.region.len || !p->sso.account.len || !p->sso.role.len)
            return sl_fail(&f->err, SLUICE_E_INVALID,
                           "AWS profile %.*s lacks sso_region, sso_account_id or sso_role_name",
                           SL_FMT(sl_span_head(name, 60)));
        s->base = SL_AWS_SSO;
        s->sso = p->sso;
    } else if (has_pair) {
        s->base = SL_AWS_PAIR;
        s->pair = p->pair;
    } else if (p->process.len) {
        s->base = SL_AWS_PROCESS;
        s->process = p->process;
    }
    return SLUICE_OK;
}

sluice_status sl_aws_read_profile(struct sl_fetch *f, sluice_span name)
{
    struct sl_aws_fetch *s = f->state;
    struct files files;
    sluice_status st = read_files(f, &files);

    for (int deep = 0; st >= 0 && name.len; deep++) {
        struct profile p = { 0 };
        sluice_span next;

        if (deep > PROFILES_DEEP)
            return sl_fail(&f->err, SLUICE_E_INVALID, "AWS profiles refer to each other in a ring");
        read_file(&p, files.credentials, name, NULL);
        read_file(&p, files.config, name, "profile");
        if (p.sso.session.len)
            read_file(&p, files.config, p.sso.session, "sso-session");
        if (!p.found)
            return sl_fail(&f->err, deep ? SLUICE_E_INVALID : SLUICE_E_NOT_FOUND,
                           "there is no AWS profile %.*s", SL_FMT(sl_span_head(name, 60)));
        if (!s->region.len)
            s->region = p.region;
        st = use(f, &p, name, &next);
        name = next;
    }
    return st;
}
