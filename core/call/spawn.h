/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.h - calls that the library makes for other calls: shadow traffic, guards, embeddings of a
 * semantic cache. They walk through the same steps and end with a record of their own, which names
 * the parent and what it was for; there is no client.
 */
#ifndef SL_CALL_SPAWN_H
#define SL_CALL_SPAWN_H

#include "call/call.h"

struct sl_spawn {
    uint32_t flags;         /* SLUICE_CALL_DETACHED, _NO_CACHE, _STREAM */
    uint32_t deadline_ms;   /* of the whole call; 0 = the configuration's */
    sluice_span operation;  /* empty = the parent's */
    sluice_span model;      /* instead of the body's; empty = as the body says */
    sluice_span body;       /* copied; or */
    struct sl_body *shared; /* the parent's own, counted instead of copied */
    bool whole;          /* shared goes with all that came beside it: fields, parameters, session */
    sluice_span purpose; /* "shadow" */
    const struct sl_principal *payer; /* NULL = who pays for the parent */
    const sluice_events *events;      /* NULL: nobody waits for it */
    void *ctx;
};

/* Begins when the parent's turn is over, never from inside this. It ends with its parent, unless
 * SLUICE_CALL_DETACHED. INVALID: it would be too deep. task may be NULL. */
sluice_status sl_call_spawn(struct sl_call *parent, const struct sl_spawn *spec, uint64_t *task,
                            sluice_error *err);

#endif
