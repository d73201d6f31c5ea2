/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - what an attempt tells credential/wire.h, which makes of it what goes on the wire. */
#include "call/attempt/attempt.h"

#include "call/attempt/foreign.h"
#include "credential/wire.h"

/* The deployment's headers and the client's, of which one name counts once. */
static bool all_headers(struct sl_attempt *a, struct sl_wire *wire)
{
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    const struct sl_wishes *w = a->call ? &a->call->wishes : NULL;
    sluice_header *all;

    wire->headers = d->extra_headers;
    wire->n_headers = d->n_extra_headers;
    if (!w || !w->n_headers)
        return true;
    all = sl_alloc(&a->arena, (d->n_extra_headers + w->n_headers) * sizeof *all);
    if (!all)
        return false;
    wire->n_headers = 0;
    for (size_t i = 0; i < d->n_extra_headers; i++)
        all[wire->n_headers++] = d->extra_headers[i];
    for (size_t i = 0; i < w->n_headers; i++) {
        bool again = false;

        for (size_t k = 0; k < d->n_extra_headers; k++)
            again = again || sl_span_ieq(d->extra_headers[k].name, w->headers[i].name);
        if (!again)
            all[wire->n_headers++] = w->headers[i];
    }
    wire->headers = all;
    return true;
}

sluice_status sl_request_build(struct sl_attempt *a, const sluice_http_request *r,
                               struct sl_http_out *out)
{
    const struct sl_deployment *d = a->pick.deployment;
    struct sl_wire wire = {
        .arena = &a->arena,
        .err = &a->error,
        .credential = a->credential,
        .grant = a->grant,
        .cls = a->cls,
        .provider = a->provider->entry,
        .base_url = d->base_url,
        .upstream = d->upstream,
        .content_type = a->call_view.content_type,
    };
    sluice_status st = all_headers(a, &wire) ? sl_wire_build(&wire, r, out) : SLUICE_E_NOMEM;

    if (st >= 0 && out->foreign && !sl_foreign_checked(a->call->settings, r->url))
        out->foreign = false;
    return st;
}
