/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canned.h - calls against vendors that are texts: a transport in the place of the loop's own, with
 * neither sockets nor clocks, that hands the answer over in the very pieces a test asks for. What
 * the vendor was sent is kept as text. One deployment for each protocol; one request for each
 * dialect of clients.
 */
#ifndef TEST_CALL_CANNED_H
#define TEST_CALL_CANNED_H

#include "kit.h"

#include "api/instance.h"
#include "base/rng.h"
#include "format/eventstream.h"
#include "net/transport.h"

struct canned_answer {
    int status; /* 0 = 200 */
    const char *type;
    sluice_span body;
    bool broken; /* the connection breaks behind the body */
};

struct canned {
    struct sl_transport base;
    struct kit *kit;
    struct sl_transport *real;
    struct canned_answer answers[3]; /* the last one repeats */
    size_t n_answers;
    size_t cut; /* each answer comes in two pieces, the first one that long; 0 = at once */
    size_t piece;
    int requests;
    struct sl_buf seen; /* the last request: "METHOD URL\nname: value\n\nbody" */
};

struct canned_exchange {
    struct sl_exchange base;
    struct canned *owner;
    struct sl_defer soon;
    const struct sl_exchange_events *events;
    void *ctx;
    const struct canned_answer *answer;
    size_t at;
    bool head_done, paused, waiting;
};

static void canned_go_on(struct canned_exchange *x)
{
    x->waiting = true;
    sl_defer_set(x->owner->kit->loop->loop, &x->soon);
}

static void canned_finish(struct canned_exchange *x)
{
    sl_defer_cancel(&x->soon);
    free(x);
}

static void canned_step(struct sl_defer *d)
{
    struct canned_exchange *x = SL_CONTAINER(d, struct canned_exchange, soon);
    const struct canned_answer *a = x->answer;
    sluice_span rest = sl_span_from(a->body, x->at);

    x->waiting = false;
    if (x->paused)
        return;
    if (!x->head_done) {
        sluice_header type = { SL_SPAN("content-type"), sl_span_str(a->type) };
        struct sl_http_in head = { a->status ? a->status : 200, &type, 1, -1, true };

        x->head_done = true;
        canned_go_on(x); /* before the callback, which may cancel */
        x->events->head(x->ctx, &head);
        return;
    }
    if (rest.len) {
        if (x->owner->piece)
            rest = sl_span_head(rest, x->owner->piece);
        if (x->at < x->owner->cut)
            rest = sl_span_head(rest, x->owner->cut - x->at);
        x->at += rest.len;
        canned_go_on(x);
        x->events->data(x->ctx, rest, false);
    } else {
        const struct sl_exchange_events *events = x->events;
        void *ctx = x->ctx;
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_status st =
            a->broken ? sl_fail(&err, SLUICE_E_TRUNCATED, "the connection broke") : SLUICE_OK;

        canned_finish(x);
        events->done(ctx, st, &err, true);
    }
}

static sluice_status canned_submit(struct sl_transport *t, const struct sl_http_out *out,
                                   const struct sl_exchange_events *events, void *ctx,
                                   struct sl_exchange **result, sluice_error *err)
{
    struct canned *c = SL_CONTAINER(t, struct canned, base);
    struct canned_exchange *x = calloc(1, sizeof *x);
    size_t n = (size_t)c->requests++;

    (void)err;
    assert_non_null(x);
    sl_buf_reset(&c->seen);
    sl_buf_printf(&c->seen, "%.*s %.*s\n", SL_FMT(out->method), SL_FMT(out->url));
    for (size_t i = 0; i < out->n_headers; i++)
        sl_buf_printf(&c->seen, "%.*s: %.*s\n", SL_FMT(out->headers[i].name),
                      SL_FMT(out->headers[i].value));
    sl_buf_add_char(&c->seen, '\n');
    for (size_t i = 0; i < out->n_body; i++)
        sl_buf_add(&c->seen, out->body[i]);
    sl_buf_add_char(&c->seen, 0);
    x->base.cls = t->cls;
    x->owner = c;
    x->events = events;
    x->ctx = ctx;
    x->answer = &c->answers[n < c->n_answers ? n : c->n_answers - 1];
    sl_defer_init(&x->soon, canned_step);
    canned_go_on(x);
    *result = &x->base;
    return SLUICE_OK;
}

static void canned_pause(struct sl_exchange *base, bool on)
{
    struct canned_exchange *x = (struct canned_exchange *)base;

    x->paused = on;
    if (!on && !x->waiting)
        canned_go_on(x);
}

static void canned_cancel(struct sl_exchange *base)
{
    canned_finish((struct canned_exchange *)base);
}

static const struct sl_transport_class canned_class = {
    .name = "canned", .submit = canned_submit, .pause = canned_pause, .cancel = canned_cancel
};

/* A deployment for each protocol that vendors speak, named after it; `codex` speaks Responses. */
static const char canned_config[] =
    "model_list:\n"
    "- model_name: openai\n"
    "  litellm_params: {model: openai/gpt-4o, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: codex\n"
    "  litellm_params: {model: openai/responses/gpt-5, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: o3\n"
    "  litellm_params: {model: openai/o3, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: azure\n"
    "  litellm_params: {model: azure/deployed, api_base: 'http://vendor.test', "
    "api_key: k, api_version: 2024-10-21, base_model: azure/o3}\n"
    "- model_name: compat\n"
    "  litellm_params: {model: deepseek/deepseek-chat, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: merged\n"
    "  litellm_params: {model: openai/gpt-4o, api_base: 'http://vendor.test', api_key: k, "
    "merge_reasoning_content_in_choices: true}\n"
    "- model_name: merged_compat\n"
    "  litellm_params: {model: deepseek/deepseek-chat, api_base: 'http://vendor.test', "
    "api_key: k, merge_reasoning_content_in_choices: true}\n"
    "- model_name: merged_anthropic\n"
    "  litellm_params: {model: anthropic/claude-sonnet-4-5, api_base: 'http://vendor.test', "
    "api_key: k, merge_reasoning_content_in_choices: true}\n"
    "- model_name: anthropic\n"
    "  litellm_params: {model: anthropic/claude-sonnet-4-5, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: gemini\n"
    "  litellm_params: {model: gemini/gemini-2.5-flash, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: cohere\n"
    "  litellm_params: {model: cohere/command-a-03-2025, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: ollama\n"
    "  litellm_params: {model: ollama/qwen3, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: mistral\n"
    "  litellm_params: {model: mistral/mistral-large-latest, api_base: 'http://vendor.test', "
    "api_key: k}\n"
    "- model_name: bedrock\n"
    "  litellm_params: {model: bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0, api_base: "
    "'http://vendor.test', "
    "api_key: k, aws_region_name: us-east-1}\n"
    "router_settings: {num_retries: 0}\n";

static inline void canned_open(struct canned *c, struct kit *k)
{
    memset(c, 0, sizeof *c);
    kit_open(k, canned_config);
    c->base.cls = &canned_class;
    c->kit = k;
    sl_buf_init(&c->seen, 64u << 20);
    c->real = k->loop->worker.net.http1;
    k->loop->worker.net.http1 = &c->base;
}

static inline void canned_close(struct canned *c)
{
    c->kit->loop->worker.net.http1 = c->real;
    kit_close(c->kit);
    sl_buf_finish(&c->seen);
}

static inline void canned_says(struct canned *c, const char *type, sluice_span body)
{
    c->answers[0] = (struct canned_answer){ .type = type, .body = body };
    c->n_answers = 1;
    c->requests = 0;
}

/* How clients ask. */
struct canned_dialect {
    const char *name, *operation;
    const char *start, *rest; /* around the model's name */
    bool in_path;             /* the model's name is */
    bool alt_sse;
};

#define CANNED_USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
static const struct canned_dialect canned_dialects[] = {
    { "chat", "chat.completions", "{\"model\":\"",
      "\",\"stream_options\":{\"include_usage\":true}," CANNED_USER, false, false },
    { "responses", "responses", "{\"model\":\"", "\",\"store\":false,\"input\":\"hi\"", false,
      false },
    { "messages", "messages", "{\"model\":\"", "\",\"max_tokens\":99," CANNED_USER, false, false },
    { "gemini", "generateContent", "{",
      "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}],\"generationConfig\":{"
      "\"thinkingConfig\":{\"includeThoughts\":true}}",
      true, true },
    { "gemini list", "generateContent", "{",
      "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]", true, false },
    { "cohere", "cohere.chat", "{\"model\":\"", "\"," CANNED_USER, false, false },
    { "converse", "converse", "{",
      "\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]", true, false },
    { "ollama", "ollama.chat", "{\"model\":\"", "\"," CANNED_USER, false, false },
    { "ollama generate", "ollama.generate", "{\"model\":\"", "\",\"prompt\":\"hi\"", false, false },
};
#define CANNED_DIALECTS (sizeof canned_dialects / sizeof canned_dialects[0])

static inline const struct canned_dialect *canned_dialect(const char *name)
{
    for (size_t i = 0; i < CANNED_DIALECTS; i++)
        if (strcmp(canned_dialects[i].name, name) == 0)
            return &canned_dialects[i];
    fail_msg("no dialect %s", name);
    return NULL;
}

static inline void canned_run(struct canned *c, struct got *g, sluice_request *r)
{
    sluice_error err = SLUICE_ERROR_INIT;

    got_init(g, c->kit);
    sl_random_seed(1);
    r->struct_size = sizeof *r;
    r->flags |= SLUICE_CALL_WIRE;
    if (sluice_start(c->kit->loop, r, &kit_events, g, &g->task, &err) < 0)
        fail_msg("sluice_start: %s", err.message);
    for (int i = 0; i < 100000 && !g->done; i++)
        event_base_loop(c->kit->base, EVLOOP_ONCE);
    sl_random_seed(0);
    sl_buf_add_char(&g->body, 0);
    assert_int_equal(g->done, 1);
}

/* more: members behind the usual ones, each with a comma in front; "" = none. */
static inline void canned_ask(struct canned *c, struct got *g, const char *dialect,
                              const char *model, bool stream, const char *more)
{
    const struct canned_dialect *d = canned_dialect(dialect);
    const sluice_header params[] = { { SL_SPAN("model"), sl_span_str(model) },
                                     { SL_SPAN("alt"), SL_SPAN("sse") } };
    sluice_request r = { .operation = sl_span_str(d->operation),
                         .params = params,
                         .n_params = d->in_path ? d->alt_sse ? 2 : 1 : 0 };
    struct sl_buf body;

    sl_buf_init(&body, 1u << 20);
    sl_buf_printf(&body, "%s%s%s%s%s}", d->start, d->in_path ? "" : model, d->rest, more,
                  d->in_path ? ""
                  : stream   ? ",\"stream\":true"
                             : ",\"stream\":false");
    r.flags = stream && d->in_path ? SLUICE_CALL_STREAM : 0;
    r.body = sl_buf_span(&body);
    canned_run(c, g, &r);
    sl_buf_finish(&body);
}

/* Any request of the chat dialect. */
static inline void canned_chat(struct canned *c, struct got *g, const char *body)
{
    sluice_request r = { .operation = SL_SPAN("chat.completions"), .body = sl_span_str(body) };

    canned_run(c, g, &r);
}

#endif
