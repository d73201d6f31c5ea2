/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c - a small value that fits a JSON Schema, for callers who ask for structured output:
 * every property of an object, one element of an array, the user's text for strings. */
#include "mock.h"

#include <sluice_sdk/span.h>

#define DEPTH_MAX 12
#define ARRAY_DEPTH 4 /* arrays further down are empty, which ends recursive schemas */
#define VALUES_MAX 300

struct sampler {
    sluice_span root, text;
    struct sl_json_out o;
    int left; /* values that may still be written */
};

static void value(struct sampler *s, sluice_span schema, int depth);

static bool named(sluice_span word, const char *text)
{
    sluice_span inside;

    return word.ptr && sl_json_raw_string(word, &inside) && sl_span_eq(inside, sl_span_str(text));
}

/* "#/$defs/NAME"; ptr NULL: elsewhere, or nothing. */
static sluice_span definition(const struct sampler *s, sluice_span ref)
{
    static const char *const places[] = { "$defs", "definitions" };
    sluice_span inside, found = sl_span(NULL, 0);

    if (!sl_json_raw_string(ref, &inside))
        return found;
    for (size_t i = 0; i < sizeof places / sizeof *places && !found.ptr; i++) {
        sluice_span all = sl_json_member(s->root, sl_span_str(places[i]));
        size_t skip = 3 + strlen(places[i]); /* "#/" and "/" */

        if (all.ptr && sl_json_type(all) == SL_JSON_OBJECT && inside.len > skip &&
            sl_span_eq(sl_span(inside.ptr + 2, skip - 3), sl_span_str(places[i])))
            found = sl_json_member(all, sl_span_from(inside, skip));
    }
    return found.ptr || !sl_span_eq(inside, SL_SPAN("#")) ? found : s->root;
}

/* The first of several ways; ptr NULL: there are none. */
static sluice_span first_way(sluice_span schema)
{
    static const char *const ways[] = { "anyOf.0", "oneOf.0", "allOf.0" };
    sluice_span found = sl_span(NULL, 0);

    for (size_t i = 0; i < sizeof ways / sizeof *ways && !found.ptr; i++)
        found = sl_json_find(schema, ways[i]);
    return found;
}

static void object(struct sampler *s, sluice_span schema, int depth)
{
    sluice_span properties = sl_json_member(schema, SL_SPAN("properties")), name, one;
    struct sl_json_iter it = { 0 };
    bool first = true;

    sl_json_open(&s->o, '{');
    if (properties.ptr && sl_json_type(properties) == SL_JSON_OBJECT)
        while (sl_json_next(&it, properties, &name, &one)) {
            /* The name is escaped already. */
            if (!first)
                sl_buf_add_char(s->o.buf, ',');
            first = false;
            sl_buf_add_char(s->o.buf, '"');
            sl_buf_add(s->o.buf, name);
            sl_buf_add_str(s->o.buf, "\":");
            s->o.comma = false;
            value(s, one, depth + 1);
        }
    sl_json_close(&s->o, '}');
}

static void array(struct sampler *s, sluice_span schema, int depth)
{
    sluice_span items = sl_json_member(schema, SL_SPAN("items"));

    sl_json_open(&s->o, '[');
    if (items.ptr && sl_json_type(items) == SL_JSON_OBJECT && depth < ARRAY_DEPTH)
        value(s, items, depth + 1);
    sl_json_close(&s->o, ']');
}

static void typed(struct sampler *s, sluice_span schema, int depth)
{
    sluice_span type = sl_json_member(schema, SL_SPAN("type")), least;

    if (type.ptr && sl_json_type(type) == SL_JSON_ARRAY)
        type = sl_json_find(type, "0");
    if (named(type, "object") || (!type.ptr && sl_json_member(schema, SL_SPAN("properties")).ptr)) {
        object(s, schema, depth);
    } else if (named(type, "array")) {
        array(s, schema, depth);
    } else if (named(type, "integer") || named(type, "number")) {
        least = sl_json_member(schema, SL_SPAN("minimum"));
        sl_json_raw(&s->o,
                    least.ptr && sl_json_type(least) == SL_JSON_NUMBER ? least : SL_SPAN("0"));
    } else if (named(type, "boolean")) {
        sl_json_bool(&s->o, true);
    } else if (named(type, "null")) {
        sl_json_null(&s->o);
    } else {
        sl_json_str(&s->o, s->text);
    }
}

static void value(struct sampler *s, sluice_span schema, int depth)
{
    sluice_span fixed = sl_span(NULL, 0), other;

    if (sl_json_type(schema) != SL_JSON_OBJECT || depth > DEPTH_MAX || s->left-- <= 0) {
        sl_json_null(&s->o);
        return;
    }
    fixed = sl_json_member(schema, SL_SPAN("const"));
    if (!fixed.ptr)
        fixed = sl_json_find(schema, "enum.0");
    if (fixed.ptr) {
        sl_json_raw(&s->o, fixed);
        return;
    }
    other = sl_json_member(schema, SL_SPAN("$ref"));
    other = other.ptr ? definition(s, other) : first_way(schema);
    if (other.ptr)
        value(s, other, depth + 1);
    else
        typed(s, schema, depth);
}

void mock_sample_write(sluice_span schema, sluice_span text, struct sl_buf *out)
{
    struct sampler s = { schema, text, sl_json_out(out), VALUES_MAX };

    value(&s, schema, 0);
}
