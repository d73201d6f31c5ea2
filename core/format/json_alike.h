/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_alike.h - JSON texts that differ in the inside of one string only, as the events of a stream
 * do. What was found out about one of them holds for the next: its bytes are compared, and the one
 * string is validated.
 */
#ifndef SL_FORMAT_JSON_ALIKE_H
#define SL_FORMAT_JSON_ALIKE_H

#include "base/buf.h"

struct sl_json_alike {
    struct sl_buf text;  /* a valid one; empty: none yet */
    size_t head, behind; /* bytes before the string's inside, and from its closing quote on */
};

void sl_json_alike_init(struct sl_json_alike *a);
void sl_json_alike_finish(struct sl_json_alike *a);
/* text was validated; inside: of one of its strings, a span in text. Long texts, and all when
 * memory is out, are not kept: then nothing is alike. */
void sl_json_alike_learn(struct sl_json_alike *a, sluice_span text, sluice_span inside);
/* Is text valid, and the learnt one but for the inside, which is not empty? False says nothing. */
bool sl_json_alike_is(const struct sl_json_alike *a, sluice_span text);

#endif
