/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses.h - chat by way of the Responses API, for models that are served by nothing else and
 * for deployments that say so: the request is translated, the answer is told in steps. Inside of
 * strings stays escaped; nothing is decoded.
 */
#ifndef COMPAT_RESPONSES_H
#define COMPAT_RESPONSES_H

#include "vendor.h"

#include <sluice_sdk/chat.h>
#include <sluice_sdk/parts.h>

/* A call of a tool whose arguments are on their way. */
struct oc_pending {
    struct oc_pending *next;
    uint32_t index; /* of its item */
    bool told;      /* a piece of its arguments */
};

struct oc_responses {
    sluice_call call; /* its members by the vendor's rules */
    struct sl_chat chat;
    sluice_arena *mem;
    bool asks_summary, no_summary; /* of thoughts: asked for; refused, so not asked for again */
    const sluice_part *parts;      /* the body */
    size_t n_parts;
    struct oc_pending *calls; /* the last one first */
    bool started, finished;
};

/* call: for chat.completions; its members become the vendor's first. */
sluice_status oc_responses_begin(struct oc_responses *x, const sluice_host *host,
                                 const struct vendor *v, const sluice_call *call, sluice_arena *mem,
                                 sluice_error *err);
/* responses_request.c: the body, also once more. */
sluice_status oc_responses_body(struct oc_responses *x, sluice_error *err);
/* responses_items.c: messages as items; value of `input`. */
sluice_status oc_responses_items(struct sl_chat *c, struct sl_parts *body,
                                 const struct sl_json *messages);

/* responses_answer.c: a whole answer, or an event of a stream. object: valid JSON. */
sluice_status oc_responses_whole(struct oc_responses *x, sluice_span object,
                                 const sluice_sink *sink, sluice_error *err);
sluice_status oc_responses_event(struct oc_responses *x, sluice_span object,
                                 const sluice_sink *sink, sluice_error *err);

#endif
