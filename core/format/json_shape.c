/* SPDX-License-Identifier: Apache-2.0 */
/* json_shape.c - see json_shape.h. */
#include "format/json_shape.h"

#include "format/json_lex.h"

#define LONGEST 4096 /* texts that are kept: streams are many, and most of an answer is short */
#define PATIENCE 16  /* strikes; then 240 texts pass before one is learnt again */

static const struct sl_json_place *places_of(const struct sl_json_shape *s, size_t *n)
{
    *n = s->places.len / sizeof(struct sl_json_place);
    return (const struct sl_json_place *)(const void *)s->places.ptr;
}

void sl_json_shape_init(struct sl_json_shape *s)
{
    *s = (struct sl_json_shape){ .strikes = 0 };
    sl_buf_init(&s->text, LONGEST);
    sl_buf_init(&s->places, SL_SHAPE_MOST * sizeof(struct sl_json_place));
}

void sl_json_shape_finish(struct sl_json_shape *s)
{
    sl_buf_finish(&s->text);
    sl_buf_finish(&s->places);
}

/* ---- learning ---------------------------------------------------------------------------- */

/* Two valid texts side by side. */
struct walk {
    const char *a, *a_end, *b, *b_end; /* the shape's, and the new one */
    sluice_span a_all, b_all;
    const struct sl_json_place *old;
    size_t n_old;
    sluice_span name; /* the last one */
    struct sl_json_place found[SL_SHAPE_MOST];
    size_t n_found;
};

static bool says_kind(sluice_span name)
{
    static const sluice_span kinds[] = {
        { "type", 4 }, { "object", 6 }, { "role", 4 }, { "finish_reason", 13 }, { "status", 6 },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sl_span_eq(name, kinds[i]))
            return true;
    return false;
}

/* Both are behind a scalar that began at a and b. */
static bool scalar(struct walk *w, const char *a, const char *b, bool may_move)
{
    sluice_span x = sl_span(a, (size_t)(w->a - a)), y = sl_span(b, (size_t)(w->b - b));
    uint16_t at = (uint16_t)(a - w->a_all.ptr);
    bool moves;

    while (w->n_old && w->old->at < at) {
        w->old++;
        w->n_old--;
    }
    moves = w->n_old && w->old->at == at;
    if (!moves && sl_span_eq(x, y))
        return true;
    if (!moves && !may_move)
        return false;
    if (w->n_found == SL_SHAPE_MOST)
        return false;
    w->found[w->n_found++] =
        (struct sl_json_place){ (uint16_t)(b - w->b_all.ptr), (uint16_t)y.len };
    return true;
}

static bool strings(struct walk *w)
{
    const char *a = w->a, *b = w->b;
    struct sl_json_str x = sl_json_lex_string(a + 1, w->a_end);
    struct sl_json_str y = sl_json_lex_string(b + 1, w->b_end);
    const char *next = sl_json_blanks(y.end + 1, w->b_end);
    bool is_name = next < w->b_end && *next == ':', both_full;

    w->a = x.end + 1;
    w->b = y.end + 1;
    both_full = w->a - a > 2 && w->b - b > 2;
    if (!is_name)
        return scalar(w, a, b, both_full && !says_kind(w->name));
    w->name = sl_span(b + 1, (size_t)(y.end - b - 1));
    return sl_span_eq(sl_span(a + 1, (size_t)(x.end - a - 1)), w->name);
}

static inline bool begins_number(char c)
{
    return c == '-' || (unsigned char)(c - '0') < 10;
}

static bool compare(struct walk *w)
{
    const char *fault;

    while (w->a < w->a_end && w->b < w->b_end) {
        const char *a = w->a, *b = w->b;

        if (*a == '"' && *b == '"') {
            if (!strings(w))
                return false;
        } else if (begins_number(*a) && begins_number(*b)) {
            w->a = sl_json_lex_number(a, w->a_end, &fault);
            w->b = sl_json_lex_number(b, w->b_end, &fault);
            if (!w->a || !w->b || !scalar(w, a, b, true))
                return false;
        } else if (*w->a++ != *w->b++) {
            return false;
        }
    }
    return w->a == w->a_end && w->b == w->b_end;
}

bool sl_json_shape_learn(struct sl_json_shape *s, sluice_span text)
{
    struct walk w = {
        .a = s->text.ptr,
        .a_end = s->text.ptr + s->text.len,
        .b = text.ptr,
        .b_end = text.ptr + text.len,
        .a_all = sl_buf_span(&s->text),
        .b_all = text,
    };
    bool alike;

    if (text.len > LONGEST)
        return false;
    w.old = places_of(s, &w.n_old);
    if (s->strikes >= PATIENCE) {
        s->strikes++; /* back at 0 in the end */
        return false;
    }
    alike = s->text.len && compare(&w);
    s->strikes = alike ? 0 : (uint8_t)(s->strikes + 1);
    sl_buf_reset(&s->text);
    sl_buf_reset(&s->places);
    sl_buf_add(&s->text, text);
    if (alike)
        sl_buf_add(&s->places, sl_span((const char *)w.found, w.n_found * sizeof *w.found));
    if (sl_buf_ok(&s->text) && sl_buf_ok(&s->places))
        return true;
    sl_buf_reset(&s->text);
    sl_buf_reset(&s->places);
    return false;
}

/* ---- comparing --------------------------------------------------------------------------- */

bool sl_json_shape_fits(const struct sl_json_shape *s, sluice_span text, struct sl_json_fit *fit)
{
    const char *p = text.ptr, *end = p + text.len, *from = s->text.ptr, *fault;
    size_t n, rest = s->text.len;
    const struct sl_json_place *place = places_of(s, &n);
    struct sl_json_str str;

    if (!rest)
        return false;
    fit->text = text;
    for (size_t i = 0; i < n; i++, place++) {
        const char *value = s->text.ptr + place->at, *begin;
        size_t same = (size_t)(value - from);

        if ((size_t)(end - p) <= same || memcmp(p, from, same) != 0)
            return false;
        begin = p += same;
        if (*value == '"') {
            if (*p != '"')
                return false;
            str = sl_json_lex_string(p + 1, end);
            p = str.end + 1;
            if (str.what || p - begin == 2)
                return false;
        } else {
            p = sl_json_lex_number(p, end, &fault);
            if (!p)
                return false;
        }
        fit->moved[i] = sl_span(begin, (size_t)(p - begin));
        from = value + place->len;
    }
    rest = (size_t)(s->text.ptr + s->text.len - from);
    return (size_t)(end - p) == rest && memcmp(p, from, rest) == 0;
}

sluice_span sl_json_shape_at(const struct sl_json_shape *s, const struct sl_json_fit *fit,
                             struct sl_json_place place)
{
    size_t n, i = 0, behind = 0;
    const struct sl_json_place *moving = places_of(s, &n);

    while (i < n && moving[i].at < place.at)
        i++;
    if (i < n && moving[i].at == place.at)
        return fit->moved[i];
    /* Nothing moves between the end of the one before and this. */
    if (i) {
        behind = (size_t)(place.at - moving[i - 1].at - moving[i - 1].len);
        return sl_span(fit->moved[i - 1].ptr + fit->moved[i - 1].len + behind, place.len);
    }
    return sl_span(fit->text.ptr + place.at, place.len);
}
