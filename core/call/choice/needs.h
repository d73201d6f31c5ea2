/* SPDX-License-Identifier: Apache-2.0 */
/* needs.h - what a request asks of a model, read once from its body. */
#ifndef SL_CALL_NEEDS_H
#define SL_CALL_NEEDS_H

#include "format/usage/prompt.h"
#include "route/fit.h"

struct sl_call;

/* While the body is there: fills c->needs and, where all of it is looked at, makes the guess at
 * c->input_tokens a better one. whole: look at all of it, whatever the configuration says. */
void sl_needs_read(struct sl_call *c, bool whole);
/* Adds the prompt's weight and parts, of any operation's members. */
void sl_needs_weigh(const sluice_header *members, size_t n, struct sl_prompt *out);

#endif
