/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialect.h - how a client talks: a table of functions over JSON text. What a relayed event means,
 * what a failure looks like on the wire, how the steps of an answer (sluice_delta) are written, and
 * how events are framed. One set of files per dialect; state lives in struct sl_encoder. Bytes to
 * bytes: no sockets, no clock. Which operation speaks which dialect is in operation.h.
 */
#ifndef SL_FORMAT_DIALECT_H
#define SL_FORMAT_DIALECT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "format/framing.h"
#include "format/usage/usage.h"

/* What one event of a stream is good for. */
enum sl_event_class {
    SL_EVENT_PREAMBLE, /* role, id, filter results, pings: nothing a reader waits for */
    SL_EVENT_CONTENT,
    SL_EVENT_TOOL,
    SL_EVENT_USAGE,
    SL_EVENT_FINISH,
    SL_EVENT_ERROR,
    SL_EVENT_END, /* the dialect's terminator: [DONE], message_stop */
};

/* What a look at one event, or at one whole answer, found. Spans are raw JSON values in it. A whole
 * answer is CONTENT or ERROR. */
struct sl_event_view {
    enum sl_event_class cls;
    sluice_span event; /* its name, as the frame had it; empty = none */
    const sluice_header *members;
    size_t n_members;
    sluice_span id, model, error;
    /* Inside of the string that makes an event CONTENT; ptr NULL: not known. Other strings and
     * numbers in their places change nothing else of what the look found (look_memo.h), but for
     * those of usage. So never where a string says what an event is. */
    sluice_span content;
    sluice_span usage; /* as OpenAI writes it; ptr NULL: none, or written otherwise */
    bool has_usage;    /* it told how much was used */
    bool usage_only;   /* the chunk that carries usage and nothing else */
    bool usage_null;   /* has a usage member that is null */
};

/* What all events of an answer have in common, and what is under way. Lives in a call. */
struct sl_encoder {
    const struct sl_dialect *dialect;
    struct sluice_arena *arena;
    sluice_span id, model; /* id: plain text; model: what the client asked for, plain text */
    int64_t created;       /* Unix seconds */
    bool include_usage;
    uint64_t passed;                /* events of the vendor's own that went on */
    const struct sl_usage *usage;   /* what is known so far; NULL = nothing */
    sluice_span echo;               /* what the request's translation left for the answer; raw */
    sluice_span prefix;             /* what every chunk begins with; made at the first one */
    struct sl_chat_choice *choices; /* chat_state.h */
    struct sl_blocks *blocks;       /* blocks.h */
    void *state;                    /* the dialect's own, in the arena */
};

struct sl_retrace;

struct sl_dialect {
    const char *name;         /* "openai" */
    const char *content_type; /* of a stream */
    const char *id_prefix;    /* of ids of answers that we write: "chatcmpl-"; NULL = that */
    enum sl_framing framing;
    bool finish_ends; /* a finish makes a stream whole although no terminator came */
    /* A response header that clients of the dialect read a call's id from; NULL = none more. */
    const char *id_header;

    bool shapes; /* what look() finds holds for texts of the same shape: look_memo.h */
    /* Look at one event (whole = false) or one whole answer. text is validated here: INVALID when
     * it is no JSON object. usage is updated. Members lie in scratch. */
    sluice_status (*look)(sluice_span event, sluice_span text, bool whole,
                          struct sluice_arena *scratch, struct sl_event_view *view,
                          struct sl_usage *usage);
    /* Turn the raw `error` value of an answer that came with status 200 into a failure. */
    sluice_status (*failure)(sluice_span error, sluice_error *err);
    /* The HTTP status of a failure; NULL = sl_error_http_status(). */
    int (*http_status)(sluice_status status, const sluice_error *err);
    /* The body of a failure; the frame of one amid a stream that e, if it wrote one, knows. */
    void (*error_body)(struct sl_buf *b, sluice_status status, const sluice_error *err);
    void (*error_event)(struct sl_encoder *e, struct sl_buf *b, sluice_status status,
                        const sluice_error *err);
    /* Write what a step of the answer becomes in a stream; nothing is fine. */
    sluice_status (*delta)(struct sl_encoder *e, const sluice_delta *d, struct sl_buf *b);
    /* The stream is complete: what was held back (finish), usage, terminator. */
    sluice_status (*end)(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
    /* Gather a step for a whole answer, then write it. */
    sluice_status (*collect)(struct sl_encoder *e, const sluice_delta *d);
    sluice_status (*whole)(struct sl_encoder *e, const struct sl_usage *usage, struct sl_buf *b);
    /* A relayed event as steps, for who writes on behind it (retrace.h); NULL: nobody does. */
    sluice_status (*retrace)(const struct sl_retrace *r, const struct sl_event_view *view,
                             sluice_span text);
    /* What ends a stream besides its events: "data: [DONE]\n\n"; empty = an event does. */
    sluice_span terminator;
};

extern const struct sl_dialect sl_dialect_openai_chat;
extern const struct sl_dialect sl_dialect_openai_plain; /* completions, embeddings: relayed only */
/* Images, audio: relayed; events are typed, and the last one is known by its type. */
extern const struct sl_dialect sl_dialect_openai_events;
extern const struct sl_dialect sl_dialect_anthropic;
extern const struct sl_dialect sl_dialect_gemini;
extern const struct sl_dialect sl_dialect_gemini_list; /* streams are one JSON list */
extern const struct sl_dialect sl_dialect_cohere;
extern const struct sl_dialect sl_dialect_ollama_chat;
extern const struct sl_dialect sl_dialect_ollama_generate;
extern const struct sl_dialect sl_dialect_responses;
extern const struct sl_dialect sl_dialect_responses_messages; /* over a WebSocket */
extern const struct sl_dialect sl_dialect_responses_kept;     /* of what is fetched later */

void sl_encoder_finish(struct sl_encoder *e);

#endif
