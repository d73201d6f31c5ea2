/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - a record and everything it points to, copied into one piece of memory that all loggers
 * share. Those of one loop lie one behind the other in slabs. A slab whose last record has been
 * written, whichever thread did that, waits for the loop's next records.
 */
#ifndef SL_RECORD_RECORD_H
#define SL_RECORD_RECORD_H

#include <stdatomic.h>
#include <sluice/logger.h>

struct sl_record_slab;
struct sl_record_slabs; /* of one loop */

struct sl_record {
    atomic_uint refs;
    struct sl_record_slab *slab; /* in which it lies */
    size_t bytes;
    sluice_record record;
    /* counts, stages and text follow */
};

/* A copy of what `from` points to, in one of the slabs, which are made when *slabs is NULL; NULL
 * when out of memory. The caller has its one count. */
struct sl_record *sl_record_create(struct sl_record_slabs **slabs, const sluice_record *from);
void sl_record_hold(struct sl_record *r);
void sl_record_drop(struct sl_record *r); /* [any thread] */
/* The loop makes no more records; those that it made stay. NULL is fine. */
void sl_record_slabs_drop(struct sl_record_slabs *slabs);

#endif
