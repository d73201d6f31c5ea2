/* SPDX-License-Identifier: Apache-2.0 */
/* entry_impl.h - an entry from inside: entry.c, instance.c. */
#ifndef SL_PLUGIN_ENTRY_IMPL_H
#define SL_PLUGIN_ENTRY_IMPL_H

#include "plugin/config.h"
#include "plugin/entry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sluice/cache.h>

struct sl_entry {
    atomic_size_t holders; /* configurations, instances, posts under way */
    pthread_mutex_t lock;  /* of the lists of instances that foreign threads reach */
    struct sl_registry *registry;
    const struct sl_plugin_class *cls;
    struct sl_jobs *jobs;
    struct sl_log log;
    char *name, *given, *config; /* given: the configuration before merging */
    size_t name_len, given_len, config_len;
    struct sl_secrets secrets; /* the first n_given came with the options */
    size_t n_given;
    struct sl_share *share;

    /* Of a cache: made for the first instance, gone with the last. */
    pthread_mutex_t cache_lock; /* one create_shared() at a time */
    sluice_cache_shared *cache_shared;
    struct sl_instance *cache_host; /* the host that create_shared() saw */
    unsigned cache_users;
};

#endif
