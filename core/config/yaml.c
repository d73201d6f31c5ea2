/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.c - libyaml's events to a tree that knows where everything stands. Refuses what PyYAML lets
 * pass to somebody's harm: keys that appear twice, aliases that unfold without bound.
 */
#include "config/yaml.h"
#include "config/scalar.h"
#include "config/yaml_text.h"

#include <yaml.h>

struct anchor {
    sluice_span name;
    struct sl_node *node; /* NULL while it is being read */
    struct anchor *next;
};

struct reader {
    struct sl_load *load;
    yaml_parser_t parser;
    sluice_span file, text;
    struct anchor *anchors;
    uint64_t nodes;
    bool json;
};

static struct sl_place place_of(const struct reader *r, yaml_mark_t mark)
{
    return (struct sl_place){ r->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1 };
}

/* libyaml's own complaint, with a remedy for the two that everybody meets. */
static void parser_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    struct sl_place at = place_of(r, p->problem_mark);
    const char *remedy = "";

    if (p->error == YAML_MEMORY_ERROR) {
        sl_load_nomem(r->load);
        return;
    }
    if (p->error == YAML_READER_ERROR)
        at = sl_yaml_place(r->file, r->text, p->problem_offset);
    else if (p->context && strstr(p->context, "alias"))
        remedy = "; a value that begins with * must be quoted: \"*\"";
    else if (sl_yaml_tab_indent(r->text, at.line))
        remedy = "; YAML does not indent by tabs: use spaces";
    sl_load_error(r->load, &at, NULL, "%s%s%s%s", p->context ? p->context : "",
                  p->context ? ": " : "", p->problem ? p->problem : "unreadable", remedy);
}

static bool next_event(struct reader *r, yaml_event_t *ev)
{
    if (yaml_parser_parse(&r->parser, ev))
        return true;
    parser_error(r);
    return false;
}

static struct sl_node *new_node(struct reader *r, yaml_mark_t mark, enum sl_node_kind kind)
{
    struct sl_place at = place_of(r, mark);
    struct sl_node *node;

    if (++r->nodes > SL_YAML_NODES) {
        sl_load_error(r->load, &at, NULL, "more than %d values in one file", SL_YAML_NODES);
        return NULL;
    }
    node = sl_alloc0(&r->load->arena, sizeof *node);
    if (!node) {
        sl_load_nomem(r->load);
        return NULL;
    }
    node->kind = kind;
    node->place = at;
    node->weight = 1;
    return node;
}

static struct sl_node *read_alias(struct reader *r, const yaml_event_t *ev)
{
    sluice_span name = sl_span_str((const char *)ev->data.alias.anchor);
    struct sl_place at = place_of(r, ev->start_mark);

    for (struct anchor *a = r->anchors; a; a = a->next) {
        if (!sl_span_eq(a->name, name))
            continue;
        if (!a->node) {
            sl_load_error(r->load, &at, NULL, "alias *%.*s is used inside of itself",
                          SL_FMT(sl_span_head(name, 40)));
            return NULL;
        }
        r->nodes += a->node->weight;
        if (r->nodes > SL_YAML_NODES) {
            sl_load_error(r->load, &at, NULL, "aliases unfold to more than %d values",
                          SL_YAML_NODES);
            return NULL;
        }
        return a->node;
    }
    sl_load_error(r->load, &at, NULL,
                  "no anchor &%.*s before this alias; a value that begins with * must be quoted",
                  SL_FMT(sl_span_head(name, 40)));
    return NULL;
}

/* The node can be found by its anchor from now on; ready = it is complete. */
static bool set_anchor(struct reader *r, const yaml_char_t *name, struct sl_node *node)
{
    struct anchor *a;

    if (!name)
        return true;
    a = sl_alloc(&r->load->arena, sizeof *a);
    if (!a)
        return sl_load_nomem(r->load), false;
    a->name = sl_arena_dup(&r->load->arena, sl_span_str((const char *)name));
    a->node = node;
    a->next = r->anchors;
    r->anchors = a;
    return a->name.ptr || (sl_load_nomem(r->load), false);
}

/* What a tag in the file asks for, as the last part of its name; "" = nothing. */
static const char *tag_of(const yaml_char_t *tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    const char *t = (const char *)tag;

    if (!t)
        return "";
    if (strcmp(t, "!") == 0)
        return "str";
    return strncmp(t, prefix, sizeof prefix - 1) == 0 ? t + sizeof prefix - 1 : t;
}

static bool tag_is(const char *tag, enum sl_node_kind kind)
{
    static const char *const tags[] = { "null", "bool", "int", "float", "str", "seq", "map" };

    return strcmp(tag, tags[kind]) == 0 || (kind == SL_NODE_INT && strcmp(tag, "float") == 0);
}

static struct sl_node *read_scalar(struct reader *r, const yaml_event_t *ev)
{
    struct sl_node *node = new_node(r, ev->start_mark, SL_NODE_STRING);
    const char *tag = tag_of(ev->data.scalar.tag);
    bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    sluice_status st = SLUICE_OK;
    sluice_span text;

    if (!node)
        return NULL;
    text = sl_arena_dup(&r->load->arena,
                        sl_span((const char *)ev->data.scalar.value, ev->data.scalar.length));
    if (!text.ptr)
        return sl_load_nomem(r->load), NULL;
    node->text = text;
    if (strcmp(tag, "str") == 0)
        return node;
    if (plain && r->json && !*tag)
        node->kind = sl_scalar_json(text);
    else if (plain || *tag)
        st = sl_scalar_resolve(text, &r->load->arena, &node->kind, &node->text);
    if (st == SLUICE_E_NOMEM)
        return sl_load_nomem(r->load), NULL;
    if (st < 0) {
        sl_load_error(r->load, &node->place, NULL,
                      "a number that JSON cannot carry; quote it "
                      "if it is text");
        return NULL;
    }
    if (*tag && !tag_is(tag, node->kind)) {
        sl_load_error(r->load, &node->place, NULL,
                      "tag %.60s does not fit this value, or is not "
                      "supported",
                      tag);
        return NULL;
    }
    return node;
}

static struct sl_node *read_node(struct reader *r, yaml_event_t *ev, unsigned depth);

/* Room for one more in an array that doubles; the old one stays in the arena. */
static void *grow(struct reader *r, void *array, uint32_t n, size_t size)
{
    void *bigger;

    if (n & (n - 1) || (n > 0 && n < 4))
        return array;
    bigger = sl_alloc(&r->load->arena, (n ? 2 * (size_t)n : 4) * size);
    if (!bigger)
        sl_load_nomem(r->load);
    else if (n)
        memcpy(bigger, array, n * size);
    return bigger;
}

static bool read_items(struct reader *r, struct sl_node *list, unsigned depth)
{
    for (;;) {
        yaml_event_t ev;
        struct sl_node *item;
        bool end;

        if (!next_event(r, &ev))
            return false;
        end = ev.type == YAML_SEQUENCE_END_EVENT;
        item = end ? NULL : read_node(r, &ev, depth);
        yaml_event_delete(&ev);
        if (!item)
            return end;
        list->items = grow(r, list->items, list->n, sizeof *list->items);
        if (!list->items)
            return false;
        list->items[list->n++] = item;
        list->weight += item->weight;
    }
}

static bool add_member(struct reader *r, struct sl_node *map, struct sl_member m)
{
    if (map->n == SL_YAML_MEMBERS) {
        sl_load_error(r->load, &m.place, NULL, "more than %d keys in one map", SL_YAML_MEMBERS);
        return false;
    }
    map->members = grow(r, map->members, map->n, sizeof *map->members);
    if (!map->members)
        return false;
    map->members[map->n++] = m;
    map->weight += m.value->weight;
    return true;
}

/* What << names: its members come first, those of the map itself and of earlier ones win. */
static bool merge_map(struct reader *r, struct sl_node *map, const struct sl_node *from,
                      const struct sl_node *own, const struct sl_place *at)
{
    if (from->kind != SL_NODE_MAP) {
        sl_load_error(r->load, at, NULL, "<< takes a map or a list of maps");
        return false;
    }
    for (uint32_t i = 0; i < from->n; i++) {
        const struct sl_member *m = &from->members[i];

        if (sl_node_member(own, m->key) || sl_node_member(map, m->key))
            continue;
        r->nodes += m->value->weight;
        if (r->nodes > SL_YAML_NODES) {
            sl_load_error(r->load, at, NULL, "aliases unfold to more than %d values",
                          SL_YAML_NODES);
            return false;
        }
        if (!add_member(r, map, *m))
            return false;
    }
    return true;
}

static bool merge(struct reader *r, struct sl_node *map, const struct sl_node *from,
                  const struct sl_node *own, const struct sl_place *at)
{
    if (from->kind != SL_NODE_LIST)
        return merge_map(r, map, from, own, at);
    for (uint32_t i = 0; i < from->n; i++)
        if (!merge_map(r, map, from->items[i], own, at))
            return false;
    return true;
}

/* The key of the next member; *end at the end of the map. */
static bool read_key(struct reader *r, struct sl_member *m, bool *merging, bool *end)
{
    yaml_event_t ev;
    bool ok = false;

    if (!next_event(r, &ev))
        return false;
    *end = ev.type == YAML_MAPPING_END_EVENT;
    m->place = place_of(r, ev.start_mark);
    if (*end)
        ok = true;
    else if (ev.type == YAML_ALIAS_EVENT) {
        struct sl_node *node = read_alias(r, &ev);

        if (node && (node->kind == SL_NODE_LIST || node->kind == SL_NODE_MAP))
            sl_load_error(r->load, &m->place, NULL, "a key must be text");
        else if (node) {
            m->key = node->text;
            ok = true;
        }
    } else if (ev.type != YAML_SCALAR_EVENT)
        sl_load_error(r->load, &m->place, NULL, "a key must be text, not %s",
                      ev.type == YAML_SEQUENCE_START_EVENT ? "a list" : "a map");
    else {
        m->key = sl_arena_dup(&r->load->arena,
                              sl_span((const char *)ev.data.scalar.value, ev.data.scalar.length));
        *merging =
            ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && sl_span_eq(m->key, SL_SPAN("<<"));
        ok = m->key.ptr != NULL;
        if (!ok)
            sl_load_nomem(r->load);
    }
    yaml_event_delete(&ev);
    return ok;
}

static bool read_members(struct reader *r, struct sl_node *map, unsigned depth)
{
    struct sl_node *merged = NULL;
    struct sl_node own = { .kind = SL_NODE_MAP, .weight = 1 };
    struct sl_place merged_at = { 0 };

    for (;;) {
        struct sl_member m = { 0 };
        const struct sl_member *twin;
        bool merging = false, end = false;
        yaml_event_t ev;

        if (!read_key(r, &m, &merging, &end))
            return false;
        if (end)
            break;
        twin = sl_node_member(&own, m.key);
        if (twin || (merging && merged)) {
            struct sl_place first = twin ? twin->place : merged_at;

            sl_load_error(r->load, &m.place, NULL,
                          "duplicate key '%.*s', first given at line %u, column %u",
                          SL_FMT(sl_span_head(m.key, 80)), first.line, first.column);
            return false;
        }
        if (!next_event(r, &ev))
            return false;
        m.value = read_node(r, &ev, depth);
        yaml_event_delete(&ev);
        if (!m.value)
            return false;
        if (merging) {
            merged = m.value;
            merged_at = m.place;
        } else if (!add_member(r, &own, m))
            return false;
    }
    if (!merged) {
        map->members = own.members;
        map->n = own.n;
        map->weight = own.weight;
        return true;
    }
    if (!merge(r, map, merged, &own, &merged_at))
        return false;
    for (uint32_t i = 0; i < own.n; i++)
        if (!add_member(r, map, own.members[i]))
            return false;
    return true;
}

static struct sl_node *read_collection(struct reader *r, const yaml_event_t *ev, unsigned depth)
{
    bool is_map = ev->type == YAML_MAPPING_START_EVENT;
    const char *tag = tag_of(is_map ? ev->data.mapping_start.tag : ev->data.sequence_start.tag);
    const yaml_char_t *name =
        is_map ? ev->data.mapping_start.anchor : ev->data.sequence_start.anchor;
    struct sl_node *node = new_node(r, ev->start_mark, is_map ? SL_NODE_MAP : SL_NODE_LIST);
    struct anchor *mine;

    if (!node)
        return NULL;
    if (depth == 0) {
        sl_load_error(r->load, &node->place, NULL, "nested deeper than %d levels", SL_YAML_DEPTH);
        return NULL;
    }
    if (*tag && !tag_is(tag, node->kind)) {
        sl_load_error(r->load, &node->place, NULL, "tag %.60s is not supported", tag);
        return NULL;
    }
    if (!set_anchor(r, name, NULL))
        return NULL;
    mine = name ? r->anchors : NULL;
    if (!(is_map ? read_members(r, node, depth - 1) : read_items(r, node, depth - 1)))
        return NULL;
    if (mine)
        mine->node = node;
    return node;
}

/* The value that begins with this event. */
static struct sl_node *read_node(struct reader *r, yaml_event_t *ev, unsigned depth)
{
    struct sl_node *node;

    if (ev->type == YAML_ALIAS_EVENT)
        return read_alias(r, ev);
    if (ev->type != YAML_SCALAR_EVENT)
        return read_collection(r, ev, depth);
    node = read_scalar(r, ev);
    return node && set_anchor(r, ev->data.scalar.anchor, node) ? node : NULL;
}

/* stream start, document start, value, document end, stream end. */
static struct sl_node *read_document(struct reader *r)
{
    struct sl_node *root = NULL;
    yaml_event_t ev;

    for (;;) {
        yaml_event_type_t type;
        struct sl_place at;

        if (!next_event(r, &ev))
            return NULL;
        type = ev.type;
        at = place_of(r, ev.start_mark);
        if (type == YAML_DOCUMENT_START_EVENT && root)
            sl_load_error(r->load, &at, NULL, "a second document; only one is read");
        else if (type == YAML_STREAM_END_EVENT && !root)
            sl_load_error(r->load, &at, NULL, "the configuration is empty");
        else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
                 type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT)
            root = read_node(r, &ev, SL_YAML_DEPTH);
        yaml_event_delete(&ev);
        if (r->load->status < 0)
            return NULL;
        if (type == YAML_STREAM_END_EVENT)
            return root;
    }
}

struct sl_node *sl_yaml_read(struct sl_load *l, sluice_span file, sluice_span text)
{
    struct reader r = { .load = l, .file = file };
    struct sl_place top = { file, 1, 1 };
    struct sl_node *root = NULL;

    if (text.len > SL_CONFIG_BYTES) {
        sl_load_error(l, &top, NULL, "larger than %u bytes", SL_CONFIG_BYTES);
        return NULL;
    }
    if (sl_yaml_prepare(&l->arena, text, &r.text, &r.json) < 0 ||
        !yaml_parser_initialize(&r.parser)) {
        sl_load_nomem(l);
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text.ptr, r.text.len);
    root = read_document(&r);
    yaml_parser_delete(&r.parser);
    if (r.json)
        explicit_bzero((char *)r.text.ptr, r.text.len); /* our copy; it may hold keys */
    if (root && root->kind == SL_NODE_NULL) {
        sl_load_error(l, &root->place, NULL, "the configuration is empty");
        return NULL;
    }
    return root;
}
