/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.c - a bearer token from a service that a provider's data file describes: what is sent
 * where, and where in the answer the token and its end stand. What the description names in braces
 * are the deployment's parameters, the variables beside it, the key, or a key in a file of another
 * program.
 */
#include "base/status.h"
#include "credential/token.h"
#include "net/url.h"

bool sl_token_next_name(sluice_span text, size_t *at, sluice_span *name)
{
    size_t open = *at + sl_span_find_char(sl_span_from(text, *at), '{');
    size_t close = open < text.len ? open + sl_span_find_char(sl_span_from(text, open), '}') : open;

    if (close >= text.len)
        return false;
    *name = sl_span(text.ptr + open + 1, close - open - 1);
    *at = close + 1;
    return true;
}

const struct sl_token_input *sl_token_input(const struct sl_token_input *list, sluice_span name)
{
    while (list && !sl_span_eq(list->name, name))
        list = list->next;
    return list;
}

static bool is_key(sluice_span name)
{
    return sl_span_eq(name, SL_SPAN("api_key"));
}

/* ---- what is configured ---- */

struct making {
    struct sl_credential_reader *r;
    struct sl_token *token;
    bool any_given, missing, nomem;
};

/* A value of the deployment's, else of the variables that the description has for it. */
static sluice_span look_up(struct making *m, sluice_span name)
{
    struct sluice_arena *arena = sl_read_arena(m->r);
    sluice_span copy = sl_arena_dup(arena, name), value;
    const struct sl_json *variables;
    struct sl_url url;

    m->nomem |= !copy.ptr;
    if (!copy.ptr)
        return copy;
    if (is_key(name))
        return sl_read_key(m->r);
    if (sl_span_eq(name, SL_SPAN("origin")))
        return sl_url_parse(sl_read_base(m->r), &url) ? sl_span(NULL, 0) : url.origin;
    value = sl_read_given(m->r, copy.ptr);
    m->any_given |= value.len > 0;
    variables = sl_json_get(sl_json_get(m->token->spec, "inputs"), copy.ptr);
    for (const struct sl_json *v = variables && variables->type == SL_JSON_ARRAY ? variables->child
                                                                                 : variables;
         v && !value.len; v = v->next) {
        sluice_span variable = sl_arena_dup(arena, sl_json_text(v, arena));

        m->nomem |= !variable.ptr;
        value = variable.ptr ? sl_read_env(m->r, variable.ptr) : variable;
        if (variables->type != SL_JSON_ARRAY)
            break;
    }
    return value;
}

static void add_input(struct making *m, sluice_span name)
{
    sluice_span value;
    struct sl_token_input *i;

    if (sl_span_eq(name, SL_SPAN("uuid")) || sl_token_input(m->token->inputs, name))
        return;
    value = look_up(m, name);
    if (!value.len) {
        m->missing |= !(is_key(name) && m->token->n_files);
        return;
    }
    i = sl_alloc0(sl_read_arena(m->r), sizeof *i);
    if (i)
        *i = (struct sl_token_input){ name, sl_read_keep(m->r, value), m->token->inputs };
    m->nomem |= !i || !i->value.ptr;
    if (i)
        m->token->inputs = i;
}

static void add_inputs(struct making *m, const struct sl_json *template)
{
    sluice_span text = sl_json_text(template, sl_read_arena(m->r)), name;
    size_t at = 0;

    while (sl_token_next_name(text, &at, &name))
        add_input(m, name);
}

/* A path whose {VARIABLE} is not set is none. */
static sluice_span path_of(struct making *m, sluice_span template)
{
    struct sluice_arena *arena = sl_read_arena(m->r);
    sluice_span out = SL_SPAN(""), name;
    size_t from = 0, at = 0;

    while (sl_token_next_name(template, &at, &name)) {
        sluice_span copy = sl_arena_dup(arena, name), value;
        size_t open = (size_t)(name.ptr - template.ptr) - 1;

        value = copy.ptr ? sl_read_env(m->r, copy.ptr) : copy;
        m->nomem |= !copy.ptr;
        if (!value.len)
            return value;
        out = sl_arena_printf(arena, "%.*s%.*s%.*s", SL_FMT(out),
                              SL_FMT(sl_span(template.ptr + from, open - from)), SL_FMT(value));
        from = at;
    }
    out = sl_arena_printf(arena, "%.*s%.*s", SL_FMT(out), SL_FMT(sl_span_from(template, from)));
    m->nomem |= !out.ptr;
    return out;
}

static void read_files(struct making *m)
{
    const struct sl_json *list = sl_json_get(m->token->spec, "key_file");
    sluice_span *files =
        list && list->n ? sl_alloc0(sl_read_arena(m->r), list->n * sizeof *files) : NULL;
    size_t n = 0;

    m->nomem |= list && list->n && !files;
    if (!files)
        return;
    sl_json_each(one, list)
    {
        files[n] = path_of(m, sl_json_text(one, sl_read_arena(m->r)));
        n += files[n].len > 0;
    }
    m->token->files = files;
    m->token->n_files = n;
}

static void read_path(struct making *m, const char *name, const char *usual, sluice_span *out)
{
    const struct sl_json *at = sl_json_get(sl_json_get(m->token->spec, "answer"), name);

    *out = at ? sl_read_keep(m->r, sl_json_text(at, sl_read_arena(m->r))) : sl_span_str(usual);
    m->nomem |= !out->ptr;
}

/* A deployment may bring a token of its own. */
static void read_ready(struct making *m)
{
    const struct sl_json *ready = sl_json_get(m->token->spec, "ready");
    sluice_span value =
        ready ? look_up(m, sl_json_text(ready, sl_read_arena(m->r))) : sl_span(NULL, 0);

    m->token->ready = value.len ? sl_read_keep(m->r, value) : value;
    m->nomem |= value.len && !m->token->ready.ptr;
}

static void read_spec(struct making *m)
{
    const struct sl_json *spec = m->token->spec;

    read_files(m);
    read_path(m, "token", "access_token", &m->token->token_at);
    read_path(m, "expires_in", "expires_in", &m->token->in_at);
    read_path(m, "expires_at", "expires_at", &m->token->at_at);
    add_inputs(m, sl_json_get(spec, "url"));
    add_inputs(m, sl_json_get(spec, "basic"));
    sl_json_each(h, sl_json_get(spec, "headers")) add_inputs(m, h);
    sl_json_each(h, sl_json_get(spec, "form")) add_inputs(m, h);
}

static sluice_status create(struct sl_credential_reader *r, bool given, void **self,
                            sluice_error *err)
{
    sluice_span text = sl_read_keep(r, sl_read_exchange(r)), key = sl_read_key(r);
    struct sl_token *t = sl_alloc0(sl_read_arena(r), sizeof *t);
    struct making m = { .r = r, .token = t, .nomem = !text.ptr || !t };
    struct sl_json_error why;
    struct sl_json *spec = NULL;

    if (!m.nomem)
        m.nomem = sl_json_parse(text, sl_read_arena(r), &spec, &why) < 0; /* it was parsed before */
    if (!m.nomem) {
        t->spec = spec;
        if (!key.len)
            read_ready(&m);
        if (!t->ready.len)
            read_spec(&m);
    }
    if (m.nomem)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a credential");
    if (m.missing || (given && !m.any_given))
        return SLUICE_E_NOT_FOUND;
    if (key.len && !sl_token_input(t->inputs, SL_SPAN("api_key"))) /* it is used as it is */
        return SLUICE_E_NOT_FOUND;
    *self = t;
    return SLUICE_OK;
}

const struct sl_credential_source sl_source_token = {
    .name = "token", .kind = SLUICE_CRED_TOKEN, .create = create, .fetch = sl_token_fetch
};
