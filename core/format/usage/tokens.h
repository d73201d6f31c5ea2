/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens.h - how many tokens a text will be, guessed from what its characters are: words, numbers,
 * signs, scripts. Nobody's vocabulary is at hand; for the larger vendors' of 2024 and later the
 * guess is within some 10 % on prose, code and data in most languages.
 */
#ifndef SL_FORMAT_TOKENS_H
#define SL_FORMAT_TOKENS_H

#include "base/span.h"

/* inside: of a JSON string, still escaped, or plain text without backslashes. In hundredths of a
 * token. Of long texts only samples are looked at, so that its time is bounded. */
int64_t sl_tokens_weigh(sluice_span inside);

#endif
