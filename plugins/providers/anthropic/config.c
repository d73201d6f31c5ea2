/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - a deployment's configuration. The host has checked it against the schema already. */
#include <sluice_sdk/chat.h>
#include <sluice_sdk/config.h>
#include <stdlib.h>
#include "anthropic.h"

const char anthropic_config_schema[] =
    "{\"type\":\"object\","
    "\"x-sluice\":{\"base_url\":\"https://api.anthropic.com\",\"key_env\":[\"ANTHROPIC_API_KEY\"],"
    "\"base_env\":[\"ANTHROPIC_API_BASE\",\"ANTHROPIC_BASE_URL\"],"
    "\"serves\":[\"claude-*\"]},"
    "\"properties\":{"
    "\"api_version\":{\"type\":\"string\","
    "\"description\":\"The anthropic-version header; 2023-06-01 by default.\"},"
    "\"betas\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
    "\"description\":\"Always sent in anthropic-beta.\"},"
    "\"base_model\":{\"type\":\"string\","
    "\"description\":\"Which model this is, when the deployment's name does not say it.\"},"
    "\"default_max_tokens\":{\"type\":\"integer\",\"minimum\":1,"
    "\"description\":\"max_tokens of callers that give none; by default the most that the model "
    "can.\"}," TURNS_BUDGETS_SCHEMA "," SL_CHAT_LENIENT_SCHEMA "}}";

static bool read_betas(sluice_provider *self, const struct sl_json *list)
{
    struct anthropic_betas betas = { .n = 0 };

    sl_json_each(b, list)
    {
        sluice_span name = SL_SPAN("");

        if (!sl_config_text(b, &self->arena, &name))
            return false;
        anthropic_betas_add(&betas, name);
    }
    return anthropic_betas_join(&betas, &self->arena, &self->betas) >= 0;
}

static bool read_config(sluice_provider *self, const struct sl_json *config)
{
    self->api_version = SL_SPAN("2023-06-01");
    turns_budgets(config, self->budgets);
    self->default_max_tokens = sl_json_int(sl_json_opt(config, "default_max_tokens"), 0);
    self->lenient_arguments = sl_config_true(sl_json_opt(config, "lenient_arguments"));
    return sl_config_text(sl_json_opt(config, "api_version"), &self->arena, &self->api_version) &&
           sl_config_text(sl_json_opt(config, "version_in_body"), &self->arena,
                          &self->version_in_body) &&
           sl_config_text(sl_json_opt(config, "base_model"), &self->arena, &self->base_model) &&
           read_betas(self, sl_json_opt(config, "betas"));
}

sluice_status anthropic_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                               sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);
    const struct sl_json *tree;
    sluice_status st;

    if (!self)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    self->host = host;
    sl_arena_init(&self->arena, 1u << 20);
    st = sl_config_read(config, &self->arena, &tree, err);
    if (st >= 0 && !read_config(self, tree))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    if (st < 0)
        anthropic_destroy(self);
    else
        *out = self;
    return st;
}

void anthropic_destroy(sluice_provider *self)
{
    if (!self)
        return;
    sl_arena_finish(&self->arena);
    free(self);
}
