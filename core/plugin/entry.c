/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c - configured plugin entries: name, merged configuration, secrets, what instances share.
 */
#include "plugin/entry_impl.h"

#include "base/status.h"
#include "plugin/host_share.h"

#include <stdio.h>
#include <stdlib.h>

static char *copy(sluice_span s)
{
    char *p = sl_fault_hit() ? NULL : malloc(s.len + 1);

    if (!p)
        return NULL;
    if (s.len)
        memcpy(p, s.ptr, s.len);
    p[s.len] = 0;
    return p;
}

static void destroy(struct sl_entry *e)
{
    if (e->share)
        sl_share_drop(e->share);
    sl_secrets_finish(&e->secrets);
    free(e->name);
    free(e->given);
    free(e->config);
    pthread_mutex_destroy(&e->lock);
    pthread_mutex_destroy(&e->cache_lock);
    free(e);
}

static sluice_status take_secrets(struct sl_entry *e, const struct sl_entry_options *o)
{
    for (size_t i = 0; i < o->n_secrets; i++)
        if (!sl_secrets_add(&e->secrets, o->secrets[i]))
            return SLUICE_E_NOMEM;
    e->n_given = o->n_secrets;
    return SLUICE_OK;
}

/* Two entries of one name share only if it is the same plugin: the object is of its type. */
static struct sl_share *share_of(const struct sl_entry_options *o)
{
    char key[512];
    int n =
        snprintf(key, sizeof key, "%s %s %.*s", o->cls->kind, o->cls->plugin_id, SL_FMT(o->name));

    if (n < 0 || (size_t)n >= sizeof key)
        return NULL;
    return sl_share_take(sl_registry_shares(o->registry), sl_span(key, (size_t)n));
}

sluice_status sl_entry_create(const struct sl_entry_options *o, struct sl_entry **out,
                              sluice_error *err)
{
    struct sl_entry *e = sl_fault_hit() ? NULL : calloc(1, sizeof *e);
    sluice_status st;

    if (!e)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for plugin %s", o->cls->id);
    atomic_init(&e->holders, 1);
    pthread_mutex_init(&e->lock, NULL);
    pthread_mutex_init(&e->cache_lock, NULL);
    e->registry = o->registry;
    e->cls = o->cls;
    e->jobs = o->jobs;
    if (o->log)
        e->log = *o->log;
    e->name = copy(o->name);
    e->name_len = o->name.len;
    e->given = copy(o->config);
    e->given_len = o->config.len;
    e->share = share_of(o);
    st = e->name && e->given && e->share ? take_secrets(e, o) : SLUICE_E_NOMEM;
    if (st < 0)
        sl_fail(err, st, "out of memory for plugin %s", o->cls->id);
    else
        st = sl_config_merge(o->cls, o->config, &e->secrets, &e->config, &e->config_len, err);
    if (st < 0)
        destroy(e);
    else
        *out = e;
    return st;
}

struct sl_entry *sl_entry_hold(struct sl_entry *e)
{
    atomic_fetch_add_explicit(&e->holders, 1, memory_order_relaxed);
    return e;
}

void sl_entry_drop(struct sl_entry *e)
{
    if (e && atomic_fetch_sub_explicit(&e->holders, 1, memory_order_acq_rel) == 1)
        destroy(e);
}

const struct sl_plugin_class *sl_entry_class(const struct sl_entry *e)
{
    return e->cls;
}

sluice_span sl_entry_name(const struct sl_entry *e)
{
    return sl_span(e->name, e->name_len);
}

sluice_span sl_entry_config(const struct sl_entry *e)
{
    return sl_span(e->config, e->config_len);
}

const struct sl_secret *sl_entry_secret(const struct sl_entry *e, sluice_span ref)
{
    char quoted[40];
    uint64_t n;
    int len;

    if (!sl_span_starts(ref, SL_SPAN("secret:")) ||
        !sl_span_u64(sl_span_from(ref, 7), UINT32_MAX, &n) || n >= e->secrets.n)
        return NULL;
    /* The array may hold more than this entry's: only what its own text names counts. */
    len = snprintf(quoted, sizeof quoted, "\"%.*s\"", SL_FMT(ref));
    if (len < 0 || (size_t)len >= sizeof quoted ||
        sl_span_find(sl_entry_config(e), sl_span(quoted, (size_t)len)) == e->config_len)
        return NULL;
    return e->secrets.list[n];
}

struct sl_jobs *sl_entry_jobs(const struct sl_entry *e)
{
    return e->jobs;
}

struct sl_metrics *sl_entry_metrics(const struct sl_entry *e)
{
    return sl_registry_metrics(e->registry);
}

struct sl_share *sl_entry_share(const struct sl_entry *e)
{
    return e->share;
}

void sl_entry_lock(struct sl_entry *e)
{
    pthread_mutex_lock(&e->lock);
}

void sl_entry_unlock(struct sl_entry *e)
{
    pthread_mutex_unlock(&e->lock);
}

bool sl_entry_same(const struct sl_entry *e, const struct sl_entry_options *o)
{
    if (e->cls != o->cls || !sl_span_eq(sl_span(e->name, e->name_len), o->name) ||
        !sl_span_eq(sl_span(e->given, e->given_len), o->config) || e->n_given != o->n_secrets)
        return false;
    for (size_t i = 0; i < e->n_given; i++) {
        const struct sl_secret *a = e->secrets.list[i], *b = o->secrets[i];

        if (a == b)
            continue;
        if (!a || !b || !sl_span_eq_secret(sl_secret_reveal(a), sl_secret_reveal(b)))
            return false;
    }
    return true;
}
