/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_tree.h - a read-only tree of spans in an arena, for translation. Numbers stay the text they
 * were, strings stay escaped until asked for; nothing is copied and nothing freed.
 */
#ifndef SL_FORMAT_JSON_TREE_H
#define SL_FORMAT_JSON_TREE_H

#include "format/json_scan.h"

struct sl_json {
    enum sl_json_type type;
    uint32_t n;            /* children */
    sluice_span raw;       /* the value's text */
    sluice_span name;      /* decoded member name; empty in arrays */
    struct sl_json *child; /* the first of n, contiguous siblings linked by next */
    struct sl_json *next;
};

/* Validates like sl_json_validate(), duplicates refused. */
sluice_status sl_json_parse(sluice_span text, struct sluice_arena *arena, struct sl_json **out,
                            struct sl_json_error *err);
/* NULL when absent, or when j is NULL or no object. JSON null is a node of its own. */
const struct sl_json *sl_json_get(const struct sl_json *j, const char *name);
const struct sl_json *sl_json_at(const struct sl_json *j, const char *path); /* "a.b.0" */
/* NULL for absent *and* null: what most optional parameters mean. */
const struct sl_json *sl_json_opt(const struct sl_json *j, const char *name);
/* Decoded text; empty when j is NULL or no string. */
sluice_span sl_json_text(const struct sl_json *j, struct sluice_arena *arena);
/* Inside of the quotes, still escaped; empty when j is NULL or no string. */
sluice_span sl_json_inside(const struct sl_json *j);
int64_t sl_json_int(const struct sl_json *j, int64_t otherwise);
/* String equal to a plain ASCII literal? */
bool sl_json_is(const struct sl_json *j, const char *text);
#define sl_json_each(pos, parent)                                                                  \
    for (const struct sl_json *pos = (parent) ? (parent)->child : NULL; pos; pos = pos->next)

#endif
