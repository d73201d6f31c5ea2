/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor.c - reads a data file merged with a deployment's configuration into a struct vendor. The
 * host has checked the text against catalog.schema.json; what a schema cannot say is checked here.
 */
#include "reader.h"

#include <oc_reasoning_models_text.h>

#include <stdlib.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define MEM_MAX ((size_t)4 << 20) /* one vendor's description */

void oc_no_memory(struct reader *r)
{
    if (r->st == SLUICE_OK)
        r->st = sl_fail(r->err, SLUICE_E_NOMEM, "out of memory reading a provider's description");
}

void *oc_take(struct reader *r, size_t n, size_t size)
{
    void *p = sl_alloc0(&r->v->mem, n * size + 1);

    if (!p)
        oc_no_memory(r);
    return p;
}

/* ---- small readers ---- */

sluice_span oc_text(struct reader *r, const struct sl_json *j)
{
    sluice_span s = sl_json_text(j, &r->v->mem);

    if (j && j->type == SL_JSON_STRING && !s.ptr)
        oc_no_memory(r);
    return s;
}

struct names oc_read_names(struct reader *r, const struct sl_json *j)
{
    size_t n = !j ? 0 : j->type == SL_JSON_ARRAY ? j->n : 1, i = 0;
    sluice_span *at = n ? oc_take(r, n, sizeof *at) : NULL;

    if (!at)
        return (struct names){ NULL, 0 };
    if (j->type == SL_JSON_ARRAY)
        sl_json_each(e, j) at[i++] = oc_text(r, e);
    else
        at[0] = oc_text(r, j);
    return (struct names){ at, n };
}

struct pairs oc_read_pairs(struct reader *r, const struct sl_json *j, bool raw)
{
    size_t i = 0;
    sluice_header *at = j && j->n ? oc_take(r, j->n, sizeof *at) : NULL;

    if (!at)
        return (struct pairs){ NULL, 0 };
    sl_json_each(e, j)
    {
        at[i].name = e->name;
        at[i++].value = raw ? e->raw : oc_text(r, e);
    }
    return (struct pairs){ at, i };
}

static bool read_bool(const struct sl_json *j, bool otherwise)
{
    return !j ? otherwise : j->type == SL_JSON_TRUE;
}

/* ---- placeholders ---- */

/* The value of {name}: the configuration's member, else the variable that the data file names. */
static sluice_span variable(struct reader *r, sluice_span name, sluice_span *env)
{
    const struct sl_json *variables = sl_json_get(r->config, "variables");
    const char *value;

    *env = sl_span(NULL, 0);
    if (sl_span_eq(name, SL_SPAN("model")) || sl_span_eq(name, SL_SPAN("id")))
        return *env; /* the call's, not ours */
    sl_json_each(e, r->config) if (sl_span_eq(e->name, name) && e->type == SL_JSON_STRING &&
                                   e->raw.len > 2) return oc_text(r, e);
    sl_json_each(e, variables)
    {
        if (!sl_span_eq(e->name, name))
            continue;
        /* oc_text() gives spans of the configuration, which end in a quote, not in a NUL. */
        *env = sl_arena_dup(&r->v->mem, oc_text(r, e));
        if (!env->ptr)
            break;
        value = secure_getenv(env->ptr);
        if (value && *value)
            return sl_arena_dup(&r->v->mem, sl_span_str(value));
    }
    return sl_span(NULL, 0);
}

sluice_span oc_fill_in(struct reader *r, sluice_span template, sluice_span *missing,
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
        value = variable(r, name, &env);
        if (!value.len && !missing)
            continue;
        if (!value.len && !missing->len) {
            *missing = name;
            *missing_env = env;
        }
        oc_splice_skip(&s, sl_span(template.ptr + open, at - open));
        oc_splice_add(&s, value);
    }
    out = oc_splice_flat(&s);
    if (!out.ptr)
        oc_no_memory(r);
    return out;
}

/* ---- sections ---- */

static void read_base(struct reader *r)
{
    r->v->base_raw = oc_text(r, sl_json_get(r->config, "base_url"));
    r->v->base_url = oc_fill_in(r, r->v->base_raw, &r->v->missing, &r->v->missing_env);
}

/* What a server has of which nothing is said. */
static const sluice_header usual_operations[] = {
    { SL_SPAN("chat.completions"), SL_SPAN("/chat/completions") },
    { SL_SPAN("completions"), SL_SPAN("/completions") },
    { SL_SPAN("embeddings"), SL_SPAN("/embeddings") },
};

static struct pairs read_paths(struct reader *r, const char *member)
{
    struct pairs all = oc_read_pairs(r, sl_json_get(r->config, member), false);
    sluice_header *at = oc_take(r, all.n, sizeof *at);

    for (size_t i = 0; at && i < all.n; i++)
        at[i] = (sluice_header){ all.at[i].name, oc_fill_in(r, all.at[i].value, NULL, NULL) };
    return (struct pairs){ at, at ? all.n : 0 };
}

static void read_operations(struct reader *r)
{
    r->v->operations = sl_json_get(r->config, "operations")
                           ? read_paths(r, "operations")
                           : (struct pairs){ usual_operations, COUNT(usual_operations) };
    r->v->streamed = read_paths(r, "stream_operations");
}

/* "bearer", "none", {"header": NAME, "prefix": TEXT}, {"query": NAME}. */
static void read_auth(struct reader *r)
{
    const struct sl_json *auth = sl_json_get(r->config, "auth");
    sluice_span name = oc_text(r, sl_json_opt(auth, "header"));
    sluice_span prefix = oc_text(r, sl_json_opt(auth, "prefix"));
    struct vendor *v = r->v;

    v->key_optional = read_bool(sl_json_get(r->config, "key_optional"), false);
    v->key_env = oc_text(r, sl_json_at(r->config, "key_env.0"));
    if (!v->key_env.len)
        v->key_env = oc_text(r, sl_json_get(r->config, "key_env"));
    if (sl_json_is(auth, "none")) {
        v->auth = AUTH_NONE;
    } else if (name.len) {
        v->auth = AUTH_HEADER;
        v->auth_param = !prefix.len
                            ? name
                            : sl_arena_printf(&v->mem, "%.*s: %.*s", SL_FMT(name), SL_FMT(prefix));
        if (!v->auth_param.ptr)
            oc_no_memory(r);
    } else if (sl_json_get(auth, "query")) {
        v->auth = AUTH_QUERY;
        v->auth_param = oc_text(r, sl_json_get(auth, "query"));
    }
}

/* Headers whose placeholders have no value are left out. */
static void read_headers(struct reader *r)
{
    struct pairs all = oc_read_pairs(r, sl_json_get(r->config, "headers"), false);
    sluice_header *at = oc_take(r, all.n, sizeof *at);
    size_t n = 0;

    for (size_t i = 0; at && i < all.n; i++) {
        sluice_span missing = sl_span(NULL, 0), env;
        sluice_span value = oc_fill_in(r, all.at[i].value, &missing, &env);

        if (!missing.len)
            at[n++] = (sluice_header){ all.at[i].name, value };
    }
    r->v->headers = (struct pairs){ at, n };
}

static void read_header_rules(struct reader *r)
{
    const struct sl_json *rules = sl_json_get(r->config, "headers_when");
    struct vendor *v = r->v;

    v->header_rules = rules && rules->n ? oc_take(r, rules->n, sizeof *v->header_rules) : NULL;
    if (!v->header_rules)
        return;
    sl_json_each(e, rules)
    {
        struct header_rule *h = &v->header_rules[v->n_header_rules++];

        h->roles = oc_read_names(r, sl_json_get(e, "roles"));
        h->parts = oc_read_names(r, sl_json_get(e, "parts"));
        h->headers = oc_read_pairs(r, sl_json_get(e, "headers"), false);
    }
}

static void read_models(struct reader *r)
{
    const struct sl_json *models = sl_json_get(r->config, "models");
    struct vendor *v = r->v;

    v->models = models && models->n ? oc_take(r, models->n, sizeof *v->models) : NULL;
    if (!v->models)
        return;
    sl_json_each(e, models)
    {
        struct model_rules *m = &v->models[v->n_models++];

        m->match = oc_read_names(r, sl_json_get(e, "match"));
        m->except = oc_read_names(r, sl_json_get(e, "except"));
        oc_read_choices(r, sl_json_get(e, "when"), &m->when, &m->n_when);
        m->by_responses = sl_json_is(sl_json_get(e, "mode"), "responses");
        oc_read_rules(r, sl_json_get(e, "request"), &m->rules);
        oc_models_ready(m);
    }
}

static void watch_for(struct reader *r, sluice_span usage_at)
{
    size_t n = sl_span_find_char(usage_at, '.');
    const char **list = oc_take(r, 2, sizeof *list);

    if (!list)
        return;
    list[0] = sl_arena_printf(&r->v->mem, "\"%.*s\"", (int)n, usage_at.ptr).ptr;
    if (!list[0])
        oc_no_memory(r);
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
        { "embeddings", NORMAL_EMBEDDINGS }, { "think", NORMAL_THINK },
        { "citations", NORMAL_CITATIONS },   { "reasoning_details", NORMAL_DETAILS },
    };
    const struct sl_json *response = sl_json_get(r->config, "response");
    sluice_span usage_at = oc_text(r, sl_json_get(response, "usage_at"));
    struct names watch = oc_read_names(r, sl_json_get(response, "watch"));
    const char **list;

    sl_json_each(e, sl_json_get(response, "normalize")) for (size_t i = 0; i < COUNT(flags);
                                                             i++) if (sl_json_is(e, flags[i].name))
        r->v->normalize |= flags[i].flag;
    r->v->finish_reasons = oc_read_pairs(r, sl_json_get(response, "finish_reasons"), false);
    if (usage_at.len) {
        usage_at = sl_arena_dup(&r->v->mem, usage_at);
        r->v->usage_at = usage_at.ptr;
        if (!usage_at.ptr)
            oc_no_memory(r);
    }
    /* The usage's own name shows which events hold it. */
    if (!watch.n && usage_at.len) {
        watch_for(r, usage_at);
        return;
    }
    if (!watch.n)
        return;
    list = oc_take(r, watch.n + 1, sizeof *list);
    for (size_t i = 0; list && i < watch.n; i++) {
        list[i] = sl_arena_dup(&r->v->mem, watch.at[i]).ptr;
        if (!list[i])
            oc_no_memory(r);
    }
    r->v->watch = list;
}

/* {header: NAME, path: PATH, delay_ms: N} */
static void read_poll(struct reader *r)
{
    const struct sl_json *poll = sl_json_get(r->config, "poll");
    int64_t delay = sl_json_int(sl_json_opt(poll, "delay_ms"), 1000);

    r->v->poll_header = oc_text(r, sl_json_opt(poll, "header"));
    r->v->poll_path = oc_text(r, sl_json_opt(poll, "path"));
    r->v->poll_delay_ms = delay > 0 && delay < 60000 ? (uint32_t)delay : 1000;
}

static void read_errors(struct reader *r)
{
    struct pairs map = oc_read_pairs(r, sl_json_get(r->config, "errors"), false);

    r->v->errors = map.n ? oc_take(r, map.n, sizeof *r->v->errors) : NULL;
    for (size_t i = 0; r->v->errors && i < map.n; i++) {
        sluice_status class = sl_compat_class(map.at[i].value);

        if (!class && r->st == SLUICE_OK)
            r->st =
                sl_fail_param(r->err, SLUICE_E_INVALID, "invalid_value", "errors",
                              "errors: \"%.*s\" is no class of failure", SL_FMT(map.at[i].value));
        r->v->errors[r->v->n_errors++] = (struct sl_compat_rule){ map.at[i].name, class };
    }
}

/* "azure/gpt-5" is a gpt-5. */
static sluice_span base_model(sluice_span name)
{
    size_t slash;

    while ((slash = sl_span_find_char(name, '/')) < name.len)
        name = sl_span_from(name, slash + 1);
    return name;
}

/* One object of all members; of several with one name the last counts. What is no object is left
 * to the parser to name. */
static sluice_span merged(const sluice_span *layers, size_t n, struct sluice_arena *mem)
{
    struct splice s;

    for (size_t i = 0; i < n; i++)
        if (sl_json_validate(layers[i], NULL) < 0 || sl_json_type(layers[i]) != SL_JSON_OBJECT)
            return sl_arena_dup(mem, layers[i]);
    oc_splice_begin(&s, sl_span("", 0), mem);
    oc_splice_add(&s, SL_SPAN("{"));
    for (size_t i = 0; i < n; i++) {
        struct sl_json_iter it = { 0 };
        sluice_span name, value;

        while (sl_json_next(&it, layers[i], &name, &value)) {
            bool again = false;

            for (size_t k = i + 1; k < n; k++)
                again |= sl_json_member(layers[k], name).ptr != NULL;
            if (again)
                continue;
            oc_splice_add(&s, s.n > 1 ? SL_SPAN(",\"") : SL_SPAN("\""));
            oc_splice_add(&s, name);
            oc_splice_add(&s, SL_SPAN("\":"));
            oc_splice_add(&s, value);
        }
    }
    oc_splice_add(&s, SL_SPAN("}"));
    return oc_splice_flat(&s);
}

/* The rules of reasoning models, as a layer. */
sluice_span oc_reasoning_models(void)
{
    return sl_span_str(oc_reasoning_models_text);
}

sluice_status oc_vendor_read(struct vendor *v, const sluice_span *layers, size_t n,
                             sluice_error *err)
{
    sluice_span config;
    struct reader r = { .v = v, .err = err };
    struct sl_json_error why = { 0 };
    struct sl_json *root = NULL;
    sluice_status st;

    *v = (struct vendor){ .stream_usage = true };
    sl_arena_init(&v->mem, MEM_MAX);
    config = merged(layers, n, &v->mem);
    if (!config.ptr)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory reading a provider's description");
    st = sl_json_parse(config, &v->mem, &root, &why);
    if (st < 0 || root->type != SL_JSON_OBJECT)
        return st == SLUICE_E_NOMEM
                   ? sl_fail(err, st, "out of memory reading a provider's description")
                   : sl_fail(err, SLUICE_E_INVALID, "the configuration is no JSON object%s%s",
                             why.what ? ": " : "", why.what ? why.what : "");
    r.config = root;
    v->id = oc_text(&r, sl_json_get(root, "id"));
    v->model_prefix = oc_text(&r, sl_json_get(root, "model_prefix"));
    v->base_model = base_model(oc_text(&r, sl_json_get(root, "base_model")));
    v->mode = sl_json_is(sl_json_get(root, "mode"), "responses") ? MODE_RESPONSES
              : sl_json_is(sl_json_get(root, "mode"), "chat")    ? MODE_CHAT
                                                                 : MODE_BY_MODEL;
    read_operations(&r);
    read_base(&r);
    read_auth(&r);
    read_headers(&r);
    read_header_rules(&r);
    oc_read_rules(&r, sl_json_get(root, "request"), &v->chat);
    if (!sl_json_is(sl_json_at(root, "request.profile"), "openai"))
        oc_add_plain_profile(&r, &v->chat);
    v->allow = oc_read_names(&r, sl_json_get(root, "allowed_openai_params"));
    v->stream_usage = read_bool(sl_json_at(root, "request.stream_usage"), true);
    oc_rules_ready(&v->chat);
    oc_read_rules(&r, sl_json_get(root, "embeddings"), &v->embeddings);
    oc_rules_ready(&v->embeddings);
    read_models(&r);
    read_response(&r);
    read_poll(&r);
    read_errors(&r);
    return r.st;
}

void oc_vendor_finish(struct vendor *v)
{
    sl_arena_finish(&v->mem);
}
