/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c - the table and its search. */
#include "routes.h"

#include "handlers.h"

#include <stdio.h>

#define CALL(path, op, request, response, text)                                                    \
    {                                                                                              \
        SL_SPAN("POST"), SL_SPAN(path), SL_SPAN(op), NULL, GW_AUTH_KEY, request, response, text    \
    }
#define CHAT(path)                                                                                 \
    CALL(path, "chat.completions", "ChatRequest", "ChatAnswer", "One answer of a chat model")
#define TEXT(path)                                                                                 \
    CALL(path, "completions", "CompletionRequest", "CompletionAnswer", "Text that goes on")
#define VECTORS(path)                                                                              \
    CALL(path, "embeddings", "EmbeddingRequest", "EmbeddingAnswer", "Vectors of texts")
#define GET(path, handler, auth, answer, text)                                                     \
    {                                                                                              \
        SL_SPAN("GET"), SL_SPAN(path), { NULL, 0 }, handler, auth, NULL, answer, text              \
    }

const struct gw_route gw_routes[] = {
    CHAT("/v1/chat/completions"),
    CHAT("/chat/completions"),
    CHAT("/engines/{model}/chat/completions"),
    CHAT("/openai/deployments/{model}/chat/completions"),
    TEXT("/v1/completions"),
    TEXT("/completions"),
    TEXT("/engines/{model}/completions"),
    TEXT("/openai/deployments/{model}/completions"),
    VECTORS("/v1/embeddings"),
    VECTORS("/embeddings"),
    VECTORS("/engines/{model}/embeddings"),
    VECTORS("/openai/deployments/{model}/embeddings"),
    GET("/v1/models", gw_models, GW_AUTH_KEY, "ModelList", "Models that the key may use"),
    GET("/models", gw_models, GW_AUTH_KEY, "ModelList", "Models that the key may use"),
    GET("/v1/models/{model}", gw_model, GW_AUTH_KEY, "Model", "One model"),
    GET("/models/{model}", gw_model, GW_AUTH_KEY, "Model", "One model"),
    GET("/health", gw_health, GW_AUTH_KEY, "Health", "Deployments as calls have found them"),
    GET("/health/liveliness", gw_alive, GW_AUTH_NONE, "Alive", "The process answers"),
    GET("/health/liveness", gw_alive, GW_AUTH_NONE, "Alive", "The process answers"),
    GET("/health/readiness", gw_ready, GW_AUTH_NONE, "Readiness", "Calls are taken"),
    GET("/metrics", gw_metrics, GW_AUTH_NONE, NULL, "Figures in Prometheus' text format"),
    GET("/routes", gw_list_routes, GW_AUTH_NONE, "RouteList", "This table"),
    GET("/openapi.json", gw_openapi, GW_AUTH_NONE, NULL, "This table as OpenAPI 3.1"),
    GET("/", gw_front, GW_AUTH_NONE, "Front", "What this is"),
};
const size_t gw_n_routes = sizeof gw_routes / sizeof gw_routes[0];

/* Does path fit the pattern? A {name} takes everything between what stands before and behind it,
 * at least one byte: names of models may hold slashes. */
static bool fits(sluice_span pattern, sluice_span path, struct gw_match *out)
{
    size_t open = sl_span_find_char(pattern, '{'), close;
    sluice_span before, behind;

    if (open == pattern.len) {
        out->name = out->value = sl_span(NULL, 0);
        return sl_span_eq(pattern, path);
    }
    close = sl_span_find_char(pattern, '}');
    before = sl_span_head(pattern, open);
    behind = sl_span_from(pattern, close + 1);
    if (path.len <= before.len + behind.len || !sl_span_starts(path, before) ||
        !sl_span_ends(path, behind))
        return false;
    out->name = sl_span(pattern.ptr + open + 1, close - open - 1);
    out->value = sl_span(path.ptr + before.len, path.len - before.len - behind.len);
    return true;
}

static sluice_span without_slash(sluice_span path)
{
    if (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

enum gw_found gw_route_find(sluice_span method, sluice_span path, struct gw_match *out)
{
    enum gw_found found = GW_NO_PATH;

    if (sl_span_eq(method, SL_SPAN("HEAD")))
        method = SL_SPAN("GET");
    path = without_slash(path);
    for (size_t i = 0; i < gw_n_routes; i++) {
        if (!fits(gw_routes[i].pattern, path, out))
            continue;
        if (sl_span_eq(gw_routes[i].method, method)) {
            out->route = &gw_routes[i];
            return GW_FOUND;
        }
        found = GW_NO_METHOD;
    }
    return found;
}

size_t gw_route_allow(sluice_span path, char out[GW_ALLOW_MAX])
{
    struct gw_match match;
    bool get = gw_route_find(SL_SPAN("GET"), path, &match) == GW_FOUND;
    bool post = gw_route_find(SL_SPAN("POST"), path, &match) == GW_FOUND;

    if (!get && !post)
        return 0;
    return (size_t)snprintf(out, GW_ALLOW_MAX, "%s%sOPTIONS", get ? "GET, HEAD, " : "",
                            post ? "POST, " : "");
}
