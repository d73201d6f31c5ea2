/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - calls that are told instead of made: /utils/explain, /utils/transform_request. */
#include "routes/params.h"

#include <sluice_sdk/json.h>

static const sluice_header upstream = { { "upstream", 8 }, { "true", 4 } };
static const sluice_header transform = { { "transform", 9 }, { "true", 4 } };

/* The request as it would go elsewhere; ?operation= when that is not a chat, ?upstream=true to see
 * what the vendor would be sent. */
void gw_explain(struct gw_exchange *x)
{
    struct gw_params params;
    sluice_request request;

    if (!gw_call_params(&params, x))
        return;
    gw_params_request(&params, x, &request);
    request.flags |= SLUICE_CALL_EXPLAIN;
    request.operation = SL_SPAN("chat.completions");
    /* These are about the question, not of the request. */
    request.method = request.path = request.query = sl_span(NULL, 0);
    request.params = NULL;
    request.n_params = 0;
    for (size_t i = 0; i < params.n; i++)
        if (sl_span_eq(params.list[i].name, SL_SPAN("operation")))
            request.operation = params.list[i].value;
        else if (sl_span_eq(params.list[i].name, upstream.name) &&
                 sl_span_eq(params.list[i].value, upstream.value)) {
            request.params = &upstream;
            request.n_params = 1;
        }
    gw_call_start(x, &request, true);
}

/* LiteLLM's words for kinds of calls; the asynchronous ones begin with 'a'. */
static sluice_span operation_of(sluice_span type)
{
    static const struct {
        const char *type, *operation;
    } types[] = {
        { "completion", "chat.completions" },
        { "text_completion", "completions" },
        { "embedding", "embeddings" },
        { "responses", "responses" },
        { "rerank", "rerank" },
        { "moderation", "moderations" },
        { "image_generation", "images.generations" },
        { "speech", "audio.speech" },
        { "anthropic_messages", "messages" },
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (sl_span_eq(type, sl_span_str(types[i].type)) ||
            (type.len && type.ptr[0] == 'a' &&
             sl_span_eq(sl_span_from(type, 1), sl_span_str(types[i].type))))
            return sl_span_str(types[i].operation);
    return type; /* ours */
}

static void transform_body(struct gw_exchange *x, sluice_span body)
{
    sluice_request request = { .struct_size = sizeof request,
                               .flags = SLUICE_CALL_WIRE | SLUICE_CALL_EXPLAIN,
                               .key = x->key,
                               .params = &transform,
                               .n_params = 1 };
    struct sl_json_error why = { 0 };
    sluice_span type = { NULL, 0 };

    if (sl_json_validate(body, &why) < 0 || sl_json_type(body) != SL_JSON_OBJECT ||
        sl_json_type(sl_json_find(body, "request_body")) != SL_JSON_OBJECT ||
        !sl_json_raw_string(sl_json_find(body, "call_type"), &type)) {
        gw_refuse(&x->reply, 400, "invalid_request_error", NULL,
                  "The body must be an object with 'call_type', a string, and 'request_body', an "
                  "object.");
        return;
    }
    request.operation = operation_of(type);
    request.body = sl_json_find(body, "request_body");
    gw_call_start(x, &request, false);
}

void gw_transform(struct gw_exchange *x)
{
    gw_gather(x, transform_body);
}
