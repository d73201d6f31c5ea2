/* SPDX-License-Identifier: Apache-2.0 */
/* host_metrics.c - ext/metrics.h: a list that only grows, sorted by name for the reader. */
#include "plugin/host_metrics.h"

#include "base/arena.h"
#include "plugin/host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MAX_METRICS 1024 /* of all plugins together */

struct sluice_metric {
    struct sluice_metric *next;
    _Atomic int64_t n;
    uint32_t kind;
    char *name, *help, *instance;
};

struct sl_metrics {
    pthread_mutex_t lock; /* of the list; the numbers are atomic */
    struct sluice_metric *first;
    size_t count;
};

struct sl_metrics *sl_metrics_create(void)
{
    struct sl_metrics *m = sl_fault_hit() ? NULL : calloc(1, sizeof *m);

    if (m)
        pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void destroy_one(struct sluice_metric *metric)
{
    free(metric->name);
    free(metric->help);
    free(metric->instance);
    free(metric);
}

void sl_metrics_destroy(struct sl_metrics *m)
{
    if (!m)
        return;
    while (m->first) {
        struct sluice_metric *next = m->first->next;

        destroy_one(m->first);
        m->first = next;
    }
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static bool name_ok(const char *name)
{
    if (!name || !*name || strlen(name) > 64 || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || *name == '_'))
            return false;
    return true;
}

/* One line, with what the text format would take for its own escaped. */
static char *text(sluice_span s, bool quotes)
{
    char *copy = sl_fault_hit() ? NULL : malloc(s.len * 2 + 1), *to = copy;

    if (!copy)
        return NULL;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '\\' || (quotes && c == '"'))
            *to++ = '\\';
        if (c == '\n') {
            *to++ = '\\';
            c = 'n';
        }
        *to++ = c;
    }
    *to = 0;
    return copy;
}

static struct sluice_metric *make(const char *name, const char *help, const char *instance,
                                  uint32_t kind)
{
    struct sluice_metric *metric = sl_fault_hit() ? NULL : calloc(1, sizeof *metric);

    if (!metric)
        return NULL;
    metric->kind = kind;
    metric->name = text(sl_span_str(name), false);
    metric->help = text(sl_span_str(help ? help : ""), false);
    metric->instance = text(sl_span_str(instance), false);
    if (metric->name && metric->help && metric->instance)
        return metric;
    destroy_one(metric);
    return NULL;
}

static sluice_metric *open_metric(const sluice_host *host, const char *name, const char *help,
                                  uint32_t kind)
{
    const struct sl_instance *i = sl_host_instance(host);
    struct sl_metrics *m = sl_entry_metrics(i->entry);
    struct sluice_metric **at, *metric = NULL;
    char *instance;

    if (!name_ok(name) || kind > SLUICE_METRIC_GAUGE)
        return NULL;
    instance = text(i->name, true);
    if (!instance)
        return NULL;
    pthread_mutex_lock(&m->lock);
    for (at = &m->first; *at; at = &(*at)->next) {
        int order = strcmp((*at)->name, name);

        if (!order)
            order = strcmp((*at)->instance, instance);
        if (!order)
            metric = *at;
        if (order >= 0)
            break;
    }
    if (!metric && m->count < MAX_METRICS)
        metric = make(name, help, "", kind);
    if (metric && !(*at == metric)) {
        free(metric->instance);
        metric->instance = instance;
        instance = NULL;
        metric->next = *at;
        *at = metric;
        m->count++;
    }
    pthread_mutex_unlock(&m->lock);
    free(instance);
    return metric;
}

static void add(sluice_metric *metric, int64_t n)
{
    if (metric && (metric->kind == SLUICE_METRIC_GAUGE || n > 0))
        atomic_fetch_add_explicit(&metric->n, n, memory_order_relaxed);
}

static void set(sluice_metric *metric, int64_t n)
{
    if (metric)
        atomic_store_explicit(&metric->n, n, memory_order_relaxed);
}

void sl_metrics_text(struct sl_metrics *m, struct sl_buf *out)
{
    const char *last = "";

    pthread_mutex_lock(&m->lock);
    for (const struct sluice_metric *p = m->first; p; p = p->next) {
        if (strcmp(last, p->name))
            sl_buf_printf(out, "# HELP sluice_plugin_%s %s\n# TYPE sluice_plugin_%s %s\n", p->name,
                          p->help, p->name, p->kind == SLUICE_METRIC_GAUGE ? "gauge" : "counter");
        last = p->name;
        sl_buf_printf(out, "sluice_plugin_%s{instance=\"%s\"} ", p->name, p->instance);
        sl_buf_add_i64(out, atomic_load_explicit(&p->n, memory_order_relaxed));
        sl_buf_add_char(out, '\n');
    }
    pthread_mutex_unlock(&m->lock);
}

const sluice_host_metrics sl_host_metrics = {
    .struct_size = sizeof sl_host_metrics, .open = open_metric, .add = add, .set = set
};
