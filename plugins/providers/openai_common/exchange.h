/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - one attempt at a vendor that speaks OpenAI's format, for all plugins whose vendors
 * do (openai_compat, openai, azure_openai). class.h makes a provider class of it.
 */
#ifndef COMPAT_EXCHANGE_H
#define COMPAT_EXCHANGE_H

#include "responses.h"
#include "vendor.h"

struct oc_exchange {
    const sluice_host *host;
    const struct vendor *vendor;
    const sluice_call *call;
    sluice_arena *mem; /* of the call */
    sluice_span url;
    const sluice_part *body;
    size_t n_body;
    sluice_header *headers;
    size_t n_headers;
    uint32_t auth, asked, framing; /* framing: asked for, then as it is */
    bool chat, base64;
    bool pass; /* the caller's own request; url is where the API begins */
    int32_t status;
    uint32_t retry_after_ms;
    sluice_span error_body;
    struct normal_state state;
    sluice_span poll_url;    /* where the answer will be; empty = it comes at once */
    bool poll_again;         /* it is not there yet */
    bool any, done;          /* an event came; the terminator came */
    struct oc_responses *by; /* chat by way of Responses; NULL = as it is */
};

extern const char *const oc_operations[]; /* NULL-terminated: what any such vendor may offer */

/* As in sluice_provider_class. */
sluice_status oc_accepts(const struct vendor *v, sluice_span operation, sluice_span model);
sluice_status oc_begin(struct oc_exchange *x, const sluice_host *host, const struct vendor *v,
                       const sluice_call *call, sluice_arena *arena, sluice_error *err);
sluice_status oc_request(struct oc_exchange *x, sluice_http_request *out, sluice_error *err);
sluice_status oc_head(struct oc_exchange *x, const sluice_http_head *head, uint32_t *framing,
                      sluice_error *err);
sluice_status oc_data(struct oc_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                      sluice_error *err);
sluice_status oc_end(struct oc_exchange *x, const sluice_sink *sink, sluice_error *err);

#endif
