/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation.h - what can be asked for, in one table: the dialect of its answers, what its body is,
 * whether it names a model. Providers and routes use the names; nothing here knows a vendor.
 */
#ifndef SL_FORMAT_OPERATION_H
#define SL_FORMAT_OPERATION_H

#include "format/dialect.h"

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

struct sl_operation {
    const char *name; /* "chat.completions" */
    const struct sl_dialect *dialect;
    bool streams;
    enum sl_takes takes;
    enum sl_gives gives;
    enum sl_model_need model;
    bool cached; /* members alone decide on the answer */
    bool text;   /* the answer is text, whose tokens can be estimated from its length */
};

/* NULL: unknown. */
const struct sl_operation *sl_operation_find(sluice_span name);

/* Members of a request that are meant for the gateway and never go upstream. */
bool sl_member_is_ours(sluice_span name);

#endif
