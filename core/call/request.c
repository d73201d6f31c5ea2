/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - what an attempt tells credential/wire.h, which makes of it what goes on the wire. */
#include "call/attempt.h"

#include "call/foreign.h"
#include "credential/wire.h"

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
        .headers = d->settings->extra_headers,
        .n_headers = d->settings->n_extra_headers,
        .content_type = a->call_view.content_type,
    };
    sluice_status st = sl_wire_build(&wire, r, out);

    if (st >= 0 && out->foreign && !sl_foreign_checked(a->call->settings, r->url))
        out->foreign = false;
    return st;
}
