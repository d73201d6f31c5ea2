/* SPDX-License-Identifier: Apache-2.0 */
/*
 * citations.c - sources that stand beside an answer, with [1] in its text where they were used,
 * become OpenAI's annotations: one for each mark, with the characters it takes.
 */
#include "response.h"

#include <sluice_sdk/span.h>

/* Characters are counted as clients count them: escapes and bytes of UTF-8 are no more than one. */
struct reader_of_marks {
    struct normalizer *n;
    int64_t at; /* characters before */
    bool any;
};

static size_t unit(sluice_span s)
{
    size_t len = 1;

    if (s.ptr[0] == '\\')
        len = s.len > 5 && s.ptr[1] == 'u' ? 6 : 2;
    else
        while (len < s.len && ((unsigned char)s.ptr[len] & 0xC0) == 0x80)
            len++;
    /* Two escapes of one character. */
    if (len == 6 && s.len > 11 && sl_lower(s.ptr[2]) == 'd' && strchr("89abAB", s.ptr[3]) &&
        s.ptr[6] == '\\')
        len = 12;
    return len < s.len ? len : s.len;
}

/* "[12]" at the beginning: its number and length; 0: it is none. */
static size_t mark(sluice_span s, uint64_t *number)
{
    size_t close = sl_span_find_char(sl_span_head(s, 6), ']');

    if (s.ptr[0] != '[' || close == sl_span_head(s, 6).len ||
        !sl_span_u64(sl_span(s.ptr + 1, close - 1), 999, number))
        return 0;
    return close + 1;
}

/* A source is its address, or an object that has one. */
static sluice_span source(sluice_span sources, uint64_t number, sluice_span *title)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, one;

    *title = SL_SPAN("\"\"");
    while (number && sl_json_next(&it, sources, &name, &one)) {
        sluice_span own;

        if (--number)
            continue;
        if (sl_json_type(one) != SL_JSON_OBJECT)
            return sl_json_type(one) == SL_JSON_STRING ? one : sl_span(NULL, 0);
        own = sl_json_member(one, SL_SPAN("title"));
        if (own.ptr && sl_json_type(own) == SL_JSON_STRING)
            *title = own;
        return sl_json_member(one, SL_SPAN("url"));
    }
    return sl_span(NULL, 0);
}

static void annotate(struct reader_of_marks *r, sluice_span url, sluice_span title, size_t len)
{
    struct splice *s = &r->n->s;
    sluice_span place =
        sl_arena_printf(s->mem,
                        "{\"type\":\"url_citation\",\"url_citation\":{\"start_index\":%lld,"
                        "\"end_index\":%lld,\"url\":",
                        (long long)r->at, (long long)(r->at + (int64_t)len));

    s->failed |= !place.ptr;
    oc_splice_add(s, r->any ? SL_SPAN(",") : SL_SPAN(",\"annotations\":["));
    oc_splice_add(s, place);
    oc_splice_add(s, url);
    oc_splice_add(s, SL_SPAN(",\"title\":"));
    oc_splice_add(s, title);
    oc_splice_add(s, SL_SPAN("}}"));
    r->any = true;
}

void oc_response_cite(struct normalizer *n, const struct pieces *text)
{
    struct reader_of_marks r = { .n = n };

    for (size_t i = 0; i < text->n; i++)
        for (sluice_span rest = text->at[i]; rest.len;) {
            sluice_span url, title;
            uint64_t number = 0;
            size_t len = mark(rest, &number);

            url = len ? source(n->sources, number, &title) : sl_span(NULL, 0);
            if (url.ptr)
                annotate(&r, url, title, len);
            r.at++;
            rest = sl_span_from(rest, unit(rest));
        }
    if (r.any)
        oc_splice_add(&n->s, SL_SPAN("]"));
}
