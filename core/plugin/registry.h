/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - which plugins there are and how to get at their class tables: built-ins, *.so files
 * and provider data files (*.yaml), found in folders, loaded at first use, never unloaded. One per
 * sluice object; modules themselves are shared by the process and counted. [any], behind a lock.
 */
#ifndef SL_PLUGIN_REGISTRY_H
#define SL_PLUGIN_REGISTRY_H

#include "base/arena.h"
#include "base/log.h"

struct sl_models; /* config/models.h */
struct sl_registry;

struct sl_registry_options {
    const struct sl_log *log;
    const char *path;            /* colon list of absolute folders; NULL = $SLUICE_PLUGIN_PATH
                                    (secure_getenv), then the installed folder */
    const sluice_header *sha256; /* id -> hex digest that the file must have */
    size_t n_sha256;
    const char *product; /* for sluice_host.product; NULL = "sluice VERSION" */
};

/* Reads folders and names, loads nothing. A missing folder is a warning, one that others may write
 * to is refused. */
sluice_status sl_registry_create(const struct sl_registry_options *options,
                                 struct sl_registry **out, sluice_error *err);
void sl_registry_destroy(struct sl_registry *r);
/* Look for new files (a reload); known ids stay what they are. */
sluice_status sl_registry_rescan(struct sl_registry *r, sluice_error *err);
const char *sl_registry_product(const struct sl_registry *r);
/* The files of models beside the plugins, as the last scan found them; held for the caller. */
struct sl_models *sl_registry_models(struct sl_registry *r);
/* What plugins count (host_metrics.h), and what instances share (host_share.h). */
struct sl_metrics *sl_registry_metrics(struct sl_registry *r);
struct sl_shares *sl_registry_shares(struct sl_registry *r);

/* A class table with what its file says about configuration. Lives as long as the registry. */
struct sl_plugin_class {
    const char *kind;           /* SLUICE_PROVIDER_ID, ... */
    const char *id;             /* asked for: "groq" */
    const char *plugin_id;      /* who runs it: "openai_compat"; equal to id without a data file */
    const void *table;          /* sluice_provider_class, ... */
    const char *config_schema;  /* of the class; may be NULL */
    sluice_span data;           /* the data file as a JSON object; empty = none */
    sluice_span base_url;       /* default; from the data file or the schema's "x-sluice" */
    const sluice_span *key_env; /* environment variables to look for a key in, best first */
    size_t n_key_env;
    const sluice_span *credentials; /* schemes of the host's that it takes: "aws" */
    size_t n_credentials;
    sluice_span token_exchange; /* how to get a token, a JSON object; empty = it is not said */
    const sluice_span *serves;  /* names of models that need no prefix; may hold '*' */
    size_t n_serves;
};
/* Loads the module if need be. NOT_FOUND names what was looked for, where, and the nearest id. */
sluice_status sl_registry_class(struct sl_registry *r, const char *kind, sluice_span id,
                                const struct sl_plugin_class **out, sluice_error *err);

/* Every provider id there is, loading what is not loaded yet (a plugin that cannot be loaded is
 * logged and left out). For the start without a configuration and for `sluice plugins`. */
sluice_status sl_registry_each(struct sl_registry *r, const char *kind,
                               void (*fn)(void *ctx, const struct sl_plugin_class *cls), void *ctx);
/* One JSON object a row: id, kind, version, abi, abi_min, file, sha256, summary, builtin, uses,
 * error. Loads what is not loaded yet. */
void sl_registry_list(struct sl_registry *r, void (*row)(void *ctx, sluice_span json), void *ctx);

/* Process-wide, before the first registry: the same source linked in. */
sluice_status sl_registry_add_builtin(sluice_plugin_entry_fn entry);

#endif
