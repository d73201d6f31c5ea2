/* SPDX-License-Identifier: Apache-2.0 */
/* write.c - what of a request both vendors write alike: lists of blocks and turns, schemas, stop
 * sequences; and what they say about tools, before it is put into their words. */
#include <stdlib.h>
#include "turns.h"

static void write_each(struct turns *r, struct sl_parts *b, const struct block *block,
                       turns_write_fn *write)
{
    for (; block; block = block->next)
        write(r, b, block);
}

void turns_write_blocks(struct turns *r, struct sl_parts *b, const struct blocks *blocks,
                        turns_write_fn *write)
{
    sl_json_open(&b->out, '[');
    write_each(r, b, blocks->head, write);
    sl_json_close(&b->out, ']');
}

void turns_write_system(struct turns *r, struct sl_parts *b, turns_write_fn *write)
{
    if (!r->system.n)
        return;
    sl_json_key(&b->out, "system");
    turns_write_blocks(r, b, &r->system, write);
}

void turns_write_messages(struct turns *r, struct sl_parts *b, turns_write_fn *write)
{
    sl_json_key(&b->out, "messages");
    sl_json_open(&b->out, '[');
    for (const struct turn *t = r->first; t; t = t->next) {
        sl_json_open(&b->out, '{');
        sl_json_kv_str(&b->out, "role", t->assistant ? SL_SPAN("assistant") : SL_SPAN("user"));
        sl_json_key(&b->out, "content");
        sl_json_open(&b->out, '[');
        write_each(r, b, t->results.head, write);
        write_each(r, b, t->rest.head, write);
        sl_json_close(&b->out, ']');
        sl_json_close(&b->out, '}');
    }
    sl_json_close(&b->out, ']');
}

void turns_key_inside(struct sl_parts *b, const char *name, sluice_span inside)
{
    sl_json_key(&b->out, name);
    sl_parts_inside(b, inside);
}

void turns_write_schema(struct sl_parts *b, const struct sl_json *parameters)
{
    if (sl_json_is(sl_json_get(parameters, "type"), "object")) {
        sl_parts_raw(b, parameters->raw);
        return;
    }
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", SL_SPAN("object"));
    if (!sl_json_get(parameters, "properties"))
        sl_json_kv_raw(&b->out, "properties", SL_SPAN("{}"));
    if (parameters && parameters->type == SL_JSON_OBJECT)
        sl_json_each(m, parameters)
        {
            if (sl_span_eq(m->name, SL_SPAN("type")))
                continue;
            sl_json_key_span(&b->out, m->name);
            sl_json_raw(&b->out, m->raw);
        }
    sl_json_close(&b->out, '}');
}

sluice_status turns_write_stop(struct turns *r, struct sl_parts *b, const char *name,
                               const struct sl_json *stop)
{
    const struct sl_json *first = stop;
    bool open = false;

    if (!stop)
        return SLUICE_OK;
    if (stop->type == SL_JSON_ARRAY)
        first = stop->child;
    for (const struct sl_json *s = first; s; s = s == stop ? NULL : s->next) {
        if (s->type != SL_JSON_STRING)
            return sl_chat_bad(r->c, NULL, "This is a string or a list of strings.", "stop");
        if (sl_chat_blank(sl_json_inside(s)))
            continue; /* refused by the vendor */
        if (!open) {
            sl_json_key(&b->out, name);
            sl_json_open(&b->out, '[');
            open = true;
        }
        sl_json_raw(&b->out, s->raw);
    }
    if (open)
        sl_json_close(&b->out, ']');
    return SLUICE_OK;
}

/* ---- tools ---- */

static int by_text(const void *a, const void *b)
{
    const sluice_span *x = a, *y = b;
    int d = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);

    return d ? d : (x->len > y->len) - (x->len < y->len);
}

sluice_status turns_called(const struct turns *r, sluice_span **out, size_t *n_out)
{
    size_t n = 0, k = 0;
    sluice_span *names;

    for (const struct turn *t = r->first; t; t = t->next)
        n += t->rest.n;
    names = sl_alloc(r->c->arena, (n + 1) * sizeof *names);
    if (!names)
        return SLUICE_E_NOMEM;
    for (const struct turn *t = r->first; t; t = t->next)
        for (const struct block *u = t->rest.head; u; u = u->next)
            if (u->kind == B_TOOL_USE)
                names[k++] = u->name;
    qsort(names, k, sizeof *names, by_text);
    n = 0;
    for (size_t i = 0; i < k; i++)
        if (!n || !sl_span_eq(names[i], names[n - 1]))
            names[n++] = names[i];
    *out = names;
    *n_out = n;
    return SLUICE_OK;
}

enum turns_choice turns_choice(const struct turns *r, bool offered, sluice_span *name)
{
    *name = r->choice_name;
    if (r->form != FORM_TOOL)
        return offered ? r->choice : CHOICE_NONE;
    /* the answer is a call too: of the caller's tools, if they may be used, or of ours */
    if (offered && r->choice != CHOICE_NONE)
        return r->choice == CHOICE_TOOL ? CHOICE_TOOL : CHOICE_ANY;
    *name = r->json_tool;
    return CHOICE_TOOL;
}

sluice_span turns_json_tool_description(const struct turns *r)
{
    return r->schema_description.len ? r->schema_description
                                     : SL_SPAN("Gives the answer in the form that was asked for.");
}
