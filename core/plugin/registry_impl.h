/* SPDX-License-Identifier: Apache-2.0 */
/* registry_impl.h - the registry from inside: registry.c, registry_class.c, registry_list.c. */
#ifndef SL_PLUGIN_REGISTRY_IMPL_H
#define SL_PLUGIN_REGISTRY_IMPL_H

#include "plugin/catalog.h"
#include "plugin/discover.h"
#include "plugin/module.h"
#include "plugin/registry.h"

#include <pthread.h>

#define SL_MAX_BUILTINS 256
#define SL_DEFAULT_PRODUCT "sluice 0.1.0"

struct known_class {
    struct known_class *next;
    struct sl_plugin_class cls;
};

/* One file or one built-in; lives in the registry's arena. */
struct source {
    struct source *next;
    sluice_span id;
    const char *path;             /* NULL: built in */
    sluice_plugin_entry_fn entry; /* of a built-in */
    bool data;                    /* a data file */
    bool loaded;                  /* tried; see status */
    sluice_status status;
    sluice_span error; /* why it cannot be used, with status < 0 */
    struct sl_module *module;
    unsigned kinds; /* how many class tables the module has */
    char hex[65];   /* of a data file */
    struct sl_facts facts;
    struct known_class *classes;
};

struct sl_registry {
    pthread_mutex_t lock; /* recursive; of everything below, and of the arena */
    struct sluice_arena arena;
    struct sl_log log;
    sluice_span path; /* ptr NULL = the default search */
    sluice_span product;
    const sluice_header *sha256;
    size_t n_sha256;
    struct source *first, **last; /* in the order in which they were found */
    struct sl_models *models;
    struct sl_metrics *metrics;
    struct sl_shares *shares;
};

struct sl_json_out;
#define SL_ROW_MAX ((size_t)64 << 10)
/* kind (several: "provider,cache"), version, abi, abi_min, vendor, summary. */
void sl_descriptor_write(struct sl_json_out *o, const sluice_plugin *d);
/* Under the lock. */
struct source *sl_source_find(const struct sl_registry *r, sluice_span id);
sluice_status sl_source_load(struct sl_registry *r, struct source *s, sluice_error *err);

#endif
