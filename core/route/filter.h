/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - which deployments of a group may serve a call now, and why the others may not. The one
 * answer for those who choose (pick.c) and those who explain: no deployment is left out anywhere
 * else. Conditions that more than one layer knows of are passes over the group; a new one is a
 * function and a line in filter.c.
 */
#ifndef SL_ROUTE_FILTER_H
#define SL_ROUTE_FILTER_H

#include "route/group.h"

/* Why a deployment is no candidate. The first reason found is the one told. */
enum sl_reason {
    SL_FITS,
    SL_NOT_TRIED,    /* this call asked it before */
    SL_NOT_TEAM,     /* it belongs to another team */
    SL_NOT_REGION,   /* the caller wants another region */
    SL_NOT_COOLING,  /* it failed and rests */
    SL_NOT_HEALTHY,  /* its health check failed */
    SL_NOT_BUSY,     /* max_parallel_requests are running */
    SL_NOT_RPM,      /* this minute's requests are used up */
    SL_NOT_TPM,      /* this minute's tokens are used up */
    SL_NOT_BUDGET,   /* its budget is used up */
    SL_NOT_CONTEXT,  /* the prompt is longer than its window */
    SL_NOT_PARAM,    /* it does not take a parameter of the request */
    SL_NOT_MODALITY, /* it does not take images, audio ... that the request has */
    SL_NOT_TAGS,     /* its tags are not those that were asked for */
    SL_NOT_ORDER,    /* one with a lower order is there */
    SL_NOT_SESSION,  /* the session stays with another one; see sticky.h */
    SL_REASONS
};

/* "cooldown", "tags": a word for machines; what it means, for people. Static. */
const char *sl_reason_name(enum sl_reason reason);
const char *sl_reason_text(enum sl_reason reason);

struct sl_pick_request; /* pick.h */

/* Judge deployments[0..n) of the request's group into why[0..n), each an enum sl_reason. Returns
 * how many fit. Changes nothing. */
size_t sl_route_filter(const struct sl_pick_request *request, uint8_t *why);

/* When none fits: the status and message that say it best, the way LiteLLM does. TIMES: a client
 * that may come back later gets retry_after_ms. */
sluice_status sl_route_nobody(const struct sl_pick_request *request, const uint8_t *why,
                              sluice_error *err);

#endif
