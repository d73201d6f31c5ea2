/* SPDX-License-Identifier: Apache-2.0 */
/* form.c - see form.h. */
#include "format/form.h"

#include "base/status.h"

#define BOUNDARY_MOST 70 /* RFC 2046, 5.1.1 */

/* ---- the content type ---- */

/* The value of a parameter of a header field: token or quoted string, inside of the quotes. Walks
 * over quoted strings, so that one cannot hold another parameter. */
static bool parameter(sluice_span field, sluice_span name, sluice_span *value)
{
    size_t i = sl_span_find_char(field, ';');

    while (i < field.len) {
        sluice_span key, rest = sl_span_trim(sl_span_from(field, i + 1));
        size_t eq = 0, end;

        while (eq < rest.len && rest.ptr[eq] != '=' && rest.ptr[eq] != ';')
            eq++;
        if (eq == rest.len || rest.ptr[eq] == ';') {
            i = (size_t)(rest.ptr + eq - field.ptr);
            continue;
        }
        key = sl_span_trim(sl_span_head(rest, eq));
        rest = sl_span_from(rest, eq + 1);
        if (rest.len && rest.ptr[0] == '"') {
            for (end = 1; end < rest.len && rest.ptr[end] != '"'; end++)
                if (rest.ptr[end] == '\\')
                    end++;
            if (end >= rest.len)
                return false;
            if (sl_span_ieq(key, name)) {
                *value = sl_span(rest.ptr + 1, end - 1);
                return true;
            }
            rest = sl_span_from(rest, end + 1);
            end = sl_span_find_char(rest, ';');
        } else {
            end = sl_span_find_char(rest, ';');
            if (sl_span_ieq(key, name)) {
                *value = sl_span_trim(sl_span_head(rest, end));
                return true;
            }
        }
        i = (size_t)(rest.ptr + end - field.ptr);
    }
    return false;
}

static bool boundary_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("'()+_,-./:=? ", c));
}

bool sl_form_boundary(sluice_span content_type, sluice_span *boundary)
{
    static const sluice_span form = { "multipart/form-data", 19 };

    if (!sl_span_ieq(sl_span_head(content_type, form.len), form) ||
        (content_type.len > form.len && !strchr("; \t", content_type.ptr[form.len])) ||
        !parameter(content_type, SL_SPAN("boundary"), boundary))
        return false;
    if (boundary->len == 0 || boundary->len > BOUNDARY_MOST ||
        boundary->ptr[boundary->len - 1] == ' ')
        return false;
    for (size_t i = 0; i < boundary->len; i++)
        if (!boundary_char(boundary->ptr[i]))
            return false;
    return true;
}

/* ---- walking ---- */

/* "--BOUNDARY" begins here. */
static bool delimiter_at(sluice_span s, sluice_span boundary)
{
    return s.len >= boundary.len + 2 && s.ptr[0] == '-' && s.ptr[1] == '-' &&
           memcmp(s.ptr + 2, boundary.ptr, boundary.len) == 0;
}

sluice_status sl_form_begin(struct sl_form *f, sluice_span body, sluice_span boundary,
                            sluice_error *err)
{
    *f = (struct sl_form){ .rest = body, .boundary = boundary };
    if (delimiter_at(body, boundary))
        return SLUICE_OK;
    return sl_fail(err, SLUICE_E_INVALID,
                   "the multipart body does not begin with the boundary of its content type");
}

static sluice_status malformed(const struct sl_form *f, const char *what, sluice_error *err)
{
    return sl_fail(err, SLUICE_E_INVALID, "part %zu of the multipart body %s", f->n, what);
}

/* Readers differ over escapes, and over which of two names counts. */
static bool plain_name(sluice_span field, sluice_span name)
{
    sluice_span rest = sl_span_from(field, (size_t)(name.ptr + name.len - field.ptr)), again;

    return !memchr(name.ptr, '\\', name.len) && !parameter(rest, SL_SPAN("name"), &again) &&
           !parameter(field, SL_SPAN("name*"), &again);
}

/* One header field of a part. */
static sluice_status field(const struct sl_form *f, sluice_span line, struct sl_form_part *out,
                           sluice_error *err)
{
    size_t colon = sl_span_find_char(line, ':');
    sluice_span name = sl_span_head(line, colon);
    sluice_span value = sl_span_trim(sl_span_from(line, colon + 1));

    if (colon == line.len || colon == 0 || memchr(line.ptr, '\0', line.len) ||
        memchr(line.ptr, '\n', line.len) || memchr(line.ptr, '\r', line.len) ||
        line.ptr[0] == ' ' || line.ptr[0] == '\t' || line.ptr[colon - 1] == ' ')
        return malformed(f, "has a malformed header field", err);
    if (sl_span_ieq(name, SL_SPAN("content-disposition"))) {
        if (out->name.ptr)
            return malformed(f, "has two content dispositions", err);
        if (!sl_span_ieq(sl_span_head(value, 9), SL_SPAN("form-data")) ||
            !parameter(value, SL_SPAN("name"), &out->name))
            return malformed(f, "has no name", err);
        if (!plain_name(value, out->name))
            return malformed(f, "has a name that can be read in two ways", err);
        out->file = parameter(value, SL_SPAN("filename"), &out->filename) ||
                    parameter(value, SL_SPAN("filename*"), &out->filename);
    } else if (sl_span_ieq(name, SL_SPAN("content-type"))) {
        out->type = value;
    } else if (sl_span_ieq(name, SL_SPAN("content-transfer-encoding")) &&
               !sl_span_ieq(value, SL_SPAN("binary")) && !sl_span_ieq(value, SL_SPAN("8bit")) &&
               !sl_span_ieq(value, SL_SPAN("7bit"))) {
        return malformed(f, "has a transfer encoding", err);
    }
    return SLUICE_OK;
}

/* From the line end in front of the next delimiter on; ptr NULL: there is none. */
static sluice_span find_delimiter(sluice_span s, sluice_span boundary)
{
    for (;;) {
        size_t at = sl_span_find(s, SL_SPAN("\r\n--"));

        s = sl_span_from(s, at);
        if (s.len == 0)
            return sl_span(NULL, 0);
        if (delimiter_at(sl_span_from(s, 2), boundary))
            return s;
        s = sl_span_from(s, 4);
    }
}

sluice_status sl_form_next(struct sl_form *f, struct sl_form_part *out, sluice_error *err)
{
    sluice_span at = sl_span_from(f->rest, 2 + f->boundary.len), head, end;
    size_t len;

    *out = (struct sl_form_part){ .whole = f->rest };
    if (sl_span_starts(at, SL_SPAN("--")))
        return SLUICE_MORE; /* what follows the closing one is nothing */
    if (f->n++ == SL_FORM_PARTS)
        return sl_fail(err, SLUICE_E_INVALID, "the multipart body has more than %d parts",
                       SL_FORM_PARTS);
    while (at.len && (at.ptr[0] == ' ' || at.ptr[0] == '\t'))
        at = sl_span_from(at, 1);
    if (!sl_span_starts(at, SL_SPAN("\r\n")))
        return malformed(f, "has no line end behind its boundary", err);
    at = sl_span_from(at, 2);
    head = sl_span_head(at, SL_FORM_HEAD);
    len = sl_span_find(head, SL_SPAN("\r\n\r\n"));
    if (len == head.len)
        return malformed(f, "has no end of its header fields", err);
    head = sl_span_head(head, len);
    while (head.len) {
        size_t line = sl_span_find(head, SL_SPAN("\r\n"));
        sluice_status st = field(f, sl_span_head(head, line), out, err);

        if (st < 0)
            return st;
        head = sl_span_from(head, line + 2);
    }
    if (!out->name.ptr)
        return malformed(f, "has no content disposition", err);
    at = sl_span_from(at, len + 4);
    if (delimiter_at(at, f->boundary)) /* some readers would take it for text */
        return malformed(f, "has no line end in front of its delimiter", err);
    end = find_delimiter(at, f->boundary);
    if (!end.ptr)
        return malformed(f, "has no end", err);
    out->data = sl_span(at.ptr, (size_t)(end.ptr - at.ptr));
    f->rest = sl_span_from(end, 2);
    out->whole.len = (size_t)(f->rest.ptr - out->whole.ptr);
    return SLUICE_OK;
}

/* ---- editing ---- */

struct list {
    sluice_span *at;
    size_t n;
};

static void add(struct list *l, sluice_span s)
{
    if (!s.len)
        return;
    if (l->n && l->at[l->n - 1].ptr + l->at[l->n - 1].len == s.ptr)
        l->at[l->n - 1].len += s.len;
    else
        l->at[l->n++] = s;
}

static size_t edit_of(const struct sl_form_edit *edits, size_t n, sluice_span name)
{
    size_t i = 0;

    while (i < n && !sl_span_eq(edits[i].name, name))
        i++;
    return i;
}

sluice_status sl_form_edit(sluice_span body, sluice_span boundary, const struct sl_form_edit *edits,
                           size_t n_edits, struct sluice_arena *arena, sluice_span **parts,
                           size_t *n_parts)
{
    struct sl_form f;
    struct sl_form_part part;
    struct list l = { .at = sl_alloc(arena, (2 * SL_FORM_PARTS + n_edits + 2) * sizeof *l.at) };
    bool *done = sl_alloc0(arena, n_edits + 1);
    sluice_status st;

    if (!l.at || !done)
        return SLUICE_E_NOMEM;
    st = sl_form_begin(&f, body, boundary, NULL);
    while (st == SLUICE_OK && (st = sl_form_next(&f, &part, NULL)) == SLUICE_OK) {
        size_t i = edit_of(edits, n_edits, part.name);
        size_t before = (size_t)(part.data.ptr - part.whole.ptr);

        if (i == n_edits) {
            add(&l, part.whole);
        } else if (edits[i].value.ptr && !done[i]) {
            add(&l, sl_span_head(part.whole, before));
            add(&l, edits[i].value);
            add(&l, sl_span_from(part.whole, before + part.data.len));
        }
        if (i < n_edits)
            done[i] = true;
    }
    if (st < 0)
        return st;
    for (size_t i = 0; i < n_edits; i++) {
        sluice_span more;

        if (done[i] || !edits[i].value.ptr)
            continue;
        more = sl_arena_printf(
            arena, "--%.*s\r\nContent-Disposition: form-data; name=\"%.*s\"\r\n\r\n%.*s\r\n",
            SL_FMT(boundary), SL_FMT(edits[i].name), SL_FMT(edits[i].value));
        if (!more.ptr)
            return SLUICE_E_NOMEM;
        add(&l, more);
    }
    add(&l, f.rest);
    *parts = l.at;
    *n_parts = l.n;
    return SLUICE_OK;
}
