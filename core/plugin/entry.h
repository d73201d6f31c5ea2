/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - one configured plugin entry (a deployment, a cache, a logger, a group's router) and its
 * instances. The entry outlives configuration snapshots as long as its name and config text stay
 * the same; it owns what its instances share: the host service objects, the secret references,
 * metrics.
 */
#ifndef SL_PLUGIN_ENTRY_H
#define SL_PLUGIN_ENTRY_H

#include "base/secret.h"
#include "net/transport.h"
#include "plugin/registry.h"

struct sl_entry; /* counted, [any] */

struct sl_entry_options {
    struct sl_registry *registry;
    const struct sl_plugin_class *cls;
    sluice_span name;   /* unique per kind in the sluice object; appears in its log lines */
    sluice_span config; /* JSON object; merged over the data file here, then checked against the
                           class's schema: unknown members and wrong types are INVALID with param */
    struct sl_secret **secrets; /* what "secret:N" in config stands for; held by the entry */
    size_t n_secrets;
    struct sl_jobs *jobs;
    const struct sl_log *log;
};
sluice_status sl_entry_create(const struct sl_entry_options *options, struct sl_entry **out,
                              sluice_error *err);
struct sl_entry *sl_entry_hold(struct sl_entry *e);
void sl_entry_drop(struct sl_entry *e);
const struct sl_plugin_class *sl_entry_class(const struct sl_entry *e);
sluice_span sl_entry_name(const struct sl_entry *e);
sluice_span sl_entry_config(const struct sl_entry *e); /* merged */
/* The secret that "secret:N" in this entry's config stands for; NULL when the text is none of its
 * references. */
const struct sl_secret *sl_entry_secret(const struct sl_entry *e, sluice_span ref);
struct sl_jobs *sl_entry_jobs(const struct sl_entry *e);
struct sl_metrics *sl_entry_metrics(const struct sl_entry *e);
struct sl_share *sl_entry_share(const struct sl_entry *e);
/* Guards the lists of its instances that foreign threads reach. */
void sl_entry_lock(struct sl_entry *e);
void sl_entry_unlock(struct sl_entry *e);
/* The same plugin, config and secrets? Then a reload keeps the entry. */
bool sl_entry_same(const struct sl_entry *e, const struct sl_entry_options *options);

/* One instance: per loop for providers, caches and routers; one for a logger (loop NULL). */
struct sl_instance {
    sluice_host host;
    struct sl_entry *entry;
    struct sl_loop *loop;
    struct sl_net *net;
    void *self;          /* sluice_provider *, ... */
    struct sl_list node; /* the owner's */

    /* Private: what the plugin has under way through ext/io.h and ext/http.h. */
    const struct sl_log *log;
    sluice_span name;
    struct sl_list posts; /* under the entry's lock: they come from any thread */
    struct sl_list watches, timers, jobs, calls;
    bool dying; /* destroyed, but for jobs that still run */
    void (*settled)(struct sl_instance *i);
};
/* Runs the class's create() (and create_shared() of a cache, once per entry). On the loop's thread.
 * start() and stop(), where a kind has them, are the caller's to call. */
sluice_status sl_instance_create(struct sl_entry *e, struct sl_loop *l, struct sl_net *net,
                                 struct sl_instance **out, sluice_error *err);
/* Drops what the instance has under way, then runs destroy(). A blocking job of it that is running
 * just now puts that off until the job is back on the loop. */
void sl_instance_destroy(struct sl_instance *i);

#endif
