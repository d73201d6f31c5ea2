/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - what a data file says about requests, the profile that most vendors share, and the
 * questions that request.c asks. */
#include "reader.h"

#include <sluice_sdk/span.h>

/* The "plain" profile: what only OpenAI itself and close relatives know. Hints are left out, what
 * changes the answer is refused. */
static const sluice_span plain_drop[] = {
    SL_SPAN("store"),
    SL_SPAN("metadata"),
    SL_SPAN("service_tier"),
    SL_SPAN("prediction"),
    SL_SPAN("verbosity"),
    SL_SPAN("safety_identifier"),
    SL_SPAN("prompt_cache_key"),
    SL_SPAN("prompt_cache_options"),
    SL_SPAN("prompt_cache_retention"),
    SL_SPAN("moderation"),
    SL_SPAN("user"),
};
static const sluice_span plain_unsupported[] = {
    SL_SPAN("modalities"),
    SL_SPAN("audio"),
    SL_SPAN("web_search_options"),
};
static const sluice_header plain_rename[] = {
    { SL_SPAN("max_completion_tokens"), SL_SPAN("max_tokens") },
};
static const sluice_header plain_roles[] = {
    { SL_SPAN("developer"), SL_SPAN("system") },
};

sluice_span oc_pairs_get(const struct pairs *p, sluice_span name)
{
    for (size_t i = 0; i < p->n; i++)
        if (sl_span_eq(p->at[i].name, name))
            return p->at[i].value;
    return sl_span(NULL, 0);
}

bool oc_names_have(const struct names *n, sluice_span name)
{
    for (size_t i = 0; i < n->n; i++)
        if (sl_span_eq(n->at[i], name))
            return true;
    return false;
}

/* '*' stands for any run of bytes. */
static bool fits(sluice_span pattern, sluice_span text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) { /* on to where what stands behind the star may begin */
            const char *next = ++mark < text.len && star + 1 < pattern.len
                                   ? memchr(text.ptr + mark, pattern.ptr[star + 1], text.len - mark)
                                   : NULL;

            if (!next && star + 1 < pattern.len)
                return false;
            mark = next ? (size_t)(next - text.ptr) : mark;
            p = star + 1;
            t = mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool any_fits(const struct names *patterns, sluice_span text)
{
    for (size_t i = 0; i < patterns->n; i++)
        if (fits(patterns->at[i], text))
            return true;
    return false;
}

/* Beside strings there are the words true, false, and absent. */
static bool has_value(const sluice_call *call, const struct choice_of *c)
{
    sluice_span word = SL_SPAN("absent");

    for (size_t i = 0; i < call->n_members; i++)
        if (sl_span_eq(call->members[i].name, c->name) &&
            !sl_json_raw_string(call->members[i].value, &word))
            word = call->members[i].value;
    return oc_names_have(&c->values, word);
}

bool oc_model_fits(const struct vendor *v, const struct model_rules *m, const sluice_call *call)
{
    sluice_span model = v->base_model.len ? v->base_model : call->model;
    unsigned char first = model.len ? (unsigned char)model.ptr[0] : 0;

    if (!(m->begins[first / 64] >> first % 64 & 1))
        return false;
    if (!any_fits(&m->match, model) || any_fits(&m->except, model))
        return false;
    for (size_t i = 0; i < m->n_when; i++)
        if (!has_value(call, &m->when[i]))
            return false;
    return true;
}

bool oc_by_responses(const struct vendor *v, sluice_span model)
{
    const sluice_call call = { .struct_size = sizeof call, .model = model };

    if (v->mode != MODE_BY_MODEL)
        return v->mode == MODE_RESPONSES;
    for (size_t i = 0; i < v->n_models; i++)
        if (v->models[i].by_responses && oc_model_fits(v, &v->models[i], &call))
            return oc_pairs_get(&v->operations, SL_SPAN("responses")).ptr != NULL;
    return false;
}

void oc_models_ready(struct model_rules *m)
{
    for (size_t i = 0; i < m->match.n; i++) {
        sluice_span pattern = m->match.at[i];
        unsigned char first = pattern.len ? (unsigned char)pattern.ptr[0] : 0;

        if (first == '*')
            memset(m->begins, 0xff, sizeof m->begins);
        else
            m->begins[first / 64] |= 1ull << first % 64;
    }
    oc_rules_ready(&m->rules);
}

static uint64_t bits_of_names(const struct names *n)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < n->n; i++)
        bits |= sl_span_bit(n->at[i]);
    return bits;
}

/* Of the members themselves and of those that stand for them. */
static uint64_t bits_of_pairs(const struct pairs *p)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < p->n; i++)
        bits |= sl_span_bit(p->at[i].name) | sl_span_bit(p->at[i].value);
    return bits;
}

void oc_rules_ready(struct rules *r)
{
    bool messages = r->flat_content || r->roles.n || r->reasoning_name.len ||
                    r->reasoning_on_tools.ptr || r->drop_reasoning || r->reasoning_in_content;

    r->concerns = bits_of_names(&r->drop) | bits_of_names(&r->unsupported) |
                  bits_of_names(&r->to_array) | (messages ? sl_span_bit(SL_SPAN("messages")) : 0);
    /* Of a rename both names: who gives the new one as well is a case of its own. */
    r->concerns |= bits_of_pairs(&r->rename);
    for (size_t i = 0; i < r->n_clamps; i++)
        r->concerns |= sl_span_bit(r->clamps[i].name);
    for (size_t i = 0; i < r->n_choices; i++)
        r->concerns |= sl_span_bit(r->choices[i].name);
    for (size_t i = 0; i < r->n_maps; i++)
        r->concerns |= sl_span_bit(r->maps[i].name);
    for (size_t i = 0; i < r->n_instead; i++)
        r->concerns |= sl_span_bit(r->instead[i].name);
    r->concerns |= bits_of_pairs(&r->words) | bits_of_pairs(&r->counts);
    for (size_t i = 0; i < r->strip.n; i++) {
        sluice_span path = r->strip.at[i];

        r->concerns |= sl_span_bit(sl_span_head(path, sl_span_find_char(path, '.')));
    }
}

static void read_clamps(struct reader *r, const struct sl_json *j, struct rules *out)
{
    out->clamps = j && j->n ? oc_take(r, j->n, sizeof *out->clamps) : NULL;
    if (!out->clamps)
        return;
    sl_json_each(e, j)
    {
        struct clamp *c = &out->clamps[out->n_clamps++];
        const struct sl_json *min = sl_json_get(e, "min"), *max = sl_json_get(e, "max");
        const struct sl_json *several = sl_json_get(e, "min_of_several");

        c->name = e->name;
        if (min && sl_json_f64(min->raw, &c->min))
            c->min_raw = min->raw;
        if (max && sl_json_f64(max->raw, &c->max))
            c->max_raw = max->raw;
        if (several && sl_json_f64(several->raw, &c->several))
            c->several_raw = several->raw;
    }
}

void oc_read_choices(struct reader *r, const struct sl_json *j, struct choice_of **out, size_t *n)
{
    struct choice_of *all = j && j->n ? oc_take(r, j->n, sizeof *all) : NULL;

    *out = all;
    *n = 0;
    if (!all)
        return;
    sl_json_each(e, j)
    {
        struct choice_of *c = &all[(*n)++];

        c->name = e->name;
        c->values = oc_read_names(r, e);
    }
}

static void read_maps(struct reader *r, const struct sl_json *j, bool raw, struct value_map **out,
                      size_t *n)
{
    struct value_map *all = j && j->n ? oc_take(r, j->n, sizeof *all) : NULL;

    *out = all;
    *n = 0;
    if (!all)
        return;
    sl_json_each(e, j)
    {
        struct value_map *m = &all[(*n)++];

        m->name = e->name;
        m->words = oc_read_pairs(r, e, raw);
    }
}

/* Raw values; a text is filled in, and left out when something in it has no value. */
static struct pairs read_values(struct reader *r, const struct sl_json *j)
{
    struct pairs all = oc_read_pairs(r, j, true);
    sluice_header *at = oc_take(r, all.n, sizeof *at);
    size_t n = 0;

    for (size_t i = 0; at && i < all.n; i++) {
        sluice_span value = all.at[i].value, missing = { NULL, 0 }, env;

        if (sl_json_type(value) == SL_JSON_STRING)
            value = oc_fill_in(r, value, &missing, &env);
        if (!missing.len)
            at[n++] = (sluice_header){ all.at[i].name, value };
    }
    return (struct pairs){ at, n };
}

void oc_read_rules(struct reader *r, const struct sl_json *j, struct rules *out)
{
    out->rename = oc_read_pairs(r, sl_json_get(j, "rename"), false);
    out->keep = oc_read_names(r, sl_json_get(j, "keep"));
    out->drop = oc_read_names(r, sl_json_get(j, "drop"));
    out->unsupported = oc_read_names(r, sl_json_get(j, "unsupported"));
    out->fill = read_values(r, sl_json_get(j, "default"));
    out->set = read_values(r, sl_json_get(j, "set"));
    out->words = oc_read_pairs(r, sl_json_get(j, "word_as"), false);
    out->counts = oc_read_pairs(r, sl_json_get(j, "count"), false);
    out->to_array = oc_read_names(r, sl_json_get(j, "to_array"));
    out->strip = oc_read_names(r, sl_json_get(j, "strip"));
    out->roles = oc_read_pairs(r, sl_json_get(j, "roles"), false);
    out->flat_content = sl_json_is(sl_json_get(j, "content"), "string");
    out->reasoning_name = oc_text(r, sl_json_at(j, "history.reasoning_name"));
    out->reasoning_in_content = sl_json_is(sl_json_at(j, "history.reasoning_in"), "content");
    out->drop_reasoning = sl_json_is(sl_json_at(j, "history.reasoning_elsewhere"), "drop");
    if (sl_json_at(j, "history.reasoning_on_tools"))
        out->reasoning_on_tools = sl_json_at(j, "history.reasoning_on_tools")->raw;
    read_clamps(r, sl_json_get(j, "clamp"), out);
    oc_read_choices(r, sl_json_get(j, "values"), &out->choices, &out->n_choices);
    read_maps(r, sl_json_get(j, "map"), false, &out->maps, &out->n_maps);
    read_maps(r, sl_json_get(j, "instead"), true, &out->instead, &out->n_instead);
}

/* The profile's lists behind the file's own, those it keeps left out. */
static struct names with_names(struct reader *r, struct names own, const struct names *keep,
                               const sluice_span *more, size_t n_more)
{
    sluice_span *at = oc_take(r, own.n + n_more, sizeof *at);
    size_t n = 0;

    if (!at)
        return own;
    for (size_t i = 0; i < own.n; i++)
        at[n++] = own.at[i];
    for (size_t i = 0; i < n_more; i++)
        if (!oc_names_have(keep, more[i]))
            at[n++] = more[i];
    return (struct names){ at, n };
}

static struct pairs with_pairs(struct reader *r, struct pairs own, const struct names *keep,
                               const sluice_header *more, size_t n_more)
{
    sluice_header *at = oc_take(r, own.n + n_more, sizeof *at);
    size_t n = 0;

    if (!at)
        return own;
    for (size_t i = 0; i < own.n; i++)
        at[n++] = own.at[i];
    for (size_t i = 0; i < n_more; i++)
        if (!oc_names_have(keep, more[i].name))
            at[n++] = more[i];
    return (struct pairs){ at, n };
}

void oc_add_plain_profile(struct reader *r, struct rules *c)
{
    c->drop = with_names(r, c->drop, &c->keep, plain_drop, COUNT(plain_drop));
    c->unsupported =
        with_names(r, c->unsupported, &c->keep, plain_unsupported, COUNT(plain_unsupported));
    c->rename = with_pairs(r, c->rename, &c->keep, plain_rename, COUNT(plain_rename));
    c->roles = with_pairs(r, c->roles, &c->keep, plain_roles, COUNT(plain_roles));
}
