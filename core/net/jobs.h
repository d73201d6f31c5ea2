/* SPDX-License-Identifier: Apache-2.0 */
/* jobs.h - a small pool of threads for work that blocks (getaddrinfo, files); the result comes back
 * to the loop. One pool per sluice object, bounded. */
#ifndef SL_NET_JOBS_H
#define SL_NET_JOBS_H

#include "net/loop.h"

struct sl_jobs;
struct sl_job; /* counted by the pool */

sluice_status sl_jobs_create(unsigned threads, struct sl_jobs **out, sluice_error *err);
void sl_jobs_destroy(struct sl_jobs *j); /* waits for running work, drops the rest */
/* [loop] work runs on a pool thread, done on the loop afterwards. NULL: queue full or out of
 * memory. */
struct sl_job *sl_jobs_submit(struct sl_jobs *j, struct sl_loop *l, void (*work)(void *ctx),
                              void (*done)(void *ctx), void *ctx);
/* [loop] true: neither runs any more. false: work is running, done will come, ctx must live till
 * then. */
bool sl_jobs_cancel(struct sl_jobs *j, struct sl_job *job);

#endif
