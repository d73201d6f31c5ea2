/* SPDX-License-Identifier: Apache-2.0 */
/* anthropic_content.h - what the files that translate a Messages request's messages share. */
#ifndef SL_FORMAT_ANTHROPIC_CONTENT_H
#define SL_FORMAT_ANTHROPIC_CONTENT_H

#include "format/anthropic/anthropic.h"

/* Writes the parts of one message. */
struct sl_anthropic_writer {
    struct sl_translation *t;
    size_t message, block; /* where a block stands, for errors */
    size_t n;              /* parts written */
};

static inline bool sl_anthropic_is(const struct sl_json *block, const char *type)
{
    return sl_json_is(sl_json_get(block, "type"), type);
}

sluice_status sl_anthropic_bad(const struct sl_anthropic_writer *w, const char *message,
                               const char *member);
/* {"role":ROLE,"content": and the value is to be written. */
void sl_anthropic_open(struct sl_translation *t, const char *role);
sluice_status sl_anthropic_part(struct sl_anthropic_writer *w, const struct sl_json *block);
/* The part's cache marker and its end. */
void sl_anthropic_close_part(struct sl_anthropic_writer *w, const struct sl_json *block);
/* A single text without marks is a string, which every vendor takes. */
bool sl_anthropic_is_plain(const struct sl_translation *t, const struct sl_json *content);
/* A user's message: results of tools first, as messages of their own. */
sluice_status sl_anthropic_user(struct sl_translation *t, const struct sl_json *content,
                                size_t index);

#endif
