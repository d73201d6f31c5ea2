/* SPDX-License-Identifier: Apache-2.0 */
/* live.c - see live.h. */
#include "route/live.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/map.h"

struct sl_live_registry {
    pthread_mutex_t lock; /* guards the map */
    struct sl_map by_name;
};

struct sl_live_registry *sl_live_registry_create(void)
{
    struct sl_live_registry *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    pthread_mutex_init(&r->lock, NULL);
    sl_map_init(&r->by_name);
    return r;
}

void sl_live_registry_destroy(struct sl_live_registry *r)
{
    if (!r)
        return;
    sl_map_finish(&r->by_name);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static struct sl_group_live *create(struct sl_live_registry *r, sluice_span name)
{
    struct sl_group_live *g = calloc(1, sizeof *g + name.len + 1);
    char *text;

    if (!g)
        return NULL;
    text = (char *)(g + 1);
    if (name.len)
        memcpy(text, name.ptr, name.len);
    g->name = sl_span(text, name.len);
    g->registry = r;
    atomic_init(&g->refs, 1);
    sl_queue_init(&g->queue);
    sl_hedge_init(&g->streams);
    sl_hedge_init(&g->wholes);
    return g;
}

struct sl_group_live *sl_live_hold(struct sl_live_registry *r, sluice_span name)
{
    struct sl_group_live *g;

    pthread_mutex_lock(&r->lock);
    g = sl_map_get(&r->by_name, name);
    if (g) {
        atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    } else {
        g = create(r, name);
        if (g && !sl_map_put(&r->by_name, g->name, g)) {
            free(g);
            g = NULL;
        }
    }
    pthread_mutex_unlock(&r->lock);
    return g;
}

void sl_live_drop(struct sl_group_live *g)
{
    struct sl_live_registry *r;

    if (!g)
        return;
    r = g->registry;
    pthread_mutex_lock(&r->lock);
    if (atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) == 1) {
        (void)sl_map_remove(&r->by_name, g->name);
        sl_queue_finish(&g->queue);
        free(g);
    }
    pthread_mutex_unlock(&r->lock);
}
