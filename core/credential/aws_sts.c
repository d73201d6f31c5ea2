/* SPDX-License-Identifier: Apache-2.0 */
/* aws_sts.c - AssumeRole, signed with the pair that is there, and AssumeRoleWithWebIdentity. */
#include <stdio.h>
#include "base/clock.h"
#include "base/status.h"
#include "credential/aws.h"
#include "credential/sigv4.h"
#include "credential/wire.h"
#include "net/url.h"

#define STEP_MS 10000
#define VERSION "Version=2011-06-15"

/* What is between <name> and its end; answers have no attributes and no entities in these. */
static sluice_span element(sluice_span xml, const char *name)
{
    char open[40], close[40];
    sluice_span inside;

    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    inside = sl_span_from(xml, sl_span_find(xml, sl_span_str(open)) + strlen(open));
    return sl_span_trim(
        sl_span_head(inside, inside.len ? sl_span_find(inside, sl_span_str(close)) : 0));
}

static void answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    struct sl_aws_fetch *s = f->state;
    sluice_span xml;

    if (status < 0) {
        sl_fetch_fail(f, status);
        return;
    }
    if (a->status != 200) {
        sl_fetch_refused(f, a, "AssumeRole", element(a->body, "Code"), element(a->body, "Message"));
        return;
    }
    xml = sl_arena_dup(&f->arena, element(a->body, "Credentials"));
    if (!xml.ptr) {
        sl_fetch_nomem(f);
        return;
    }
    s->pair = (struct sl_aws_pair){ element(xml, "AccessKeyId"), element(xml, "SecretAccessKey"),
                                    element(xml, "SessionToken") };
    s->expires_s = sl_unix_of(element(xml, "Expiration"));
    if (!s->expires_s) {
        sl_fetch_fail(
            f, sl_fail(&f->err, SLUICE_E_UPSTREAM, "AssumeRole answered without an expiration"));
        return;
    }
    sl_aws_have_pair(f, "assumed role");
}

/* Where the service is, and the region that its signature names. */
static sluice_span endpoint(struct sl_fetch *f, sluice_span *region)
{
    struct sl_aws_fetch *s = f->state;

    *region = s->region.len ? s->region : SL_SPAN("us-east-1");
    if (s->aws->sts_endpoint.len)
        return s->aws->sts_endpoint;
    if (!s->region.len)
        return SL_SPAN("https://sts.amazonaws.com");
    return sl_aws_text(f, "https://sts.%.*s.amazonaws.com%s", SL_FMT(s->region),
                       sl_span_starts(s->region, SL_SPAN("cn-")) ? ".cn" : "");
}

/* "&Name=value" when there is one, percent-encoded. */
static sluice_span field(struct sl_fetch *f, const char *name, sluice_span value)
{
    sluice_span encoded = value.len ? sl_wire_percent(&f->arena, value) : SL_SPAN("");

    if (!value.len)
        return encoded;
    return encoded.ptr ? sl_arena_printf(&f->arena, "&%s=%.*s", name, SL_FMT(encoded)) : encoded;
}

/* Action, role, session and what else a role may have. */
static sluice_span body_of(struct sl_fetch *f, const char *action, const struct sl_aws_role *role,
                           sluice_span token)
{
    sluice_span arn = field(f, "RoleArn", role->arn);
    sluice_span session = field(f, "RoleSessionName",
                                role->session_name.len ? role->session_name : SL_SPAN("sluice"));
    sluice_span duration =
        field(f, "DurationSeconds", role->duration.len ? role->duration : SL_SPAN("3600"));
    sluice_span external = field(f, "ExternalId", role->external_id);
    sluice_span identity = field(f, "WebIdentityToken", token);

    if (!arn.ptr || !session.ptr || !duration.ptr || !external.ptr || !identity.ptr) {
        sl_fetch_nomem(f);
        return sl_span(NULL, 0);
    }
    return sl_aws_text(f, "Action=%s&" VERSION "%.*s%.*s%.*s%.*s%.*s", action, SL_FMT(arn),
                       SL_FMT(session), SL_FMT(duration), SL_FMT(external), SL_FMT(identity));
}

struct post {
    struct sl_http_out out;
    sluice_span body;
    sluice_header headers[5];
    char date[SL_SIGV4_DATE + 1], hash[2 * SL_DIGEST_SIZE + 1];
};

/* NULL: the fetch has ended. */
static struct post *post_to(struct sl_fetch *f, sluice_span url, sluice_span body)
{
    struct post *p = sl_alloc0(&f->arena, sizeof *p);

    if (!p) {
        sl_fetch_nomem(f);
        return NULL;
    }
    p->body = body;
    p->headers[0] =
        (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/x-www-form-urlencoded") };
    p->out = (struct sl_http_out){ .method = SL_SPAN("POST"),
                                   .url = url,
                                   .headers = p->headers,
                                   .n_headers = 1,
                                   .body = &p->body,
                                   .n_body = 1 };
    return p;
}

static sluice_status sign(struct sl_fetch *f, struct post *p, sluice_span region)
{
    struct sl_aws_fetch *s = f->state;
    struct sl_sigv4_scope scope = { s->pair.id, s->pair.secret, region, SL_SPAN("sts"),
                                    sl_unix_ms() / 1000 };
    sluice_header signed_headers[5];
    struct sl_sigv4_request r = { .method = p->out.method, .headers = signed_headers };
    struct sl_url url;
    sluice_status st;

    if (sl_url_parse(p->out.url, &url) || !sl_sigv4_date(scope.unix_s, p->date))
        return sl_fail(&f->err, SLUICE_E_INVALID, "aws_sts_endpoint is no URL");
    st = sl_sigv4_hash(&p->body, 1, p->hash);
    if (st < 0)
        return st;
    p->headers[p->out.n_headers++] = (sluice_header){ SL_SPAN("x-amz-date"), sl_span_str(p->date) };
    if (s->pair.session.len)
        p->headers[p->out.n_headers++] =
            (sluice_header){ SL_SPAN("x-amz-security-token"), s->pair.session };
    memcpy(signed_headers, p->headers, p->out.n_headers * sizeof *p->headers);
    r.n_headers = p->out.n_headers;
    signed_headers[r.n_headers++] = (sluice_header){ SL_SPAN("host"), url.authority };
    r.path = sl_span_head(url.target, sl_span_find_char(url.target, '?'));
    r.body_hash = sl_span_str(p->hash);
    p->headers[p->out.n_headers].name = SL_SPAN("authorization");
    return sl_sigv4_sign(&r, &scope, &f->arena, &p->headers[p->out.n_headers++].value);
}

void sl_aws_assume(struct sl_fetch *f, const struct sl_aws_role *role)
{
    sluice_span region, url = endpoint(f, &region), body;
    struct post *p;
    sluice_status st;

    if (!url.ptr)
        return;
    body = body_of(f, "AssumeRole", role, SL_SPAN(""));
    p = body.ptr ? post_to(f, url, body) : NULL;
    if (!p)
        return;
    st = sign(f, p, region);
    if (st < 0)
        sl_fetch_fail(f, st);
    else
        sl_fetch_http(f, &p->out, STEP_MS, answered);
}

void sl_aws_assume_by_token(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;
    sluice_span region, url = endpoint(f, &region), body;
    struct post *p;

    if (!url.ptr)
        return;
    body = body_of(f, "AssumeRoleWithWebIdentity", &s->web_role, s->token);
    p = body.ptr ? post_to(f, url, body) : NULL;
    if (p)
        sl_fetch_http(f, &p->out, STEP_MS, answered);
}
