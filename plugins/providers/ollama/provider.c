/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Ollama's own API: chat, completions and embeddings, translated both ways; calls that
 * speak it already are relayed. This file holds the functions of the ABI in their order.
 */
#include <sluice_sdk/config.h>
#include <sluice_sdk/pass.h>
#include <sluice_sdk/plugin.h>
#include <stdlib.h>
#include "ollama.h"

#define DEFAULT_BASE "http://localhost:11434"

static const struct {
    const char *operation, *path;
    enum ollama_kind kind;
} paths[] = {
    { "chat.completions", "/api/chat", OLLAMA_CHAT },
    { "completions", "/api/generate", OLLAMA_GENERATE },
    { "embeddings", "/api/embed", OLLAMA_EMBED },
    { "models.list", "/api/tags", OLLAMA_MODELS },
    { "ollama.chat", "/api/chat", OLLAMA_RELAY },
    { "ollama.generate", "/api/generate", OLLAMA_RELAY },
    { "ollama.embed", "/api/embed", OLLAMA_RELAY },
};

static const char *const operations[] = {
    "chat.completions", "chat.completions.extended", "completions",  "embeddings",  "models.list",
    "ollama.chat",      "ollama.generate",           "ollama.embed", "passthrough", NULL
};
static const char *const origins[] = { "https://ollama.com", NULL };
static const char *const watch[] = { "\"eval_count\"", NULL };

static const char config_schema[] =
    "{\"type\":\"object\","
    "\"x-sluice\":{\"base_url\":\"" DEFAULT_BASE "\",\"key_env\":[\"OLLAMA_API_KEY\"],"
    "\"base_env\":[\"OLLAMA_API_BASE\",\"OLLAMA_HOST\"],\"aliases\":[\"ollama_chat\"]},"
    "\"properties\":{"
    "\"keep_alive\":{\"description\":\"keep_alive of calls that say nothing: how long the model "
    "stays loaded.\"},"
    "\"options\":{\"type\":\"object\","
    "\"description\":\"Options of all calls, such as num_ctx; what a call says "
    "wins.\"}," SL_CHAT_LENIENT_SCHEMA "}}";

/* ---- the deployment ---- */

static bool read_config(sluice_provider *self, const struct sl_json *config)
{
    const struct sl_json *options = sl_json_opt(config, "options");

    self->lenient_arguments = sl_config_true(sl_json_opt(config, "lenient_arguments"));
    if (options && options->type != SL_JSON_OBJECT)
        options = NULL;
    return sl_config_raw(sl_json_opt(config, "keep_alive"), &self->arena, &self->keep_alive) &&
           sl_config_raw(options, &self->arena, &self->options);
}

static void destroy(sluice_provider *self)
{
    if (!self)
        return;
    sl_arena_finish(&self->arena);
    free(self);
}

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);
    const struct sl_json *tree;
    sluice_status st;

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    self->host = host;
    sl_arena_init(&self->arena, 1u << 20);
    st = sl_config_read(config, &self->arena, &tree, err);
    if (st >= 0 && !read_config(self, tree))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    if (st < 0)
        destroy(self);
    else
        *out = self;
    return st;
}

/* ---- the exchange ---- */

static void close_exchange(sluice_exchange *x)
{
    sl_fetch_finish(&x->fetch);
    sl_parts_finish(&x->body);
    sl_failed_finish(&x->failed);
    sl_embed_finish(&x->embed);
}

/* The deployment's base, with or without a path of one of the two APIs. */
static sluice_span url_of(sluice_exchange *x, const char *path)
{
    sluice_span base = x->call->base_url.len ? x->call->base_url : SL_SPAN(DEFAULT_BASE);

    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    if (sl_span_ends(base, sl_span_str(path)))
        base.len -= strlen(path);
    else if (sl_span_ends(base, SL_SPAN("/v1")))
        base.len -= 3;
    else if (sl_span_ends(base, SL_SPAN("/api")))
        base.len -= 4;
    return sl_arena_printf(x->arena, "%s%.*s%s",
                           sl_span_find(base, SL_SPAN("://")) < base.len ? "" : "http://",
                           SL_FMT(base), path);
}

static sluice_status translate(sluice_exchange *x, sluice_error *err)
{
    sluice_status st;

    x->chat.err = err;
    sl_parts_finish(&x->body);
    sl_parts_init(&x->body, x->arena);
    st = ollama_request(x);
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory writing the request") : st;
}

static sluice_status begin_kind(sluice_exchange *x, sluice_error *err)
{
    sluice_status st;

    switch (x->kind) {
    case OLLAMA_CHAT:
        st = sl_fetch_scan(&x->fetch, x->call, NULL, err);
        return st < 0 || sl_fetch_pending(&x->fetch) ? st : translate(x, err);
    case OLLAMA_GENERATE:
        return ollama_generate(x);
    case OLLAMA_EMBED:
        return ollama_embed(x);
    case OLLAMA_MODELS:
        return SLUICE_OK;
    case OLLAMA_RELAY:
        break;
    }
    return sl_parts_relay(x->call, x->arena, &x->parts, &x->n_parts);
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    size_t i = 0;
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    while (i + 1 < sizeof paths / sizeof *paths &&
           !sl_span_eq(call->operation, sl_span_str(paths[i].operation)))
        i++;
    x->self = self;
    x->call = call;
    x->arena = arena;
    x->kind = paths[i].kind;
    sl_fetch_init(&x->fetch, arena);
    sl_parts_init(&x->body, arena);
    sl_failed_init(&x->failed);
    sl_chat_init(&x->chat, self->host, call, arena, err);
    x->chat.fetch = &x->fetch;
    x->chat.lenient = self->lenient_arguments;
    x->url = url_of(x, paths[i].path);
    st = x->url.ptr ? begin_kind(x, err) : SLUICE_E_NOMEM;
    if (st == SLUICE_E_NOMEM)
        sl_fail(err, st, "out of memory writing the request");
    if (st < 0)
        close_exchange(x);
    else
        *out = x;
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    bool stream = (x->call->flags & SLUICE_CALL_STREAM) &&
                  (x->kind == OLLAMA_CHAT || x->kind == OLLAMA_GENERATE);

    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_request(&x->fetch, out, err);
    sl_auth_bearer(x->call, out);
    out->framing = x->kind == OLLAMA_RELAY ? SLUICE_FRAME_RELAY
                   : stream                ? SLUICE_FRAME_LINES
                                           : SLUICE_FRAME_WHOLE;
    out->method = x->kind == OLLAMA_MODELS ? SL_SPAN("GET") : SL_SPAN("POST");
    out->url = x->url;
    out->body = x->parts;
    out->n_body = x->n_parts;
    out->headers = &type;
    out->n_headers = x->kind == OLLAMA_MODELS ? 0 : 1;
    out->watch = x->kind == OLLAMA_RELAY ? watch : NULL;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)framing;
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_head(&x->fetch, h, err);
    sl_failed_head(&x->failed, h, x->self->host->unix_ms(x->self->host));
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_data(&x->fetch, frame, err);
    if (sl_failed(&x->failed)) {
        sl_failed_data(&x->failed, frame->data);
        return SLUICE_OK;
    }
    switch (x->kind) {
    case OLLAMA_CHAT:
        st = ollama_answer(x, frame->data, sink, err);
        break;
    case OLLAMA_GENERATE:
        st = ollama_generated(x, frame->data, sink, err);
        break;
    case OLLAMA_EMBED:
        return ollama_embedded(x, frame->data, sink, err);
    case OLLAMA_MODELS:
        return ollama_models(x, frame->data, sink, err);
    case OLLAMA_RELAY:
        if (ollama_object(frame->data).ptr)
            ollama_usage(sink, sl_span_trim(frame->data));
        break;
    }
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory reading the answer") : st;
}

/* A model that cannot think is asked again without: the wish was a hint. */
static bool refused_to_think(const sluice_exchange *x)
{
    sluice_span body = sl_buf_span(&x->failed.body), text = SL_SPAN("does not support thinking");

    return x->failed.http_status == 400 && x->kind == OLLAMA_CHAT && x->thinks && !x->not_think &&
           sl_span_find(body, text) < body.len;
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_status st;

    (void)sink;
    if (sl_fetch_pending(&x->fetch)) {
        st = sl_fetch_end(&x->fetch, err);
        if (st >= 0 && !sl_fetch_pending(&x->fetch))
            st = translate(x, err);
        return st < 0 ? st : SLUICE_MORE;
    }
    if (refused_to_think(x)) {
        x->not_think = true;
        st = translate(x, err);
        return st < 0 ? st : SLUICE_MORE;
    }
    if (sl_failed(&x->failed))
        return sl_failed_report(&x->failed, NULL, 0, err);
    if (x->kind == OLLAMA_RELAY || x->finished)
        return SLUICE_OK;
    return sl_chat_truncated(err);
}

/* ---- the vendor's own API, as it is ---- */

SL_PASS_BEARER(pass_auth, DEFAULT_BASE)
SL_PASS_AROUND(begin, request, head, data, end, close_exchange, pass_auth)

static const sluice_provider_class provider = {
    .struct_size = sizeof provider,
    .operations = operations,
    .config_schema = config_schema,
    .origins = origins,
    .create = create,
    .destroy = destroy,
    SL_PASS_CLASS,
};

SL_PLUGIN(ollama, "ollama", "0.1.0", "sluice", "Ollama's own API", SLUICE_PROVIDER_ID, &provider)
