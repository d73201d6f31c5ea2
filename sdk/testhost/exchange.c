/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - one exchange with a provider, from begin() to close(), fed from canned answers. */
#include "exchange.h"

#include "base/status.h"
#include "frames.h"
#include "host.h"
#include "request.h"
#include "sink.h"

#include <stdlib.h>

#define MOCK_HEADERS 64
#define ROUNDS 64 /* a plugin that says MORE for ever */

/* An out-struct with the room behind it that plugin.h promises (GROWTH). */
struct slack_request {
    sluice_http_request request;
    char slack[SLUICE_SLACK];
};

struct run {
    struct sl_test_provider *p;
    const struct sl_test_plan *plan;
    struct sl_test_result *result;
    struct sluice_arena arena;
    sluice_call call;
    sluice_exchange *x;
    struct recorder rec;
    struct text requests;
    const char *const *watch; /* of a relay */
    bool relay;
    sluice_status stop; /* set when the plan says stop */
};

/* Count a step; true when the plan wants it to be the last. */
static bool stepped(struct run *r)
{
    r->result->steps++;
    if (r->plan->steps && r->result->steps >= r->plan->steps)
        r->stop = SLUICE_E_CANCELLED;
    return r->stop != 0;
}

static sluice_status give_data(struct run *r, sluice_span event, sluice_span data)
{
    sluice_frame frame = { .struct_size = sizeof frame, .event = event, .data = data };
    sluice_status st = r->p->cls->data(r->x, &frame, &r->rec.sink, &r->result->error);

    recorder_step(&r->rec);
    if (r->rec.complaint.len && st >= 0)
        st = SLUICE_E_INTERNAL;
    if (st >= 0 && stepped(r))
        return r->stop;
    return st;
}

static sluice_status on_frame(void *ctx, sluice_span event, sluice_span data)
{
    struct run *r = ctx;
    sluice_status st = SLUICE_OK;

    if (!r->relay)
        return give_data(r, event, data);
    for (const char *const *w = r->watch; w && *w && st >= 0; w++) {
        sluice_span needle = sl_span_str(*w);

        if (sl_span_find(data, needle) < data.len || sl_span_find(event, needle) < event.len) {
            st = give_data(r, event, data);
            break;
        }
    }
    if (st >= 0)
        recorder_relay(&r->rec, event, data);
    return st;
}

static bool is_event_stream(const struct sl_test_answer *a)
{
    for (size_t i = 0; i < a->n_headers; i++)
        if (sl_span_ieq(a->headers[i].name, SL_SPAN("content-type")))
            return sl_span_starts(a->headers[i].value, SL_SPAN("text/event-stream"));
    return false;
}

static sluice_status feed(struct run *r, const struct sl_test_answer *a, struct framer *f)
{
    size_t at = 0;
    sluice_status st = SLUICE_OK;

    while (at < a->body.len && st >= 0) {
        size_t n = a->body.len - at;

        if (r->plan->chunk && n > r->plan->chunk)
            n = r->plan->chunk;
        if (r->plan->cut > at && r->plan->cut < at + n)
            n = r->plan->cut - at;
        st = framer_feed(f, sl_span(a->body.ptr + at, n));
        at += n;
    }
    return st;
}

static sluice_status give_answer(struct run *r, const struct sl_test_answer *a, uint32_t framing)
{
    sluice_http_head head = { .struct_size = sizeof head,
                              .status = a->status,
                              .headers = a->headers,
                              .n_headers = a->n_headers };
    struct framer f;
    sluice_status st = r->p->cls->head(r->x, &head, &framing, &r->result->error);

    if (st < 0)
        return st;
    if (stepped(r))
        return r->stop;
    if (framing > SLUICE_FRAME_U32)
        return sl_fail(&r->result->error, SLUICE_E_UNSUPPORTED, "unknown framing %u", framing);
    if (a->status >= 400)
        framing = SLUICE_FRAME_WHOLE;
    r->relay = r->rec.relaying = framing == SLUICE_FRAME_RELAY;
    if (r->relay)
        framing = is_event_stream(a) ? SLUICE_FRAME_SSE : SLUICE_FRAME_WHOLE;
    framer_init(&f, framing, on_frame, r);
    st = feed(r, a, &f);
    if (st >= 0 && !a->broken)
        st = framer_end(&f);
    framer_finish(&f);
    r->rec.relaying = false;
    if (st >= 0 && a->broken)
        return sl_fail(&r->result->error, SLUICE_E_UPSTREAM, "the connection broke");
    if (st < 0)
        return st;
    st = r->p->cls->end(r->x, &r->rec.sink, &r->result->error);
    recorder_step(&r->rec);
    if (r->rec.complaint.len && st >= 0)
        st = SLUICE_E_INTERNAL;
    return st >= 0 && stepped(r) ? r->stop : st;
}

static sluice_status ask(struct run *r, struct slack_request *slack, struct text *out)
{
    sluice_http_request *q = &slack->request;
    sluice_status st;

    memset(slack, 0, sizeof *slack);
    q->struct_size = sizeof *q;
    st = r->p->cls->request(r->x, q, &r->result->error);
    return st < 0 ? st : request_print(q, out, &r->result->error);
}

static sluice_status play_back(struct run *r, const sluice_http_request *q)
{
    struct text body = { NULL, 0, 0 };
    sluice_header headers[MOCK_HEADERS];
    struct sl_test_answer answer;
    sluice_status st = mock_answer(q, &body, headers, MOCK_HEADERS, &answer, &r->result->error);

    if (st >= 0)
        st = give_answer(r, &answer, q->framing);
    text_free(&body);
    return st;
}

static sluice_status round_of(struct run *r, const struct sl_test_answer *answer)
{
    struct slack_request slack;
    struct text one = { NULL, 0, 0 }, two = { NULL, 0, 0 };
    sluice_status st = ask(r, &slack, &one);

    if (st >= 0 && r->plan->twice) {
        st = ask(r, &slack, &two);
        if (st >= 0 && (one.len != two.len || memcmp(one.ptr, two.ptr, one.len)))
            st = sl_fail(&r->result->error, SLUICE_E_INTERNAL,
                         "request() asked twice gives two different requests");
    }
    if (st >= 0) {
        if (r->requests.len)
            text_str(&r->requests, "\n");
        text_add(&r->requests, sl_span(one.ptr, one.len));
        sl_testhost_advance(r->p->host, slack.request.delay_ms);
    }
    text_free(&one);
    text_free(&two);
    if (st < 0)
        return st;
    if (stepped(r))
        return r->stop;
    r->watch = slack.request.watch;
    if (!answer && request_is_mock(&slack.request))
        return play_back(r, &slack.request);
    if (!answer)
        return sl_fail(&r->result->error, SLUICE_E_UNAVAILABLE, "the test has no answer left");
    r->result->n_answers++;
    return give_answer(r, answer, slack.request.framing);
}

static sluice_status exchange(struct run *r, const struct sl_test_answer *answers, size_t n)
{
    sluice_status st = r->p->cls->begin(r->p->self, &r->call, &r->arena, &r->x, &r->result->error);

    if (st < 0)
        return st;
    if (stepped(r))
        st = r->stop;
    else
        for (size_t i = 0; (st = round_of(r, i < n ? &answers[i] : NULL)) == SLUICE_MORE; i++)
            if (i == ROUNDS) {
                st = sl_fail(&r->result->error, SLUICE_E_INTERNAL, "more than %d rounds", ROUNDS);
                break;
            }
    if (r->p->cls->close)
        r->p->cls->close(r->x);
    return st;
}

sluice_status sl_test_exchange(struct sl_test_provider *p, const struct sl_test_call *call,
                               const struct sl_test_answer *answers, size_t n_answers,
                               const struct sl_test_plan *plan, struct sl_test_result *result)
{
    static const struct sl_test_plan calm = { 0 };
    struct run r = { .p = p, .plan = plan ? plan : &calm, .result = result };

    memset(result, 0, sizeof *result);
    result->error = (sluice_error)SLUICE_ERROR_INIT;
    recorder_init(&r.rec, p->host->arena_cap);
    sl_arena_init(&r.arena, p->host->arena_cap);
    result->status = call_make(call, &r.arena, &r.call, &result->error);
    if (result->status >= 0)
        result->status = exchange(&r, answers, n_answers);
    if (r.rec.complaint.len)
        sl_copy_text(result->error.message, sizeof result->error.message,
                     sl_span(r.rec.complaint.ptr, r.rec.complaint.len));
    sl_arena_finish(&r.arena);
    recorder_settle(&r.rec);
    result->requests = text_take(&r.requests);
    result->sink = text_take(&r.rec.lines);
    recorder_finish(&r.rec);
    return result->status;
}

void sl_test_result_finish(struct sl_test_result *r)
{
    free(r->requests);
    free(r->sink);
    r->requests = r->sink = NULL;
}

sluice_status sl_test_provider_init(struct sl_test_provider *p, struct sl_testhost *t,
                                    const struct sl_testplugin *plugin, sluice_span config,
                                    sluice_error *err)
{
    const sluice_provider_class *c =
        sl_testplugin_descriptor(plugin)->get_class(SLUICE_PROVIDER_ID);
    sluice_status st;

    *p = (struct sl_test_provider){ .host = t, .cls = c };
    if (!c || !c->create || !c->destroy || !c->begin || !c->request || !c->head || !c->data ||
        !c->end)
        return sl_fail(err, SLUICE_E_INVALID, "the plugin has no complete provider class");
    st = c->create(sl_testhost_host(t), config.len ? config : SL_SPAN("{}"), &p->self, err);
    if (st < 0)
        p->self = NULL;
    return st;
}

void sl_test_provider_finish(struct sl_test_provider *p)
{
    if (p->self)
        p->cls->destroy(p->self);
    p->self = NULL;
}
