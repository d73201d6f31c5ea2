/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gemini_contents.h - contents on their way to messages. Calls need not have ids there, and answers
 * to them go by name and order: they are given ids here, the same in both places.
 */
#ifndef SL_FORMAT_GEMINI_CONTENTS_H
#define SL_FORMAT_GEMINI_CONTENTS_H

#include "format/dialect/calls.h"
#include "format/gemini/gemini.h"

struct sl_contents {
    struct sl_translation *t;
    struct sl_calls calls;
    size_t at, part; /* where we are, for errors */
};

/* INVALID, with the place of the member. */
sluice_status sl_gemini_bad(const struct sl_contents *x, const char *message, const char *member);
/* The parts of one turn of the model's. */
sluice_status sl_gemini_said(struct sl_contents *x, const struct sl_json *parts);

#endif
