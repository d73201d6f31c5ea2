/* SPDX-License-Identifier: Apache-2.0 */
/* json_lex.h - the pieces that the scan and the tree are made of: blanks, strings, numbers, words,
 * the stack of brackets, names that appear twice. Private to the JSON files. */
#ifndef SL_FORMAT_JSON_LEX_H
#define SL_FORMAT_JSON_LEX_H

#include "format/json_scan.h"
#include "format/json_string.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* One bit per open bracket: set for an object. */
struct sl_json_nest {
    uint64_t objects[SL_JSON_DEPTH / 64];
    unsigned depth;
};

static inline bool sl_json_nest_push(struct sl_json_nest *n, bool object)
{
    uint64_t bit = (uint64_t)1 << (n->depth % 64);

    if (n->depth == SL_JSON_DEPTH)
        return false;
    if (object)
        n->objects[n->depth / 64] |= bit;
    else
        n->objects[n->depth / 64] &= ~bit;
    n->depth++;
    return true;
}

/* Is the innermost open bracket an object's? depth must not be 0. */
static inline bool sl_json_nest_object(const struct sl_json_nest *n)
{
    return n->objects[(n->depth - 1) / 64] >> ((n->depth - 1) % 64) & 1;
}

static inline const char *sl_json_blanks(const char *p, const char *end)
{
    /* Mostly there is none. */
    if (p < end && (unsigned char)*p > ' ')
        return p;
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* p: behind the opening quote. Short plain strings, as names are, end here. */
static inline struct sl_json_str sl_json_lex_string(const char *p, const char *end)
{
#ifdef __SSE2__
    if (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
        __m128i other = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')),
                                     _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)));
        unsigned q = (unsigned)_mm_movemask_epi8(quote), o = (unsigned)_mm_movemask_epi8(other);

        /* A quote, and nothing to look at below it. */
        if (q && !(o & ((q & (0 - q)) - 1)))
            return (struct sl_json_str){ p + __builtin_ctz(q), NULL, false };
    }
#endif
    return sl_json_string_scan(p, end);
}

/* Behind the number that starts at p; NULL when it is malformed, *fault the place. */
static inline const char *sl_json_lex_number(const char *p, const char *end, const char **fault)
{
#define IS_DIGIT(p) ((p) < end && (unsigned char)(*(p) - '0') < 10)
    if (p < end && *p == '-')
        p++;
    if (!IS_DIGIT(p))
        goto bad;
    if (*p == '0') {
        p++;
    } else {
        while (IS_DIGIT(p))
            p++;
    }
    if (p < end && *p == '.') {
        p++;
        if (!IS_DIGIT(p))
            goto bad;
        while (IS_DIGIT(p))
            p++;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (!IS_DIGIT(p))
            goto bad;
        while (IS_DIGIT(p))
            p++;
    }
    return p;
#undef IS_DIGIT
bad:
    *fault = p;
    return NULL;
}

/* Behind true, false or null; NULL when p starts none of them. */
static inline const char *sl_json_lex_word(const char *p, const char *end)
{
    size_t left = (size_t)(end - p);

    if (left >= 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0))
        return p + 4;
    return left >= 5 && memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
}

/* Fill err, which may be NULL; returns SLUICE_E_INVALID. */
sluice_status sl_json_fault(struct sl_json_error *err, sluice_span text, const char *at,
                            const char *what);

/* The index of a name that appeared before, n if there is none, SIZE_MAX when out of memory.
 * The i-th name is the span at first + i * stride bytes. */
size_t sl_json_twice(const void *first, size_t stride, size_t n, struct sluice_arena *arena);

/* Decode an inside that may hold escapes: a span into the text if it does not. */
bool sl_json_decode(sluice_span inside, bool escaped, struct sluice_arena *arena, sluice_span *out);
/* Does the raw inside of a string say this decoded text? */
bool sl_json_inside_is(sluice_span inside, sluice_span text);

#endif
