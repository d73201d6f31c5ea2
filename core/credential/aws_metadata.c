/* SPDX-License-Identifier: Apache-2.0 */
/* aws_metadata.c - key pairs that the surroundings hand out: the container's endpoint, and the
 * instance's metadata service (by session token; without one where it has none). */
#include "base/status.h"
#include "credential/aws.h"

#include "base/clock.h"
#include "format/json_tree.h"

#define CONTAINER_MS 5000
#define METADATA_MS 1000
#define ROLES "/latest/meta-data/iam/security-credentials/"

static void get(struct sl_fetch *f, sluice_span method, sluice_span url, sluice_header header,
                uint32_t ms, sl_fetch_answered then)
{
    sluice_header *headers = sl_alloc(&f->arena, sizeof *headers);
    struct sl_http_out out = { .method = method, .url = url, .headers = headers };

    if (!headers) {
        sl_fetch_nomem(f);
        return;
    }
    *headers = header;
    out.n_headers = header.value.len ? 1 : 0;
    sl_fetch_http(f, &out, ms, then);
}

static void read_pair(struct sl_fetch *f, const struct sl_fetch_answer *a, const char *who)
{
    struct sl_aws_fetch *s = f->state;
    struct sluice_arena *arena = &f->arena;
    struct sl_json_error why;
    struct sl_json *tree;
    sluice_span body = sl_arena_dup(arena, a->body);

    if (!body.ptr) {
        sl_fetch_nomem(f);
        return;
    }
    if (a->status != 200 || sl_json_parse(body, arena, &tree, &why) < 0) {
        sl_fetch_refused(f, a, who, SL_SPAN(""), SL_SPAN(""));
        return;
    }
    s->pair = sl_aws_pair_in(f, tree, "Token");
    sl_aws_have_pair(f, who);
}

/* ---- the container ---- */

static void container_answered(struct sl_fetch *f, sluice_status status,
                               const struct sl_fetch_answer *a)
{
    if (status < 0)
        sl_fetch_fail(f, status);
    else
        read_pair(f, a, "container's endpoint");
}

void sl_aws_from_container(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;

    get(f, SL_SPAN("GET"), s->aws->container_url,
        (sluice_header){ SL_SPAN("authorization"), s->token }, CONTAINER_MS, container_answered);
}

/* ---- the instance ---- */

static void ask(struct sl_fetch *f, sluice_span path, sl_fetch_answered then)
{
    struct sl_aws_fetch *s = f->state;
    sluice_span base = s->aws->metadata, url;

    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    url = sl_aws_text(f, "%.*s%.*s", SL_FMT(base), SL_FMT(path));
    if (url.ptr)
        get(f, SL_SPAN("GET"), url,
            (sluice_header){ SL_SPAN("x-aws-ec2-metadata-token"), s->token }, METADATA_MS, then);
}

static void pair_answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    if (status < 0)
        sl_fetch_fail(f, status);
    else
        read_pair(f, a, "instance's metadata service");
}

static void ask_pair(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;
    sluice_span path = sl_aws_text(f, ROLES "%.*s", SL_FMT(s->role_name));

    if (path.ptr)
        ask(f, path, pair_answered);
}

/* A region is good to have; without it the deployment must say one. */
static void region_answered(struct sl_fetch *f, sluice_status status,
                            const struct sl_fetch_answer *a)
{
    struct sl_aws_fetch *s = f->state;

    if (status >= 0 && a->status == 200)
        s->region = sl_arena_dup(&f->arena, sl_span_trim(a->body));
    ask_pair(f);
}

static void role_answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    struct sl_aws_fetch *s = f->state;
    sluice_span line;

    if (status < 0) {
        sl_fetch_fail(f, status);
        return;
    }
    line = sl_span_trim(sl_span_head(a->body, sl_span_find_char(a->body, '\n')));
    if (a->status != 200 || !line.len) {
        sl_fetch_refused(f, a, "the instance's metadata service, asked for its role,", SL_SPAN(""),
                         SL_SPAN(""));
        return;
    }
    s->role_name = sl_arena_dup(&f->arena, line);
    if (!s->role_name.ptr)
        sl_fetch_nomem(f);
    else if (s->region.len)
        ask_pair(f);
    else
        ask(f, SL_SPAN("/latest/meta-data/placement/region"), region_answered);
}

static void token_answered(struct sl_fetch *f, sluice_status status,
                           const struct sl_fetch_answer *a)
{
    struct sl_aws_fetch *s = f->state;

    if (status >= 0 && a->status == 200) {
        s->token = sl_arena_dup(&f->arena, sl_span_trim(a->body));
        if (!s->token.ptr) {
            sl_fetch_nomem(f);
            return;
        }
    } else if (status >= 0 && (a->status >= 500 || a->status == 400)) {
        sl_fetch_refused(f, a, "the instance's metadata service", SL_SPAN(""), SL_SPAN(""));
        return;
    } else if (status < 0 && status != SLUICE_E_TIMEOUT) { /* nobody there */
        sl_fail(&f->err, SLUICE_E_AUTH,
                "no AWS credentials: neither in the deployment nor in the environment, a profile, "
                "or an endpoint of a container or instance");
        sl_fetch_fail(f, SLUICE_E_AUTH);
        return;
    } else if (s->aws->no_metadata_v1) {
        sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_AUTH,
                                 "the instance's metadata service gives no session token, and "
                                 "AWS_EC2_METADATA_V1_DISABLED forbids to do without"));
        return;
    }
    ask(f, SL_SPAN(ROLES), role_answered);
}

void sl_aws_from_metadata(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;
    sluice_span base = s->aws->metadata, url;

    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    s->token = SL_SPAN("");
    url = sl_aws_text(f, "%.*s/latest/api/token", SL_FMT(base));
    if (url.ptr)
        get(f, SL_SPAN("PUT"), url,
            (sluice_header){ SL_SPAN("x-aws-ec2-metadata-token-ttl-seconds"), SL_SPAN("21600") },
            METADATA_MS, token_answered);
}
