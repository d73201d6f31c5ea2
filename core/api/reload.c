/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c - another configuration for a sluice object that runs. */
#include <stdlib.h>
#include "api/health.h"
#include "api/instance.h"
#include "config/at_start.h"

struct use {
    struct sl_post post;
    sluice_loop *loop;
    struct sl_snapshot *snapshot; /* held */
};

static void use_on_loop(struct sl_post *p, bool dropped)
{
    struct use *u = (struct use *)p;

    if (!dropped)
        sl_worker_use(&u->loop->worker, u->snapshot);
    sl_snapshot_drop(u->snapshot);
    free(u);
}

/* With the lock held. A loop that cannot be told stays on the old configuration, and says so. */
static void tell_loops(struct sluice *s)
{
    sl_list_each(node, &s->loops)
    {
        struct use *u = calloc(1, sizeof *u);

        if (!u) {
            sl_log(&s->owner.log, SL_ERROR, "out of memory: a loop stays on the old configuration");
            continue;
        }
        u->post.fn = use_on_loop;
        u->loop = SL_CONTAINER(node, sluice_loop, node);
        u->snapshot = sl_snapshot_hold(s->current);
        sl_loop_post(u->loop->loop, &u->post);
    }
}

static void waits(void *ctx, const struct sl_start_setting *s)
{
    const struct sluice *instance = ctx;

    sl_log(&instance->owner.log, SL_WARN, "reload: %.*s has changed, which waits for a restart: %s",
           SL_FMT(s->key), s->why);
}

sluice_status sluice_reload(sluice *s, sluice_span config, sluice_error *err)
{
    struct sl_snapshot *previous, *next;
    struct sl_settings *settings;
    sluice_status st;

    pthread_mutex_lock(&s->reloading);
    previous = sl_instance_snapshot(s);
    st = sl_registry_rescan(s->owner.registry, err);
    if (st >= 0)
        st = sl_instance_settings(s, config, &settings, err);
    if (st >= 0) {
        sl_instance_load_plugins(s, settings);
        st = sl_snapshot_create(&s->owner, settings, previous, &next, err);
    }
    sl_snapshot_drop(previous);
    if (st >= 0) {
        pthread_mutex_lock(&s->lock);
        previous = s->current;
        s->current = next;
        tell_loops(s);
        pthread_mutex_unlock(&s->lock);
        sl_snapshot_drop(previous);
        st = SLUICE_OK;
        sl_at_start_compare(s->at_start, next->settings->at_start, waits, s);
        (void)sl_health_apply(s->health, next->settings, NULL); /* the rest is in force anyway */
    }
    pthread_mutex_unlock(&s->reloading);
    return st;
}
