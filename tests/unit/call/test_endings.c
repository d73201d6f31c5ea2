/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ends before its time: the client leaves, the call it works for ends, its key is wrong,
 * memory fails. */
#include "kit.h"

#include "base/arena.h"

#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",\"choices\":[{"   \
    "\"index\":0,"                                                                                 \
    "\"message\":{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define OK_ANSWER                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" OK_BODY

static void cancel_in_mid_stream_closes_the_upstream(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] =
        HTTP_SSE CHUNK("{\"content\":\"x\"}", "null") CHUNK("{\"content\":\"y\"}", "null");
    k.script.piece = 300;
    got_init(&g, &k);
    g.cancel_after = 1;
    assert_int_equal(kit_start(&k, &g, ASK_SSE, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    for (int i = 0; i < 1000 && (!g.done || k.open); i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.result, SLUICE_E_CANCELLED);
    assert_int_equal(k.open, 0);
    got_free(&g);
    kit_close(&k);
}

static void cancel_before_the_answer_closes_the_upstream(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ASK, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    for (int i = 0; i < 1000 && !k.requests; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.head, 0);
    sluice_cancel(k.loop, g.task); /* it is gone: nothing happens */
    for (int i = 0; i < 1000 && k.open; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(k.open, 0);
    got_free(&g);
    kit_close(&k);
}

static sluice_status start_child(struct kit *k, struct got *g, sluice_task parent)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = SL_SPAN(ASK),
                         .parent = parent };

    got_init(g, k);
    return sluice_start(k->loop, &r, &kit_events, g, &g->task, &err);
}

static void call_ends_with_the_call_it_works_for(void **state)
{
    struct kit k;
    struct got g[3];

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    assert_int_equal(start_child(&k, &g[0], 0), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[1], g[0].task), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[2], g[1].task), SLUICE_OK);
    sluice_cancel(k.loop, g[0].task);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(g[i].done, 1);
        assert_int_equal(g[i].result, SLUICE_E_CANCELLED);
        got_free(&g[i]);
    }
    kit_close(&k);
}

static void call_that_outlives_its_child_goes_on(void **state)
{
    struct kit k;
    struct got g[2];

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    assert_int_equal(start_child(&k, &g[0], 0), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[1], g[0].task), SLUICE_OK);
    sluice_cancel(k.loop, g[1].task);
    assert_int_equal(g[1].done, 1);
    assert_int_equal(g[0].done, 0);
    sluice_cancel(k.loop, g[0].task);
    got_free(&g[0]);
    got_free(&g[1]);
    kit_close(&k);
}

static void calls_within_calls_have_an_end(void **state)
{
    struct kit k;
    struct got g[4];

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.stall = true;
    assert_int_equal(start_child(&k, &g[0], 0), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[1], g[0].task), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[2], g[1].task), SLUICE_OK);
    assert_int_equal(start_child(&k, &g[3], g[2].task), SLUICE_E_INVALID);
    sluice_cancel(k.loop, g[0].task);
    for (int i = 0; i < 4; i++)
        got_free(&g[i]);
    kit_close(&k);
}

static void call_without_its_body_can_be_cancelled(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, "", SLUICE_CALL_WIRE | SLUICE_BODY_FOLLOWS, &err),
                     SLUICE_OK);
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("{\"model\""), 0), SLUICE_OK);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("x"), 1), SLUICE_E_NOT_FOUND);
    got_free(&g);
    kit_close(&k);
}

static void wrong_key_is_told_before_the_body_comes(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE | SLUICE_BODY_FOLLOWS,
                         .key = SL_SPAN("sk-wrong") };

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT "general_settings: {master_key: sk-1234}\n");
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.status, 401);
    got_free(&g);
    kit_close(&k);
}

/* With the n-th allocation failing a call ends once, with an answer or with an error, and nothing
 * is lost. */
static void every_allocation(const char *ask, const char *answer)
{
    struct kit k;
    bool done = false;

    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = answer;
    k.script.close = true;
    for (uint64_t n = 1; !done && n < 2000; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        struct got g;
        sluice_status st;

        got_init(&g, &k);
        sl_buf_reserve(&g.body, 4096);
        sl_buf_reserve(&k.seen, 4096);
        sl_fault_after(n);
        st = kit_start(&k, &g, ask, SLUICE_CALL_WIRE, &err);
        for (int i = 0; st >= 0 && i < 100000 && !g.done; i++)
            event_base_loop(k.base, EVLOOP_ONCE);
        done = sl_fault_after(0) < n;
        assert_int_equal(g.done, st >= 0 ? 1 : 0);
        if (done) {
            assert_int_equal(g.result, SLUICE_OK);
            assert_int_equal(g.status, 200);
        }
        got_free(&g);
    }
    assert_true(done);
    kit_close(&k);
}

static void every_failing_allocation_ends_a_whole_call_cleanly(void **state)
{
    (void)state;
    every_allocation(ASK, OK_ANSWER);
}

static void every_failing_allocation_ends_a_stream_cleanly(void **state)
{
    (void)state;
    every_allocation(ASK_SSE, HTTP_SSE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")
                                  CHUNK("{\"content\":\"x\"}", "null")
                                      CHUNK("{}", "\"stop\"") "data: [DONE]\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel_in_mid_stream_closes_the_upstream),
        cmocka_unit_test(cancel_before_the_answer_closes_the_upstream),
        cmocka_unit_test(call_ends_with_the_call_it_works_for),
        cmocka_unit_test(call_that_outlives_its_child_goes_on),
        cmocka_unit_test(calls_within_calls_have_an_end),
        cmocka_unit_test(call_without_its_body_can_be_cancelled),
        cmocka_unit_test(wrong_key_is_told_before_the_body_comes),
        cmocka_unit_test(every_failing_allocation_ends_a_whole_call_cleanly),
        cmocka_unit_test(every_failing_allocation_ends_a_stream_cleanly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
