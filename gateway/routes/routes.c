/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c - the table and its search. */
#include "routes/routes.h"

#include "routes/handlers.h"

#include <stdio.h>

#define CALL(path, op, request, response, text)                                                    \
    {                                                                                              \
        SL_SPAN("POST"), SL_SPAN(path), SL_SPAN(op), NULL, GW_AUTH_KEY, request, response, text,   \
            NULL, 0, GW_SHAPE_OPENAI                                                               \
    }
#define CHAT(path)                                                                                 \
    CALL(path, "chat.completions", "ChatRequest", "ChatAnswer", "One answer of a chat model")
#define TEXT(path)                                                                                 \
    CALL(path, "completions", "CompletionRequest", "CompletionAnswer", "Text that goes on")
#define VECTORS(path)                                                                              \
    CALL(path, "embeddings", "EmbeddingRequest", "EmbeddingAnswer", "Vectors of texts")
/* Further operations of the library. */
#define OPERATION(method, path, op, schema, type, text)                                            \
    {                                                                                              \
        SL_SPAN(method), SL_SPAN(path), SL_SPAN(op), NULL, GW_AUTH_KEY, schema, NULL, text, type,  \
            0, GW_SHAPE_OPENAI                                                                     \
    }
#define ASK(path, op, text) OPERATION("POST", path, op, "Request", NULL, text)
#define FORM(path, op, text) OPERATION("POST", path, op, "Request", "multipart/form-data", text)
/* With a model in the path as well. */
#define ASK3(path, op, text)                                                                       \
    ASK("/v1/" path, op, text), ASK("/" path, op, text),                                           \
        ASK("/openai/deployments/{model}/" path, op, text)
#define FORM3(path, op, text)                                                                      \
    FORM("/v1/" path, op, text), FORM("/" path, op, text),                                         \
        FORM("/openai/deployments/{model}/" path, op, text)
#define KEPT(method, path, op, text)                                                               \
    OPERATION(method, "/v1/" path, op, NULL, NULL, text),                                          \
        OPERATION(method, "/" path, op, NULL, NULL, text)
/* A provider's own API, as it is. */
#define PASS(provider)                                                                             \
    OPERATION("", "/" provider "/{path}", "passthrough", NULL, NULL,                               \
              "The API of provider " provider " as it is, with this gateway's keys")
/* In other words than OpenAI's. */
#define SPOKEN(path, op, flags, shape, text)                                                       \
    {                                                                                              \
        SL_SPAN("POST"), SL_SPAN(path), SL_SPAN(op), NULL, GW_AUTH_KEY, "Request", NULL, text,     \
            NULL, flags, GW_SHAPE_##shape                                                          \
    }
#define ANTHROPIC(path, op, text) SPOKEN(path, op, 0, ANTHROPIC, text)
#define OLLAMA(path, op, text) SPOKEN("/api/" path, op, 0, OLLAMA, text)
#define GEMINI(method, op, more, text)                                                             \
    SPOKEN("/v1beta/models/{model}:" method, op, GW_KEY_PARAM | (more), GEMINI, text),             \
        SPOKEN("/v1/models/{model}:" method, op, GW_KEY_PARAM | (more), GEMINI, text)
#define CONVERSE(method, op, more, text) SPOKEN("/model/{model}/" method, op, more, AWS, text)
#define GET(path, handler, auth, answer, text)                                                     \
    {                                                                                              \
        SL_SPAN("GET"), SL_SPAN(path), { NULL, 0 }, handler, auth, NULL, answer, text, NULL, 0,    \
            GW_SHAPE_OPENAI                                                                        \
    }
#define SOCKET(path, handler, text)                                                                \
    {                                                                                              \
        SL_SPAN("GET"), SL_SPAN(path), { NULL, 0 }, handler, GW_AUTH_KEY, NULL, NULL, text, NULL,  \
            GW_SOCKET, GW_SHAPE_OPENAI                                                             \
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
    /* Groq's client adds /openai/v1 to whatever base it is given; without /groq that would be the
     * pass-through of OpenAI. */
    CHAT("/groq/openai/v1/chat/completions"),
    VECTORS("/groq/openai/v1/embeddings"),
    ASK("/groq/openai/v1/audio/speech", "audio.speech", "A text read aloud"),
    FORM("/groq/openai/v1/audio/transcriptions", "audio.transcriptions",
         "What is said in a recording"),
    FORM("/groq/openai/v1/audio/translations", "audio.translations", "The same in English"),
    ASK("/v1/responses", "responses", "One answer of a model, in OpenAI's newer form"),
    ASK("/responses", "responses", "One answer of a model, in OpenAI's newer form"),
    ASK("/openai/responses", "responses", "One answer of a model, in OpenAI's newer form"),
    ASK("/openai/v1/responses", "responses", "One answer of a model, in OpenAI's newer form"),
    SOCKET("/v1/responses", gw_ws_responses, "Responses over a WebSocket"),
    SOCKET("/responses", gw_ws_responses, "Responses over a WebSocket"),
    SOCKET("/openai/responses", gw_ws_responses, "Responses over a WebSocket"),
    SOCKET("/openai/v1/responses", gw_ws_responses, "Responses over a WebSocket"),
    SOCKET("/v1/realtime", gw_ws_realtime, "Speech and text both ways, over a WebSocket"),
    SOCKET("/realtime", gw_ws_realtime, "Speech and text both ways, over a WebSocket"),
    SOCKET("/openai/v1/realtime", gw_ws_realtime, "Speech and text both ways, over a WebSocket"),
    SOCKET("/openai/realtime", gw_ws_realtime, "Speech and text both ways, over a WebSocket"),
    KEPT("GET", "responses/{response_id}/input_items", "responses.input_items",
         "What a response was made from"),
    KEPT("POST", "responses/{response_id}/cancel", "responses.cancel", "Stop a response"),
    KEPT("GET", "responses/{response_id}", "responses.retrieve", "A response that was kept"),
    KEPT("DELETE", "responses/{response_id}", "responses.delete", "Forget a response"),
    ANTHROPIC("/v1/messages", "messages", "One answer of a chat model, in Anthropic's form"),
    ANTHROPIC("/messages", "messages", "One answer of a chat model, in Anthropic's form"),
    ANTHROPIC("/v1/messages/count_tokens", "messages.count_tokens", "How long a prompt is"),
    ANTHROPIC("/messages/count_tokens", "messages.count_tokens", "How long a prompt is"),
    SPOKEN("/v2/chat", "cohere.chat", 0, COHERE, "One answer of a model, in Cohere's form"),
    SPOKEN("/v2/embed", "cohere.embed", 0, COHERE, "Vectors of texts, in Cohere's form"),
    OLLAMA("chat", "ollama.chat", "One answer of a model, in Ollama's form"),
    OLLAMA("generate", "ollama.generate", "A text that goes on, in Ollama's form"),
    OLLAMA("embed", "ollama.embed", "Vectors of texts, in Ollama's form"),
    GET("/api/tags", gw_ollama_tags, GW_AUTH_KEY, NULL, "Models that the key may use, as Ollama"),
    GET("/api/version", gw_ollama_version, GW_AUTH_NONE, NULL, "A version of Ollama's API"),
    { SL_SPAN("POST"),
      SL_SPAN("/api/show"),
      { NULL, 0 },
      gw_ollama_show,
      GW_AUTH_KEY,
      "Request",
      NULL,
      "One model, as Ollama",
      NULL,
      0,
      GW_SHAPE_OLLAMA },
    GEMINI("generateContent", "generateContent", 0, "One answer of a model, in Gemini's form"),
    GEMINI("streamGenerateContent", "generateContent", GW_STREAM, "The same as a stream"),
    GEMINI("countTokens", "countTokens", 0, "How long a prompt is"),
    GEMINI("embedContent", "embedContent", 0, "The vector of a text"),
    GEMINI("batchEmbedContents", "batchEmbedContents", 0, "Vectors of texts"),
    CONVERSE("converse", "converse", 0, "One answer of a chat model, in the form of AWS"),
    CONVERSE("converse-stream", "converse", GW_STREAM, "The same as a stream"),
    CONVERSE("invoke", "invoke", 0, "A model of Bedrock, in its own words"),
    CONVERSE("invoke-with-response-stream", "invoke", GW_STREAM, "The same as a stream"),
    ASK3("moderations", "moderations", "Is this harmful?"),
    ASK("/v1/rerank", "rerank", "Documents in the order of their relevance"),
    ASK("/v2/rerank", "rerank", "Documents in the order of their relevance"),
    ASK("/rerank", "rerank", "Documents in the order of their relevance"),
    ASK3("images/generations", "images.generations", "Pictures from a text"),
    FORM3("images/edits", "images.edits", "Pictures from pictures and a text"),
    FORM3("images/variations", "images.variations", "Pictures like a picture"),
    ASK3("audio/speech", "audio.speech", "A text read aloud"),
    FORM3("audio/transcriptions", "audio.transcriptions", "What is said in a recording"),
    FORM3("audio/translations", "audio.translations", "The same in English"),
    FORM("/v1/files", "files.create", "Keep a file at the vendor"),
    FORM("/files", "files.create", "Keep a file at the vendor"),
    KEPT("GET", "files", "files.list", "Files at a vendor"),
    KEPT("GET", "files/{file_id}/content", "files.content", "What is in a file"),
    KEPT("GET", "files/{file_id}", "files.retrieve", "One file"),
    KEPT("DELETE", "files/{file_id}", "files.delete", "Delete a file"),
    ASK("/v1/batches", "batches.create", "Many requests from a file"),
    ASK("/batches", "batches.create", "Many requests from a file"),
    KEPT("GET", "batches", "batches.list", "Batches at a vendor"),
    KEPT("POST", "batches/{batch_id}/cancel", "batches.cancel", "Stop a batch"),
    KEPT("GET", "batches/{batch_id}", "batches.retrieve", "How far a batch is"),
    { SL_SPAN("POST"),
      SL_SPAN("/utils/explain"),
      { NULL, 0 },
      gw_explain,
      GW_AUTH_KEY,
      "ChatRequest",
      "Explanation",
      "Where a call would go, and why; nobody is asked",
      NULL,
      0,
      GW_SHAPE_OPENAI },
    { SL_SPAN("POST"),
      SL_SPAN("/utils/token_counter"),
      { NULL, 0 },
      gw_count_tokens,
      GW_AUTH_KEY,
      "ChatRequest",
      "TokenCount",
      "How many tokens a prompt has, by an estimate",
      NULL,
      0,
      GW_SHAPE_OPENAI },
    { SL_SPAN("POST"),
      SL_SPAN("/utils/transform_request"),
      { NULL, 0 },
      gw_transform,
      GW_AUTH_KEY,
      "TransformRequest",
      "TransformedRequest",
      "What a vendor would be sent; nobody is asked",
      NULL,
      0,
      GW_SHAPE_OPENAI },
    GET("/utils/supported_openai_params", gw_params_supported, GW_AUTH_KEY, "SupportedParams",
        "What a model takes, by what is known of it"),
    GET("/v1/models", gw_models, GW_AUTH_KEY, "ModelList", "Models that the key may use"),
    GET("/models", gw_models, GW_AUTH_KEY, "ModelList", "Models that the key may use"),
    GET("/v1/models/{model}", gw_model, GW_AUTH_KEY, "Model", "One model"),
    GET("/models/{model}", gw_model, GW_AUTH_KEY, "Model", "One model"),
    GET("/groq/openai/v1/models", gw_models, GW_AUTH_KEY, "ModelList",
        "Models that the key may use"),
    GET("/groq/openai/v1/models/{model}", gw_model, GW_AUTH_KEY, "Model", "One model"),
    GET("/health", gw_health, GW_AUTH_KEY, "Health", "Deployments as calls and checks found them"),
    GET("/health/services", gw_services, GW_AUTH_KEY, "Services", "Loggers, cache and router"),
    GET("/health/backlog", gw_backlog, GW_AUTH_KEY, "Backlog", "Calls that are running"),
    GET("/health/liveliness", gw_alive, GW_AUTH_NONE, "Alive", "The process answers"),
    GET("/health/liveness", gw_alive, GW_AUTH_NONE, "Alive", "The process answers"),
    GET("/health/readiness", gw_ready, GW_AUTH_NONE, "Readiness", "Calls are taken"),
    GET("/metrics", gw_metrics, GW_AUTH_NONE, NULL, "Figures in Prometheus' text format"),
    GET("/routes", gw_list_routes, GW_AUTH_NONE, "RouteList", "This table"),
    GET("/openapi.json", gw_openapi, GW_AUTH_NONE, NULL, "This table as OpenAPI 3.1"),
    GET("/", gw_front, GW_AUTH_NONE, "Front", "What this is"),
    PASS("openai"),
    PASS("azure"),
    PASS("azure_ai"),
    PASS("anthropic"),
    PASS("gemini"),
    PASS("vertex_ai"),
    PASS("bedrock"),
    PASS("cohere"),
    PASS("mistral"),
    PASS("vllm"),
    PASS("hosted_vllm"),
};
const size_t gw_n_routes = sizeof gw_routes / sizeof gw_routes[0];

const struct gw_route gw_pass_route =
    OPERATION("", "/{path}", "passthrough", NULL, NULL, "An endpoint of the configuration");

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
        if (sl_span_eq(gw_routes[i].method, method) ||
            (!gw_routes[i].method.len && !sl_span_eq(method, SL_SPAN("OPTIONS")))) {
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
    static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
    size_t n = 0;

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (gw_route_find(sl_span_str(methods[i]), path, &match) != GW_FOUND)
            continue;
        n += (size_t)snprintf(out + n, GW_ALLOW_MAX - n, "%s, %s", methods[i],
                              i == 0 ? "HEAD, " : "");
    }
    if (n)
        n += (size_t)snprintf(out + n, GW_ALLOW_MAX - n, "OPTIONS");
    return n;
}
