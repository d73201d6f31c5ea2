/* SPDX-License-Identifier: Apache-2.0 */
/* credential.c - the header that holds the key. */
#include "credential.h"

#include <sluice_sdk/span.h>

struct place {
    sluice_span header;
    bool scheme; /* "Bearer " has to stand before the key; elsewhere it may */
};

static const struct place places[] = {
    { { "x-litellm-api-key", 17 }, false },
    { { "authorization", 13 }, true },
    { { "api-key", 7 }, false },
    { { "x-api-key", 9 }, false },
    { { "x-goog-api-key", 14 }, false },
    { { "ocp-apim-subscription-key", 25 }, false },
};

static sluice_span key_in(sluice_span value, bool scheme)
{
    sluice_span bearer = SL_SPAN("Bearer ");

    if (sl_span_ieq(sl_span_head(value, bearer.len), bearer))
        return sl_span_trim(sl_span_from(value, bearer.len));
    /* Another scheme (Basic of a proxy in front) is not ours to judge: look on. */
    return scheme ? sl_span(NULL, 0) : sl_span_trim(value);
}

sluice_span gw_credential(const struct sl_http_head *head)
{
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        if (!(head->names & sl_span_bit(places[p].header)))
            continue;
        for (size_t i = 0; i < head->n_headers; i++) {
            sluice_span key;

            if (!sl_span_eq(head->headers[i].name, places[p].header))
                continue;
            key = key_in(head->headers[i].value, places[p].scheme);
            if (key.len)
                return key;
        }
    }
    return sl_span(NULL, 0);
}
