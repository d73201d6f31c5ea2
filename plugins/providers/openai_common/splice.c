/* SPDX-License-Identifier: Apache-2.0 */
/* splice.c - a text with some pieces replaced, as a list of spans: what stays is not copied. */
#include "vendor.h"

#include <sluice_sdk/span.h>

void oc_splice_begin(struct splice *s, sluice_span text, struct sluice_arena *mem)
{
    *s = (struct splice){ .text = text, .mem = mem };
}

void oc_splice_add(struct splice *s, sluice_span with)
{
    if (!with.len || s->failed)
        return;
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        sluice_span *more = sl_alloc(s->mem, cap * sizeof *more);

        if (!more) {
            s->failed = true;
            return;
        }
        if (s->n)
            memcpy(more, s->parts, s->n * sizeof *more);
        s->parts = more;
        s->cap = cap;
    }
    s->parts[s->n++] = with;
}

void oc_splice_upto(struct splice *s, const char *ptr)
{
    size_t to = (size_t)(ptr - s->text.ptr);

    oc_splice_add(s, sl_span(s->text.ptr + s->at, to - s->at));
    s->at = to;
}

void oc_splice_skip(struct splice *s, sluice_span old)
{
    oc_splice_upto(s, old.ptr);
    s->at += old.len;
}

sluice_status oc_splice_end(struct splice *s)
{
    oc_splice_upto(s, s->text.ptr + s->text.len);
    return s->failed ? SLUICE_E_NOMEM : SLUICE_OK;
}

sluice_span oc_splice_flat(struct splice *s)
{
    size_t len = 0, at = 0;
    char *flat;

    if (oc_splice_end(s) < 0)
        return sl_span(NULL, 0);
    if (s->n == 1)
        return s->parts[0];
    for (size_t i = 0; i < s->n; i++)
        len += s->parts[i].len;
    flat = sl_alloc(s->mem, len);
    if (!flat)
        return sl_span(NULL, 0);
    for (size_t i = 0; i < s->n; i++) {
        memcpy(flat + at, s->parts[i].ptr, s->parts[i].len);
        at += s->parts[i].len;
    }
    return sl_span(flat, len);
}
