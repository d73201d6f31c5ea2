/* SPDX-License-Identifier: Apache-2.0 */
/* schema_view.c - see schema.h; and what of a schema the vendor's subset can hold. */
#include "schema.h"

/* ---- what the subset can hold ---- */

bool gemini_schema_fits(const struct sl_json *schema)
{
    /* These change what is allowed; left out, the model could answer otherwise. */
    static const char *const lost[] = {
        "patternProperties", "not",           "if",          "multipleOf",  "exclusiveMinimum",
        "exclusiveMaximum",  "prefixItems",   "$dynamicRef", "uniqueItems", "contains",
        "dependentRequired", "propertyNames", "$ref"
    };

    if (!schema)
        return true;
    for (size_t i = 0; schema->type == SL_JSON_OBJECT && i < sizeof lost / sizeof *lost; i++)
        if (sl_json_get(schema, lost[i]))
            return false;
    if (schema->type == SL_JSON_OBJECT && sl_json_opt(schema, "additionalProperties") &&
        sl_json_opt(schema, "additionalProperties")->type == SL_JSON_OBJECT)
        return false;
    sl_json_each(child, schema)
    {
        /* names of properties are no keywords */
        bool names =
            schema->type == SL_JSON_OBJECT && (sl_span_eq(child->name, SL_SPAN("properties")) ||
                                               sl_span_eq(child->name, SL_SPAN("$defs")) ||
                                               sl_span_eq(child->name, SL_SPAN("definitions")));

        if (names)
            sl_json_each(property, child)
            {
                if (!gemini_schema_fits(property))
                    return false;
            }
        else if (!gemini_schema_fits(child))
            return false;
    }
    return true;
}

bool gemini_schema_empty(const struct sl_json *schema)
{
    const struct sl_json *properties = sl_json_opt(schema, "properties");

    if (!schema || schema->type != SL_JSON_OBJECT)
        return true;
    if (sl_json_opt(schema, "$ref") || sl_json_opt(schema, "allOf") ||
        sl_json_opt(schema, "anyOf") || sl_json_opt(schema, "oneOf"))
        return false;
    return (!properties || !properties->n) &&
           (!sl_json_opt(schema, "type") || sl_json_is(sl_json_opt(schema, "type"), "object"));
}

/* ---- views ---- */

/* "#/$defs/a" and "#/definitions/a", or "#" itself; NULL: not found. */
static const struct sl_json *target(const struct schema_source *s, const struct sl_json *ref)
{
    sluice_span path;
    const struct sl_json *at = s->root;

    if (!sl_json_string(ref->raw, s->arena, &path) || !path.len || path.ptr[0] != '#')
        return NULL;
    path = sl_span_from(path, 1);
    while (path.len && at) {
        sluice_span name;
        const struct sl_json *found = NULL;

        path = sl_span_from(path, 1); /* the slash */
        name = sl_span_head(path, sl_span_find_char(path, '/'));
        path = sl_span_from(path, name.len);
        sl_json_each(child, at)
        {
            if (at->type == SL_JSON_OBJECT && sl_span_eq(child->name, name))
                found = child;
        }
        at = found;
    }
    return at;
}

bool gemini_view_add(const struct schema_source *s, struct view *v, const struct sl_json *schema,
                     unsigned depth)
{
    const struct sl_json *ref = sl_json_opt(schema, "$ref");

    if (!schema || schema->type != SL_JSON_OBJECT)
        return true;
    if (depth > GEMINI_DEPTH_MOST || v->n == GEMINI_VIEW_MOST)
        return false;
    v->part[v->n++] = schema;
    if (ref && !gemini_view_add(s, v, target(s, ref), depth + 1))
        return false;
    sl_json_each(all, sl_json_opt(schema, "allOf"))
    {
        if (!gemini_view_add(s, v, all, depth + 1))
            return false;
    }
    return true;
}

const struct sl_json *gemini_view_get(const struct view *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++)
        if (sl_json_opt(v->part[i], name))
            return sl_json_opt(v->part[i], name);
    return NULL;
}

bool gemini_is_null_type(const struct sl_json *schema)
{
    const struct sl_json *constant = sl_json_get(schema, "const");

    return sl_json_is(sl_json_opt(schema, "type"), "null") ||
           (constant && constant->type == SL_JSON_NULL);
}

/* Does this branch say anything about the shape of a value? */
static bool tells_shape(const struct sl_json *schema)
{
    static const char *const words[] = { "type",  "properties", "enum",  "const", "$ref",
                                         "anyOf", "oneOf",      "allOf", "items", "format" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sl_json_opt(schema, words[i]))
            return true;
    return false;
}

const struct sl_json *gemini_view_branches(const struct schema_source *s, struct view *v,
                                           unsigned depth, bool *failed)
{
    for (unsigned rounds = 0; rounds < GEMINI_DEPTH_MOST; rounds++) {
        const struct sl_json *list = NULL, *only = NULL;
        size_t n = 0, at = 0;

        for (size_t i = 0; i < v->n && !list; i++) {
            list = sl_json_opt(v->part[i], "anyOf");
            if (!list)
                list = sl_json_opt(v->part[i], "oneOf");
            at = i;
        }
        if (!list || list->type != SL_JSON_ARRAY)
            return NULL;
        sl_json_each(branch, list)
        {
            if (gemini_is_null_type(branch)) {
                v->nullable = true;
                continue;
            }
            if (!tells_shape(branch))
                return NULL; /* {"required":[...]} and the like say too little */
            only = branch;
            n++;
        }
        if (n != 1)
            return n ? list : NULL;
        if (at > 0)
            return list; /* a choice inside of allOf stays one */
        /* this level is told by its branch from here on, its other words stay */
        if (!gemini_view_add(s, v, only, depth)) {
            *failed = true;
            return NULL;
        }
        if (sl_json_opt(only, "anyOf") || sl_json_opt(only, "oneOf")) {
            v->part[0] = only; /* descriptions above a nested choice are lost with it */
            continue;
        }
        return NULL;
    }
    return NULL;
}
