/* SPDX-License-Identifier: Apache-2.0 */
/* settings_objects.c - general_settings.object_store: where what is kept between calls lies. */
#include "config/at_start.h"
#include "config/fill.h"

#define MIB (INT64_C(1) << 20)
#define IN_MEMORY (64 * MIB)
#define IN_FILE (1024 * MIB)
#define FILE_NAME "/objects.db"

/* Who runs a gateway on a machine of its own says in one variable where its files go. */
static void default_path(struct sl_load *l, sluice_span *path)
{
    sluice_span dir = sl_settings_env(l->out, "SLUICE_STATE_DIR");
    struct sl_buf b;

    if (!dir.len)
        return;
    sl_buf_init(&b, 4096);
    sl_buf_add(&b, dir);
    sl_buf_add(&b, SL_SPAN(FILE_NAME));
    *path = sl_fill_buf(l, &b);
    sl_at_start_keep_text(l, SL_IN_OBJECTS, SL_SPAN("environment_variables.SLUICE_STATE_DIR"), dir);
}

void sl_fill_objects(struct sl_load *l, const struct sl_node *general)
{
    const struct sl_node *map = sl_node_get(general, "object_store");
    const struct sl_node *type = sl_node_get(map, "type");
    struct sl_path top = SL_PATH_KEY(NULL, SL_SPAN("general_settings"));
    struct sl_path own = SL_PATH_KEY(&top, SL_SPAN("object_store"));
    struct sl_path path = SL_PATH_KEY(&own, SL_SPAN("type"));
    struct sl_objects_settings *s = &l->out->objects;
    sluice_span name = sl_node_str(type);
    bool memory = sl_span_eq(name, SL_SPAN("memory")), sqlite = sl_span_eq(name, SL_SPAN("sqlite"));

    if (type && !memory && !sqlite)
        sl_load_error(l, &type->place, &path, "must be memory or sqlite");
    if (!memory) {
        sl_fill_str(l, sl_node_get(map, "path"), &s->path);
        if (!s->path.len)
            default_path(l, &s->path);
        if (sqlite && !s->path.len)
            sl_load_error(l, &type->place, &path, "sqlite needs a path, or $SLUICE_STATE_DIR");
    }
    s->most_bytes = s->path.len ? IN_FILE : IN_MEMORY;
    sl_fill_mib(sl_node_get(map, "max_size_mb"), &s->most_bytes);
    sl_fill_limit(sl_node_get(map, "ttl"), &s->ttl_ms);
}
