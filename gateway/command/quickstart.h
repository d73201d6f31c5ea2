/* SPDX-License-Identifier: Apache-2.0 */
/* quickstart.h - a configuration made from flags: `sluice --model gpt-4o` needs no file. */
#ifndef GW_QUICKSTART_H
#define GW_QUICKSTART_H

#include "command/options.h"

#include <sluice/sluice.h>
#include <sluice_sdk/buf.h>

/* JSON text for o->model and the flags that belong to it. False: out of memory, or a flag's value
 * is no JSON or number, which is then said on notes. */
bool gw_quickstart(const struct gw_options *o, struct sl_buf *out, FILE *notes);

/* "gpt-4o" -> "openai/gpt-4o": a name without a provider gets the one whose models are called so.
 * The library asks for "provider/model" and knows no vendor's name. */
void gw_qualified(const char *model, struct sl_buf *out);

/* Fill what sluice_open() needs from the flags: file, or quickstart text (in text), or neither.
 * False when said on notes. */
struct gw_opening {
    sluice_options options;
    struct sl_buf text;
};
bool gw_opening_init(struct gw_opening *g, const struct gw_options *o, FILE *notes);
void gw_opening_finish(struct gw_opening *g);

#endif
