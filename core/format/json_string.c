/* SPDX-License-Identifier: Apache-2.0 */
/* json_string.c - strings in plain C, and the choice of the way to scan them. */
#include "format/json_string.h"

#include "format/json_string_simd.h"

#include <stdatomic.h>

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

/* Are these eight bytes without quote, backslash, control character and high bit? */
static inline bool word_is_plain(uint64_t w)
{
    uint64_t quote = w ^ ONES * '"', backslash = w ^ ONES * '\\';

    /* A borrow can only reach a byte from one that is itself not plain. */
    return !(((w - ONES * 0x20) | (quote - ONES) | (backslash - ONES) | w) & HIGHS);
}

static inline bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (sl_lower(c) >= 'a' && sl_lower(c) <= 'f');
}

/* p: at a backslash. Sets *what when the escape is none. */
static const char *skip_escape(const char *p, const char *end, const char **what)
{
    if (end - p < 2) {
        *what = "unterminated string";
        return end;
    }
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        for (int i = 2; i < 6; i++) {
            if (end - p <= i) {
                *what = "unterminated string";
                return end;
            }
            if (!is_hex(p[i])) {
                *what = "malformed \\u escape";
                return p;
            }
        }
        return p + 6;
    default:
        *what = "unknown escape";
        return p;
    }
}

struct sl_json_str sl_json_string_plain(const char *p, const char *end)
{
    struct sl_json_str r = { end, "unterminated string", false };
    uint64_t word;
    unsigned n;

    while (p < end) {
        unsigned char c = (unsigned char)*p;

        if (c == '"') {
            r.end = p;
            r.what = NULL;
            return r;
        }
        if (c == '\\') {
            const char *what = NULL;

            r.escaped = true;
            p = skip_escape(p, end, &what);
            if (what) {
                r.end = p;
                r.what = what;
                return r;
            }
        } else if (c < 0x20) {
            r.end = p;
            r.what = "control character in string";
            return r;
        } else if (c < 0x80) {
            p++;
            while (end - p >= 8) {
                memcpy(&word, p, 8);
                if (!word_is_plain(word))
                    break;
                p += 8;
            }
        } else {
            n = sl_utf8_length(p, end);
            if (n == 0) {
                r.end = p;
                r.what = "malformed UTF-8";
                return r;
            }
            p += n;
        }
    }
    return r;
}

size_t sl_json_string_ways(const struct sl_json_string_way **ways)
{
    /* The best one last. */
    static const struct sl_json_string_way all[] = {
        { "plain", sl_json_string_plain },
#ifdef SL_JSON_STRING_SSE2
        { "sse2", sl_json_string_sse2 },
        { "avx2", sl_json_string_avx2 },
#endif
#ifdef SL_JSON_STRING_NEON
        { "neon", sl_json_string_neon },
#endif
    };
    size_t n = sizeof all / sizeof all[0];

    *ways = all;
#ifdef SL_JSON_STRING_SSE2
    if (!__builtin_cpu_supports("avx2"))
        n--;
#endif
    return n;
}

static struct sl_json_str choose(const char *p, const char *end);

static _Atomic(sl_json_string_fn) chosen = choose;

/* Several threads may come here at once; they all store the same. */
static struct sl_json_str choose(const char *p, const char *end)
{
    const struct sl_json_string_way *ways;
    sl_json_string_fn fn = NULL;
    size_t n = sl_json_string_ways(&ways);

    fn = ways[n - 1].fn;
    atomic_store_explicit(&chosen, fn, memory_order_relaxed);
    return fn(p, end);
}

struct sl_json_str sl_json_string_scan(const char *p, const char *end)
{
    return atomic_load_explicit(&chosen, memory_order_relaxed)(p, end);
}
