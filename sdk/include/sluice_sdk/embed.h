/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice_sdk/embed.h - embeddings in OpenAI's form, for providers that translate them: the inputs
 * read, the vectors written as numbers or base64.
 */
#ifndef SLUICE_SDK_EMBED_H
#define SLUICE_SDK_EMBED_H

#include <sluice_sdk/buf.h>
#include <sluice_sdk/chat.h>

struct sl_embed {
    sluice_span *inputs; /* inside of strings, as they stand in the body */
    size_t n_inputs;
    bool base64;
    struct sl_buf list; /* elements of `data` so far */
    size_t n;
};

/* input: a string or a list of strings; token lists are INVALID. */
sluice_status sl_embed_init(struct sl_embed *e, struct sl_chat *c, const struct sl_json *input,
                            const struct sl_json *encoding_format);
void sl_embed_finish(struct sl_embed *e);
/* The next vector: raw JSON, a list of numbers, or UPSTREAM. */
sluice_status sl_embed_add(struct sl_embed *e, sluice_span vector, sluice_error *err);
/* The answer; tokens -1 = not known. UPSTREAM: not one vector for each input. */
sluice_status sl_embed_end(struct sl_embed *e, const sluice_sink *sink, sluice_span model,
                           int64_t tokens, sluice_error *err);

#endif
