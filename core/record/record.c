/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - see record.h. */
#include "record/record.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"

#define SLAB_SIZE (32u << 10)
#define OWN_SLAB (8u << 10) /* larger records have one to themselves */
#define ALIGN _Alignof(max_align_t)

struct sl_record_slab {
    atomic_uint refs; /* its records, and whoever puts more there */
    size_t used, size;
    _Alignas(ALIGN) char data[];
};

/* Every span of a record, so that none is forgotten when it is copied. */
#define SPAN(member) offsetof(sluice_record, member)
static const uint16_t spans[] = {
    SPAN(uid),           SPAN(parent_uid),     SPAN(request_id),
    SPAN(trace_id),      SPAN(span_id),        SPAN(parent_span_id),
    SPAN(key_id),        SPAN(key_alias),      SPAN(team_id),
    SPAN(user_id),       SPAN(org_id),         SPAN(end_user),
    SPAN(operation),     SPAN(model),          SPAN(provider),
    SPAN(deployment),    SPAN(upstream_model), SPAN(response_id),
    SPAN(price_version), SPAN(error_code),     SPAN(error_message),
    SPAN(tags),          SPAN(detail),         SPAN(request),
    SPAN(response),      SPAN(purpose),        SPAN(variant),
};
#define N_SPANS (sizeof spans / sizeof spans[0])

static sluice_span *span_of(sluice_record *r, size_t i)
{
    return (sluice_span *)(void *)((char *)r + spans[i]);
}

static struct sl_record_slab *slab_create(size_t size)
{
    struct sl_record_slab *s = sl_fault_hit() ? NULL : malloc(sizeof *s + size);

    if (!s)
        return NULL;
    atomic_init(&s->refs, 1);
    s->used = 0;
    s->size = size;
    return s;
}

void sl_record_slab_drop(struct sl_record_slab *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
        free(s);
}

/* Room for a record of this size, counted in its slab. */
static struct sl_record *take(struct sl_record_slab **current, size_t size)
{
    struct sl_record_slab *s = *current;
    struct sl_record *r;

    size = (size + ALIGN - 1) & ~(ALIGN - 1);
    if (size > OWN_SLAB) {
        s = slab_create(size);
        if (!s)
            return NULL;
    } else {
        if (!s || s->size - s->used < size) {
            s = slab_create(SLAB_SIZE);
            if (!s)
                return NULL;
            sl_record_slab_drop(*current);
            *current = s;
        }
        atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    }
    r = (struct sl_record *)(void *)(s->data + s->used);
    s->used += size;
    r->slab = s;
    return r;
}

struct sl_record *sl_record_create(struct sl_record_slab **slab, const sluice_record *from)
{
    size_t size = sizeof(struct sl_record);
    size_t counts = from->n_counts * sizeof *from->counts;
    size_t stages = from->n_stages * sizeof *from->stages;
    struct sl_record *r;
    char *at;

    size += counts + stages;
    for (size_t i = 0; i < N_SPANS; i++)
        size += span_of((sluice_record *)(uintptr_t)from, i)->len;
    r = take(slab, size);
    if (!r)
        return NULL;
    atomic_init(&r->refs, 1);
    r->bytes = size;
    r->record = *from;
    at = (char *)(r + 1);
    r->record.counts = (const sluice_count *)(void *)at;
    if (counts)
        memcpy(at, from->counts, counts);
    at += counts;
    r->record.stages = (const sluice_stage *)(void *)at;
    if (stages)
        memcpy(at, from->stages, stages);
    at += stages;
    for (size_t i = 0; i < N_SPANS; i++) {
        sluice_span *s = span_of(&r->record, i);

        if (s->len)
            memcpy(at, s->ptr, s->len);
        s->ptr = at;
        at += s->len;
    }
    return r;
}

void sl_record_drop(struct sl_record *r)
{
    if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        sl_record_slab_drop(r->slab);
}
