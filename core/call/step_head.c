/* SPDX-License-Identifier: Apache-2.0 */
/* step_head.c - what the headers alone decide: is this a body we read, and the client's own time
 * limit. */
#include "call/call.h"

#include <stdlib.h>
#include "base/status.h"

static sluice_span header(const struct sl_call *c, sluice_span name)
{
    for (size_t i = 0; i < c->n_headers; i++)
        if (sl_span_eq(c->headers[i].name, name))
            return c->headers[i].value;
    return sl_span(NULL, 0);
}

/* Seconds, possibly with a fraction, as LiteLLM's header has them. */
static bool read_seconds(sluice_span text, uint32_t *ms)
{
    char copy[32], *end;
    double seconds;

    sl_copy_text(copy, sizeof copy, sl_span_trim(text));
    seconds = strtod(copy, &end);
    if (end == copy || *end || !(seconds > 0) || seconds > 86400 * 7)
        return false;
    *ms = (uint32_t)(seconds * 1000);
    return true;
}

enum sl_verdict sl_step_head(struct sl_call *c)
{
    sluice_span timeout = header(c, SL_SPAN("x-litellm-timeout"));

    if (timeout.ptr && !read_seconds(timeout, &c->timeout_ms))
        return sl_call_refuse(c,
                              sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "x-litellm-timeout",
                                            "header x-litellm-timeout must be a number of "
                                            "seconds above 0, not %.*s",
                                            SL_FMT(sl_span_head(timeout, 40))));
    return SL_NEXT;
}
