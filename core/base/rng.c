/* SPDX-License-Identifier: Apache-2.0 */
/* rng.c - each thread draws from a pool that the kernel fills; used bits are wiped. A pool is
 * thrown away after fork(), so that parent and child never hand out the same bits. */
#include "base/rng.h"

#include <errno.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#define POOL 64 /* words: at 512 bytes a refill is one system call of about a microsecond */

static _Thread_local struct {
    uint64_t words[POOL];
    unsigned left, generation;
    uint64_t fixed; /* state of the tests' sequence, 0 = not in use */
} pool;

static atomic_uint generation = 1;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void forked(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void watch_fork(void)
{
    pthread_atfork(NULL, NULL, forked);
}

void sl_random_kernel(void *out, size_t n)
{
    char *p = out;

    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);

        if (got > 0) {
            p += got;
            n -= (size_t)got;
        } else if (got < 0 && errno != EINTR) {
            /* A kernel or sandbox without the call: libcrypto has other ways to entropy. When those
             * fail too we wait: predictable keys would be worse. */
            if (RAND_bytes((unsigned char *)p, (int)n) == 1)
                return;
        }
    }
}

static void refill(unsigned now)
{
    pthread_once(&fork_once, watch_fork);
    sl_random_kernel(pool.words, sizeof pool.words);
    pool.left = POOL;
    pool.generation = now;
}

/* SplitMix64: good enough a sequence for tests, and short. */
static uint64_t fixed_next(void)
{
    uint64_t x = pool.fixed += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint64_t sl_random(void)
{
    unsigned now = atomic_load_explicit(&generation, memory_order_relaxed);
    uint64_t word;

    if (pool.fixed)
        return fixed_next();
    if (pool.left == 0 || pool.generation != now)
        refill(now);
    word = pool.words[--pool.left];
    pool.words[pool.left] = 0;
    return word;
}

void sl_random_alnum(char *out, size_t n)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t bits = 0;
    unsigned left = 0;

    for (size_t i = 0; i < n;) {
        unsigned six;

        if (left == 0) {
            bits = sl_random();
            left = 10;
        }
        six = (unsigned)(bits & 63);
        bits >>= 6;
        left--;
        /* The last two of 64 are drawn again: every character is equally likely. */
        if (six < sizeof set - 1)
            out[i++] = set[six];
    }
}

void sl_random_seed(uint64_t seed)
{
    pool.fixed = seed;
}
