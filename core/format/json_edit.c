/* SPDX-License-Identifier: Apache-2.0 */
/* json_edit.c - an object sent on with changes at its top level: what stays is the client's text,
 * as long runs; only what changes is new. */
#include "format/json_edit.h"

#include "format/json_lex.h"
#include "format/json_write.h"

struct parts {
    struct sluice_arena *arena;
    sluice_span *list;
    size_t n, size;
    bool failed;
};

static void parts_add(struct parts *p, sluice_span s)
{
    sluice_span *last = p->n ? &p->list[p->n - 1] : NULL;

    if (s.len == 0 || p->failed)
        return;
    if (last && last->ptr + last->len == s.ptr) {
        last->len += s.len;
        return;
    }
    if (p->n == p->size) {
        size_t size = p->size ? p->size * 2 : 8;
        sluice_span *bigger = sl_alloc(p->arena, size * sizeof *bigger);

        if (!bigger) {
            p->failed = true;
            return;
        }
        if (p->n)
            memcpy(bigger, p->list, p->n * sizeof *bigger);
        p->list = bigger;
        p->size = size;
    }
    p->list[p->n++] = s;
}

/* A name that is nowhere in the text: ["name":], with a comma in front unless it is the first. */
static void parts_add_name(struct parts *p, bool first, sluice_span name)
{
    /* The longest escape has six bytes for one. */
    size_t cap = name.len < SIZE_MAX / 8 ? name.len * 6 + 4 : SIZE_MAX;
    struct sl_json_out out;
    struct sl_buf b;
    sluice_span text;

    sl_buf_init(&b, cap);
    out = sl_json_out(&b);
    out.comma = !first;
    sl_json_key_span(&out, name);
    text = sl_arena_dup(p->arena, sl_buf_span(&b));
    if (!sl_buf_ok(&b) || !text.ptr)
        p->failed = true;
    sl_buf_finish(&b);
    parts_add(p, text);
}

static sluice_status parts_out(struct parts *p, sluice_span **list, size_t *n)
{
    if (p->failed)
        return SLUICE_E_NOMEM;
    *list = p->list;
    *n = p->n;
    return SLUICE_OK;
}

/* The last edit of a name counts: is this one it? */
static bool edit_counts(const struct sl_json_edit *edits, size_t n, size_t i)
{
    for (size_t k = i + 1; k < n; k++)
        if (sl_span_eq(edits[k].name, edits[i].name))
            return false;
    return true;
}

/* The edit for a raw name, or NULL. */
static const struct sl_json_edit *edit_for(const struct sl_json_edit *edits, size_t n,
                                           sluice_span inside)
{
    while (n-- > 0)
        if (sl_json_inside_is(inside, edits[n].name))
            return &edits[n];
    return NULL;
}

sluice_status sl_json_edit(sluice_span object, const struct sl_json_edit *edits, size_t n_edits,
                           struct sluice_arena *arena, sluice_span **parts, size_t *n_parts)
{
    struct parts out = { .arena = arena };
    struct sl_json_iter it = { 0 };
    sluice_span inside, value, body = sl_span_trim(object);
    const char *done; /* up to here the text is dealt with */
    bool first = true;

    if (body.len < 2 || body.ptr[0] != '{' || body.ptr[body.len - 1] != '}')
        return SLUICE_E_INVALID;
    done = body.ptr + 1;
    parts_add(&out, sl_span(object.ptr, (size_t)(done - object.ptr)));
    while (sl_json_next(&it, body, &inside, &value)) {
        const struct sl_json_edit *edit = edit_for(edits, n_edits, inside);
        const char *behind = value.ptr + value.len;

        if (!edit || edit->value.ptr) {
            /* From the end of the member before, so with comma and blanks - unless all before it
             * are gone, and the comma with them. */
            bool gone = first && done != body.ptr + 1;
            const char *from = gone ? inside.ptr - 1 : done;
            const char *to = edit ? value.ptr : behind;

            parts_add(&out, sl_span(from, (size_t)(to - from)));
            if (edit)
                parts_add(&out, edit->value);
            first = false;
        }
        done = behind;
    }
    for (size_t i = 0; i < n_edits; i++) {
        if (!edits[i].value.ptr || !edit_counts(edits, n_edits, i) ||
            sl_json_member(body, edits[i].name).ptr)
            continue;
        parts_add_name(&out, first, edits[i].name);
        parts_add(&out, edits[i].value);
        first = false;
    }
    parts_add(&out, sl_span(done, (size_t)(object.ptr + object.len - done)));
    return parts_out(&out, parts, n_parts);
}

static bool is_within(sluice_span outer, sluice_span s)
{
    uintptr_t from = (uintptr_t)outer.ptr, at = (uintptr_t)s.ptr;

    return s.ptr && at >= from && at - from <= outer.len && s.len <= outer.len - (at - from);
}

static const char *back_over_blanks(const char *p, const char *start)
{
    while (p > start && (p[-1] == ' ' || p[-1] == '\n' || p[-1] == '\r' || p[-1] == '\t'))
        p--;
    return p;
}

/* Where the value of a name in the text starts; NULL when the name does not lie in the text. */
static const char *value_start(sluice_span body, sluice_span name)
{
    const char *p, *end = body.ptr + body.len;

    if (!is_within(body, name) || name.ptr == body.ptr || name.ptr[-1] != '"')
        return NULL;
    p = name.ptr + name.len;
    if (p == end || *p != '"')
        return NULL;
    p = sl_json_blanks(p + 1, end);
    return p < end && *p == ':' ? sl_json_blanks(p + 1, end) : NULL;
}

/* What stands before the name in the text and fits here: back to the end of the member before
 * (`done`) when it is the neighbour, else to the comma, or to the brace for the first one. */
static void join_lead(struct parts *out, sluice_span object, const char *brace, sluice_span name,
                      bool first, const char *done)
{
    const char *quote = name.ptr - 1;
    const char *p = back_over_blanks(quote, object.ptr);

    if (first && p == brace + 1) {
        parts_add(out, sl_span(object.ptr, (size_t)(quote - object.ptr)));
    } else if (first) {
        parts_add(out, SL_SPAN("{"));
    } else if (p > brace + 1 && p[-1] == ',') {
        p--;
        if (done && back_over_blanks(p, object.ptr) == done)
            p = done;
        parts_add(out, sl_span(p, (size_t)(quote - p)));
    } else {
        parts_add(out, SL_SPAN(","));
    }
}

/* Does a member stand as it is behind the text's value that ends at `done`? Most do. end: of the
 * object, whose last byte is its brace, so that each byte that fits has a next one. */
static bool stands_behind(const char *done, const char *end, const sluice_header *m)
{
    const char *p = done;

    if (!p || *p++ != ',')
        return false;
    p += *p == ' ';
    if (*p++ != '"' || p != m->name.ptr || m->name.len >= (size_t)(end - p))
        return false;
    p += m->name.len;
    if (*p++ != '"' || *p++ != ':')
        return false;
    p += *p == ' ';
    return p == m->value.ptr && m->value.len < (size_t)(end - p);
}

sluice_status sl_json_join(sluice_span object, const sluice_header *members, size_t n,
                           struct sluice_arena *arena, sluice_span **parts, size_t *n_parts)
{
    struct parts out = { .arena = arena };
    sluice_span body = sl_span_trim(object);
    const char *end = body.ptr + body.len;
    const char *done = NULL; /* the end of the last value, when it was the text's own */

    if (body.len < 2 || body.ptr[0] != '{' || end[-1] != '}')
        return SLUICE_E_INVALID;
    for (size_t i = 0; i < n; i++) {
        sluice_span name = members[i].name, value = members[i].value;
        const char *start;

        if (stands_behind(done, end, &members[i])) {
            parts_add(&out, sl_span(done, (size_t)(value.ptr - done) + value.len));
            done = value.ptr + value.len;
            continue;
        }
        start = value_start(body, name);
        if (start) {
            join_lead(&out, object, body.ptr, name, i == 0, done);
            parts_add(&out, sl_span(name.ptr - 1, (size_t)(start - name.ptr) + 1));
        } else {
            if (i == 0)
                parts_add(&out, SL_SPAN("{"));
            parts_add_name(&out, i == 0, name);
        }
        parts_add(&out, value);
        done = is_within(body, value) ? value.ptr + value.len : NULL;
    }
    if (n == 0)
        parts_add(&out, SL_SPAN("{"));
    if (done && sl_json_blanks(done, end) == end - 1)
        parts_add(&out, sl_span(done, (size_t)(object.ptr + object.len - done)));
    else
        parts_add(&out, SL_SPAN("}"));
    return parts_out(&out, parts, n_parts);
}
