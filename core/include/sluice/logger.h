/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/logger.h - a logger ships records of finished calls somewhere: a file, a database,
 * a bill. It is never on the request's path. The host queues records and hands them over in
 * batches on a thread that belongs to this instance alone, so plain blocking code is fine.
 *
 * The queue is bounded. When it is full the host drops, counts what it dropped and says so in
 * its own log and metrics; a slow logger cannot slow a request. Records may repeat after a
 * retry: uid is the identity. ext/io.h is NULL for loggers: they have no loop.
 */
#ifndef SLUICE_LOGGER_H
#define SLUICE_LOGGER_H

#include <sluice/provider.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_LOGGER_ID "sluice.logger/1"

typedef struct sluice_logger sluice_logger; /* defined by the plugin */

#define SLUICE_LOG_BODIES 1u /* wants request/response; the host fills them only if policy allows */

#define SLUICE_RECORD_CALL  1u /* one client call, finished */
#define SLUICE_RECORD_TRY   2u /* one upstream attempt inside it */
#define SLUICE_RECORD_EVENT 3u /* budget crossed, deployment cooled down, ...; see detail */

#define SLUICE_RECORD_STREAMED    1u
#define SLUICE_RECORD_CACHED      2u
#define SLUICE_RECORD_UNDELIVERED 4u /* complete, but the client had left */
#define SLUICE_RECORD_SHARED     16u /* answered by the upstream call of parent_uid, which paid */
#define SLUICE_RECORD_ESTIMATED   8u /* counts are the host's own, the vendor gave none */

/* How long a call stayed in one step. FROZEN */
typedef struct sluice_stage {
    const char *name; /* static: "auth", "dispatch", ... */
    int64_t us;
} sluice_stage;

/* Borrowed until write() returns. Unknown numbers are -1, unknown text is empty. */
typedef struct sluice_record {
    uint32_t struct_size;
    uint32_t kind;         /* SLUICE_RECORD_*; skip kinds you do not know */
    uint32_t flags;        /* SLUICE_RECORD_STREAMED ... */
    int32_t http_status;   /* sent to the client */
    sluice_status status;  /* SLUICE_OK or the class of failure */
    uint32_t attempts;
    int64_t started_us;    /* Unix microseconds */
    int64_t first_byte_us, total_us, overhead_us; /* durations */
    int64_t cost_nano_usd; /* integers for money: 1 USD = 10^9 */
    const sluice_count *counts; /* what was consumed; provider.h */
    size_t n_counts;
    const sluice_stage *stages;
    size_t n_stages;
    sluice_span uid, parent_uid;           /* ours, never the client's text */
    sluice_span request_id, trace_id, span_id, parent_span_id;
    sluice_span key_id, key_alias, team_id, user_id, org_id, end_user; /* who pays; never a key */
    sluice_span operation, model, provider, deployment; /* model = the name the client used */
    sluice_span upstream_model, response_id, price_version;
    sluice_span error_code, error_message;
    sluice_span tags;                      /* JSON object: the caller's metadata */
    sluice_span detail;                    /* JSON object on one line: kind-specific */
    sluice_span request, response;         /* bodies, already redacted */
    sluice_span purpose;                   /* of a call that works for another: "shadow", ... */
    sluice_span variant;                   /* which arm of a trial answered: model_info.variant */
} sluice_record;

typedef struct sluice_logger_class {
    uint32_t struct_size;
    uint32_t flags;            /* SLUICE_LOG_* */
    uint32_t batch_max;        /* records a write() takes at most; 0 = the host's choice */
    uint32_t batch_wait_ms;    /* how long a record may wait for company; 0 = host's choice */
    const char *config_schema; /* JSON Schema of config */

    /* [main] Parse the configuration; no I/O yet. */
    sluice_status (*create)(const sluice_host *host, sluice_span config, sluice_logger **out,
                            sluice_error *err);
    /* [writer] Connect; called again with back-off while it returns UNAVAILABLE. May be NULL. */
    sluice_status (*start)(sluice_logger *self, sluice_error *err);
    /* [writer] Ship records[0..n). Set *done to how many are safe (it starts at 0).
     *   OK           all are; *done is ignored
     *   UNAVAILABLE  keep the rest and call again, after err->retry_after_ms if set
     *   other < 0    record *done is unusable: drop that one, go on with the rest */
    sluice_status (*write)(sluice_logger *self, const sluice_record *const *records, size_t n,
                           size_t *done, sluice_error *err);
    /* [writer] Push out what write() buffered, within deadline_ms. May be NULL. */
    sluice_status (*flush)(sluice_logger *self, uint32_t deadline_ms, sluice_error *err);
    /* [writer] Undo start(); after the last flush. May be NULL. */
    void (*stop)(sluice_logger *self);
    /* [main] */
    void (*destroy)(sluice_logger *self);

    /* [any] Optional extras by id; may be NULL. */
    const void *(*get_extension)(const char *id);
} sluice_logger_class;

#ifdef __cplusplus
}
#endif
#endif
