/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - looks at one plugin or data file for `sluice plugins check`. */
#include "plugin/check.h"

#include "base/status.h"
#include "format/json_write.h"
#include "plugin/class.h"
#include "plugin/config.h"
#include "plugin/registry_impl.h"

#include <sluice/provider.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMORY ((size_t)16 << 20)

static sluice_status describe(const char *file, const sluice_plugin *d, const char *hex,
                              struct sl_buf *b, sluice_error *err)
{
    struct sluice_arena arena;
    struct sl_json_out o = sl_json_out(b);
    struct sl_facts facts;
    sluice_status st = SLUICE_OK;
    unsigned kinds = 0;

    sl_arena_init(&arena, MEMORY);
    for (size_t i = 0; i < SL_KINDS && st >= 0; i++) {
        const void *table = d->get_class(sl_kinds[i].id);

        if (!table)
            continue;
        kinds++;
        st = sl_class_check(file, sl_kinds[i].id, table, err);
        if (st >= 0)
            st = sl_catalog_schema(file, sl_class_schema(sl_kinds[i].id, table), &arena, &facts,
                                   err);
    }
    if (st >= 0 && !kinds)
        st = sl_fail(err, SLUICE_E_INVALID,
                     "%s: found no class, wanted a provider, cache, logger or router", file);
    sl_arena_finish(&arena);
    if (st < 0)
        return st;
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "id", sl_span_str(d->id));
    sl_descriptor_write(&o, d);
    sl_json_kv_str(&o, "sha256", sl_span_str(hex));
    sl_json_kv_str(&o, "file", sl_span_str(file));
    sl_json_close(&o, '}');
    return sl_buf_ok(b) ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory");
}

/* Against the schema of the plugin that runs it, if that one lies beside. */
static sluice_status check_beside(const char *file, sluice_span id, const struct sl_facts *facts,
                                  sluice_error *err)
{
    struct sl_plugin_class cls = { .kind = SLUICE_PROVIDER_ID, .data = facts->json };
    char path[PATH_MAX], name[72], hex[65];
    const char *slash = strrchr(file, '/');
    const sluice_plugin *d;
    const void *table;
    int n =
        snprintf(path, sizeof path, "%.*s/%.*s.so", (int)(slash - file), file, SL_FMT(facts->uses));
    sluice_status st;

    if (n < 0 || (size_t)n >= sizeof path || access(path, F_OK) < 0)
        return SLUICE_OK;
    st = sl_module_map(path, facts->uses, sl_span(NULL, 0), &d, hex, err);
    if (st < 0)
        return st;
    table = d->get_class(SLUICE_PROVIDER_ID);
    if (!table)
        return sl_fail(err, SLUICE_E_INVALID, "%s: uses: found no provider in %s, wanted one", file,
                       path);
    snprintf(name, sizeof name, "%.*s", SL_FMT(id));
    cls.id = name;
    cls.config_schema = sl_class_schema(SLUICE_PROVIDER_ID, table);
    return sl_config_check(&cls, err);
}

static sluice_status describe_data(const char *file, sluice_span id, struct sl_buf *b,
                                   sluice_error *err)
{
    struct sluice_arena arena;
    struct sl_json_out o = sl_json_out(b);
    struct sl_facts facts;
    sluice_status st;

    sl_arena_init(&arena, MEMORY);
    st = sl_catalog_read(file, id, &arena, &facts, err);
    if (st >= 0)
        st = check_beside(file, id, &facts, err);
    if (st >= 0) {
        sl_json_open(&o, '{');
        sl_json_kv_str(&o, "id", id);
        sl_json_kv_str(&o, "kind", SL_SPAN("provider"));
        sl_json_kv_str(&o, "uses", facts.uses);
        sl_json_kv_str(&o, "file", sl_span_str(file));
        sl_json_close(&o, '}');
        st = sl_buf_ok(b) ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    }
    sl_arena_finish(&arena);
    return st;
}

/* The id that a path's last part promises. */
static sluice_span stem(const char *path, sluice_span *suffix)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    *suffix = dot ? sl_span_str(dot) : sl_span(NULL, 0);
    return sl_span(name, dot ? (size_t)(dot - name) : strlen(name));
}

sluice_status sl_plugin_check(const char *file, char **json, sluice_error *err)
{
    char real[PATH_MAX], hex[65] = "";
    const sluice_plugin *d = NULL;
    sluice_span id, suffix;
    struct sl_buf b;
    sluice_status st;

    if (!realpath(file, real))
        return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: there is no such file", file);
    id = stem(real, &suffix);
    sl_buf_init(&b, SL_ROW_MAX);
    if (sl_span_eq(suffix, SL_SPAN(".yaml"))) {
        st = describe_data(real, id, &b, err);
    } else {
        st = sl_module_map(real, id, sl_span(NULL, 0), &d, hex, err);
        if (st >= 0)
            st = describe(real, d, hex, &b, err);
    }
    if (st >= 0) {
        sl_buf_add_char(&b, 0);
        st = sl_buf_ok(&b) ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    }
    if (st >= 0) {
        *json = b.ptr; /* malloc memory, as the caller's free() wants it */
        return SLUICE_OK;
    }
    sl_buf_finish(&b);
    return st;
}
