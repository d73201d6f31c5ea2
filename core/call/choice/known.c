/* SPDX-License-Identifier: Apache-2.0 */
/* known.c - a wildcard deployment's models are looked up in files; what was found is remembered
 * with the loop's hold on the configuration, up to a bound, since clients choose the names. */
#include "call/choice/known.h"

#define MEMORY ((size_t)128 << 10)
#define NAME 200 /* longer ones are not remembered */

const struct sl_model *sl_known_model(struct sl_call *c, const struct sl_deployment *d,
                                      sluice_span model)
{
    struct sl_hold *h = c->hold;
    const struct sl_model *m;
    char text[sizeof d + NAME] = "";
    sluice_span key = sl_span(text, sizeof d + model.len);

    if (!d->wildcard)
        return d->model;
    if (model.len > NAME)
        return sl_snapshot_model(h->snapshot, d, model, &c->arena);
    memcpy(text, &d, sizeof d);
    memcpy(text + sizeof d, model.ptr, model.len);
    m = sl_map_get(&h->known, key);
    if (m)
        return m;
    m = sl_snapshot_model(h->snapshot, d, model, &h->known_memory);
    key = m ? sl_arena_dup(&h->known_memory, key) : key;
    if (m && key.ptr && sl_map_put(&h->known, key, (void *)(uintptr_t)m))
        return m;
    return sl_snapshot_model(h->snapshot, d, model, &c->arena);
}

void sl_known_init(struct sl_hold *h)
{
    sl_arena_init(&h->known_memory, MEMORY);
}

void sl_known_finish(struct sl_hold *h)
{
    sl_map_finish(&h->known);
    sl_arena_finish(&h->known_memory);
}
