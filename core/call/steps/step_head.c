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

static bool take_seconds(struct sl_call *c, const char *name, uint32_t *ms)
{
    sluice_span text = header(c, sl_span_str(name));

    if (!text.ptr || c->flight || read_seconds(text, ms)) /* each reader of a flight has its own */
        return true;
    sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, name,
                  "header %s must be a number of seconds above 0, not %.*s", name,
                  SL_FMT(sl_span_head(text, 40)));
    return false;
}

static bool take_retries(struct sl_call *c)
{
    sluice_span text = header(c, SL_SPAN("x-litellm-num-retries"));
    uint64_t n;

    if (!text.ptr)
        return true;
    if (!sl_span_u64(sl_span_trim(text), SL_RETRIES_MOST, &n)) {
        sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "x-litellm-num-retries",
                      "header x-litellm-num-retries must be a number from 0 to %d, not %.*s",
                      SL_RETRIES_MOST, SL_FMT(sl_span_head(text, 40)));
        return false;
    }
    c->num_retries = (int64_t)n;
    return true;
}

static bool take_priority(struct sl_call *c)
{
    sluice_span text = header(c, SL_SPAN("x-litellm-priority"));
    uint64_t n;

    if (!text.ptr)
        return true;
    if (!sl_span_u64(sl_span_trim(text), SL_PRIORITY_MOST, &n)) {
        sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "x-litellm-priority",
                      "header x-litellm-priority must be a number from 0 to %d, not %.*s",
                      SL_PRIORITY_MOST, SL_FMT(sl_span_head(text, 40)));
        return false;
    }
    c->priority = (int64_t)n;
    c->priority_said = true;
    return true;
}

enum sl_verdict sl_step_head(struct sl_call *c)
{
    if (!take_seconds(c, "x-litellm-timeout", &c->timeout_ms) ||
        !take_seconds(c, "x-litellm-stream-timeout", &c->stream_timeout_ms) || !take_retries(c) ||
        !take_priority(c))
        return sl_call_refuse(c, SLUICE_E_INVALID);
    return SL_NEXT;
}
