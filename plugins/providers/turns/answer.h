/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - what answers made of blocks have in common: why they stopped, and thinking that is
 * not ours to read. */
#ifndef TURNS_ANSWER_H
#define TURNS_ANSWER_H

#include <sluice_sdk/chat.h>

/* A stop reason that is not "stop". */
struct turns_reason {
    const char *reason, *finish;
};
/* OpenAI's word for a raw reason; `so_far` when it is no string. */
const char *turns_finish_word(sluice_span raw, const struct turns_reason *reasons, size_t n,
                              const char *so_far);
/* The finish. word: the last one, or NULL; called: were any of the caller's tools? */
sluice_status turns_finish(const sluice_sink *sink, const char *word, bool called);
/* data: inside of a string. */
sluice_status turns_redacted(const sluice_sink *sink, uint32_t index, sluice_span data);

#endif
