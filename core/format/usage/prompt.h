/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prompt.h - what a request's prompt amounts to: tokens, and which kinds of input it brings. Reads
 * any dialect's messages, since it goes by the names that all of them share ("type", "role", media
 * types); nothing is decoded or allocated. Of long prompts most texts are judged by how they begin.
 */
#ifndef SL_FORMAT_PROMPT_H
#define SL_FORMAT_PROMPT_H

#include "format/json_scan.h"

struct sl_prompt {
    int64_t weight; /* hundredths of a token; sl_prompt_tokens() */
    uint32_t images, sounds, films, papers;
    size_t bytes, n_texts;             /* of text that was looked at; texts since that is enough */
    int64_t of_bytes;                  /* what those weigh */
    const struct sl_json_longs *longs; /* of the values' text, where they are known */
};

enum sl_prompt_part {
    SL_PROMPT_MESSAGES, /* text is in strings; names say what it is */
    SL_PROMPT_SCHEMA,   /* tools, schemas of answers: names are read by the model as well */
};

/* Adds one *valid* raw JSON value. */
void sl_prompt_add(struct sl_prompt *p, sluice_span value, enum sl_prompt_part part);
int64_t sl_prompt_tokens(const struct sl_prompt *p);

#endif
