/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look_memo.h - what a dialect's look found in an event or an answer, kept for the next one of the
 * same shape: it need not be looked at again. One memo for the whole answers of a deployment, and
 * one for each kind of event that streams are made of: most have content, one or two come before,
 * one ends it, one tells the usage. Errors, calls of tools and terminators are always looked at.
 */
#ifndef SL_FORMAT_LOOK_MEMO_H
#define SL_FORMAT_LOOK_MEMO_H

#include "format/dialect/dialect.h"
#include "format/json_shape.h"

enum sl_look_kind {
    SL_LOOK_WHOLE,
    SL_LOOK_CONTENT, /* of events from here on */
    SL_LOOK_PREAMBLE,
    SL_LOOK_FINISH,
    SL_LOOK_USAGE,
    SL_LOOK_KINDS /* none of them */
};
/* Whose memo is to keep what was found in an event. */
enum sl_look_kind sl_look_kind(const struct sl_event_view *view);

struct sl_look_memo {
    struct sl_json_shape shape;
    enum sl_event_class cls;
    bool has_usage, usage_null, usage_only;
    uint8_t n_fields;
    struct sl_json_place id, model; /* at 0: there is none */
    struct {
        uint16_t kind;
        struct sl_json_place place;
    } fields[SL_USAGE_FIELDS]; /* of usage */
};

void sl_look_memo_init(struct sl_look_memo *m);
void sl_look_memo_finish(struct sl_look_memo *m);
/* Is text of the shape? Then it is valid; view and usage are as a look would leave them, but for
 * members and content, which are not listed. */
bool sl_look_memo_find(const struct sl_look_memo *m, sluice_span text, struct sl_event_view *view,
                       struct sl_usage *usage);
/* A look found this in the valid text. */
void sl_look_memo_keep(struct sl_look_memo *m, sluice_span text, const struct sl_event_view *view);

#endif
