/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation.h - what can be asked for, in one table: the dialect of its clients, what its body is,
 * whether it names a model, and through which other operation (its pivot) it is bridged to a
 * deployment that does not take it as it is. Providers and routes use the names; nothing here knows
 * a vendor. A dialect is added by rows here and the files that they name.
 */
#ifndef SL_FORMAT_OPERATION_H
#define SL_FORMAT_OPERATION_H

#include "format/dialect/dialect.h"
#include "format/json_scan.h"
#include "format/dialect/pivot.h"

/* The request's body. */
enum sl_takes {
    SL_TAKES_JSON,    /* one JSON object */
    SL_TAKES_FORM,    /* multipart/form-data; a JSON object is fine too */
    SL_TAKES_NOTHING, /* none; what comes is not read */
    SL_TAKES_ANY      /* whatever the vendor takes: passed on unread */
};

/* The answer's body, of a success. */
enum sl_gives {
    SL_GIVES_JSON,   /* one JSON object, or a stream of events */
    SL_GIVES_EITHER, /* by its content type: JSON, events, or bytes that are not looked into */
    SL_GIVES_BYTES   /* bytes, whatever they say they are */
};

enum sl_model_need {
    SL_MODEL_NEEDED,
    SL_MODEL_OPTIONAL, /* the vendor has a default of its own */
    SL_MODEL_NONE      /* sent to an account, not to a model: routed by provider, or by an id */
};

#define SL_OP_PATH 1u          /* model and stream are in the path, no members of the body */
#define SL_OP_STREAM_UNLESS 2u /* a stream unless `stream` is false */
#define SL_OP_OWN_PARAMETERS                                                                       \
    4u /* members are not named as OpenAI names them: a deployment's                               \
          defaults stay out of it */

#define SL_OP_SOCKET 8u /* no answer, but a WebSocket */

/* A member that an operation cannot do without. */
struct sl_required {
    sluice_span member;
    enum sl_json_type type; /* NONE: a string or an array */
    const char *wanted;
};

struct sl_operation {
    const char *name;                   /* "chat.completions" */
    const struct sl_required *required; /* up to one without a name; NULL = nothing is */
    const struct sl_dialect *dialect;
    bool streams;
    enum sl_takes takes;
    enum sl_gives gives;
    enum sl_model_need model;
    bool cached; /* members alone decide on the answer */
    bool text;   /* the answer is text, whose tokens can be estimated from its length */

    const struct sl_dialect *unless_sse; /* for streams that were not asked for with ?alt=sse */
    const struct sl_dialect *messages;   /* for clients that stay connected: an event a line */
    bool issues;                         /* an answer's id leads back to where it was made */
    uint32_t flags;                      /* SL_OP_* */
    /* Members that the dialect has itself, although LiteLLM gives their names a meaning; a
     * NULL-terminated list, or NULL. */
    const char *const *own;
    const char
        *pivot; /* the operation it is bridged through; NULL = taken as it is, or not at all */
    /* Write the pivot's request. */
    sluice_status (*request)(struct sl_translation *t);
    /* The pivot's whole answer in the client's dialect; NULL = the answer is made of steps. */
    sluice_status (*answer)(struct sl_encoder *e, sluice_span text, struct sluice_arena *scratch,
                            struct sl_buf *b);
    /* Answered here when a deployment does not take it; tokens: an estimate of the request's. */
    void (*estimate)(struct sl_buf *b, int64_t tokens);
};

/* dialect: the client's; empty = the operation's own. NULL: there is no such operation, or none
 * that is asked for in that dialect. */
const struct sl_operation *sl_operation_find(sluice_span name, sluice_span dialect);

/* Members of a request that are meant for the gateway and never go upstream. */
bool sl_member_is_ours(const struct sl_operation *op, sluice_span name);

/* Pseudo-operation in a provider's list: its chat.completions takes the extension members of
 * docs/pivot.md, which plain OpenAI vendors refuse. */
#define SL_OPERATION_EXTENDED "chat.completions.extended"

#endif
