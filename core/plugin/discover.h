/* SPDX-License-Identifier: Apache-2.0 */
/* discover.h - which plugin files, and which files of models,
 * lie in which folders. Reads names and modes, opens nothing. */
#ifndef SL_PLUGIN_DISCOVER_H
#define SL_PLUGIN_DISCOVER_H

#include "base/log.h"

struct sl_found {
    struct sl_found *next;
    bool data;    /* *.yaml, else *.so */
    bool models;  /* *.models, a catalogue of models (config/models.h), and no plugin */
    char *second; /* another file of that id in the same folder: an error; else NULL */
    char *path;   /* absolute */
    char *id;     /* the file's stem; of models its name */
};

/* Folders in order, the first that has an id wins; inside a folder by name. path: as in
 * sl_registry_options. A missing folder is a warning; one that others may write to is INVALID. */
sluice_status sl_discover(const char *path, const struct sl_log *log, struct sl_found **out,
                          sluice_error *err);
void sl_found_destroy(struct sl_found *list);

/* [a-z0-9_.-]+, at most 64 characters, no dot in front. */
bool sl_plugin_id_ok(sluice_span id);
/* Is path, a folder or a regular file, safe from everybody but root and this user? Says why not. */
sluice_status sl_guard_owner(const char *path, bool folder, sluice_error *err);

#endif
