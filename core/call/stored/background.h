/* SPDX-License-Identifier: Apache-2.0 */
/*
 * background.h - responses that are made while nobody waits (`background: true`), for deployments
 * that cannot do so themselves. The client is told at once; a detached call of its own (spawn.h,
 * purpose "background") runs the request as a stream whose events are kept, so that any number of
 * clients, on any loop, can read them from any place on, then follow. How it ended is kept in the
 * object store, whatever the end was. While it runs, so does a lease in the store: a response that
 * is said to be in progress and has none was lost with its process, and has failed.
 */
#ifndef SL_CALL_BACKGROUND_H
#define SL_CALL_BACKGROUND_H

#include "call/attempt/attempt.h"

struct sl_runs; /* all that run in this process; [any] */
struct sl_run;
struct sl_listener; /* a call that reads or awaits one */

struct sl_runs *sl_runs_create(void); /* NULL when out of memory */
void sl_runs_destroy(struct sl_runs *all);

/* A call before its dispatch. NEXT: it is an ordinary one; WAIT: the step runs again, or the call
 * follows its run; END: it was answered, or refused. */
enum sl_verdict sl_background_enter(struct sl_call *c);

/* The run of that id and of c's owner, to be dropped; NULL: none runs here. */
struct sl_run *sl_run_find(struct sl_call *c, sluice_span id);
void sl_run_drop(struct sl_run *run); /* NULL is fine */
/* The call is told what the response is now, and ends. */
enum sl_verdict sl_run_answer(struct sl_call *c, struct sl_run *run);
/* Ends it; the call is told how it ended. */
enum sl_verdict sl_run_cancel(struct sl_call *c, struct sl_run *run);
/* Ends it; forget: and nothing of it is to be kept. */
void sl_run_stop(struct sl_run *run, bool forget);

/* Ids of what is kept beside a response: the lease of one that runs, what another process wants of
 * it, the events of one that has ended. No client's id has a '/' in it. */
#define SL_RUN_LEASE "/run"
#define SL_RUN_MARK "/stop"
#define SL_RUN_EVENTS "/events"
/* Texts of a mark. */
#define SL_RUN_CANCEL "cancel"
#define SL_RUN_FORGET "forget"

/* For the call that runs: the response's id; it has ended. */
sluice_span sl_run_id(const struct sl_run *run);
void sl_background_ended(struct sl_call *c);

/* background_read.c: events behind the n-th (-1: all) as a stream of the call's own; either of a
 * run, which is followed, or of a text (of c->stored.found) that is all there is. */
enum sl_verdict sl_listen(struct sl_call *c, struct sl_run *run, int64_t after);
enum sl_verdict sl_listen_kept(struct sl_call *c, int64_t after);
void sl_listener_more(struct sl_call *c); /* the client takes more again */
void sl_listener_leave(struct sl_call *c);

#endif
