/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - private to the test kit: the host in a box from inside. */
#ifndef SL_TESTHOST_HOST_H
#define SL_TESTHOST_HOST_H

#include "base/list.h"
#include "testhost.h"
#include "text.h"

#include <pthread.h>

struct sl_testhost {
    sluice_host host;
    size_t arena_cap;
    uint64_t now_ms, random;
    int64_t unix_ms;
    struct text log;
    void *shared;
    void (*drop)(void *obj);
    struct pair *table, *secrets;

    struct sl_list watches, timers, jobs;
    pthread_mutex_t lock; /* of posts: they come from any thread */
    struct sl_list posts;
    int wake[2]; /* a pipe, so that a post ends the waiting */
};

bool sl_testhost_loop_init(struct sl_testhost *t);
void sl_testhost_loop_finish(struct sl_testhost *t);
extern const sluice_host_io sl_testhost_io;

#endif
