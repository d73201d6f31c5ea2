/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retrace.h - a vendor's own stream, in the client's dialect, as the steps that we would have
 * written it from: what an encoder must know to write on where the vendor broke off. One function
 * for each dialect (struct sl_dialect.retrace), with what they share here.
 */
#ifndef SL_FORMAT_RETRACE_H
#define SL_FORMAT_RETRACE_H

#include "format/dialect/dialect.h"

typedef sluice_status (*sl_delta_fn)(void *ctx, const sluice_delta *d);

/* One event under way. What the events say of themselves (ids, names, numbers) goes into the
 * encoder, what they bring to fn, one step at a time. Nobody can write on behind a step of
 * SLUICE_DELTA_TOOL_START: so are told all things that are not understood. */
struct sl_retrace {
    struct sl_encoder *e;
    struct sluice_arena *scratch;
    sl_delta_fn fn;
    void *ctx;
};

/* A step without words. */
sluice_status sl_retrace_step(const struct sl_retrace *r, uint32_t kind);
/* A step with the inside of a JSON string; nothing when it is none, or empty. */
sluice_status sl_retrace_text(const struct sl_retrace *r, uint32_t kind, sluice_span string);
/* A block that is not ours to read: its members. */
sluice_status sl_retrace_opaque(const struct sl_retrace *r, sluice_span object);
/* The blocks so far are over: what comes is another one. */
sluice_status sl_retrace_close(const struct sl_retrace *r);
/* The member of an object; ptr NULL when either is missing. */
sluice_span sl_retrace_member(sluice_span object, const char *name);

#endif
