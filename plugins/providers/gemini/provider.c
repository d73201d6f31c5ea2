/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - Google's Gemini API. Chat calls, embeddings and pictures are translated; calls that
 * speak the API already are relayed. This file holds the functions of the ABI in their order; the
 * rest is called from here.
 */
#include <sluice_sdk/pass.h>
#include "answer.h"
#include "class.h"

static const char *const operations[] = { "chat.completions", "chat.completions.extended",
                                          "embeddings",       "images.generations",
                                          "generateContent",  "countTokens",
                                          "embedContent",     "batchEmbedContents",
                                          "passthrough",      NULL };
static const char *const origins[] = { "https://generativelanguage.googleapis.com", NULL };

/* What of a relayed answer is shown to data(). */
static const char *const watch[] = { "\"usageMetadata\"", "\"error\"", NULL };

static void close_exchange(sluice_exchange *x)
{
    sl_fetch_finish(&x->fetch);
    sl_parts_finish(&x->body);
    sl_embed_finish(&x->embed);
    gemini_answer_close(x);
}

static sluice_status out_of_memory(sluice_status st, sluice_error *err)
{
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory writing the request") : st;
}

/* Everything that the body is made of is here. */
static sluice_status translate(sluice_exchange *x, sluice_error *err)
{
    bool stream = (x->call->flags & SLUICE_CALL_STREAM) != 0;
    sluice_status st;

    x->chat.err = err;
    st = gemini_request(x);
    x->url = gemini_url(x, stream ? "streamGenerateContent" : "generateContent", stream);
    if (st >= 0 && !x->url.ptr)
        st = SLUICE_E_NOMEM;
    x->framing = stream ? SLUICE_FRAME_SSE : SLUICE_FRAME_WHOLE;
    return out_of_memory(st, err);
}

static sluice_status begin_kind(sluice_exchange *x, sluice_error *err)
{
    sluice_status st;

    switch (x->kind) {
    case KIND_CHAT:
        st = sl_fetch_scan(&x->fetch, x->call, gemini_reads_url, err);
        return st < 0 || sl_fetch_pending(&x->fetch) ? st : translate(x, err);
    case KIND_EMBEDDINGS:
        return out_of_memory(gemini_embed_begin(x), err);
    case KIND_IMAGES:
        return out_of_memory(gemini_images_begin(x), err);
    case KIND_RELAY:
        break;
    }
    x->framing = SLUICE_FRAME_RELAY;
    return out_of_memory(gemini_relay(x), err);
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc0(arena, sizeof *x);
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    x->self = self;
    x->call = call;
    x->arena = arena;
    x->model = gemini_model(self->base_model.len ? self->base_model : call->model);
    x->kind = sl_span_eq(call->operation, SL_SPAN("chat.completions"))     ? KIND_CHAT
              : sl_span_eq(call->operation, SL_SPAN("embeddings"))         ? KIND_EMBEDDINGS
              : sl_span_eq(call->operation, SL_SPAN("images.generations")) ? KIND_IMAGES
                                                                           : KIND_RELAY;
    sl_fetch_init(&x->fetch, arena);
    sl_parts_init(&x->body, arena);
    sl_chat_init(&x->chat, self->host, call, arena, err);
    x->chat.fetch = &x->fetch;
    x->chat.lenient = self->lenient_arguments;
    st = begin_kind(x, err);
    if (st < 0)
        close_exchange(x);
    else
        *out = x;
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };

    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_request(&x->fetch, out, err);
    sl_auth_key(x->call, "x-goog-api-key", out);
    out->framing = x->framing;
    out->url = x->url;
    out->body = x->parts;
    out->n_body = x->n_parts;
    out->headers = &type;
    out->n_headers = 1;
    out->watch = x->kind == KIND_RELAY ? watch : NULL;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_head(&x->fetch, h, err);
    x->http_status = h->status;
    if (x->kind == KIND_CHAT)
        sl_chat_framing(h, framing);
    if (h->status >= 400)
        gemini_failure_http(&x->failure, h->status, SL_SPAN(""), x->arena);
    return SLUICE_OK;
}

/* A relayed answer is only looked at. */
static sluice_status look(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                          sluice_error *err)
{
    sluice_span error, object = sl_span_trim(text);

    if (sl_json_type(object) != SL_JSON_OBJECT || sl_json_validate(object, NULL) < 0)
        return SLUICE_OK;
    error = sl_json_find(object, "error");
    if (sl_json_type(error) == SL_JSON_OBJECT) {
        gemini_failure_event(&x->failure, error, sink->scratch);
        return sl_verdict_report(&x->failure, err);
    }
    gemini_usage(sink, sl_json_find(object, "usageMetadata"));
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch))
        return sl_fetch_data(&x->fetch, frame, err);
    if (x->http_status >= 400) {
        gemini_failure_http(&x->failure, x->http_status, frame->data, sink->scratch);
        return SLUICE_OK;
    }
    if (x->kind == KIND_RELAY)
        return look(x, frame->data, sink, err);
    if (x->kind == KIND_EMBEDDINGS)
        return gemini_embed_data(x, frame->data, err);
    if (x->kind == KIND_IMAGES)
        return gemini_images_data(x, frame->data, sink, err);
    return gemini_frame(x, frame->data, sink, err);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    if (sl_fetch_pending(&x->fetch)) {
        sluice_status st = sl_fetch_end(&x->fetch, err);

        if (st >= 0 && !sl_fetch_pending(&x->fetch))
            st = translate(x, err);
        return st < 0 ? st : SLUICE_MORE;
    }
    if (x->http_status >= 400)
        return sl_verdict_report(&x->failure, err);
    if (x->kind == KIND_RELAY || x->kind == KIND_IMAGES)
        return SLUICE_OK;
    if (x->kind == KIND_EMBEDDINGS)
        return gemini_embed_end(x, sink, err);
    return gemini_answer_end(x, sink, err);
}

/* ---- the vendor's own API, as it is ---- */

SL_PASS_KEY(pass_auth, "https://generativelanguage.googleapis.com", "x-goog-api-key")
SL_PASS_AROUND(begin, request, head, data, end, close_exchange, pass_auth)

const sluice_provider_class gemini_provider_class = {
    .struct_size = sizeof gemini_provider_class,
    .operations = operations,
    .config_schema = gemini_config_schema,
    .origins = origins,
    .create = gemini_create,
    .destroy = gemini_destroy,
    SL_PASS_CLASS,
};
