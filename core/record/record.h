/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - a record and everything it points to, copied into one piece of memory that all loggers
 * share. */
#ifndef SL_RECORD_RECORD_H
#define SL_RECORD_RECORD_H

#include <stdatomic.h>
#include <sluice/logger.h>

struct sl_record {
    atomic_uint refs;
    size_t bytes;
    sluice_record record;
    /* counts, stages and text follow */
};

/* A copy of what `from` points to; NULL when out of memory. */
struct sl_record *sl_record_create(const sluice_record *from);
void sl_record_drop(struct sl_record *r);

#endif
