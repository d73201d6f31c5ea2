/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that wait for a place: at a deployment and in the process, in which order, how long, and
 * what happens when there is no room for more. */
#include "kit.h"

#include "api/instance.h"
#include "base/arena.h"

#include <unistd.h>

#define DEPLOYMENT(own)                                                                            \
    "- {model_name: m, litellm_params: {model: openai/a, api_base: 'http://127.0.0.1:%d/v1', "     \
    "api_key: k" own "}}\n"
#define ONE(own, router)                                                                           \
    "model_list:\n" DEPLOYMENT(own) "router_settings: {num_retries: 0" router "}\n"
#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define OK_ANSWER                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" OK_BODY
#define CALLS 8

static struct kit k;
static struct got g[CALLS];
static int order[CALLS], n_order;

static void open_with(const char *config)
{
    kit_open(&k, config);
    k.script.stall = true;
    n_order = 0;
}

static void begin(int i, const char *body, const char *priority)
{
    sluice_error err = SLUICE_ERROR_INIT;
    const sluice_header header = { SL_SPAN("x-litellm-priority"),
                                   sl_span_str(priority ? priority : "") };
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = sl_span_str(body),
                         .headers = &header,
                         .n_headers = priority != NULL };

    got_init(&g[i], &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g[i], &g[i].task, &err), SLUICE_OK);
}

static void turns(int n)
{
    for (int i = 0; i < n; i++)
        event_base_loop(k.base, EVLOOP_NONBLOCK);
}

static void until_asked(int requests)
{
    for (int i = 0; i < 100000 && k.requests < requests; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(k.requests, requests);
}

static void until_done(int i)
{
    for (int n = 0; n < 100000 && !g[i].done; n++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g[i].done, 1);
}

static void close_all(int n)
{
    for (int i = 0; i < n; i++) {
        sluice_cancel(k.loop, g[i].task);
        assert_int_equal(g[i].done, 1);
        got_free(&g[i]);
    }
    assert_int_equal(k.s->owner.running, 0);
    kit_close(&k);
}

static void second_call_waits_for_the_first(void **state)
{
    (void)state;
    open_with(ONE(", max_parallel_requests: 1", ""));
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    until_asked(1);
    turns(20);
    assert_int_equal(k.requests, 1);
    k.script.stall = false;
    k.script.answer[1] = OK_ANSWER;
    k.script.close = true;
    sluice_cancel(k.loop, g[0].task);
    until_done(1);
    assert_int_equal(g[1].result, SLUICE_OK);
    close_all(2);
}

static void router_says_it_for_those_that_do_not(void **state)
{
    (void)state;
    open_with(ONE("", ", default_max_parallel_requests: 1"));
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    until_asked(1);
    turns(20);
    assert_int_equal(k.requests, 1);
    close_all(2);
}

/* Which of the waiting calls is asked next, again and again. */
static void served(int n)
{
    for (int served = 1; served < n; served++) {
        int before = k.requests;

        for (int i = 0; i < n; i++)
            if (!g[i].done && i == (n_order ? order[n_order - 1] : 0))
                sluice_cancel(k.loop, g[i].task);
        until_asked(before + 1);
        for (int i = 1; i < n; i++) {
            char mark[] = "call-0";
            bool known = false;

            mark[5] = (char)('0' + i);
            for (int o = 0; o < n_order; o++)
                known = known || order[o] == i;
            if (!known && strstr(k.seen.ptr, mark))
                order[n_order++] = i;
        }
    }
}

#define MARKED(n, more)                                                                            \
    "{\"model\":\"m\"" more ",\"messages\":[{\"role\":\"user\",\"content\":\"call-" n "\"}]}"

static void calls_are_served_as_they_came(void **state)
{
    (void)state;
    open_with(ONE(", max_parallel_requests: 1", ""));
    begin(0, MARKED("0", ""), NULL);
    begin(1, MARKED("1", ""), NULL);
    begin(2, MARKED("2", ""), NULL);
    begin(3, MARKED("3", ""), NULL);
    until_asked(1);
    served(4);
    assert_int_equal(n_order, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(order[i], i + 1);
    close_all(4);
}

static void lower_numbers_are_served_first(void **state)
{
    (void)state;
    open_with(ONE(", max_parallel_requests: 1", ", default_priority: 5"));
    begin(0, MARKED("0", ""), NULL);
    begin(1, MARKED("1", ""), NULL);
    begin(2, MARKED("2", ",\"priority\":9"), NULL);
    begin(3, MARKED("3", ",\"priority\":9"), "1");
    until_asked(1);
    served(4);
    assert_int_equal(order[0], 3); /* the header counts before the body */
    assert_int_equal(order[1], 1);
    assert_int_equal(order[2], 2);
    close_all(4);
}

static void priority_is_a_number(void **state)
{
    (void)state;
    open_with(ONE("", ""));
    begin(0, ASK, "urgent");
    assert_int_equal(g[0].status, 400);
    begin(1, MARKED("1", ",\"priority\":-1"), NULL);
    assert_int_equal(g[1].status, 400);
    close_all(2);
}

static void wait_has_an_end(void **state)
{
    (void)state;
    open_with(ONE(", max_parallel_requests: 1", ", queue_timeout: 0.03"));
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    until_done(1);
    assert_int_equal(g[1].status, 503);
    assert_string_equal(g[1].err.code, "queue_timeout");
    assert_true(g[1].err.retry_after_ms > 0);
    assert_int_equal(g[0].done, 0);
    close_all(2);
}

static void client_that_leaves_the_line_lets_the_next_one_in(void **state)
{
    (void)state;
    open_with(ONE(", max_parallel_requests: 1", ""));
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    begin(2, ASK, NULL);
    until_asked(1);
    sluice_cancel(k.loop, g[1].task);
    sluice_cancel(k.loop, g[0].task);
    until_asked(2);
    assert_int_equal(g[2].done, 0);
    close_all(3);
}

/* Its turn was told, and it leaves in the same turn of the loop. */
static void turn_of_one_that_left_is_passed_on(void **state)
{
    (void)state;
    open_with(ONE(", max_parallel_requests: 1", ""));
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    begin(2, ASK, NULL);
    until_asked(1);
    sluice_cancel(k.loop, g[0].task);
    sluice_cancel(k.loop, g[1].task);
    until_asked(2);
    assert_int_equal(g[2].done, 0);
    close_all(3);
}

static void place_elsewhere_in_the_group_is_taken(void **state)
{
    (void)state;
    open_with("model_list:\n" DEPLOYMENT(", max_parallel_requests: 1")
                  DEPLOYMENT(", max_parallel_requests: 1") "router_settings: {num_retries: 0}\n");
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    until_asked(2);
    begin(2, ASK, NULL);
    begin(3, ASK, NULL);
    turns(20);
    assert_int_equal(k.requests, 2);
    sluice_cancel(k.loop, g[1].task);
    until_asked(3);
    sluice_cancel(k.loop, g[0].task);
    until_asked(4);
    close_all(4);
}

static void busy_group_falls_back_when_the_wait_is_over(void **state)
{
    (void)state;
    open_with("model_list:\n" DEPLOYMENT(
        ", max_parallel_requests: 1") "- {model_name: spare, litellm_params: {model: openai/a, "
                                      "api_base: "
                                      "'http://127.0.0.1:%d/v1', api_key: k}}\n"
                                      "router_settings: {num_retries: 0, queue_timeout: 0.02, "
                                      "fallbacks: [{m: [spare]}]}\n");
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    until_asked(2);
    assert_int_equal(g[1].done, 0);
    close_all(2);
}

#define GLOBAL(n)                                                                                  \
    ONE("", ", queue_timeout: 0.05") "general_settings: {global_max_parallel_requests: " n "}\n"

static void process_has_places_as_well(void **state)
{
    (void)state;
    open_with(GLOBAL("1"));
    begin(0, ASK, NULL);
    begin(1, ASK, NULL);
    until_asked(1);
    turns(5);
    assert_int_equal(k.requests, 1);
    sluice_cancel(k.loop, g[0].task);
    until_asked(2);
    begin(2, ASK, NULL);
    until_done(2);
    assert_int_equal(g[2].status, 503);
    close_all(3);
}

static void child_needs_no_place_beside_its_parent(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .body = SL_SPAN(ASK) };

    (void)state;
    open_with(GLOBAL("1"));
    begin(0, ASK, NULL);
    got_init(&g[1], &k);
    r.parent = g[0].task;
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g[1], &g[1].task, &err), SLUICE_OK);
    until_asked(2);
    close_all(2);
}

/* ---- memory ---- */

#define TIGHT ONE("", "") "general_settings: {max_in_flight_mb: 0.0005}\n" /* 524 bytes */

static void body_in_one_piece_without_room_is_shed(void **state)
{
    static char big[1024];

    (void)state;
    snprintf(big, sizeof big,
             "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%0600d\"}]}", 0);
    open_with(TIGHT);
    begin(0, big, NULL);
    assert_int_equal(g[0].done, 1);
    assert_int_equal(g[0].status, 503);
    assert_string_equal(g[0].err.code, "overloaded");
    assert_true(g[0].err.retry_after_ms > 0);
    begin(1, ASK, NULL); /* this one fits */
    until_asked(1);
    close_all(2);
}

static void body_in_pieces_without_room_is_held_back_then_shed(void **state)
{
    static char big[600];
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE | SLUICE_BODY_FOLLOWS };
    sluice_status st;
    int held = 0;

    (void)state;
    memset(big, ' ', sizeof big);
    open_with(TIGHT);
    got_init(&g[0], &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g[0], &g[0].task, &err), SLUICE_OK);
    while ((st = sluice_body_write(k.loop, g[0].task, sl_span(big, sizeof big), 0)) ==
           SLUICE_E_NOMEM) {
        int told = g[0].rooms;

        held++;
        while (g[0].rooms == told && !g[0].done)
            event_base_loop(k.base, EVLOOP_ONCE);
    }
    assert_true(held > 1);
    assert_int_equal(st, SLUICE_E_NOT_FOUND);
    assert_int_equal(g[0].status, 503);
    assert_string_equal(g[0].err.code, "overloaded");
    close_all(1);
}

/* An answer that waits for its end takes room from new requests, until it has gone. */
static void answers_that_are_held_count_as_well(void **state)
{
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Content-Length: 100000\r\n\r\n{\"text\":\""
                               "0123456789012345678901234567890123456789012345678901234567890123"
                               "0123456789012345678901234567890123456789012345678901234567890123"
                               "0123456789012345678901234567890123456789012345678901234567890123"
                               "0123456789012345678901234567890123456789012345678901234567890123"
                               "0123456789012345678901234567890123456789012345678901234567890123"
                               "0123456789012345678901234567890123456789012345678901234567890123"
                               "0123456789012345678901234567890123456789012345678901234567890123";

    (void)state;
    open_with(TIGHT);
    k.script.stall = false;
    k.script.answer[0] = half;
    begin(0, ASK, NULL);
    for (int i = 0; i < 100000 && k.s->owner.body_bytes < 460; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    begin(1, ASK, NULL);
    assert_int_equal(g[1].status, 503);
    sluice_cancel(k.loop, g[0].task);
    assert_int_equal(k.s->owner.body_bytes, 0);
    close_all(2);
}

/* ---- all together ---- */

static void random_mix_leaves_nobody_behind(void **state)
{
    unsigned seed = 7;

    (void)state;
    open_with("model_list:\n" DEPLOYMENT(", max_parallel_requests: 2") DEPLOYMENT(
        ", max_parallel_requests: 1") "router_settings: {num_retries: 0}\n"
                                      "general_settings: {global_max_parallel_requests: 4}\n");
    k.script.stall = false;
    k.script.answer[0] = OK_ANSWER;
    k.script.close = true;
    for (int i = 0; i < CALLS; i++)
        begin(i, ASK, NULL);
    for (int round = 0; round < 2000; round++) {
        int i = (int)((seed = seed * 1103515245 + 12345) >> 16) % CALLS;

        if (g[i].done || seed >> 8 & 1) {
            sluice_cancel(k.loop, g[i].task);
            assert_int_equal(g[i].done, 1);
            got_free(&g[i]);
            begin(i, ASK, NULL);
        }
        turns((int)(seed >> 20 & 3));
    }
    for (int i = 0; i < CALLS; i++) {
        until_done(i);
        got_free(&g[i]);
    }
    assert_int_equal(k.s->owner.running, 0);
    assert_int_equal(k.s->owner.queue.n, 0);
    kit_close(&k);
}

#define THREADED 300

static _Atomic int ended, failed;

static void count_done(void *ctx, sluice_status status, const sluice_error *err,
                       const sluice_usage *usage)
{
    (void)ctx;
    (void)err;
    (void)usage;
    failed += status < 0;
    ended++;
}

/* Places are shared by all loops; who waits on one is told by whoever ends on another. */
static void loops_share_the_places(void **state)
{
    static const sluice_events counting = { .struct_size = sizeof counting, .done = count_done };
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .body = SL_SPAN(ASK) };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_loop *loops[3];
    sluice_task task;

    (void)state;
    kit_open(&k,
             "model_list:\n- {model_name: m, litellm_params: {model: mock/x, mock_response: hi, "
             "mock_delay: 0.001, max_parallel_requests: 2}}\n"
             "general_settings: {global_max_parallel_requests: 5}\n");
    ended = failed = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sluice_spawn(k.s, &loops[i], &err), SLUICE_OK);
    for (int i = 0; i < THREADED; i++)
        assert_int_equal(sluice_start(loops[i % 3], &r, &counting, NULL, &task, &err), SLUICE_OK);
    for (int i = 0; i < 20000 && ended < THREADED; i++)
        usleep(1000);
    assert_int_equal(ended, THREADED);
    assert_int_equal(failed, 0);
    assert_int_equal(k.s->owner.running, 0);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_call_waits_for_the_first),
        cmocka_unit_test(router_says_it_for_those_that_do_not),
        cmocka_unit_test(calls_are_served_as_they_came),
        cmocka_unit_test(lower_numbers_are_served_first),
        cmocka_unit_test(priority_is_a_number),
        cmocka_unit_test(wait_has_an_end),
        cmocka_unit_test(client_that_leaves_the_line_lets_the_next_one_in),
        cmocka_unit_test(turn_of_one_that_left_is_passed_on),
        cmocka_unit_test(place_elsewhere_in_the_group_is_taken),
        cmocka_unit_test(busy_group_falls_back_when_the_wait_is_over),
        cmocka_unit_test(process_has_places_as_well),
        cmocka_unit_test(child_needs_no_place_beside_its_parent),
        cmocka_unit_test(body_in_one_piece_without_room_is_shed),
        cmocka_unit_test(body_in_pieces_without_room_is_held_back_then_shed),
        cmocka_unit_test(answers_that_are_held_count_as_well),
        cmocka_unit_test(random_mix_leaves_nobody_behind),
        cmocka_unit_test(loops_share_the_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
