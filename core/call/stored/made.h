/* SPDX-License-Identifier: Apache-2.0 */
/*
 * made.h - what clients are told of a response that is, or was, made in the background: in this
 * process, which background.h follows, or in another one on the same store. That one is known by
 * its lease, and is told to stop by a mark beside it.
 */
#ifndef SL_CALL_MADE_H
#define SL_CALL_MADE_H

#include "call/stored/background.h"

/* Of c->history: is it said to be under way? */
bool sl_made_is_open(const struct sl_call *c);
/* Is one that is said to be under way lost with the process that made it? NEXT: c->history says
 * what is true. */
enum sl_verdict sl_made_settle(struct sl_call *c, sluice_span id);
/* A request that would continue such a one. */
enum sl_verdict sl_made_unfinished(struct sl_call *c);
/* Its events; of one that another process makes when it has ended. */
enum sl_verdict sl_made_events(struct sl_call *c, sluice_span id);
/* NEXT: c->history is how it ended. */
enum sl_verdict sl_made_cancel(struct sl_call *c, sluice_span id);
/* Whoever makes it hears of it (SL_RUN_CANCEL, SL_RUN_FORGET), if anybody does. false: wait. */
bool sl_made_stop(struct sl_call *c, sluice_span id, const char *how);

#endif
