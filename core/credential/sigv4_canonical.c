/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4_canonical.c - the one spelling of a request that both sides hash: its path normalised and
 * encoded once more, its query sorted, its headers sorted and stripped of blanks. */
#include <stdlib.h>
#include "base/buf.h"
#include "credential/sigv4.h"

#define TEXT_CAP (1u << 20)

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static void encode(struct sl_buf *b, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";

    if (is_plain(c)) {
        sl_buf_add_char(b, (char)c);
        return;
    }
    sl_buf_add_char(b, '%');
    sl_buf_add_char(b, hex[c >> 4]);
    sl_buf_add_char(b, hex[c & 15]);
}

/* Segments that stay: empty ones and "." go, ".." takes the one before along. */
static void add_path(struct sl_buf *b, sluice_span path)
{
    size_t begin = b->len;
    bool slash = path.len && path.ptr[path.len - 1] == '/';

    while (path.len && sl_buf_ok(b)) {
        sluice_span segment = sl_span_head(path, sl_span_find_char(path, '/'));

        path = sl_span_from(path, segment.len + 1);
        if (sl_span_eq(segment, SL_SPAN("..")))
            while (b->len > begin && b->ptr[--b->len] != '/')
                ;
        else if (segment.len && !sl_span_eq(segment, SL_SPAN("."))) {
            sl_buf_add_char(b, '/');
            for (size_t i = 0; i < segment.len; i++)
                encode(b, (unsigned char)segment.ptr[i]);
        }
    }
    if (slash || b->len == begin)
        sl_buf_add_char(b, '/');
}

/* ---- the query ---- */

struct pair {
    sluice_span name, value; /* encoded anew */
};

static int compare_spans(sluice_span a, sluice_span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = compare_spans(x->name, y->name);

    return order ? order : compare_spans(x->value, y->value);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = sl_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whatever was encoded how, and what was not, gets the one spelling. */
static sluice_span spell(sluice_span text, struct sluice_arena *arena)
{
    struct sl_buf b;
    sluice_span out;

    sl_buf_init(&b, TEXT_CAP);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c == '%' && text.len - i > 2 && hex_digit(text.ptr[i + 1]) >= 0 &&
            hex_digit(text.ptr[i + 2]) >= 0) {
            c = (unsigned char)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2]));
            i += 2;
        }
        encode(&b, c);
    }
    out = sl_buf_ok(&b) ? sl_arena_dup(arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return out;
}

static bool add_query(struct sl_buf *b, sluice_span query, struct sluice_arena *arena)
{
    struct pair *pairs;
    size_t most = 1, n = 0;

    for (size_t i = 0; i < query.len; i++)
        most += query.ptr[i] == '&';
    pairs = sl_alloc(arena, most * sizeof *pairs);
    while (pairs && query.len) {
        sluice_span one = sl_span_head(query, sl_span_find_char(query, '&'));
        size_t equals = sl_span_find_char(one, '=');

        query = sl_span_from(query, one.len + 1);
        if (!one.len)
            continue;
        pairs[n].name = spell(sl_span_head(one, equals), arena);
        pairs[n].value = spell(sl_span_from(one, equals + 1), arena);
        if (!pairs[n].name.ptr || !pairs[n].value.ptr)
            return false;
        n++;
    }
    if (!pairs)
        return false;
    qsort(pairs, n, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < n; i++) {
        if (i)
            sl_buf_add_char(b, '&');
        sl_buf_add(b, pairs[i].name);
        sl_buf_add_char(b, '=');
        sl_buf_add(b, pairs[i].value);
    }
    return true;
}

/* ---- headers ---- */

struct entry {
    sluice_span name, value;
    size_t place; /* equal names stay in the order in which they were sent */
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_spans(x->name, y->name);

    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static sluice_span lower(sluice_span name, struct sluice_arena *arena)
{
    char *p = sl_alloc(arena, name.len + 1);

    for (size_t i = 0; p && i < name.len; i++)
        p[i] = sl_lower(name.ptr[i]);
    return sl_span(p, p ? name.len : 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void add_value(struct sl_buf *b, sluice_span value)
{
    value = sl_span_trim(value);
    for (size_t i = 0; i < value.len; i++)
        if (!is_blank(value.ptr[i]))
            sl_buf_add_char(b, value.ptr[i]);
        else if (!is_blank(value.ptr[i - 1]))
            sl_buf_add_char(b, ' ');
}

/* "name:value" lines, a blank line, and the names. */
static bool add_headers(struct sl_buf *b, struct sl_buf *names, const struct sl_sigv4_request *r,
                        struct sluice_arena *arena)
{
    struct entry *list = sl_alloc(arena, (r->n_headers + 1) * sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < r->n_headers; i++) {
        list[i] = (struct entry){ lower(r->headers[i].name, arena), r->headers[i].value, i };
        if (!list[i].name.ptr)
            return false;
    }
    qsort(list, r->n_headers, sizeof *list, compare_entries);
    for (size_t i = 0; i < r->n_headers; i++) {
        bool again = i && sl_span_eq(list[i].name, list[i - 1].name);

        if (again) {
            sl_buf_add_char(b, ',');
        } else {
            if (i) {
                sl_buf_add_char(b, '\n');
                sl_buf_add_char(names, ';');
            }
            sl_buf_add(b, list[i].name);
            sl_buf_add_char(b, ':');
            sl_buf_add(names, list[i].name);
        }
        add_value(b, list[i].value);
    }
    sl_buf_add_str(b, "\n\n");
    return true;
}

sluice_status sl_sigv4_canonical(const struct sl_sigv4_request *r, bool s3,
                                 struct sluice_arena *arena, sluice_span *text,
                                 sluice_span *signed_names)
{
    struct sl_buf b, names;
    bool ok;

    sl_buf_init(&b, TEXT_CAP);
    sl_buf_init(&names, TEXT_CAP);
    sl_buf_add(&b, r->method);
    sl_buf_add_char(&b, '\n');
    if (s3)
        sl_buf_add(&b, r->path.len ? r->path : SL_SPAN("/"));
    else
        add_path(&b, r->path);
    sl_buf_add_char(&b, '\n');
    ok = add_query(&b, r->query, arena);
    sl_buf_add_char(&b, '\n');
    ok = ok && add_headers(&b, &names, r, arena);
    sl_buf_add(&b, sl_buf_span(&names));
    sl_buf_add_char(&b, '\n');
    sl_buf_add(&b, r->body_hash);
    ok = ok && sl_buf_ok(&b) && sl_buf_ok(&names);
    if (ok) {
        *text = sl_arena_dup(arena, sl_buf_span(&b));
        *signed_names = sl_arena_dup(arena, sl_buf_span(&names));
        ok = text->ptr && signed_names->ptr;
    }
    sl_buf_finish(&b);
    sl_buf_finish(&names);
    return ok ? SLUICE_OK : SLUICE_E_NOMEM;
}
