/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c - a caller's members by a vendor's rules. Nothing is printed anew: members are renamed,
 * left out, added or given another value, and what lies between stays the caller's bytes
 * (sl_json_join). What becomes of messages is in history.c.
 */
#include "request.h"

#include <sluice_sdk/dropped.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define NO_MEMORY "out of memory preparing a request"

static bool listed(const struct editor *e, size_t list, sluice_span name)
{
    for (size_t i = 0; i < e->n_rules; i++) {
        const struct names *n = (const struct names *)((const char *)e->rules[i] + list);

        if (oc_names_have(n, name))
            return true;
    }
    return false;
}
#define LISTED(e, list, name) listed(e, offsetof(struct rules, list), name)

static sluice_header *out_member(struct editor *e, sluice_span name)
{
    for (size_t i = 0; i < e->n; i++)
        if (sl_span_eq(e->out[i].name, name))
            return &e->out[i];
    return NULL;
}

/* ---- refusing ---- */

static sluice_status refuse(struct editor *e, sluice_span name, const char *what)
{
    char param[96];

    if (e->call->flags & SLUICE_CALL_DROP) {
        sl_dropped(e->call, name);
        return SLUICE_OK;
    }
    sl_copy_text(param, sizeof param, name);
    return sl_fail_param(e->err, SLUICE_E_INVALID, "unsupported_parameter", param,
                         "%.*s does not take %s '%s'; leave it out or set drop_params",
                         (int)(e->v->id.len ? e->v->id.len : 10),
                         e->v->id.len ? e->v->id.ptr : "the vendor", what, param);
}

/* ---- changing values ---- */

static sluice_status edit_value(struct editor *e, sluice_span name, sluice_span *value)
{
    enum sl_json_type t = sl_json_type(*value);
    sluice_span word;

    if (sl_json_raw_string(*value, &word)) {
        word = oc_mapped(e, name, word);
        if (word.ptr) {
            *value = sl_arena_printf(e->mem, "\"%.*s\"", SL_FMT(word));
            if (!value->ptr)
                return sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
        }
    }
    *value = oc_clamped(e, name, *value);
    if (t != SL_JSON_ARRAY && t != SL_JSON_NULL && LISTED(e, to_array, name)) {
        *value = sl_arena_printf(e->mem, "[%.*s]", SL_FMT(*value));
        if (!value->ptr)
            return sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
    }
    if (oc_request_strip(e->rules, e->n_rules, name, value, e->mem) < 0)
        return sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
    if (sl_span_eq(name, SL_SPAN("messages")) && t == SL_JSON_ARRAY &&
        oc_request_history(e->rules, e->n_rules, value, e->mem) < 0)
        return sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
    return SLUICE_OK;
}

/* ---- members ---- */

/* The vendor's name for a member; ptr NULL: left out, since the caller gave that one as well. */
static sluice_span renamed(const struct editor *e, sluice_span name)
{
    for (size_t i = e->n_rules; i-- > 0;) {
        sluice_span to = oc_pairs_get(&e->rules[i]->rename, name);

        if (!to.ptr)
            continue;
        /* Of the two bounds on the answer's length the newer name is the one that was meant. */
        if (oc_given(e->call, to).ptr && !sl_span_eq(name, SL_SPAN("max_completion_tokens")))
            return sl_span(NULL, 0);
        return to;
    }
    return name;
}

/* Is this member the older one of two of which one is renamed to the other's name? */
static bool superseded(const struct editor *e, sluice_span name)
{
    return sl_span_eq(name, SL_SPAN("max_tokens")) &&
           oc_given(e->call, SL_SPAN("max_completion_tokens")).ptr &&
           sl_span_eq(renamed(e, SL_SPAN("max_completion_tokens")), name);
}

static sluice_status edit_member(struct editor *e, const sluice_header *m)
{
    sluice_span name = renamed(e, m->name), value = m->value, instead;
    bool allowed = oc_names_have(&e->v->allow, m->name) || sl_allowed(e->call, m->name);
    sluice_status st;

    if (!name.ptr || superseded(e, m->name))
        return SLUICE_OK;
    if (!allowed && LISTED(e, drop, m->name)) {
        sl_dropped(e->call, m->name);
        return SLUICE_OK;
    }
    if (!allowed && LISTED(e, unsupported, m->name))
        return oc_is_neutral(m->name, value) ? SLUICE_OK : refuse(e, m->name, "the parameter");
    instead = oc_said_instead(e, m->name, value);
    if (!allowed && instead.ptr) {
        e->say = instead;
        return SLUICE_OK;
    }
    if (!allowed && !oc_value_taken(e, m->name, value))
        return refuse(e, m->name, "this value of");
    if (!oc_counted(e, m->name, &value))
        return SLUICE_OK;
    st = edit_value(e, name, &value);
    if (st == SLUICE_OK)
        e->out[e->n++] = (sluice_header){ oc_name_by_kind(e, name, value), value };
    return st;
}

/* Usage in streams is asked for by default: the host counts, and shows it only who asked. */
static sluice_status edit_stream_options(struct editor *e)
{
    static const struct sl_json_edit edit = { SL_SPAN("include_usage"), SL_SPAN("true") };
    sluice_header *m = out_member(e, SL_SPAN("stream_options"));
    sluice_span *parts, include;
    size_t n;
    struct splice s;

    if (!e->v->stream_usage) {
        if (m) {
            size_t after = (size_t)(e->out + e->n - (m + 1));

            memmove(m, m + 1, after * sizeof *m);
            e->n--;
        }
        return SLUICE_OK;
    }
    if (!m) {
        e->out[e->n++] =
            (sluice_header){ SL_SPAN("stream_options"), SL_SPAN("{\"include_usage\":true}") };
        return SLUICE_OK;
    }
    if (sl_json_type(m->value) != SL_JSON_OBJECT) {
        m->value = SL_SPAN("{\"include_usage\":true}");
        return SLUICE_OK;
    }
    include = sl_json_member(m->value, SL_SPAN("include_usage"));
    if (include.ptr && sl_json_is_true(include))
        return SLUICE_OK;
    if (sl_json_edit(m->value, &edit, 1, e->mem, &parts, &n) < 0)
        return sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
    oc_splice_begin(&s, sl_span("", 0), e->mem);
    for (size_t i = 0; i < n; i++)
        oc_splice_add(&s, parts[i]);
    m->value = oc_splice_flat(&s);
    return m->value.ptr ? SLUICE_OK : sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
}

static void add_members(struct editor *e)
{
    for (size_t i = 0; i < e->n_rules; i++) {
        const struct pairs *fill = &e->rules[i]->fill, *set = &e->rules[i]->set;

        for (size_t k = 0; k < fill->n; k++)
            if (!out_member(e, fill->at[k].name))
                e->out[e->n++] = fill->at[k];
        for (size_t k = 0; k < set->n; k++) {
            sluice_header *m = out_member(e, set->at[k].name);

            if (m)
                m->value = set->at[k].value;
            else
                e->out[e->n++] = set->at[k];
        }
    }
}

/* A last turn of the user's, for what no parameter can say. */
static sluice_status add_said(struct editor *e)
{
    sluice_header *m = out_member(e, SL_SPAN("messages"));
    sluice_span head;

    if (!e->say.ptr || !m || sl_json_type(m->value) != SL_JSON_ARRAY)
        return SLUICE_OK;
    head = sl_span_trim(sl_span_head(m->value, m->value.len - 1));
    m->value = sl_arena_printf(e->mem, "%.*s%s{\"role\":\"user\",\"content\":%.*s}]", SL_FMT(head),
                               head.len > 1 ? "," : "", SL_FMT(e->say));
    return m->value.ptr ? SLUICE_OK : sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
}

static void add_rules(struct editor *e, const struct rules *r)
{
    e->rules[e->n_rules++] = r;
    e->concerns |= r->concerns;
}

static void pick_rules(struct editor *e, bool chat)
{
    add_rules(e, chat ? &e->v->chat : &e->v->embeddings);
    for (size_t i = 0; chat && i < e->v->n_models && e->n_rules < RULES_MAX; i++)
        if (oc_model_fits(e->v, &e->v->models[i], e->call))
            add_rules(e, &e->v->models[i].rules);
}

static sluice_status edit_members(struct editor *e, bool chat)
{
    size_t room = e->call->n_members + 1;
    sluice_status st = SLUICE_OK;

    pick_rules(e, chat);
    for (size_t i = 0; i < e->n_rules; i++)
        room += e->rules[i]->fill.n + e->rules[i]->set.n;
    e->out = sl_alloc(e->mem, room * sizeof *e->out);
    if (!e->out)
        return sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
    for (size_t i = 0; i < e->call->n_members && st == SLUICE_OK; i++) {
        const sluice_header *m = &e->call->members[i];

        if (e->concerns & sl_span_bit(m->name))
            st = edit_member(e, m);
        else
            e->out[e->n++] = *m;
    }
    if (st == SLUICE_OK)
        st = add_said(e);
    if (st == SLUICE_OK && chat && (e->call->flags & SLUICE_CALL_STREAM))
        st = edit_stream_options(e);
    if (st == SLUICE_OK)
        add_members(e);
    return st;
}

/* Other operations go as they are. */
static sluice_status copy_members(struct editor *e)
{
    e->n = e->call->n_members;
    e->out = sl_alloc(e->mem, e->n * sizeof *e->out);
    if (!e->out)
        return sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
    memcpy(e->out, e->call->members, e->n * sizeof *e->out);
    return SLUICE_OK;
}

/* A model's name without its vendor's folder, which the caller may leave out. */
static sluice_status prefix_model(struct editor *e)
{
    sluice_span prefix = e->v->model_prefix, inside;
    sluice_header *m = out_member(e, SL_SPAN("model"));

    if (!prefix.len || !m || !sl_json_raw_string(m->value, &inside) ||
        sl_span_find_char(inside, '/') < inside.len)
        return SLUICE_OK;
    m->value = sl_arena_printf(e->mem, "\"%.*s%.*s\"", SL_FMT(prefix), SL_FMT(inside));
    return m->value.ptr ? SLUICE_OK : sl_fail(e->err, SLUICE_E_NOMEM, NO_MEMORY);
}

sluice_status oc_request_members(const struct vendor *v, const sluice_call *call,
                                 struct sluice_arena *mem, const sluice_header **members, size_t *n,
                                 sluice_error *err)
{
    struct editor e = { .v = v, .call = call, .mem = mem, .err = err };
    sluice_status st = edit_members(&e, true);

    if (st == SLUICE_OK)
        st = prefix_model(&e);
    *members = e.out;
    *n = e.n;
    return st;
}

sluice_status oc_request_body(const struct vendor *v, const sluice_call *call,
                              struct sluice_arena *mem, const sluice_part **parts, size_t *n,
                              sluice_error *err)
{
    bool chat = sl_span_eq(call->operation, SL_SPAN("chat.completions")) ||
                sl_span_eq(call->operation, SL_SPAN("completions"));
    struct editor e = { .v = v, .call = call, .mem = mem, .err = err };
    sluice_span body = call->body, *spans = &body;
    sluice_part *list;
    sluice_status st = SLUICE_OK;

    *n = call->body.len ? 1 : 0;
    if (call->n_body_parts) {
        spans = (sluice_span *)(uintptr_t)call->body_parts;
        *n = call->n_body_parts;
    } else if (call->n_members) {
        if (chat || sl_span_eq(call->operation, SL_SPAN("embeddings"))) {
            st = edit_members(&e, chat);
        } else {
            st = copy_members(&e);
        }
        if (st == SLUICE_OK)
            st = prefix_model(&e);
        if (st < 0)
            return st;
        if (sl_json_join(call->body, e.out, e.n, mem, &spans, n) < 0)
            return sl_fail(err, SLUICE_E_NOMEM, NO_MEMORY);
    }
    list = sl_alloc(mem, *n * sizeof *list + 1);
    if (!list)
        return sl_fail(err, SLUICE_E_NOMEM, NO_MEMORY);
    for (size_t i = 0; i < *n; i++)
        list[i] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, spans[i] };
    *parts = list;
    return SLUICE_OK;
}
