/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - a sluice object: opened, closed; its control thread. */
#include <stdlib.h>
#include <sluice/cache.h>
#include <sluice/logger.h>
#include <sluice/router.h>
#include "api/health.h"
#include "api/instance.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "call/stored/background.h"
#include "call/cache/flight.h"
#include "config/at_start.h"
#include "state/objects.h"

#define JOB_THREADS 4
#define OBJECTS_MOST 10000
#define RECENT_BYTES (64u << 20)
#define OPENED_BYTES (16u << 20)

sluice_status sluice_add_builtin(sluice_plugin_entry_fn entry)
{
    return sl_registry_add_builtin(entry);
}

struct sl_snapshot *sl_instance_snapshot(struct sluice *s)
{
    struct sl_snapshot *snapshot;

    pthread_mutex_lock(&s->lock);
    snapshot = sl_snapshot_hold(s->current);
    pthread_mutex_unlock(&s->lock);
    return snapshot;
}

static void *run_control(void *arg)
{
    sl_loop_run(arg);
    return NULL;
}

static sluice_status start_control(struct sluice *s, sluice_error *err)
{
    struct sl_loop_options options = { .log = &s->owner.log };
    sluice_status st = sl_loop_create(&options, &s->control, err);

    if (st < 0)
        return st;
    if (pthread_create(&s->control_thread, NULL, run_control, s->control) != 0) {
        sl_loop_destroy(s->control);
        s->control = NULL;
        return sl_fail(err, SLUICE_E_NOMEM, "cannot start the control thread");
    }
    s->owner.control = s->control;
    return SLUICE_OK;
}

sluice_status sl_instance_settings(struct sluice *s, sluice_span text, struct sl_settings **out,
                                   sluice_error *err)
{
    sluice_status st;
    char *made;

    if (text.len || s->config_file)
        return sl_settings_load(text.len ? NULL : s->config_file, text, NULL, out, err);
    made = sl_defaults_text(s->owner.registry);
    if (!made)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a configuration");
    st = sl_settings_load(NULL, sl_span_str(made), NULL, out, err);
    free(made);
    return st;
}

/* The plugin folders and pins that a configuration names itself. They are wanted before anything is
 * loaded, so the settings are read first. */
static sluice_status open_registry(struct sluice *s, const sluice_options *o,
                                   const struct sl_settings *settings, sluice_error *err)
{
    char *path = NULL;
    struct sl_registry_options options = {
        .log = &s->owner.log,
        .path = o->plugin_path,
        .product = o->product,
    };
    sluice_status st;

    if (settings) {
        if (!options.path && settings->plugins_path.len) {
            path = strndup(settings->plugins_path.ptr, settings->plugins_path.len);
            if (!path)
                return sl_fail(err, SLUICE_E_NOMEM, "out of memory for plugins.path");
            options.path = path;
        }
        options.sha256 = settings->plugins_sha256;
        options.n_sha256 = settings->n_plugins_sha256;
    }
    st = sl_registry_create(&options, &s->owner.registry, err);
    free(path);
    return st;
}

static void close_all(struct sluice *s)
{
    sl_loops_end(s);
    sl_health_destroy(s->health);
    sl_snapshot_drop(s->current);
    if (s->control) {
        sl_loop_stop(s->control);
        pthread_join(s->control_thread, NULL);
        sl_loop_destroy(s->control); /* runs what was still posted to it */
    }
    sl_state_registry_destroy(s->owner.states);
    sl_live_registry_destroy(s->owner.live);
    if (s->owner.objects)
        s->owner.objects->cls->destroy(s->owner.objects);
    if (s->owner.recent)
        s->owner.recent->cls->destroy(s->owner.recent);
    sl_queue_finish(&s->owner.queue);
    sl_flights_destroy(s->owner.flights);
    sl_runs_destroy(s->owner.runs);
    sl_jobs_destroy(s->owner.jobs);
    sl_registry_destroy(s->owner.registry);
    sl_arena_finish(&s->opened);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->reloading);
    free(s->config_file);
    free(s);
}

static void loaded(void *ctx, const struct sl_plugin_class *cls)
{
    (void)ctx;
    (void)cls;
}

void sl_instance_load_plugins(struct sluice *s, const struct sl_settings *settings)
{
    static const char *const kinds[] = { SLUICE_PROVIDER_ID, SLUICE_ROUTER_ID, SLUICE_CACHE_ID,
                                         SLUICE_LOGGER_ID };

    for (size_t i = 0; settings->plugins_load_all && i < sizeof kinds / sizeof kinds[0]; i++)
        (void)sl_registry_each(s->owner.registry, kinds[i], loaded, NULL);
}

/* A trial only looks: it leaves no file behind. */
static sluice_status open_objects(struct sluice *s, const struct sl_objects_settings *o,
                                  sluice_error *err)
{
    if (o->path.len && !s->owner.trial)
        return sl_objects_sqlite(o->path, o->most_bytes, &s->owner.log, &s->owner.objects, err);
    s->owner.objects = sl_objects_memory((size_t)o->most_bytes, OBJECTS_MOST);
    return s->owner.objects ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory opening");
}

static sluice_status open_parts(struct sluice *s, const sluice_options *o, sluice_error *err)
{
    struct sl_settings *settings = NULL;
    sluice_status st = SLUICE_OK;

    if (o->config.len || o->config_file)
        st = sl_instance_settings(s, o->config, &settings, err);
    if (st < 0)
        return st;
    st = open_registry(s, o, settings, err);
    if (st >= 0 && !settings)
        st = sl_instance_settings(s, o->config, &settings, err);
    if (st >= 0)
        st = sl_jobs_create(JOB_THREADS, &s->owner.jobs, err);
    if (st >= 0) {
        s->owner.states = sl_state_registry_create();
        s->owner.live = sl_live_registry_create();
        s->owner.recent = sl_objects_memory(RECENT_BYTES, OBJECTS_MOST);
        sl_queue_init(&s->owner.queue);
        s->owner.flights = sl_flights_create();
        s->owner.runs = sl_runs_create();
        if (!s->owner.flights || !s->owner.runs || !s->owner.states || !s->owner.live ||
            !s->owner.recent)
            st = sl_fail(err, SLUICE_E_NOMEM, "out of memory opening");
    }
    if (st >= 0)
        st = open_objects(s, &settings->objects, err);
    if (st >= 0 && !sl_at_start_copy(settings->at_start, &s->opened, &s->at_start))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory opening");
    if (st >= 0)
        st = start_control(s, err);
    if (st < 0) {
        sl_settings_destroy(settings);
        return st;
    }
    sl_instance_load_plugins(s, settings);
    st = sl_snapshot_create(&s->owner, settings, NULL, &s->current, err);
    if (st < 0 || s->owner.trial)
        return st;
    s->health = sl_health_create(s);
    if (!s->health)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory opening");
    return sl_health_apply(s->health, s->current->settings, err);
}

sluice_status sluice_open(const sluice_options *o, sluice **out, sluice_error *err)
{
    sluice *s = calloc(1, sizeof *s);
    sluice_status st;

    if (!s)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory opening");
    s->owner.log = (struct sl_log){ .fn = o->log, .ctx = o->log_ctx, .level = SL_DEBUG };
    s->owner.trial = (o->flags & SLUICE_OPEN_TRIAL) != 0;
    s->owner.node = sl_random();
    pthread_mutex_init(&s->reloading, NULL);
    pthread_mutex_init(&s->lock, NULL);
    sl_list_init(&s->loops);
    sl_arena_init(&s->opened, OPENED_BYTES);
    if (o->config_file && !o->config.len) {
        s->config_file = strdup(o->config_file);
        if (!s->config_file) {
            close_all(s);
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory opening");
        }
    }
    st = open_parts(s, o, err);
    if (st < 0)
        close_all(s);
    else
        *out = s;
    return st;
}

void sluice_close(sluice *s, uint32_t drain_ms)
{
    uint64_t until = sl_now_ms() + drain_ms;

    if (!s)
        return;
    atomic_store(&s->owner.draining, true);
    while ((atomic_load(&s->starting) > 0 || atomic_load(&s->owner.calls) > 0) &&
           sl_now_ms() < until)
        nanosleep(&(struct timespec){ 0, 5 * 1000000 }, NULL);
    close_all(s);
}
