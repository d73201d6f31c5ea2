/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the tree: it takes what the validation takes but for names that appear twice, and what is
 * in it is what walking the text finds. Written anew from its decoded parts it reads the same. */
#include "format/json_tree.h"
#include "format/json_write.h"

#include "fuzz.h"

static bool twice_somewhere(sluice_span value, struct sluice_arena *arena)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, inner;
    sluice_header *m;
    size_t n;

    if (sl_json_type(value) == SL_JSON_OBJECT &&
        sl_json_members(value, arena, &m, &n, NULL) != SLUICE_OK)
        return true;
    while (sl_json_next(&it, value, &name, &inner))
        if (twice_somewhere(inner, arena))
            return true;
    return false;
}

static void check_node(const struct sl_json *j, struct sluice_arena *arena)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;
    uint32_t n = 0;

    require(sl_json_type(j->raw) == j->type);
    while (sl_json_next(&it, j->raw, &name, &value)) {
        require(n < j->n);
        require(value.ptr == j->child[n].raw.ptr && value.len == j->child[n].raw.len);
        require(j->child[n].next == (n + 1 < j->n ? &j->child[n + 1] : NULL));
        if (j->type == SL_JSON_OBJECT)
            require(sl_span_eq(sl_json_member(j->raw, j->child[n].name), value));
        check_node(&j->child[n], arena);
        n++;
    }
    require(n == j->n);
}

static void write_node(const struct sl_json *j, struct sl_json_out *o, struct sluice_arena *arena)
{
    switch (j->type) {
    case SL_JSON_OBJECT:
        sl_json_open(o, '{');
        sl_json_each(c, j)
        {
            sl_json_key_span(o, c->name);
            write_node(c, o, arena);
        }
        sl_json_close(o, '}');
        break;
    case SL_JSON_ARRAY:
        sl_json_open(o, '[');
        sl_json_each(c, j) write_node(c, o, arena);
        sl_json_close(o, ']');
        break;
    case SL_JSON_STRING:
        sl_json_str(o, sl_json_text(j, arena));
        break;
    default:
        sl_json_raw(o, j->raw);
    }
}

static void same(const struct sl_json *a, const struct sl_json *b, struct sluice_arena *arena)
{
    require(a->type == b->type && a->n == b->n && sl_span_eq(a->name, b->name));
    if (a->type == SL_JSON_STRING)
        require(sl_span_eq(sl_json_text(a, arena), sl_json_text(b, arena)));
    else if (a->type == SL_JSON_NUMBER)
        require(sl_span_eq(a->raw, b->raw));
    for (uint32_t i = 0; i < a->n; i++)
        same(&a->child[i], &b->child[i], arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy((const char *)data, size);
    sluice_span text = sl_span(copy, size);
    struct sl_json_error err = { 0 };
    struct sluice_arena arena;
    struct sl_json *j, *again;
    struct sl_json_out out;
    struct sl_buf buf;
    bool valid;

    sl_arena_init(&arena, 1 << 26);
    sl_buf_init(&buf, 1 << 24);
    valid = sl_json_validate(text, NULL) == SLUICE_OK;
    if (sl_json_parse(text, &arena, &j, &err) == SLUICE_OK) {
        require(valid);
        check_node(j, &arena);
        out = sl_json_out(&buf);
        write_node(j, &out, &arena);
        require(sl_buf_ok(&buf));
        require(sl_json_parse(sl_buf_span(&buf), &arena, &again, NULL) == SLUICE_OK);
        same(j, again, &arena);
    } else {
        require(err.what != NULL);
        if (valid)
            require(twice_somewhere(sl_span_trim(text), &arena));
    }
    sl_buf_finish(&buf);
    sl_arena_finish(&arena);
    free(copy);
    return 0;
}
