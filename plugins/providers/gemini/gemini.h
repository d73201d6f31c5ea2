/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gemini.h - what the files of the gemini provider share: the deployment, one exchange, and what is
 * known of a model by its name. Requests are written by request.h's files, answers read by
 * answer.h's. class.h is what the vertex plugin sees.
 */
#ifndef GEMINI_H
#define GEMINI_H

#include <sluice/ext/share.h>
#include <sluice/provider.h>
#include <sluice_sdk/chat.h>
#include <sluice_sdk/embed.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/status.h>
#include <sluice_sdk/verdict.h>

/* ---- model.c: what a name tells ---- */

struct gemini_model {
    int32_t version; /* 25 for gemini-2.5-*; 30 and more for what comes later, or when a Gemini
                        model's name does not say; 0 = none of the family */
    bool pro, flash_lite, flash;
    bool gemma; /* takes no system instruction */
};
struct gemini_model gemini_model(sluice_span name);
/* Takes JSON Schema as it is beside the vendor's own subset. */
static inline bool gemini_takes_json_schema(const struct gemini_model *m)
{
    return m->version >= 25;
}

/* ---- config.c ---- */

struct sluice_provider {
    const sluice_host *host;
    const sluice_host_share *share; /* NULL: signatures that a client drops are lost */
    struct sluice_arena arena;      /* owns the spans below */
    sluice_span base_model;      /* which model a deployment under another name is; may be empty */
    sluice_span safety_settings; /* raw JSON; empty = the vendor's own */
    bool lenient_arguments;
    bool vertex;
};
extern const char gemini_config_schema[];
sluice_status gemini_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err);
void gemini_destroy(sluice_provider *self);

/* ---- the exchange ---- */

enum gemini_kind { KIND_CHAT, KIND_EMBEDDINGS, KIND_IMAGES, KIND_RELAY };

/* One candidate of the answer. */
struct gemini_candidate {
    struct gemini_candidate *next;
    uint32_t number;
    const char *finish; /* OpenAI's word; NULL = not told yet */
    uint32_t n_calls;
    struct sl_buf text;                 /* so far, decoded; kept only when it may be cited */
    struct sl_buf grounding, citations; /* the last metadata seen, raw */
    struct sl_buf signature;            /* of text; inside */
    struct sl_buf images, parts;        /* elements of lists, raw */
    struct sl_buf audio;                /* bytes */
};

struct gemini_answer {
    bool started, blocked;
    struct gemini_candidate *candidates;
};

struct sluice_exchange {
    sluice_provider *self;
    const sluice_call *call;
    struct sluice_arena *arena; /* the host's, lives until close() */
    struct gemini_model model;
    enum gemini_kind kind;
    struct sl_fetch fetch;
    struct sl_chat chat;
    struct sl_parts body;
    const sluice_part *parts;
    size_t n_parts;
    sluice_span url;
    uint32_t framing;
    int32_t http_status;
    bool cites;       /* text is kept: a search tool is on */
    bool single_call; /* parallel_tool_calls: false */
    struct sl_embed embed;
    sluice_span resource; /* the model's name as embeddings repeat it */
    size_t embed_done;    /* inputs answered in earlier rounds */
    int64_t embed_tokens;
    struct sl_verdict failure;
    struct gemini_answer answer;
};

/* ---- request.c: writes x->body for a call in OpenAI's chat form ---- */
sluice_status gemini_request(sluice_exchange *x);
/* A URL that the vendor reads itself: uploaded files, buckets, videos of YouTube. */
bool gemini_reads_url(sluice_span url);

/* ---- embeddings.c: `embeddings`, a hundred inputs a round ---- */
sluice_status gemini_embed_begin(sluice_exchange *x);
sluice_status gemini_embed_write(sluice_exchange *x);
sluice_status gemini_embed_data(sluice_exchange *x, sluice_span body, sluice_error *err);
/* OK: all are here; MORE. */
sluice_status gemini_embed_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);

/* ---- images.c: `images.generations` ---- */
bool gemini_is_imagen(sluice_span model);
sluice_status gemini_images_begin(sluice_exchange *x);
sluice_status gemini_images_data(sluice_exchange *x, sluice_span body, const sluice_sink *sink,
                                 sluice_error *err);

/* ---- native.c: the vendor's own operations, relayed ---- */
sluice_status gemini_relay(sluice_exchange *x);

/* ---- url.c ---- */
sluice_span gemini_url(sluice_exchange *x, const char *method, bool sse);

/* ---- signatures.c: of calls, for clients that drop what they do not know ---- */

/* What an id carries besides: "call_1__thought__SIGNATURE"; both inside. */
sluice_span gemini_id_of(sluice_span id, sluice_span *signature);
void gemini_signature_keep(sluice_exchange *x, sluice_span id, sluice_span signature);
/* Empty when it is not known. */
sluice_span gemini_signature_find(sluice_exchange *x, sluice_span id);

/* ---- error.c: what a failure means ---- */
void gemini_failure_http(struct sl_verdict *v, int32_t http_status, sluice_span body,
                         struct sluice_arena *arena);
/* An `error` member of an answer with status 200. */
void gemini_failure_event(struct sl_verdict *v, sluice_span error, struct sluice_arena *arena);

#endif
