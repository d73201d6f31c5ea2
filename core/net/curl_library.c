/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_library.c - libcurl, loaded when the first request needs it. Many a process never does, and
 * with what it brings (another TLS library, Kerberos, LDAP, ...) it is a third of the memory and of
 * the time that it takes to start.
 */
#include "net/curl_parts.h"

#include <dlfcn.h>
#include <pthread.h>
#include "base/status.h"

struct sl_curl_library sl_curl_library;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* By its name on Linux, whichever TLS library it is built with. */
static void *open_library(void)
{
    static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
    void *handle = NULL;

    for (size_t i = 0; !handle && i < sizeof names / sizeof names[0]; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    return handle;
}

/* Once, with the lock held. */
static sluice_status load(sluice_error *err)
{
    static bool loaded;
    const struct {
        const char *name;
        void *place;
    } functions[] = {
#define X(name) { "curl_" #name, &sl_curl_library.name },
        SL_CURL_FUNCTIONS(X)
#undef X
    };
    void *handle = loaded ? NULL : open_library();

    if (loaded)
        return SLUICE_OK;
    if (!handle)
        return sl_fail(
            err, SLUICE_E_UNSUPPORTED,
            "libcurl is not installed (%s): proxies, unix sockets and vendors that speak "
            "nothing but HTTP/2 are reached by it",
            dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(handle, functions[i].name);

        if (!function)
            return sl_fail(err, SLUICE_E_UNSUPPORTED, "libcurl is too old: it has no %s",
                           functions[i].name);
        memcpy(functions[i].place, &function, sizeof function);
    }
    loaded = true;
    return SLUICE_OK;
}

/* libcurl counts its users itself, but only newer ones do so safely between threads. */
sluice_status sl_curl_library_hold(sluice_error *err)
{
    sluice_status st;

    pthread_mutex_lock(&lock);
    st = load(err);
    if (st >= 0 && sl_curl_library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    pthread_mutex_unlock(&lock);
    return st;
}

void sl_curl_library_drop(void)
{
    pthread_mutex_lock(&lock);
    sl_curl_library.global_cleanup();
    pthread_mutex_unlock(&lock);
}
