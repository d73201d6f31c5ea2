/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes forms that pass by: the parts do not depend on how the bytes are cut, and they are those
 * that form.h finds where it finds no fault. The first line is the content type. */
#include "format/form_scan.h"

#include "fuzz.h"

struct parts {
    struct sl_buf text; /* name, filename, type of each, and where it begins */
    size_t n;
    sluice_status status;
    bool over;
};

static void note(struct parts *p, const struct sl_form_part *part)
{
    sl_buf_printf(&p->text, "%d %zu:%.*s %zu:%.*s %zu:%.*s\n", part->file, part->name.len,
                  SL_FMT(part->name), part->filename.len, SL_FMT(part->filename), part->type.len,
                  SL_FMT(part->type));
    p->n++;
}

static void feed(struct sl_form_scan *s, struct parts *p, sluice_span bytes)
{
    char *copy = fuzz_copy(bytes.ptr, bytes.len);
    sluice_span rest = sl_span(copy, bytes.len);
    struct sl_form_part part;

    while (p->status == SLUICE_MORE &&
           (p->status = sl_form_scan_next(s, &rest, &part, NULL)) == SLUICE_OK) {
        require(s->part_at <= s->data_at && s->data_at <= s->at);
        note(p, &part);
        p->status = SLUICE_MORE;
    }
    require(p->status < 0 || rest.len == 0);
    free(copy);
}

static void scan(struct parts *p, sluice_span body, sluice_span boundary, size_t piece)
{
    struct sl_form_scan s;

    *p = (struct parts){ .status = SLUICE_MORE };
    sl_buf_init(&p->text, 1u << 20);
    sl_form_scan_init(&s, boundary);
    while (body.len && p->status == SLUICE_MORE) {
        size_t n = piece && piece < body.len ? piece : body.len;

        feed(&s, p, sl_span_head(body, n));
        body = sl_span_from(body, n);
    }
    p->over = sl_form_scan_over(&s);
    sl_form_scan_finish(&s);
}

static void walk(struct parts *p, sluice_span body, sluice_span boundary)
{
    struct sl_form form;
    struct sl_form_part part;

    *p = (struct parts){ .status = SLUICE_OK };
    sl_buf_init(&p->text, 1u << 20);
    p->status = sl_form_begin(&form, body, boundary, NULL);
    while (p->status == SLUICE_OK && (p->status = sl_form_next(&form, &part, NULL)) == SLUICE_OK)
        note(p, &part);
    p->over = p->status == SLUICE_MORE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t piece = 1 + fuzz_number(&data, &size, 64), line;
    sluice_span text = sl_span((const char *)data, size), boundary;
    struct parts once, cut, whole;

    line = sl_span_find_char(text, '\n');
    if (!sl_form_boundary(sl_span_head(text, line), &boundary))
        return 0;
    text = sl_span_from(text, line + 1);
    scan(&once, text, boundary, 0);
    scan(&cut, text, boundary, piece);
    walk(&whole, text, boundary);
    require(once.status == cut.status && once.n == cut.n && once.over == cut.over);
    require(sl_span_eq(sl_buf_span(&once.text), sl_buf_span(&cut.text)));
    if (whole.over) {
        require(once.over && once.status >= 0);
        require(sl_span_eq(sl_buf_span(&once.text), sl_buf_span(&whole.text)));
    }
    sl_buf_finish(&once.text);
    sl_buf_finish(&cut.text);
    sl_buf_finish(&whole.text);
    return 0;
}
