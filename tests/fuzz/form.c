/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes forms: what was walked without a failure and edited can be walked again, has exactly the
 * parts it should have with their very bytes, and no edit leaves every byte where it was. */
#include "format/form.h"

#include "fuzz.h"

#define MODEL SL_SPAN("model")

struct part {
    sluice_span name, data;
    bool file;
};

static size_t walk(sluice_span body, sluice_span boundary, struct part *out, sluice_status *st)
{
    struct sl_form form;
    struct sl_form_part part;
    size_t n = 0;

    *st = sl_form_begin(&form, body, boundary, NULL);
    while (*st == SLUICE_OK && (*st = sl_form_next(&form, &part, NULL)) == SLUICE_OK) {
        require(n < SL_FORM_PARTS);
        require(part.whole.ptr >= body.ptr &&
                part.whole.ptr + part.whole.len <= body.ptr + body.len);
        require(part.data.ptr >= part.whole.ptr &&
                part.data.ptr + part.data.len <= part.whole.ptr + part.whole.len);
        out[n++] = (struct part){ part.name, part.data, part.file };
    }
    return n;
}

static sluice_span flatten(const sluice_span *parts, size_t n, struct sl_buf *buf)
{
    sl_buf_reset(buf);
    for (size_t i = 0; i < n; i++)
        sl_buf_add(buf, parts[i]);
    require(sl_buf_ok(buf));
    return sl_buf_span(buf);
}

static void check(sluice_span body, sluice_span boundary, sluice_span value,
                  struct sluice_arena *arena, struct sl_buf *buf)
{
    static struct part before[SL_FORM_PARTS], after[SL_FORM_PARTS];
    const struct sl_form_edit edit = { MODEL, value };
    sluice_span *parts, text;
    size_t n, m, at = 0, n_parts;
    bool seen = false;
    sluice_status st;

    n = walk(body, boundary, before, &st);
    if (st != SLUICE_MORE)
        return;
    require(sl_form_edit(body, boundary, NULL, 0, arena, &parts, &n_parts) == SLUICE_OK);
    require(sl_span_eq(flatten(parts, n_parts, buf), body));
    /* One more part than there may be is nobody's form. */
    if (n == SL_FORM_PARTS)
        return;
    require(sl_form_edit(body, boundary, &edit, 1, arena, &parts, &n_parts) == SLUICE_OK);
    text = flatten(parts, n_parts, buf);
    m = walk(text, boundary, after, &st);
    require(st == SLUICE_MORE);
    for (size_t i = 0; i < n; i++) {
        bool is_it = sl_span_eq(before[i].name, MODEL);

        if (is_it && (seen || !value.ptr))
            continue;
        require(at < m);
        require(sl_span_eq(after[at].name, before[i].name));
        require(sl_span_eq(after[at].data, is_it ? value : before[i].data));
        require(after[at++].file == before[i].file);
        seen = seen || is_it;
    }
    if (value.ptr && !seen) {
        require(at < m && sl_span_eq(after[at].name, MODEL));
        require(sl_span_eq(after[at++].data, value));
    }
    require(at == m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sluice_span text = sl_span((const char *)data, size), boundary;
    size_t line = sl_span_find_char(text, '\n');
    struct sluice_arena arena;
    struct sl_buf buf;

    if (!sl_form_boundary(sl_span_head(text, line), &boundary))
        return 0;
    sl_arena_init(&arena, 1u << 26);
    sl_buf_init(&buf, size * 2 + 4096);
    text = sl_span_from(text, line + 1);
    check(text, boundary, SL_SPAN("vendor/model-1"), &arena, &buf);
    check(text, boundary, sl_span(NULL, 0), &arena, &buf);
    sl_buf_finish(&buf);
    sl_arena_finish(&arena);
    return 0;
}
