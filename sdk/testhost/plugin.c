/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - opens a plugin for a test: the file, its entry, the first fields, init(). The full
 * list of refusals is the real loader's; this one only keeps a test from crashing. */
#include "base/status.h"
#include "host.h"

#include <dlfcn.h>
#include <stdlib.h>

struct sl_testplugin {
    const sluice_plugin *d;
    struct sl_testhost *host; /* what init() saw */
};

sluice_status sl_testplugin_wrap(sluice_plugin_entry_fn entry, struct sl_testplugin **out,
                                 sluice_error *err)
{
    const sluice_plugin *d = entry();
    struct sl_testplugin *p;
    sluice_status st = SLUICE_OK;

    if (!d || d->magic != SLUICE_MAGIC || d->abi_major != SLUICE_ABI_MAJOR ||
        d->abi_minor_min > SLUICE_ABI_MINOR || !d->get_class)
        return sl_fail(err, SLUICE_E_INVALID, "no descriptor of ABI %d.%d", SLUICE_ABI_MAJOR,
                       SLUICE_ABI_MINOR);
    p = test_alloc(sizeof *p);
    p->d = d;
    p->host = sl_testhost_create();
    if (!p->host)
        st = SLUICE_E_NOMEM;
    else if (d->init)
        st = d->init(sl_testhost_host(p->host), err);
    if (st < 0) {
        sl_testhost_destroy(p->host);
        free(p);
        return st;
    }
    *out = p;
    return SLUICE_OK;
}

sluice_status sl_testplugin_load(const char *path, struct sl_testplugin **out, sluice_error *err)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    sluice_plugin_entry_fn entry;
    void *symbol;

    if (!handle)
        return sl_fail(err, SLUICE_E_INVALID, "%s", dlerror());
    symbol = dlsym(handle, "sluice_plugin_entry_v1");
    if (!symbol)
        return sl_fail(err, SLUICE_E_INVALID, "%s exports no sluice_plugin_entry_v1", path);
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from data to function */
    return sl_testplugin_wrap(entry, out, err);
}

void sl_testplugin_drop(struct sl_testplugin *p)
{
    if (!p)
        return;
    if (p->d->fini)
        p->d->fini();
    sl_testhost_destroy(p->host);
    free(p);
}

const sluice_plugin *sl_testplugin_descriptor(const struct sl_testplugin *p)
{
    return p->d;
}
