/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit.h - passes of the filter that ask what a deployment can do, not who may use it: pre-call
 * checks against what is known of its model, this minute's requests, and the last health check.
 */
#ifndef SL_ROUTE_FIT_H
#define SL_ROUTE_FIT_H

#include "route/filter.h"

/* What a request asks of a model; abilities are bits of enum sl_ability. */
struct sl_needs {
    bool checked;        /* enable_pre_call_checks; else only `always` counts */
    int64_t tokens;      /* of the prompt, guessed */
    uint32_t modalities; /* kinds of input that the prompt brings */
    uint32_t params;     /* of parameters that can be dropped */
    uint32_t always;     /* of those that are looked at without the checks */
    /* What is known of a wildcard deployment's model; NULL = nothing. */
    const struct sl_model *(*known)(void *ctx, const struct sl_deployment *d);
    void *ctx;
};

void sl_pass_needs(const struct sl_pick_request *r, uint8_t *why);
void sl_pass_rpm(const struct sl_pick_request *r, uint8_t *why);
/* Never the last one: when every check failed, the checks are what is wrong. */
void sl_pass_health(const struct sl_pick_request *r, uint8_t *why);

/* What is known of a deployment's model, for this call. */
const struct sl_model *sl_needs_model(const struct sl_pick_request *r,
                                      const struct sl_deployment *d);
/* The ability that d lacks, when it is left out for PARAM or MODALITY; SL_ABILITIES = none. */
enum sl_ability sl_needs_lacks(const struct sl_pick_request *r, const struct sl_deployment *d);
/* "images", and the request's member that asks for it, "messages". */
const char *sl_needs_word(enum sl_ability a);
const char *sl_needs_member(enum sl_ability a);

#endif
