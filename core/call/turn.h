/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn.h - calls that wait for a place: at a deployment that runs as many as it may
 * (max_parallel_requests), or in the process (global_max_parallel_requests). They come in the order
 * of their priority, and not for ever: router_settings.queue_timeout.
 */
#ifndef SL_CALL_TURN_H
#define SL_CALL_TURN_H

#include "call/call.h"

/* After sl_attempt_start() found nobody but c->busy_at. WAIT: the step runs again; NEXT: try again
 * at once; END: no more waiting, *st and c->error say why. */
enum sl_verdict sl_turn_wait(struct sl_call *c, sluice_status *st);
/* The attempt took a place, or there is no use in waiting any more: if it was this call's turn and
 * it went elsewhere, the next one is told. */
void sl_turn_over(struct sl_call *c, const struct sl_deployment *taken);
/* Do others wait for the deployments of this group, and is it not this call's turn? */
const struct sl_deployment *sl_turn_of_others(const struct sl_call *c, const struct sl_group *g);
/* A place at this deployment has become free. */
void sl_turn_next(const struct sl_deployment *d);

/* The same for the process as a whole. WAIT, NEXT (it has a place, or needs none) or END. */
enum sl_verdict sl_turn_in_process(struct sl_call *c);
void sl_turn_out_of_process(struct sl_call *c);

#define SL_SHED_BODIES "the requests under way hold as much memory as max_in_flight_mb allows"

/* c->error: come again later. */
sluice_status sl_turn_shed(struct sl_call *c, const char *code, const char *why);

#endif
