/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signatures.c - the vendor wants each call of a tool back with the signature it came with. Clients
 * that keep `extra_content` send it; for others it is kept here by the call's id, for all loops.
 */
#include "gemini.h"

#define TTL_MS (24u * 3600 * 1000)
#define MARK "__thought__" /* how LiteLLM puts it into the id */
#define KEY_MOST 512

sluice_span gemini_id_of(sluice_span id, sluice_span *signature)
{
    size_t at = sl_span_find(id, SL_SPAN(MARK));

    *signature = sl_span_from(id, at + sizeof MARK - 1);
    return sl_span_head(id, at);
}

void gemini_signature_keep(sluice_exchange *x, sluice_span id, sluice_span signature)
{
    const sluice_host_share *share = x->self->share;

    /* a failure costs no more than what there would be without the table */
    if (share && id.len && id.len < KEY_MOST && signature.len)
        (void)share->put(x->self->host, id, signature, TTL_MS);
}

sluice_span gemini_signature_find(sluice_exchange *x, sluice_span id)
{
    const sluice_host_share *share = x->self->share;
    sluice_span found = SL_SPAN("");

    if (share && id.len && id.len < KEY_MOST &&
        share->find(x->self->host, id, x->arena, &found) < 0)
        found = SL_SPAN("");
    return found;
}
