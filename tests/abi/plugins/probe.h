/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - what t_provider shows of itself to the tests, as an extension of its class. */
#ifndef TEST_PROBE_H
#define TEST_PROBE_H

#include <sluice/provider.h>

#define PROBE_ID "test.probe/1"

/* Counted by the plugin's callbacks. */
typedef struct probe_counts {
    int reads, timers, works, dones, posts, answers;
    int32_t last_status;
} probe_counts;

typedef struct probe {
    /* Watch fd for reading: each byte counts, 'q' ends the watch from inside its own callback. */
    int (*watch)(sluice_provider *p, int fd);
    int (*timer)(sluice_provider *p, uint64_t ms);
    /* cancel_last: cancel_job() of the job submitted last. */
    int (*job)(sluice_provider *p);
    int32_t (*cancel_last)(sluice_provider *p);
    /* From a thread of the plugin's own, which is joined before this returns. */
    int (*post)(sluice_provider *p);
    sluice_status (*http)(sluice_provider *p, sluice_span url);
    sluice_status (*http_blocking)(sluice_provider *p, sluice_span url);
    const probe_counts *(*counts)(sluice_provider *p);
    /* The object behind ext/share.h: how many instances have come by. */
    int (*seen)(sluice_provider *p);
} probe;

#endif
