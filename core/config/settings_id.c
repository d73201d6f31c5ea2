/* SPDX-License-Identifier: Apache-2.0 */
/* settings_id.c - model_info.id, or an id made of what the deployment is. */
#include "config/settings_id.h"
#include "base/digest.h"
#include "config/fill.h"

/* Lengths in front, so that no two lists of pieces read the same. */
static void add_piece(struct sl_digest *h, sluice_span s)
{
    uint64_t len = s.len;

    sl_digest_add(h, sl_span((const char *)&len, sizeof len));
    sl_digest_add(h, s);
}

static void add_node(struct sl_digest *h, const struct sl_node *node)
{
    char kind = (char)('a' + node->kind);

    sl_digest_add(h, sl_span(&kind, 1));
    if (node->secret)
        return;
    for (uint32_t i = 0; node->kind == SL_NODE_LIST && i < node->n; i++)
        add_node(h, node->items[i]);
    for (uint32_t i = 0; node->kind == SL_NODE_MAP && i < node->n; i++) {
        add_piece(h, node->members[i].key);
        add_node(h, node->members[i].value);
    }
    if (node->kind != SL_NODE_LIST && node->kind != SL_NODE_MAP)
        add_piece(h, node->text);
}

static const struct sl_deployment_settings *other_with(const struct sl_settings *s, sluice_span id)
{
    for (size_t i = 0; i + 1 < s->n_deployments; i++)
        if (sl_span_eq(s->deployments[i].id, id))
            return &s->deployments[i];
    return NULL;
}

static void given_id(struct sl_load *l, struct sl_deployment_settings *d,
                     const struct sl_path *path, const struct sl_node *id, uint32_t nth)
{
    struct sl_path info = SL_PATH_KEY(path, SL_SPAN("model_info"));
    struct sl_path key = SL_PATH_KEY(&info, SL_SPAN("id"));

    if (nth == 0)
        d->id = sl_fill_text(l, id->text);
    else {
        d->id = sl_arena_printf(&l->out->arena, "%.*s-%u", SL_FMT(id->text), nth + 1);
        if (!d->id.ptr)
            sl_load_nomem(l);
    }
    if (id->text.len == 0)
        sl_load_error(l, &id->place, &key, "is empty");
    else if (other_with(l->out, d->id))
        sl_load_error(l, &id->place, &key, "id '%.*s' belongs to another deployment already",
                      SL_FMT(sl_load_show(id)));
}

void sl_settings_identify(struct sl_load *l, struct sl_deployment_settings *d,
                          const struct sl_path *path, const struct sl_node *info,
                          const struct sl_node *params, uint32_t nth)
{
    const struct sl_node *id = sl_node_get(info, "id");
    unsigned char digest[SL_DIGEST_SIZE];
    char hex[2 * SL_DIGEST_SIZE + 1];
    struct sl_digest h;

    if (id && (id->kind == SL_NODE_STRING || id->kind == SL_NODE_INT)) {
        given_id(l, d, path, id, nth);
        return;
    }
    if (!sl_digest_init(&h)) {
        sl_load_nomem(l);
        return;
    }
    /* Two that differ in nothing but secrets are told apart by their order. */
    for (uint64_t twin = nth; !d->id.ptr || other_with(l->out, d->id); twin++) {
        sl_digest_begin(&h);
        add_piece(&h, d->model_name);
        add_node(&h, params);
        sl_digest_add(&h, sl_span((const char *)&twin, sizeof twin));
        sl_digest_end(&h, digest);
        sl_hex(digest, sizeof digest, hex);
        d->id = sl_fill_text(l, sl_span_str(hex));
        if (!d->id.ptr)
            break;
    }
    sl_digest_finish(&h);
}
