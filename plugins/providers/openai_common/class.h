/* SPDX-License-Identifier: Apache-2.0 */
/*
 * class.h - the functions of a provider class around exchange.h, and its two structs. Included by
 * the one file of each plugin that has the class table; create() is that file's own.
 */
#ifndef COMPAT_CLASS_H
#define COMPAT_CLASS_H

#include "exchange.h"

#include <stdlib.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

struct sluice_provider {
    const sluice_host *host;
    struct vendor vendor;
};

struct sluice_exchange {
    struct oc_exchange x;
};

static inline void compat_destroy(sluice_provider *self)
{
    if (!self)
        return;
    oc_vendor_finish(&self->vendor);
    free(self);
}

/* As oc_vendor_read(); the deployment's configuration comes last. */
static inline sluice_status compat_create_of(const sluice_host *host, const sluice_span *layers,
                                             size_t n, sluice_provider **out, sluice_error *err)
{
    sluice_provider *p = malloc(sizeof *p);
    sluice_status st;

    if (!p)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory creating a provider");
    p->host = host;
    st = oc_vendor_read(&p->vendor, layers, n, err);
    if (st < 0)
        compat_destroy(p);
    else
        *out = p;
    return st;
}

static inline sluice_status compat_accepts(sluice_provider *self, sluice_span operation,
                                           sluice_span model)
{
    return oc_accepts(&self->vendor, operation, model);
}

static inline sluice_status compat_begin(sluice_provider *self, const sluice_call *call,
                                         sluice_arena *arena, sluice_exchange **out,
                                         sluice_error *err)
{
    sluice_exchange *x = sl_alloc(arena, sizeof *x);
    sluice_status st;

    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory beginning a call");
    st = oc_begin(&x->x, self->host, &self->vendor, call, arena, err);
    if (st == SLUICE_OK)
        *out = x;
    return st;
}

static inline sluice_status compat_request(sluice_exchange *x, sluice_http_request *out,
                                           sluice_error *err)
{
    return oc_request(&x->x, out, err);
}

static inline sluice_status compat_head(sluice_exchange *x, const sluice_http_head *head,
                                        uint32_t *framing, sluice_error *err)
{
    return oc_head(&x->x, head, framing, err);
}

static inline sluice_status compat_data(sluice_exchange *x, const sluice_frame *frame,
                                        const sluice_sink *sink, sluice_error *err)
{
    return oc_data(&x->x, frame, sink, err);
}

static inline sluice_status compat_end(sluice_exchange *x, const sluice_sink *sink,
                                       sluice_error *err)
{
    return oc_end(&x->x, sink, err);
}

#endif
