/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice/ext/http.h - host service: an HTTP call for plugins that are not providers (log sinks,
 * guardrails, remote caches). get_extension(SLUICE_HTTP_ID). It takes provider.h's request, with
 * secrets as references, so that no plugin links an HTTP or TLS library.
 */
#ifndef SLUICE_EXT_HTTP_H
#define SLUICE_EXT_HTTP_H

#include <sluice/provider.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_HTTP_ID "sluice.host.http/1"

typedef struct sluice_http_op sluice_http_op; /* the host's */

/* head and body are borrowed for the callback. status < 0: no answer; head is NULL. */
typedef void (*sluice_http_cb)(void *ctx, sluice_status status, const sluice_http_head *head,
                               sluice_span body, const sluice_error *err);

typedef struct sluice_host_http {
    uint32_t struct_size;
    uint32_t reserved;
    /* [loop] cache.h's async rule: PENDING, then cb once, from the loop. The request is copied.
     * auth SLUICE_AUTH_BEARER, HEADER: `secret` is the reference to place. timeout_ms 0 = 30 s. */
    sluice_status (*send)(const sluice_host *host, const sluice_http_request *request,
                          sluice_span secret, uint32_t timeout_ms, sluice_http_cb cb, void *ctx,
                          sluice_http_op **op);
    /* [loop] When this returns cb will not run. */
    void (*cancel)(sluice_http_op *op);
    /* [writer] [pool] The same, blocking: cb runs before this returns. */
    sluice_status (*call)(const sluice_host *host, const sluice_http_request *request,
                          sluice_span secret, uint32_t timeout_ms, sluice_http_cb cb, void *ctx);
} sluice_host_http;

#ifdef __cplusplus
}
#endif
#endif
