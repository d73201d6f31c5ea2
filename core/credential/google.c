/* SPDX-License-Identifier: Apache-2.0 */
/* google.c - what is configured, which file counts, and the end: a bearer token with the project
 * and the location it is for. */
#include "credential/google.h"

#include "base/status.h"
#include "credential/source.h"
#include "format/json_write.h"

#define FACTS_MOST 2048
#define LIFE_LEAST_S 1

/* ---- what is configured ---- */

/* The first that is set, kept. */
static bool keep(struct sl_credential_reader *r, sluice_span text, sluice_span *out)
{
    if (!text.len || out->len)
        return true;
    *out = sl_read_keep(r, text);
    return out->ptr != NULL;
}

static bool env(struct sl_credential_reader *r, const char *const *names, sluice_span *out)
{
    for (; *names; names++)
        if (!keep(r, sl_read_env(r, *names), out))
            return false;
    return true;
}

static bool read_files(struct sl_credential_reader *r, struct sl_google *g)
{
    sluice_span folder = sl_read_env(r, "CLOUDSDK_CONFIG"), home = sl_read_env(r, "HOME");

    if (!keep(r, sl_read_env(r, "GOOGLE_APPLICATION_CREDENTIALS"), &g->env_file))
        return false;
    if (folder.len)
        g->own_file = sl_arena_printf(sl_read_arena(r), "%.*s/application_default_credentials.json",
                                      SL_FMT(folder));
    else if (home.len)
        g->own_file = sl_arena_printf(sl_read_arena(r),
                                      "%.*s/.config/gcloud/application_default_credentials.json",
                                      SL_FMT(home));
    return (!folder.len && !home.len) || g->own_file.ptr;
}

static bool read_metadata(struct sl_credential_reader *r, struct sl_google *g)
{
    sluice_span host = sl_read_env(r, "GCE_METADATA_HOST");

    if (!host.len)
        host = sl_read_env(r, "GCE_METADATA_IP");
    if (!host.len)
        host = SL_SPAN("metadata.google.internal");
    g->metadata = sl_arena_printf(sl_read_arena(r), "http://%.*s", SL_FMT(host));
    return g->metadata.ptr != NULL;
}

static sluice_status create(struct sl_credential_reader *r, bool given_only, void **self,
                            sluice_error *err)
{
    static const char *const credentials[] = { "VERTEXAI_CREDENTIALS", NULL };
    static const char *const projects[] = { "VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT",
                                            "GCLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID", NULL };
    static const char *const locations[] = { "VERTEXAI_LOCATION", "VERTEX_LOCATION",
                                             "GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION", NULL };
    struct sl_google *g = sl_alloc0(sl_read_arena(r), sizeof *g);
    bool ok = g && keep(r, sl_read_given(r, "vertex_credentials"), &g->credentials) &&
              keep(r, sl_read_given(r, "vertex_project"), &g->project) &&
              keep(r, sl_read_given(r, "vertex_location"), &g->location);

    if (ok && given_only && !g->credentials.len && !g->project.len)
        return SLUICE_E_NOT_FOUND;
    if (!ok || !env(r, credentials, &g->credentials) || !env(r, projects, &g->project) ||
        !env(r, locations, &g->location) || !read_files(r, g) || !read_metadata(r, g))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a credential");
    *self = g;
    return SLUICE_OK;
}

/* ---- which file counts ---- */

static sluice_status find(struct sl_fetch *f)
{
    struct sl_google_fetch *s = sl_google_state(f);
    const struct sl_google *g = s->google;
    sluice_span json = sl_span_trim(g->credentials);
    sluice_status st;

    s->project = g->project;
    if (sl_span_starts(json, SL_SPAN("{")))
        return sl_google_read(f, json);
    if (json.len || g->env_file.len) {
        st = sl_fetch_read_file(f, json.len ? g->credentials.ptr : g->env_file.ptr, &json);
        return st < 0 ? st : sl_google_read(f, json);
    }
    if (g->own_file.len) {
        st = sl_fetch_read_file(f, g->own_file.ptr, &json);
        if (st != SLUICE_E_NOT_FOUND)
            return st < 0 ? st : sl_google_read(f, json);
    }
    s->kind = SL_GOOGLE_METADATA;
    return SLUICE_OK;
}

static void work(struct sl_fetch *f)
{
    sl_google_state(f)->status = find(f);
}

static void worked(struct sl_fetch *f, sluice_status status)
{
    if (status >= 0)
        status = sl_google_state(f)->status;
    if (status == SLUICE_E_NOT_FOUND || status == SLUICE_E_INVALID)
        status = SLUICE_E_AUTH;
    if (status < 0)
        sl_fetch_fail(f, status);
    else if (sl_google_state(f)->kind == SL_GOOGLE_METADATA)
        sl_google_from_metadata(f);
    else
        sl_google_from_service(f);
}

static void fetch(const void *self, struct sl_fetch *f)
{
    struct sl_google_fetch *s = sl_alloc0(&f->arena, sizeof *s);

    f->state = s;
    if (!s) {
        sl_fetch_nomem(f);
        return;
    }
    s->google = self;
    sl_fetch_work(f, work, worked);
}

/* ---- the end ---- */

void sl_google_have_token(struct sl_fetch *f)
{
    struct sl_google_fetch *s = sl_google_state(f);

    if (s->impersonate.len)
        sl_google_impersonate(f);
    else
        sl_google_finish(f);
}

void sl_google_finish(struct sl_fetch *f)
{
    struct sl_google_fetch *s = sl_google_state(f);
    struct sl_grant_text grant = { .secret = s->token };
    struct sl_buf b;
    struct sl_json_out o;

    if (s->expires_in_s < LIFE_LEAST_S) {
        sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_UPSTREAM,
                                 "the token of the Google account is over already"));
        return;
    }
    sl_buf_init(&b, FACTS_MOST);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    if (s->project.len)
        sl_json_kv_str(&o, "project_id", s->project);
    if (s->google->location.len)
        sl_json_kv_str(&o, "region", s->google->location);
    if (s->quota_project.len)
        sl_json_kv_str(&o, "quota_project_id", s->quota_project);
    sl_json_close(&o, '}');
    grant.facts = sl_buf_ok(&b) ? sl_arena_dup(&f->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    grant.ttl_ms = (uint64_t)s->expires_in_s * 1000;
    if (grant.facts.ptr)
        sl_fetch_done(f, &grant);
    else
        sl_fetch_nomem(f);
}

const struct sl_credential_source sl_source_google = {
    .name = "google", .kind = SLUICE_CRED_TOKEN, .create = create, .fetch = fetch
};
