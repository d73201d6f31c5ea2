/* SPDX-License-Identifier: Apache-2.0 */
/* json_find.c - members of text that is known to be valid: values in between are jumped over, not
 * looked at again. On text that is not valid the answer is anything, but never a span outside. */
#include "format/json_lex.h"

/* Behind the string whose inside starts at p. That it is checked once more costs nothing: finding
 * the end with a search for quotes would be slower. */
static inline const char *jump_string(const char *p, const char *end)
{
    struct sl_json_str str = sl_json_lex_string(p, end);

    return str.what ? end : str.end + 1;
}

/* What a byte outside of strings is to the jumps. */
#define BRACKET 1 /* or a quote: inside of arrays and objects only these matter */
#define SCALAR_END 2

static const unsigned char kinds[256] = {
    ['"'] = BRACKET,
    ['{'] = BRACKET,
    ['['] = BRACKET,
    ['}'] = BRACKET | SCALAR_END,
    [']'] = BRACKET | SCALAR_END,
    [','] = SCALAR_END,
    [' '] = SCALAR_END,
    ['\n'] = SCALAR_END,
    ['\r'] = SCALAR_END,
    ['\t'] = SCALAR_END,
};

static inline const char *jump_to(const char *p, const char *end, unsigned char kind)
{
    while (p < end && !(kinds[(unsigned char)*p] & kind))
        p++;
    return p;
}

/* Behind the array or object that starts at p. */
static const char *jump_nested(const char *p, const char *end)
{
    size_t depth = 0;

    for (;;) {
        p = jump_to(p, end, BRACKET);
        if (p == end)
            return end;
        if (*p == '"') {
            p = jump_string(p + 1, end);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if (--depth == 0)
            return p + 1;
        p++;
    }
}

static inline const char *jump_value(const char *p, const char *end)
{
    if (p == end)
        return end;
    if (*p == '"')
        return jump_string(p + 1, end);
    if (*p == '{' || *p == '[')
        return jump_nested(p, end);
    return jump_to(p, end, SCALAR_END);
}

bool sl_json_next(struct sl_json_iter *it, sluice_span container, sluice_span *name,
                  sluice_span *value)
{
    const char *p, *end, *from;

    if (!it->started) {
        it->started = true;
        if (container.len == 0 || (container.ptr[0] != '{' && container.ptr[0] != '['))
            return false;
        it->rest = sl_span_from(container, 1);
    }
    if (it->rest.len == 0)
        return false;
    end = it->rest.ptr + it->rest.len;
    p = sl_json_blanks(it->rest.ptr, end);
    if (p < end && *p == ',')
        p = sl_json_blanks(p + 1, end);
    *name = sl_span(NULL, 0);
    if (p < end && container.ptr[0] == '{' && *p == '"') {
        from = p + 1;
        p = jump_string(from, end);
        *name = sl_span(from, (size_t)(p - from) - (p > from && p[-1] == '"'));
        p = sl_json_blanks(p, end);
        if (p < end && *p == ':')
            p = sl_json_blanks(p + 1, end);
    }
    if (p == end || *p == '}' || *p == ']') {
        it->rest.len = 0;
        return false;
    }
    from = p;
    p = jump_value(p, end);
    *value = sl_span(from, (size_t)(p - from));
    it->rest = sl_span(p, (size_t)(end - p));
    return true;
}

/* A loop of its own rather than sl_json_next(): this is done for every event of every stream. */
sluice_span sl_json_member(sluice_span object, sluice_span name)
{
    const char *p = object.ptr, *end = p + object.len, *from;
    sluice_span inside;

    if (object.len == 0 || *p != '{')
        return sl_span(NULL, 0);
    do {
        p = sl_json_blanks(p + 1, end);
        if (p == end || *p != '"')
            break;
        from = p + 1;
        p = jump_string(from, end);
        inside = sl_span(from, (size_t)(p - from) - (p > from && p[-1] == '"'));
        p = sl_json_blanks(p, end);
        if (p == end || *p != ':')
            break;
        from = sl_json_blanks(p + 1, end);
        p = jump_value(from, end);
        if (sl_json_inside_is(inside, name))
            return sl_span(from, (size_t)(p - from));
        p = sl_json_blanks(p, end);
    } while (p < end && *p == ',');
    return sl_span(NULL, 0);
}

static sluice_span element(sluice_span array, sluice_span index)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;
    uint64_t i;

    if (sl_span_u64(index, UINT32_MAX, &i))
        while (sl_json_next(&it, array, &name, &value))
            if (i-- == 0)
                return value;
    return sl_span(NULL, 0);
}

sluice_span sl_json_find(sluice_span object, const char *path)
{
    sluice_span rest = sl_span_str(path), value = sl_span_trim(object);

    for (;;) {
        sluice_span step = sl_span_head(rest, sl_span_find_char(rest, '.'));

        value =
            value.len && value.ptr[0] == '[' ? element(value, step) : sl_json_member(value, step);
        if (!value.ptr || step.len == rest.len)
            return value;
        rest = sl_span_from(rest, step.len + 1);
    }
}
