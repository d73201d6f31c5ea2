/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - JSON Schema in the vendor's subset: references inlined, allOf merged, null as
 * `nullable`, constants as enums; what the subset lacks is left out at every depth.
 */
#include "schema.h"

struct writer {
    struct request *r;
    struct sl_json_out *o;
    struct schema_source source;
    const char *param;
    unsigned flags, depth;
};

static sluice_status write_view(struct writer *w, struct view *v, sluice_span description);

static sluice_status too_deep(struct writer *w)
{
    return sl_chat_bad(w->r->c, "unsupported_value",
                       "The provider takes no schema that refers to itself or is this deep.", "%s",
                       w->param);
}

static sluice_status write_one(struct writer *w, const struct sl_json *schema, bool nullable,
                               sluice_span description)
{
    struct view v = { .n = 0, .nullable = nullable };
    sluice_status st;

    if (++w->depth > GEMINI_DEPTH_MOST || !gemini_view_add(&w->source, &v, schema, w->depth))
        return too_deep(w);
    st = write_view(w, &v, description);
    w->depth--;
    return st;
}

static sluice_status write_any(struct writer *w, const struct view *v, const struct sl_json *list,
                               sluice_span description)
{
    sl_json_key(w->o, "anyOf");
    sl_json_open(w->o, '[');
    sl_json_each(branch, list)
    {
        sluice_status st;

        if (gemini_is_null_type(branch))
            continue;
        st = write_one(w, branch, v->nullable, description);
        if (st < 0)
            return st;
    }
    sl_json_close(w->o, ']');
    return SLUICE_OK;
}

static bool is_string(const struct sl_json *j)
{
    return j && j->type == SL_JSON_STRING;
}

/* Values that are not strings are written as strings of a type that says what they are. */
static const char *write_enum(struct writer *w, const struct view *v, bool *nullable)
{
    const struct sl_json *list = gemini_view_get(v, "enum"),
                         *constant = gemini_view_get(v, "const");
    const struct sl_json *values = list ? list->child : constant;
    const char *type = NULL;

    if (!values || (list && list->type != SL_JSON_ARRAY))
        return NULL;
    sl_json_key(w->o, "enum");
    sl_json_open(w->o, '[');
    for (const struct sl_json *e = values; e; e = list ? e->next : NULL) {
        if (e->type == SL_JSON_NULL) {
            *nullable = true;
            continue;
        }
        if (is_string(e)) {
            sl_json_raw(w->o, e->raw);
            type = "string";
        } else {
            sl_json_str(w->o, e->raw);
            if (!type)
                type = e->type == SL_JSON_NUMBER ? "number" : "boolean";
        }
    }
    sl_json_close(w->o, ']');
    return type ? type : "string";
}

static bool has_property(const struct writer *w, const struct view *v, const struct sl_json *name)
{
    sluice_span text = sl_json_text(name, w->r->c->arena);

    for (size_t i = 0; i < v->n; i++)
        sl_json_each(p, sl_json_opt(v->part[i], "properties"))
        {
            if (sl_span_eq(p->name, text))
                return true;
        }
    return false;
}

/* Was this property written for an earlier part of the view? */
static bool seen(const struct view *v, size_t before, sluice_span name)
{
    for (size_t i = 0; i < before; i++)
        sl_json_each(p, sl_json_opt(v->part[i], "properties"))
        {
            if (sl_span_eq(p->name, name))
                return true;
        }
    return false;
}

static sluice_status write_properties(struct writer *w, const struct view *v)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n; i++)
        sl_json_each(p, sl_json_opt(v->part[i], "properties"))
        {
            sluice_status st;

            if (seen(v, i, p->name))
                continue;
            if (n++ == 0) {
                sl_json_key(w->o, "properties");
                sl_json_open(w->o, '{');
            }
            sl_json_key_span(w->o, p->name);
            st = write_one(w, p, false, SL_SPAN(""));
            if (st < 0)
                return st;
        }
    if (n)
        sl_json_close(w->o, '}');
    if (n > 1 && (w->flags & GEMINI_SCHEMA_ORDER)) {
        sl_json_key(w->o, "propertyOrdering");
        sl_json_open(w->o, '[');
        for (size_t i = 0; i < v->n; i++)
            sl_json_each(p, sl_json_opt(v->part[i], "properties"))
            {
                if (!seen(v, i, p->name))
                    sl_json_str(w->o, p->name);
            }
        sl_json_close(w->o, ']');
    }
    n = 0;
    for (size_t i = 0; i < v->n; i++)
        sl_json_each(name, sl_json_opt(v->part[i], "required"))
        {
            if (!is_string(name) || !has_property(w, v, name))
                continue;
            if (n++ == 0) {
                sl_json_key(w->o, "required");
                sl_json_open(w->o, '[');
            }
            sl_json_raw(w->o, name->raw);
        }
    if (n)
        sl_json_close(w->o, ']');
    return SLUICE_OK;
}

static sluice_status write_items(struct writer *w, const struct view *v)
{
    const struct sl_json *items = gemini_view_get(v, "items");

    if (!items)
        items = gemini_view_get(v, "prefixItems");
    if (items && items->type == SL_JSON_ARRAY)
        items = items->child;
    sl_json_key(w->o, "items");
    return write_one(w, items, false, SL_SPAN(""));
}

/* A string's format is refused unless it is one of two. */
static void write_format(struct writer *w, const struct view *v, const char *type, bool is_enum)
{
    const struct sl_json *format = gemini_view_get(v, "format");
    bool number = strcmp(type, "number") == 0 || strcmp(type, "integer") == 0;

    if (is_enum && strcmp(type, "string") != 0)
        sl_json_kv_str(w->o, "format", SL_SPAN("enum"));
    else if (strcmp(type, "string") == 0 &&
             (sl_json_is(format, "date-time") || sl_json_is(format, "enum")))
        sl_json_kv_raw(w->o, "format", format->raw);
    else if (number && (sl_json_is(format, "int32") || sl_json_is(format, "int64") ||
                        sl_json_is(format, "float") || sl_json_is(format, "double")))
        sl_json_kv_raw(w->o, "format", format->raw);
}

static const char *const types[] = { "string", "number", "integer", "boolean", "array", "object" };

static const char *type_named(const struct sl_json *j)
{
    sluice_span word = sl_json_inside(j);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_span_ieq(word, sl_span_str(types[i])))
            return types[i];
    return NULL;
}

/* The one type of a view; NULL: none is said. A list of several is in *many. */
static const char *type_of(const struct view *v, bool *nullable, const struct sl_json **many)
{
    const struct sl_json *type = gemini_view_get(v, "type");
    const char *found = NULL;
    size_t n = 0;

    *many = NULL;
    if (!type || type->type != SL_JSON_ARRAY)
        return type_named(type);
    sl_json_each(t, type)
    {
        if (sl_json_is(t, "null"))
            *nullable = true;
        else if (type_named(t)) {
            found = type_named(t);
            n++;
        }
    }
    if (n > 1)
        *many = type;
    return found;
}

/* The type that other words imply. */
static const char *implied(const struct view *v)
{
    if (gemini_view_get(v, "properties"))
        return "object";
    if (gemini_view_get(v, "items") || gemini_view_get(v, "prefixItems"))
        return "array";
    return NULL;
}

static void write_limits(struct writer *w, const struct view *v)
{
    static const char *const kept[] = { "minItems",      "maxItems",  "minProperties",
                                        "maxProperties", "minimum",   "maximum",
                                        "minLength",     "maxLength", "pattern" };

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (gemini_view_get(v, kept[i]))
            sl_json_kv_raw(w->o, kept[i], gemini_view_get(v, kept[i])->raw);
}

/* A view of one type. */
static sluice_status write_typed(struct writer *w, struct view *v, const char *type)
{
    sluice_status st = SLUICE_OK;
    const char *values = write_enum(w, v, &v->nullable);

    if (!type)
        type = values ? values : implied(v);
    if (!type)
        type = "string";
    sl_json_kv_str(w->o, "type", sl_span_str(type));
    write_format(w, v, type, values != NULL);
    write_limits(w, v);
    if (strcmp(type, "object") == 0)
        st = write_properties(w, v);
    else if (strcmp(type, "array") == 0)
        st = write_items(w, v);
    return st;
}

static sluice_status write_view(struct writer *w, struct view *v, sluice_span description)
{
    bool failed = false;
    const struct sl_json *list = gemini_view_branches(&w->source, v, w->depth, &failed), *many,
                         *said = gemini_view_get(v, "description");
    const struct sl_json *nullable = gemini_view_get(v, "nullable");
    const char *type = type_of(v, &v->nullable, &many);
    sluice_status st;

    if (failed)
        return too_deep(w);
    if (is_string(said))
        description = sl_json_inside(said);
    v->nullable = v->nullable || (nullable && sl_json_is_true(nullable->raw));
    sl_json_open(w->o, '{');
    if (list) { /* nothing may stand beside a choice */
        st = write_any(w, v, list, description);
        sl_json_close(w->o, '}');
        return st;
    }
    if (many) {
        sl_json_key(w->o, "anyOf");
        sl_json_open(w->o, '[');
        st = SLUICE_OK;
        sl_json_each(t, many)
        {
            if (!type_named(t) || st < 0)
                continue;
            sl_json_open(w->o, '{');
            st = write_typed(w, v, type_named(t));
            if (v->nullable)
                sl_json_kv_bool(w->o, "nullable", true);
            sl_json_close(w->o, '}');
        }
        sl_json_close(w->o, ']');
        sl_json_close(w->o, '}');
        return st;
    }
    if (description.len) {
        sl_json_key(w->o, "description");
        sl_json_inside_str(w->o, description);
    }
    st = write_typed(w, v, type);
    if (v->nullable)
        sl_json_kv_bool(w->o, "nullable", true);
    sl_json_close(w->o, '}');
    return st;
}

sluice_status gemini_write_schema(struct request *r, const struct sl_json *schema, unsigned flags,
                                  const char *param)
{
    struct writer w = { r, &r->out->out, { schema, r->c->arena }, param, flags, 0 };

    return write_one(&w, schema, false, SL_SPAN(""));
}
