/* SPDX-License-Identifier: Apache-2.0 */
/* form_scan.c - see form_scan.h. Of data no more is kept than may begin a delimiter; a head is
 * gathered and then read by form.c. */
#include "format/form_scan.h"

#include "base/status.h"

void sl_form_scan_init(struct sl_form_scan *s, sluice_span boundary)
{
    *s = (struct sl_form_scan){ .boundary = boundary };
    sl_buf_init(&s->head, SL_FORM_HEAD + 4 * SL_FORM_LINE);
    memcpy(s->tail, "\r\n", 2); /* as if the line before had ended here */
    s->n_tail = 2;
}

void sl_form_scan_finish(struct sl_form_scan *s)
{
    sl_buf_finish(&s->head);
}

bool sl_form_scan_over(const struct sl_form_scan *s)
{
    return s->state == SL_FORM_OVER;
}

static size_t line_of(const struct sl_form_scan *s, char *line)
{
    memcpy(line, "\r\n--", 4);
    memcpy(line + 4, s->boundary.ptr, s->boundary.len);
    return 4 + s->boundary.len;
}

static void keep_tail(struct sl_form_scan *s, sluice_span bytes, size_t most)
{
    size_t drop;

    if (bytes.len >= most) {
        memcpy(s->tail, bytes.ptr + bytes.len - most, most);
        s->n_tail = most;
        return;
    }
    drop = s->n_tail + bytes.len > most ? s->n_tail + bytes.len - most : 0;
    memmove(s->tail, s->tail + drop, s->n_tail - drop);
    s->n_tail -= drop;
    if (bytes.len)
        memcpy(s->tail + s->n_tail, bytes.ptr, bytes.len);
    s->n_tail += bytes.len;
}

/* How many of the bytes pass until a delimiter has; 0: it is not in them. *early: how many bytes
 * before them it begins. */
static size_t find_line(struct sl_form_scan *s, sluice_span bytes, size_t *early)
{
    char line[SL_FORM_LINE], both[2 * SL_FORM_LINE];
    size_t n = line_of(s, line), take = bytes.len < n - 1 ? bytes.len : n - 1, at;

    memcpy(both, s->tail, s->n_tail);
    memcpy(both + s->n_tail, bytes.ptr, take);
    *early = 0;
    at = sl_span_find(sl_span(both, s->n_tail + take), sl_span(line, n));
    if (at < s->n_tail + take) {
        *early = at < s->n_tail ? s->n_tail - at : 0;
        return at + n - s->n_tail;
    }
    at = sl_span_find(bytes, sl_span(line, n));
    if (at < bytes.len)
        return at + n;
    keep_tail(s, bytes, n - 1);
    return 0;
}

static sluice_status malformed(const struct sl_form_scan *s, const char *what, sluice_error *err)
{
    return sl_fail(err, SLUICE_E_INVALID, "part %zu of the multipart body %s", s->n_parts, what);
}

/* Data passes until a delimiter does. */
static sluice_status pass_data(struct sl_form_scan *s, sluice_span *bytes, sluice_error *err)
{
    size_t early, n = find_line(s, *bytes, &early);

    if (!n) {
        s->at += bytes->len;
        *bytes = sl_span_from(*bytes, bytes->len);
        return SLUICE_OK;
    }
    /* It begins in the line end of the head: some readers would take it for text. */
    if (s->n_parts && s->at < s->data_at + early)
        return malformed(s, "has no line end in front of its delimiter", err);
    s->at += n;
    s->part_at = s->at - s->boundary.len - 2;
    *bytes = sl_span_from(*bytes, n);
    s->state = SL_FORM_HEADS;
    sl_buf_reset(&s->head);
    sl_buf_add(&s->head, SL_SPAN("--"));
    sl_buf_add(&s->head, s->boundary);
    return SLUICE_OK;
}

static sluice_status read_head(struct sl_form_scan *s, struct sl_form_part *part, sluice_error *err)
{
    struct sl_form form;
    sluice_status st;

    if (s->n_parts++ == SL_FORM_PARTS)
        return sl_fail(err, SLUICE_E_INVALID, "the multipart body has more than %d parts",
                       SL_FORM_PARTS);
    sl_buf_add(&s->head, SL_SPAN("\r\n--"));
    sl_buf_add(&s->head, s->boundary);
    sl_buf_add(&s->head, SL_SPAN("--"));
    if (!sl_buf_ok(&s->head))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading a form");
    st = sl_form_begin(&form, sl_buf_span(&s->head), s->boundary, err);
    form.n = s->n_parts - 1;
    if (st >= 0)
        st = sl_form_next(&form, part, err);
    s->state = SL_FORM_DATA;
    s->data_at = s->at;
    memcpy(s->tail, "\r\n", 2);
    s->n_tail = 2;
    return st == SLUICE_MORE ? malformed(s, "has no header fields", err) : st;
}

/* A head is gathered; true: it is whole. */
static bool gather_head(struct sl_form_scan *s, sluice_span *bytes)
{
    size_t from = s->boundary.len + 2, n = 0;
    bool whole = false;

    while (n < bytes->len && !whole && s->state == SL_FORM_HEADS && sl_buf_ok(&s->head)) {
        sl_buf_add_char(&s->head, bytes->ptr[n++]);
        if (s->head.len == from + 2 && memcmp(s->head.ptr + from, "--", 2) == 0)
            s->state = SL_FORM_OVER;
        whole =
            s->head.len >= from + 4 && memcmp(s->head.ptr + s->head.len - 4, "\r\n\r\n", 4) == 0;
    }
    s->at += n;
    *bytes = sl_span_from(*bytes, n);
    return whole;
}

sluice_status sl_form_scan_next(struct sl_form_scan *s, sluice_span *bytes,
                                struct sl_form_part *part, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    while (bytes->len && st >= 0) {
        if (s->state == SL_FORM_OVER) {
            s->at += bytes->len;
            *bytes = sl_span_from(*bytes, bytes->len);
        } else if (s->state == SL_FORM_DATA) {
            st = pass_data(s, bytes, err);
        } else if (gather_head(s, bytes)) {
            return read_head(s, part, err);
        } else if (!sl_buf_ok(&s->head) || s->head.len > SL_FORM_HEAD + SL_FORM_LINE) {
            st = malformed(s, "has no end of its header fields", err);
        }
    }
    return st < 0 ? st : SLUICE_MORE;
}
