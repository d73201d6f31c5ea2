/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h - the blocking way to a verb of sluice_control(), for the main thread and the subcommands.
 */
#ifndef GW_ASK_H
#define GW_ASK_H

#include <stdbool.h>
#include <sluice/sluice.h>

struct event_base;

/* Rows go to row(). base: the one that loop is attached to; NULL for a spawned loop. */
sluice_status gw_ask(sluice_loop *loop, struct event_base *base, const char *verb,
                     int (*row)(void *ctx, sluice_span json), void *ctx, sluice_error *err);

/* What the gateway has to know of the configuration in force. */
struct gw_facts {
    bool master_key;
    uint64_t max_request_bytes; /* 0 = not said */
    uint32_t body_ms;           /* between two pieces of a body; 0 = not said */
};
sluice_status gw_ask_facts(sluice_loop *loop, struct event_base *base, struct gw_facts *out,
                           sluice_error *err);

#endif
