/* SPDX-License-Identifier: Apache-2.0 */
/* google_metadata.c - the metadata server of Google's machines: a token, and the project when
 * nothing else names it. */
#include "base/status.h"
#include "credential/google.h"

#define METADATA_MS 3000
#define ROOT "/computeMetadata/v1/"

static const sluice_header flavor = { { "metadata-flavor", 15 }, { "Google", 6 } };

static void get(struct sl_fetch *f, const char *path, sl_fetch_answered then)
{
    struct sl_http_out out = { .method = SL_SPAN("GET"), .headers = &flavor, .n_headers = 1 };

    out.url =
        sl_arena_printf(&f->arena, "%.*s%s", SL_FMT(sl_google_state(f)->google->metadata), path);
    if (out.url.ptr)
        sl_fetch_http(f, &out, METADATA_MS, then);
    else
        sl_fetch_nomem(f);
}

/* Whoever else answers there is not the one. */
static bool is_google(const struct sl_fetch_answer *a)
{
    for (size_t i = 0; i < a->n_headers; i++)
        if (sl_span_eq(a->headers[i].name, flavor.name))
            return sl_span_ieq(a->headers[i].value, flavor.value);
    return false;
}

static void project_answered(struct sl_fetch *f, sluice_status status,
                             const struct sl_fetch_answer *a)
{
    struct sl_google_fetch *s = sl_google_state(f);

    if (status >= 0 && a->status == 200 && is_google(a)) {
        s->project = sl_arena_dup(&f->arena, sl_span_trim(a->body));
        if (!s->project.ptr) {
            sl_fetch_nomem(f);
            return;
        }
    }
    sl_google_have_token(f); /* without one the vendor says what is missing */
}

static void token_answered(struct sl_fetch *f, sluice_status status,
                           const struct sl_fetch_answer *a)
{
    if (status < 0 || !is_google(a)) {
        sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_AUTH,
                                 "no Google credentials: neither in the deployment nor in the "
                                 "environment or gcloud's file, and no metadata server"));
        return;
    }
    if (!sl_google_take_token(f, a, "Google's metadata server"))
        return;
    if (sl_google_state(f)->project.len)
        sl_google_have_token(f);
    else
        get(f, ROOT "project/project-id", project_answered);
}

void sl_google_from_metadata(struct sl_fetch *f)
{
    get(f, ROOT "instance/service-accounts/default/token", token_answered);
}
