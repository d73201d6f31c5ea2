/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tidy.c - memory that a burst left behind goes back to the system. Freed pieces stay with malloc()
 * between others that are in use; only when asked does it give back the whole pages among them.
 * While calls run some of it is kept for the next burst; who has nothing to do keeps nothing.
 *
 * glibc gives each thread a heap. malloc_trim() finds the free pages inside of all of them, but
 * what is free at a heap's end goes only when that thread frees something large there.
 */
#include "process/tidy.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define EVERY_S 15
#define QUIET_MS 150 /* of CPU time in EVERY_S: nothing runs that would notice */
#define MUCH ((size_t)8 << 20)
#define LARGEST (4 << 20)
#define KEPT (32 << 20) /* of each thread's memory, while calls run */
#define KEPT_AT_REST (128 << 10)
#define SOMETHING_LARGE ((size_t)256 << 10)
#define LITTLE ((size_t)256 << 10) /* not worth the walk through the heap */

static atomic_bool at_rest; /* of the process, as malloc() is */

static void rest(bool on)
{
    if (atomic_exchange(&at_rest, on) != on)
        mallopt(M_TRIM_THRESHOLD, on ? KEPT_AT_REST : KEPT);
}

void gw_tidy_thread(void)
{
    /* A compiler that sees through a pair of malloc() and free() leaves it out. */
    void *volatile p = atomic_load(&at_rest) ? malloc(SOMETHING_LARGE) : NULL;

    free(p);
}

static uint64_t spent_ms(void)
{
    struct timespec ts = { 0 };

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* What runs is asked for much, twice in a row, so that a lull of seconds costs nothing. */
static void look(evutil_socket_t fd, short what, void *arg)
{
    struct gw_tidy *t = arg;
    uint64_t now_ms = spent_ms();
    bool quiet = now_ms - t->spent_ms < QUIET_MS;
    size_t spare = mallinfo2().fordblks;
    bool much = !quiet && spare > MUCH;

    (void)fd;
    (void)what;
    rest(quiet);
    if (quiet ? spare > t->returned + LITTLE : much && t->much) {
        malloc_trim(0);
        t->returned = mallinfo2().fordblks;
    }
    if (!quiet)
        t->returned = 0; /* it may be in use again, or have been */
    t->much = much && !t->much;
    t->spent_ms = now_ms;
}

bool gw_tidy_start(struct gw_tidy *t, struct event_base *base)
{
    const struct timeval every = { .tv_sec = EVERY_S };

    /* What large bodies lay in stays for the next ones: pages that come and go with each of them
     * cost as much as copying it. */
    mallopt(M_MMAP_THRESHOLD, LARGEST);
    mallopt(M_TRIM_THRESHOLD, KEPT);
    *t = (struct gw_tidy){ .timer = event_new(base, -1, EV_PERSIST, look, t) };
    return t->timer && event_add(t->timer, &every) == 0;
}

void gw_tidy_stop(struct gw_tidy *t)
{
    if (t->timer)
        event_free(t->timer);
    t->timer = NULL;
}
