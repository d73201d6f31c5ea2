/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - an intrusive doubly linked ring; the head is a node of its own. */
#ifndef SL_BASE_LIST_H
#define SL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct sl_list {
    struct sl_list *prev, *next;
};

#define SL_CONTAINER(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define sl_list_each(pos, head)                                                                    \
    for (struct sl_list *pos = (head)->next; pos != (head); pos = pos->next)
/* Safe against removal of pos itself. */
#define sl_list_each_safe(pos, head)                                                               \
    for (struct sl_list *pos = (head)->next, *pos##_next = pos->next; pos != (head);               \
         pos = pos##_next, pos##_next = pos->next)

static inline void sl_list_init(struct sl_list *l)
{
    l->prev = l->next = l;
}

static inline bool sl_list_empty(const struct sl_list *head)
{
    return head->next == head;
}

static inline void sl_list_append(struct sl_list *head, struct sl_list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void sl_list_prepend(struct sl_list *head, struct sl_list *node)
{
    sl_list_append(head->next, node);
}

/* All nodes of `from` move to `to`, which held none. */
static inline void sl_list_take(struct sl_list *to, struct sl_list *from)
{
    sl_list_init(to);
    if (sl_list_empty(from))
        return;
    *to = *from;
    to->next->prev = to->prev->next = to;
    sl_list_init(from);
}

/* Harmless on a node that was initialised or removed already. */
static inline void sl_list_remove(struct sl_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    sl_list_init(node);
}

#endif
