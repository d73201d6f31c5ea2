/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog.h - provider data files: YAML that says which plugin runs a vendor and how. The host
 * reads id, uses, base_url, key_env, credentials, token_exchange, aliases and serves; the whole
 * file, with the deployment's settings over it, is the plugin's configuration. A plugin written as
 * code says the same in its class's schema, as the top-level member "x-sluice".
 */
#ifndef SL_PLUGIN_CATALOG_H
#define SL_PLUGIN_CATALOG_H

#include "base/log.h"
#include "format/json_tree.h"

struct sl_facts {
    sluice_span json; /* the data file as an object; empty for code */
    sluice_span uses; /* empty for code */
    sluice_span base_url;
    sluice_span token_exchange; /* an object; empty = there is none */
    const sluice_span *key_env, *credentials, *aliases, *serves;
    size_t n_key_env, n_credentials, n_aliases, n_serves;
};

/* Everything in *out lies in the arena. id: what the file's name says. */
sluice_status sl_catalog_read(const char *path, sluice_span id, struct sluice_arena *arena,
                              struct sl_facts *out, sluice_error *err);
/* The facts of a class; a schema that is no JSON object is INVALID. schema may be NULL. file: for
 * the message. */
sluice_status sl_catalog_schema(const char *file, const char *schema, struct sluice_arena *arena,
                                struct sl_facts *out, sluice_error *err);
/* Members of a data file that are the host's, known to every plugin's schema. */
extern const sluice_span sl_catalog_members[];
extern const size_t sl_catalog_n_members;

#endif
