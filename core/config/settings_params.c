/* SPDX-License-Identifier: Apache-2.0 */
/* settings_params.c - see settings_params.h. keys.h says which parameter is whose. */
#include "config/settings_params.h"

#include "config/keys.h"

struct source {
    struct sl_load *load;
    const struct sl_node *params, *info;
    const struct sl_path *path; /* of params */
};

static const struct sl_node *get(const struct source *f, const char *name)
{
    return sl_node_get(f->params, name);
}

static bool is_token(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || (unsigned char)s.ptr[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", s.ptr[i]))
            return false;
    return s.len > 0;
}

static bool is_field(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] < ' ' && s.ptr[i] != '\t') || s.ptr[i] == 0x7f)
            return false;
    return true;
}

/* A map's members, each value as text (headers) or as JSON (body). */
static void fill_pairs(const struct source *f, const struct sl_node *map, const char *key,
                       bool json, const sluice_header **out, size_t *n)
{
    struct sl_path path = SL_PATH_KEY(f->path, sl_span_str(key));
    sluice_header *all;

    if (!map || map->kind != SL_NODE_MAP || map->n == 0)
        return;
    all = sl_alloc0(&f->load->out->arena, (*n + map->n) * sizeof *all);
    if (!all) {
        sl_load_nomem(f->load);
        return;
    }
    if (*n)
        memcpy(all, *out, *n * sizeof *all);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct sl_member *m = &map->members[i];
        struct sl_path item = SL_PATH_KEY(&path, m->key);
        sluice_header *h = &all[*n];

        if (!json && (m->value->kind == SL_NODE_LIST || m->value->kind == SL_NODE_MAP ||
                      !is_token(m->key) || !is_field(m->value->text))) {
            sl_load_error(f->load, &m->place, &item, "is no HTTP header");
            continue;
        }
        h->name = sl_fill_text(f->load, m->key);
        if (json)
            sl_fill_json(f->load, m->value, &h->value);
        else
            h->value = sl_fill_text(f->load,
                                    m->value->kind == SL_NODE_NULL ? SL_SPAN("") : m->value->text);
        ++*n;
    }
    *out = all;
}

static enum sl_key_use use_of(const struct sl_member *m)
{
    const struct sl_key_row *row = sl_key_find(SL_IN_PARAMS, m->key);

    if (row)
        return row->use;
    return sl_key_is_secret(m->key) ? SL_USE_PROVIDER : SL_USE_REQUEST;
}

/* Members of one use as a JSON object's members. */
static void write_members(const struct source *f, struct sl_json_out *o, enum sl_key_use use)
{
    for (uint32_t i = 0; i < f->params->n; i++) {
        const struct sl_member *m = &f->params->members[i];

        if (use_of(m) != use)
            continue;
        sl_json_key_span(o, m->key);
        sl_fill_json_value(f->load, o, m->value);
    }
}

/* A mocked deployment is answered by another provider, which knows nothing of this one's. */
static void fill_config(const struct source *f, struct sl_deployment_settings *d,
                        const struct sl_node *organization)
{
    const struct sl_node *own = get(f, "provider_config"), *answer = get(f, "mock_response");
    const struct sl_node *given = get(f, "base_model");
    const struct sl_node *base = given ? given : sl_node_get(f->info, "base_model");
    struct sl_json_out o;
    struct sl_buf buf;
    bool late = false;

    sl_fill_bool(get(f, "mock_timeout"), &late);
    if (answer)
        sl_fill_json(f->load, answer, &d->mock_response);
    else if (late || get(f, "mock_tool_calls"))
        d->mock_response = SL_SPAN("null");
    sl_buf_init(&buf, SL_CONFIG_BYTES);
    o = sl_json_out(&buf);
    sl_json_open(&o, '{');
    write_members(f, &o, SL_USE_MOCK);
    if (!d->mock_response.len) {
        write_members(f, &o, SL_USE_PROVIDER);
        if (organization) {
            sl_json_key(&o, "organization");
            sl_fill_json_value(f->load, &o, organization);
        }
        if (get(f, "allowed_openai_params")) {
            sl_json_key(&o, "allowed_openai_params");
            sl_fill_json_value(f->load, &o, get(f, "allowed_openai_params"));
        }
        if (base && base->kind == SL_NODE_STRING && !sl_node_get(own, "base_model")) {
            sl_json_key(&o, "base_model");
            sl_fill_json_value(f->load, &o, base);
        }
        if (sl_span_eq(d->mode, SL_SPAN("responses")) && !sl_node_get(own, "mode"))
            sl_json_kv_str(&o, "mode", d->mode);
        for (uint32_t i = 0; own && own->kind == SL_NODE_MAP && i < own->n; i++) {
            sl_json_key_span(&o, own->members[i].key);
            sl_fill_json_value(f->load, &o, own->members[i].value);
        }
    }
    sl_json_close(&o, '}');
    d->config = sl_fill_buf(f->load, &buf);
}

static void fill_credential(const struct source *f, struct sl_deployment_settings *d)
{
    struct sl_json_out o;
    struct sl_buf buf;

    sl_buf_init(&buf, SL_CONFIG_BYTES);
    o = sl_json_out(&buf);
    sl_json_open(&o, '{');
    write_members(f, &o, SL_USE_CREDENTIAL);
    sl_json_close(&o, '}');
    d->credential = sl_fill_buf(f->load, &buf);
}

static void fill_defaults(const struct source *f, struct sl_deployment_settings *d)
{
    sluice_header *all = sl_alloc0(&f->load->out->arena, (f->params->n + 1) * sizeof *all);

    if (!all) {
        sl_load_nomem(f->load);
        return;
    }
    d->defaults = all;
    for (uint32_t i = 0; i < f->params->n; i++) {
        const struct sl_member *m = &f->params->members[i];

        if (use_of(m) != SL_USE_REQUEST)
            continue;
        all[d->n_defaults].name = sl_fill_text(f->load, m->key);
        sl_fill_json(f->load, m->value, &all[d->n_defaults++].value);
    }
}

void sl_settings_params(struct sl_load *l, const struct sl_node *params, const struct sl_path *path,
                        const struct sl_node *info, const struct sl_node *organization,
                        struct sl_deployment_settings *d)
{
    const struct source f = { .load = l, .params = params, .info = info, .path = path };

    fill_config(&f, d, organization);
    fill_credential(&f, d);
    fill_defaults(&f, d);
    fill_pairs(&f, get(&f, "extra_headers"), "extra_headers", false, &d->extra_headers,
               &d->n_extra_headers);
    fill_pairs(&f, get(&f, "headers"), "headers", false, &d->extra_headers, &d->n_extra_headers);
    fill_pairs(&f, get(&f, "extra_body"), "extra_body", true, &d->extra_body, &d->n_extra_body);
}
