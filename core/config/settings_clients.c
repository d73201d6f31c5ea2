/* SPDX-License-Identifier: Apache-2.0 */
/* settings_clients.c - see settings_clients.h. */
#include "config/settings_clients.h"

#include "config/expand.h"
#include "config/fill.h"

static struct sl_secret *secret_of(struct sl_load *l, const struct sl_node *entry,
                                   const struct sl_path *at, const char *name)
{
    const struct sl_node *value = sl_node_get(entry, name);
    struct sl_path path = SL_PATH_KEY(at, sl_span_str(name));

    if (sl_node_str(value).len && sl_secret_is_plain(value->text))
        return sl_load_secret(l, value->text);
    sl_load_error(l, value ? &value->place : &entry->place, &path, "%s",
                  value ? "is empty, or holds a control character" : "is missing");
    return NULL;
}

void sl_fill_aws_clients(struct sl_load *l, const struct sl_node *root)
{
    const struct sl_node *general = sl_node_get(root, "general_settings");
    const struct sl_node *list = sl_node_get(general, "aws_client_credentials");
    struct sl_path top = SL_PATH_KEY(NULL, SL_SPAN("general_settings"));
    struct sl_path names = SL_PATH_KEY(&top, SL_SPAN("aws_client_credentials"));
    struct sl_settings *s = l->out;

    if (!list || list->kind != SL_NODE_LIST || !list->n)
        return;
    s->aws_clients = sl_alloc0(&s->arena, list->n * sizeof *s->aws_clients);
    if (!s->aws_clients) {
        sl_load_nomem(l);
        return;
    }
    for (uint32_t i = 0; i < list->n; i++) {
        struct sl_aws_client_settings *c = &s->aws_clients[s->n_aws_clients];
        const struct sl_node *entry = list->items[i];
        struct sl_path at = SL_PATH_ITEM(&names, i);

        if (entry->kind != SL_NODE_MAP) /* reported as a wrong type */
            continue;
        c->secret = secret_of(l, entry, &at, "secret_access_key");
        c->key = secret_of(l, entry, &at, "key");
        c->id = sl_fill_text(l, sl_node_str(sl_node_get(entry, "access_key_id")));
        if (!c->id.len)
            sl_load_error(l, &entry->place, &at, "access_key_id is missing");
        s->n_aws_clients++;
    }
}
