/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - counted credentials, cleared before their memory is given back. */
#include "base/secret.h"

#include "base/arena.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>

struct sl_secret {
    atomic_size_t holders;
    size_t len;
    char text[]; /* and a NUL, for libraries that want one */
};

struct sl_secret *sl_secret_create(sluice_span text)
{
    struct sl_secret *s;

    if (sl_fault_hit() || text.len >= SIZE_MAX - sizeof *s)
        return NULL;
    s = malloc(sizeof *s + text.len + 1);
    if (!s)
        return NULL;
    atomic_init(&s->holders, 1);
    s->len = text.len;
    if (text.len)
        memcpy(s->text, text.ptr, text.len);
    s->text[text.len] = '\0';
    return s;
}

struct sl_secret *sl_secret_hold(struct sl_secret *s)
{
    if (s)
        atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed);
    return s;
}

void sl_secret_drop(struct sl_secret *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) != 1)
        return;
    OPENSSL_cleanse(s->text, s->len);
    free(s);
}

sluice_span sl_secret_reveal(const struct sl_secret *s)
{
    return s ? sl_span(s->text, s->len) : sl_span(NULL, 0);
}
