/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - see queue.h. A place that was told is not in the list any more, but counts until it has
 * been at work: who comes meanwhile waits behind it. */
#include "route/queue.h"

#include <stdlib.h>

struct sl_queue_place {
    struct sl_list node;
    struct sl_post post;
    struct sl_queue *queue;
    struct sl_loop *loop;
    int64_t priority;
    uint64_t arrival;
    void (*turn)(void *ctx);
    void *ctx;
    bool told; /* out of the list; under the queue's lock */
    bool left; /* told, and not interested any more; the loop's own */
};

void sl_queue_init(struct sl_queue *q)
{
    pthread_mutex_init(&q->lock, NULL);
    sl_list_init(&q->waiting);
    atomic_init(&q->n, 0);
    atomic_init(&q->joined, 0);
    q->next = 1;
}

void sl_queue_finish(struct sl_queue *q)
{
    pthread_mutex_destroy(&q->lock);
}

static void on_turn(struct sl_post *post, bool dropped)
{
    struct sl_queue_place *p = SL_CONTAINER(post, struct sl_queue_place, post);
    void (*turn)(void *) = p->left || dropped ? NULL : p->turn;
    void *ctx = p->ctx;

    /* One that has left may be later than its queue. */
    if (!p->left)
        atomic_fetch_sub(&p->queue->n, 1);
    free(p);
    if (turn)
        turn(ctx);
}

static void insert(struct sl_queue *q, struct sl_queue_place *p)
{
    struct sl_list *before = q->waiting.prev;

    /* Mostly at the end. */
    while (before != &q->waiting) {
        const struct sl_queue_place *other = SL_CONTAINER(before, struct sl_queue_place, node);

        if (other->priority < p->priority ||
            (other->priority == p->priority && other->arrival < p->arrival))
            break;
        before = before->prev;
    }
    sl_list_append(before->next, &p->node);
}

sluice_status sl_queue_join(struct sl_queue *q, struct sl_loop *l, int64_t priority,
                            uint64_t *arrival, void (*turn)(void *ctx), void *ctx,
                            struct sl_queue_place **out)
{
    struct sl_queue_place *p;

    if (atomic_load(&q->n) >= SL_QUEUE_MOST)
        return SLUICE_E_LIMITED;
    p = calloc(1, sizeof *p);
    if (!p)
        return SLUICE_E_NOMEM;
    p->post.fn = on_turn;
    p->queue = q;
    p->loop = l;
    p->priority = priority;
    p->turn = turn;
    p->ctx = ctx;
    pthread_mutex_lock(&q->lock);
    if (!*arrival) {
        *arrival = q->next++;
        atomic_fetch_add(&q->joined, 1);
    }
    p->arrival = *arrival;
    insert(q, p);
    atomic_fetch_add(&q->n, 1);
    pthread_mutex_unlock(&q->lock);
    *out = p;
    return SLUICE_OK;
}

void sl_queue_leave(struct sl_queue_place *p)
{
    struct sl_queue *q = p->queue;
    bool told;

    pthread_mutex_lock(&q->lock);
    told = p->told;
    if (!told)
        sl_list_remove(&p->node);
    atomic_fetch_sub(&q->n, 1);
    pthread_mutex_unlock(&q->lock);
    if (!told) {
        free(p);
        return;
    }
    p->left = true; /* its message frees it */
    sl_queue_next(q);
}

void sl_queue_next(struct sl_queue *q)
{
    struct sl_queue_place *p = NULL;

    if (!sl_queue_busy(q))
        return;
    pthread_mutex_lock(&q->lock);
    if (!sl_list_empty(&q->waiting)) {
        p = SL_CONTAINER(q->waiting.next, struct sl_queue_place, node);
        sl_list_remove(&p->node);
        p->told = true;
        /* Within the lock: who leaves afterwards finds a message under way. */
        sl_loop_post(p->loop, &p->post);
    }
    pthread_mutex_unlock(&q->lock);
}
