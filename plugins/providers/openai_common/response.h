/* SPDX-License-Identifier: Apache-2.0 */
/* response.h - one chat object on its way to OpenAI's form: response.c and what it is made of. */
#ifndef COMPAT_RESPONSE_H
#define COMPAT_RESPONSE_H

#include "vendor.h"

struct normalizer {
    const struct vendor *v;
    struct normal_state *state;
    struct splice s;
    uint64_t choice; /* of the choice at work: 1 << index, 0 beyond 63 */
    bool first_choice;
    bool last;           /* nothing comes after it: the answer is whole, or this its end */
    sluice_span sources; /* of a whole answer, to be cited; empty = none */
    struct think *think; /* of the choice; NULL: its thoughts stay where they are */
};

void oc_response_replace(struct normalizer *n, sluice_span old, sluice_span with);
/* response_tools.c: what a message's tool_calls hold. */
void oc_response_tools(struct normalizer *n, sluice_span calls);
/* citations.c: annotations of the content, behind it; text: the inside of its string. */
void oc_response_cite(struct normalizer *n, const struct pieces *text);
/* response_message.c: a message or delta. */
void oc_response_message(struct normalizer *n, sluice_span object);

#endif
