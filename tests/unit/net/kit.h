/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit.h - what the transport tests share: a loop with a transport and an upstream, and a client
 * that writes down what it is told. Every test of a suite runs against each transport (KIT_BOTH).
 */
#ifndef TEST_NET_KIT_H
#define TEST_NET_KIT_H

#include "upstream.h"

/* ---- the whole ---- */

struct kit {
    struct sl_loop *loop;
    struct sl_jobs *jobs;
    struct sl_transport *t;
    struct kit_upstream up;
    struct sl_upstream_options options;
    struct sl_timer guard;
    unsigned running; /* clients */
    bool curl, late;
};

static void kit_guard(struct sl_timer *t)
{
    struct kit *k = SL_CONTAINER(t, struct kit, guard);

    k->late = true;
    sl_loop_stop(k->loop);
}

static int kit_setup_as(void **state, bool curl)
{
    struct kit *k = calloc(1, sizeof *k);
    struct sl_loop_options options = { .base = NULL };

    k->curl = curl;
    sl_timer_init(&k->guard, kit_guard);
    assert_int_equal(sl_loop_create(&options, &k->loop, NULL), SLUICE_OK);
    assert_int_equal(sl_jobs_create(2, &k->jobs, NULL), SLUICE_OK);
    if (curl)
        assert_int_equal(sl_curl_create(k->loop, &k->t, NULL), SLUICE_OK);
    else
        assert_int_equal(sl_http1_create(k->loop, k->jobs, &k->t, NULL), SLUICE_OK);
    kit_upstream_start(&k->up, k->loop);
    *state = k;
    return 0;
}

KIT int kit_setup_http1(void **state)
{
    return kit_setup_as(state, false);
}

KIT int kit_setup_curl(void **state)
{
    return kit_setup_as(state, true);
}

KIT int kit_teardown(void **state)
{
    struct kit *k = *state;

    sl_timer_cancel(&k->guard);
    k->t->cls->destroy(k->t);
    kit_upstream_stop(&k->up);
    sl_jobs_destroy(k->jobs);
    sl_loop_destroy(k->loop);
    free(k);
    return 0;
}

#define KIT_HTTP1(test) cmocka_unit_test_setup_teardown(test, kit_setup_http1, kit_teardown)
#define KIT_CURL(test) cmocka_unit_test_setup_teardown(test, kit_setup_curl, kit_teardown)
#define KIT_BOTH(test) KIT_HTTP1(test), KIT_CURL(test)

#define KIT_ANSWERS(k, ...)                                                                        \
    do {                                                                                           \
        static const struct kit_answer answers_[] = { __VA_ARGS__ };                               \
        (k)->up.answers = answers_;                                                                \
        (k)->up.n_answers = sizeof answers_ / sizeof *answers_;                                    \
    } while (0)

/* A literal in a constant initialiser. */
#define KIT_TEXT(lit)                                                                              \
    {                                                                                              \
        "" lit, sizeof(lit) - 1                                                                    \
    }

/* Run until every client is done. */
KIT void kit_run(struct kit *k)
{
    k->late = false;
    sl_timer_set(k->loop, &k->guard, 100000); /* a busy machine is no hang */
    sl_loop_run(k->loop);
    sl_timer_cancel(&k->guard);
    assert_false(k->late);
}

KIT void kit_turn(struct kit *k)
{
    event_base_loop(sl_loop_base(k->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* ---- the client ---- */

struct kit_client {
    struct kit *k;
    struct sl_exchange *x;
    int status; /* HTTP, 0 = no head came */
    int64_t length;
    struct kit_text headers; /* "name=value;" */
    struct kit_text body;
    unsigned n_head, n_data, n_done;
    size_t n_writable;
    sluice_status outcome;
    sluice_error err;
    bool sent;
    bool in_submit;
    /* What to do in callbacks. */
    bool cancel_at_head, cancel_at_data, pause_at_head, pause_at_data;
};

static void kit_stop_when_all_are_done(struct kit *k)
{
    if (--k->running == 0)
        sl_loop_stop(k->loop);
}

static void kit_cancel(struct kit_client *c)
{
    c->x->cls->cancel(c->x);
    c->x = NULL;
    kit_stop_when_all_are_done(c->k);
}

static void kit_note(struct kit_text *to, const sluice_header *h)
{
    kit_text_add(to, h->name);
    kit_text_add(to, SL_SPAN("="));
    kit_text_add(to, h->value);
    kit_text_add(to, SL_SPAN(";"));
}

static void kit_on_head(void *ctx, const struct sl_http_in *head)
{
    struct kit_client *c = ctx;

    assert_false(c->in_submit);
    c->n_head++;
    c->status = head->status;
    c->length = head->length;
    for (size_t i = 0; i < head->n_headers; i++)
        kit_note(&c->headers, &head->headers[i]);
    if (c->cancel_at_head)
        kit_cancel(c);
    else if (c->pause_at_head)
        c->x->cls->pause(c->x, true);
}

static void kit_on_data(void *ctx, sluice_span bytes, bool more)
{
    struct kit_client *c = ctx;

    (void)more;
    assert_int_equal(c->n_head, 1);
    assert_int_equal(c->n_done, 0);
    assert_true(bytes.len > 0);
    c->n_data++;
    if (c->cancel_at_data)
        kit_cancel(c);
    else if (c->pause_at_data)
        c->x->cls->pause(c->x, true);
    kit_text_add(&c->body, bytes); /* still there after a cancel */
}

static void kit_on_done(void *ctx, sluice_status status, const sluice_error *err, bool sent)
{
    struct kit_client *c = ctx;

    assert_false(c->in_submit);
    c->n_done++;
    c->outcome = status;
    c->err = *err;
    c->sent = sent;
    c->x = NULL;
    kit_stop_when_all_are_done(c->k);
}

static void kit_on_writable(void *ctx)
{
    struct kit_client *c = ctx;

    c->n_writable++;
}

static const struct sl_exchange_events kit_events = {
    .head = kit_on_head, .data = kit_on_data, .done = kit_on_done, .writable = kit_on_writable
};

KIT void kit_client_init(struct kit_client *c, struct kit *k)
{
    memset(c, 0, sizeof *c);
    c->k = k;
}

KIT void kit_client_finish(struct kit_client *c)
{
    kit_text_drop(&c->headers);
    kit_text_drop(&c->body);
}

/* As little as possible: to the kit's upstream. url stays as given, or is filled in. */
KIT sluice_status kit_submit_out(struct kit_client *c, struct sl_http_out *out)
{
    struct kit *k = c->k;
    char url[64];
    sluice_status st;

    if (!out->url.ptr) {
        snprintf(url, sizeof url, "%s://127.0.0.1:%u/v1/x?key=value", k->up.tls ? "https" : "http",
                 k->up.port);
        out->url = sl_span_str(url);
    }
    if (!out->method.ptr)
        out->method = SL_SPAN("POST");
    if (!out->options)
        out->options = &k->options;
    c->err = (sluice_error)SLUICE_ERROR_INIT;
    c->in_submit = true;
    st = k->t->cls->submit(k->t, out, &kit_events, c, &c->x, &c->err);
    c->in_submit = false;
    if (st == SLUICE_OK)
        k->running++;
    else
        c->outcome = st;
    return st;
}

static const sluice_span kit_body[] = { { "{\"hello\":", 9 }, { "\"world\"}", 8 } };

KIT sluice_status kit_submit(struct kit_client *c)
{
    struct sl_http_out out = { .body = kit_body, .n_body = 2 };

    return kit_submit_out(c, &out);
}

/* Ask and wait. */
KIT void kit_ask(struct kit_client *c)
{
    assert_int_equal(kit_submit(c), SLUICE_OK);
    kit_run(c->k);
    if (!c->cancel_at_head && !c->cancel_at_data)
        assert_int_equal(c->n_done, 1);
}

KIT void assert_body(const struct kit_client *c, const char *text)
{
    assert_int_equal(c->body.len, strlen(text));
    if (c->body.len)
        assert_memory_equal(c->body.ptr, text, c->body.len);
}

#endif
