/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_call.c - call_http.c between a listener and a library that are both played here, so that
 * each order of events can be had: holding back, leaving, ending at any moment.
 */
#include "kit.h"
#include "played.h"

#include <event2/event.h>

/* ---- the play -------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.base = event_base_new();
    t.worker.base = t.base;
    gw_calls_init(&t.worker.spare);
    t.taken = SL_SPAN("{}");
    return t.base ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sl_pool_finish(&t.worker.spare);
    event_base_free(t.base);
    return 0;
}

static void begin_with(void (*handle)(struct gw_exchange *x), sluice_span query)
{
    static const struct gw_route route = { .method = { "POST", 4 },
                                           .operation = { "chat.completions", 16 } };
    static struct sl_http_head head_of_request = { .request = true,
                                                   .body = SL_HTTP_BODY_LENGTH,
                                                   .length = 10,
                                                   .n_headers = 2,
                                                   .names = UINT64_MAX,
                                                   .headers = {
                                                       { { "x-litellm-tags", 14 }, { "a, b", 4 } },
                                                       { { "x-litellm-timeout", 17 },
                                                         { "2.5", 3 } },
                                                   } };
    struct gw_exchange x = { .worker = &t.worker,
                             .reply = { &t.request, false },
                             .head = &head_of_request,
                             .route = &route,
                             .param = SL_SPAN("model"),
                             .param_value = SL_SPAN("m"),
                             .query = query,
                             .key = SL_SPAN("sk-1") };

    handle(&x);
}

static void begin(void)
{
    begin_with(gw_call, SL_SPAN(""));
}

static enum gw_flow piece(const char *text, bool last)
{
    struct gw_pending *p = t.request.user;
    enum gw_flow flow = p->body(p, sl_span_str(text), last);

    t.request.held = flow == GW_HOLD;
    return flow;
}

static void leave(void)
{
    struct gw_pending *p = t.request.user;

    p->abort(p);
}

static void the_request_says_who_and_what(void **state)
{
    (void)state;
    begin();
    assert_string_equal(t.key, "sk-1");
    assert_string_equal(t.model, "m");
    assert_string_equal(t.tags, "{\"tags\":[\"a\",\"b\"]}");
    assert_int_equal(t.asked.timeout_ms, 2500);
    assert_int_equal(t.asked.received_us, 42);
    assert_int_equal(t.asked.flags, SLUICE_CALL_WIRE | SLUICE_CALL_DELIVERY);
    finish(SLUICE_E_INTERNAL);
}

static void an_explanation_is_asked_for_with_the_callers_key(void **state)
{
    (void)state;
    begin_with(gw_explain, SL_SPAN("operation=embed%64ings&x=1"));
    assert_string_equal(t.key, "sk-1");
    assert_true(t.asked.flags & SLUICE_CALL_EXPLAIN);
    assert_true(t.asked.flags & SLUICE_CALL_WIRE);
    assert_string_equal(t.operation, "embeddings");
    /* What is asked about the question is not part of the request. */
    assert_int_equal(t.asked.n_params, 0);
    assert_int_equal(t.asked.query.len, 0);
    finish(SLUICE_E_INTERNAL);
}

static void an_explanation_is_of_a_chat_if_nobody_says_otherwise(void **state)
{
    (void)state;
    begin_with(gw_explain, SL_SPAN(""));
    assert_string_equal(t.operation, "chat.completions");
    finish(SLUICE_E_INTERNAL);
}

static void answer_at_once(void)
{
    head(401, "application/json", 2);
    bytes("no");
    finish(SLUICE_E_DENIED);
}

static void a_call_may_end_while_it_starts(void **state)
{
    (void)state;
    t.at_start = answer_at_once;
    begin();
    assert_int_equal(t.request.status, 401);
    assert_true(t.request.over);
    assert_false(t.request.cut);
}

static void a_call_that_does_not_start_is_answered(void **state)
{
    (void)state;
    t.start = SLUICE_E_UNAVAILABLE;
    begin();
    assert_int_equal(t.request.status, 503);
    assert_true(t.request.over);
}

static void an_answer_is_passed_on_and_ended(void **state)
{
    (void)state;
    begin();
    head(200, "application/json", 4);
    bytes("ab");
    bytes("cd");
    assert_false(t.request.over);
    finish(SLUICE_OK);
    assert_true(t.request.over);
    assert_int_equal(t.request.length, 4);
    assert_memory_equal(t.request.body, "abcd", 4);
}

static void an_end_without_a_head_is_an_error(void **state)
{
    (void)state;
    begin();
    finish(SLUICE_E_TIMEOUT);
    assert_int_equal(t.request.status, 504);
    assert_true(t.request.over);
}

static void a_body_follows_piece_by_piece(void **state)
{
    (void)state;
    t.taken = sl_span(NULL, 0);
    begin();
    assert_true(t.asked.flags & SLUICE_BODY_FOLLOWS);
    assert_int_equal(t.asked.body_length, 10);
    assert_int_equal(piece("hello ", false), GW_GO);
    assert_int_equal(piece("world", true), GW_GO);
    assert_true(t.last);
    assert_memory_equal(t.written, "hello world", 11);
    finish(SLUICE_E_INTERNAL);
}

static void a_piece_without_room_is_held_and_tried_again(void **state)
{
    (void)state;
    t.taken = sl_span(NULL, 0);
    begin();
    t.no_room = 3;
    assert_int_equal(piece("hello", true), GW_HOLD);
    while (t.request.held)
        t.events->room(t.ctx);
    assert_int_equal(t.n_refused, 3);
    assert_int_equal(t.n_written, 5);
    assert_true(t.last);
    finish(SLUICE_E_INTERNAL);
}

static void a_client_may_leave_while_a_piece_is_held(void **state)
{
    (void)state;
    t.taken = sl_span(NULL, 0);
    begin();
    t.no_room = 1000;
    piece("hello", false);
    leave();
    assert_int_equal(t.cancelled, 1);
    assert_int_equal(event_base_loop(t.base, EVLOOP_NONBLOCK), 1); /* nothing is left to run */
}

static void a_call_may_end_while_a_piece_is_held(void **state)
{
    (void)state;
    t.taken = sl_span(NULL, 0);
    begin();
    t.no_room = 1;
    piece("hello", false);
    t.end_at_write = true;
    t.events->room(t.ctx);
    assert_int_equal(t.done, 1);
    assert_true(t.request.over);
    assert_int_equal(t.request.status, 400);
}

static void a_call_may_end_at_a_piece(void **state)
{
    (void)state;
    t.taken = sl_span(NULL, 0);
    begin();
    t.end_at_write = true;
    assert_int_equal(piece("hello", false), GW_GO);
    assert_true(t.request.over);
}

static void leaving_before_the_answer_cancels(void **state)
{
    (void)state;
    begin();
    leave();
    assert_int_equal(t.cancelled, 1);
    assert_int_equal(t.done, 1);
}

static void leaving_in_mid_answer_cancels(void **state)
{
    (void)state;
    begin();
    head(200, "text/event-stream", -1);
    bytes("data: x\n\n");
    leave();
    assert_int_equal(t.cancelled, 1);
    assert_int_equal(t.done, 1);
}

static void a_slow_client_pauses_the_call(void **state)
{
    struct gw_pending *p;

    (void)state;
    begin();
    head(200, "text/event-stream", -1);
    t.request.flow = GW_HOLD;
    bytes("x");
    assert_int_equal(t.paused, 1);
    p = t.request.user;
    p->drained(p);
    assert_int_equal(t.paused, 0);
    t.request.flow = GW_GO;
    finish(SLUICE_OK);
}

static void a_failure_that_nobody_told_cuts_the_answer(void **state)
{
    (void)state;
    begin();
    head(200, "application/octet-stream", -1);
    bytes("half");
    finish(SLUICE_E_TRUNCATED);
    assert_true(t.request.cut);
}

static void a_failure_told_in_the_stream_ends_it_in_order(void **state)
{
    (void)state;
    begin();
    head(200, "text/event-stream; charset=utf-8", -1);
    bytes("data: {\"error\":{}}\n\n");
    finish(SLUICE_E_TRUNCATED);
    assert_false(t.request.cut);
    assert_true(t.request.over);
}

static void an_answer_that_left_at_once_is_delivered(void **state)
{
    (void)state;
    begin();
    head(200, "application/json", 2);
    bytes("ab");
    finish(SLUICE_OK);
    assert_int_equal(t.told, 1);
    assert_int_equal(t.whole, 1);
}

static void sent_later(bool whole)
{
    struct gw_pending *p;

    begin();
    head(200, "application/json", 2);
    t.request.flow = GW_HOLD;
    bytes("ab");
    finish(SLUICE_OK);
    assert_int_equal(t.told, 0);
    p = t.request.user;
    p->sent(p, whole);
    assert_int_equal(t.told, 1);
    assert_int_equal(t.whole, whole);
}

static void an_answer_that_leaves_later_is_delivered_then(void **state)
{
    (void)state;
    sent_later(true);
}

static void an_answer_whose_client_left_is_not_delivered(void **state)
{
    (void)state;
    sent_later(false);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_request_says_who_and_what),
        CASE(an_explanation_is_asked_for_with_the_callers_key),
        CASE(an_explanation_is_of_a_chat_if_nobody_says_otherwise),
        CASE(a_call_may_end_while_it_starts),
        CASE(a_call_that_does_not_start_is_answered),
        CASE(an_answer_is_passed_on_and_ended),
        CASE(an_end_without_a_head_is_an_error),
        CASE(a_body_follows_piece_by_piece),
        CASE(a_piece_without_room_is_held_and_tried_again),
        CASE(a_client_may_leave_while_a_piece_is_held),
        CASE(a_call_may_end_while_a_piece_is_held),
        CASE(a_call_may_end_at_a_piece),
        CASE(leaving_before_the_answer_cancels),
        CASE(leaving_in_mid_answer_cancels),
        CASE(a_slow_client_pauses_the_call),
        CASE(a_failure_that_nobody_told_cuts_the_answer),
        CASE(a_failure_told_in_the_stream_ends_it_in_order),
        CASE(an_answer_that_left_at_once_is_delivered),
        CASE(an_answer_that_leaves_later_is_delivered_then),
        CASE(an_answer_whose_client_left_is_not_delivered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
