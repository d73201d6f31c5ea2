/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - init() once per process, behind a lock and a count. */
#include "plugin/module.h"

#include "base/arena.h"
#include "base/status.h"
#include "plugin/host.h"

#include <pthread.h>
#include <stdlib.h>

struct sl_module {
    struct sl_module *next;
    const sluice_plugin *d;
    unsigned uses;
    char hex[65];
    char file[]; /* NUL-terminated */
};

/* Two sluice objects in one process cannot know of each other, but init() must run once: hence the
 * one list of the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sl_module *modules;

static sluice_status init_plugin(const sluice_plugin *d, const char *file, const struct sl_log *log,
                                 sluice_error *err)
{
    struct sl_instance stand_in;
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    if (!d->init)
        return SLUICE_OK;
    sl_host_init_only(&stand_in, log, sl_span_str(d->id));
    st = d->init(&stand_in.host, &why);
    if (st >= 0)
        return SLUICE_OK;
    why.message[sizeof why.message - 1] = 0;
    return sl_fail(err, st, "%s: init() failed: %s", file,
                   why.message[0] ? why.message : sl_status_info(st)->name);
}

/* Under the lock. */
static sluice_status take(const sluice_plugin *d, const char *file, const char *hex,
                          const struct sl_log *log, struct sl_module **out, sluice_error *err)
{
    struct sl_module *m = modules;
    sluice_status st;

    while (m && m->d != d)
        m = m->next;
    if (m) {
        m->uses++;
        *out = m;
        return SLUICE_OK;
    }
    m = sl_fault_hit() ? NULL : calloc(1, sizeof *m + strlen(file) + 1);
    if (!m)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    m->d = d;
    m->uses = 1;
    memcpy(m->file, file, strlen(file) + 1);
    memcpy(m->hex, hex, strlen(hex) + 1);
    st = init_plugin(d, file, log, err);
    if (st < 0) {
        free(m);
        return st;
    }
    m->next = modules;
    modules = m;
    sl_log(log, SL_INFO, "plugin %s %s loaded from %s%s%s", d->id, d->version ? d->version : "",
           file, hex[0] ? ", sha256 " : "", hex);
    *out = m;
    return SLUICE_OK;
}

sluice_status sl_module_open(const char *path, sluice_span id, sluice_span sha256,
                             const struct sl_log *log, struct sl_module **out, sluice_error *err)
{
    const sluice_plugin *d = NULL;
    char hex[65] = "";
    sluice_status st;

    pthread_mutex_lock(&lock);
    st = sl_module_map(path, id, sha256, &d, hex, err);
    if (st >= 0)
        st = take(d, path, hex, log, out, err);
    pthread_mutex_unlock(&lock);
    return st;
}

sluice_status sl_module_open_builtin(sluice_plugin_entry_fn entry, const struct sl_log *log,
                                     struct sl_module **out, sluice_error *err)
{
    const sluice_plugin *d = entry();
    sluice_status st = sl_descriptor_check(d, "built-in", sl_span(NULL, 0), err);

    if (st < 0)
        return st;
    pthread_mutex_lock(&lock);
    st = take(d, "built-in", "", log, out, err);
    pthread_mutex_unlock(&lock);
    return st;
}

void sl_module_close(struct sl_module *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&lock);
    if (--m->uses == 0) {
        struct sl_module **at = &modules;

        while (*at != m)
            at = &(*at)->next;
        *at = m->next;
        if (m->d->fini)
            m->d->fini();
        free(m);
    }
    pthread_mutex_unlock(&lock);
}

const sluice_plugin *sl_module_descriptor(const struct sl_module *m)
{
    return m->d;
}

const char *sl_module_file(const struct sl_module *m)
{
    return m->file;
}

const char *sl_module_sha256(const struct sl_module *m)
{
    return m->hex;
}
