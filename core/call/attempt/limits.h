/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - how long an attempt may take: all in all, until the first token, between two pieces of
 * a stream, and how slow a stream may be. One timer waits for whichever comes first; nothing is
 * done for a piece of an answer but to note when it came, and that only where a limit asks for it.
 */
#ifndef SL_CALL_LIMITS_H
#define SL_CALL_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct sl_attempt;

struct sl_limit_watch {
    uint64_t total_us, first_us, idle_us; /* 0 = none */
    int64_t speed_milli;                  /* thousandths of tokens a second; 0 = none */
    const char *total_name;               /* the key that sets it */
    bool of_caller;                       /* it is the client's own */
    uint64_t moved_us;                    /* the last piece came, or the reader went on */
    uint64_t window_us, window_events;    /* where the speed is measured from */
    uint64_t step_us;                     /* the end of one step of several; 0 = none */
    bool lively;                          /* pieces are to be noted */
    unsigned looks;                       /* sl_time_is_up() */
};

/* The attempt is there and its deployment is known. */
void sl_limits_set(struct sl_attempt *a);
/* Its timer waits for the next limit; extra_ms: one more, for this step only, 0 = none. */
void sl_limits_arm(struct sl_attempt *a, uint64_t extra_ms);
/* What is left of all its time. */
uint64_t sl_limits_left_ms(const struct sl_attempt *a);
/* The reader goes on after a pause, for which nobody else can be blamed. */
void sl_limits_resumed(struct sl_attempt *a);

/* Its answer is the one the client gets, from now on. */
void sl_limits_begun(struct sl_attempt *a);
/* A piece of the answer came; only if limits.lively. */
void sl_limits_moved(struct sl_attempt *a);

#endif
