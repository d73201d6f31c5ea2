/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c - edit distance between names, with a bound on how far a guess may be. */
#include "base/nearest.h"

#define LONGEST 64

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Insertions, deletions and replacements; '-' and '_' are one, and so are cases of letters. */
static size_t distance(sluice_span a, sluice_span b)
{
    size_t row[LONGEST + 1];

    for (size_t k = 0; k <= b.len; k++)
        row[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            char x = sl_lower(a.ptr[i - 1]), y = sl_lower(b.ptr[k - 1]);
            size_t above = row[k];

            x = x == '-' ? '_' : x;
            y = y == '-' ? '_' : y;
            row[k] = min3(above + 1, row[k - 1] + 1, diagonal + (x != y));
            diagonal = above;
        }
    }
    return row[b.len];
}

void sl_nearest_try(struct sl_nearest *n, sluice_span name)
{
    size_t d;

    if (!name.len || !n->wanted.len || name.len > LONGEST || n->wanted.len > LONGEST)
        return;
    d = distance(n->wanted, name);
    /* A third of the letters wrong is another word. */
    if (d > (n->wanted.len + 2) / 3 || d >= name.len)
        return;
    if (!n->best.ptr || d < n->distance) {
        n->best = name;
        n->distance = d;
    }
}
