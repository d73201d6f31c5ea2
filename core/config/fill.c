/* SPDX-License-Identifier: Apache-2.0 */
/* fill.c - readers of single values: text, numbers, JSON with references in place of secrets. */
#include "config/fill.h"
#include "config/expand.h"
#include "config/scalar.h"

#define JSON_MAX (16u << 20) /* one value of the configuration */

void sl_fill_bool(const struct sl_node *node, bool *out)
{
    if (!node || (node->kind != SL_NODE_BOOL && node->kind != SL_NODE_STRING))
        return;
    if (sl_span_ieq(node->text, SL_SPAN("true")))
        *out = true;
    else if (sl_span_ieq(node->text, SL_SPAN("false")))
        *out = false;
}

void sl_fill_number(const struct sl_node *node, int power, int64_t *out)
{
    enum sl_decimal d;
    int64_t n;

    if (!node ||
        (node->kind != SL_NODE_INT && node->kind != SL_NODE_FLOAT && node->kind != SL_NODE_STRING))
        return;
    d = sl_decimal_scale(node->text, power, &n);
    if ((d == SL_DECIMAL_EXACT || d == SL_DECIMAL_ROUNDED) && n >= 0)
        *out = n;
}

sluice_span sl_fill_text(struct sl_load *l, sluice_span text)
{
    sluice_span copy = sl_arena_dup(&l->out->arena, text);

    if (!copy.ptr)
        sl_load_nomem(l);
    return copy;
}

void sl_fill_str(struct sl_load *l, const struct sl_node *node, sluice_span *out)
{
    if (node && node->kind == SL_NODE_STRING)
        *out = sl_fill_text(l, node->text);
}

void sl_fill_strs(struct sl_load *l, const struct sl_node *node, const sluice_span **out, size_t *n)
{
    sluice_span *list;

    if (!node || node->kind != SL_NODE_LIST || node->n == 0)
        return;
    list = sl_alloc(&l->out->arena, node->n * sizeof *list);
    if (!list) {
        sl_load_nomem(l);
        return;
    }
    *n = 0;
    for (uint32_t i = 0; i < node->n; i++)
        if (node->items[i]->kind == SL_NODE_STRING)
            list[(*n)++] = sl_fill_text(l, node->items[i]->text);
    *out = list;
}

sluice_span sl_fill_secret(struct sl_load *l, sluice_span text)
{
    struct sl_settings *s = l->out;
    struct sl_secret *secret = sl_load_secret(l, text);
    sluice_span name = { NULL, 0 };

    if (!secret)
        return name;
    if ((s->n_secrets & (s->n_secrets - 1)) == 0) {
        struct sl_secret **more =
            sl_alloc(&s->arena, (s->n_secrets ? 2 * s->n_secrets : 1) * sizeof *more);

        if (more && s->n_secrets)
            memcpy(more, s->secrets, s->n_secrets * sizeof *more);
        s->secrets = more ? more : s->secrets;
        if (!more) {
            sl_load_nomem(l);
            return name;
        }
    }
    name = sl_arena_printf(&s->arena, "secret:%zu", s->n_secrets);
    if (name.ptr)
        s->secrets[s->n_secrets++] = secret;
    else
        sl_load_nomem(l);
    return name;
}

static void write_json(struct sl_load *l, struct sl_json_out *o, const struct sl_node *node,
                       bool reveal);

static void write_children(struct sl_load *l, struct sl_json_out *o, const struct sl_node *node,
                           bool reveal)
{
    bool is_map = node->kind == SL_NODE_MAP;

    sl_json_open(o, is_map ? '{' : '[');
    for (uint32_t i = 0; i < node->n; i++) {
        if (is_map)
            sl_json_key_span(o, node->members[i].key);
        write_json(l, o, is_map ? node->members[i].value : node->items[i], reveal);
    }
    sl_json_close(o, is_map ? '}' : ']');
}

/* A map under a secret name is one secret: its JSON. */
static void write_secret(struct sl_load *l, struct sl_json_out *o, const struct sl_node *node)
{
    sluice_span text = node->text, name;
    struct sl_buf buf;

    sl_buf_init(&buf, JSON_MAX);
    if (node->kind == SL_NODE_MAP || node->kind == SL_NODE_LIST) {
        struct sl_json_out inner = sl_json_out(&buf);

        write_json(l, &inner, node, true);
        text = sl_buf_span(&buf);
    }
    name = sl_buf_ok(&buf) ? sl_fill_secret(l, text) : sl_span(NULL, 0);
    if (name.ptr)
        sl_json_str(o, name);
    else
        o->buf->failed = true;
    if (buf.ptr)
        explicit_bzero(buf.ptr, buf.size);
    sl_buf_finish(&buf);
}

static void write_json(struct sl_load *l, struct sl_json_out *o, const struct sl_node *node,
                       bool reveal)
{
    if (node->secret && !reveal)
        write_secret(l, o, node);
    else if (node->kind == SL_NODE_STRING)
        sl_json_str(o, node->text);
    else if (node->kind == SL_NODE_MAP || node->kind == SL_NODE_LIST)
        write_children(l, o, node, reveal);
    else if (node->kind == SL_NODE_NULL)
        sl_json_null(o);
    else
        sl_json_raw(o, node->text);
}

void sl_fill_json_value(struct sl_load *l, struct sl_json_out *o, const struct sl_node *node)
{
    write_json(l, o, node, false);
}

sluice_span sl_fill_buf(struct sl_load *l, struct sl_buf *buf)
{
    sluice_span text = { NULL, 0 };

    if (sl_buf_ok(buf))
        text = sl_fill_text(l, sl_buf_span(buf));
    else
        sl_load_nomem(l);
    sl_buf_finish(buf);
    return text;
}

void sl_fill_json(struct sl_load *l, const struct sl_node *node, sluice_span *out)
{
    struct sl_json_out o;
    struct sl_buf buf;

    if (!node)
        return;
    sl_buf_init(&buf, JSON_MAX);
    o = sl_json_out(&buf);
    sl_fill_json_value(l, &o, node);
    *out = sl_fill_buf(l, &buf);
}
