/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/router.h - a router picks one deployment out of several that could serve a call. It
 * is a choice over numbers, with no I/O and no clock of its own: the same arguments and the
 * same observations give the same answer, so a router is tested with a table.
 *
 * The host has already taken out what may not be used (down, cooling, over a limit, tried
 * before in this call, forbidden to this key). Retry and fallback are the host's too: it asks
 * again with fewer candidates, and goes to the next group when none is left. Everything here
 * is [loop]; learned state that all loops should have goes to ext/share.h under the
 * deployment's id, since slots do not survive a restart.
 */
#ifndef SLUICE_ROUTER_H
#define SLUICE_ROUTER_H

#include <sluice/provider.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_ROUTER_ID "sluice.router/1"

typedef struct sluice_router sluice_router; /* defined by the plugin: one strategy on one loop */

/* One candidate and what the host knows about it, as of now. Borrowed for the call.
 * -1 = not known or no limit. */
typedef struct sluice_deployment {
    uint32_t struct_size;
    uint32_t slot;              /* small number, stable while the process lives; index by it */
    sluice_span id;             /* stable across restarts */
    sluice_span provider, model, region;
    sluice_span tags;           /* JSON array of strings from the configuration */
    int64_t weight_ppm;         /* configured weight x 10^6; -1 = none configured */
    int64_t order;              /* lower is preferred; -1 = none */
    int64_t in_flight, parallel_max;
    int64_t rpm_used, rpm_max;  /* requests in the current minute */
    int64_t tpm_used, tpm_max;  /* tokens in the current minute */
    int64_t latency_us;         /* moving average to the last byte */
    int64_t first_byte_us;      /* moving average to the first byte */
    int64_t error_ppm;          /* failures per million calls, moving average */
    int64_t input_pico_usd, output_pico_usd; /* price of one token; 1 USD = 10^12 */
    /* Means of the last measured times, and when (as now_ms) the newest of them was taken. A timeout
     * counts as 1,000 seconds. Of whole answers: nanoseconds per output token, or for all of it
     * where there are no tokens; of streams: microseconds to the first useful event. */
    int64_t token_ns, token_at_ms;
    int64_t first_token_us, first_token_at_ms;
    /* Peak-EWMA of the same, in microseconds: rises to a slow answer at once, falls as time passes.
     * As of ..._at_ms; time since then is the router's to weigh. */
    int64_t peak_us, peak_at_ms;             /* to the last byte, of whole answers */
    int64_t peak_first_us, peak_first_at_ms; /* to the first useful event, of streams */
} sluice_deployment;

typedef struct sluice_route {
    uint32_t struct_size;
    uint32_t attempt;           /* 0 for the first pick of a call */
    uint32_t flags;             /* SLUICE_CALL_STREAM */
    uint32_t reserved;
    uint64_t now_ms;            /* monotonic */
    uint64_t random;            /* fresh uniform bits; use these, not rand() */
    uint64_t sticky;            /* hash of the session or prompt prefix; 0 = none */
    int64_t input_tokens;       /* estimate, -1 = unknown */
    int64_t output_tokens;      /* the caller's maximum, -1 = unknown */
    sluice_span group;          /* model name the client used */
    sluice_span operation;
    sluice_span tags;           /* JSON array of strings the caller asked for */
    sluice_span key_id, team_id, user_id, metadata;
    const sluice_header *members, *headers; /* of the request; views, no copies */
    size_t n_members, n_headers;
    /* With SLUICE_ROUTER_FETCHES: brings the numbers of candidates[index] up to date. */
    void (*fetch)(const struct sluice_route *route, uint32_t index);
} sluice_route;

typedef struct sluice_choice {
    uint32_t struct_size;
    uint32_t index;             /* into the candidates */
    uint64_t cookie;            /* comes back in sluice_outcome.cookie */
    uint32_t second, hedge_ms;  /* hedge_ms > 0: start candidate `second` if nothing came by then */
    sluice_span group;          /* not empty: none of these; ask this model group instead (a name or
                                   an alias; static or of the instance's own memory). index and
                                   cookie are not read, and there is no outcome to observe */
} sluice_choice;

/* How a pick turned out. */
typedef struct sluice_outcome {
    uint32_t struct_size;
    uint32_t slot;
    sluice_status status;       /* SLUICE_OK or the class of failure; CANCELLED counts neither way */
    uint32_t flags;             /* SLUICE_CALL_STREAM */
    uint64_t cookie;
    uint64_t now_ms;
    int64_t first_byte_us, total_us;
    int64_t input_tokens, output_tokens;
} sluice_outcome;

/* pick() looks at no number that changes (in_flight, rpm_used, tpm_used, averages, measured times):
 * the host need not fetch them, and they are of no use. */
#define SLUICE_ROUTER_NO_COUNTERS 1u
#define SLUICE_ROUTER_NO_TIMES    4u /* the same for the measured ones alone: token_ns and on */
/* pick() looks at the numbers of a few candidates only, each behind a call of sluice_route.fetch():
 * the others' are old. */
#define SLUICE_ROUTER_FETCHES     8u
#define SLUICE_ROUTER_HEADERS     2u /* wants sluice_route.headers: all but credentials and cookies */

typedef struct sluice_router_class {
    uint32_t struct_size;
    uint32_t flags;             /* SLUICE_ROUTER_* */
    const char *config_schema;  /* JSON Schema of config */

    sluice_status (*create)(const sluice_host *host, sluice_span config, sluice_router **out,
                            sluice_error *err);
    void (*destroy)(sluice_router *self);

    /* Choose among candidates[0..n), n >= 1. UNAVAILABLE = better none of these (the host goes
     * on to the fallback group). */
    sluice_status (*pick)(sluice_router *self, const sluice_route *route,
                          const sluice_deployment *const *candidates, size_t n,
                          sluice_choice *out, sluice_error *err);
    /* Exactly once per OK pick, unused and cancelled ones too, after it ended. May be NULL. */
    void (*observe)(sluice_router *self, const sluice_outcome *outcome);

    /* [any] Optional extras by id; may be NULL. */
    const void *(*get_extension)(const char *id);
} sluice_router_class;

#ifdef __cplusplus
}
#endif
#endif
