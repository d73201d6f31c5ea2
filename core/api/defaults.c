/* SPDX-License-Identifier: Apache-2.0 */
/* defaults.c - without a configuration: `mock`, and a wildcard route for every provider whose key
 * is in the environment. Written as a configuration, so that it takes the way of every other. */
#include <stdlib.h>
#include <sluice/provider.h>
#include "api/instance.h"
#include "format/json_write.h"

static void add_model(struct sl_json_out *o, const char *name, const char *model)
{
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model_name", sl_span_str(name));
    sl_json_key(o, "litellm_params");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", sl_span_str(model));
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static bool has_key(const struct sl_plugin_class *cls)
{
    for (size_t i = 0; i < cls->n_key_env; i++) {
        char name[128];
        const char *value;

        if (cls->key_env[i].len >= sizeof name)
            continue;
        memcpy(name, cls->key_env[i].ptr, cls->key_env[i].len);
        name[cls->key_env[i].len] = 0;
        value = getenv(name);
        if (value && *value)
            return true;
    }
    return false;
}

static void add_provider(void *ctx, const struct sl_plugin_class *cls)
{
    struct sl_json_out *o = ctx;
    char pattern[80];

    if (!has_key(cls) || strlen(cls->id) > sizeof pattern - 3)
        return;
    memcpy(pattern, cls->id, strlen(cls->id));
    memcpy(pattern + strlen(cls->id), "/*", 3);
    add_model(o, pattern, pattern);
}

char *sl_defaults_text(struct sl_registry *r)
{
    struct sl_buf b;
    struct sl_json_out o;

    sl_buf_init(&b, 1u << 20);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_key(&o, "model_list");
    sl_json_open(&o, '[');
    add_model(&o, "mock", "mock/echo");
    add_model(&o, "mock/*", "mock/*");
    (void)sl_registry_each(r, SLUICE_PROVIDER_ID, add_provider, &o);
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    sl_buf_add_char(&b, 0);
    if (!sl_buf_ok(&b)) {
        sl_buf_finish(&b);
        return NULL;
    }
    return b.ptr; /* the caller frees it; the buffer is not used again */
}
