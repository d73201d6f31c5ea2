/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes edits: the result is valid, has exactly the members it should have with their very text,
 * and joining a changed list of members says the same as editing. */
#include "format/json_edit.h"

#include "fuzz.h"

#define MAX_EDITS 4

static sluice_span flatten(const sluice_span *parts, size_t n, struct sl_buf *buf)
{
    sl_buf_reset(buf);
    for (size_t i = 0; i < n; i++) {
        require(parts[i].len > 0);
        sl_buf_add(buf, parts[i]);
    }
    require(sl_buf_ok(buf));
    return sl_buf_span(buf);
}

/* The members as a list in the state that the edits want. */
static size_t apply(sluice_header *m, size_t n, const struct sl_json_edit *edits, size_t n_edits)
{
    for (size_t e = 0; e < n_edits; e++) {
        size_t i = 0;

        while (i < n && !sl_span_eq(m[i].name, edits[e].name))
            i++;
        if (edits[e].value.ptr) {
            m[i] = (sluice_header){ i < n ? m[i].name : edits[e].name, edits[e].value };
            n += i == n;
        } else if (i < n) {
            memmove(&m[i], &m[i + 1], (n - i - 1) * sizeof *m);
            n--;
        }
    }
    return n;
}

static void check_result(sluice_span text, const sluice_header *want, size_t n_want,
                         struct sluice_arena *arena)
{
    sluice_header *m;
    size_t n;

    require(sl_json_members(text, arena, &m, &n, NULL) == SLUICE_OK);
    require(n == n_want);
    for (size_t i = 0; i < n; i++) {
        sluice_span found = sl_json_member(sl_span_trim(text), want[i].name);

        require(sl_span_eq(found, want[i].value));
    }
}

static void check(sluice_span object, const struct sl_json_edit *edits, size_t n_edits,
                  struct sluice_arena *arena, struct sl_buf *buf)
{
    sluice_header *m, *list;
    sluice_span *parts;
    size_t n, n_parts;

    if (sl_json_members(object, arena, &m, &n, NULL) != SLUICE_OK)
        return;
    list = sl_alloc(arena, (n + n_edits + 1) * sizeof *list);
    require(list != NULL);
    memcpy(list, m, n * sizeof *list);
    require(sl_json_join(object, list, n, arena, &parts, &n_parts) == SLUICE_OK);
    check_result(flatten(parts, n_parts, buf), list, n, arena);
    require(sl_json_edit(object, NULL, 0, arena, &parts, &n_parts) == SLUICE_OK);
    require(n_parts == 1 && parts[0].ptr == object.ptr && parts[0].len == object.len);

    n = apply(list, n, edits, n_edits);
    require(sl_json_edit(object, edits, n_edits, arena, &parts, &n_parts) == SLUICE_OK);
    require(n_parts <= 4 * n_edits + 2);
    check_result(flatten(parts, n_parts, buf), list, n, arena);
    require(sl_json_join(object, list, n, arena, &parts, &n_parts) == SLUICE_OK);
    check_result(flatten(parts, n_parts, buf), list, n, arena);
    /* Any order of members is fine for joining. */
    for (size_t i = 0; i + 1 < n; i += 2) {
        sluice_header other = list[i];

        list[i] = list[i + 1];
        list[i + 1] = other;
    }
    require(sl_json_join(object, list, n, arena, &parts, &n_parts) == SLUICE_OK);
    check_result(flatten(parts, n_parts, buf), list, n, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const sluice_span values[] = {
        { NULL, 0 }, { "1.50", 4 }, { "{\"model\":[]}", 12 }, { "\"x\"", 3 }
    };
    static const sluice_span names[] = { { "a", 1 }, { "model", 5 }, { "b", 1 },
                                         { "", 0 },  { "q\"\n", 3 }, { "\xc3\xa9", 2 } };
    struct sl_json_edit edits[MAX_EDITS];
    size_t n_edits = fuzz_number(&data, &size, MAX_EDITS + 1);
    struct sluice_arena arena;
    struct sl_buf buf;
    char *copy;

    for (size_t i = 0; i < n_edits; i++) {
        size_t pick = fuzz_number(&data, &size, 24);

        edits[i] = (struct sl_json_edit){ names[pick % 6], values[pick / 6] };
    }
    copy = fuzz_copy((const char *)data, size);
    sl_arena_init(&arena, 1 << 26);
    sl_buf_init(&buf, 1 << 24);
    check(sl_span(copy, size), edits, n_edits, &arena, &buf);
    sl_buf_finish(&buf);
    sl_arena_finish(&arena);
    free(copy);
    return 0;
}
