/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - a scheme by which credentials come about: constant tables in sources.c. A provider's
 * class names those it takes in "credentials" of its schema's x-sluice: "aws".
 */
#ifndef SL_CREDENTIAL_SOURCE_H
#define SL_CREDENTIAL_SOURCE_H

#include "credential/fetch.h"

struct sl_settings;
struct sl_credential_reader; /* what a deployment and its surroundings say */

struct sl_credential_source {
    const char *name;
    uint32_t kind; /* SLUICE_CRED_* */
    /* [main] Reads what is configured; no I/O. given: only the deployment's own parameters count,
     * not what is found in the environment. NOT_FOUND: nothing here for this scheme. *self lies in
     * sl_read_arena(), which lives as long as the credential. */
    sluice_status (*create)(struct sl_credential_reader *r, bool given, void **self,
                            sluice_error *err);
    /* What create() holds besides memory of the arena; may be NULL. */
    void (*destroy)(void *self);
    /* [loop] Begin a fetch; self is as create() left it and shared by loops, so it is read only. */
    void (*fetch)(const void *self, struct sl_fetch *f);
};

/* NULL-terminated. */
extern const struct sl_credential_source *const sl_credential_sources[];
extern const struct sl_credential_source sl_source_aws;    /* aws.c */
extern const struct sl_credential_source sl_source_entra;  /* entra.c */
extern const struct sl_credential_source sl_source_google; /* google.c */
/* token.c: a token from a service that the provider's data file describes ("token_exchange"). */
extern const struct sl_credential_source sl_source_token;
/* exchange.c: a key by the plugin's own token class (sluice/ext/token.h); fetch reads f->user. */
extern const struct sl_credential_source sl_source_exchange;

/* A parameter of the deployment (litellm_params), secrets revealed, a map as JSON; empty = not
 * given. Valid during create(): keep what is needed. */
sluice_span sl_read_given(struct sl_credential_reader *r, const char *name);
/* A variable, from environment_variables of the file or the process; empty = not set. */
sluice_span sl_read_env(struct sl_credential_reader *r, const char *name);
/* For token.c: what the provider's data file says of a token exchange, a JSON object; the key that
 * may be exchanged; where the deployment lives. Empty = there is none. */
sluice_span sl_read_exchange(struct sl_credential_reader *r);
sluice_span sl_read_key(struct sl_credential_reader *r);
sluice_span sl_read_base(struct sl_credential_reader *r);
struct sluice_arena *sl_read_arena(struct sl_credential_reader *r);
/* A NUL-terminated copy that lives as long as the credential; ptr NULL: out of memory. */
sluice_span sl_read_keep(struct sl_credential_reader *r, sluice_span text);

#endif
