/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h - plugins in this process: loaded and checked once, shared by all sluice objects,
 * init()ed for the first and fini()shed after the last of them, never unmapped. [any]
 */
#ifndef SL_PLUGIN_MODULE_H
#define SL_PLUGIN_MODULE_H

#include "base/log.h"

struct sl_module; /* counted */

/* id: the file's stem, which the descriptor must agree with. sha256: hex digest that the file must
 * have; empty = any. What is wrong is said as file, found, wanted. */
sluice_status sl_module_open(const char *path, sluice_span id, sluice_span sha256,
                             const struct sl_log *log, struct sl_module **out, sluice_error *err);
/* The same source, linked in. */
sluice_status sl_module_open_builtin(sluice_plugin_entry_fn entry, const struct sl_log *log,
                                     struct sl_module **out, sluice_error *err);
void sl_module_close(struct sl_module *m);

const sluice_plugin *sl_module_descriptor(const struct sl_module *m);
const char *sl_module_file(const struct sl_module *m);   /* "built-in" */
const char *sl_module_sha256(const struct sl_module *m); /* hex; "" when built in */

/* The descriptor's fields, without init(). id empty = any. */
sluice_status sl_descriptor_check(const sluice_plugin *d, const char *file, sluice_span id,
                                  sluice_error *err);
/* Steps 5 of the loader up to init(): guard, regular file, digest, dlopen, entry, descriptor. hex:
 * 65 bytes. */
sluice_status sl_module_map(const char *path, sluice_span id, sluice_span sha256,
                            const sluice_plugin **out, char *hex, sluice_error *err);
/* SHA-256 of a file as 64 hex digits and a NUL; INVALID when it is not the wanted one. */
sluice_status sl_file_digest(const char *path, sluice_span wanted, char *hex, sluice_error *err);

#endif
