/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - which sources there are. A source is one file or one built-in; it is loaded at first
 * use, and what is known of it then never changes while the registry lives. registry_class.c gets
 * class tables out of them.
 */
#include "plugin/registry_impl.h"

#include "base/status.h"
#include "config/models.h"
#include "plugin/builtins.h"
#include "plugin/class.h"
#include "plugin/host_metrics.h"
#include "plugin/host_share.h"

#include <stdlib.h>

#define MEMORY ((size_t)64 << 20) /* names, data files and facts of all plugins */

/* ---- sources ---- */

struct source *sl_source_find(const struct sl_registry *r, sluice_span id)
{
    for (struct source *s = r->first; s; s = s->next)
        if (sl_span_eq(s->id, id))
            return s;
    return NULL;
}

/* path: NULL for a built-in. */
static struct source *add(struct sl_registry *r, sluice_span id, const char *path)
{
    struct source *s = sl_alloc0(&r->arena, sizeof *s);

    if (!s)
        return NULL;
    s->id = sl_arena_dup(&r->arena, id);
    s->path = path ? sl_arena_dup(&r->arena, sl_span_str(path)).ptr : NULL;
    if (!s->id.ptr || (path && !s->path))
        return NULL;
    s->next = NULL;
    *r->last = s;
    r->last = &s->next;
    return s;
}

static sluice_status add_found(struct sl_registry *r, const struct sl_found *list,
                               sluice_error *err)
{
    for (; list; list = list->next) {
        struct source *s;

        if (list->models || sl_source_find(r, sl_span_str(list->id)))
            continue; /* known ids stay what they are */
        s = add(r, sl_span_str(list->id), list->path);
        if (!s)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory listing plugins");
        s->data = list->data;
        if (list->second) {
            s->loaded = true;
            s->status = SLUICE_E_INVALID;
            s->error = sl_arena_printf(&r->arena,
                                       "%s and %s: found the id \"%s\" twice in one "
                                       "folder, wanted it once",
                                       list->path, list->second, list->id);
            sl_log(&r->log, SL_ERROR, "%.*s", SL_FMT(s->error));
        }
    }
    return SLUICE_OK;
}

/* Keeps why a source cannot be used, for every later question. */
static sluice_status keep_error(struct sl_registry *r, struct source *s, sluice_status st,
                                const sluice_error *err)
{
    s->status = st;
    s->error =
        sl_arena_dup(&r->arena, sl_span(err->message, strnlen(err->message, sizeof err->message)));
    return st;
}

static sluice_span pinned(const struct sl_registry *r, sluice_span id)
{
    for (size_t i = 0; i < r->n_sha256; i++)
        if (sl_span_eq(r->sha256[i].name, id))
            return r->sha256[i].value;
    return sl_span(NULL, 0);
}

/* Facts of the provider class, if it has one: they stand in its schema. */
static sluice_status module_facts(struct sl_registry *r, struct source *s, sluice_error *err)
{
    const sluice_plugin *d = sl_module_descriptor(s->module);
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < SL_KINDS && st >= 0; i++) {
        const void *table = d->get_class(sl_kinds[i].id);
        struct sl_facts facts;

        if (!table)
            continue;
        s->kinds++;
        st = sl_class_check(sl_module_file(s->module), sl_kinds[i].id, table, err);
        if (st >= 0)
            st = sl_catalog_schema(sl_module_file(s->module),
                                   sl_class_schema(sl_kinds[i].id, table), &r->arena, &facts, err);
        if (st >= 0 && i == 0)
            s->facts = facts;
    }
    return st;
}

sluice_status sl_source_load(struct sl_registry *r, struct source *s, sluice_error *err)
{
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    if (s->loaded) {
        if (s->status < 0)
            return sl_fail(err, s->status, "%.*s", SL_FMT(s->error));
        return SLUICE_OK;
    }
    if (s->data) {
        st = sl_file_digest(s->path, pinned(r, s->id), s->hex, &why);
        if (st >= 0)
            st = sl_catalog_read(s->path, s->id, &r->arena, &s->facts, &why);
    } else {
        st = s->entry ? sl_module_open_builtin(s->entry, &r->log, &s->module, &why)
                      : sl_module_open(s->path, s->id, pinned(r, s->id), &r->log, &s->module, &why);
        if (st >= 0)
            st = module_facts(r, s, &why);
    }
    if (st < 0)
        sl_log(&r->log, SL_WARN, "plugin %.*s cannot be used: %s", SL_FMT(s->id), why.message);
    if (st < 0 && err)
        *err = why;
    /* Memory may be there next time; every other reason stays. */
    if (st == SLUICE_E_NOMEM) {
        sl_module_close(s->module);
        s->module = NULL;
        s->kinds = 0;
        return st;
    }
    s->loaded = true;
    return st < 0 ? keep_error(r, s, st, &why) : st;
}

/* ---- built-ins, of the process ---- */

static struct {
    pthread_mutex_t lock;
    sluice_plugin_entry_fn entries[SL_MAX_BUILTINS];
    size_t n;
} builtins = { .lock = PTHREAD_MUTEX_INITIALIZER };

sluice_status sl_registry_add_builtin(sluice_plugin_entry_fn entry)
{
    sluice_status st = SLUICE_OK;
    bool known = false;

    if (!entry || sl_descriptor_check(entry(), "built-in", sl_span(NULL, 0), NULL) < 0)
        return SLUICE_E_INVALID;
    pthread_mutex_lock(&builtins.lock);
    for (size_t i = 0; i < builtins.n; i++)
        known |= builtins.entries[i] == entry;
    if (!known && builtins.n == SL_MAX_BUILTINS)
        st = SLUICE_E_NOMEM;
    else if (!known)
        builtins.entries[builtins.n++] = entry;
    pthread_mutex_unlock(&builtins.lock);
    return st;
}

static sluice_status add_builtin(struct sl_registry *r, sluice_plugin_entry_fn entry,
                                 sluice_error *err)
{
    const sluice_plugin *d = entry();
    struct source *s;
    sluice_status st = sl_descriptor_check(d, "built-in", sl_span(NULL, 0), err);

    if (st < 0 || sl_source_find(r, sl_span_str(d->id)))
        return st;
    s = add(r, sl_span_str(d->id), NULL);
    if (!s)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory listing plugins");
    s->entry = entry;
    return SLUICE_OK;
}

static sluice_status add_builtins(struct sl_registry *r, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; sl_linked_plugins[i] && st >= 0; i++)
        st = add_builtin(r, sl_linked_plugins[i], err);
    pthread_mutex_lock(&builtins.lock);
    for (size_t i = 0; i < builtins.n && st >= 0; i++)
        st = add_builtin(r, builtins.entries[i], err);
    pthread_mutex_unlock(&builtins.lock);
    return st;
}

/* ---- the registry ---- */

/* A file that is none is left out: without prices and limits calls are answered all the same. */
static sluice_status find_models(struct sl_registry *r, const struct sl_found *list,
                                 sluice_error *err)
{
    struct sl_models *models = sl_models_create();

    if (!models)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the catalogue of models");
    for (; list; list = list->next) {
        sluice_error why = SLUICE_ERROR_INIT;

        if (list->models && (sl_guard_owner(list->path, false, &why) < 0 ||
                             sl_models_add(models, list->path, &why) < 0))
            sl_log(&r->log, SL_WARN, "models are not read: %s", why.message);
    }
    sl_models_drop(r->models);
    r->models = models;
    return SLUICE_OK;
}

static sluice_status scan(struct sl_registry *r, sluice_error *err)
{
    struct sl_found *found = NULL;
    sluice_status st = sl_discover(r->path.ptr, &r->log, &found, err);

    if (st >= 0)
        st = add_found(r, found, err);
    if (st >= 0)
        st = find_models(r, found, err);
    sl_found_destroy(found);
    return st;
}

static sluice_status copy_options(struct sl_registry *r, const struct sl_registry_options *o,
                                  sluice_error *err)
{
    sluice_header *pins = sl_alloc(&r->arena, (o->n_sha256 + 1) * sizeof *pins);
    bool ok = pins != NULL;

    for (size_t i = 0; i < o->n_sha256 && ok; i++) {
        pins[i].name = sl_arena_dup(&r->arena, o->sha256[i].name);
        pins[i].value = sl_arena_dup(&r->arena, o->sha256[i].value);
        ok = pins[i].name.ptr && pins[i].value.ptr;
    }
    r->sha256 = pins;
    r->n_sha256 = o->n_sha256;
    if (o->log)
        r->log = *o->log;
    if (o->path && ok) {
        r->path = sl_arena_dup(&r->arena, sl_span_str(o->path));
        ok = r->path.ptr != NULL;
    }
    if (ok) {
        r->product =
            sl_arena_dup(&r->arena, sl_span_str(o->product ? o->product : SL_DEFAULT_PRODUCT));
        ok = r->product.ptr != NULL;
    }
    r->metrics = sl_metrics_create();
    r->shares = sl_shares_create();
    ok = ok && r->metrics && r->shares;
    return ok ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "out of memory for the plugin registry");
}

/* Recursive: who walks with sl_registry_each() may ask for a class. */
static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

sluice_status sl_registry_create(const struct sl_registry_options *options,
                                 struct sl_registry **out, sluice_error *err)
{
    struct sl_registry *r = sl_fault_hit() ? NULL : calloc(1, sizeof *r);
    sluice_status st;

    if (!r)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the plugin registry");
    init_lock(&r->lock);
    sl_arena_init(&r->arena, MEMORY);
    r->last = &r->first;
    st = copy_options(r, options, err);
    if (st >= 0)
        st = scan(r, err);
    if (st >= 0)
        st = add_builtins(r, err);
    if (st < 0)
        sl_registry_destroy(r);
    else
        *out = r;
    return st;
}

void sl_registry_destroy(struct sl_registry *r)
{
    if (!r)
        return;
    for (struct source *s = r->first; s; s = s->next)
        sl_module_close(s->module);
    sl_models_drop(r->models);
    sl_metrics_destroy(r->metrics);
    sl_shares_destroy(r->shares);
    sl_arena_finish(&r->arena);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

sluice_status sl_registry_rescan(struct sl_registry *r, sluice_error *err)
{
    sluice_status st;

    pthread_mutex_lock(&r->lock);
    st = scan(r, err);
    pthread_mutex_unlock(&r->lock);
    return st;
}

const char *sl_registry_product(const struct sl_registry *r)
{
    return r->product.ptr;
}

struct sl_models *sl_registry_models(struct sl_registry *r)
{
    struct sl_models *models;

    pthread_mutex_lock(&r->lock);
    models = sl_models_hold(r->models);
    pthread_mutex_unlock(&r->lock);
    return models;
}

struct sl_metrics *sl_registry_metrics(struct sl_registry *r)
{
    return r->metrics;
}

struct sl_shares *sl_registry_shares(struct sl_registry *r)
{
    return r->shares;
}
