/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - what a call consumed, by kind (SLUICE_USE_*); what was never reported is not known. */
#ifndef SL_FORMAT_USAGE_H
#define SL_FORMAT_USAGE_H

#include <sluice/provider.h>
#include "base/buf.h"
#include "base/span.h"

struct sl_usage {
    uint32_t known; /* bit per kind */
    bool estimated; /* counted by us from the text, not reported */
    int64_t n[SLUICE_USE_KINDS];
};

static inline bool sl_usage_has(const struct sl_usage *u, uint32_t kind)
{
    return (u->known >> kind) & 1u;
}

#define SL_USAGE_MOST (INT64_MAX / 8) /* so that a few of them can be added up */

/* Kinds this host does not know are skipped; so are counts that are negative or beyond belief. */
static inline void sl_usage_set(struct sl_usage *u, uint32_t kind, int64_t n)
{
    if (kind == 0 || kind >= SLUICE_USE_KINDS || n < 0 || n > SL_USAGE_MOST)
        return;
    u->known |= 1u << kind;
    u->n[kind] = n;
}

static inline int64_t sl_usage_get(const struct sl_usage *u, uint32_t kind, int64_t otherwise)
{
    return sl_usage_has(u, kind) ? u->n[kind] : otherwise;
}

/* Per kind the last report wins. */
void sl_usage_merge(struct sl_usage *u, const sluice_usage *report);
/* What is known, as the ABI's list; returns how many were written (at most SLUICE_USE_KINDS). */
size_t sl_usage_counts(const struct sl_usage *u, sluice_count *out);
/* Read OpenAI's usage object (chat, completions, embeddings, responses) with the variants that
 * compatible vendors have: cached tokens at the top, cost, totals that leave reasoning out. */
void sl_usage_read(struct sl_usage *u, sluice_span object);
/* The same in two steps: the numbers that count in a usage object, as they stand there, and what
 * they say. */
#define SL_USAGE_TOTAL SLUICE_USE_KINDS /* total_tokens; else a kind */
#define SL_USAGE_FIELDS 24
struct sl_usage_field {
    uint32_t kind;
    sluice_span value; /* raw */
};
size_t sl_usage_fields(sluice_span object,
                       struct sl_usage_field *out); /* SL_USAGE_FIELDS of them */
void sl_usage_apply(struct sl_usage *u, const struct sl_usage_field *fields, size_t n);
/* Write it as OpenAI's chat usage object. */
void sl_usage_write(const struct sl_usage *u, struct sl_buf *b);

#endif
