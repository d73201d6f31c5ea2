/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - for schema.c and schema_view.c: a schema is looked at through a view, the objects that
 * apply to one value together (itself, what it refers to, the branches of allOf).
 */
#ifndef GEMINI_SCHEMA_H
#define GEMINI_SCHEMA_H

#include "request.h"

#define GEMINI_VIEW_MOST 16
#define GEMINI_DEPTH_MOST 24

struct view {
    const struct sl_json *part[GEMINI_VIEW_MOST];
    size_t n;
    bool nullable;
};

/* root: where references are looked up. */
struct schema_source {
    const struct sl_json *root;
    struct sluice_arena *arena;
};

/* Adds a schema and all that belongs to it; false: too many, or it goes round in circles. */
bool gemini_view_add(const struct schema_source *s, struct view *v, const struct sl_json *schema,
                     unsigned depth);
/* The first member of this name; NULL. */
const struct sl_json *gemini_view_get(const struct view *v, const char *name);
/* The branches of anyOf or oneOf, of which two or more are not null; a single one joins the view.
 * NULL: none to write. */
const struct sl_json *gemini_view_branches(const struct schema_source *s, struct view *v,
                                           unsigned depth, bool *failed);
bool gemini_is_null_type(const struct sl_json *schema);

#endif
