/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the kernel's clocks, unless a test has stopped them. */
#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

static atomic_bool frozen;
static _Atomic uint64_t frozen_mono;
static _Atomic int64_t frozen_unix;

static struct timespec now(clockid_t id)
{
    struct timespec ts = { 0 };

    clock_gettime(id, &ts);
    return ts;
}

uint64_t sl_now_us(void)
{
    struct timespec ts;

    if (atomic_load_explicit(&frozen, memory_order_acquire))
        return frozen_mono;
    ts = now(CLOCK_MONOTONIC);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

uint64_t sl_now_ms(void)
{
    return sl_now_us() / 1000;
}

int64_t sl_unix_us(void)
{
    struct timespec ts;

    if (atomic_load_explicit(&frozen, memory_order_acquire))
        return frozen_unix;
    ts = now(CLOCK_REALTIME);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t sl_unix_ms(void)
{
    return sl_unix_us() / 1000;
}

void sl_clock_freeze(uint64_t mono_us, int64_t unix_us)
{
    frozen_mono = mono_us;
    frozen_unix = unix_us;
    atomic_store_explicit(&frozen, mono_us != 0 || unix_us != 0, memory_order_release);
}

int64_t sl_unix_of(sluice_span text)
{
    struct tm tm = { 0 };
    char copy[20];
    const char *end;

    if (text.len < sizeof copy - 1)
        return 0;
    memcpy(copy, text.ptr, sizeof copy - 1);
    copy[sizeof copy - 1] = 0;
    end = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    return end && !*end ? timegm(&tm) : 0;
}
