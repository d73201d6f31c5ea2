/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_shape.h - JSON texts that are built alike and differ in some of their strings and numbers,
 * as the answers of one vendor are, and the events of one stream. A shape is one of these texts and
 * the places that were seen to move; whatever else is found equal need not be looked at again, and
 * what moves is validated. Names, words, brackets and blanks never move, nor do strings that say
 * what kind of thing this is ("type", "finish_reason"), nor the emptiness of a string.
 */
#ifndef SL_FORMAT_JSON_SHAPE_H
#define SL_FORMAT_JSON_SHAPE_H

#include "base/buf.h"

#define SL_SHAPE_MOST 40 /* places that move; a text where more do is not kept */

/* A string, quotes included, or a number; counted from the text's beginning. */
struct sl_json_place {
    uint16_t at, len;
};

struct sl_json_shape {
    struct sl_buf text;   /* a valid one; empty: none yet */
    struct sl_buf places; /* struct sl_json_place: what moves in it, in order */
    uint8_t strikes;      /* texts in a row that were built otherwise */
};

/* Where a text stands against the shape: what moves in it. */
struct sl_json_fit {
    sluice_span text;
    sluice_span moved[SL_SHAPE_MOST];
};

void sl_json_shape_init(struct sl_json_shape *s);
void sl_json_shape_finish(struct sl_json_shape *s);
/* text was validated. It becomes the shape's; places where it differs from the former one move from
 * now on. False: it is not kept (long, or shapes change all the time, or memory is out). */
bool sl_json_shape_learn(struct sl_json_shape *s, sluice_span text);
/* Is text valid and of this shape? False says nothing. */
bool sl_json_shape_fits(const struct sl_json_shape *s, sluice_span text, struct sl_json_fit *fit);
/* Where a value that lies at a place in the shape's text lies in one that fits. */
sluice_span sl_json_shape_at(const struct sl_json_shape *s, const struct sl_json_fit *fit,
                             struct sl_json_place place);

#endif
