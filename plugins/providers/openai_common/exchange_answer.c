/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_answer.c - what comes of an attempt. Answers are relayed by the host, and only where the
 * vendor's description names something to put right do they come through response.c, event by
 * event. When a relayed stream ends early the host's own scanner judges it; when it comes through
 * here, oc_end() does.
 */
#include "exchange.h"

#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

#define ERROR_MAX 65536 /* bytes kept of an error answer */

static sluice_span content_type(const sluice_http_head *head)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (sl_span_eq(head->headers[i].name, SL_SPAN("content-type")))
            return head->headers[i].value;
    return sl_span(NULL, 0);
}

static bool type_is(sluice_span value, const char *type)
{
    return sl_span_ieq(sl_span_head(value, strlen(type)), sl_span_str(type));
}

static bool plain_id(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = sl_lower(s.ptr[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return s.len > 0;
}

/* "Not yet; ask for it under this number." */
static sluice_status note_poll(struct oc_exchange *x, const sluice_http_head *head,
                               sluice_error *err)
{
    const struct vendor *v = x->vendor;
    size_t open = sl_span_find(v->poll_path, SL_SPAN("{id}"));
    sluice_span base, path, tail = sl_span_from(v->poll_path, open + 4);
    sluice_status st;
    char *text;

    x->poll_again = head->status == 202 && v->poll_header.len > 0;
    for (size_t i = 0; x->poll_again && i < head->n_headers; i++) {
        if (!sl_span_ieq(head->headers[i].name, v->poll_header) ||
            !plain_id(head->headers[i].value))
            continue;
        st = oc_request_base(v, x->call, &base, err);
        if (st < 0)
            return st;
        path = sl_arena_printf(x->mem, "%.*s%.*s%.*s", SL_FMT(sl_span_head(v->poll_path, open)),
                               SL_FMT(head->headers[i].value), SL_FMT(tail));
        text = path.ptr ? sl_alloc(x->mem, base.len + path.len + 2) : NULL;
        if (!text)
            return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing a URL");
        x->poll_url = sl_span(text, sl_compat_url(base, path, text));
    }
    x->poll_again = x->poll_again && x->poll_url.len;
    return SLUICE_OK;
}

sluice_status oc_head(struct oc_exchange *x, const sluice_http_head *head, uint32_t *framing,
                      sluice_error *err)
{
    sluice_span type = content_type(head);
    sluice_status st = note_poll(x, head, err);

    if (st < 0)
        return st;
    x->status = head->status;
    if (x->poll_again) {
        *framing = SLUICE_FRAME_WHOLE;
        return SLUICE_OK;
    }
    x->framing = x->asked;
    /* One that is relayed unseen cannot turn out to be a failure. */
    if (head->status >= 400 || x->asked != SLUICE_FRAME_RELAY || x->vendor->watch)
        x->retry_after_ms =
            sl_compat_retry_after_ms(head->headers, head->n_headers, x->host->unix_ms(x->host));
    if (head->status >= 400 || x->pass)
        return SLUICE_OK;
    if (type_is(type, "text/html"))
        return sl_fail(err, SLUICE_E_UPSTREAM,
                       "the upstream answered %d with an HTML page; is api_base right?",
                       (int)head->status);
    if (x->framing == SLUICE_FRAME_SSE && type_is(type, "application/json"))
        x->framing = *framing = SLUICE_FRAME_WHOLE;
    else if (x->chat && x->framing == SLUICE_FRAME_WHOLE && type_is(type, "text/event-stream"))
        x->framing = *framing = SLUICE_FRAME_SSE;
    x->state.stream = x->framing == SLUICE_FRAME_SSE;
    return SLUICE_OK;
}

static sluice_status fail_by_body(const struct oc_exchange *x, sluice_span body, sluice_error *err)
{
    struct sl_compat_failure failure = { .http_status = x->status,
                                         .retry_after_ms = x->retry_after_ms,
                                         .body = body,
                                         .rules = x->vendor->errors,
                                         .n_rules = x->vendor->n_errors };

    return sl_compat_error(&failure, err);
}

/* The members of an answer that matter here, found in one walk. */
struct top {
    sluice_span choices, usage;
    bool suspicious; /* may be a failure that calls itself a success */
};

static void look(sluice_span object, struct top *top)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;

    *top = (struct top){ .suspicious = false };
    while (sl_json_next(&it, object, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("choices")))
            top->choices = value;
        else if (sl_span_eq(name, SL_SPAN("usage")))
            top->usage = value;
        else if (sl_span_eq(name, SL_SPAN("error")) || sl_span_eq(name, SL_SPAN("base_resp")) ||
                 sl_span_eq(name, SL_SPAN("success")) ||
                 (sl_span_eq(name, SL_SPAN("object")) && sl_span_eq(value, SL_SPAN("\"error\""))))
            top->suspicious = true;
    }
}

static void report_usage(const struct oc_exchange *x, const sluice_sink *sink, sluice_span object,
                         const struct top *top)
{
    struct sl_compat_usage usage;
    sluice_usage out = { .struct_size = sizeof out };
    bool known = top->usage.ptr && sl_compat_usage(top->usage, &usage);

    if (!known && x->vendor->usage_at) {
        sluice_span at = sl_json_find(object, x->vendor->usage_at);

        known = at.ptr && sl_compat_usage(at, &usage);
    }
    if (!known)
        return;
    out.counts = usage.counts;
    out.n_counts = usage.n;
    sink->usage(sink, &out);
}

/* A chunk that carries nothing but usage, which was reported. */
static bool only_usage(const struct top *top)
{
    enum sl_json_type choices = top->choices.ptr ? sl_json_type(top->choices) : SL_JSON_NONE;

    return top->usage.ptr && sl_json_type(top->usage) == SL_JSON_OBJECT &&
           (choices == SL_JSON_NULL ||
            (choices == SL_JSON_ARRAY && !sl_json_find(top->choices, "0").ptr));
}

static sluice_status by_responses(struct oc_exchange *x, const sluice_sink *sink,
                                  sluice_span object, sluice_error *err)
{
    sluice_status st = x->framing == SLUICE_FRAME_SSE
                           ? oc_responses_event(x->by, object, sink, err)
                           : oc_responses_whole(x->by, object, sink, err);

    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory reading an answer") : st;
}

static sluice_status emit(struct oc_exchange *x, const sluice_sink *sink, sluice_span object,
                          const struct top *top, sluice_error *err)
{
    sluice_span *parts = &object;
    size_t n = 1;
    sluice_status st = SLUICE_OK;

    if (x->by)
        return by_responses(x, sink, object, err);
    /* As OpenAI writes it, it goes on to clients that asked for it; else the host writes one. */
    if (x->framing == SLUICE_FRAME_SSE && only_usage(top))
        return sl_json_type(top->choices) == SL_JSON_NULL ? SLUICE_OK : sink->chunk(sink, parts, n);
    if (x->base64)
        st = oc_response_base64(object, sink->scratch, &parts, &n);
    else if (x->chat)
        st = oc_response_normal(x->vendor, &x->state, object, top->choices, top->usage,
                                sink->scratch, &parts, &n);
    if (st < 0)
        return sl_fail(err, st, "out of memory reading an answer");
    return x->framing == SLUICE_FRAME_SSE ? sink->chunk(sink, parts, n)
                                          : sink->whole(sink, parts, n);
}

sluice_status oc_data(struct oc_exchange *x, const sluice_frame *frame, const sluice_sink *sink,
                      sluice_error *err)
{
    sluice_span data = sl_span_trim(frame->data);
    struct top top;

    if (x->status >= 400) {
        x->error_body = sl_arena_dup(x->mem, sl_span_head(data, ERROR_MAX));
        return x->error_body.ptr
                   ? SLUICE_OK
                   : sl_fail(err, SLUICE_E_NOMEM, "out of memory reading an error answer");
    }
    if (!data.len || x->poll_again)
        return SLUICE_OK;
    if (sl_span_starts(data, SL_SPAN("[DONE]"))) {
        x->done = true;
        return SLUICE_OK;
    }
    if (x->done)
        return SLUICE_OK;
    if (sl_json_validate(data, NULL) < 0 || data.ptr[0] != '{') {
        /* Relayed text of another kind that happens to hold a watched word. */
        if (x->framing == SLUICE_FRAME_RELAY)
            return SLUICE_OK;
        return sl_fail(err, SLUICE_E_UPSTREAM, "the upstream's answer is no JSON object");
    }
    look(data, &top);
    if (top.suspicious && sl_compat_is_error(data))
        return fail_by_body(x, data, err);
    x->any = true;
    if (!x->by)
        report_usage(x, sink, data, &top);
    return x->framing == SLUICE_FRAME_RELAY ? SLUICE_OK : emit(x, sink, data, &top, err);
}

/* Not everybody may see summaries of thoughts: then the answer is asked for without. */
static bool refused_summary(const struct oc_exchange *x)
{
    sluice_span name = SL_SPAN("reasoning.summary");

    return x->by && x->by->asks_summary && x->status == 400 &&
           sl_span_find(x->error_body, name) < x->error_body.len;
}

static sluice_status without_summary(struct oc_exchange *x, sluice_error *err)
{
    sluice_status st;

    x->by->no_summary = true;
    st = oc_responses_body(x->by, err);
    x->body = x->by->parts;
    x->n_body = x->by->n_parts;
    return st < 0 ? st : SLUICE_MORE;
}

sluice_status oc_end(struct oc_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    if (refused_summary(x))
        return without_summary(x, err);
    if (x->poll_again)
        return SLUICE_MORE;
    if (x->pass && x->status != 401 && x->status != 403)
        return SLUICE_OK;
    if (x->status >= 400)
        return fail_by_body(x, x->error_body, err);
    if (x->framing == SLUICE_FRAME_RELAY)
        return SLUICE_OK;
    if (!x->any)
        return sl_fail(err, SLUICE_E_UPSTREAM, "the upstream's answer was empty");
    if (x->by ? !x->by->finished : x->framing == SLUICE_FRAME_SSE && !x->done && !x->state.finished)
        return sl_fail(err, SLUICE_E_TRUNCATED, "the upstream's stream ended early");
    return SLUICE_OK;
}
