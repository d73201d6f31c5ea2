/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - one way to a credential, on the loop of the call that needed it first: a source goes it
 * step by step, by HTTP and by work that may block, and ends it with a grant or a failure.
 */
#ifndef SL_CREDENTIAL_FETCH_H
#define SL_CREDENTIAL_FETCH_H

#include <sluice/provider.h>
#include "base/arena.h"
#include "credential/grant.h"
#include "format/json_tree.h"
#include "net/transport.h"

struct sl_instance;
struct sl_credential;

/* What fetches on one loop share; its owner embeds it. */
struct sl_fetcher {
    struct sl_loop *loop;
    struct sl_net *net;
    struct sl_transport *replay; /* for "mock:" URLs */
    struct sl_jobs *jobs;
    struct sl_list running;
};
void sl_fetcher_init(struct sl_fetcher *f, struct sl_loop *loop, struct sl_net *net,
                     struct sl_transport *replay, struct sl_jobs *jobs);
/* The loop ends: its fetches fail, and with them who waits for them elsewhere. */
void sl_fetcher_finish(struct sl_fetcher *f);

/* Who asks for a credential, and what a fetch on its behalf may use. */
struct sl_credential_user {
    struct sl_fetcher *fetcher;
    struct sl_instance *provider; /* of this loop */
    const sluice_provider_class *cls;
    sluice_span base_url;
    const struct sl_upstream_options *upstream;
    /* What the five above need to stay: kept when a fetch begins, let go when it ends. */
    void *keeper;
    void (*keep)(void *keeper);
    void (*let_go)(void *keeper);
    /* status OK: grant, held for the receiver. */
    void (*ready)(void *ctx, sluice_status status, struct sl_grant *grant, const sluice_error *err);
    void *ctx;
};

struct sl_fetch_answer {
    int status;
    const sluice_header *headers; /* names in lower case */
    size_t n_headers;
    sluice_span body;
};

struct sl_fetch {
    struct sluice_arena arena; /* freed with it */
    sluice_error err;          /* filled before sl_fetch_fail() */
    void *state;               /* the source's own, in the arena */
    struct sl_credential_user user;
    struct sl_fetch_parts *parts; /* fetch.c's own */
};

/* The next step; `then` comes later, from the loop, once. Each step ends in another step or in
 * sl_fetch_done() or sl_fetch_fail(), after which f is gone. */

/* out lives in f->arena. status < 0: no answer, f->err says why. The answer is borrowed. */
typedef void (*sl_fetch_answered)(struct sl_fetch *f, sluice_status status,
                                  const struct sl_fetch_answer *answer);
void sl_fetch_http(struct sl_fetch *f, const struct sl_http_out *out, uint32_t timeout_ms,
                   sl_fetch_answered then);
/* work runs on a thread of the pool and may block; f->arena and f->state are its own meanwhile.
 * status < 0: it did not run. */
void sl_fetch_work(struct sl_fetch *f, void (*work)(struct sl_fetch *f),
                   void (*then)(struct sl_fetch *f, sluice_status status));
/* For work(): a small file as text in f->arena; NOT_FOUND, INVALID above 1 MiB, NOMEM. */
sluice_status sl_fetch_read_file(struct sl_fetch *f, const char *path, sluice_span *out);

/* The end: the grant is copied from the text. */
void sl_fetch_done(struct sl_fetch *f, const struct sl_grant_text *text);
void sl_fetch_fail(struct sl_fetch *f, sluice_status status);
void sl_fetch_nomem(struct sl_fetch *f);
/* Who answered said no: what that is goes by the status. word, message: its own; may be empty. */
void sl_fetch_refused(struct sl_fetch *f, const struct sl_fetch_answer *a, const char *who,
                      sluice_span word, sluice_span message);

/* fetch_text.c */

/* "name=value&" of each pair whose value is not empty, percent-encoded; ptr NULL: out of memory. */
sluice_span sl_fetch_form(struct sl_fetch *f, const sluice_header *pairs, size_t n);
/* The answer's text as a tree, NULL when it is no JSON. false: memory is out, and f is gone. */
bool sl_fetch_tree(struct sl_fetch *f, const struct sl_fetch_answer *a, struct sl_json **tree);
/* A count, which some services write as text; 0 when it is none, or below or beyond all sense. */
int64_t sl_fetch_number(const struct sl_json *j, struct sluice_arena *arena);

/* credential.c begins one; told by it at the end: takes over grant, which is NULL on failure. */
sluice_status sl_fetch_start(struct sl_credential *c, const struct sl_credential_user *user,
                             void (*begin)(struct sl_fetch *f), sluice_error *err);
void sl_credential_fetched(struct sl_credential *c, struct sl_grant *grant, sluice_status status,
                           const sluice_error *err);
struct sl_credential *sl_fetch_credential(struct sl_fetch *f);

#endif
