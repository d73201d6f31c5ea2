/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - a record and everything it points to, copied into one piece of memory that all loggers
 * share. Those of one loop lie one behind the other in slabs: one allocation for dozens of them. A
 * slab goes when its last record has been written, whichever thread that is.
 */
#ifndef SL_RECORD_RECORD_H
#define SL_RECORD_RECORD_H

#include <stdatomic.h>
#include <sluice/logger.h>

struct sl_record_slab;

struct sl_record {
    atomic_uint refs;
    struct sl_record_slab *slab; /* in which it lies */
    size_t bytes;
    sluice_record record;
    /* counts, stages and text follow */
};

/* A copy of what `from` points to, in *slab or in a new one that takes its place; NULL when out of
 * memory. *slab is the caller's alone, NULL at first. */
struct sl_record *sl_record_create(struct sl_record_slab **slab, const sluice_record *from);
void sl_record_drop(struct sl_record *r); /* [any thread] */
/* The caller puts no more records there. NULL is fine. */
void sl_record_slab_drop(struct sl_record_slab *slab);

#endif
