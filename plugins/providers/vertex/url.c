/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - hosts by location, paths by publisher. */
#include "vertex.h"

#define DEFAULT_LOCATION "us-central1"

/* "us" and "eu" are places of several regions, with hosts of their own. */
static void write_host(struct sl_buf *b, sluice_span location)
{
    if (!location.len || sl_span_eq(location, SL_SPAN("global")))
        sl_buf_add_str(b, "https://aiplatform.googleapis.com");
    else if (sl_span_eq(location, SL_SPAN("us")) || sl_span_eq(location, SL_SPAN("eu")))
        sl_buf_printf(b, "https://aiplatform.%.*s.rep.googleapis.com", SL_FMT(location));
    else
        sl_buf_printf(b, "https://%.*s-aiplatform.googleapis.com", SL_FMT(location));
}

/* A segment of a path; '@' stands in names of versions. */
static void write_segment(struct sl_buf *b, sluice_span s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c && strchr("-._~@", c))) {
            sl_buf_add_char(b, (char)c);
        } else {
            sl_buf_add_char(b, '%');
            sl_buf_add_char(b, hex[c >> 4]);
            sl_buf_add_char(b, hex[c & 15]);
        }
    }
}

sluice_span vertex_last_segment(sluice_span model)
{
    size_t at = model.len;

    while (at > 0 && model.ptr[at - 1] != '/')
        at--;
    return sl_span_from(model, at);
}

static bool is(const sluice_exchange *x, const char *operation)
{
    return sl_span_eq(x->call.operation, sl_span_str(operation));
}

/* The method behind the colon. */
static const char *method(const sluice_exchange *x)
{
    bool stream = (x->call.flags & SLUICE_CALL_STREAM) != 0;

    if (x->family == VERTEX_CLAUDE || x->family == VERTEX_MISTRAL)
        return stream && !is(x, "messages.count_tokens") ? "streamRawPredict" : "rawPredict";
    if (x->predicts)
        return x->embeds ? "embedContent" : "predict";
    if (is(x, "images.generations") &&
        sl_span_find(x->call.model, SL_SPAN("imagen")) < x->call.model.len)
        return "predict";
    if (is(x, "countTokens"))
        return "countTokens";
    if (is(x, "embedContent"))
        return "embedContent";
    return stream ? "streamGenerateContent" : "generateContent";
}

static void write_path(struct sl_buf *b, sluice_exchange *x)
{
    static const char *const publishers[VERTEX_FAMILIES] = {
        [VERTEX_GOOGLE] = "google", [VERTEX_CLAUDE] = "anthropic", [VERTEX_MISTRAL] = "mistralai"
    };
    sluice_span model = vertex_last_segment(x->call.model);
    const char *m = method(x);

    if (x->family == VERTEX_OPENAPI) {
        sl_buf_add_str(b, "/endpoints/openapi/chat/completions");
        return;
    }
    if (x->family == VERTEX_ENDPOINT)
        sl_buf_add_str(b, "/endpoints/");
    else
        sl_buf_printf(b, "/publishers/%s/models/", publishers[x->family]);
    if (is(x, "messages.count_tokens"))
        model = SL_SPAN("count-tokens");
    write_segment(b, model);
    sl_buf_printf(b, ":%s%s", m, strcmp(m, "streamGenerateContent") == 0 ? "?alt=sse" : "");
}

static sluice_status finish(sluice_exchange *x, struct sl_buf *b, sluice_error *err)
{
    if (sl_buf_ok(b))
        x->url = sl_arena_dup(x->arena, sl_buf_span(b));
    sl_buf_finish(b);
    return x->url.ptr ? SLUICE_OK
                      : sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
}

/* With a key there is neither project nor location: "express mode". */
static sluice_status express(sluice_exchange *x, struct sl_buf *b, sluice_error *err)
{
    if (x->family == VERTEX_GOOGLE) {
        sl_buf_add_str(b, "/v1");
        write_path(b, x);
        return finish(x, b, err);
    }
    sl_buf_finish(b);
    return sl_fail_param(err, SLUICE_E_UNSUPPORTED, NULL, "model",
                         "With an API key Vertex AI serves Google's own models only.");
}

sluice_status vertex_url(sluice_exchange *x, sluice_error *err)
{
    sluice_span base = x->call.base_url, location = x->location;
    bool key = x->call.credential == SLUICE_CRED_KEY;
    struct sl_buf b;

    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    if (sl_span_ends(base, SL_SPAN("/v1")))
        base.len -= 3;
    if (!location.len)
        location = SL_SPAN(DEFAULT_LOCATION);
    sl_buf_init(&b, 1u << 16);
    if (base.len)
        sl_buf_add(&b, base);
    else
        write_host(&b, key ? SL_SPAN("") : location);
    if (key && !x->project.len)
        return express(x, &b, err);
    if (!x->project.len) {
        sl_buf_finish(&b);
        return sl_fail_param(err, SLUICE_E_AUTH, "no_project", NULL,
                             "No project is known for Vertex AI: set vertex_project.");
    }
    sl_buf_add_str(&b, "/v1/projects/");
    write_segment(&b, x->project);
    sl_buf_add_str(&b, "/locations/");
    write_segment(&b, location);
    write_path(&b, x);
    return finish(x, &b, err);
}
