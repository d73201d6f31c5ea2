/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.c - validation, and the members of an object found on the way: one pass, no recursion,
 * no tree. */
#include "format/json_scan.h"

#include "format/json_lex.h"

#define FIRST_MEMBERS 32 /* an ordinary request has fewer */

struct members {
    struct sluice_arena *arena;
    sluice_header *list;
    size_t n, size;
    struct sl_json_longs *longs; /* NULL: nobody asks */
    size_t size_longs;
    sluice_header first[FIRST_MEMBERS];
};

enum sl_json_type sl_json_type(sluice_span value)
{
    if (value.len == 0)
        return SL_JSON_NONE;
    switch (value.ptr[0]) {
    case '{':
        return SL_JSON_OBJECT;
    case '[':
        return SL_JSON_ARRAY;
    case '"':
        return SL_JSON_STRING;
    case 't':
        return SL_JSON_TRUE;
    case 'f':
        return SL_JSON_FALSE;
    case 'n':
        return SL_JSON_NULL;
    default:
        return SL_JSON_NUMBER;
    }
}

sluice_status sl_json_fault(struct sl_json_error *err, sluice_span text, const char *at,
                            const char *what)
{
    if (!err)
        return SLUICE_E_INVALID;
    *err = (struct sl_json_error){ .what = what, .line = 1, .column = 1 };
    err->offset = text.ptr ? (size_t)(at - text.ptr) : 0;
    for (size_t i = 0; i < err->offset; i++) {
        err->column++;
        if (text.ptr[i] == '\n') {
            err->line++;
            err->column = 1;
        }
    }
    return SLUICE_E_INVALID;
}

static bool members_grow(struct members *m)
{
    sluice_header *bigger = sl_alloc(m->arena, m->size * 2 * sizeof *bigger);

    if (!bigger)
        return false;
    memcpy(bigger, m->list, m->n * sizeof *bigger);
    m->list = bigger;
    m->size *= 2;
    return true;
}

/* A name is complete; its value follows. */
static bool members_name(struct members *m, const char *name, struct sl_json_str str)
{
    sluice_header *h;

    if (m->n == m->size && !members_grow(m))
        return false;
    h = &m->list[m->n];
    h->value = sl_span(NULL, 0);
    return sl_json_decode(sl_span(name, (size_t)(str.end - name)), str.escaped, m->arena, &h->name);
}

static void note_long(struct members *m, const char *begin, const char *end)
{
    struct sl_json_longs *l = m->longs;

    if (l->n == m->size_longs) {
        size_t size = l->n ? l->n * 2 : 16;
        sluice_span *bigger = sl_alloc(m->arena, size * sizeof *bigger);

        if (!bigger)
            return;
        if (l->n)
            memcpy(bigger, l->list, l->n * sizeof *bigger);
        l->list = bigger;
        m->size_longs = size;
    }
    l->list[l->n++] = sl_span(begin, (size_t)(end - begin));
}

/* The whole of both public functions: inlined into each, so that validation alone pays nothing for
 * the members. */
__attribute__((always_inline)) static inline sluice_status scan(sluice_span text, struct members *m,
                                                                struct sl_json_error *err)
{
    const char *p = text.ptr, *end = p + text.len, *from, *fault;
    const char *value = p; /* where the current top-level member's value starts */
    struct sl_json_nest nest;
    struct sl_json_str str;

    nest.depth = 0;
    p = sl_json_blanks(p, end);
    if (m && p < end && *p != '{')
        return sl_json_fault(err, text, p, "not an object");
value:
    if (p == end)
        goto early;
    if (m && nest.depth == 1)
        value = p;
    switch (*p) {
    case '"':
        str = sl_json_lex_string(p + 1, end);
        if (str.what)
            return sl_json_fault(err, text, str.end, str.what);
        if (m && str.end - p > SL_JSON_LONG && m->longs)
            note_long(m, p + 1, str.end);
        p = str.end + 1;
        break;
    case '{':
        if (!sl_json_nest_push(&nest, true))
            goto deep;
        p = sl_json_blanks(p + 1, end);
        if (p == end || *p != '}')
            goto name;
        nest.depth--;
        p++;
        break;
    case '[':
        if (!sl_json_nest_push(&nest, false))
            goto deep;
        p = sl_json_blanks(p + 1, end);
        if (p == end || *p != ']')
            goto value;
        nest.depth--;
        p++;
        break;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        p = sl_json_lex_number(p, end, &fault);
        if (!p)
            return sl_json_fault(err, text, fault, "malformed number");
        break;
    default:
        from = p;
        p = sl_json_lex_word(p, end);
        if (!p)
            return sl_json_fault(err, text, from, "unexpected character");
    }
after:
    if (m && nest.depth == 1) {
        m->list[m->n].value = sl_span(value, (size_t)(p - value));
        m->n++;
    }
    p = sl_json_blanks(p, end);
    if (nest.depth == 0) {
        if (p != end)
            return sl_json_fault(err, text, p, "more text after the value");
        return SLUICE_OK;
    }
    if (p == end)
        goto early;
    if (*p == ',') {
        p = sl_json_blanks(p + 1, end);
        if (sl_json_nest_object(&nest))
            goto name;
        goto value;
    }
    if (*p != (sl_json_nest_object(&nest) ? '}' : ']'))
        return sl_json_fault(err, text, p, "unexpected character");
    nest.depth--;
    p++;
    goto after;
name:
    if (p == end)
        goto early;
    if (*p != '"')
        return sl_json_fault(err, text, p, "expected a name in quotes");
    from = p + 1;
    str = sl_json_lex_string(from, end);
    if (str.what)
        return sl_json_fault(err, text, str.end, str.what);
    if (m && nest.depth == 1 && !members_name(m, from, str))
        return SLUICE_E_NOMEM;
    p = sl_json_blanks(str.end + 1, end);
    if (p == end)
        goto early;
    if (*p != ':')
        return sl_json_fault(err, text, p, "expected a colon");
    p = sl_json_blanks(p + 1, end);
    goto value;
early:
    return sl_json_fault(err, text, end, "unexpected end");
deep:
    return sl_json_fault(err, text, p, "nested too deep");
}

sluice_status sl_json_validate(sluice_span text, struct sl_json_error *err)
{
    if (text.len == 0)
        return sl_json_fault(err, text, text.ptr, "unexpected end");
    return scan(text, NULL, err);
}

static sluice_status members_finish(struct members *m, sluice_span text, sluice_header **out,
                                    size_t *n, struct sl_json_error *err)
{
    size_t twice = sl_json_twice(&m->list[0].name, sizeof m->list[0], m->n, m->arena);

    if (twice == SIZE_MAX)
        return SLUICE_E_NOMEM;
    if (twice < m->n)
        return sl_json_fault(err, text, m->list[twice].value.ptr, "a name appears twice");
    if (m->list == m->first) {
        m->list = sl_alloc(m->arena, m->n * sizeof *m->list);
        if (!m->list)
            return SLUICE_E_NOMEM;
        memcpy(m->list, m->first, m->n * sizeof *m->list);
    }
    *out = m->list;
    *n = m->n;
    return SLUICE_OK;
}

sluice_status sl_json_members(sluice_span text, struct sluice_arena *arena, sluice_header **out,
                              size_t *n, struct sl_json_error *err)
{
    return sl_json_members_longs(text, arena, out, n, NULL, err);
}

sluice_status sl_json_members_longs(sluice_span text, struct sluice_arena *arena,
                                    sluice_header **out, size_t *n, struct sl_json_longs *longs,
                                    struct sl_json_error *err)
{
    struct members m;
    sluice_status st;

    if (longs)
        *longs = (struct sl_json_longs){ NULL, 0 };
    if (text.len == 0)
        return sl_json_fault(err, text, text.ptr, "unexpected end");
    m.arena = arena;
    m.list = m.first;
    m.n = 0;
    m.size = FIRST_MEMBERS;
    m.longs = longs;
    m.size_longs = 0;
    st = scan(text, &m, err);
    if (st == SLUICE_OK)
        st = members_finish(&m, text, out, n, err);
    return st;
}

const char *sl_json_longs_end(const struct sl_json_longs *longs, const char *p)
{
    size_t from = 0, to = longs->n;

    while (from < to) {
        size_t at = from + (to - from) / 2;
        uintptr_t begin = (uintptr_t)longs->list[at].ptr;

        if (begin == (uintptr_t)p)
            return p + longs->list[at].len;
        if (begin < (uintptr_t)p)
            from = at + 1;
        else
            to = at;
    }
    return NULL;
}
