/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vertex.h - what the files of the vertex provider share. The plugin is a place, not a language: it
 * knows hosts, paths and whose model a name is; bodies and answers are the business of the class
 * that speaks the publisher's language, Gemini's, Anthropic's or Mistral's, which is driven as a
 * host would.
 */
#ifndef VERTEX_H
#define VERTEX_H

#include <sluice/provider.h>
#include <sluice_sdk/chat.h>
#include <sluice_sdk/embed.h>
#include <sluice_sdk/fetch.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/status.h>
#include "../anthropic/class.h"
#include "../gemini/class.h"
#include "../mistral/class.h"

/* Whose model it is, and so which language is spoken. */
enum vertex_family {
    VERTEX_GOOGLE,   /* publishers/google: generateContent */
    VERTEX_ENDPOINT, /* endpoints/ID: a tuned one, likewise */
    VERTEX_CLAUDE,   /* publishers/anthropic: rawPredict, Messages */
    VERTEX_MISTRAL,  /* publishers/mistralai: rawPredict, Mistral's own form */
    VERTEX_OPENAPI,  /* endpoints/openapi: OpenAI's form; "publisher/model" */
    VERTEX_FAMILIES
};
enum vertex_family vertex_family(sluice_span model);

struct sluice_provider {
    const sluice_host *host;
    sluice_provider *google, *claude, *mistral; /* of the other classes */
    struct sluice_arena arena;
    sluice_span project, location; /* of the deployment's own configuration; may be empty */
};

struct sluice_exchange {
    sluice_provider *self;
    sluice_call call; /* as the other class is shown it */
    struct sluice_arena *arena;
    enum vertex_family family;
    sluice_span project, location, quota_project;
    const sluice_provider_class *cls; /* NULL: this plugin speaks for itself */
    sluice_exchange *inner;           /* of cls */
    struct sl_fetch fetch;            /* images for Claude */
    struct sl_chat chat;
    struct sl_embed embed; /* textembedding models */
    struct sl_parts body;
    const sluice_part *parts;
    size_t n_parts;
    bool predicts; /* embeddings, by :predict */
    bool embeds;   /* or by :embedContent, one a call */
    size_t embed_done;
    int64_t embed_tokens;
    sluice_span url;
    sluice_header headers[8];
    size_t n_headers;
    int32_t http_status;
    uint32_t retry_after_ms;
    struct sl_buf error; /* an error answer, kept until end() */
};

/* exchange.c: as in sluice_provider_class. */
sluice_status vertex_begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err);
sluice_status vertex_request(sluice_exchange *x, sluice_http_request *out, sluice_error *err);
sluice_status vertex_head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err);
sluice_status vertex_data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err);
sluice_status vertex_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
void vertex_close(sluice_exchange *x);
/* url.c: sets x->url; INVALID when no project is known. */
sluice_status vertex_url(sluice_exchange *x, sluice_error *err);
/* A name without what stands before it. */
sluice_span vertex_last_segment(sluice_span model);
/* predict.c: embeddings as instances and predictions. */
sluice_status vertex_predict_begin(sluice_exchange *x);
sluice_status vertex_predict_data(sluice_exchange *x, sluice_span body, sluice_error *err);
sluice_status vertex_predict_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
/* openai.c: bodies in OpenAI's form, sent on with the model as the place names it. */
sluice_status vertex_openai_begin(sluice_exchange *x);

#endif
