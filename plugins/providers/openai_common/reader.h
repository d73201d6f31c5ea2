/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - how the pieces of a data file are read; vendor.c reads the sections, rules.c what is
 * done to requests. The first failure is kept, so that a section needs no check of its own. */
#ifndef COMPAT_READER_H
#define COMPAT_READER_H

#include "vendor.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct reader {
    struct vendor *v;
    const struct sl_json *config;
    sluice_error *err;
    sluice_status st; /* the first failure */
};

void oc_no_memory(struct reader *r);
/* n zeroed objects; NULL after oc_no_memory(). */
void *oc_take(struct reader *r, size_t n, size_t size);
/* Decoded; empty when j is NULL or no string. */
sluice_span oc_text(struct reader *r, const struct sl_json *j);
/* One string or an array of them. */
struct names oc_read_names(struct reader *r, const struct sl_json *j);
/* name -> decoded text, or raw JSON. */
struct pairs oc_read_pairs(struct reader *r, const struct sl_json *j, bool raw);
/* Fill {name} in. What has no value is noted in *missing, and left as it is when missing is NULL:
 * the call's own parameters stand in paths too. */
sluice_span oc_fill_in(struct reader *r, sluice_span template, sluice_span *missing,
                       sluice_span *missing_env);

/* ---- rules.c ---- */

void oc_read_choices(struct reader *r, const struct sl_json *j, struct choice_of **out, size_t *n);
void oc_read_rules(struct reader *r, const struct sl_json *j, struct rules *out);
/* When all of it is there: what it is about. */
void oc_rules_ready(struct rules *r);
void oc_models_ready(struct model_rules *m);
/* What every vendor but OpenAI and its close relatives needs. */
void oc_add_plain_profile(struct reader *r, struct rules *c);

#endif
