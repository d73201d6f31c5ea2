/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - SipHash-1-3 under a key drawn once per process, so that nobody outside can choose keys
 * that collide. Values differ from process to process: never store them. */
#include "base/map.h"

#include "base/rng.h"

#include <pthread.h>

static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void key_draw(void)
{
    sl_random_kernel(key, sizeof key);
}

static inline uint64_t rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

struct sip {
    uint64_t a, b, c, d;
};

static inline void sip_round(struct sip *s)
{
    s->a += s->b;
    s->b = rotl(s->b, 13) ^ s->a;
    s->a = rotl(s->a, 32);
    s->c += s->d;
    s->d = rotl(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotl(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotl(s->b, 17) ^ s->c;
    s->c = rotl(s->c, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

uint64_t sl_hash(sluice_span s)
{
    struct sip h;
    uint64_t word;
    size_t i = 0, rest = s.len % 8;

    pthread_once(&key_once, key_draw);
    h = (struct sip){ key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                      key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u };
    for (; i + 8 <= s.len; i += 8) {
        memcpy(&word, s.ptr + i, 8);
        sip_word(&h, word);
    }
    word = (uint64_t)s.len << 56;
    for (size_t k = 0; k < rest; k++)
        word |= (uint64_t)(unsigned char)s.ptr[i + k] << (8 * k);
    sip_word(&h, word);
    h.c ^= 0xff;
    for (int k = 0; k < 3; k++)
        sip_round(&h);
    return h.a ^ h.b ^ h.c ^ h.d;
}
