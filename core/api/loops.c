/* SPDX-License-Identifier: Apache-2.0 */
/* loops.c - a sluice object on event loops: the embedder's, or threads of our own. */
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>
#include "api/instance.h"
#include "base/status.h"

static sluice_status make(sluice *s, struct event_base *base, sluice_loop **out, sluice_error *err)
{
    struct sl_loop_options options = { .base = base, .log = &s->owner.log };
    sluice_loop *l = calloc(1, sizeof *l);
    struct sl_snapshot *snapshot;
    sluice_status st;

    if (!l)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a loop");
    l->s = s;
    sl_map_init(&l->remotes);
    st = sl_loop_create(&options, &l->loop, err);
    if (st < 0) {
        free(l);
        return st;
    }
    /* Registered under the lock, so that no reload falls between reading the configuration and
     * being told of the next one. */
    pthread_mutex_lock(&s->lock);
    snapshot = sl_snapshot_hold(s->current);
    st = sl_worker_init(&l->worker, &s->owner, l->loop, snapshot, err);
    if (st >= 0)
        sl_list_append(&s->loops, &l->node);
    pthread_mutex_unlock(&s->lock);
    sl_snapshot_drop(snapshot);
    if (st < 0) {
        sl_loop_destroy(l->loop);
        free(l);
        return st;
    }
    *out = l;
    return SLUICE_OK;
}

static void unmake(sluice_loop *l)
{
    pthread_mutex_lock(&l->s->lock);
    sl_list_remove(&l->node);
    pthread_mutex_unlock(&l->s->lock);
    /* A verb only reads and takes microseconds; its answer is posted to this loop. */
    while (atomic_load(&l->controls) > 0)
        nanosleep(&(struct timespec){ 0, 100 * 1000 }, NULL);
    sl_worker_finish(&l->worker);
    sl_remote_finish(l);
    sl_loop_destroy(l->loop);
    if (l->queue)
        sl_queue_orphan(l->queue);
    sl_map_finish(&l->remotes);
    free(l);
}

sluice_status sluice_attach(sluice *s, void *event_base, sluice_loop **out, sluice_error *err)
{
    if (!event_base)
        return sl_fail(err, SLUICE_E_INVALID, "sluice_attach() needs an event_base");
    return make(s, event_base, out, err);
}

void sluice_detach(sluice_loop *loop)
{
    if (loop && !loop->spawned)
        unmake(loop);
}

static void *run(void *arg)
{
    sl_loop_run(((sluice_loop *)arg)->loop);
    return NULL;
}

sluice_status sluice_spawn(sluice *s, sluice_loop **out, sluice_error *err)
{
    sluice_loop *l;
    sluice_status st = make(s, NULL, &l, err);

    if (st < 0)
        return st;
    l->spawned = true;
    if (pthread_create(&l->thread, NULL, run, l) != 0) {
        unmake(l);
        return sl_fail(err, SLUICE_E_NOMEM, "cannot start a thread for a loop");
    }
    *out = l;
    return SLUICE_OK;
}

void sl_loop_end(sluice_loop *l)
{
    sl_loop_stop(l->loop);
    pthread_join(l->thread, NULL);
    unmake(l);
}

void sl_loops_end(struct sluice *s)
{
    for (;;) {
        sluice_loop *l = NULL;

        pthread_mutex_lock(&s->lock);
        sl_list_each(node, &s->loops) if (SL_CONTAINER(node, sluice_loop, node)->spawned) l =
            SL_CONTAINER(node, sluice_loop, node);
        pthread_mutex_unlock(&s->lock);
        if (!l)
            return;
        sl_loop_end(l);
    }
}
