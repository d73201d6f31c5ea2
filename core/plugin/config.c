/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - merges, hides secrets, checks. */
#include "plugin/config.h"

#include "base/status.h"
#include "format/json_schema.h"
#include "format/json_write.h"
#include "plugin/catalog.h"

#include <stdio.h>
#include <stdlib.h>

#define MEMORY ((size_t)64 << 20)
#define TEXT ((size_t)8 << 20)
#define REF "secret:"

struct merge {
    const struct sl_plugin_class *cls;
    struct sluice_arena arena;
    const struct sl_json *schema; /* NULL = the class has none */
    struct sl_secrets *secrets;
    struct sl_json_out out;
    bool nomem;
};

void sl_secrets_finish(struct sl_secrets *s)
{
    for (size_t i = 0; i < s->n; i++)
        sl_secret_drop(s->list[i]);
    free(s->list);
    *s = (struct sl_secrets){ NULL, 0, 0 };
}

bool sl_secrets_add(struct sl_secrets *s, struct sl_secret *secret)
{
    if (s->n == s->room) {
        size_t room = s->room ? s->room * 2 : 8;
        struct sl_secret **list = sl_fault_hit() ? NULL : realloc(s->list, room * sizeof *list);

        if (!list)
            return false;
        s->list = list;
        s->room = room;
    }
    s->list[s->n++] = sl_secret_hold(secret);
    return true;
}

static void hide(struct merge *m, sluice_span text)
{
    struct sl_secret *secret = sl_secret_create(text);
    char ref[32];

    if (!secret || !sl_secrets_add(m->secrets, secret))
        m->nomem = true;
    sl_secret_drop(secret);
    snprintf(ref, sizeof ref, REF "%zu", m->secrets->n - 1);
    sl_json_str(&m->out, sl_span_str(ref));
}

/* schema: of this value, or NULL. The parser has bounded the depth. */
static void write_value(struct merge *m, const struct sl_json *value, const struct sl_json *schema)
{
    if (schema && value->type == SL_JSON_STRING &&
        sl_json_is(sl_json_get(schema, "format"), "secret")) {
        sluice_span text = sl_json_text(value, &m->arena);

        if (!sl_span_starts(text, SL_SPAN(REF))) {
            hide(m, text);
            return;
        }
    }
    if (!schema || value->type != SL_JSON_OBJECT) {
        sl_json_raw(&m->out, value->raw);
        return;
    }
    sl_json_open(&m->out, '{');
    sl_json_each(member, value)
    {
        sl_json_key_span(&m->out, member->name);
        write_value(m, member, sl_schema_member(m->schema, schema, member->name));
    }
    sl_json_close(&m->out, '}');
}

static const struct sl_json *find(const struct sl_json *object, sluice_span name)
{
    sl_json_each(member, object) if (sl_span_eq(member->name, name)) return member;
    return NULL;
}

/* `own` over `data`, two objects, as RFC 7396 merges: objects member by member, null takes a member
 * away, everything else replaces. A null with nothing to take away is a value like others, since
 * bodies of requests may be written here. The parser has bounded the depth. */
static void write_merged(struct merge *m, const struct sl_json *data, const struct sl_json *own,
                         const struct sl_json *schema)
{
    sl_json_open(&m->out, '{');
    sl_json_each(member, data)
    {
        const struct sl_json *over = find(own, member->name);
        const struct sl_json *sub =
            schema ? sl_schema_member(m->schema, schema, member->name) : NULL;

        if (over && over->type == SL_JSON_NULL)
            continue;
        sl_json_key_span(&m->out, member->name);
        if (over && over->type == SL_JSON_OBJECT && member->type == SL_JSON_OBJECT)
            write_merged(m, member, over, sub);
        else
            write_value(m, over ? over : member, sub);
    }
    sl_json_each(member, own)
    {
        if (find(data, member->name))
            continue;
        sl_json_key_span(&m->out, member->name);
        write_value(m, member, schema ? sl_schema_member(m->schema, schema, member->name) : NULL);
    }
    sl_json_close(&m->out, '}');
}

static sluice_status parse(struct merge *m, sluice_span text, const char *what,
                           struct sl_json **out, sluice_error *err)
{
    struct sl_json_error why;
    sluice_status st;

    if (!text.len)
        text = SL_SPAN("{}");
    st = sl_json_parse(text, &m->arena, out, &why);
    if (st < 0)
        return sl_fail(err, st, "plugin %s: %s: %s at line %zu", m->cls->id, what,
                       st == SLUICE_E_NOMEM ? "out of memory" : why.what,
                       st == SLUICE_E_NOMEM ? (size_t)0 : why.line);
    if ((*out)->type != SL_JSON_OBJECT)
        return sl_fail(err, SLUICE_E_INVALID, "plugin %s: %s: found no object, wanted one",
                       m->cls->id, what);
    return SLUICE_OK;
}

static sluice_status check(struct merge *m, sluice_span text, sluice_error *err)
{
    struct sl_schema schema = { .root = m->schema,
                                .known = sl_catalog_members,
                                .n_known = m->cls->data.len ? sl_catalog_n_members : 0,
                                .scratch = &m->arena };
    struct sl_json *merged;
    sluice_error why = SLUICE_ERROR_INIT;
    sluice_status st;

    if (!m->schema)
        return SLUICE_OK;
    st = parse(m, text, "configuration", &merged, err);
    if (st >= 0)
        st = sl_schema_check(&schema, merged, &why);
    if (st < 0 && why.message[0])
        return sl_fail_param(err, st, why.code, why.param, "plugin %s: %s", m->cls->id,
                             why.message);
    return st;
}

sluice_status sl_config_merge(const struct sl_plugin_class *cls, sluice_span config,
                              struct sl_secrets *secrets, char **out, size_t *len,
                              sluice_error *err)
{
    struct merge m = { .cls = cls, .secrets = secrets };
    struct sl_json *data, *own, *schema = NULL;
    struct sl_buf buf;
    sluice_status st;

    sl_arena_init(&m.arena, MEMORY);
    sl_buf_init(&buf, TEXT);
    m.out = sl_json_out(&buf);
    st = parse(&m, cls->data, "data file", &data, err);
    if (st >= 0)
        st = parse(&m, config, "configuration", &own, err);
    if (st >= 0 && cls->config_schema)
        st = parse(&m, sl_span_str(cls->config_schema), "config_schema", &schema, err);
    if (st >= 0) {
        m.schema = schema;
        write_merged(&m, data, own, schema);
        sl_buf_add_char(&buf, 0);
        if (m.nomem || !sl_buf_ok(&buf))
            st = sl_fail(err, SLUICE_E_NOMEM, "plugin %s: out of memory for its configuration",
                         cls->id);
    }
    if (st >= 0)
        st = check(&m, sl_span(buf.ptr, buf.len - 1), err);
    if (st >= 0) {
        *out = buf.ptr;
        *len = buf.len - 1;
    } else {
        sl_buf_finish(&buf);
    }
    sl_arena_finish(&m.arena);
    return st;
}

sluice_status sl_config_check(const struct sl_plugin_class *cls, sluice_error *err)
{
    struct sl_secrets secrets = { NULL, 0, 0 };
    char *text = NULL;
    size_t len;
    sluice_status st = sl_config_merge(cls, sl_span(NULL, 0), &secrets, &text, &len, err);

    free(text);
    sl_secrets_finish(&secrets);
    return st;
}
