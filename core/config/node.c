/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - looking things up in a configuration tree. */
#include "config/node.h"

struct sl_member *sl_node_member(const struct sl_node *map, sluice_span name)
{
    if (!map || map->kind != SL_NODE_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->n; i++)
        if (sl_span_eq(map->members[i].key, name))
            return &map->members[i];
    return NULL;
}

struct sl_node *sl_node_get(const struct sl_node *map, const char *name)
{
    struct sl_member *m = sl_node_member(map, sl_span_str(name));

    return m && m->value->kind != SL_NODE_NULL ? m->value : NULL;
}

sluice_span sl_node_str(const struct sl_node *node)
{
    return node && node->kind == SL_NODE_STRING ? node->text : sl_span(NULL, 0);
}

const char *sl_node_kind_name(enum sl_node_kind kind)
{
    static const char *const names[] = {
        [SL_NODE_NULL] = "null",      [SL_NODE_BOOL] = "a boolean",  [SL_NODE_INT] = "an integer",
        [SL_NODE_FLOAT] = "a number", [SL_NODE_STRING] = "a string", [SL_NODE_LIST] = "a list",
        [SL_NODE_MAP] = "a map",
    };

    return names[kind];
}
