/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - a deployment's configuration. The host has checked it against the schema already. */
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
    "\"description\":\"safetySettings of calls that bring none.\"},"
    "\"lenient_arguments\":{\"type\":\"boolean\","
    "\"description\":\"Replay tool calls whose arguments are no JSON object as {} instead of "
    "refusing the call.\"}}}";

/* Decoded and outliving the text it came from; empty when absent. */
static bool keep(sluice_provider *self, const struct sl_json *j, sluice_span *out)
{
    if (!j || j->type != SL_JSON_STRING)
        return true;
    if (!sl_json_string(j->raw, &self->arena, out))
        return false;
    *out = sl_arena_dup(&self->arena, *out);
    return out->ptr != NULL;
}

static bool read_config(sluice_provider *self, const struct sl_json *config)
{
    const struct sl_json *lenient = sl_json_opt(config, "lenient_arguments");
    const struct sl_json *safety = sl_json_opt(config, "safety_settings");

    self->lenient_arguments = lenient && sl_json_is_true(lenient->raw);
    self->vertex = sl_json_is(sl_json_opt(config, "platform"), "vertex");
    if (safety && safety->type == SL_JSON_ARRAY) {
        self->safety_settings = sl_arena_dup(&self->arena, safety->raw);
        if (!self->safety_settings.ptr)
            return false;
    }
    return keep(self, sl_json_opt(config, "base_model"), &self->base_model);
}

sluice_status gemini_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    sluice_provider *self = calloc(1, sizeof *self);
    sluice_status st = SLUICE_E_NOMEM;
    struct sl_json_error e;
    struct sl_json *tree;

    if (!self)
        return sl_fail(err, st, "out of memory");
    self->host = host;
    self->share = host->get_extension(host, SLUICE_SHARE_ID);
    sl_arena_init(&self->arena, 1u << 20);
    st = sl_json_parse(config.len ? config : SL_SPAN("{}"), &self->arena, &tree, &e);
    if (st == SLUICE_E_INVALID)
        st = sl_fail(err, st, "configuration: %s at line %zu", e.what, e.line);
    else if (st >= 0 && !read_config(self, tree))
        st = SLUICE_E_NOMEM;
    if (st == SLUICE_E_NOMEM)
        sl_fail(err, st, "out of memory");
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
