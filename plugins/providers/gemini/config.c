/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - a deployment's configuration. The host has checked it against the schema already. */
#include <sluice_sdk/chat.h>
#include <sluice_sdk/config.h>
#include <stdlib.h>
#include "gemini.h"

const char gemini_config_schema[] =
    "{\"type\":\"object\","
    "\"x-sluice\":{\"base_url\":\"https://generativelanguage.googleapis.com/v1beta\","
    "\"key_env\":[\"GEMINI_API_KEY\",\"GOOGLE_API_KEY\"],"
    "\"base_env\":[\"GEMINI_API_BASE\"],"
    "\"serves\":[\"gemini-*\",\"gemma-*\"]},"
    "\"properties\":{"
    "\"base_model\":{\"type\":\"string\","
    "\"description\":\"Which model this is, when the deployment's name does not say it.\"},"
    "\"safety_settings\":{\"type\":\"array\",\"items\":{\"type\":\"object\"},"
    "\"description\":\"safetySettings of calls that bring none.\"}," SL_CHAT_LENIENT_SCHEMA "}}";

static bool read_config(sluice_provider *self, const struct sl_json *config)
{
    const struct sl_json *safety = sl_json_opt(config, "safety_settings");

    self->lenient_arguments = sl_config_true(sl_json_opt(config, "lenient_arguments"));
    self->vertex = sl_json_is(sl_json_opt(config, "platform"), "vertex");
    if (safety && safety->type != SL_JSON_ARRAY)
        safety = NULL;
    return sl_config_raw(safety, &self->arena, &self->safety_settings) &&
           sl_config_text(sl_json_opt(config, "base_model"), &self->arena, &self->base_model);
}

sluice_status gemini_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);
    const struct sl_json *tree;
    sluice_status st;

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    self->host = host;
    self->share = host->get_extension(host, SLUICE_SHARE_ID);
    sl_arena_init(&self->arena, 1u << 20);
    st = sl_config_read(config, &self->arena, &tree, err);
    if (st >= 0 && !read_config(self, tree))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    if (st < 0)
        gemini_destroy(self);
    else
        *out = self;
    return st;
}

void gemini_destroy(sluice_provider *self)
{
    if (!self)
        return;
    sl_arena_finish(&self->arena);
    free(self);
}
