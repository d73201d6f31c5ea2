/* SPDX-License-Identifier: Apache-2.0 */
/* token.h - what token.c reads and token_ask.c goes by. */
#ifndef SL_CREDENTIAL_TOKEN_H
#define SL_CREDENTIAL_TOKEN_H

#include "credential/source.h"
#include "format/json_tree.h"

struct sl_token_input {
    sluice_span name, value;
    struct sl_token_input *next;
};

/* As configured. */
struct sl_token {
    const struct sl_json *spec;
    struct sl_token_input *inputs;
    sluice_span ready; /* a token that needs no service */
    const sluice_span *files;
    size_t n_files;
    sluice_span token_at, in_at, at_at; /* paths in the answer */
};

/* The next {name} from *at on; false: there is none. */
bool sl_token_next_name(sluice_span text, size_t *at, sluice_span *name);
/* NULL: there is none. */
const struct sl_token_input *sl_token_input(const struct sl_token_input *list, sluice_span name);
void sl_token_fetch(const void *self, struct sl_fetch *f);

#endif
