/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h - one load in progress: its memory, its report, its first error. Internal to config/;
 * what callers see is settings.h.
 */
#ifndef SL_CONFIG_LOAD_H
#define SL_CONFIG_LOAD_H

#include "config/node.h"
#include "config/settings.h"

#define SL_CONFIG_BYTES (8u << 20)   /* one file */
#define SL_CONFIG_KEY_BYTES 256      /* what is shown of a dotted key */
#define SL_CONFIG_MEMORY (96u << 20) /* the tree of one load, and the settings made of it */

struct sl_load {
    struct sluice_arena arena; /* the tree; freed at the end of the load */
    const struct sl_config_report *report;
    sluice_error *err;
    sluice_status status;   /* of the first error; OK while there is none */
    struct sl_node *hidden; /* texts to be wiped at the end */
    struct sl_settings *out;
};

/* The way from the root to a value, on the stack of whoever walks. */
struct sl_path {
    const struct sl_path *up;
    sluice_span key; /* empty in lists */
    uint32_t index;
    bool in_list;
};
#define SL_PATH_KEY(parent, name)                                                                  \
    (struct sl_path)                                                                               \
    {                                                                                              \
        .up = (parent), .key = (name)                                                              \
    }
#define SL_PATH_ITEM(parent, i)                                                                    \
    (struct sl_path)                                                                               \
    {                                                                                              \
        .up = (parent), .index = (i), .in_list = true                                              \
    }

/* One line of the report. where and path may be NULL. */
void sl_load_line(struct sl_load *l, enum sl_key_verdict verdict, const struct sl_place *where,
                  const struct sl_path *path, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The same for an error; the first one is kept in l->err and l->status. Returns INVALID. */
sluice_status sl_load_error(struct sl_load *l, const struct sl_place *where,
                            const struct sl_path *path, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Out of memory, or over the load's cap. Returns NOMEM. */
sluice_status sl_load_nomem(struct sl_load *l);
/* Never print this node's text; wiped when the load ends. */
void sl_load_hide(struct sl_load *l, struct sl_node *node, bool secret);
/* "general_settings.object_store", cut off where out ends; its length. */
size_t sl_load_path(char *out, size_t size, const struct sl_path *path);
/* What may be shown of a scalar: its text, or <hidden>. */
sluice_span sl_load_show(const struct sl_node *node);

#endif
