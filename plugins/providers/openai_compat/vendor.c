/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor.c - reads a data file merged with a deployment's configuration into a struct vendor. The
 * host has checked the text against catalog.schema.json; what a schema cannot say is checked here.
 */
#include "vendor.h"

#include <stdlib.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define MEM_MAX ((size_t)4 << 20) /* one vendor's description */

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

struct reader {
    struct vendor *v;
    const struct sl_json *config;
    sluice_error *err;
    sluice_status st; /* the first failure */
};

static void no_memory(struct reader *r)
{
    if (r->st == SLUICE_OK)
        r->st = sl_fail(r->err, SLUICE_E_NOMEM, "out of memory reading a provider's description");
}

static void *take(struct reader *r, size_t n, size_t size)
{
    void *p = sl_alloc0(&r->v->mem, n * size + 1);

    if (!p)
        no_memory(r);
    return p;
}

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
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
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

bool oc_model_fits(const struct model_rules *m, sluice_span model)
{
    return any_fits(&m->match, model) && !any_fits(&m->except, model);
}

/* ---- small readers ---- */

static sluice_span text(struct reader *r, const struct sl_json *j)
{
    sluice_span s = sl_json_text(j, &r->v->mem);

    if (j && j->type == SL_JSON_STRING && !s.ptr)
        no_memory(r);
    return s;
}

/* One string or an array of them. */
static struct names read_names(struct reader *r, const struct sl_json *j)
{
    size_t n = !j ? 0 : j->type == SL_JSON_ARRAY ? j->n : 1, i = 0;
    sluice_span *at = n ? take(r, n, sizeof *at) : NULL;

    if (!at)
        return (struct names){ NULL, 0 };
    if (j->type == SL_JSON_ARRAY)
        sl_json_each(e, j) at[i++] = text(r, e);
    else
        at[0] = text(r, j);
    return (struct names){ at, n };
}

/* name -> decoded text, or raw JSON. */
static struct pairs read_pairs(struct reader *r, const struct sl_json *j, bool raw)
{
    size_t i = 0;
    sluice_header *at = j && j->n ? take(r, j->n, sizeof *at) : NULL;

    if (!at)
        return (struct pairs){ NULL, 0 };
    sl_json_each(e, j)
    {
        at[i].name = e->name;
        at[i++].value = raw ? e->raw : text(r, e);
    }
    return (struct pairs){ at, i };
}

static bool read_bool(const struct sl_json *j, bool otherwise)
{
    return !j ? otherwise : j->type == SL_JSON_TRUE;
}

static void read_clamps(struct reader *r, const struct sl_json *j, struct rules *out)
{
    out->clamps = j && j->n ? take(r, j->n, sizeof *out->clamps) : NULL;
    if (!out->clamps)
        return;
    sl_json_each(e, j)
    {
        struct clamp *c = &out->clamps[out->n_clamps++];
        const struct sl_json *min = sl_json_get(e, "min"), *max = sl_json_get(e, "max");

        c->name = e->name;
        if (min && sl_json_f64(min->raw, &c->min))
            c->min_raw = min->raw;
        if (max && sl_json_f64(max->raw, &c->max))
            c->max_raw = max->raw;
    }
}

static void read_choices(struct reader *r, const struct sl_json *j, struct rules *out)
{
    out->choices = j && j->n ? take(r, j->n, sizeof *out->choices) : NULL;
    if (!out->choices)
        return;
    sl_json_each(e, j)
    {
        struct choice_of *c = &out->choices[out->n_choices++];

        c->name = e->name;
        c->values = read_names(r, e);
    }
}

static void read_rules(struct reader *r, const struct sl_json *j, struct rules *out)
{
    out->rename = read_pairs(r, sl_json_get(j, "rename"), false);
    out->keep = read_names(r, sl_json_get(j, "keep"));
    out->drop = read_names(r, sl_json_get(j, "drop"));
    out->unsupported = read_names(r, sl_json_get(j, "unsupported"));
    out->fill = read_pairs(r, sl_json_get(j, "default"), true);
    out->set = read_pairs(r, sl_json_get(j, "set"), true);
    out->to_array = read_names(r, sl_json_get(j, "to_array"));
    out->roles = read_pairs(r, sl_json_get(j, "roles"), false);
    out->flat_content = sl_json_is(sl_json_get(j, "content"), "string");
    read_clamps(r, sl_json_get(j, "clamp"), out);
    read_choices(r, sl_json_get(j, "values"), out);
}

/* The profile's lists behind the file's own, those it keeps left out. */
static struct names with_names(struct reader *r, struct names own, const struct names *keep,
                               const sluice_span *more, size_t n_more)
{
    sluice_span *at = take(r, own.n + n_more, sizeof *at);
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
    sluice_header *at = take(r, own.n + n_more, sizeof *at);
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

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void add_plain_profile(struct reader *r, struct rules *c)
{
    c->drop = with_names(r, c->drop, &c->keep, plain_drop, COUNT(plain_drop));
    c->unsupported =
        with_names(r, c->unsupported, &c->keep, plain_unsupported, COUNT(plain_unsupported));
    c->rename = with_pairs(r, c->rename, &c->keep, plain_rename, COUNT(plain_rename));
    c->roles = with_pairs(r, c->roles, &c->keep, plain_roles, COUNT(plain_roles));
}

/* ---- placeholders ---- */

/* The value of {name}: the configuration's member, else the variable that the data file names. */
static sluice_span variable(struct reader *r, sluice_span name, sluice_span *env)
{
    const struct sl_json *variables = sl_json_get(r->config, "variables");
    const char *value;

    *env = sl_span(NULL, 0);
    sl_json_each(e, r->config) if (sl_span_eq(e->name, name) && e->type == SL_JSON_STRING &&
                                   e->raw.len > 2) return text(r, e);
    sl_json_each(e, variables)
    {
        if (!sl_span_eq(e->name, name))
            continue;
        /* text() gives spans of the configuration, which end in a quote, not in a NUL. */
        *env = sl_arena_dup(&r->v->mem, text(r, e));
        if (!env->ptr)
            break;
        value = secure_getenv(env->ptr);
        if (value && *value)
            return sl_arena_dup(&r->v->mem, sl_span_str(value));
    }
    return sl_span(NULL, 0);
}

/* Fill {name} in; {model} stays. What has no value is noted in *missing. */
static sluice_span expand(struct reader *r, sluice_span template, sluice_span *missing,
                          sluice_span *missing_env)
{
    struct splice s;
    size_t at = 0, open, close;
    sluice_span out;

    if (sl_span_find_char(template, '{') == template.len)
        return template;
    oc_splice_begin(&s, template, &r->v->mem);
    while ((open = at + sl_span_find_char(sl_span_from(template, at), '{')) < template.len) {
        sluice_span name, value, env;

        close = open + sl_span_find_char(sl_span_from(template, open), '}');
        if (close == template.len)
            break;
        at = close + 1;
        name = sl_span(template.ptr + open + 1, close - open - 1);
        if (sl_span_eq(name, SL_SPAN("model")))
            continue;
        value = variable(r, name, &env);
        if (!value.len && !missing->len) {
            *missing = name;
            *missing_env = env;
        }
        oc_splice_skip(&s, sl_span(template.ptr + open, at - open));
        oc_splice_add(&s, value);
    }
    out = oc_splice_flat(&s);
    if (!out.ptr)
        no_memory(r);
    return out;
}

/* ---- sections ---- */

static void read_base(struct reader *r)
{
    sluice_span base = text(r, sl_json_get(r->config, "base_url"));

    r->v->base_url = expand(r, base, &r->v->missing, &r->v->missing_env);
}

/* "bearer", "none", {"header": NAME, "prefix": TEXT}, {"query": NAME}. */
static void read_auth(struct reader *r)
{
    const struct sl_json *auth = sl_json_get(r->config, "auth");
    sluice_span name = text(r, sl_json_opt(auth, "header"));
    sluice_span prefix = text(r, sl_json_opt(auth, "prefix"));
    struct vendor *v = r->v;

    v->key_optional = read_bool(sl_json_get(r->config, "key_optional"), false);
    v->key_env = text(r, sl_json_at(r->config, "key_env.0"));
    if (!v->key_env.len)
        v->key_env = text(r, sl_json_get(r->config, "key_env"));
    if (sl_json_is(auth, "none")) {
        v->auth = AUTH_NONE;
    } else if (name.len) {
        v->auth = AUTH_HEADER;
        v->auth_param = !prefix.len
                            ? name
                            : sl_arena_printf(&v->mem, "%.*s: %.*s", SL_FMT(name), SL_FMT(prefix));
        if (!v->auth_param.ptr)
            no_memory(r);
    } else if (sl_json_get(auth, "query")) {
        v->auth = AUTH_QUERY;
        v->auth_param = text(r, sl_json_get(auth, "query"));
    }
}

/* Headers whose placeholders have no value are left out. */
static void read_headers(struct reader *r)
{
    struct pairs all = read_pairs(r, sl_json_get(r->config, "headers"), false);
    sluice_header *at = take(r, all.n, sizeof *at);
    size_t n = 0;

    for (size_t i = 0; at && i < all.n; i++) {
        sluice_span missing = sl_span(NULL, 0), env;
        sluice_span value = expand(r, all.at[i].value, &missing, &env);

        if (!missing.len)
            at[n++] = (sluice_header){ all.at[i].name, value };
    }
    r->v->headers = (struct pairs){ at, n };
}

static void read_models(struct reader *r)
{
    const struct sl_json *models = sl_json_get(r->config, "models");
    struct vendor *v = r->v;

    v->models = models && models->n ? take(r, models->n, sizeof *v->models) : NULL;
    if (!v->models)
        return;
    sl_json_each(e, models)
    {
        struct model_rules *m = &v->models[v->n_models++];

        m->match = read_names(r, sl_json_get(e, "match"));
        m->except = read_names(r, sl_json_get(e, "except"));
        read_rules(r, sl_json_get(e, "request"), &m->rules);
    }
}

static void watch_for(struct reader *r, sluice_span usage_at)
{
    size_t n = sl_span_find_char(usage_at, '.');
    const char **list = take(r, 2, sizeof *list);

    if (!list)
        return;
    list[0] = sl_arena_printf(&r->v->mem, "\"%.*s\"", (int)n, usage_at.ptr).ptr;
    if (!list[0])
        no_memory(r);
    r->v->watch = list;
}

static void read_response(struct reader *r)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } flags[] = {
        { "reasoning", NORMAL_REASONING },   { "finish_reason", NORMAL_FINISH },
        { "tool_calls", NORMAL_TOOLS },      { "content", NORMAL_CONTENT },
        { "embeddings", NORMAL_EMBEDDINGS },
    };
    const struct sl_json *response = sl_json_get(r->config, "response");
    sluice_span usage_at = text(r, sl_json_get(response, "usage_at"));
    struct names watch = read_names(r, sl_json_get(response, "watch"));
    const char **list;

    sl_json_each(e, sl_json_get(response, "normalize")) for (size_t i = 0; i < COUNT(flags);
                                                             i++) if (sl_json_is(e, flags[i].name))
        r->v->normalize |= flags[i].flag;
    r->v->finish_reasons = read_pairs(r, sl_json_get(response, "finish_reasons"), false);
    if (usage_at.len) {
        usage_at = sl_arena_dup(&r->v->mem, usage_at);
        r->v->usage_at = usage_at.ptr;
        if (!usage_at.ptr)
            no_memory(r);
    }
    /* The usage's own name shows which events hold it. */
    if (!watch.n && usage_at.len) {
        watch_for(r, usage_at);
        return;
    }
    if (!watch.n)
        return;
    list = take(r, watch.n + 1, sizeof *list);
    for (size_t i = 0; list && i < watch.n; i++) {
        list[i] = sl_arena_dup(&r->v->mem, watch.at[i]).ptr;
        if (!list[i])
            no_memory(r);
    }
    r->v->watch = list;
}

static void read_errors(struct reader *r)
{
    struct pairs map = read_pairs(r, sl_json_get(r->config, "errors"), false);

    r->v->errors = map.n ? take(r, map.n, sizeof *r->v->errors) : NULL;
    for (size_t i = 0; r->v->errors && i < map.n; i++) {
        sluice_status class = sl_compat_class(map.at[i].value);

        if (!class && r->st == SLUICE_OK)
            r->st =
                sl_fail_param(r->err, SLUICE_E_INVALID, "invalid_value", "errors",
                              "errors: \"%.*s\" is no class of failure", SL_FMT(map.at[i].value));
        r->v->errors[r->v->n_errors++] = (struct sl_compat_rule){ map.at[i].name, class };
    }
}

sluice_status oc_vendor_read(struct vendor *v, sluice_span config, sluice_error *err)
{
    struct reader r = { .v = v, .err = err };
    struct sl_json_error why = { 0 };
    struct sl_json *root = NULL;
    sluice_status st;

    *v = (struct vendor){ .stream_usage = true };
    sl_arena_init(&v->mem, MEM_MAX);
    config = sl_arena_dup(&v->mem, config.len ? config : SL_SPAN("{}"));
    if (!config.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading a provider's description");
    st = sl_json_parse(config, &v->mem, &root, &why);
    if (st < 0 || root->type != SL_JSON_OBJECT)
        return st == SLUICE_E_NOMEM
                   ? sl_fail(err, st, "out of memory reading a provider's description")
                   : sl_fail(err, SLUICE_E_INVALID, "the configuration is no JSON object%s%s",
                             why.what ? ": " : "", why.what ? why.what : "");
    r.config = root;
    v->id = text(&r, sl_json_get(root, "id"));
    v->operations = read_pairs(&r, sl_json_get(root, "operations"), false);
    read_base(&r);
    read_auth(&r);
    read_headers(&r);
    read_rules(&r, sl_json_get(root, "request"), &v->chat);
    if (!sl_json_is(sl_json_at(root, "request.profile"), "openai"))
        add_plain_profile(&r, &v->chat);
    v->stream_usage = read_bool(sl_json_at(root, "request.stream_usage"), true);
    read_rules(&r, sl_json_get(root, "embeddings"), &v->embeddings);
    read_models(&r);
    read_response(&r);
    read_errors(&r);
    return r.st;
}

void oc_vendor_finish(struct vendor *v)
{
    sl_arena_finish(&v->mem);
}
