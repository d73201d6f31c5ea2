/* SPDX-License-Identifier: Apache-2.0 */
/* make.c - which credential a deployment has: its parameters and variables read, everything that
 * was read remembered as a digest, so that two which read the same are one. */
#include <stdlib.h>
#include <sluice/ext/token.h>
#include "base/status.h"
#include "credential/impl.h"
#include "format/json_tree.h"

#define ARENA_CAP (1u << 20)

struct sl_credential_reader {
    const struct sl_credential_options *options;
    struct sl_credential *credential;
    const struct sl_json *given;  /* what schemes read of the deployment */
    const struct sl_json *config; /* what its provider reads */
    sluice_span key;              /* the one at hand */
    struct sluice_arena scratch;
    struct sl_digest digest;
};

/* Lengths in front, so that no two lists of pieces read the same. */
static void note(struct sl_credential_reader *r, sluice_span text)
{
    uint64_t len = text.len;

    sl_digest_add(&r->digest, sl_span((const char *)&len, sizeof len));
    sl_digest_add(&r->digest, text);
}

static sluice_span secret_of(const struct sl_settings *s, sluice_span ref)
{
    sluice_span number = sl_span_from(ref, strlen("secret:"));
    uint64_t n;

    if (s->n_secrets == 0 || !sl_span_starts(ref, SL_SPAN("secret:")) ||
        !sl_span_u64(number, s->n_secrets - 1, &n))
        return ref;
    return sl_secret_reveal(s->secrets[n]);
}

sluice_span sl_read_given(struct sl_credential_reader *r, const char *name)
{
    const struct sl_json *value = sl_json_opt(r->given, name);
    sluice_span text = { NULL, 0 };

    if (!value)
        value = sl_json_opt(r->config, name);

    if (value && value->type == SL_JSON_STRING)
        text = secret_of(r->options->settings, sl_json_text(value, &r->scratch));
    else if (value && value->type == SL_JSON_OBJECT)
        text = value->raw;
    note(r, text);
    return text;
}

sluice_span sl_read_env(struct sl_credential_reader *r, const char *name)
{
    sluice_span text = sl_settings_env(r->options->settings, name);

    note(r, text);
    return text;
}

sluice_span sl_read_exchange(struct sl_credential_reader *r)
{
    sluice_span text = sl_entry_class(r->options->provider)->token_exchange;

    note(r, text);
    return text;
}

sluice_span sl_read_key(struct sl_credential_reader *r)
{
    return r->key;
}

sluice_span sl_read_base(struct sl_credential_reader *r)
{
    note(r, r->options->base_url);
    return r->options->base_url;
}

struct sluice_arena *sl_read_arena(struct sl_credential_reader *r)
{
    return &r->credential->arena;
}

sluice_span sl_read_keep(struct sl_credential_reader *r, sluice_span text)
{
    return sl_arena_dup(&r->credential->arena, text);
}

/* ---- what there is ---- */

static bool exchanges(const struct sl_plugin_class *cls)
{
    const sluice_provider_class *table = cls->table;

    return SLUICE_HAS(table, sluice_provider_class, get_extension) && table->get_extension &&
           table->get_extension(SLUICE_TOKEN_ID);
}

static sluice_status nomem(sluice_error *err)
{
    return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a credential");
}

/* A token by the provider's data file. */
static sluice_status use_exchange(struct sl_credential_reader *r, bool given, sluice_error *err)
{
    struct sl_credential *c = r->credential;
    sluice_status st = SLUICE_E_NOT_FOUND;

    if (sl_entry_class(r->options->provider)->token_exchange.len)
        st = sl_source_token.create(r, given, &c->self, err);
    if (st >= 0)
        c->source = &sl_source_token;
    return st;
}

/* A key is used as it is, or exchanged; what a plugin makes of it depends on its configuration. */
static sluice_status use_key(struct sl_credential_reader *r, sluice_span key, sluice_error *err)
{
    struct sl_credential *c = r->credential;
    struct sl_grant_text text = { .secret = key };
    sluice_status st;

    note(r, key);
    r->key = key;
    c->key = sl_secret_create(key);
    if (!c->key)
        return nomem(err);
    st = use_exchange(r, false, err);
    if (st != SLUICE_E_NOT_FOUND)
        return st;
    if (exchanges(sl_entry_class(r->options->provider))) {
        c->source = &sl_source_exchange;
        sl_digest_add(&r->digest, sl_span((const char *)&r->options->provider, sizeof(void *)));
        return SLUICE_OK;
    }
    c->grant = sl_grant_create(&text);
    return c->grant ? SLUICE_OK : nomem(err);
}

/* The schemes that the class takes, in its order. */
static sluice_status use_scheme(struct sl_credential_reader *r, bool given, sluice_error *err)
{
    const struct sl_plugin_class *cls = sl_entry_class(r->options->provider);
    struct sl_credential *c = r->credential;
    sluice_status found = use_exchange(r, given, err);

    if (found != SLUICE_E_NOT_FOUND)
        return found;
    for (size_t i = 0; i < cls->n_credentials; i++)
        for (const struct sl_credential_source *const *s = sl_credential_sources; *s; s++) {
            sluice_status st;

            if (!sl_span_eq(cls->credentials[i], sl_span_str((*s)->name)))
                continue;
            note(r, cls->credentials[i]);
            st = (*s)->create(r, given, &c->self, err);
            if (st == SLUICE_E_NOT_FOUND)
                continue;
            if (st >= 0)
                c->source = *s;
            return st;
        }
    return SLUICE_E_NOT_FOUND;
}

static sluice_status use_key_env(struct sl_credential_reader *r, sluice_error *err)
{
    const struct sl_plugin_class *cls = sl_entry_class(r->options->provider);

    for (size_t i = 0; i < cls->n_key_env; i++) {
        char name[128];
        sluice_span value;

        sl_copy_text(name, sizeof name, cls->key_env[i]);
        value = sl_settings_env(r->options->settings, name);
        if (value.len)
            return use_key(r, value, err);
    }
    return SLUICE_E_NOT_FOUND;
}

static sluice_status find(struct sl_credential_reader *r, sluice_error *err)
{
    const struct sl_deployment_settings *d = r->options->deployment;
    sluice_status st;

    if (d->api_key)
        return use_key(r, sl_secret_reveal(d->api_key), err);
    st = use_scheme(r, true, err);
    if (st == SLUICE_E_NOT_FOUND)
        st = use_key_env(r, err);
    if (st == SLUICE_E_NOT_FOUND)
        st = use_scheme(r, false, err);
    return st;
}

static struct sl_credential *make(void)
{
    struct sl_credential *c = sl_fault_hit() ? NULL : calloc(1, sizeof *c);

    if (!c)
        return NULL;
    atomic_init(&c->refs, 1);
    pthread_mutex_init(&c->lock, NULL);
    sl_list_init(&c->waiters);
    sl_arena_init(&c->arena, ARENA_CAP);
    return c;
}

/* The host's own texts are well formed. */
static sluice_status parse(struct sl_credential_reader *r, sluice_span text,
                           const struct sl_json **out, sluice_error *err)
{
    struct sl_json_error why;
    struct sl_json *tree = NULL;
    sluice_status st = SLUICE_OK;

    if (text.len)
        st = sl_json_parse(text, &r->scratch, &tree, &why);
    *out = tree;
    return st < 0 ? nomem(err) : SLUICE_OK;
}

sluice_status sl_credential_create(const struct sl_credential_options *options,
                                   struct sl_credential **out, sluice_error *err)
{
    struct sl_credential_reader r = { .options = options };
    sluice_status st;

    *out = NULL;
    r.credential = make();
    if (!r.credential || !sl_digest_init(&r.digest)) {
        sl_credential_drop(r.credential);
        return nomem(err);
    }
    sl_arena_init(&r.scratch, ARENA_CAP);
    st = parse(&r, options->deployment->credential, &r.given, err);
    if (st >= 0)
        st = parse(&r, options->deployment->config, &r.config, err);
    if (st >= 0)
        st = find(&r, err);
    sl_digest_end(&r.digest, r.credential->digest);
    sl_digest_finish(&r.digest);
    sl_arena_finish(&r.scratch);
    if (st >= 0) {
        *out = r.credential;
        return SLUICE_OK;
    }
    sl_credential_drop(r.credential);
    return st == SLUICE_E_NOT_FOUND ? SLUICE_OK : st;
}
