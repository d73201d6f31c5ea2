/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws_sso.c - single sign-on: the token that `aws sso login` left in its cache, for the key pair of
 * a role. Nobody signs on here, and no token is renewed: the file belongs to another program.
 */
#include "base/clock.h"
#include "base/digest.h"
#include "base/status.h"
#include "credential/aws.h"
#include "credential/wire.h"

#define STEP_MS 10000

/* The cache names its files by what was signed on to. */
static sluice_span cache_file(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;
    unsigned char digest[SL_SHA1_SIZE];
    char hex[2 * SL_SHA1_SIZE + 1];

    sl_digest_sha1(s->sso.session.len ? s->sso.session : s->sso.start_url, digest);
    sl_hex(digest, sizeof digest, hex);
    return sl_arena_printf(&f->arena, "%.*s/%s.json", SL_FMT(s->aws->sso_cache), hex);
}

sluice_status sl_aws_read_sso(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;
    sluice_span path = cache_file(f), text;
    struct sl_json_error why;
    struct sl_json *tree = NULL;
    sluice_status st = path.ptr ? sl_fetch_read_file(f, path.ptr, &text) : SLUICE_E_NOMEM;

    if (st >= 0)
        st = sl_json_parse(text, &f->arena, &tree, &why);
    if (st == SLUICE_E_NOMEM)
        return st;
    s->token = sl_json_text(sl_json_opt(tree, "accessToken"), &f->arena);
    if (s->token.len &&
        sl_unix_of(sl_json_text(sl_json_opt(tree, "expiresAt"), &f->arena)) * 1000 > sl_unix_ms())
        return SLUICE_OK;
    return sl_fail(
        &f->err, SLUICE_E_AUTH, "nobody is signed on to %.*s, or no longer: run `aws sso login`",
        SL_FMT(sl_span_head(s->sso.session.len ? s->sso.session : s->sso.start_url, 80)));
}

static void answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    struct sl_aws_fetch *s = f->state;
    const struct sl_json *role;
    struct sl_json *tree = NULL;

    if (status < 0) {
        sl_fetch_fail(f, status);
        return;
    }
    if (!sl_fetch_tree(f, a, &tree))
        return;
    if (a->status != 200) {
        sl_fetch_refused(f, a, "single sign-on",
                         sl_json_text(sl_json_opt(tree, "__type"), &f->arena),
                         sl_json_text(sl_json_opt(tree, "message"), &f->arena));
        return;
    }
    role = sl_json_opt(tree, "roleCredentials");
    s->pair = (struct sl_aws_pair){ sl_json_text(sl_json_opt(role, "accessKeyId"), &f->arena),
                                    sl_json_text(sl_json_opt(role, "secretAccessKey"), &f->arena),
                                    sl_json_text(sl_json_opt(role, "sessionToken"), &f->arena) };
    s->expires_s = sl_fetch_number(sl_json_opt(role, "expiration"), &f->arena) / 1000;
    sl_aws_have_pair(f, "single sign-on");
}

void sl_aws_from_sso(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;
    const struct sl_aws_sso *sso = &s->sso;
    sluice_span region = sl_wire_percent(&f->arena, sso->region);
    sluice_span account = sl_wire_percent(&f->arena, sso->account);
    sluice_span role = sl_wire_percent(&f->arena, sso->role), base = s->aws->sso_endpoint;
    sluice_header *header = sl_alloc(&f->arena, sizeof *header);
    struct sl_http_out out = { .method = SL_SPAN("GET"), .headers = header, .n_headers = 1 };

    if (!base.len)
        base = sl_arena_printf(&f->arena, "https://portal.sso.%.*s.amazonaws.com%s", SL_FMT(region),
                               sl_span_starts(region, SL_SPAN("cn-")) ? ".cn" : "");
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    out.url =
        sl_arena_printf(&f->arena, "%.*s/federation/credentials?role_name=%.*s&account_id=%.*s",
                        SL_FMT(base), SL_FMT(role), SL_FMT(account));
    if (!region.ptr || !account.ptr || !role.ptr || !header || !base.ptr || !out.url.ptr) {
        sl_fetch_nomem(f);
        return;
    }
    *header = (sluice_header){ SL_SPAN("x-amz-sso_bearer_token"), s->token };
    sl_fetch_http(f, &out, STEP_MS, answered);
}
