/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the scan: all ways to scan strings agree, members and validation agree, what is found lies
 * within the text and is valid itself, and lookups agree with the members. */
#include "format/json_scan.h"
#include "format/json_string.h"

#include "fuzz.h"

static void check_strings(sluice_span text)
{
    const struct sl_json_string_way *ways;
    size_t n = sl_json_string_ways(&ways);
    struct sl_json_str want = sl_json_string_plain(text.ptr, text.ptr + text.len);

    for (size_t i = 0; i < n; i++) {
        struct sl_json_str got = ways[i].fn(text.ptr, text.ptr + text.len);

        require(got.end == want.end && got.what == want.what);
        require(got.what || got.escaped == want.escaped);
    }
}

/* Read a valid value in every way there is. */
static void check_value(sluice_span value, struct sluice_arena *arena)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, inner, text;
    int64_t whole;
    double real;

    require(sl_json_validate(value, NULL) == SLUICE_OK);
    switch (sl_json_type(value)) {
    case SL_JSON_STRING:
        require(sl_json_string(value, arena, &text) && text.len <= value.len - 2);
        break;
    case SL_JSON_NUMBER:
        if (sl_json_i64(value, &whole) && sl_json_f64(value, &real))
            require(real == (double)whole);
        break;
    case SL_JSON_ARRAY:
    case SL_JSON_OBJECT:
        while (sl_json_next(&it, value, &name, &inner))
            require(inner.len > 0 && inner.ptr > value.ptr &&
                    inner.ptr + inner.len < value.ptr + value.len);
        break;
    default:
        break;
    }
}

static void check_members(sluice_span text, struct sluice_arena *arena)
{
    struct sl_json_error err = { 0 }, err2 = { 0 };
    sluice_status valid = sl_json_validate(text, &err), st;
    sluice_header *m;
    size_t n;

    require(valid == SLUICE_OK || (err.what && err.offset <= text.len && err.line && err.column));
    st = sl_json_members(text, arena, &m, &n, &err2);
    if (st != SLUICE_OK) {
        require(st == SLUICE_E_INVALID && err2.what);
        return;
    }
    require(valid == SLUICE_OK);
    for (size_t i = 0; i < n; i++) {
        sluice_span found = sl_json_member(sl_span_trim(text), m[i].name);

        require(found.ptr == m[i].value.ptr && found.len == m[i].value.len);
        check_value(m[i].value, arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy((const char *)data, size);
    sluice_span text = sl_span(copy, size);
    struct sluice_arena arena;

    sl_arena_init(&arena, 1 << 26);
    check_strings(text);
    check_members(text, &arena);
    /* On anything at all it must stay within the text. */
    sl_json_find(text, "a.0.b");
    sl_arena_finish(&arena);
    free(copy);
    return 0;
}
