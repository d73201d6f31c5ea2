/* SPDX-License-Identifier: Apache-2.0 */
/* class.h - the kinds of plugins, and what a class table of each must have. */
#ifndef SL_PLUGIN_CLASS_H
#define SL_PLUGIN_CLASS_H

#include <sluice/plugin.h>

struct sl_kind {
    const char *id;   /* SLUICE_PROVIDER_ID */
    const char *name; /* "provider" */
};
#define SL_KINDS 4
extern const struct sl_kind sl_kinds[SL_KINDS];
/* The kind's name for messages; the id itself when it is unknown. */
const char *sl_kind_name(const char *id);

/* Long enough, and no function missing that its header does not call optional? file: for the
 * message. */
sluice_status sl_class_check(const char *file, const char *kind, const void *table,
                             sluice_error *err);
/* The table's own schema, or NULL. */
const char *sl_class_schema(const char *kind, const void *table);

#endif
