/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - a spawned loop seen from a foreign one: callbacks wait here, a descriptor says when. */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "api/instance.h"
#include "base/status.h"

struct sluice_queue {
    sluice_loop *loop; /* NULL once it has ended */
    int fd;
    pthread_mutex_t lock; /* guards the two ends */
    struct sl_queue_item *first, **last;
};

sluice_status sluice_queue_open(sluice *s, sluice_queue **out, sluice_error *err)
{
    sluice_queue *q = calloc(1, sizeof *q);
    sluice_status st;

    if (!q)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a queue");
    q->last = &q->first;
    pthread_mutex_init(&q->lock, NULL);
    q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (q->fd < 0) {
        st = sl_fail(err, SLUICE_E_NOMEM, "no descriptor for a queue: %s", strerror(errno));
        goto out;
    }
    st = sluice_spawn(s, &q->loop, err);
    if (st < 0)
        goto out;
    q->loop->queue = q;
    *out = q;
    return SLUICE_OK;
out:
    if (q->fd >= 0)
        close(q->fd);
    pthread_mutex_destroy(&q->lock);
    free(q);
    return st;
}

int sluice_queue_fd(const sluice_queue *q)
{
    return q->fd;
}

sluice_loop *sluice_queue_loop(sluice_queue *q)
{
    return q->loop;
}

void sl_queue_orphan(struct sluice_queue *q)
{
    q->loop = NULL;
}

void sl_queue_push(struct sluice_queue *q, struct sl_queue_item *i)
{
    uint64_t one = 1;
    bool first;

    i->next = NULL;
    pthread_mutex_lock(&q->lock);
    first = q->first == NULL;
    *q->last = i;
    q->last = &i->next;
    pthread_mutex_unlock(&q->lock);
    /* EAGAIN would mean that the counter is full: then it is readable already. */
    if (first && write(q->fd, &one, sizeof one) < 0 && errno != EAGAIN)
        sl_log(&q->loop->s->owner.log, SL_ERROR, "a queue cannot be woken: %s", strerror(errno));
}

size_t sluice_queue_run(sluice_queue *q)
{
    struct sl_queue_item *i;
    uint64_t counter;
    size_t n = 0;

    while (read(q->fd, &counter, sizeof counter) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&q->lock);
    i = q->first;
    q->first = NULL;
    q->last = &q->first;
    pthread_mutex_unlock(&q->lock);
    while (i) {
        struct sl_queue_item *next = i->next;

        i->run(i);
        i = next;
        n++;
    }
    return n;
}

void sluice_queue_close(sluice_queue *q)
{
    if (!q)
        return;
    if (q->loop)
        sl_loop_end(q->loop); /* cancels what runs; the callbacks that this brings wait here */
    (void)sluice_queue_run(q);
    close(q->fd);
    pthread_mutex_destroy(&q->lock);
    free(q);
}
