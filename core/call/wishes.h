/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wishes.h - what a client asks to be done to its parameters, in LiteLLM's words: drop_params,
 * additional_drop_params, allowed_openai_params, extra_headers, extra_body. They come on top of the
 * deployment's; what is left out of a request is told in a header of the answer.
 */
#ifndef SL_CALL_WISHES_H
#define SL_CALL_WISHES_H

#include "base/span.h"

struct sl_call;
struct sl_attempt;
enum sl_verdict sl_wishes_read(struct sl_call *c);

struct sl_wishes {
    int drop; /* -1 = not said */
    const sluice_span *drop_list, *allow;
    size_t n_drop, n_allow;
    const sluice_header *headers, *body; /* body: name, raw JSON */
    size_t n_headers, n_body;
};

#define SL_DROPPED_HEADER "x-sluice-dropped-params"
#define SL_DROPPED_ROOM 480

/* Names of one attempt's parameters that did not go out: "a, b". */
struct sl_dropped {
    size_t len;
    char *text; /* SL_DROPPED_ROOM, in its arena; NULL = none yet */
};
/* As sluice_call.dropped: a name is noted once, and as far as there is room
 * and memory. */
void sl_dropped_note(void *attempt, sluice_span name);

#endif
