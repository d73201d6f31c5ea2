/* SPDX-License-Identifier: Apache-2.0 */
/*
 * models.h - the catalogue of models: text files of sorted lines, searched where they lie. Nothing
 * of them is kept in memory and nothing is read before somebody asks, so that a long list costs
 * nothing at the start. sdk/docs/model-files.md has the format. [any] once it is made.
 */
#ifndef SL_CONFIG_MODELS_H
#define SL_CONFIG_MODELS_H

#include "base/log.h"
#include "config/model.h"

#define SL_MODELS_LINE 4096u /* bytes of one line at most */
#define SL_MODELS_FILES 64u  /* in one catalogue */
#define SL_MODELS_HEAD "# sluice models 1"

struct sl_models;

struct sl_models *sl_models_create(void); /* empty; NULL when out of memory */
struct sl_models *sl_models_hold(struct sl_models *m);
void sl_models_drop(struct sl_models *m); /* NULL is fine */
/* Opens one more file; those added before win. Before anybody looks anything up. INVALID: it does
 * not begin as such a file does. */
sluice_status sl_models_add(struct sl_models *m, const char *path, sluice_error *err);
/* Reads a whole file: sorted, every line sound? err names the line. For `sluice check` and tests.
 */
sluice_status sl_models_check(const char *path, size_t *lines, sluice_error *err);

/* The line "provider/model". OK, NOT_FOUND, or what went wrong reading. Its text lies in arena. */
sluice_status sl_models_find(const struct sl_models *m, sluice_span provider, sluice_span model,
                             struct sluice_arena *arena, struct sl_model *out);
/* The same for a deployment: by base_model ("gpt-4o", "azure/gpt-4o"), else by the model's own
 * name, also without what stands before its slashes or before the first dot ("eu-west-1/",
 * "us."). alias: the provider's other name, or empty. m may be NULL. Unknown models leave *out
 * with nothing known. */
sluice_status sl_models_resolve(const struct sl_models *m, sluice_span provider, sluice_span alias,
                                sluice_span model, sluice_span base_model,
                                struct sluice_arena *arena, struct sl_model *out);
/* One line as text (its key is in front). INVALID: it is none. For tests and sl_models_check(). */
sluice_status sl_models_read_line(sluice_span line, struct sluice_arena *arena,
                                  struct sl_model *out);

#endif
