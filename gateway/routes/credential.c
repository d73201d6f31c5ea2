/* SPDX-License-Identifier: Apache-2.0 */
/* credential.c - the header that holds the key. */
#include "routes/credential.h"

#include <sluice_sdk/span.h>

static sluice_span key_in(sluice_span value, bool scheme)
{
    sluice_span bearer = SL_SPAN("Bearer ");

    if (sl_span_ieq(sl_span_head(value, bearer.len), bearer))
        return sl_span_trim(sl_span_from(value, bearer.len));
    /* Another scheme (Basic of a proxy in front) is not ours to judge: look on. */
    return scheme ? sl_span(NULL, 0) : sl_span_trim(value);
}

/* Of several fields with this name, the first that holds one. scheme: "Bearer " has to stand before
 * the key; elsewhere it may. */
static sluice_span find(const struct sl_http_head *head, sluice_span name, bool scheme)
{
    sluice_span key = { NULL, 0 };

    for (size_t i = 0; i < head->n_headers && !key.len; i++)
        if (sl_span_eq(head->headers[i].name, name))
            key = key_in(head->headers[i].value, scheme);
    return key;
}

static inline sluice_span key_of(const struct sl_http_head *head, sluice_span name, bool scheme)
{
    return head->names & sl_span_bit(name) ? find(head, name, scheme) : sl_span(NULL, 0);
}

sluice_span gw_credential(const struct sl_http_head *head)
{
    sluice_span key = key_of(head, SL_SPAN("x-litellm-api-key"), false);

    if (!key.len)
        key = key_of(head, SL_SPAN("authorization"), true);
    if (!key.len)
        key = key_of(head, SL_SPAN("api-key"), false);
    if (!key.len)
        key = key_of(head, SL_SPAN("x-api-key"), false);
    if (!key.len)
        key = key_of(head, SL_SPAN("x-goog-api-key"), false);
    if (!key.len)
        key = key_of(head, SL_SPAN("ocp-apim-subscription-key"), false);
    return key;
}
