/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mistral.h - what the files of the mistral provider share: the deployment and one exchange. The
 * vendor speaks OpenAI's form, but strictly: names, ids and the order of messages are put right by
 * request.c, messages.c and ids.c; what answers have of their own by answer.c. What a data file
 * could say (names, a map of words) is here, too, so that there is one place to look.
 */
#ifndef MISTRAL_H
#define MISTRAL_H

#include <sluice/provider.h>
#include <sluice_sdk/chat.h>
#include <sluice_sdk/failed.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/status.h>

struct sluice_provider {
    const sluice_host *host;
    bool lenient_arguments;
};

enum mistral_kind { MISTRAL_CHAT, MISTRAL_FIM, MISTRAL_EMBED };

/* One choice of the answer. */
struct mistral_choice {
    struct mistral_choice *next;
    uint32_t number;
    const char *finish; /* OpenAI's word; NULL = not told yet */
    uint32_t n_calls;
    size_t matched; /* bytes of the prefix that came back so far */
    bool past;      /* the prefix is behind us */
};

struct sluice_exchange {
    sluice_provider *self;
    const sluice_call *call;
    struct sluice_arena *arena; /* the host's, lives until close() */
    enum mistral_kind kind;
    struct sl_chat chat;
    struct sl_parts body;
    const sluice_part *parts;
    size_t n_parts;
    sluice_span url;
    struct sl_failed failed;
    bool started, done, streams;
    sluice_span prefix; /* decoded: an answer begun by the caller, which comes back with the rest */
    struct mistral_choice *choices;
    sluice_span id; /* of a completion */
    int64_t created;
};

/* request.c */
sluice_status mistral_request(sluice_exchange *x);
sluice_status mistral_embed(sluice_exchange *x);

/* messages.c: writes `messages`. */
sluice_status mistral_write_messages(sluice_exchange *x, const struct sl_json *messages);
/* Takes thinking of earlier turns back. */
bool mistral_reasons(sluice_span model);

/* ids.c: an id of nine letters and digits, the same for the same id; inside. */
#define MISTRAL_ID 9
sluice_span mistral_id(sluice_span id, char out[MISTRAL_ID]);

/* answer.c: a whole answer, or the data of an event. */
sluice_status mistral_answer(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                             sluice_error *err);
sluice_status mistral_answer_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
/* Valid JSON of an object that is no error; < 0: err is filled. */
sluice_status mistral_object(sluice_span text, sluice_span *object, sluice_error *err);
void mistral_usage(const sluice_sink *sink, sluice_span object);
const char *mistral_finish_word(sluice_span reason);

/* fim.c: completions between a prompt and a suffix. */
sluice_status mistral_fim(sluice_exchange *x);
sluice_status mistral_fim_answer(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                                 sluice_error *err);

/* An error answer; a request that does not fit is told by what does not: {"detail":[{"loc","msg"}]}
 * or the same inside of `message`. */
sluice_status mistral_failed(sluice_exchange *x, sluice_error *err);

extern const struct sl_compat_rule mistral_rules[];
extern const size_t mistral_n_rules;

#endif
