/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expand.c - os.environ/NAME, looked up in environment_variables first and in the process
 * environment then. What comes from there, or stands under a name that means a secret, is hidden
 * from reports and wiped when the load ends.
 */
#include "config/expand.h"
#include "config/keys.h"

#include <stdlib.h>

#define PREFIX "os.environ/"

static void drop_secret(void *ctx)
{
    sl_secret_drop(ctx);
}

bool sl_secret_is_plain(sluice_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return true;
}

struct sl_secret *sl_load_secret(struct sl_load *l, sluice_span text)
{
    struct sl_secret *s = sl_secret_create(text);

    if (s && sl_arena_cleanup(&l->out->arena, drop_secret, s))
        return s;
    sl_secret_drop(s);
    sl_load_nomem(l);
    return NULL;
}

sluice_span sl_settings_env(const struct sl_settings *s, const char *name)
{
    for (size_t i = 0; i < s->n_environment; i++)
        if (sl_span_eq(s->environment[i].name, sl_span_str(name)))
            return sl_secret_reveal(s->environment[i].value);
    return sl_span_str(getenv(name));
}

/* Does the way lead through model_list to a key of a deployment? There the provider's own
 * variable is the second choice. */
static bool is_deployment_key(const struct sl_path *path)
{
    const struct sl_path *p = path;

    if (!p || p->in_list || !sl_span_eq(p->key, SL_SPAN("api_key")))
        return false;
    while (p->up)
        p = p->up;
    return sl_span_eq(p->key, SL_SPAN("model_list"));
}

static void unset(struct sl_node *node)
{
    node->kind = SL_NODE_NULL;
    node->unset = true;
}

/* The variable's value takes the place of its name. idle: what stands here is not in force, so
 * nothing is amiss without it. */
static void expand_string(struct sl_load *l, struct sl_node *node, const struct sl_path *path,
                          bool idle)
{
    sluice_span name = sl_span_from(node->text, sizeof PREFIX - 1), value;

    if (!sl_span_starts(node->text, SL_SPAN(PREFIX)))
        return;
    if (sl_span_starts(name, SL_SPAN("oidc/"))) {
        sl_load_error(l, &node->place, path, "tokens by os.environ/oidc/ are not yet in force");
        return;
    }
    if (name.len == 0 || memchr(name.ptr, '\0', name.len) || memchr(name.ptr, '=', name.len)) {
        sl_load_error(l, &node->place, path,
                      "os.environ/ must be followed by the name of a "
                      "variable");
        return;
    }
    value = sl_settings_env(l->out, name.ptr);
    if (is_deployment_key(path) && value.len == 0) {
        sl_load_line(l, SL_KEY_IGNORED, &node->place, path,
                     "the environment has no %.*s; the provider's own variable is tried",
                     SL_FMT(sl_span_head(name, 80)));
        unset(node);
        return;
    }
    if (!value.ptr && idle) {
        sl_load_line(l, SL_KEY_IGNORED, &node->place, path,
                     "not in force, and the environment has no %.*s",
                     SL_FMT(sl_span_head(name, 80)));
        node->unset = true; /* the text stays: an alias may stand where it counts */
        return;
    }
    if (!value.ptr) {
        sl_load_error(l, &node->place, path,
                      "the environment has no %.*s: set it, or add it to "
                      "environment_variables",
                      SL_FMT(sl_span_head(name, 80)));
        unset(node);
        return;
    }
    node->text = sl_arena_dup(&l->arena, value);
    if (!node->text.ptr) {
        sl_load_nomem(l);
        return;
    }
    node->from_env = true;
    sl_load_hide(l, node, false);
}

/* Where a walk is. */
struct where {
    enum sl_section section; /* whose keys the next map has */
    bool secret, idle;
};

static struct where below(struct where w, sluice_span key)
{
    const struct sl_key_row *row = sl_key_find(w.section, key);

    w.secret = w.secret || sl_key_is_secret(key);
    w.idle = w.idle || (row && (row->state == SL_LATER || row->state == SL_NEVER));
    w.section = row && row->type != SL_TYPE_MAP_OF_MAPS ? row->inside : SL_IN_NOTHING;
    return w;
}

static void walk(struct sl_load *l, struct sl_node *node, const struct sl_path *path,
                 struct where w)
{
    bool secret = w.secret;

    if (l->status == SLUICE_E_NOMEM || (node->expanded && (!secret || node->secret)))
        return;
    if (node->kind == SL_NODE_STRING && !node->expanded)
        expand_string(l, node, path, w.idle);
    node->expanded = !w.idle || node->from_env;
    if (secret && node->kind != SL_NODE_BOOL && node->kind != SL_NODE_NULL)
        sl_load_hide(l, node, true);
    for (uint32_t i = 0; node->kind == SL_NODE_LIST && i < node->n; i++)
        walk(l, node->items[i], &SL_PATH_ITEM(path, i), w);
    for (uint32_t i = 0; node->kind == SL_NODE_MAP && i < node->n; i++) {
        const struct sl_member *m = &node->members[i];

        walk(l, m->value, &SL_PATH_KEY(path, m->key), below(w, m->key));
    }
}

void sl_expand_tree(struct sl_load *l, struct sl_node *root)
{
    walk(l, root, NULL, (struct where){ .section = SL_IN_TOP });
}

/* Variables that nobody asks our table for. */
static bool of_process(sluice_span name)
{
    static const char *const names[] = {
        "http_proxy",    "https_proxy",  "all_proxy",       "no_proxy",
        "ssl_cert_file", "ssl_cert_dir", "curl_ca_bundle",  "openssl_conf",
        "sslkeylogfile", "tz",           "ld_library_path", "path"
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sl_span_ieq(name, sl_span_str(names[i])))
            return true;
    return false;
}

void sl_expand_environment(struct sl_load *l, const struct sl_node *root)
{
    const struct sl_node *map = sl_node_get(root, "environment_variables");
    struct sl_path top = SL_PATH_KEY(NULL, SL_SPAN("environment_variables"));
    struct sl_env_setting *table;
    size_t n = 0;

    if (!map || map->kind != SL_NODE_MAP) /* a wrong type is check.c's to report */
        return;
    table = sl_alloc0(&l->out->arena, (map->n + 1) * sizeof *table);
    if (!table) {
        sl_load_nomem(l);
        return;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        struct sl_member *m = &map->members[i];
        struct sl_path path = SL_PATH_KEY(&top, m->key);

        if (m->value->kind == SL_NODE_STRING)
            expand_string(l, m->value, &path, false);
        if (m->value->kind == SL_NODE_NULL)
            continue;
        if (m->value->kind == SL_NODE_LIST || m->value->kind == SL_NODE_MAP ||
            m->value->kind == SL_NODE_BOOL) {
            sl_load_error(l, &m->value->place, &path, "must be a string, not %s",
                          sl_node_kind_name(m->value->kind));
            continue;
        }
        m->value->expanded = true;
        sl_load_hide(l, m->value, true);
        table[n].name = sl_arena_dup(&l->out->arena, m->key);
        table[n].value = sl_load_secret(l, m->value->text);
        if (!table[n].name.ptr || !table[n].value) {
            sl_load_nomem(l);
            return;
        }
        n++;
        if (of_process(m->key))
            sl_load_line(l, SL_KEY_IGNORED, &m->place, &path,
                         "read by libraries: set it in the environment of the process");
        else
            sl_load_line(l, SL_KEY_EXACT, &m->place, &path, "seen by os.environ/");
    }
    l->out->environment = table;
    l->out->n_environment = n;
}
