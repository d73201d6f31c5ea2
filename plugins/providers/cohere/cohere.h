/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cohere.h - what the files of the cohere provider share: the deployment and one exchange. Requests
 * are written by request.c and messages.c, answers read by answer.c (whole) and stream.c (events);
 * embed.c and rerank.c are operations of their own.
 */
#ifndef COHERE_H
#define COHERE_H

#include <sluice/provider.h>
#include <sluice_sdk/chat.h>
#include <sluice_sdk/embed.h>
#include <sluice_sdk/failed.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/status.h>

struct sluice_provider {
    const sluice_host *host;
    bool lenient_arguments;
};

enum cohere_kind { COHERE_CHAT, COHERE_EMBED, COHERE_RERANK, COHERE_RELAY };

struct sluice_exchange {
    sluice_provider *self;
    const sluice_call *call;
    struct sluice_arena *arena; /* the host's, lives until close() */
    enum cohere_kind kind;
    struct sl_chat chat;
    struct sl_parts body;
    const sluice_part *parts;
    size_t n_parts;
    sluice_span url;
    struct sl_failed failed;
    /* chat */
    bool started, finished, streams;
    uint32_t n_calls, call_index; /* of the last that began */
    struct sl_buf citations;      /* elements of a list, raw */
    /* embeddings */
    struct sl_embed embed;
    size_t embed_done;
    int64_t embed_tokens;
    /* rerank */
    bool return_documents;
    const struct sl_json *documents;
};

/* request.c, messages.c */
sluice_status cohere_request(sluice_exchange *x);
sluice_status cohere_write_messages(struct sl_chat *c, struct sl_parts *out,
                                    const struct sl_json *messages, sluice_span hint);

/* answer.c: what whole answers and events have in common. */
sluice_status cohere_whole(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                           sluice_error *err);
sluice_status cohere_start(sluice_exchange *x, const sluice_sink *sink, sluice_span id);
sluice_status cohere_call_start(sluice_exchange *x, const sluice_sink *sink, sluice_span call,
                                uint32_t index);
sluice_status cohere_cite(sluice_exchange *x, sluice_span citation);
sluice_status cohere_logprobs(const sluice_sink *sink, sluice_span item);
void cohere_usage(const sluice_sink *sink, sluice_span usage);
/* reason: the inside of finish_reason; object: what an error is described in. */
sluice_status cohere_finish(sluice_exchange *x, const sluice_sink *sink, sluice_span reason,
                            sluice_span object, sluice_error *err);

/* stream.c: one event. */
sluice_status cohere_event(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                           sluice_error *err);

/* embed.c: `embeddings`, 96 inputs a round. */
sluice_status cohere_embed_begin(sluice_exchange *x);
sluice_status cohere_embed_data(sluice_exchange *x, sluice_span text, sluice_error *err);
sluice_status cohere_embed_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);

/* rerank.c */
sluice_status cohere_rerank_begin(sluice_exchange *x);
sluice_status cohere_rerank_data(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                 sluice_error *err);

extern const struct sl_compat_rule cohere_rules[];
extern const size_t cohere_n_rules;

#endif
