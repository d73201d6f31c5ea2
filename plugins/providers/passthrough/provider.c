/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - the target of an entry of pass_through_endpoints: requests go there as they came,
 * with the headers that the entry names, which the host adds. It knows no vendor.
 */
#include <sluice_sdk/arena.h>
#include <sluice_sdk/pass.h>
#include <sluice_sdk/plugin.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

struct sluice_exchange {
    const sluice_call *call;
    sluice_arena *arena;
    int32_t status;
};

static const char *const operations[] = { "passthrough", NULL };

static sluice_status pass_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                                 sluice_error *err)
{
    static char nothing; /* there is nothing to know of a target but its address */

    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_provider *)(void *)&nothing;
    return SLUICE_OK;
}

static void pass_destroy(sluice_provider *self)
{
    (void)self;
}

static sluice_status pass_begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                                sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x = sl_alloc(arena, sizeof *x);

    (void)self;
    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory beginning a call");
    if (!sl_pass_is(call))
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "an endpoint takes requests as they are only");
    *x = (sluice_exchange){ .call = call, .arena = arena };
    *out = x;
    return SLUICE_OK;
}

static sluice_status pass_request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    return sl_pass_request(x->call, x->call->base_url, x->arena, out, err);
}

static sluice_status pass_head(sluice_exchange *x, const sluice_http_head *head, uint32_t *framing,
                               sluice_error *err)
{
    (void)framing;
    (void)err;
    x->status = head->status;
    return SLUICE_OK;
}

static sluice_status pass_data(sluice_exchange *x, const sluice_frame *frame,
                               const sluice_sink *sink, sluice_error *err)
{
    (void)x;
    (void)frame;
    (void)sink;
    (void)err;
    return SLUICE_OK; /* the host hands all of it on */
}

static sluice_status pass_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)x;
    (void)sink;
    (void)err;
    return SLUICE_OK;
}

static const sluice_provider_class provider_class = {
    .struct_size = sizeof(sluice_provider_class),
    .operations = operations,
    .config_schema = "{\"type\":\"object\"}",
    .create = pass_create,
    .destroy = pass_destroy,
    .begin = pass_begin,
    .request = pass_request,
    .head = pass_head,
    .data = pass_data,
    .end = pass_end,
};

SL_PLUGIN(passthrough, "passthrough", "0.1.0", "sluice", "targets of pass_through_endpoints",
          SLUICE_PROVIDER_ID, &provider_class)
