/* SPDX-License-Identifier: Apache-2.0 */
/* cached.c - how an answer is packed for a cache: a head of fixed size, then three texts. */
#include <sluice/cache.h>
#include "call/cache/cache.h"
#include "call/cache/tape.h"

struct head {
    uint32_t framing, deployment, content_type, reserved; /* the two in the middle: lengths */
};

sluice_span sl_cached_pack(struct sl_call *c, const struct sl_cached *p)
{
    struct head head = { p->framing, (uint32_t)p->deployment.len, (uint32_t)p->content_type.len,
                         0 };
    size_t body = sl_tape_length(p->tape);
    size_t len = sizeof head + p->deployment.len + p->content_type.len + body;
    struct sl_tape_cursor cursor;
    sluice_span piece;
    char *value = sl_alloc(&c->arena, len), *at = value;

    if (!value || !sl_tape_open(p->tape, &cursor))
        return sl_span(NULL, 0);
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    memcpy(at, p->deployment.ptr, p->deployment.len);
    at += p->deployment.len;
    memcpy(at, p->content_type.ptr, p->content_type.len);
    at += p->content_type.len;
    while ((piece = sl_tape_next(&cursor)).len) {
        memcpy(at, piece.ptr, piece.len);
        at += piece.len;
    }
    sl_tape_close(&cursor);
    return sl_span(value, len);
}

bool sl_cached_unpack(const sluice_cache_entry *entry, struct sl_cached *out)
{
    sluice_span rest = entry->value;
    struct head head;

    if (entry->format != SL_CACHED_FORMAT || rest.len < sizeof head)
        return false;
    memcpy(&head, rest.ptr, sizeof head);
    rest = sl_span_from(rest, sizeof head);
    if (rest.len < (size_t)head.deployment + head.content_type)
        return false;
    out->framing = head.framing;
    out->deployment = sl_span_head(rest, head.deployment);
    out->content_type = sl_span_head(sl_span_from(rest, head.deployment), head.content_type);
    out->body = sl_span_from(rest, (size_t)head.deployment + head.content_type);
    return true;
}
