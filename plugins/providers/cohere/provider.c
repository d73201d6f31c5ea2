/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Cohere's API, version 2: chat, embeddings and reranking, translated both ways; calls
 * that speak it already are relayed. This file holds the functions of the ABI in their order.
 */
#include <sluice_sdk/pass.h>
#include <sluice_sdk/plugin.h>
#include <stdlib.h>
#include "cohere.h"

#define CITATIONS_CAP (16u << 20)

static const struct {
    const char *operation, *path;
    enum cohere_kind kind;
} paths[] = {
    { "chat.completions", "/v2/chat", COHERE_CHAT },
    { "embeddings", "/v2/embed", COHERE_EMBED },
    { "rerank", "/v2/rerank", COHERE_RERANK },
    { "cohere.chat", "/v2/chat", COHERE_RELAY },
    { "cohere.embed", "/v2/embed", COHERE_RELAY },
    { "cohere.rerank", "/v2/rerank", COHERE_RELAY },
};

static const char *const operations[] = { "chat.completions",
                                          "chat.completions.extended",
                                          "embeddings",
                                          "rerank",
                                          "cohere.chat",
                                          "cohere.embed",
                                          "cohere.rerank",
                                          "passthrough",
                                          NULL };
static const char *const origins[] = { "https://api.cohere.com", NULL };
static const char *const watch[] = { "\"usage\"", NULL };

static const char config_schema[] =
    "{\"type\":\"object\","
    "\"x-sluice\":{\"base_url\":\"https://api.cohere.com\","
    "\"key_env\":[\"COHERE_API_KEY\",\"CO_API_KEY\"],\"base_env\":[\"COHERE_API_BASE\"],"
    "\"aliases\":[\"cohere_chat\"],"
    "\"serves\":[\"command-*\",\"c4ai-*\",\"embed-*\",\"rerank-*\"]},"
    "\"properties\":{" SL_CHAT_LENIENT_SCHEMA "}}";

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    self->host = host;
    self->lenient_arguments = sl_chat_config(config, "lenient_arguments");
    *out = self;
    return SLUICE_OK;
}

static void destroy(sluice_provider *self)
{
    free(self);
}

static void close_exchange(sluice_exchange *x)
{
    sl_parts_finish(&x->body);
    sl_failed_finish(&x->failed);
    sl_embed_finish(&x->embed);
    sl_buf_finish(&x->citations);
}

static sluice_status begin_kind(sluice_exchange *x)
{
    switch (x->kind) {
    case COHERE_CHAT:
        return cohere_request(x);
    case COHERE_EMBED:
        return cohere_embed_begin(x);
    case COHERE_RERANK:
        return cohere_rerank_begin(x);
    case COHERE_RELAY:
        break;
    }
    return sl_parts_relay(x->call, x->arena, &x->parts, &x->n_parts);
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    sluice_span base = call->base_url.len ? call->base_url : sl_span_str(origins[0]);
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
    sl_parts_init(&x->body, arena);
    sl_failed_init(&x->failed);
    sl_buf_init(&x->citations, CITATIONS_CAP);
    sl_chat_init(&x->chat, self->host, call, arena, err);
    x->chat.lenient = self->lenient_arguments;
    x->url = sl_url_join(arena, base, paths[i].path);
    st = x->url.ptr ? begin_kind(x) : SLUICE_E_NOMEM;
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

    (void)err;
    sl_auth_bearer(x->call, out);
    out->framing = x->kind == COHERE_RELAY ? SLUICE_FRAME_RELAY
                   : x->kind == COHERE_CHAT && (x->call->flags & SLUICE_CALL_STREAM)
                       ? SLUICE_FRAME_SSE
                       : SLUICE_FRAME_WHOLE;
    out->url = x->url;
    out->body = x->parts;
    out->n_body = x->n_parts;
    out->headers = &type;
    out->n_headers = 1;
    out->watch = x->kind == COHERE_RELAY ? watch : NULL;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)err;
    sl_failed_head(&x->failed, h, x->self->host->unix_ms(x->self->host));
    if (x->kind == COHERE_CHAT)
        sl_chat_framing(h, framing);
    x->streams = *framing == SLUICE_FRAME_SSE;
    return SLUICE_OK;
}

/* A relayed answer is only looked at. */
static sluice_status look(sluice_span text, const sluice_sink *sink)
{
    sluice_span usage;

    text = sl_span_trim(text);
    if (sl_json_type(text) != SL_JSON_OBJECT || sl_json_validate(text, NULL) < 0)
        return SLUICE_OK;
    usage = sl_json_find(text, "delta.usage");
    cohere_usage(sink, usage.ptr ? usage : sl_json_find(text, "usage"));
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    sluice_status st;

    if (sl_failed(&x->failed)) {
        sl_failed_data(&x->failed, frame->data);
        return SLUICE_OK;
    }
    switch (x->kind) {
    case COHERE_CHAT:
        st = x->streams ? cohere_event(x, frame->data, sink, err)
                        : cohere_whole(x, frame->data, sink, err);
        return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory reading the answer") : st;
    case COHERE_EMBED:
        return cohere_embed_data(x, frame->data, err);
    case COHERE_RERANK:
        return cohere_rerank_data(x, frame->data, sink, err);
    case COHERE_RELAY:
        break;
    }
    return look(frame->data, sink);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    if (sl_failed(&x->failed)) {
        if (x->failed.http_status == 498) /* a status of the vendor's own: an invalid token */
            x->failed.http_status = 401;
        return sl_failed_report(&x->failed, cohere_rules, cohere_n_rules, err);
    }
    if (x->kind == COHERE_EMBED)
        return cohere_embed_end(x, sink, err);
    if (x->kind == COHERE_RELAY || x->finished)
        return SLUICE_OK;
    return sl_chat_truncated(err);
}

/* ---- the vendor's own API, as it is ---- */

SL_PASS_BEARER(pass_auth, "https://api.cohere.com")
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

SL_PLUGIN(cohere, "cohere", "0.1.0", "sluice", "Cohere's API, version 2", SLUICE_PROVIDER_ID,
          &provider)
