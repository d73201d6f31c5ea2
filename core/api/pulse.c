/* SPDX-License-Identifier: Apache-2.0 */
/* pulse.c - a message to each loop, which answers when its turn comes. Who is late finds nobody
 * waiting and frees what is left. */
#include "api/pulse.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"

struct round {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t refs; /* beats on their way, and who waits */
    size_t answered;
    uint64_t begun_us, slowest_us;
};

struct beat {
    struct sl_post post;
    struct round *round;
};

/* With the lock held; gives it back. */
static void leave(struct round *r)
{
    bool last = --r->refs == 0;

    pthread_mutex_unlock(&r->lock);
    if (!last)
        return;
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void answer(struct sl_post *p, bool dropped)
{
    struct beat *b = SL_CONTAINER(p, struct beat, post);
    struct round *r = b->round;
    uint64_t took = sl_now_us() - r->begun_us;

    free(b);
    pthread_mutex_lock(&r->lock);
    r->answered++; /* one that goes away is not one that hangs */
    if (!dropped && took > r->slowest_us)
        r->slowest_us = took;
    pthread_cond_signal(&r->changed);
    leave(r);
}

static struct round *begin(void)
{
    struct round *r = calloc(1, sizeof *r);
    pthread_condattr_t attr;

    if (!r)
        return NULL;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &attr);
    pthread_condattr_destroy(&attr);
    r->refs = 1;
    r->begun_us = sl_now_us();
    return r;
}

static size_t ask_all(struct sluice *s, struct round *r)
{
    size_t n = 0;

    pthread_mutex_lock(&s->lock);
    sl_list_each(node, &s->loops)
    {
        struct beat *b = malloc(sizeof *b);

        if (!b)
            break;
        *b = (struct beat){ .post = { .fn = answer }, .round = r };
        pthread_mutex_lock(&r->lock);
        r->refs++;
        pthread_mutex_unlock(&r->lock);
        sl_loop_post(SL_CONTAINER(node, sluice_loop, node)->loop, &b->post);
        n++;
    }
    pthread_mutex_unlock(&s->lock);
    return n;
}

struct sl_pulse sl_pulse_take(struct sluice *s, uint32_t ms)
{
    struct sl_pulse out = { 0 };
    struct round *r = begin();
    struct timespec until;
    int e = 0;

    if (!r)
        return out;
    out.loops = ask_all(s, r);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&r->lock);
    while (r->answered < out.loops && e != ETIMEDOUT)
        e = pthread_cond_timedwait(&r->changed, &r->lock, &until);
    out.silent = out.loops - r->answered;
    out.slowest_us = r->slowest_us;
    leave(r);
    return out;
}
