/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - the deployment's key becomes a token by the provider plugin's own token class
 * (sluice/ext/token.h): one request, its answer read by the plugin. */
#include <sluice/ext/token.h>
#include "base/status.h"
#include "credential/source.h"
#include "credential/wire.h"

#define STEP_MS 30000

static const sluice_token_class *class_of(const struct sl_fetch *f)
{
    return f->user.cls->get_extension(SLUICE_TOKEN_ID);
}

static void answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    union {
        sluice_token token;
        char slack[sizeof(sluice_token) + SLUICE_SLACK];
    } room = { .token = { .struct_size = sizeof(sluice_token) } };
    sluice_http_head head = { .struct_size = sizeof head };
    struct sl_grant_text text = { 0 };

    if (status >= 0) {
        head.status = a->status;
        head.headers = a->headers;
        head.n_headers = a->n_headers;
        status = class_of(f)->answer(f->user.provider->self, &head, a->body, &f->arena, &room.token,
                                     &f->err);
    }
    if (status < 0) {
        sl_fetch_fail(f, status);
        return;
    }
    text.secret = room.token.token;
    text.ttl_ms = room.token.ttl_ms;
    sl_fetch_done(f, &text);
}

static void fetch(const void *self, struct sl_fetch *f)
{
    union {
        sluice_http_request request;
        char slack[sizeof(sluice_http_request) + SLUICE_SLACK];
    } room = { .request = { .struct_size = sizeof(sluice_http_request) } };
    struct sl_wire wire = {
        .arena = &f->arena,
        .err = &f->err,
        .credential = sl_fetch_credential(f),
        .cls = f->user.cls,
        .provider = f->user.provider->entry,
        .base_url = f->user.base_url,
        .upstream = f->user.upstream,
        .content_type = SL_SPAN("application/x-www-form-urlencoded"),
    };
    struct sl_http_out out;
    sluice_status st =
        class_of(f)->request(f->user.provider->self, &f->arena, &room.request, &f->err);

    (void)self;
    if (st >= 0)
        st = sl_wire_build(&wire, &room.request, &out);
    if (st < 0)
        sl_fetch_fail(f, st);
    else
        sl_fetch_http(f, &out, STEP_MS, answered);
}

const struct sl_credential_source sl_source_exchange = {
    .name = "exchange",
    .kind = SLUICE_CRED_TOKEN,
    .fetch = fetch,
};
