/* SPDX-License-Identifier: Apache-2.0 */
/* sticky.c - see sticky.h. */
#include "route/sticky.h"

#include "base/span.h"

#define FOR_EVER 1e300

/* The finish of SplitMix64: each bit of x moves about half of the result's. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Not seeded: whoever chooses session names chooses among deployments that are open to him anyway.
 */
uint64_t sl_sticky_more(uint64_t hash, sluice_span text)
{
    uint64_t word;
    size_t i = 0;

    for (; i + 8 <= text.len; i += 8) {
        memcpy(&word, text.ptr + i, 8);
        hash = mix(hash ^ word) + 0x9e3779b97f4a7c15u;
    }
    word = (uint64_t)text.len << 56;
    for (size_t k = 0; i + k < text.len; k++)
        word |= (uint64_t)(unsigned char)text.ptr[i + k] << (8 * k);
    hash = mix(hash ^ word) + 0x9e3779b97f4a7c15u;
    return hash ? hash : 1;
}

uint64_t sl_sticky_hash(sluice_span text)
{
    return sl_sticky_more(0x736c75696365u, text);
}

/* -ln(x / 2^64), x above 0, within 1e-5: the exponent exactly, the rest by a series of
 * artanh. */
static double minus_ln(uint64_t x)
{
    int zeros = __builtin_clzll(x);
    double m = (double)(x << zeros) / 18446744073709551616.0; /* 0.5 to 1 */
    double t = (m - 1) / (m + 1), t2 = t * t;

    return 0.69314718055994531 * zeros -
           2 * t * (1 + t2 * (1.0 / 3 + t2 * (0.2 + t2 * (1.0 / 7 + t2 / 9))));
}

double sl_sticky_wait(int64_t weight_ppm)
{
    return weight_ppm > 0 ? 1e6 / (double)weight_ppm : FOR_EVER;
}

/* Each candidate draws a number that depends on both; the highest wins. */
static size_t highest(uint64_t sticky, const uint64_t *ids, const uint32_t *from, size_t n)
{
    uint64_t most = 0;
    size_t best = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t drawn = mix(sticky ^ ids[from[i]]);

        if (drawn > most) {
            most = drawn;
            best = i;
        }
    }
    return best;
}

size_t sl_sticky_choose(uint64_t sticky, const uint64_t *ids, const double *waits,
                        const uint32_t *from, size_t n)
{
    double least = FOR_EVER;
    size_t best = n;

    if (!waits)
        return highest(sticky, ids, from, n);
    for (size_t i = 0; i < n; i++) {
        double wait = minus_ln(mix(sticky ^ ids[from[i]]) | 1) * waits[from[i]];

        if (wait < least) {
            least = wait;
            best = i;
        }
    }
    return best < n ? best : highest(sticky, ids, from, n); /* all weigh nothing: all alike */
}
