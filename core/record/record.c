/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - see record.h. */
#include "record/record.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"

#define SLAB_SIZE (32u << 10)
#define OWN_SLAB (8u << 10) /* larger records have one to themselves */
#define IDLE_SLABS 32u      /* empty ones that a busy loop keeps: its writer may be late */
#define ALIGN _Alignof(max_align_t)
/* A slab's count while the loop puts records there. So those cost no atomic operation each: the
 * difference is settled when the slab is full. */
#define OPEN (1u << 31)

struct sl_record_slab {
    atomic_uint refs; /* its records, and OPEN */
    struct sl_record_slabs *home;
    struct sl_record_slab *next; /* when empty */
    size_t used, size;
    unsigned n; /* records that were put there */
    _Alignas(ALIGN) char data[];
};

struct sl_record_slabs {
    struct sl_record_slab *current;           /* the loop's own ... */
    struct sl_record_slab *idle;              /* ... and so are these */
    _Atomic(struct sl_record_slab *) emptied; /* by whichever thread */
    atomic_uint n_idle;                       /* of both kinds */
    atomic_uint refs;                         /* the loop, and slabs with records */
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

static void home_drop(struct sl_record_slabs *home)
{
    struct sl_record_slab *s;

    if (atomic_fetch_sub_explicit(&home->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (s = atomic_load_explicit(&home->emptied, memory_order_relaxed); s;) {
        struct sl_record_slab *next = s->next;

        free(s);
        s = next;
    }
    free(home);
}

/* [any thread] Its last record has gone. */
static void recycle(struct sl_record_slab *s)
{
    struct sl_record_slabs *home = s->home;

    if (s->size != SLAB_SIZE ||
        atomic_fetch_add_explicit(&home->n_idle, 1, memory_order_relaxed) >= IDLE_SLABS) {
        if (s->size == SLAB_SIZE)
            atomic_fetch_sub_explicit(&home->n_idle, 1, memory_order_relaxed);
        free(s);
    } else {
        s->next = atomic_load_explicit(&home->emptied, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(&home->emptied, &s->next, s,
                                                      memory_order_release, memory_order_relaxed))
            ;
    }
    home_drop(home);
}

static void slab_drop(struct sl_record_slab *s, unsigned n)
{
    if (atomic_fetch_sub_explicit(&s->refs, n, memory_order_acq_rel) == n)
        recycle(s);
}

/* No more records go there. */
static void slab_close(struct sl_record_slab *s)
{
    if (s)
        slab_drop(s, OPEN - s->n);
}

/* An empty one for records of this size in all. */
static struct sl_record_slab *slab_open(struct sl_record_slabs *home, size_t size)
{
    struct sl_record_slab *s = NULL;

    if (size == SLAB_SIZE && !home->idle)
        home->idle = atomic_exchange_explicit(&home->emptied, NULL, memory_order_acquire);
    if (size == SLAB_SIZE && home->idle) {
        s = home->idle;
        home->idle = s->next;
        atomic_fetch_sub_explicit(&home->n_idle, 1, memory_order_relaxed);
    } else if (!sl_fault_hit()) {
        s = malloc(sizeof *s + size);
    }
    if (!s)
        return NULL;
    atomic_init(&s->refs, OPEN);
    atomic_fetch_add_explicit(&home->refs, 1, memory_order_relaxed);
    s->home = home;
    s->used = 0;
    s->size = size;
    s->n = 0;
    return s;
}

static struct sl_record_slabs *home_create(void)
{
    struct sl_record_slabs *home = sl_fault_hit() ? NULL : calloc(1, sizeof *home);

    if (home)
        atomic_init(&home->refs, 1);
    return home;
}

void sl_record_slabs_drop(struct sl_record_slabs *home)
{
    if (!home)
        return;
    slab_close(home->current);
    while (home->idle) {
        struct sl_record_slab *next = home->idle->next;

        free(home->idle);
        home->idle = next;
    }
    home_drop(home);
}

static struct sl_record *put(struct sl_record_slab *s, size_t size)
{
    struct sl_record *r = (struct sl_record *)(void *)(s->data + s->used);

    s->used += size;
    s->n++;
    r->slab = s;
    return r;
}

/* Room for a record of this size, counted in its slab. */
static struct sl_record *take(struct sl_record_slabs *home, size_t size)
{
    struct sl_record_slab *s = home->current;
    struct sl_record *r;

    size = (size + ALIGN - 1) & ~(ALIGN - 1);
    if (size > OWN_SLAB) {
        s = slab_open(home, size);
        r = s ? put(s, size) : NULL;
        slab_close(s);
        return r;
    }
    if (!s || s->size - s->used < size) {
        s = slab_open(home, SLAB_SIZE);
        if (!s)
            return NULL;
        slab_close(home->current);
        home->current = s;
    }
    return put(s, size);
}

struct sl_record *sl_record_create(struct sl_record_slabs **slabs, const sluice_record *from)
{
    size_t size = sizeof(struct sl_record);
    size_t counts = from->n_counts * sizeof *from->counts;
    size_t stages = from->n_stages * sizeof *from->stages;
    struct sl_record *r;
    char *at;

    size += counts + stages;
    for (size_t i = 0; i < N_SPANS; i++)
        size += span_of((sluice_record *)(uintptr_t)from, i)->len;
    if (!*slabs)
        *slabs = home_create();
    r = *slabs ? take(*slabs, size) : NULL;
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

void sl_record_hold(struct sl_record *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
}

void sl_record_drop(struct sl_record *r)
{
    if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        slab_drop(r->slab, 1);
}
