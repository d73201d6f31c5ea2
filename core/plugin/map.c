/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - from a path to a checked descriptor. Nothing of the plugin runs here but its entry. */
#include "plugin/module.h"

#include "base/digest.h"
#include "base/status.h"
#include "plugin/discover.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ENTRY "sluice_plugin_entry_v1"

/* What every descriptor of ABI 1 has; SLUICE_HAS for whatever came later. */
#define DESCRIPTOR_SIZE (offsetof(sluice_plugin, get_class) + sizeof(void *))

sluice_status sl_file_digest(const char *path, sluice_span wanted, char *hex, sluice_error *err)
{
    unsigned char sum[SL_DIGEST_SIZE];
    struct sl_digest d;
    char block[16384];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: %s", path, strerror(errno));
    if (!sl_digest_init(&d)) {
        close(fd);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    }
    sl_digest_begin(&d);
    while ((n = read(fd, block, sizeof block)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            sl_digest_add(&d, sl_span(block, (size_t)n));
    sl_digest_end(&d, sum);
    sl_digest_finish(&d);
    sl_hex(sum, sizeof sum, hex);
    close(fd);
    if (n < 0)
        return sl_fail(err, SLUICE_E_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (wanted.len && !sl_span_ieq(wanted, sl_span_str(hex)))
        return sl_fail(err, SLUICE_E_INVALID, "%s: found SHA-256 %s, wanted %.*s", path, hex,
                       SL_FMT(wanted));
    return SLUICE_OK;
}

/* The file itself, and, when the path was a link, the folder it really lies in. */
static sluice_status check_place(const char *path, char real[PATH_MAX], sluice_error *err)
{
    char folder[PATH_MAX];
    const char *here = strrchr(path, '/'), *there;
    sluice_status st;

    if (!realpath(path, real))
        return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: %s", path, strerror(errno));
    st = sl_guard_owner(real, false, err);
    there = strrchr(real, '/');
    if (st < 0 || there == real ||
        (here &&
         sl_span_eq(sl_span(path, (size_t)(here - path)), sl_span(real, (size_t)(there - real)))))
        return st;
    memcpy(folder, real, (size_t)(there - real));
    folder[there - real] = 0;
    return sl_guard_owner(folder, true, err);
}

sluice_status sl_descriptor_check(const sluice_plugin *d, const char *file, sluice_span id,
                                  sluice_error *err)
{
    sluice_span own;

    if (!d)
        return sl_fail(err, SLUICE_E_INVALID, "%s: found no descriptor, wanted one from %s()", file,
                       ENTRY);
    if (d->magic != SLUICE_MAGIC)
        return sl_fail(err, SLUICE_E_INVALID, "%s: found magic 0x%08x, wanted 0x%08x", file,
                       d->magic, SLUICE_MAGIC);
    if (d->struct_size < DESCRIPTOR_SIZE)
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s: descriptor: found struct_size %u, wanted at least %zu", file,
                       d->struct_size, DESCRIPTOR_SIZE);
    if (d->abi_major != SLUICE_ABI_MAJOR)
        return sl_fail(err, SLUICE_E_INVALID, "%s: found ABI major %u, wanted %d", file,
                       d->abi_major, SLUICE_ABI_MAJOR);
    if (d->abi_minor_min > SLUICE_ABI_MINOR)
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s: found a plugin for ABI %u.%u or newer, wanted one for this host's "
                       "%d.%d or older",
                       file, d->abi_major, d->abi_minor_min, SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR);
    own = d->id ? sl_span(d->id, strnlen(d->id, 65)) : sl_span(NULL, 0);
    if (!sl_plugin_id_ok(own))
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s: found id \"%.*s\", wanted 1 to 64 of a-z 0-9 _ . -", file, SL_FMT(own));
    if (id.len && !sl_span_eq(id, own))
        return sl_fail(err, SLUICE_E_INVALID,
                       "%s: found id \"%s\", wanted \"%.*s\" as the file is named", file, d->id,
                       SL_FMT(id));
    if (!d->get_class)
        return sl_fail(err, SLUICE_E_INVALID, "%s: descriptor: found no get_class, wanted one",
                       file);
    return SLUICE_OK;
}

static sluice_status no_entry(void *handle, const char *path, sluice_error *err)
{
    for (int v = 0; v < 10; v++) {
        char name[32];

        snprintf(name, sizeof name, "sluice_plugin_entry_v%d", v);
        if (dlsym(handle, name))
            return sl_fail(err, SLUICE_E_INVALID, "%s: found %s (ABI major %d), wanted " ENTRY,
                           path, name, v);
    }
    return sl_fail(err, SLUICE_E_INVALID, "%s: found no symbol " ENTRY ", wanted one", path);
}

sluice_status sl_module_map(const char *path, sluice_span id, sluice_span sha256,
                            const sluice_plugin **out, char *hex, sluice_error *err)
{
    char real[PATH_MAX];
    sluice_status st = check_place(path, real, err);
    sluice_plugin_entry_fn entry;
    void *handle, *symbol;

    if (st >= 0)
        st = sl_file_digest(real, sha256, hex, err);
    if (st < 0)
        return st;
    handle = dlopen(real, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return sl_fail(err, SLUICE_E_INVALID, "%s: cannot be loaded: %s", path, dlerror());
    symbol = dlsym(handle, ENTRY);
    if (!symbol) {
        st = no_entry(handle, path, err);
    } else {
        memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from data to function */
        *out = entry();
        st = sl_descriptor_check(*out, path, id, err);
    }
    /* Stays mapped anyway (RTLD_NODELETE): this only gives the handle's count back. */
    dlclose(handle);
    return st;
}
