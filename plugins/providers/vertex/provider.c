/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Vertex AI. The functions of the ABI in their order; where another class speaks the
 * publisher's language they are handed on to it, with URL and credential set here.
 */
#include <stdlib.h>
#include <sluice_sdk/compat.h>
#include <sluice_sdk/pass.h>
#include "../anthropic/class.h"
#include "../gemini/class.h"
#include "../mistral/class.h"
#include "vertex.h"

#define ERROR_CAP (1u << 20)

static const char *const operations[] = { "chat.completions", "chat.completions.extended",
                                          "embeddings",       "generateContent",
                                          "countTokens",      "embedContent",
                                          "messages",         "messages.count_tokens",
                                          "passthrough",      NULL };

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
    "\"description\":\"safetySettings of calls that bring none.\"},"
    "\"lenient_arguments\":{\"type\":\"boolean\","
    "\"description\":\"Replay tool calls whose arguments are no JSON object as {} instead of "
    "refusing the call.\"}}}";

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

static sluice_status keep(sluice_provider *self, const struct sl_json *j, sluice_span *out)
{
    sluice_span text;

    if (!j || j->type != SL_JSON_STRING)
        return SLUICE_OK;
    if (!sl_json_string(j->raw, &self->arena, &text))
        return SLUICE_E_NOMEM;
    *out = sl_arena_dup(&self->arena, text);
    return out->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status create_inner(sluice_provider *self, sluice_span config, sluice_error *err)
{
    sluice_span version = SL_SPAN("vertex-2023-10-16");
    struct sl_json_error e;
    struct sl_json *tree;
    sluice_status st = sl_json_parse(config.len ? config : SL_SPAN("{}"), &self->arena, &tree, &e);

    if (st == SLUICE_E_INVALID)
        return sl_fail(err, st, "configuration: %s at line %zu", e.what, e.line);
    if (st >= 0)
        st = keep(self, sl_json_opt(tree, "vertex_project"), &self->project);
    if (st >= 0)
        st = keep(self, sl_json_opt(tree, "vertex_location"), &self->location);
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

/* ---- the exchange ---- */

static void close_exchange(sluice_exchange *x)
{
    if (x->inner && x->cls->close)
        x->cls->close(x->inner);
    x->inner = NULL;
    sl_fetch_finish(&x->fetch);
    sl_embed_finish(&x->embed);
    sl_parts_finish(&x->body);
    sl_buf_finish(&x->error);
}

static sluice_status out_of_memory(sluice_status st, sluice_error *err)
{
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory writing the request") : st;
}

static bool is(const sluice_exchange *x, const char *operation)
{
    return sl_span_eq(x->call.operation, sl_span_str(operation));
}

/* Project and location: the deployment's, else the credential's. */
static sluice_status read_facts(sluice_exchange *x)
{
    sluice_span facts = sl_span_trim(x->call.credential_facts);
    struct sl_json_error e;
    struct sl_json *tree;

    x->project = x->self->project;
    x->location = x->self->location;
    if (sl_json_type(facts) != SL_JSON_OBJECT)
        return SLUICE_OK;
    if (sl_json_parse(facts, x->arena, &tree, &e) < 0)
        return SLUICE_E_NOMEM;
    if (!x->project.len)
        x->project = sl_json_text(sl_json_opt(tree, "project_id"), x->arena);
    if (!x->location.len)
        x->location = sl_json_text(sl_json_opt(tree, "region"), x->arena);
    x->quota_project = sl_json_text(sl_json_opt(tree, "quota_project_id"), x->arena);
    return SLUICE_OK;
}

static sluice_status begin_inner(sluice_exchange *x, sluice_error *err)
{
    sluice_provider *inner = x->family == VERTEX_CLAUDE    ? x->self->claude
                             : x->family == VERTEX_MISTRAL ? x->self->mistral
                                                           : x->self->google;
    const sluice_header *members;
    sluice_status st = sl_fetch_inline(&x->fetch, &x->call, &members);

    if (st < 0)
        return st;
    x->call.members = members;
    st = x->cls->begin(inner, &x->call, (sluice_arena *)x->arena, &x->inner, err);
    if (st < 0)
        x->inner = NULL;
    return st;
}

static sluice_status begin_family(sluice_exchange *x, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    switch (x->family) {
    case VERTEX_GOOGLE:
    case VERTEX_ENDPOINT:
        if (x->predicts)
            return vertex_predict_begin(x);
        x->cls = &gemini_provider_class;
        return begin_inner(x, err);
    case VERTEX_CLAUDE:
        x->cls = &anthropic_provider_class;
        if (!is(x, "messages.count_tokens"))
            st = sl_fetch_scan(&x->fetch, &x->call, NULL, err); /* it takes no URLs here */
        return st < 0 || sl_fetch_pending(&x->fetch) ? st : begin_inner(x, err);
    case VERTEX_MISTRAL: /* there it is named without publisher and version */
        x->call.model = vertex_last_segment(x->call.model);
        x->call.model = sl_span_head(x->call.model, sl_span_find_char(x->call.model, '@'));
        x->cls = &mistral_provider_class;
        return begin_inner(x, err);
    default:
        return vertex_openai_begin(x);
    }
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    size_t size = call->struct_size < sizeof *call ? call->struct_size : sizeof *call;
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    x->self = self;
    memcpy(&x->call, call, size);
    x->call.struct_size = (uint32_t)size;
    x->arena = arena;
    x->family = vertex_family(call->model);
    x->predicts = is(x, "embeddings");
    x->embeds =
        x->predicts && sl_span_find(call->model, SL_SPAN("gemini-embedding-2")) < call->model.len;
    sl_fetch_init(&x->fetch, arena);
    sl_parts_init(&x->body, arena);
    sl_buf_init(&x->error, ERROR_CAP);
    sl_chat_init(&x->chat, self->host, &x->call, arena, err);
    st = out_of_memory(read_facts(x), err);
    if (st >= 0)
        st = vertex_url(x, err);
    if (st >= 0)
        st = out_of_memory(begin_family(x, err), err);
    if (st < 0)
        close_exchange(x);
    else
        *out = x;
    return st < 0 ? st : SLUICE_OK;
}

/* What the other class says of its request, with another URL and another credential. */
static void add_headers(sluice_exchange *x, sluice_http_request *out)
{
    size_t n = 0;

    for (size_t i = 0; i < out->n_headers && n + 1 < sizeof x->headers / sizeof *x->headers; i++)
        x->headers[n++] = out->headers[i];
    if (!out->n_headers)
        x->headers[n++] = (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/json") };
    if (x->quota_project.len)
        x->headers[n++] = (sluice_header){ SL_SPAN("x-goog-user-project"), x->quota_project };
    out->headers = x->headers;
    out->n_headers = n;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    sluice_status st;

    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_request(&x->fetch, out, err);
    if (x->inner) {
        st = x->cls->request(x->inner, out, err);
        if (st < 0 || (out->flags & SLUICE_REQ_FOREIGN))
            return st; /* an image of the other class's */
    } else {
        out->framing = x->predicts ? SLUICE_FRAME_WHOLE : SLUICE_FRAME_RELAY;
        out->body = x->parts;
        out->n_body = x->n_parts;
    }
    out->url = x->url;
    out->auth = x->call.credential == SLUICE_CRED_TOKEN ? SLUICE_AUTH_BEARER
                : x->call.credential == SLUICE_CRED_KEY ? SLUICE_AUTH_HEADER
                                                        : SLUICE_AUTH_NONE;
    out->auth_param = out->auth == SLUICE_AUTH_HEADER ? SL_SPAN("x-goog-api-key") : SL_SPAN("");
    add_headers(x, out);
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_head(&x->fetch, h, err);
    if (x->inner)
        return x->cls->head(x->inner, h, framing, err);
    x->http_status = h->status;
    x->retry_after_ms =
        sl_compat_retry_after_ms(h->headers, h->n_headers, x->self->host->unix_ms(x->self->host));
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_data(&x->fetch, frame, err);
    if (x->inner)
        return x->cls->data(x->inner, frame, sink, err);
    if (x->http_status >= 400) {
        sl_buf_reset(&x->error);
        sl_buf_add(&x->error, frame->data);
        return SLUICE_OK;
    }
    return x->predicts ? vertex_predict_data(x, frame->data, err) : SLUICE_OK;
}

/* Google's status words in what are otherwise errors of anybody's shape. */
static sluice_status failed(sluice_exchange *x, sluice_error *err)
{
    static const struct sl_compat_rule rules[] = {
        { { "UNAUTHENTICATED", 15 }, SLUICE_E_AUTH },
        { { "PERMISSION_DENIED", 17 }, SLUICE_E_FORBIDDEN },
        { { "NOT_FOUND", 9 }, SLUICE_E_NOT_FOUND },
        { { "RESOURCE_EXHAUSTED", 18 }, SLUICE_E_RATE_LIMIT },
        { { "UNAVAILABLE", 11 }, SLUICE_E_UNAVAILABLE },
        { { "DEADLINE_EXCEEDED", 17 }, SLUICE_E_TIMEOUT },
    };
    struct sl_compat_failure f = { .http_status = x->http_status,
                                   .retry_after_ms = x->retry_after_ms,
                                   .body = sl_span_trim(sl_buf_span(&x->error)),
                                   .rules = rules,
                                   .n_rules = sizeof rules / sizeof *rules };

    if (sl_json_type(f.body) == SL_JSON_ARRAY && sl_json_validate(f.body, NULL) >= 0)
        f.body = sl_json_find(f.body, "0"); /* streams wrap it in a list */
    return sl_compat_error(&f, err);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch)) {
        sluice_status st = sl_fetch_end(&x->fetch, err);

        if (st >= 0 && !sl_fetch_pending(&x->fetch))
            st = out_of_memory(begin_inner(x, err), err);
        return st < 0 ? st : SLUICE_MORE;
    }
    if (x->inner)
        return x->cls->end(x->inner, sink, err);
    if (x->http_status >= 400)
        return failed(x, err);
    return x->predicts ? vertex_predict_end(x, sink, err) : SLUICE_OK;
}

/* Which operations a model takes: those of its publisher's language. */
static sluice_status accepts(sluice_provider *self, sluice_span operation, sluice_span model)
{
    static const char *const taken[VERTEX_FAMILIES] = {
        [VERTEX_GOOGLE] = " chat.completions chat.completions.extended embeddings generateContent "
                          "countTokens embedContent ",
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
    out->auth = call->credential == SLUICE_CRED_TOKEN ? SLUICE_AUTH_BEARER
                : call->credential == SLUICE_CRED_KEY ? SLUICE_AUTH_HEADER
                                                      : SLUICE_AUTH_NONE;
    out->auth_param = out->auth == SLUICE_AUTH_HEADER ? SL_SPAN("x-goog-api-key") : SL_SPAN("");
    return SLUICE_OK;
}

SL_PASS_AROUND(begin, request, head, data, end, close_exchange, pass_auth)

static const sluice_provider_class provider = {
    .struct_size = sizeof provider,
    .operations = operations,
    .config_schema = config_schema,
    .origins = origins,
    .create = create,
    .destroy = destroy,
    .begin = pass_begin_,
    .request = pass_request_,
    .head = pass_head_,
    .data = pass_data_,
    .end = pass_end_,
    .close = pass_close_,
    .accepts = accepts,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_PROVIDER_ID) == 0 ? &provider : NULL;
}

static const sluice_plugin descriptor = {
    .magic = SLUICE_MAGIC,
    .struct_size = sizeof descriptor,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .id = "vertex",
    .version = "0.1.0",
    .vendor = "sluice",
    .summary = "Google's Vertex AI: Gemini, Claude and partners' models",
    .get_class = get_class,
};

SLUICE_PLUGIN_ENTRY(vertex)
{
    return &descriptor;
}
