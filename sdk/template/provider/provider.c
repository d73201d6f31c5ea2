/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - any endpoint that speaks OpenAI's chat completions. The deployment says where it is
 * (api_base); the host sends, places the key, cuts and relays the answer.
 */
#include <stdlib.h>
#include <string.h>
#include <sluice/provider.h>
#include <sluice_sdk/compat.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/plugin.h>

/* One deployment on one loop. */
struct sluice_provider {
    const sluice_host *host;
};

/* One attempt; lives in the call's arena. */
struct sluice_exchange {
    const sluice_host *host;
    const sluice_call *call;
    sluice_arena *arena;
    struct sl_compat_failure failure; /* of an answer >= 400 */
};

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    (void)config; /* checked against config_schema already */
    (void)err;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return SLUICE_E_NOMEM;
    (*out)->host = host;
    return SLUICE_OK;
}

static void destroy(sluice_provider *p)
{
    free(p);
}

static sluice_status begin(sluice_provider *p, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    sluice_exchange *x;

    if (!call->base_url.len) {
        static const char text[] = "this provider needs an api_base";

        memcpy(err->message, text, sizeof text);
        return SLUICE_E_INVALID;
    }
    x = p->host->arena_alloc(p->host, arena, sizeof *x);
    if (!x)
        return SLUICE_E_NOMEM;
    *x = (sluice_exchange){ .host = p->host, .call = call, .arena = arena };
    *out = x;
    return SLUICE_OK;
}

/* The client's body with the mapped model in it: pieces of the original around the change. */
static sluice_status body(sluice_exchange *x, sluice_http_request *out)
{
    sluice_span *spans;
    sluice_part *parts;
    size_t n;
    sluice_status st =
        sl_json_join(x->call->body, x->call->members, x->call->n_members, x->arena, &spans, &n);

    if (st < 0)
        return st;
    parts = x->host->arena_alloc(x->host, x->arena, (n + 1) * sizeof *parts);
    if (!parts)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        parts[i] = (sluice_part){ .data = spans[i] };
    out->body = parts;
    out->n_body = n;
    return SLUICE_OK;
}

/* May be asked twice for the same step, so it changes nothing in x. */
static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_span path = { "/chat/completions", 17 };
    static const sluice_header headers[] = { { { "content-type", 12 },
                                               { "application/json", 16 } } };
    char *url = x->host->arena_alloc(x->host, x->arena, x->call->base_url.len + path.len + 2);

    (void)err;
    if (!url)
        return SLUICE_E_NOMEM;
    out->url.ptr = url;
    out->url.len = sl_compat_url(x->call->base_url, path, url);
    out->headers = headers;
    out->n_headers = 1;
    out->auth = SLUICE_AUTH_BEARER;
    out->framing = SLUICE_FRAME_RELAY;
    return body(x, out);
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)framing;
    (void)err;
    x->failure.http_status = h->status;
    x->failure.retry_after_ms =
        sl_compat_retry_after_ms(h->headers, h->n_headers, x->host->unix_ms(x->host));
    return SLUICE_OK;
}

/* A relayed answer is not shown here; the text of an error is. */
static sluice_status data(sluice_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                          sluice_error *err)
{
    (void)sink;
    if (x->failure.http_status < 400)
        return SLUICE_OK;
    x->failure.body = frame->data;
    return sl_compat_error(&x->failure, err);
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    return x->failure.http_status < 400 ? SLUICE_OK : sl_compat_error(&x->failure, err);
}

static const char *const operations[] = { "chat.completions", NULL };

static const sluice_provider_class provider = {
    .struct_size = sizeof provider,
    .operations = operations,
    .config_schema = "{\"type\":\"object\","
                     "\"x-sluice\":{\"key_env\":[\"EXAMPLE_RELAY_API_KEY\"]}}",
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .request = request,
    .head = head,
    .data = data,
    .end = end,
};

SL_PLUGIN(example_relay, "example_relay", "1.0", "example", "any OpenAI-compatible endpoint",
          SLUICE_PROVIDER_ID, &provider)
