/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ollama.h - what the files of the ollama provider share: the deployment and one exchange. Requests
 * are written by request.c (members, options), messages.c and generate.c, answers read by answer.c
 * (chat) and generate.c (completions); embed.c and models.c are operations of their own.
 */
#ifndef OLLAMA_H
#define OLLAMA_H

#include <sluice/provider.h>
#include <sluice_sdk/chat.h>
#include <sluice_sdk/embed.h>
#include <sluice_sdk/failed.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/status.h>

struct sluice_provider {
    const sluice_host *host;
    struct sluice_arena arena;
    sluice_span keep_alive, options; /* raw JSON; empty = the server's own */
    bool lenient_arguments;
};

enum ollama_kind { OLLAMA_CHAT, OLLAMA_GENERATE, OLLAMA_EMBED, OLLAMA_MODELS, OLLAMA_RELAY };

struct sluice_exchange {
    sluice_provider *self;
    const sluice_call *call;
    struct sluice_arena *arena; /* the host's, lives until close() */
    enum ollama_kind kind;
    struct sl_fetch fetch;
    struct sl_chat chat;
    struct sl_parts body;
    const sluice_part *parts;
    size_t n_parts;
    sluice_span url;
    struct sl_failed failed;
    bool thinks;    /* `think` is in the body */
    bool not_think; /* the model refused it: asked again without */
    bool started, finished;
    uint32_t n_calls;
    sluice_span id; /* of a completion */
    int64_t created;
    struct sl_embed embed;
};

/* request.c: the body of /api/chat; members that all requests share. */
sluice_status ollama_request(sluice_exchange *x);

/* Members that become options, and what is passed on. */
struct ollama_members {
    const struct sl_json *max_tokens, *max_completion_tokens, *stop, *options, *keep_alive;
    const sluice_header **extra;
    size_t n_extra;
};
/* options.c: `options` and `keep_alive`; what is no option stays in extra. */
void ollama_write_options(sluice_exchange *x, struct ollama_members *m);

/* messages.c */
sluice_status ollama_write_messages(struct sl_chat *c, struct sl_parts *out,
                                    const struct sl_json *messages);

/* answer.c: a line of a stream, or a whole answer. */
sluice_status ollama_answer(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err);
/* Valid JSON of an object, without blanks around it; ptr NULL: it is none. */
sluice_span ollama_object(sluice_span text);
void ollama_usage(const sluice_sink *sink, sluice_span object);
/* OpenAI's word for a done_reason. */
const char *ollama_finish_word(sluice_span reason);
/* {"error":"..."}: OK when it is none. */
sluice_status ollama_error(sluice_span object, sluice_error *err);

/* generate.c: completions of a prompt. */
sluice_status ollama_generate(sluice_exchange *x);
sluice_status ollama_generated(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                               sluice_error *err);

/* embed.c, models.c */
sluice_status ollama_embed(sluice_exchange *x);
sluice_status ollama_embedded(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err);
sluice_status ollama_models(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err);

#endif
