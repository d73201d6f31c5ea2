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
/* The same plugin, config and secrets? Then a reload keeps the entry. */
bool sl_entry_same(const struct sl_entry *e, const struct sl_entry_options *options);

/* One instance: per loop for providers, caches and routers; one for a logger (loop NULL). */
struct sl_instance {
    sluice_host host;
    struct sl_entry *entry;
    struct sl_loop *loop;
    struct sl_net *net;
    void *self;           /* sluice_provider *, ... */
    struct sl_list node;  /* the owner's */
    struct sl_list posts; /* private: what must be dropped at destroy */
};
/* Runs the class's create() (and create_shared() of a cache, once per entry). On the loop's thread.
 */
sluice_status sl_instance_create(struct sl_entry *e, struct sl_loop *l, struct sl_net *net,
                                 struct sl_instance **out, sluice_error *err);
void sl_instance_destroy(struct sl_instance *i);

#endif
