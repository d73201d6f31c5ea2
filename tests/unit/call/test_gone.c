/* SPDX-License-Identifier: Apache-2.0 */
/* Where a call may be when its client leaves or its time is up: what the vendor was asked by then,
 * and what the record says. */
#include "kit.h"

#include "base/clock.h"
#include "testlog.h"

#include <unistd.h>

#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{"                    \
    "\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}"
#define KEYED ONE_DEPLOYMENT LOGGED "general_settings: {master_key: sk-1234}\n"

static struct kit k;
static struct got g;

static void begin(const char *config, sluice_request r)
{
    sluice_error err = SLUICE_ERROR_INIT;

    n_seen = 0;
    kit_open(&k, config);
    got_init(&g, &k);
    r.struct_size = sizeof r;
    r.operation = SL_SPAN("chat.completions");
    r.flags |= SLUICE_CALL_WIRE;
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
}

static void until(const int *what)
{
    for (int i = 0; i < 100000 && !*what; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_true(*what);
}

/* The client leaves; there is one record of it. */
static void leave(int requests)
{
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.result, SLUICE_E_CANCELLED);
    assert_int_equal(k.requests, requests);
    for (int i = 0; i < 1000 && k.open; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(k.open, 0);
    got_free(&g);
    kit_close(&k);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].http_status, 499);
    assert_int_equal(seen[0].status, SLUICE_E_CANCELLED);
}

static void gone_while_its_body_came_nobody_was_asked(void **state)
{
    (void)state;
    begin(ONE_DEPLOYMENT LOGGED, (sluice_request){ .flags = SLUICE_BODY_FOLLOWS });
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("{\"model\""), 0), SLUICE_OK);
    leave(0);
    assert_int_equal(seen[0].attempts, 0);
    assert_int_equal(seen[0].output, -1);
}

static void gone_before_the_answer_the_vendor_is_left_at_once(void **state)
{
    (void)state;
    begin(ONE_DEPLOYMENT LOGGED, (sluice_request){ .flags = SLUICE_BODY_FOLLOWS });
    k.script.stall = true;
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN(ASK), 1), SLUICE_OK);
    until(&k.requests);
    leave(1);
    assert_int_equal(seen[0].attempts, 1);
    assert_true(seen[0].input > 0); /* the input was read, most likely */
    assert_true(seen[0].flags & SLUICE_RECORD_ESTIMATED);
}

static void gone_amid_the_answer_what_passed_is_counted(void **state)
{
    (void)state;
    begin(ONE_DEPLOYMENT LOGGED, (sluice_request){ .flags = SLUICE_BODY_FOLLOWS });
    k.script.answer[0] =
        HTTP_SSE CHUNK("{\"content\":\"a\"}", "null") CHUNK("{\"content\":\"b\"}", "null");
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN(ASK_SSE), 1), SLUICE_OK);
    until(&g.head);
    for (int i = 0; i < 10; i++)
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    leave(1);
    assert_int_equal(seen[0].output, 2);
}

static void refused_key_is_on_record(void **state)
{
    (void)state;
    begin(KEYED, (sluice_request){ .key = SL_SPAN("sk-wrong"), .body = SL_SPAN(ASK) });
    assert_int_equal(g.done, 1);
    got_free(&g);
    kit_close(&k);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].http_status, 401);
    assert_int_equal(seen[0].attempts, 0);
}

/* ---- delivery ---- */

static void answer_whole(uint32_t flags)
{
    begin(ONE_DEPLOYMENT LOGGED, (sluice_request){ .flags = flags | SLUICE_BODY_FOLLOWS });
    k.script.answer[0] = HTTP_JSON OK_BODY;
    k.script.close = true;
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN(ASK), 1), SLUICE_OK);
    until(&g.done);
    assert_int_equal(g.result, SLUICE_OK);
}

static void close_all(void)
{
    got_free(&g);
    kit_close(&k);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].status, SLUICE_OK);
    assert_int_equal(seen[0].output, 1);
}

static void gone_behind_the_whole_answer_is_marked_undelivered(void **state)
{
    (void)state;
    answer_whole(SLUICE_CALL_DELIVERY);
    sluice_delivered(k.loop, g.task, 0);
    close_all();
    assert_true(seen[0].flags & SLUICE_RECORD_UNDELIVERED);
}

static void delivered_answer_is_not_marked(void **state)
{
    (void)state;
    answer_whole(SLUICE_CALL_DELIVERY);
    for (int i = 0; i < 10; i++) /* nobody says anything: the record waits */
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    assert_int_equal(n_seen, 0);
    sluice_delivered(k.loop, g.task, 1);
    sluice_delivered(k.loop, g.task, 0); /* it is gone: nothing happens */
    close_all();
    assert_false(seen[0].flags & SLUICE_RECORD_UNDELIVERED);
}

static void who_never_says_has_not_delivered(void **state)
{
    (void)state;
    answer_whole(SLUICE_CALL_DELIVERY);
    close_all();
    assert_true(seen[0].flags & SLUICE_RECORD_UNDELIVERED);
}

static void without_the_flag_nothing_is_waited_for(void **state)
{
    (void)state;
    answer_whole(0);
    sluice_delivered(k.loop, g.task, 0);
    close_all();
    assert_false(seen[0].flags & SLUICE_RECORD_UNDELIVERED);
}

/* ---- time ---- */

static void timed_out(int status, const char *code)
{
    until(&g.done);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    assert_int_equal(g.status, status);
    assert_string_equal(g.err.code, code);
    got_free(&g);
    kit_close(&k);
    assert_int_equal(n_seen, 1);
    assert_int_equal(seen[0].http_status, status);
}

static void body_that_never_ends_has_a_limit(void **state)
{
    (void)state;
    begin(ONE_DEPLOYMENT LOGGED "general_settings: {body_timeout: 0.02}\n",
          (sluice_request){ .flags = SLUICE_BODY_FOLLOWS });
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("{"), 0), SLUICE_OK);
    timed_out(408, "body_timeout");
}

static void deadline_holds_while_a_body_is_awaited(void **state)
{
    (void)state;
    begin(ONE_DEPLOYMENT LOGGED,
          (sluice_request){ .flags = SLUICE_BODY_FOLLOWS, .deadline_ms = 20 });
    timed_out(504, "call_timeout");
}

static void deadline_holds_while_the_vendor_is_awaited(void **state)
{
    (void)state;
    begin(ONE_DEPLOYMENT LOGGED,
          (sluice_request){ .flags = SLUICE_BODY_FOLLOWS, .deadline_ms = 50 });
    k.script.stall = true;
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN(ASK), 1), SLUICE_OK);
    timed_out(504, "call_timeout");
}

static void deadline_of_the_configuration_holds_as_well(void **state)
{
    (void)state;
    begin("model_list:\n- model_name: m\n  litellm_params: {model: openai/v, api_base: "
          "'http://127.0.0.1:%d/v1', api_key: k}\n"
          "router_settings: {call_timeout: 0.05}\n" LOGGED,
          (sluice_request){ .flags = SLUICE_BODY_FOLLOWS, .deadline_ms = 60000 });
    k.script.stall = true;
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN(ASK), 1), SLUICE_OK);
    timed_out(504, "call_timeout");
}

/* The loop was away for longer than the limit; what came meanwhile lies in the socket. Until the
 * vendor has answered no time passes, however busy the machine is. */
static void late_loop_reads_before_it_judges(void **state)
{
    (void)state;
    sl_clock_freeze(sl_now_us(), sl_unix_us());
    begin(ONE_DEPLOYMENT LOGGED,
          (sluice_request){ .flags = SLUICE_BODY_FOLLOWS, .deadline_ms = 200 });
    k.script.answer[0] = HTTP_JSON OK_BODY;
    k.script.close = true;
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN(ASK), 1), SLUICE_OK);
    until(&k.requests); /* answered in the turn in which it came */
    usleep(300 * 1000);
    sl_clock_freeze(0, 0);
    until(&g.done);
    assert_int_equal(g.result, SLUICE_OK);
    got_free(&g);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gone_while_its_body_came_nobody_was_asked),
        cmocka_unit_test(gone_before_the_answer_the_vendor_is_left_at_once),
        cmocka_unit_test(gone_amid_the_answer_what_passed_is_counted),
        cmocka_unit_test(refused_key_is_on_record),
        cmocka_unit_test(gone_behind_the_whole_answer_is_marked_undelivered),
        cmocka_unit_test(delivered_answer_is_not_marked),
        cmocka_unit_test(who_never_says_has_not_delivered),
        cmocka_unit_test(without_the_flag_nothing_is_waited_for),
        cmocka_unit_test(body_that_never_ends_has_a_limit),
        cmocka_unit_test(deadline_holds_while_a_body_is_awaited),
        cmocka_unit_test(deadline_holds_while_the_vendor_is_awaited),
        cmocka_unit_test(deadline_of_the_configuration_holds_as_well),
        cmocka_unit_test(late_loop_reads_before_it_judges),
    };

    sluice_add_builtin(testlog);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
