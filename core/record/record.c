/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - see record.h. */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

/* Every span of a record, so that none is forgotten when it is copied. */
static sluice_span *const *spans_of(sluice_record *r, size_t *n)
{
    static _Thread_local sluice_span *list[32];
    sluice_span *const all[] = {
        &r->uid,           &r->parent_uid,     &r->request_id,
        &r->trace_id,      &r->span_id,        &r->parent_span_id,
        &r->key_id,        &r->key_alias,      &r->team_id,
        &r->user_id,       &r->org_id,         &r->end_user,
        &r->operation,     &r->model,          &r->provider,
        &r->deployment,    &r->upstream_model, &r->response_id,
        &r->price_version, &r->error_code,     &r->error_message,
        &r->tags,          &r->detail,         &r->request,
        &r->response,      &r->purpose,        &r->variant,
    };

    *n = sizeof all / sizeof all[0];
    memcpy(list, all, sizeof all);
    return list;
}

struct sl_record *sl_record_create(const sluice_record *from)
{
    size_t n, size = sizeof(struct sl_record);
    sluice_record copy = *from;
    sluice_span *const *spans = spans_of(&copy, &n);
    struct sl_record *r;
    char *at;

    size += copy.n_counts * sizeof *copy.counts + copy.n_stages * sizeof *copy.stages;
    for (size_t i = 0; i < n; i++)
        size += spans[i]->len;
    r = malloc(size);
    if (!r)
        return NULL;
    atomic_init(&r->refs, 1);
    r->bytes = size;
    at = (char *)(r + 1);
    if (copy.n_counts)
        memcpy(at, copy.counts, copy.n_counts * sizeof *copy.counts);
    copy.counts = (const sluice_count *)(void *)at;
    at += copy.n_counts * sizeof *copy.counts;
    if (copy.n_stages)
        memcpy(at, copy.stages, copy.n_stages * sizeof *copy.stages);
    copy.stages = (const sluice_stage *)(void *)at;
    at += copy.n_stages * sizeof *copy.stages;
    for (size_t i = 0; i < n; i++) {
        if (spans[i]->len)
            memcpy(at, spans[i]->ptr, spans[i]->len);
        spans[i]->ptr = at;
        at += spans[i]->len;
    }
    r->record = copy;
    return r;
}

void sl_record_drop(struct sl_record *r)
{
    if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
        free(r);
}
