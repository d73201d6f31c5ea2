/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - one request on its way to a vendor's form: request.c goes through the members,
 * request_values.c knows what the rules say of a value. */
#ifndef COMPAT_REQUEST_H
#define COMPAT_REQUEST_H

#include "vendor.h"

#define RULES_MAX 8 /* that apply to one call: the vendor's and those of its model patterns */

struct editor {
    const struct vendor *v;
    const sluice_call *call;
    struct sluice_arena *mem;
    sluice_error *err;
    const struct rules *rules[RULES_MAX];
    size_t n_rules;
    uint64_t concerns;  /* members that one of them is about, perhaps; the others stay */
    sluice_header *out; /* the members so far */
    size_t n;
    sluice_span say; /* to the model, in place of a parameter: a JSON string; ptr NULL = nothing */
};

/* The caller's value; ptr NULL: there is none. */
sluice_span oc_given(const sluice_call *call, sluice_span name);
/* Does the value ask for nothing that its absence would not give as well? */
bool oc_is_neutral(sluice_span name, sluice_span value);
bool oc_value_taken(const struct editor *e, sluice_span name, sluice_span value);
/* The vendor's word for a string, or ptr NULL. */
sluice_span oc_mapped(const struct editor *e, sluice_span name, sluice_span word);
/* What the model is told in place of the value, a JSON string; or ptr NULL. */
sluice_span oc_said_instead(const struct editor *e, sluice_span name, sluice_span value);
/* "How many?" of vendors that have one member where OpenAI has two. false: the member is the number
 * itself, and goes with the other. */
bool oc_counted(const struct editor *e, sluice_span name, sluice_span *value);
sluice_span oc_clamped(const struct editor *e, sluice_span name, sluice_span value);
/* Words go by another name than objects, here and there. */
sluice_span oc_name_by_kind(const struct editor *e, sluice_span name, sluice_span value);

#endif
