/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - JSON Schemas for the vendor's grammar compiler: which ones it can hold, and the
 * reduced form it wants (closed objects, no bounds, anyOf for oneOf). */
#include "request.h"

#define MAX_OPTIONAL 24 /* properties that are not required, in the whole schema */
#define MAX_DEFS 64
#define MAX_WORK 1000000u /* names compared: a schema that needs more fits nowhere */

static bool listed(sluice_span name, const char *const *list)
{
    for (; *list; list++)
        if (sl_span_eq(name, sl_span_str(*list)))
            return true;
    return false;
}

/* Members whose value is a map of schemas, a list of schemas, or one schema. */
static const char *const maps[] = { "properties", "$defs", "definitions", NULL };
static const char *const lists[] = { "anyOf", "oneOf", "allOf", NULL };

/* ---- fits? ---- */

struct def {
    const struct sl_json *schema;
    enum { NEW, OPEN, DONE } state;
};

struct check {
    const struct sl_json *root;
    struct def defs[MAX_DEFS];
    size_t n_defs;
    size_t optional, work;
    bool unfit;
};

static void check(struct check *c, const struct sl_json *s);

static bool required(struct check *c, const struct sl_json *list, sluice_span name)
{
    c->work += list ? list->n : 0;
    if (c->work > MAX_WORK)
        c->unfit = true;
    sl_json_each(r, c->unfit ? NULL : list)
    {
        if (sl_span_eq(sl_json_inside(r), name))
            return true;
    }
    return false;
}

/* Follow "#/$defs/NAME"; a schema that leads back to itself is recursive. */
static void check_ref(struct check *c, sluice_span ref)
{
    size_t slash = sl_span_find(ref, SL_SPAN("/"));
    const struct sl_json *defs, *target = NULL;
    sluice_span rest = sl_span_from(ref, slash + 1), name;
    size_t i = 0;

    defs = sl_json_opt(c->root, sl_span_starts(rest, SL_SPAN("$defs/")) ? "$defs" : "definitions");
    name = sl_span_from(rest, sl_span_find_char(rest, '/') + 1);
    c->work += defs ? defs->n : 0;
    sl_json_each(d, c->work > MAX_WORK ? NULL : defs)
    {
        if (sl_span_eq(d->name, name))
            target = d;
    }
    while (i < c->n_defs && c->defs[i].schema != target)
        i++;
    if (!target || i == MAX_DEFS || (i < c->n_defs && c->defs[i].state == OPEN)) {
        c->unfit = true;
        return;
    }
    if (i < c->n_defs)
        return;
    c->defs[c->n_defs++] = (struct def){ target, OPEN };
    check(c, target);
    c->defs[i].state = DONE;
}

static void check(struct check *c, const struct sl_json *s)
{
    const struct sl_json *open = sl_json_get(s, "additionalProperties");
    const struct sl_json *ref = sl_json_get(s, "$ref");
    const struct sl_json *must = sl_json_opt(s, "required");

    if (c->unfit || !s || s->type != SL_JSON_OBJECT)
        return;
    if ((open && open->type != SL_JSON_FALSE) || sl_json_get(s, "patternProperties"))
        c->unfit = true;
    sl_json_each(p, sl_json_opt(s, "properties"))
    {
        if (!required(c, must, p->name))
            c->optional++;
    }
    if (c->optional > MAX_OPTIONAL)
        c->unfit = true;
    if (ref)
        check_ref(c, sl_json_inside(ref));
    sl_json_each(m, s)
    {
        if (sl_span_eq(m->name, SL_SPAN("items"))) {
            check(c, m);
        } else if (sl_span_eq(m->name, SL_SPAN("properties")) || listed(m->name, lists)) {
            sl_json_each(child, m)
            {
                check(c, child);
            }
        }
    }
}

bool anthropic_schema_fits(const struct sl_json *schema)
{
    struct check c = { .root = schema };

    if (!schema || schema->type != SL_JSON_OBJECT)
        return false;
    check(&c, schema);
    return !c.unfit;
}

/* ---- the reduced form ---- */

static const char *const kept[] = { "type",  "required",    "enum", "const", "default",
                                    "title", "description", "$ref", NULL };
static const char *const formats[] = { "date-time", "time", "date", "duration", "email", "hostname",
                                       "uri",       "ipv4", "ipv6", "uuid",     NULL };

static void write_map(struct sl_parts *b, const struct sl_json *map)
{
    sl_json_open(&b->out, '{');
    sl_json_each(m, map)
    {
        sl_json_key_span(&b->out, m->name);
        anthropic_write_schema(b, m);
    }
    sl_json_close(&b->out, '}');
}

static void write_list(struct sl_parts *b, const struct sl_json *list)
{
    sl_json_open(&b->out, '[');
    sl_json_each(s, list)
    {
        anthropic_write_schema(b, s);
    }

    sl_json_close(&b->out, ']');
}

static void write_member(struct sl_parts *b, const struct sl_json *schema, const struct sl_json *m)
{
    bool one_of = sl_span_eq(m->name, SL_SPAN("oneOf"));

    if (listed(m->name, kept) ||
        (sl_span_eq(m->name, SL_SPAN("format")) && listed(sl_json_inside(m), formats))) {
        sl_json_key_span(&b->out, m->name);
        sl_json_raw(&b->out, m->raw);
    } else if (listed(m->name, maps) && m->type == SL_JSON_OBJECT) {
        sl_json_key_span(&b->out, m->name);
        write_map(b, m);
    } else if (listed(m->name, lists) && m->type == SL_JSON_ARRAY) {
        if (one_of && sl_json_get(schema, "anyOf"))
            return;
        sl_json_key_span(&b->out, one_of ? SL_SPAN("anyOf") : m->name);
        write_list(b, m);
    } else if (sl_span_eq(m->name, SL_SPAN("items"))) {
        sl_json_key(&b->out, "items");
        if (m->type == SL_JSON_ARRAY)
            write_list(b, m);
        else
            anthropic_write_schema(b, m);
    }
}

static bool is_object(const struct sl_json *schema)
{
    const struct sl_json *type = sl_json_get(schema, "type");

    if (sl_json_is(type, "object") || sl_json_get(schema, "properties"))
        return true;
    if (type && type->type == SL_JSON_ARRAY)
        sl_json_each(t, type)
        {
            if (sl_json_is(t, "object"))
                return true;
        }

    return false;
}

void anthropic_write_schema(struct sl_parts *b, const struct sl_json *schema)
{
    if (schema->type != SL_JSON_OBJECT) {
        sl_json_raw(&b->out, schema->raw);
        return;
    }
    sl_json_open(&b->out, '{');
    sl_json_each(m, schema)
    {
        write_member(b, schema, m);
    }

    if (is_object(schema))
        sl_json_kv_bool(&b->out, "additionalProperties", false);
    sl_json_close(&b->out, '}');
}
