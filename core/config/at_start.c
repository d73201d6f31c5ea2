/* SPDX-License-Identifier: Apache-2.0 */
/* at_start.c - see at_start.h. */
#include "config/at_start.h"
#include "config/fill.h"

const char *sl_at_start_why(enum sl_section section)
{
    switch (section) {
    case SL_IN_OBJECTS:
        return "the store is opened once, at the start";
    case SL_IN_PLUGINS:
        return "plugins are looked for where the start was told to, and none is loaded anew";
    default:
        return NULL;
    }
}

static void keep(struct sl_load *l, enum sl_section section, sluice_span key, sluice_span value)
{
    struct sl_start_setting *s = sl_alloc0(&l->out->arena, sizeof *s);

    if (!s) {
        sl_load_nomem(l);
        return;
    }
    s->key = sl_fill_text(l, key);
    s->value = value;
    s->why = sl_at_start_why(section);
    s->next = l->out->at_start;
    l->out->at_start = s;
}

void sl_at_start_keep(struct sl_load *l, enum sl_section section, const struct sl_path *path,
                      const struct sl_node *value)
{
    char key[SL_CONFIG_KEY_BYTES];
    sluice_span json = { NULL, 0 };

    sl_fill_json(l, value, &json);
    keep(l, section, sl_span(key, sl_load_path(key, sizeof key, path)), json);
}

void sl_at_start_keep_text(struct sl_load *l, enum sl_section section, sluice_span key,
                           sluice_span value)
{
    keep(l, section, key, sl_fill_text(l, value));
}

bool sl_at_start_copy(const struct sl_start_setting *list, struct sluice_arena *arena,
                      const struct sl_start_setting **out)
{
    *out = NULL;
    for (const struct sl_start_setting *s = list; s; s = s->next) {
        struct sl_start_setting *c = sl_alloc(arena, sizeof *c);

        if (!c)
            return false;
        *c = (struct sl_start_setting){ *out, sl_arena_dup(arena, s->key),
                                        sl_arena_dup(arena, s->value), s->why };
        if (!c->key.ptr || !c->value.ptr)
            return false;
        *out = c;
    }
    return true;
}

static const struct sl_start_setting *find(const struct sl_start_setting *list, sluice_span key)
{
    while (list && !sl_span_eq(list->key, key))
        list = list->next;
    return list;
}

void sl_at_start_compare(const struct sl_start_setting *then, const struct sl_start_setting *now,
                         void (*fn)(void *ctx, const struct sl_start_setting *s), void *ctx)
{
    for (const struct sl_start_setting *s = now; s; s = s->next) {
        const struct sl_start_setting *old = find(then, s->key);

        if (!old || !sl_span_eq(old->value, s->value))
            fn(ctx, s);
    }
    for (const struct sl_start_setting *s = then; s; s = s->next)
        if (!find(now, s->key))
            fn(ctx, s);
}
