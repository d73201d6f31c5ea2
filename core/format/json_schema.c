/* SPDX-License-Identifier: Apache-2.0 */
/* json_schema.c - checks a tree against a tree. */
#include "format/json_schema.h"

#include "base/nearest.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#define DEPTH 32
#define PATH 96

struct walk {
    const struct sl_schema *schema;
    sluice_error *err;
    char path[PATH];
    unsigned depth;
};

static const char *type_name(const struct sl_json *v)
{
    static const char *const names[] = { "nothing", "null",   "boolean", "boolean",
                                         "number",  "string", "array",   "object" };

    return names[v->type];
}

static const char *at(const struct walk *w)
{
    return w->path[0] ? w->path : "the configuration";
}

__attribute__((format(printf, 2, 3))) static sluice_status bad(struct walk *w, const char *fmt, ...)
{
    char text[320];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return sl_fail_param(w->err, SLUICE_E_INVALID, "invalid_config", w->path[0] ? w->path : NULL,
                         "%s: %s", at(w), text);
}

/* Numbers keep their text: is it an integer by value? */
static bool is_integer(const struct sl_json *v)
{
    int64_t n;
    double f;

    if (v->type != SL_JSON_NUMBER)
        return false;
    if (sl_json_i64(v->raw, &n))
        return true;
    return sl_json_f64(v->raw, &f) && (f > 9e18 || f < -9e18);
}

static bool type_fits(const struct sl_json *v, const struct sl_json *word)
{
    if (sl_json_is(word, "integer"))
        return is_integer(v);
    return sl_json_is(word, type_name(v));
}

static sluice_status check_type(struct walk *w, const struct sl_json *type, const struct sl_json *v)
{
    bool fits = false;

    if (!type)
        return SLUICE_OK;
    if (type->type == SL_JSON_ARRAY) {
        sl_json_each(word, type) fits |= type_fits(v, word);
    } else {
        fits = type_fits(v, type);
    }
    return fits ? SLUICE_OK : bad(w, "found %s, wanted %.*s", type_name(v), SL_FMT(type->raw));
}

/* Equal as text; strings by what they say. */
static bool same(struct walk *w, const struct sl_json *a, const struct sl_json *b)
{
    struct sluice_arena *scratch = w->schema->scratch;

    if (a->type != b->type)
        return false;
    if (a->type == SL_JSON_STRING)
        return sl_span_eq(sl_json_text(a, scratch), sl_json_text(b, scratch));
    return sl_span_eq(a->raw, b->raw);
}

static sluice_status check_enum(struct walk *w, const struct sl_json *schema,
                                const struct sl_json *v)
{
    const struct sl_json *list = sl_json_get(schema, "enum"), *one = sl_json_get(schema, "const");
    struct sl_nearest near;
    sluice_span found;

    if (one && !same(w, one, v))
        return bad(w, "found %.*s, wanted %.*s", SL_FMT(sl_span_head(v->raw, 80)),
                   SL_FMT(one->raw));
    if (!list)
        return SLUICE_OK;
    found = sl_json_text(v, w->schema->scratch);
    near = sl_nearest(found);
    sl_json_each(item, list)
    {
        if (same(w, item, v))
            return SLUICE_OK;
        sl_nearest_try(&near, sl_json_text(item, w->schema->scratch));
    }
    if (near.best.len)
        return bad(w, "found %.*s, wanted one of %.*s; did you mean \"%.*s\"?",
                   SL_FMT(sl_span_head(v->raw, 80)), SL_FMT(list->raw), SL_FMT(near.best));
    return bad(w, "found %.*s, wanted one of %.*s", SL_FMT(sl_span_head(v->raw, 80)),
               SL_FMT(list->raw));
}

static bool number_of(const struct sl_json *schema, const char *name, double *out)
{
    const struct sl_json *n = sl_json_get(schema, name);

    return n && sl_json_f64(n->raw, out);
}

static sluice_status check_bounds(struct walk *w, const struct sl_json *schema,
                                  const struct sl_json *v)
{
    double limit, n = 0;
    const char *least = "minimum", *most = "maximum", *unit = "";

    if (v->type == SL_JSON_NUMBER) {
        if (!sl_json_f64(v->raw, &n))
            return SLUICE_OK;
    } else if (v->type == SL_JSON_STRING) {
        n = (double)sl_json_text(v, w->schema->scratch).len;
        least = "minLength", most = "maxLength", unit = " bytes";
    } else if (v->type == SL_JSON_ARRAY) {
        n = v->n;
        least = "minItems", most = "maxItems", unit = " items";
    } else {
        return SLUICE_OK;
    }
    if (number_of(schema, least, &limit) && n < limit)
        return bad(w, "found %.15g%s, wanted at least %.15g", n, unit, limit);
    if (number_of(schema, most, &limit) && n > limit)
        return bad(w, "found %.15g%s, wanted at most %.15g", n, unit, limit);
    return SLUICE_OK;
}

static sluice_status check(struct walk *w, const struct sl_json *schema, const struct sl_json *v);

/* Below name (or [index]), with the path put back afterwards. */
static sluice_status below(struct walk *w, const struct sl_json *schema, const struct sl_json *v,
                           sluice_span name, size_t index)
{
    size_t keep = strlen(w->path);
    sluice_status st;
    char part[PATH];

    if (name.ptr)
        snprintf(part, sizeof part, "%s%.*s", keep ? "." : "",
                 SL_FMT(sl_span_head(name, PATH / 2)));
    else
        snprintf(part, sizeof part, "[%zu]", index);
    /* What is too long is cut: it is for people. */
    sl_copy_text(w->path + keep, PATH - keep, sl_span_str(part));
    st = check(w, schema, v);
    w->path[keep] = 0;
    return st;
}

static bool is_known(const struct walk *w, sluice_span name)
{
    for (size_t i = 0; i < w->schema->n_known && !w->path[0]; i++)
        if (sl_span_eq(w->schema->known[i], name))
            return true;
    return false;
}

static sluice_status unknown_member(struct walk *w, const struct sl_json *properties,
                                    sluice_span name)
{
    struct sl_nearest near = sl_nearest(name);
    const char *where = w->path[0] ? w->path : NULL;
    char param[2 * PATH + 2];

    sl_json_each(p, properties) sl_nearest_try(&near, p->name);
    for (size_t i = 0; i < w->schema->n_known && !where; i++)
        sl_nearest_try(&near, w->schema->known[i]);
    snprintf(param, sizeof param, "%s%s%.*s", where ? where : "", where ? "." : "",
             SL_FMT(sl_span_head(name, PATH)));
    if (near.best.len)
        return sl_fail_param(w->err, SLUICE_E_INVALID, "invalid_config", param,
                             "unknown member \"%s\"; did you mean \"%.*s\"?", param,
                             SL_FMT(near.best));
    return sl_fail_param(w->err, SLUICE_E_INVALID, "invalid_config", param, "unknown member \"%s\"",
                         param);
}

static sluice_status check_object(struct walk *w, const struct sl_json *schema,
                                  const struct sl_json *v)
{
    const struct sl_json *properties = sl_json_get(schema, "properties");
    const struct sl_json *more = sl_json_get(schema, "additionalProperties");
    const struct sl_json *required = sl_json_get(schema, "required");
    sluice_status st = SLUICE_OK;

    sl_json_each(name, required)
    {
        sluice_span wanted = sl_json_text(name, w->schema->scratch);
        bool there = false;

        sl_json_each(m, v) there |= sl_span_eq(m->name, wanted);
        if (!there)
            return bad(w, "found no member \"%.*s\", wanted one", SL_FMT(wanted));
    }
    sl_json_each(m, v)
    {
        const struct sl_json *own = NULL;

        sl_json_each(p, properties) if (sl_span_eq(p->name, m->name)) own = p;
        if (own)
            st = below(w, own, m, m->name, 0);
        else if (is_known(w, m->name))
            continue;
        else if (more && more->type == SL_JSON_FALSE)
            st = unknown_member(w, properties, m->name);
        else if (more && more->type == SL_JSON_OBJECT)
            st = below(w, more, m, m->name, 0);
        if (st < 0)
            return st;
    }
    return SLUICE_OK;
}

static sluice_status check_items(struct walk *w, const struct sl_json *items,
                                 const struct sl_json *v)
{
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!items || items->type != SL_JSON_OBJECT)
        return st;
    sl_json_each(item, v)
    {
        st = below(w, items, item, sl_span(NULL, 0), i++);
        if (st < 0)
            break;
    }
    return st;
}

/* One of several will do; when none does, the last one's complaint stands. */
static sluice_status check_any(struct walk *w, const struct sl_json *list, const struct sl_json *v)
{
    sluice_status st = SLUICE_OK;

    sl_json_each(one, list)
    {
        st = check(w, one, v);
        if (st != SLUICE_E_INVALID)
            break;
    }
    if (st >= 0 && w->err) /* what earlier ones complained of is no fault */
        *w->err = (sluice_error)SLUICE_ERROR_INIT;
    return st;
}

static const struct sl_json *resolve(const struct sl_json *root, const struct sl_json *schema)
{
    for (unsigned hops = 0; schema && hops < DEPTH; hops++) {
        sluice_span ref = sl_json_inside(sl_json_get(schema, "$ref")), name;
        const struct sl_json *defs, *found = NULL;

        if (!ref.len)
            return schema;
        if (!sl_span_starts(ref, SL_SPAN("#/$defs/")))
            return NULL;
        name = sl_span_from(ref, 8);
        defs = sl_json_get(root, "$defs");
        sl_json_each(d, defs) if (sl_span_eq(d->name, name)) found = d;
        schema = found;
    }
    return NULL;
}

static sluice_status check(struct walk *w, const struct sl_json *schema, const struct sl_json *v)
{
    sluice_status st = SLUICE_OK;

    if (schema->type == SL_JSON_TRUE)
        return st;
    schema = resolve(w->schema->root, schema);
    if (!schema || schema->type != SL_JSON_OBJECT || ++w->depth > DEPTH)
        return sl_fail(w->err, SLUICE_E_INTERNAL, "%s: the schema itself cannot be followed",
                       at(w));
    st = check_type(w, sl_json_get(schema, "type"), v);
    if (st >= 0)
        st = check_enum(w, schema, v);
    if (st >= 0)
        st = check_bounds(w, schema, v);
    if (st >= 0 && v->type == SL_JSON_OBJECT)
        st = check_object(w, schema, v);
    if (st >= 0 && v->type == SL_JSON_ARRAY)
        st = check_items(w, sl_json_get(schema, "items"), v);
    if (st >= 0)
        st = check_any(w, sl_json_get(schema, "anyOf"), v);
    if (st >= 0)
        st = check_any(w, sl_json_get(schema, "oneOf"), v);
    w->depth--;
    return st;
}

sluice_status sl_schema_check(const struct sl_schema *schema, const struct sl_json *value,
                              sluice_error *err)
{
    struct walk w = { .schema = schema, .err = err };

    return check(&w, schema->root, value);
}

const struct sl_json *sl_schema_member(const struct sl_json *root, const struct sl_json *schema,
                                       sluice_span name)
{
    const struct sl_json *properties;

    schema = resolve(root, schema);
    properties = sl_json_get(schema, "properties");
    sl_json_each(p, properties) if (sl_span_eq(p->name, name)) return p;
    return NULL;
}
