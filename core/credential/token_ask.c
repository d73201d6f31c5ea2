/* SPDX-License-Identifier: Apache-2.0 */
/* token_ask.c - one fetch of a described token: the key read from a file if it lies in one, the
 * request, its answer. */
#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "credential/token.h"
#include "credential/wire.h"

#define STEP_MS 15000
#define FORM_TYPE SL_SPAN("application/x-www-form-urlencoded")
#define MS_FROM 100000000000 /* no Unix time in seconds, for three thousand years */

struct token_fetch {
    const struct sl_token *token;
    sluice_span key; /* of a file */
    sluice_status status;
    struct sl_http_out out;
    sluice_span body;
};

/* ---- the request ---- */

static sluice_span uuid(struct sl_fetch *f)
{
    uint64_t a = sl_random(), b = sl_random();

    return sl_arena_printf(&f->arena, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
                           (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
                           (unsigned)(b >> 48 & 0x3fff) | 0x8000,
                           (unsigned long long)(b & 0xffffffffffff));
}

static sluice_span value_of(struct sl_fetch *f, sluice_span name)
{
    const struct token_fetch *s = f->state;
    const struct sl_token_input *i = sl_token_input(s->token->inputs, name);

    if (sl_span_eq(name, SL_SPAN("uuid")))
        return uuid(f);
    return i ? i->value : s->key.len ? s->key : SL_SPAN(""); /* only the key may lie in a file */
}

/* Filled in; in_url: so that a value stays a part of the path or of the host's name. */
static sluice_span filled(struct sl_fetch *f, const struct sl_json *template, bool in_url)
{
    sluice_span text = sl_json_text(template, &f->arena), out = SL_SPAN(""), name;
    size_t from = 0, at = 0;

    while (out.ptr && sl_token_next_name(text, &at, &name)) {
        size_t open = (size_t)(name.ptr - text.ptr) - 1;
        sluice_span value = value_of(f, name);

        if (in_url && !sl_span_eq(name, SL_SPAN("origin")))
            value = sl_wire_percent(&f->arena, value);
        if (!value.ptr)
            return value;
        out = sl_arena_printf(&f->arena, "%.*s%.*s%.*s", SL_FMT(out),
                              SL_FMT(sl_span(text.ptr + from, open - from)), SL_FMT(value));
        from = at;
    }
    return out.ptr ? sl_arena_printf(&f->arena, "%.*s%.*s", SL_FMT(out),
                                     SL_FMT(sl_span_from(text, from)))
                   : out;
}

static bool add_header(struct sl_fetch *f, sluice_header *all, sluice_span name, sluice_span value)
{
    struct token_fetch *s = f->state;

    all[s->out.n_headers++] = (sluice_header){ name, value };
    return value.ptr != NULL;
}

/* "Basic": the two, as OAuth's clients show who they are. */
static sluice_span basic(struct sl_fetch *f, const struct sl_json *template)
{
    sluice_span both = filled(f, template, false);
    sluice_span text = both.ptr ? sl_wire_base64(&f->arena, both) : both;

    return text.ptr ? sl_arena_printf(&f->arena, "Basic %.*s", SL_FMT(text)) : text;
}

static bool write_headers(struct sl_fetch *f, const struct sl_json *spec)
{
    struct token_fetch *s = f->state;
    const struct sl_json *given = sl_json_get(spec, "headers"), *who = sl_json_get(spec, "basic");
    size_t most = (given ? given->n : 0) + 3;
    sluice_header *all = sl_alloc0(&f->arena, most * sizeof *all);
    bool ok = all != NULL;

    if (!ok)
        return false;
    s->out.headers = all;
    ok = add_header(f, all, SL_SPAN("accept"), SL_SPAN("application/json"));
    if (sl_json_get(spec, "form"))
        ok = ok && add_header(f, all, SL_SPAN("content-type"), FORM_TYPE);
    if (who)
        ok = ok && add_header(f, all, SL_SPAN("authorization"), basic(f, who));
    sl_json_each(h, given) ok = ok && add_header(f, all, h->name, filled(f, h, false));
    return ok;
}

static bool write_form(struct sl_fetch *f, const struct sl_json *form)
{
    struct token_fetch *s = f->state;
    sluice_header *pairs = form ? sl_alloc0(&f->arena, (form->n + 1) * sizeof *pairs) : NULL;
    size_t n = 0;

    if (!form)
        return true;
    if (!pairs)
        return false;
    sl_json_each(p, form)
    {
        pairs[n] = (sluice_header){ p->name, filled(f, p, false) };
        if (!pairs[n++].value.ptr)
            return false;
    }
    s->body = sl_fetch_form(f, pairs, n);
    s->out.body = &s->body;
    s->out.n_body = 1;
    return s->body.ptr != NULL;
}

/* ---- the answer ---- */

/* How long it serves: told in seconds, or when it ends, in seconds or thousandths since 1970. */
static uint64_t ttl_ms(const struct sl_token *t, const struct sl_json *tree,
                       struct sluice_arena *arena)
{
    int64_t in_s = sl_fetch_number(sl_json_at(tree, t->in_at.ptr), arena);
    int64_t at = sl_fetch_number(sl_json_at(tree, t->at_at.ptr), arena), now = sl_unix_ms();

    if (in_s > 0 || at == 0)
        return (uint64_t)in_s * 1000;
    at = at < MS_FROM ? at * 1000 : at;
    return at > now ? (uint64_t)(at - now) : 1; /* over already: no call shall use it for long */
}

static sluice_span said(struct sl_fetch *f, const struct sl_json *tree)
{
    static const char *const places[] = { "error_description", "errorMessage", "message",
                                          "error.message" };
    sluice_span text = { NULL, 0 };

    for (size_t i = 0; i < sizeof places / sizeof *places && !text.len; i++)
        text = sl_json_text(sl_json_at(tree, places[i]), &f->arena);
    return text;
}

static void answered(struct sl_fetch *f, sluice_status status, const struct sl_fetch_answer *a)
{
    const struct sl_token *t = ((struct token_fetch *)f->state)->token;
    struct sl_grant_text grant = { 0 };
    struct sl_json *tree = NULL;

    if (status < 0) {
        sl_fetch_fail(f, status);
        return;
    }
    if (!sl_fetch_tree(f, a, &tree))
        return;
    grant.secret = sl_json_text(sl_json_at(tree, t->token_at.ptr), &f->arena);
    grant.ttl_ms = ttl_ms(t, tree, &f->arena);
    if (a->status >= 200 && a->status < 300 && grant.secret.len)
        sl_fetch_done(f, &grant);
    else
        sl_fetch_refused(f, a, "the token service",
                         sl_json_text(sl_json_opt(tree, "error"), &f->arena), said(f, tree));
}

/* ---- the way ---- */

static void ask(struct sl_fetch *f)
{
    struct token_fetch *s = f->state;
    const struct sl_json *spec = s->token->spec;
    bool get = sl_json_is(sl_json_get(spec, "method"), "GET");

    s->out = (struct sl_http_out){ .method = get ? SL_SPAN("GET") : SL_SPAN("POST") };
    s->out.url = filled(f, sl_json_get(spec, "url"), true);
    if (s->out.url.ptr && write_headers(f, spec) && write_form(f, sl_json_get(spec, "form")))
        sl_fetch_http(f, &s->out, STEP_MS, answered);
    else
        sl_fetch_nomem(f);
}

static void read_key(struct sl_fetch *f)
{
    struct token_fetch *s = f->state;

    s->status = SLUICE_E_NOT_FOUND;
    for (size_t i = 0; i < s->token->n_files && s->status == SLUICE_E_NOT_FOUND; i++)
        s->status = sl_fetch_read_file(f, s->token->files[i].ptr, &s->key);
    s->key = sl_span_trim(s->key);
}

static void key_read(struct sl_fetch *f, sluice_status status)
{
    struct token_fetch *s = f->state;

    if (status >= 0)
        status = s->status;
    if (status == SLUICE_E_NOMEM)
        sl_fetch_nomem(f);
    else if (status < 0 || !s->key.len)
        sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_AUTH, "no api_key, and none in %.200s",
                                 s->token->files[0].ptr));
    else
        ask(f);
}

void sl_token_fetch(const void *self, struct sl_fetch *f)
{
    const struct sl_token *t = self;
    struct token_fetch *s = sl_alloc0(&f->arena, sizeof *s);

    f->state = s;
    if (!s) {
        sl_fetch_nomem(f);
        return;
    }
    s->token = t;
    if (t->ready.len)
        sl_fetch_done(f, &(struct sl_grant_text){ .secret = t->ready });
    else if (t->n_files && !sl_token_input(t->inputs, SL_SPAN("api_key")))
        sl_fetch_work(f, read_key, key_read);
    else
        ask(f);
}
