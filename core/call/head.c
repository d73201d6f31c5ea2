/* SPDX-License-Identifier: Apache-2.0 */
/* head.c - see head.h. */
#include "call/head.h"

#include "base/clock.h"
#include "base/rng.h"
#include "format/http1_parse.h"
#include "format/json_write.h"

static sluice_span request_id(const struct sl_call *c)
{
    return c->request_id.len ? c->request_id : sl_span_str(c->uid);
}

sluice_status sl_head_answer(struct sl_call *c, const struct sl_attempt *a,
                             sluice_span content_type, int64_t length)
{
    const struct sl_outlet *o = &c->out;
    const struct sl_deployment_settings *d = a->pick.deployment->settings;
    uint64_t now = c->first_byte_us, upstream = now - a->sent_us, total = now - c->received_us;
    sluice_header *h = sl_alloc(&c->arena, (o->n_headers + 10) * sizeof *h);
    char retries[SL_DECIMAL_ROOM], duration[SL_DECIMAL_ROOM], overhead[SL_DECIMAL_ROOM];
    char digest[2 * SL_DIGEST_SIZE + 1];
    size_t n = 0;

    if (!h)
        return SLUICE_E_NOMEM;
    h[n++] = (sluice_header){ SL_SPAN("content-type"), content_type };
    if (length < 0)
        h[n++] = (sluice_header){ SL_SPAN("cache-control"), SL_SPAN("no-cache") };
    /* Under both names: OpenAI's clients report the first, LiteLLM's the second. */
    h[n++] = (sluice_header){ SL_SPAN("x-request-id"), request_id(c) };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-call-id"), request_id(c) };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-model-id"), d->id };
    if (sl_http_value_ok(c->model)) /* the client's own text: a wildcard takes any */
        h[n++] = (sluice_header){ SL_SPAN("x-litellm-model-group"), c->model };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-attempted-retries"),
                              sl_decimal(retries, c->n_attempts ? c->n_attempts - 1 : 0, 0) };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-response-duration-ms"),
                              sl_decimal(duration, total, 3) };
    /* All the time that was not spent waiting for the vendor. */
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-overhead-duration-ms"),
                              sl_decimal(overhead, total > upstream ? total - upstream : 0, 3) };
    if (c->cached) {
        sl_hex(c->digest, sizeof c->digest, digest);
        h[n++] = (sluice_header){ SL_SPAN("x-litellm-cache-key"), sl_span_str(digest) };
    }
    if (o->n_headers)
        memcpy(h + n, o->headers, o->n_headers * sizeof *h);
    n += o->n_headers;
    c->events->head(c->ctx, c->http_status, h, n, length);
    return SLUICE_OK;
}

void sl_head_failure(struct sl_call *c, int64_t length)
{
    sluice_header h[4];
    char retry[SL_DECIMAL_ROOM];
    size_t n = 0;

    h[n++] = (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/json") };
    h[n++] = (sluice_header){ SL_SPAN("x-request-id"), request_id(c) };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-call-id"), request_id(c) };
    if (c->error.retry_after_ms) {
        /* RFC 9110, 10.2.3: whole seconds; rounded up so that nobody comes too early. */
        uint64_t seconds = ((uint64_t)c->error.retry_after_ms + 999) / 1000;

        h[n++] = (sluice_header){ SL_SPAN("retry-after"), sl_decimal(retry, seconds, 0) };
    }
    c->events->head(c->ctx, c->http_status, h, n, length);
}

sluice_span sl_head_model_json(struct sl_call *c)
{
    struct sl_buf b;
    struct sl_json_out o;

    if (c->model_json.ptr)
        return c->model_json;
    sl_buf_init(&b, 64 * 1024);
    o = sl_json_out(&b);
    sl_json_str(&o, c->model);
    if (sl_buf_ok(&b))
        c->model_json = sl_arena_dup(&c->arena, sl_buf_span(&b));
    sl_buf_finish(&b);
    return c->model_json.ptr ? c->model_json : SL_SPAN("\"\"");
}

sluice_span sl_head_answer_id(struct sl_call *c)
{
    char id[9 + 29];

    if (c->response_id.ptr)
        return c->response_id;
    memcpy(id, "chatcmpl-", 9);
    sl_random_alnum(id + 9, 29);
    c->response_id = sl_arena_dup(&c->arena, sl_span(id, sizeof id));
    return c->response_id.ptr ? c->response_id : SL_SPAN("chatcmpl-0");
}
