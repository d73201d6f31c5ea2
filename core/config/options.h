/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - what may be said of a model group as well as of a deployment or of all: limits of
 * time. Part of struct sl_settings; -1 = not said at this place.
 */
#ifndef SL_CONFIG_OPTIONS_H
#define SL_CONFIG_OPTIONS_H

#include "base/span.h"

struct sl_limits {
    int64_t timeout_ms;        /* of an attempt */
    int64_t stream_timeout_ms; /* the same, of one that streams */
    int64_t ttft_ms;           /* until the first token of a stream */
    int64_t idle_ms;           /* between two pieces of a stream */
    int64_t speed_milli;       /* least thousandths of tokens a second of a stream */
};
#define SL_LIMITS_NONE                                                                             \
    {                                                                                              \
        -1, -1, -1, -1, -1                                                                         \
    }

/* When a second deployment is asked as well, because nothing came of the first. */
struct sl_hedge_rule {
    int64_t
        after_ms; /* fixed; or as long as there is no percentile yet, and the least; -1 = none */
    int64_t percentile; /* of the group's times to the first token, in tenths; 0 = none */
    int64_t budget_ppm; /* second calls for a million calls */
};
#define SL_HEDGE_NONE                                                                              \
    {                                                                                              \
        -1, 0, 50000                                                                               \
    }

/* One member of router_settings.model_group_options. */
struct sl_group_options {
    sluice_span group;
    struct sl_limits limits;
    struct sl_hedge_rule hedge;
    bool single_flight; /* identical calls at the same time share one upstream call */
};

#endif
