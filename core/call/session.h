/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - a client that stays connected: what its calls have in common, those that run, and the
 * last answers that nobody else keeps. One loop's.
 */
#ifndef SL_CALL_SESSION_H
#define SL_CALL_SESSION_H

#include "call/call.h"

/* Answers that can be continued: the last one of each lane that a client may have, and some. */
#define SL_SESSION_KEPT 36

struct sluice_session {
    struct sl_worker *worker;
    struct sluice_arena arena;
    sluice_request request; /* of each call, but for the body; in the arena */
    struct sl_list calls;   /* that run */
    char uid[33];           /* whose the remembered answers are */
    char *kept[SL_SESSION_KEPT];
    unsigned next_kept;
};

sluice_status sl_session_open(struct sl_worker *w, const sluice_request *request,
                              struct sluice_session **out, sluice_error *err);
sluice_status sl_session_start(struct sluice_session *s, sluice_span body,
                               const sluice_events *events, void *ctx, uint64_t *task,
                               sluice_error *err);
void sl_session_close(struct sluice_session *s);

/* stored.c: this answer can be continued; the one before the last ones cannot any more. */
sluice_status sl_session_remember(struct sluice_session *s, sluice_span id, sluice_span text,
                                  sluice_error *err);
/* To be dropped; NULL: there is none. */
struct sl_object *sl_session_recall(struct sluice_session *s, sluice_span id);

#endif
