/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.c - data files to JSON, and what the host reads of them. */
#include "plugin/catalog.h"

#include "base/status.h"
#include "config/yaml.h"
#include "format/json_write.h"
#include "plugin/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

const sluice_span sl_catalog_members[] = {
    { "id", 2 },      { "uses", 4 },         { "base_url", 8 },    { "base_env", 8 },
    { "key_env", 7 }, { "aliases", 7 },      { "variables", 9 },   { "allowed_openai_params", 21 },
    { "serves", 6 },  { "credentials", 11 }, { "base_model", 10 }, { "token_exchange", 14 },
};
const size_t sl_catalog_n_members = sizeof sl_catalog_members / sizeof *sl_catalog_members;

static sluice_status read_all(const char *path, struct sl_buf *buf, sluice_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;

    if (fd < 0)
        return sl_fail(err, SLUICE_E_NOT_FOUND, "%s: %s", path, strerror(errno));
    while (n > 0 && sl_buf_reserve(buf, 8192)) {
        n = read(fd, buf->ptr + buf->len, 8192);
        if (n > 0)
            buf->len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    close(fd);
    if (n < 0)
        return sl_fail(err, SLUICE_E_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (!sl_buf_ok(buf))
        return sl_fail(err, SLUICE_E_NOMEM, "%s: out of memory, or more than %zu bytes", path,
                       FILE_MAX);
    return SLUICE_OK;
}

/* The reader's depth is bounded by SL_YAML_DEPTH. */
static void write_node(struct sl_json_out *o, const struct sl_node *node)
{
    if (!node) {
        sl_json_null(o);
        return;
    }
    switch (node->kind) {
    case SL_NODE_NULL:
        sl_json_null(o);
        break;
    case SL_NODE_BOOL:
    case SL_NODE_INT:
    case SL_NODE_FLOAT:
        sl_json_raw(o, node->text);
        break;
    case SL_NODE_STRING:
        sl_json_str(o, node->text);
        break;
    case SL_NODE_LIST:
        sl_json_open(o, '[');
        for (uint32_t i = 0; i < node->n; i++)
            write_node(o, node->items[i]);
        sl_json_close(o, ']');
        break;
    case SL_NODE_MAP:
        sl_json_open(o, '{');
        for (uint32_t i = 0; i < node->n; i++) {
            sl_json_key_span(o, node->members[i].key);
            write_node(o, node->members[i].value);
        }
        sl_json_close(o, '}');
        break;
    }
}

static sluice_status yaml_to_json(const char *path, struct sluice_arena *arena, sluice_span *json,
                                  sluice_error *err)
{
    struct sl_load load = { .err = err };
    struct sl_buf text, out;
    struct sl_json_out o = sl_json_out(&out);
    struct sl_node *root;
    sluice_status st;

    sl_buf_init(&text, FILE_MAX);
    sl_buf_init(&out, 4 * FILE_MAX);
    sl_arena_init(&load.arena, SL_CONFIG_MEMORY);
    st = read_all(path, &text, err);
    if (st >= 0) {
        root = sl_yaml_read(&load, sl_span_str(path), sl_buf_span(&text));
        st = load.status;
        if (st >= 0 && (!root || root->kind != SL_NODE_MAP))
            st = sl_fail(err, SLUICE_E_INVALID, "%s: found no map, wanted one", path);
    }
    if (st >= 0) {
        write_node(&o, root);
        *json = sl_buf_ok(&out) ? sl_arena_dup(arena, sl_buf_span(&out)) : sl_span(NULL, 0);
        if (!json->ptr)
            st = sl_fail(err, SLUICE_E_NOMEM, "%s: out of memory", path);
    }
    sl_arena_finish(&load.arena);
    sl_buf_finish(&text);
    sl_buf_finish(&out);
    return st;
}

/* The parser says what is wrong with a text, not that memory is out. */
static sluice_status parse(const char *file, const char *what, sluice_span text,
                           struct sluice_arena *arena, struct sl_json **root, sluice_error *err)
{
    struct sl_json_error why = { .what = "out of memory" };
    sluice_status st = sl_json_parse(text, arena, root, &why);

    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "%s: %s: out of memory", file, what);
    return st < 0 ? sl_fail(err, st, "%s: %s: %s at line %zu", file, what, why.what, why.line) : st;
}

/* A string, or a list of strings. */
static sluice_status texts(const char *file, const struct sl_json *value, const char *name,
                           struct sluice_arena *arena, const sluice_span **out, size_t *n,
                           sluice_error *err)
{
    sluice_span *list;
    size_t count = 0;

    *out = NULL;
    *n = 0;
    if (!value)
        return SLUICE_OK;
    list = sl_alloc(arena, (value->n + 1) * sizeof *list);
    if (!list)
        return sl_fail(err, SLUICE_E_NOMEM, "%s: out of memory", file);
    if (value->type == SL_JSON_STRING) {
        list[count++] = sl_json_text(value, arena);
    } else {
        sl_json_each(item, value)
        {
            if (item->type != SL_JSON_STRING)
                break;
            list[count++] = sl_json_text(item, arena);
        }
        if (value->type != SL_JSON_ARRAY || count != value->n)
            return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", name,
                                 "%s: %s: found %.*s, wanted text or a list of texts", file, name,
                                 SL_FMT(sl_span_head(value->raw, 60)));
    }
    for (size_t i = 0; i < count; i++)
        if (!list[i].ptr)
            return sl_fail(err, SLUICE_E_NOMEM, "%s: out of memory", file);
    *out = list;
    *n = count;
    return SLUICE_OK;
}

static sluice_status one_text(const char *file, const struct sl_json *object, const char *name,
                              struct sluice_arena *arena, sluice_span *out, sluice_error *err)
{
    const struct sl_json *value = sl_json_opt(object, name);

    *out = sl_span(NULL, 0);
    if (!value)
        return SLUICE_OK;
    if (value->type != SL_JSON_STRING)
        return sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", name,
                             "%s: %s: found %.*s, wanted text", file, name,
                             SL_FMT(sl_span_head(value->raw, 60)));
    *out = sl_json_text(value, arena);
    return out->ptr ? SLUICE_OK : sl_fail(err, SLUICE_E_NOMEM, "%s: out of memory", file);
}

static sluice_status read_facts(const char *file, const struct sl_json *object,
                                struct sluice_arena *arena, struct sl_facts *out, sluice_error *err)
{
    const struct sl_json *exchange = sl_json_opt(object, "token_exchange");
    sluice_status st = one_text(file, object, "base_url", arena, &out->base_url, err);

    if (exchange)
        out->token_exchange = exchange->raw;
    if (st >= 0)
        st = texts(file, sl_json_opt(object, "key_env"), "key_env", arena, &out->key_env,
                   &out->n_key_env, err);
    if (st >= 0)
        st = texts(file, sl_json_opt(object, "credentials"), "credentials", arena,
                   &out->credentials, &out->n_credentials, err);
    if (st >= 0)
        st = texts(file, sl_json_opt(object, "aliases"), "aliases", arena, &out->aliases,
                   &out->n_aliases, err);
    if (st >= 0)
        st = texts(file, sl_json_opt(object, "serves"), "serves", arena, &out->serves,
                   &out->n_serves, err);
    for (size_t i = 0; st >= 0 && i < out->n_aliases; i++)
        if (!sl_plugin_id_ok(out->aliases[i]))
            st = sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", "aliases",
                               "%s: aliases: found \"%.*s\", wanted 1 to 64 of a-z 0-9 _ . -", file,
                               SL_FMT(out->aliases[i]));
    return st;
}

sluice_status sl_catalog_read(const char *path, sluice_span id, struct sluice_arena *arena,
                              struct sl_facts *out, sluice_error *err)
{
    struct sl_json *root;
    sluice_span own;
    sluice_status st = sl_guard_owner(path, false, err);

    memset(out, 0, sizeof *out);
    if (st >= 0)
        st = yaml_to_json(path, arena, &out->json, err);
    if (st >= 0)
        st = parse(path, "the file", out->json, arena, &root, err);
    if (st >= 0)
        st = one_text(path, root, "id", arena, &own, err);
    if (st >= 0 && !sl_span_eq(own, id))
        st = sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", "id",
                           "%s: found id \"%.*s\", wanted \"%.*s\" as the file is named", path,
                           SL_FMT(own), SL_FMT(id));
    if (st >= 0)
        st = one_text(path, root, "uses", arena, &out->uses, err);
    if (st >= 0 && !sl_plugin_id_ok(out->uses))
        st = sl_fail_param(err, SLUICE_E_INVALID, "invalid_config", "uses",
                           "%s: uses: found \"%.*s\", wanted the id of the plugin that runs it",
                           path, SL_FMT(out->uses));
    return st < 0 ? st : read_facts(path, root, arena, out, err);
}

sluice_status sl_catalog_schema(const char *file, const char *schema, struct sluice_arena *arena,
                                struct sl_facts *out, sluice_error *err)
{
    struct sl_json *root;
    sluice_status st;

    memset(out, 0, sizeof *out);
    if (!schema)
        return SLUICE_OK;
    st = parse(file, "config_schema", sl_span_str(schema), arena, &root, err);
    if (st < 0)
        return st;
    if (root->type != SL_JSON_OBJECT)
        return sl_fail(err, SLUICE_E_INVALID, "%s: config_schema: found no object, wanted one",
                       file);
    return read_facts(file, sl_json_opt(root, "x-sluice"), arena, out, err);
}
