/* SPDX-License-Identifier: Apache-2.0 */
/*
 * malloc_fault.c - lets every malloc() of the process fail in turn, a plugin's own too, while
 * sl_test_every_fault() says so. Linked into the runners only: a library must not replace malloc.
 * Not with a sanitizer, which has its own, and only with glibc, which offers the real one under a
 * second name; elsewhere the arenas and buffers of the host fail all the same.
 */
#include "fault.h"

#include "base/arena.h"

#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

/* Seen by the plugins too, which are linked to libc's. */
#define OPEN __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static _Thread_local int armed;

int sl_test_malloc_arm(int on)
{
    int before = armed;

    armed = on;
    return before;
}

static int hit(void)
{
    return armed && sl_fault_hit();
}

OPEN void *malloc(size_t size)
{
    return hit() ? NULL : __libc_malloc(size);
}

OPEN void *calloc(size_t n, size_t size)
{
    return hit() ? NULL : __libc_calloc(n, size);
}

OPEN void *realloc(void *p, size_t size)
{
    return hit() ? NULL : __libc_realloc(p, size);
}

#else

int sl_test_malloc_arm(int on)
{
    (void)on;
    return 0;
}

#endif
