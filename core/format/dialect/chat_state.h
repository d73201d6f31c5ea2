/* SPDX-License-Identifier: Apache-2.0 */
/* chat_state.h - what openai_chunks.c and openai_whole.c remember of a chat answer under way. */
#ifndef SL_FORMAT_CHAT_STATE_H
#define SL_FORMAT_CHAT_STATE_H

#include "format/dialect/dialect.h"

/* One tool call or thinking block, by the vendor's block number. */
struct sl_chat_block {
    struct sl_chat_block *next;
    uint32_t number; /* the vendor's */
    uint32_t index;  /* tools: dense, in order of appearance */
    bool tool;
    bool has_args;        /* some argument bytes came */
    sluice_span id, name; /* tools: JSON string insides */
    sluice_span opaque;   /* members: of a thinking block that is not ours to read, of a call */
    struct sl_buf text;   /* the thinking; whole answers: arguments, too */
    struct sl_buf signature;
};

struct sl_chat_choice {
    struct sl_chat_choice *next;
    uint32_t number;
    bool started;
    sluice_span finish; /* held back until the end */
    uint32_t n_tools;
    char held[6]; /* a high surrogate escape whose other half is still to come */
    uint32_t n_held;
    struct sl_chat_block *blocks;
    struct sl_buf content, reasoning, refusal, extra; /* whole answers */
    struct sl_buf notes, logprobs; /* elements of annotations and of their list, likewise */
};

/* Find or make; NULL when the arena is full or there are more than any vendor has. */
struct sl_chat_choice *sl_chat_choice(struct sl_encoder *e, uint32_t number);
/* A thinking block: find or make; NULL when the arena is full or there are more than any vendor
 * has. */
struct sl_chat_block *sl_chat_block(struct sl_encoder *e, struct sl_chat_choice *c,
                                    uint32_t number);
/* A call under way, the last one of that number; NULL: none began. */
struct sl_chat_block *sl_chat_call(const struct sl_chat_choice *c, uint32_t number);
/* A call begins; *out NULL: it was said before. Vendors say names with every fragment, and some
 * give each call the same number: then the id tells them apart. */
sluice_status sl_chat_call_begins(struct sl_encoder *e, struct sl_chat_choice *c,
                                  const sluice_delta *d, struct sl_chat_block **out);
/* What is between the brackets of SLUICE_DELTA_LOGPROBS. */
sluice_span sl_chat_elements(sluice_span extra);
/* Does the inside of a JSON string end in an escaped high surrogate? */
bool sl_json_half_pair(sluice_span inside);
/* The word to finish with: tool calls turn `stop` into `tool_calls`. */
sluice_span sl_chat_finish_word(const struct sl_chat_choice *c);

#endif
