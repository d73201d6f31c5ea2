/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h - what is known about deployments beyond the calls that clients make: checks in the
 * background, if the configuration wants them, on a loop of their own; and what /health tells.
 * Calls are asked first: what they found is known without any check.
 */
#ifndef SL_API_HEALTH_H
#define SL_API_HEALTH_H

#include "api/verbs.h"

struct sl_health;

/* What the last check of a deployment found. */
struct sl_checked {
    int64_t unix_ms; /* when it ended; 0 = never */
    int64_t took_us;
    sluice_status status;
    char message[256]; /* why not */
};

struct sl_health *sl_health_create(struct sluice *s); /* NULL when out of memory */
/* After the loops have ended. */
void sl_health_destroy(struct sl_health *h);
/* A configuration is in force: begin checks, or go on with its own intervals. [any] */
sluice_status sl_health_apply(struct sl_health *h, const struct sl_settings *settings,
                              sluice_error *err);
/* [any] */
struct sl_checked sl_health_last(struct sl_health *h, sluice_span deployment);

/* verb: deployments with a verdict */
sluice_status sl_verb_endpoints(struct sluice *s, const struct sl_snapshot *snapshot,
                                sluice_span argument, struct sl_rows *rows, sluice_error *err);

/* probe.c: the request that finds out whether a deployment answers; false: there is none for its
 * mode that costs next to nothing. operation is static, text grows in body. */
bool sl_probe_request(const struct sl_deployment *d, struct sl_buf *body, sluice_span *operation);

#endif
