/* SPDX-License-Identifier: Apache-2.0 */
/* registry_list.c - the list for `sluice plugins`. */
#include "plugin/registry_impl.h"

#include "format/json_write.h"
#include "plugin/class.h"

#include <stdio.h>

void sl_descriptor_write(struct sl_json_out *o, const sluice_plugin *d)
{
    char abi[16], least[16], kinds[64] = "";
    size_t at = 0;

    for (size_t i = 0; i < SL_KINDS; i++)
        if (d->get_class(sl_kinds[i].id))
            at += (size_t)snprintf(kinds + at, sizeof kinds - at, "%s%s", at ? "," : "",
                                   sl_kinds[i].name);
    snprintf(abi, sizeof abi, "%u.%u", d->abi_major, d->abi_minor);
    snprintf(least, sizeof least, "%u.%u", d->abi_major, d->abi_minor_min);
    sl_json_kv_str(o, "kind", sl_span_str(kinds));
    sl_json_kv_str(o, "version", sl_span_str(d->version ? d->version : ""));
    sl_json_kv_str(o, "abi", sl_span_str(abi));
    sl_json_kv_str(o, "abi_min", sl_span_str(least));
    sl_json_kv_str(o, "vendor", sl_span_str(d->vendor ? d->vendor : ""));
    sl_json_kv_str(o, "summary", sl_span_str(d->summary ? d->summary : ""));
}

static void write_source(struct sl_json_out *o, struct sl_registry *r, struct source *s)
{
    sl_source_load(r, s, NULL);
    sl_json_open(o, '{');
    sl_json_kv_str(o, "id", s->id);
    if (s->module) {
        sl_descriptor_write(o, sl_module_descriptor(s->module));
        sl_json_kv_str(o, "sha256", sl_span_str(sl_module_sha256(s->module)));
    } else if (s->data) {
        sl_json_kv_str(o, "kind", SL_SPAN("provider"));
        sl_json_kv_str(o, "uses", s->facts.uses);
        sl_json_kv_str(o, "sha256", sl_span_str(s->hex));
    }
    sl_json_kv_str(o, "file", sl_span_str(s->path ? s->path : "built-in"));
    sl_json_kv_bool(o, "builtin", s->entry != NULL);
    if (s->status < 0)
        sl_json_kv_str(o, "error", s->error);
    sl_json_close(o, '}');
}

void sl_registry_list(struct sl_registry *r, void (*row)(void *ctx, sluice_span json), void *ctx)
{
    struct sl_buf b;

    sl_buf_init(&b, SL_ROW_MAX);
    pthread_mutex_lock(&r->lock);
    for (struct source *s = r->first; s; s = s->next) {
        struct sl_json_out o;

        sl_buf_reset(&b);
        o = sl_json_out(&b);
        write_source(&o, r, s);
        if (sl_buf_ok(&b))
            row(ctx, sl_buf_span(&b));
    }
    pthread_mutex_unlock(&r->lock);
    sl_buf_finish(&b);
}
