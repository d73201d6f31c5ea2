/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Vertex AI: a deployment, with one of each class that speaks a publisher's language;
 * what its models take; the vendor's own API as it is. One attempt: exchange.c.
 */
#include <stdlib.h>
#include <sluice_sdk/config.h>
#include <sluice_sdk/pass.h>
#include <sluice_sdk/plugin.h>
#include "vertex.h"

static const char *const operations[] = { "chat.completions",
                                          "chat.completions.extended",
                                          "embeddings",
                                          "generateContent",
                                          "countTokens",
                                          "embedContent",
                                          "messages",
                                          "messages.count_tokens",
                                          "images.generations",
                                          "passthrough",
                                          NULL };

static const char *const origins[] = { "https://aiplatform.googleapis.com",
                                       "https://*-aiplatform.googleapis.com",
                                       "https://aiplatform.*.rep.googleapis.com", NULL };

static const char config_schema[] =
    "{\"type\":\"object\","
    "\"x-sluice\":{\"credentials\":[\"google\"],\"aliases\":[\"vertex_ai\",\"vertex_ai_beta\"]},"
    "\"properties\":{"
    "\"vertex_project\":{\"type\":\"string\","
    "\"description\":\"The project; by default the credential's.\"},"
    "\"vertex_location\":{\"type\":\"string\","
    "\"description\":\"The region, or global, us, eu; us-central1 by default.\"},"
    "\"anthropic_version\":{\"type\":\"string\","
    "\"description\":\"anthropic_version of Claude; vertex-2023-10-16 by default.\"},"
    "\"base_model\":{\"type\":\"string\","
    "\"description\":\"Which model this is, when the deployment's name does not say it.\"},"
    "\"safety_settings\":{\"type\":\"array\",\"items\":{\"type\":\"object\"},"
    "\"description\":\"safetySettings of calls that bring none.\"}," SL_CHAT_LENIENT_SCHEMA "}}";

/* ---- the deployment ---- */

/* The configuration with one member more. */
static sluice_span with_member(sluice_provider *self, sluice_span config, const char *name,
                               sluice_span value)
{
    sluice_span inside = sl_span_trim(config);

    if (inside.len < 2)
        inside = SL_SPAN("{}");
    inside = sl_span_trim(sl_span(inside.ptr + 1, inside.len - 2));
    return sl_arena_printf(&self->arena, "{%.*s%s\"%s\":\"%.*s\"}", SL_FMT(inside),
                           inside.len ? "," : "", name, SL_FMT(value));
}

static sluice_status create_inner(sluice_provider *self, sluice_span config, sluice_error *err)
{
    sluice_span version = SL_SPAN("vertex-2023-10-16");
    const struct sl_json *tree;
    sluice_status st = sl_config_read(config, &self->arena, &tree, err);

    if (st < 0)
        return st;
    if (!sl_config_text(sl_json_opt(tree, "vertex_project"), &self->arena, &self->project) ||
        !sl_config_text(sl_json_opt(tree, "vertex_location"), &self->arena, &self->location))
        st = SLUICE_E_NOMEM;
    if (st >= 0 && sl_json_inside(sl_json_opt(tree, "anthropic_version")).len)
        version = sl_json_inside(sl_json_opt(tree, "anthropic_version"));
    if (st >= 0) {
        sluice_span c = with_member(self, config, "platform", SL_SPAN("vertex"));

        st = c.ptr ? gemini_provider_class.create(self->host, c, &self->google, err)
                   : SLUICE_E_NOMEM;
    }
    if (st >= 0) {
        sluice_span c = with_member(self, config, "version_in_body", version);

        st = c.ptr ? anthropic_provider_class.create(self->host, c, &self->claude, err)
                   : SLUICE_E_NOMEM;
    }
    if (st >= 0)
        st = mistral_provider_class.create(self->host, config, &self->mistral, err);
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory") : st;
}

static void destroy(sluice_provider *self)
{
    if (!self)
        return;
    gemini_provider_class.destroy(self->google);
    anthropic_provider_class.destroy(self->claude);
    mistral_provider_class.destroy(self->mistral);
    sl_arena_finish(&self->arena);
    free(self);
}

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);
    sluice_status st;

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    self->host = host;
    sl_arena_init(&self->arena, 1u << 20);
    st = create_inner(self, config, err);
    if (st < 0)
        destroy(self);
    else
        *out = self;
    return st < 0 ? st : SLUICE_OK;
}

/* Which operations a model takes: those of its publisher's language. */
static sluice_status accepts(sluice_provider *self, sluice_span operation, sluice_span model)
{
    static const char *const taken[VERTEX_FAMILIES] = {
        [VERTEX_GOOGLE] = " chat.completions chat.completions.extended embeddings generateContent "
                          "countTokens embedContent images.generations ",
        [VERTEX_ENDPOINT] = " chat.completions chat.completions.extended generateContent ",
        [VERTEX_CLAUDE] = " chat.completions chat.completions.extended messages "
                          "messages.count_tokens ",
        [VERTEX_MISTRAL] = " chat.completions chat.completions.extended completions ",
        [VERTEX_OPENAPI] = " chat.completions ",
    };
    sluice_span list = sl_span_str(taken[vertex_family(model)]);

    (void)self;
    if (sl_span_eq(operation, SL_SPAN("passthrough")))
        return SLUICE_OK;
    while (list.len) {
        size_t n = sl_span_find_char(list, ' ');

        if (n && sl_span_eq(sl_span_head(list, n), operation))
            return SLUICE_OK;
        list = sl_span_from(list, n + 1);
    }
    return SLUICE_E_UNSUPPORTED;
}

/* ---- the vendor's own API, as it is ---- */

/* The region stands in the path: "/v1/projects/P/locations/REGION/...". */
static sluice_span pass_base(sluice_span path, sluice_arena *arena)
{
    size_t at = sl_span_find(path, SL_SPAN("/locations/"));
    sluice_span region = sl_span_from(path, at + strlen("/locations/"));

    region = sl_span_head(region, sl_span_find_char(region, '/'));
    for (size_t i = 0; i < region.len; i++)
        if (!((region.ptr[i] >= 'a' && region.ptr[i] <= 'z') || region.ptr[i] == '-' ||
              (region.ptr[i] >= '0' && region.ptr[i] <= '9')))
            region.len = 0;
    if (at == path.len || !region.len || sl_span_eq(region, SL_SPAN("global")))
        return SL_SPAN("https://aiplatform.googleapis.com");
    return sl_arena_printf(arena,
                           sl_span_find_char(region, '-') < region.len
                               ? "https://%.*s-aiplatform.googleapis.com"
                               : "https://aiplatform.%.*s.rep.googleapis.com",
                           SL_FMT(region));
}

static sluice_status pass_auth(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                               sluice_span *base, sluice_http_request *out, sluice_error *err)
{
    (void)self;
    *base = call->base_url.len ? call->base_url : pass_base(call->path, arena);
    if (!base->ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    sl_auth_key(call, "x-goog-api-key", out);
    return SLUICE_OK;
}

SL_PASS_AROUND(vertex_begin, vertex_request, vertex_head, vertex_data, vertex_end, vertex_close,
               pass_auth)

static const sluice_provider_class provider = {
    .struct_size = sizeof provider,
    .operations = operations,
    .config_schema = config_schema,
    .origins = origins,
    .create = create,
    .destroy = destroy,
    SL_PASS_CLASS,
    .accepts = accepts,
};

SL_PLUGIN(vertex, "vertex", "0.1.0", "sluice",
          "Google's Vertex AI: Gemini, Claude and partners' models", SLUICE_PROVIDER_ID, &provider)
