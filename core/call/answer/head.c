/* SPDX-License-Identifier: Apache-2.0 */
/* head.c - see head.h. */
#include "call/answer/head.h"

#include "base/clock.h"
#include "base/rng.h"
#include "call/account.h"
#include "call/stored/background.h"
#include "format/http1_parse.h"
#include "format/json_write.h"

#define ID_PREFIX_MOST 16

static sluice_span request_id(const struct sl_call *c)
{
    return c->request_id.len ? c->request_id : sl_span_str(c->uid);
}

/* Room for the numbers of one head. */
struct numbers {
    char retries[SL_DECIMAL_ROOM], most[SL_DECIMAL_ROOM], fallbacks[SL_DECIMAL_ROOM];
    char duration[SL_DECIMAL_ROOM], overhead[SL_DECIMAL_ROOM], retry_after[SL_DECIMAL_ROOM];
    char upstream[SL_DECIMAL_ROOM], cost[SL_DECIMAL_ROOM];
};
#define COMMON_MOST 13 /* fields that common_fields() writes */

/* What answers and failures have in common: whose call it is, who was asked, how long it took. */
static size_t common_fields(struct sl_call *c, const struct sl_attempt *a, uint64_t now,
                            struct numbers *room, sluice_header *h)
{
    uint64_t total = now - c->received_us, waited = sl_account_waited_us(c, now);
    const struct sl_leg *leg = a ? a->leg : &c->plan.asked;
    uint32_t tries = leg->n_attempts - c->n_seconds; /* one after the other */
    uint32_t retries = tries > 1 && leg->n_attempts > c->n_seconds ? tries - 1 : 0;
    size_t n = 0;

    /* Under both names: OpenAI's clients report the first, LiteLLM's the second. */
    h[n++] = (sluice_header){ SL_SPAN("x-request-id"), request_id(c) };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-call-id"), request_id(c) };
    if (c->dialect->id_header)
        h[n++] = (sluice_header){ sl_span_str(c->dialect->id_header), request_id(c) };
    if (a) {
        sluice_span url = a->pick.deployment->shown_url;

        h[n++] = (sluice_header){ SL_SPAN("x-litellm-model-id"), a->pick.deployment->settings->id };
        if (a->pick.deployment->settings->region.len &&
            sl_http_value_ok(a->pick.deployment->settings->region))
            h[n++] = (sluice_header){ SL_SPAN("x-litellm-model-region"),
                                      a->pick.deployment->settings->region };
        if (url.len)
            h[n++] = (sluice_header){ SL_SPAN("x-litellm-model-api-base"), url };
        if (a->dropped.len)
            h[n++] = (sluice_header){ SL_SPAN(SL_DROPPED_HEADER),
                                      sl_span(a->dropped.text, a->dropped.len) };
    }
    if (c->group && sl_http_value_ok(c->model)) /* the client's own text: a wildcard takes any */
        h[n++] = (sluice_header){ SL_SPAN("x-litellm-model-group"), c->model };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-attempted-retries"),
                              sl_decimal(room->retries, retries, 0) };
    if (retries)
        h[n++] = (sluice_header){ SL_SPAN("x-litellm-max-retries"),
                                  sl_decimal(room->most, (uint64_t)leg->retries, 0) };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-attempted-fallbacks"),
                              sl_decimal(room->fallbacks, c->plan.n_fallbacks, 0) };
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-response-duration-ms"),
                              sl_decimal(room->duration, total, 3) };
    /* All the time since its first byte came that was not spent waiting for a vendor. */
    h[n++] = (sluice_header){ SL_SPAN("x-litellm-overhead-duration-ms"),
                              sl_decimal(room->overhead, total > waited ? total - waited : 0, 3) };
    return n;
}

bool sl_head_text_begin(struct sl_head_text *t)
{
    t->ptr = sl_alloc(t->arena, t->size + 1);
    return t->ptr;
}

static char *append(char *at, sluice_span s)
{
    if (s.len)
        memcpy(at, s.ptr, s.len);
    return at + s.len;
}

/* The two lengths, then name and value. */
void sl_head_text_add(struct sl_head_text *t, sluice_span prefix, sluice_span name,
                      sluice_span value)
{
    const uint32_t lens[2] = { (uint32_t)(prefix.len + name.len), (uint32_t)value.len };
    char *at = t->ptr + t->len;

    memcpy(at, lens, sizeof lens);
    at = append(append(append(at + sizeof lens, prefix), name), value);
    t->len = (size_t)(at - t->ptr);
    t->n++;
}

static size_t unpack(sluice_span text, sluice_header *h)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    uint32_t lens[2];
    size_t n = 0;

    for (; at < end; n++) {
        memcpy(lens, at, sizeof lens);
        h[n].name = sl_span(at + sizeof lens, lens[0]);
        h[n].value = sl_span(h[n].name.ptr + lens[0], lens[1]);
        at = h[n].value.ptr + lens[1];
    }
    return n;
}

sluice_status sl_head_answer(struct sl_call *c, const struct sl_attempt *a,
                             sluice_span content_type, int64_t length)
{
    const struct sl_outlet *o = &c->out;
    int64_t cost = length >= 0 && a ? sl_account_cost(a) : -1; /* of a stream nobody knows yet */
    size_t most = o->n_headers + COMMON_MOST + 4;
    sluice_header few[48], *h = most <= 48 ? few : sl_alloc(&c->arena, most * sizeof *h);
    char digest[2 * SL_DIGEST_SIZE + 1];
    struct numbers room;
    size_t n = 0;

    if (!h)
        return SLUICE_E_NOMEM;
    h[n++] = (sluice_header){ SL_SPAN("content-type"), content_type };
    if (length < 0)
        h[n++] = (sluice_header){ SL_SPAN("cache-control"), SL_SPAN("no-cache") };
    n += common_fields(c, a, c->first_byte_us, &room, h + n);
    if (c->cached) {
        sl_hex(c->digest, sizeof c->digest, digest);
        h[n++] = (sluice_header){ SL_SPAN("x-litellm-cache-key"), sl_span_str(digest) };
    }
    if (cost >= 0)
        h[n++] = (sluice_header){ SL_SPAN("x-litellm-response-cost"),
                                  sl_decimal(room.cost, c->cached || c->shared ? 0 : (uint64_t)cost,
                                             9) };
    n += unpack(o->headers, h + n);
    c->events->head(c->ctx, c->http_status, h, n, length);
    return SLUICE_OK;
}

/* What the vendor said of a failure that is told: the status it really had, and its own fields. Not
 * when the try that failed last is another model's. */
static size_t vendors_fields(const struct sl_call *c, char *room, sluice_header *h)
{
    const struct sl_attempt *a = sl_account_attempt(c);
    size_t n = 0;

    if (c->status >= 0 || !a || a->leg != &c->plan.asked || a->in.status == 0)
        return 0;
    h[n++] = (sluice_header){ SL_SPAN("x-sluice-upstream-status"),
                              sl_decimal(room, (uint64_t)a->in.status, 0) };
    return n + unpack(c->out.headers, h + n);
}

/* A body of our own, as of now. */
static void own_head(struct sl_call *c, uint64_t now, int64_t length)
{
    sluice_header few[COMMON_MOST + 2];
    sluice_header *h = sl_alloc(&c->arena, (COMMON_MOST + 3 + c->out.n_headers) * sizeof *h);
    bool all = h != NULL; /* a failure is told without memory as well */
    struct numbers room;
    size_t n = 0;

    h = all ? h : few;
    h[n++] = (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/json") };
    n += common_fields(c, sl_account_attempt(c), now, &room, h + n);
    if (c->error.retry_after_ms) {
        /* RFC 9110, 10.2.3: whole seconds; rounded up so that nobody comes too early. */
        uint64_t seconds = ((uint64_t)c->error.retry_after_ms + 999) / 1000;

        h[n++] =
            (sluice_header){ SL_SPAN("retry-after"), sl_decimal(room.retry_after, seconds, 0) };
    }
    if (all)
        n += vendors_fields(c, room.upstream, h + n);
    c->events->head(c->ctx, c->http_status, h, n, length);
}

void sl_head_failure(struct sl_call *c, int64_t length)
{
    own_head(c, c->stage_us[SL_STEP_FINISH], length);
}

void sl_head_text(struct sl_call *c, int64_t length)
{
    own_head(c, c->first_byte_us, length);
}

sluice_span sl_head_model(const struct sl_attempt *a)
{
    return a->leg->from ? a->model : a->call->model;
}

sluice_span sl_head_model_json(const struct sl_attempt *a)
{
    struct sl_call *c = a->call;
    struct sl_buf b;
    struct sl_json_out o;

    if (c->model_json.ptr)
        return c->model_json;
    sl_buf_init(&b, 64 * 1024);
    o = sl_json_out(&b);
    sl_json_str(&o, sl_head_model(a));
    if (sl_buf_ok(&b))
        c->model_json = sl_arena_dup(&c->arena, sl_buf_span(&b));
    sl_buf_finish(&b);
    return c->model_json.ptr ? c->model_json : SL_SPAN("\"\"");
}

sluice_span sl_head_answer_id(struct sl_call *c)
{
    sluice_span prefix = sl_span_str(c->dialect->id_prefix ? c->dialect->id_prefix : "chatcmpl-");
    char id[ID_PREFIX_MOST + 29];

    if (c->response_id.ptr)
        return c->response_id;
    prefix = sl_span_head(prefix, ID_PREFIX_MOST);
    memcpy(id, prefix.ptr, prefix.len);
    sl_random_alnum(id + prefix.len, 29);
    /* That of a response made in the background was told already. */
    c->response_id =
        sl_arena_dup(&c->arena, c->run ? sl_run_id(c->run) : sl_span(id, prefix.len + 29));
    return c->response_id.ptr ? c->response_id : SL_SPAN("0");
}
