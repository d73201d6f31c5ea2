/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - OpenAI: what it offers, and what its reasoning models take, is described in
 * config.schema.json and run by what openai_compat's vendors have in common. All of it is relayed:
 * requests are edited by span, answers go on as they come. Also the prefix for any server of which
 * nothing else is known.
 */
#include <openai_common/class.h>
#include <sluice_sdk/plugin.h>

#include <openai_config.h>

static sluice_status openai_create(const sluice_host *host, sluice_span config,
                                   sluice_provider **out, sluice_error *err)
{
    const sluice_span layers[] = {
        sl_json_member(sl_span_str(openai_config), SL_SPAN("x-sluice")),
        oc_reasoning_models(),
        config.len ? config : SL_SPAN("{}"),
    };

    return compat_create_of(host, layers, 3, out, err);
}

static const sluice_provider_class provider_class = {
    .struct_size = sizeof(sluice_provider_class),
    .operations = oc_operations,
    .config_schema = openai_config,
    .create = openai_create,
    .destroy = compat_destroy,
    .begin = compat_begin,
    .request = compat_request,
    .head = compat_head,
    .data = compat_data,
    .end = compat_end,
    .accepts = compat_accepts,
};

SL_PLUGIN(openai, "openai", "0.1.0", "sluice",
          "OpenAI's API: chat, responses, embeddings, images, audio, files, batches",
          SLUICE_PROVIDER_ID, &provider_class)
