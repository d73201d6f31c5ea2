/* SPDX-License-Identifier: Apache-2.0 */
/* instance.c - makes and unmakes one instance of each kind. */
#include "plugin/entry_impl.h"
#include "plugin/host.h"

#include "base/status.h"

#include <sluice/cache.h>
#include <sluice/logger.h>
#include <sluice/provider.h>
#include <sluice/router.h>

#include <stdlib.h>

static struct sl_instance *make(struct sl_entry *e, struct sl_loop *l, struct sl_net *net)
{
    struct sl_instance *i = sl_fault_hit() ? NULL : calloc(1, sizeof *i);

    if (!i)
        return NULL;
    i->entry = sl_entry_hold(e);
    i->loop = l;
    i->net = net;
    i->log = &e->log;
    i->name = sl_entry_name(e);
    sl_list_init(&i->node);
    sl_list_init(&i->posts);
    sl_list_init(&i->watches);
    sl_list_init(&i->timers);
    sl_list_init(&i->jobs);
    sl_list_init(&i->calls);
    sl_host_init(i, sl_registry_product(e->registry));
    return i;
}

static void unmake(struct sl_instance *i)
{
    size_t left;

    if (!i)
        return;
    left = sl_host_io_sweep(i);
    if (left)
        sl_log(i->log, SL_WARN, "%.*s: its plugin left %zu watches and timers behind",
               SL_FMT(i->name), left);
    sl_list_remove(&i->node);
    sl_entry_drop(i->entry);
    free(i);
}

/* The part that all loops share, before the first create(). */
static sluice_status hold_shared(struct sl_entry *e, sluice_error *err)
{
    const sluice_cache_class *c = e->cls->table;
    sluice_status st = SLUICE_OK;

    if (!c->create_shared)
        return st;
    pthread_mutex_lock(&e->cache_lock);
    if (!e->cache_users) {
        e->cache_host = make(e, NULL, NULL);
        st = e->cache_host
                 ? c->create_shared(&e->cache_host->host, sl_entry_config(e), &e->cache_shared, err)
                 : SLUICE_E_NOMEM;
        if (st < 0) {
            unmake(e->cache_host);
            e->cache_host = NULL;
            e->cache_shared = NULL;
        }
    }
    if (st >= 0)
        e->cache_users++;
    pthread_mutex_unlock(&e->cache_lock);
    return st;
}

static void drop_shared(struct sl_entry *e)
{
    const sluice_cache_class *c = e->cls->table;

    if (!c->create_shared)
        return;
    pthread_mutex_lock(&e->cache_lock);
    if (--e->cache_users == 0) {
        c->destroy_shared(e->cache_shared);
        unmake(e->cache_host);
        e->cache_host = NULL;
        e->cache_shared = NULL;
    }
    pthread_mutex_unlock(&e->cache_lock);
}

static sluice_status create_cache(struct sl_instance *i, sluice_error *err)
{
    const sluice_cache_class *c = i->entry->cls->table;
    sluice_cache *self = NULL;
    sluice_status st = hold_shared(i->entry, err);

    if (st < 0)
        return st;
    st = c->create(&i->host, sl_entry_config(i->entry), i->entry->cache_shared, &self, err);
    if (st < 0)
        drop_shared(i->entry);
    i->self = self;
    return st;
}

static sluice_status create_self(struct sl_instance *i, sluice_error *err)
{
    const char *kind = i->entry->cls->kind;
    const void *table = i->entry->cls->table;
    sluice_span config = sl_entry_config(i->entry);
    sluice_status st;

    if (!strcmp(kind, SLUICE_PROVIDER_ID)) {
        sluice_provider *p = NULL;

        st = ((const sluice_provider_class *)table)->create(&i->host, config, &p, err);
        i->self = p;
    } else if (!strcmp(kind, SLUICE_LOGGER_ID)) {
        sluice_logger *l = NULL;

        st = ((const sluice_logger_class *)table)->create(&i->host, config, &l, err);
        i->self = l;
    } else if (!strcmp(kind, SLUICE_ROUTER_ID)) {
        sluice_router *r = NULL;

        st = ((const sluice_router_class *)table)->create(&i->host, config, &r, err);
        i->self = r;
    } else {
        st = create_cache(i, err);
    }
    return st;
}

static void destroy_self(struct sl_instance *i)
{
    const char *kind = i->entry->cls->kind;
    const void *table = i->entry->cls->table;

    if (!strcmp(kind, SLUICE_PROVIDER_ID)) {
        ((const sluice_provider_class *)table)->destroy(i->self);
    } else if (!strcmp(kind, SLUICE_LOGGER_ID)) {
        ((const sluice_logger_class *)table)->destroy(i->self);
    } else if (!strcmp(kind, SLUICE_ROUTER_ID)) {
        ((const sluice_router_class *)table)->destroy(i->self);
    } else {
        ((const sluice_cache_class *)table)->destroy(i->self);
        drop_shared(i->entry);
    }
}

static void finish(struct sl_instance *i)
{
    destroy_self(i);
    unmake(i);
}

sluice_status sl_instance_create(struct sl_entry *e, struct sl_loop *l, struct sl_net *net,
                                 struct sl_instance **out, sluice_error *err)
{
    struct sl_instance *i = make(e, l, net);
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    if (!i)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for plugin %s", e->cls->id);
    st = create_self(i, &why);
    if (st < 0) {
        why.message[sizeof why.message - 1] = 0;
        why.param[sizeof why.param - 1] = 0;
        sl_fail_param(err, st, NULL, why.param[0] ? why.param : NULL,
                      "plugin %s cannot start "
                      "\"%.*s\": %s",
                      e->cls->id, SL_FMT(sl_entry_name(e)),
                      why.message[0] ? why.message : sl_status_info(st)->name);
        i->dying = true;
        sl_host_http_settle(i);
        if (sl_host_io_settle(i, unmake))
            unmake(i);
        return st;
    }
    *out = i;
    return st;
}

void sl_instance_destroy(struct sl_instance *i)
{
    if (!i || i->dying)
        return;
    i->dying = true;
    sl_list_remove(&i->node);
    sl_host_http_settle(i);
    if (sl_host_io_settle(i, finish))
        finish(i);
}
