/* SPDX-License-Identifier: Apache-2.0 */
/* rng.h - random bits: one generator per thread, seeded by the kernel. */
#ifndef SL_BASE_RNG_H
#define SL_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Unpredictable; ids and keys may be made of it. */
uint64_t sl_random(void);
/* n characters of [A-Za-z0-9], no terminator. */
void sl_random_alnum(char *out, size_t n);
/* n bytes straight from the kernel, whatever a test has fixed; for keys drawn once. */
void sl_random_kernel(void *out, size_t n);
/* For tests, per thread: a fixed sequence from seed; 0 = random again. */
void sl_random_seed(uint64_t seed);

#endif
