/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logger.h - one configured logger: its instance, a bounded queue of records and the thread that
 * hands them over in batches, with back-off, and flushes at the end. Counted: it outlives the
 * snapshots that name it. Producers are all loops; a full queue drops and counts.
 */
#ifndef SL_RECORD_LOGGER_H
#define SL_RECORD_LOGGER_H

#include <sluice/logger.h>
#include "plugin/entry.h"
#include "record/record.h"

struct sl_logger;

struct sl_logger_stats {
    uint64_t queued, written, dropped, retries;
    bool failing; /* the last batch could not be shipped, or it cannot start */
};

/* Starts the thread. Holds the entry. */
sluice_status sl_logger_create(struct sl_entry *entry, const struct sl_log *log,
                               struct sl_logger **out, sluice_error *err);
struct sl_logger *sl_logger_hold(struct sl_logger *l);
/* The last one writes what is queued, flushes for up to 5 s, and joins the thread. */
void sl_logger_drop(struct sl_logger *l);
struct sl_entry *sl_logger_entry(const struct sl_logger *l);
/* [any] Queue it; the caller's count goes with it. Never blocks longer than a short lock. */
void sl_logger_put(struct sl_logger *l, struct sl_record *r);
struct sl_logger_stats sl_logger_stats(struct sl_logger *l);
/* Does it want bodies? */
bool sl_logger_wants_bodies(const struct sl_logger *l);

#endif
