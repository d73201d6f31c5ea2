/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - one class for every vendor that speaks OpenAI's format: a data file of catalog/ says
 * how the vendor differs. What runs it is in exchange.c.
 */
#include <openai_common/class.h>
#include <sluice_sdk/plugin.h>

#include <openai_compat_schema.h>

static sluice_status compat_create(const sluice_host *host, sluice_span config,
                                   sluice_provider **out, sluice_error *err)
{
    sluice_span all = config.len ? config : SL_SPAN("{}");

    return compat_create_of(host, &all, 1, out, err);
}

static const sluice_provider_class provider_class = {
    .struct_size = sizeof(sluice_provider_class),
    .operations = oc_operations,
    .config_schema = openai_compat_schema,
    .create = compat_create,
    .destroy = compat_destroy,
    .begin = compat_begin,
    .request = compat_request,
    .head = compat_head,
    .data = compat_data,
    .end = compat_end,
    .accepts = compat_accepts,
};

SL_PLUGIN(openai_compat, "openai_compat", "0.1.0", "sluice",
          "every vendor that speaks OpenAI's format, by data files", SLUICE_PROVIDER_ID,
          &provider_class)
