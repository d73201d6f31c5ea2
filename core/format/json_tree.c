/* SPDX-License-Identifier: Apache-2.0 */
/* json_tree.c - builds the tree while validating, in one pass. The children of an open bracket wait
 * on a stack until it closes; then they move to the arena side by side. */
#include "format/json_tree.h"

#include "format/json_lex.h"

#define FIRST_PENDING 32

struct builder {
    struct sluice_arena *arena;
    struct sl_json *pending;
    size_t n, size;
    size_t opened[SL_JSON_DEPTH]; /* where each open bracket waits in pending */
    struct sl_json_nest nest;
    struct sl_json first[FIRST_PENDING];
};

/* The node that the next value goes to. An object's name opens it, elsewhere the value itself. */
static struct sl_json *push(struct builder *b, sluice_span name)
{
    if (b->n == b->size) {
        struct sl_json *bigger = sl_alloc(b->arena, b->size * 2 * sizeof *bigger);

        if (!bigger)
            return NULL;
        memcpy(bigger, b->pending, b->n * sizeof *bigger);
        b->pending = bigger;
        b->size *= 2;
    }
    b->pending[b->n] = (struct sl_json){ .name = name };
    return &b->pending[b->n++];
}

/* The innermost bracket closes behind `end`: its children settle. */
static sluice_status settle(struct builder *b, const char *end, struct sl_json **twice)
{
    size_t at = b->opened[--b->nest.depth];
    struct sl_json *node = &b->pending[at], *waiting = node + 1;
    size_t n = b->n - at - 1;

    node->raw.len = (size_t)(end - node->raw.ptr);
    b->n = at + 1;
    if (n == 0)
        return SLUICE_OK;
    if (n > UINT32_MAX)
        return SLUICE_E_NOMEM;
    node->n = (uint32_t)n;
    node->child = sl_alloc(b->arena, n * sizeof *node->child);
    if (!node->child)
        return SLUICE_E_NOMEM;
    memcpy(node->child, waiting, n * sizeof *node->child);
    for (size_t i = 0; i + 1 < n; i++)
        node->child[i].next = &node->child[i + 1];
    if (node->type == SL_JSON_OBJECT) {
        size_t i = sl_json_twice(&node->child[0].name, sizeof *node->child, n, b->arena);

        if (i == SIZE_MAX)
            return SLUICE_E_NOMEM;
        if (i < n) {
            *twice = &node->child[i];
            return SLUICE_E_INVALID;
        }
    }
    return SLUICE_OK;
}

/* A value other than an array or object: behind it, or NULL with *fault and *what set. */
static const char *scalar(const char *p, const char *end, const char **fault, const char **what)
{
    struct sl_json_str str;
    const char *from = p;

    if (*p == '"') {
        str = sl_json_lex_string(p + 1, end);
        *fault = str.end;
        *what = str.what;
        return str.what ? NULL : str.end + 1;
    }
    if (*p == '-' || (*p >= '0' && *p <= '9')) {
        *what = "malformed number";
        return sl_json_lex_number(p, end, fault);
    }
    *fault = from;
    *what = "unexpected character";
    return sl_json_lex_word(p, end);
}

static sluice_status build(struct builder *b, sluice_span text, struct sl_json_error *err)
{
    const char *p = text.ptr, *end = p + text.len, *from, *fault = p, *what;
    struct sl_json *node, *twice = NULL;
    struct sl_json_str str;
    sluice_span name;
    sluice_status st;

    p = sl_json_blanks(p, end);
element:
    name = sl_span(NULL, 0);
value:
    if (p == end)
        goto early;
    node = push(b, name);
    if (!node)
        return SLUICE_E_NOMEM;
    node->raw.ptr = p;
    node->type = sl_json_type(sl_span(p, 1));
    if (*p == '{' || *p == '[') {
        bool object = *p == '{';

        if (!sl_json_nest_push(&b->nest, object))
            return sl_json_fault(err, text, p, "nested too deep");
        b->opened[b->nest.depth - 1] = b->n - 1;
        p = sl_json_blanks(p + 1, end);
        if (p == end || *p != (object ? '}' : ']')) {
            if (object)
                goto name;
            goto element;
        }
        goto close;
    }
    p = scalar(p, end, &fault, &what);
    if (!p)
        return sl_json_fault(err, text, fault, what);
    node->raw.len = (size_t)(p - node->raw.ptr);
after:
    p = sl_json_blanks(p, end);
    if (b->nest.depth == 0)
        return p == end ? SLUICE_OK : sl_json_fault(err, text, p, "more text after the value");
    if (p == end)
        goto early;
    if (*p == ',') {
        p = sl_json_blanks(p + 1, end);
        if (sl_json_nest_object(&b->nest))
            goto name;
        goto element;
    }
    if (*p != (sl_json_nest_object(&b->nest) ? '}' : ']'))
        return sl_json_fault(err, text, p, "unexpected character");
close:
    p++;
    st = settle(b, p, &twice);
    if (st == SLUICE_E_INVALID)
        return sl_json_fault(err, text, twice->raw.ptr, "a name appears twice");
    if (st != SLUICE_OK)
        return st;
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
    if (!sl_json_decode(sl_span(from, (size_t)(str.end - from)), str.escaped, b->arena, &name))
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
}

sluice_status sl_json_parse(sluice_span text, struct sluice_arena *arena, struct sl_json **out,
                            struct sl_json_error *err)
{
    struct builder b;
    struct sl_json *root;
    sluice_status st;

    if (text.len == 0)
        return sl_json_fault(err, text, text.ptr, "unexpected end");
    b.arena = arena;
    b.pending = b.first;
    b.n = 0;
    b.size = FIRST_PENDING;
    b.nest.depth = 0;
    st = build(&b, text, err);
    if (st != SLUICE_OK)
        return st;
    root = sl_alloc(arena, sizeof *root);
    if (!root)
        return SLUICE_E_NOMEM;
    *root = b.pending[0];
    *out = root;
    return SLUICE_OK;
}

static const struct sl_json *member(const struct sl_json *j, sluice_span name)
{
    if (j && j->type == SL_JSON_OBJECT)
        for (const struct sl_json *c = j->child; c; c = c->next)
            if (sl_span_eq(c->name, name))
                return c;
    return NULL;
}

const struct sl_json *sl_json_get(const struct sl_json *j, const char *name)
{
    return member(j, sl_span_str(name));
}

const struct sl_json *sl_json_at(const struct sl_json *j, const char *path)
{
    sluice_span rest = sl_span_str(path);

    for (;;) {
        sluice_span step = sl_span_head(rest, sl_span_find_char(rest, '.'));
        uint64_t i;

        if (j && j->type == SL_JSON_ARRAY)
            j = j->n && sl_span_u64(step, j->n - 1, &i) ? &j->child[i] : NULL;
        else
            j = member(j, step);
        if (!j || step.len == rest.len)
            return j;
        rest = sl_span_from(rest, step.len + 1);
    }
}

const struct sl_json *sl_json_opt(const struct sl_json *j, const char *name)
{
    const struct sl_json *c = sl_json_get(j, name);

    return c && c->type != SL_JSON_NULL ? c : NULL;
}

sluice_span sl_json_text(const struct sl_json *j, struct sluice_arena *arena)
{
    sluice_span text;

    if (!j || j->type != SL_JSON_STRING || !sl_json_string(j->raw, arena, &text))
        return sl_span(NULL, 0);
    return text;
}

sluice_span sl_json_inside(const struct sl_json *j)
{
    sluice_span inside;

    if (!j || j->type != SL_JSON_STRING || !sl_json_raw_string(j->raw, &inside))
        return sl_span(NULL, 0);
    return inside;
}

int64_t sl_json_int(const struct sl_json *j, int64_t otherwise)
{
    int64_t n;

    return j && j->type == SL_JSON_NUMBER && sl_json_i64(j->raw, &n) ? n : otherwise;
}

bool sl_json_is(const struct sl_json *j, const char *text)
{
    return j && j->type == SL_JSON_STRING &&
           sl_json_inside_is(sl_json_inside(j), sl_span_str(text));
}
