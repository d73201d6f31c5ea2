/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - each key: known, of the right type, in range, in force? Numbers in quotes are taken
 * as LiteLLM takes them, and reported; from the environment there is no other way to give one.
 */
#include "config/check.h"
#include "config/at_start.h"
#include "config/scalar.h"

#include <stdio.h>

#define MOST_SECONDS 315360000000ll /* ten years in milliseconds */

static void set(struct sl_ruling *r, enum sl_key_verdict verdict, const char *text)
{
    r->verdict = verdict;
    snprintf(r->text, sizeof r->text, "%s", text);
}

static bool wrong_type(const struct sl_key_row *row, const struct sl_node *v, struct sl_ruling *r)
{
    r->verdict = SL_KEY_ERROR;
    snprintf(r->text, sizeof r->text, "must be %s, not %s%s", sl_key_type_name(row->type),
             sl_node_kind_name(v->kind),
             v->kind == SL_NODE_BOOL || v->kind == SL_NODE_INT || v->kind == SL_NODE_FLOAT
                 ? "; quote it if it is text"
                 : "");
    return false;
}

static bool check_number(const struct sl_key_row *row, const struct sl_node *v, struct sl_ruling *r)
{
    int power = row->type == SL_TYPE_SECONDS ? 3 : row->type == SL_TYPE_PRICE ? 12 : 6;
    enum sl_decimal d;
    int64_t n = 0;

    if (v->kind != SL_NODE_INT && v->kind != SL_NODE_FLOAT && v->kind != SL_NODE_STRING)
        return wrong_type(row, v, r);
    if (row->type == SL_TYPE_INT)
        power = 0;
    d = sl_decimal_scale(v->text, power, &n);
    if (d == SL_DECIMAL_BAD)
        return wrong_type(row, v, r);
    if (d == SL_DECIMAL_RANGE || (row->type == SL_TYPE_SECONDS && n > MOST_SECONDS)) {
        set(r, SL_KEY_ERROR, "too large");
        return false;
    }
    if ((n < 0 && row->type != SL_TYPE_NUMBER) ||
        (d != SL_DECIMAL_EXACT && row->type == SL_TYPE_INT)) {
        snprintf(r->text, sizeof r->text, "must be %s", sl_key_type_name(row->type));
        r->verdict = SL_KEY_ERROR;
        return false;
    }
    if (v->kind == SL_NODE_STRING && !v->from_env)
        set(r, SL_KEY_APPROXIMATED,
            "text read as a number: write it without quotes, and with a "
            "dot before an exponent");
    else if (d == SL_DECIMAL_ROUNDED && row->type == SL_TYPE_PRICE)
        set(r, SL_KEY_APPROXIMATED, "rounded to 10^-12 US dollars");
    else if (d == SL_DECIMAL_ROUNDED && row->type == SL_TYPE_SECONDS)
        set(r, SL_KEY_APPROXIMATED, "rounded to a millisecond");
    return true;
}

static bool check_bool(const struct sl_key_row *row, const struct sl_node *v, struct sl_ruling *r)
{
    if (v->kind == SL_NODE_BOOL)
        return true;
    if (v->kind != SL_NODE_STRING ||
        (!sl_span_ieq(v->text, SL_SPAN("true")) && !sl_span_ieq(v->text, SL_SPAN("false"))))
        return wrong_type(row, v, r);
    if (!v->from_env)
        set(r, SL_KEY_APPROXIMATED, "text read as a boolean: write it without quotes");
    return true;
}

static bool check_items(const struct sl_key_row *row, const struct sl_node *v, struct sl_ruling *r,
                        enum sl_node_kind kind)
{
    if (v->kind != SL_NODE_LIST)
        return wrong_type(row, v, r);
    for (uint32_t i = 0; i < v->n; i++)
        if (v->items[i]->kind != kind) {
            r->verdict = SL_KEY_ERROR;
            snprintf(r->text, sizeof r->text, "must be %s; item %u is %s",
                     sl_key_type_name(row->type), i, sl_node_kind_name(v->items[i]->kind));
            return false;
        }
    return true;
}

static bool check_values(const struct sl_key_row *row, const struct sl_node *v, struct sl_ruling *r)
{
    if (v->kind != SL_NODE_MAP)
        return wrong_type(row, v, r);
    for (uint32_t i = 0; i < v->n; i++)
        if (v->members[i].value->kind != SL_NODE_MAP) {
            r->verdict = SL_KEY_ERROR;
            snprintf(r->text, sizeof r->text, "must be a map of maps; %.*s is %s",
                     SL_FMT(sl_span_head(v->members[i].key, 40)),
                     sl_node_kind_name(v->members[i].value->kind));
            return false;
        }
    return true;
}

static bool check_type(const struct sl_key_row *row, const struct sl_node *v, struct sl_ruling *r)
{
    switch (row->type) {
    case SL_TYPE_ANY:
        return true;
    case SL_TYPE_BOOL:
    case SL_TYPE_BOOL_ON:
        return check_bool(row, v, r);
    case SL_TYPE_INT:
    case SL_TYPE_NUMBER:
    case SL_TYPE_AMOUNT:
    case SL_TYPE_SECONDS:
    case SL_TYPE_PRICE:
        return check_number(row, v, r);
    case SL_TYPE_STRING:
    case SL_TYPE_SECRET:
        return v->kind == SL_NODE_STRING || wrong_type(row, v, r);
    case SL_TYPE_TEXT:
        return v->kind == SL_NODE_STRING || v->kind == SL_NODE_INT || wrong_type(row, v, r);
    case SL_TYPE_STRINGS:
        return check_items(row, v, r, SL_NODE_STRING);
    case SL_TYPE_STRING_OR_STRINGS:
        return v->kind == SL_NODE_STRING || check_items(row, v, r, SL_NODE_STRING);
    case SL_TYPE_BOOL_OR_STRING:
        return v->kind == SL_NODE_STRING || v->kind == SL_NODE_BOOL || wrong_type(row, v, r);
    case SL_TYPE_LIST:
        return v->kind == SL_NODE_LIST || wrong_type(row, v, r);
    case SL_TYPE_MAP:
        return v->kind == SL_NODE_MAP || wrong_type(row, v, r);
    case SL_TYPE_MAPS:
        return check_items(row, v, r, SL_NODE_MAP);
    case SL_TYPE_MAP_OF_MAPS:
        return check_values(row, v, r);
    }
    return false;
}

/* Off, and would be off without the key? Then it says what is the case anyway. */
static bool is_default(const struct sl_key_row *row, const struct sl_node *v)
{
    bool on = sl_span_ieq(v->text, SL_SPAN("true"));

    return (row->type == SL_TYPE_BOOL && !on) || (row->type == SL_TYPE_BOOL_ON && on);
}

static void rule(const struct sl_key_row *row, const struct sl_node *v, struct sl_ruling *r)
{
    bool text = row->text[0] != '\0';

    if (row->state == SL_LATER && !is_default(row, v)) {
        r->verdict = SL_KEY_IGNORED;
        snprintf(r->text, sizeof r->text, "not yet in force%s%s", text ? ": " : "", row->text);
    } else if (row->state == SL_NEVER && !is_default(row, v))
        set(r, SL_KEY_IGNORED, row->text);
    else if (row->state == SL_START && r->verdict == SL_KEY_EXACT)
        snprintf(r->text, sizeof r->text, "%s%sa change waits for a restart", row->text,
                 text ? "; " : "");
    else if (row->state == SL_NOW && r->verdict == SL_KEY_EXACT)
        set(r, SL_KEY_EXACT, row->text);
}

static void unknown(struct sl_load *l, enum sl_section section, const struct sl_member *m,
                    const struct sl_path *path)
{
    sluice_span near = sl_key_near(section, m->key);
    const char *elsewhere = NULL;

    if (section == SL_IN_INFO) {
        sl_load_line(l, SL_KEY_EXACT, &m->place, path, "kept and shown");
        return;
    }
    if (section == SL_IN_PARAMS) {
        if (near.len && sl_key_is_secret(near)) /* it would be sent upstream in the body */
            sl_load_error(l, &m->place, path, "unknown key; was '%.*s' meant?", SL_FMT(near));
        else if (near.len)
            sl_load_line(l, SL_KEY_APPROXIMATED, &m->place, path,
                         "passed on as a request parameter; was '%.*s' meant?", SL_FMT(near));
        else if (sl_key_is_secret(m->key))
            sl_load_line(l, SL_KEY_APPROXIMATED, &m->place, path,
                         "given to the provider as a secret, not sent as a request parameter");
        else
            sl_load_line(l, SL_KEY_EXACT, &m->place, path, "passed on as a request parameter");
        return;
    }
    if (section == SL_IN_LITELLM && m->key.len > 4 && sl_span_ends(m->key, SL_SPAN("_key")) &&
        m->value->kind == SL_NODE_STRING) {
        sl_load_line(l, SL_KEY_EXACT, &m->place, path,
                     "for deployments of provider '%.*s' that have no api_key", (int)m->key.len - 4,
                     m->key.ptr);
        return;
    }
    if (section == SL_IN_MODEL && sl_key_find(SL_IN_PARAMS, m->key)) {
        sl_load_line(l, SL_KEY_IGNORED, &m->place, path, "it belongs to litellm_params");
        return;
    }
    if (section <= SL_IN_GENERAL)
        elsewhere = sl_key_elsewhere(section, m->key);
    if (elsewhere)
        sl_load_error(l, &m->place, path, "unknown key; it belongs to %s", elsewhere);
    else if (near.len)
        sl_load_error(l, &m->place, path, "unknown key; was '%.*s' meant?", SL_FMT(near));
    else
        sl_load_line(l, SL_KEY_IGNORED, &m->place, path, "unknown key");
}

static void check_member(struct sl_load *l, enum sl_section section, const struct sl_member *m,
                         const struct sl_path *up)
{
    const struct sl_key_row *row = sl_key_find(section, m->key);
    struct sl_path path = SL_PATH_KEY(up, m->key);
    struct sl_ruling r = { SL_KEY_EXACT, "" };

    if (!row) {
        unknown(l, section, m, &path);
        return;
    }
    if (m->value->unset) /* expand.c said so */
        return;
    if (m->value->kind == SL_NODE_NULL) {
        sl_load_line(l, SL_KEY_EXACT, &m->place, &path, "null: as if it were not here");
        return;
    }
    if (check_type(row, m->value, &r)) {
        rule(row, m->value, &r);
        sl_judge(section, m->key, m->value, &r);
    }
    if (r.verdict == SL_KEY_ERROR)
        sl_load_error(l, &m->value->place, &path, "%s", r.text);
    else
        sl_load_line(l, r.verdict, &m->place, &path, "%s", r.text);
    if (row->state == SL_START && r.verdict != SL_KEY_ERROR)
        sl_at_start_keep(l, section, &path, m->value);
    if (row->inside == SL_IN_NOTHING)
        return;
    if (row->type == SL_TYPE_MAP_OF_MAPS)
        for (uint32_t i = 0; m->value->kind == SL_NODE_MAP && i < m->value->n; i++)
            sl_check_map(l, row->inside, m->value->members[i].value,
                         &SL_PATH_KEY(&path, m->value->members[i].key));
    else if (m->value->kind == SL_NODE_MAP)
        sl_check_map(l, row->inside, m->value, &path);
    for (uint32_t i = 0; m->value->kind == SL_NODE_LIST && i < m->value->n; i++)
        sl_check_map(l, row->inside, m->value->items[i], &SL_PATH_ITEM(&path, i));
}

void sl_check_map(struct sl_load *l, enum sl_section section, const struct sl_node *map,
                  const struct sl_path *path)
{
    for (uint32_t i = 0; map->kind == SL_NODE_MAP && i < map->n; i++)
        check_member(l, section, &map->members[i], path);
}
