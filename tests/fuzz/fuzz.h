/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h - what the targets share: a check that stays on, and splitting the input. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

/* A copy in memory of its own, so that sanitizers see every read outside of it. */
static inline char *fuzz_copy(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);

    require(copy != NULL);
    if (len)
        memcpy(copy, text, len);
    return copy;
}

/* Takes one number below `limit` off the front of the input; 0 when it is used up. */
static inline size_t fuzz_number(const uint8_t **data, size_t *size, size_t limit)
{
    size_t n = 0;

    for (int i = 0; i < 2 && *size; i++, (*size)--)
        n = n << 8 | *(*data)++;
    return limit ? n % limit : 0;
}

#endif
