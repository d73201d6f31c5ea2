/* SPDX-License-Identifier: Apache-2.0 */
/* registry_class.c - ids and aliases to class tables; a data file to the plugin that runs it. */
#include "plugin/registry_impl.h"

#include "base/nearest.h"
#include "base/status.h"
#include "plugin/class.h"
#include "plugin/config.h"

#include <sluice/provider.h>

static struct source *find_alias(struct sl_registry *r, sluice_span id, bool data)
{
    for (struct source *s = r->first; s; s = s->next) {
        if (s->data != data || sl_source_load(r, s, NULL) < 0)
            continue;
        for (size_t i = 0; i < s->facts.n_aliases; i++)
            if (sl_span_eq(s->facts.aliases[i], id))
                return s;
    }
    return NULL;
}

/* By name, else by alias; data files are asked before code, since reading them runs nothing. */
static struct source *look_up(struct sl_registry *r, sluice_span id)
{
    struct source *s = sl_source_find(r, id);

    if (!s)
        s = find_alias(r, id, true);
    return s ? s : find_alias(r, id, false);
}

/* Where was looked, for a message. */
static const char *folders(const struct sl_registry *r)
{
    return r->path.ptr ? r->path.ptr : "the default plugin folders";
}

static sluice_status not_found(struct sl_registry *r, const char *kind, sluice_span id,
                               sluice_error *err)
{
    struct sl_nearest near = sl_nearest(id);
    const char *where = folders(r);

    for (struct source *s = r->first; s; s = s->next)
        sl_nearest_try(&near, s->id);
    if (near.best.len)
        return sl_fail(err, SLUICE_E_NOT_FOUND,
                       "no %s plugin \"%.*s\" (looked for %.*s.so and %.*s.yaml in %s); did you "
                       "mean \"%.*s\"?",
                       sl_kind_name(kind), SL_FMT(id), SL_FMT(id), SL_FMT(id), where,
                       SL_FMT(near.best));
    return sl_fail(err, SLUICE_E_NOT_FOUND,
                   "no %s plugin \"%.*s\" (looked for %.*s.so and %.*s.yaml in %s)",
                   sl_kind_name(kind), SL_FMT(id), SL_FMT(id), SL_FMT(id), where);
}

static sluice_status no_such_kind(const struct source *s, const char *kind, sluice_error *err)
{
    const sluice_plugin *d = sl_module_descriptor(s->module);
    const char *has = "nothing";

    for (size_t i = 0; i < SL_KINDS; i++)
        if (d->get_class(sl_kinds[i].id))
            has = sl_kinds[i].name;
    return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: found a %s, wanted a %s",
                   sl_module_file(s->module), has, sl_kind_name(kind));
}

/* The data file alone must satisfy the schema of the plugin that runs it. */
static sluice_status check_data(const struct source *s, const struct sl_plugin_class *cls,
                                sluice_error *err)
{
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st = sl_config_check(cls, &why);

    if (st >= 0)
        return st;
    return sl_fail_param(err, st, why.code[0] ? why.code : NULL, why.param[0] ? why.param : NULL,
                         "%s: %s", s->path, why.message);
}

/* Makes the class of s (asked for by its own id) once. */
static sluice_status make_class(struct sl_registry *r, struct source *s, struct source *code,
                                const char *kind, const struct sl_plugin_class **out,
                                sluice_error *err)
{
    const void *table = sl_module_descriptor(code->module)->get_class(kind);
    struct known_class *c;
    bool provider = !strcmp(kind, SLUICE_PROVIDER_ID);

    if (!table)
        return no_such_kind(code, kind, err);
    c = sl_alloc0(&r->arena, sizeof *c);
    if (!c)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory");
    c->cls = (struct sl_plugin_class){ .kind = kind,
                                       .id = s->id.ptr,
                                       .plugin_id = sl_module_descriptor(code->module)->id,
                                       .table = table,
                                       .config_schema = sl_class_schema(kind, table) };
    for (size_t i = 0; i < SL_KINDS; i++)
        if (!strcmp(sl_kinds[i].id, kind))
            c->cls.kind = sl_kinds[i].id;
    if (provider) {
        c->cls.data = s->facts.json;
        c->cls.base_url = s->facts.base_url;
        c->cls.key_env = s->facts.key_env;
        c->cls.n_key_env = s->facts.n_key_env;
        c->cls.credentials = s->facts.credentials;
        c->cls.n_credentials = s->facts.n_credentials;
        c->cls.token_exchange = s->facts.token_exchange;
        c->cls.serves = s->facts.serves;
        c->cls.n_serves = s->facts.n_serves;
    }
    if (s->data) {
        sluice_status st = check_data(s, &c->cls, err);

        if (st < 0)
            return st;
    }
    c->next = s->classes;
    s->classes = c;
    *out = &c->cls;
    return SLUICE_OK;
}

/* The plugin that runs s: itself, or what its data file names. */
static sluice_status code_of(struct sl_registry *r, struct source *s, struct source **out,
                             sluice_error *err)
{
    struct source *code;

    if (!s->data) {
        *out = s;
        return SLUICE_OK;
    }
    code = sl_source_find(r, s->facts.uses);
    if (!code)
        return sl_fail(err, SLUICE_E_NOT_FOUND,
                       "%s: uses: there is no plugin \"%.*s\" (looked for %.*s.so in %s)", s->path,
                       SL_FMT(s->facts.uses), SL_FMT(s->facts.uses), folders(r));
    if (code->data)
        return sl_fail(err, SLUICE_E_NOT_FOUND,
                       "%s: uses: found \"%.*s\", wanted the id of a plugin, which is not a data "
                       "file itself",
                       s->path, SL_FMT(s->facts.uses));
    *out = code;
    return sl_source_load(r, code, err);
}

static sluice_status class_of(struct sl_registry *r, const char *kind, struct source *s,
                              const struct sl_plugin_class **out, sluice_error *err)
{
    struct source *code = NULL;
    sluice_status st = sl_source_load(r, s, err);

    for (struct known_class *c = s->classes; c && st >= 0; c = c->next)
        if (!strcmp(c->cls.kind, kind)) {
            *out = &c->cls;
            return SLUICE_OK;
        }
    if (st >= 0 && s->data && strcmp(kind, SLUICE_PROVIDER_ID))
        return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: found a provider, wanted a %s", s->path,
                       sl_kind_name(kind));
    if (st >= 0)
        st = code_of(r, s, &code, err);
    return st < 0 ? st : make_class(r, s, code, kind, out, err);
}

sluice_status sl_registry_class(struct sl_registry *r, const char *kind, sluice_span id,
                                const struct sl_plugin_class **out, sluice_error *err)
{
    struct source *s;
    sluice_status st;

    pthread_mutex_lock(&r->lock);
    s = look_up(r, id);
    st = s ? class_of(r, kind, s, out, err) : not_found(r, kind, id, err);
    pthread_mutex_unlock(&r->lock);
    return st;
}

sluice_status sl_registry_each(struct sl_registry *r, const char *kind,
                               void (*fn)(void *ctx, const struct sl_plugin_class *cls), void *ctx)
{
    struct source *s;

    pthread_mutex_lock(&r->lock);
    for (s = r->first; s; s = s->next) {
        const struct sl_plugin_class *cls;
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_status st = class_of(r, kind, s, &cls, &err);

        if (st == SLUICE_E_NOMEM)
            break;
        if (st < 0 && s->data && s->status >= 0 && !strcmp(kind, SLUICE_PROVIDER_ID))
            sl_log(&r->log, SL_WARN, "plugin %.*s is left out: %s", SL_FMT(s->id), err.message);
        if (st >= 0)
            fn(ctx, cls);
    }
    pthread_mutex_unlock(&r->lock);
    return s ? SLUICE_E_NOMEM : SLUICE_OK;
}
