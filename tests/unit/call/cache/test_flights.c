/* SPDX-License-Identifier: Apache-2.0 */
/* Identical calls that share one upstream call: who joins, who pays, who leaves, how it fails. */
#include "../kit.h"

#include "api/instance.h"
#include "base/arena.h"
#include "../testlog.h"

#include <unistd.h>

#define GROUP(more)                                                                                \
    "model_list:\n- {model_name: m, litellm_params: {model: openai/v, "                            \
    "api_base: 'http://127.0.0.1:%d/v1', api_key: k}}\n"                                           \
    "router_settings: {num_retries: 0" more "}\n"
#define SHARED GROUP(", model_group_options: {m: {single_flight: true}}")
#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{"                    \
    "\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}"
#define OK_ANSWER                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" OK_BODY
#define BUSY                                                                                       \
    "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"             \
    "{\"error\":{\"message\":\"busy\"}}"
#define EVENTS                                                                                     \
    CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")                                     \
    CHUNK("{\"content\":\"a\"}", "null")                                                           \
    CHUNK("{\"content\":\"b\"}", "null")                                                           \
    CHUNK("{\"content\":\"c\"}", "null") CHUNK("{}", "\"stop\"") "data: [DONE]\n\n"
#define OUT                                                                                        \
    OUT_CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")                                 \
    OUT_CHUNK("{\"content\":\"a\"}", "null")                                                       \
    OUT_CHUNK("{\"content\":\"b\"}", "null")                                                       \
    OUT_CHUNK("{\"content\":\"c\"}", "null") OUT_CHUNK("{}", "\"stop\"") "data: [DONE]\n\n"
#define CALLS 6

static struct kit k;
static struct got g[CALLS];

static void begin_with(int i, const char *body, const char *name, const char *value)
{
    sluice_error err = SLUICE_ERROR_INIT;
    const sluice_header header = { sl_span_str(name ? name : ""), sl_span_str(value ? value : "") };
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .body = sl_span_str(body),
                         .headers = &header,
                         .n_headers = name != NULL };

    got_init(&g[i], &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g[i], &g[i].task, &err), SLUICE_OK);
}

static void begin(int i, const char *body)
{
    begin_with(i, body, NULL, NULL);
}

static void open_with(const char *config, const char *answer)
{
    n_seen = 0;
    kit_open(&k, config);
    k.script.stall = !answer;
    k.script.answer[0] = answer;
    k.script.close = answer != NULL;
}

static void until(const int *what)
{
    for (int i = 0; i < 100000 && !*what; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_true(*what);
}

static void finish(int n)
{
    for (int i = 0; i < n; i++) {
        until(&g[i].done);
        assert_int_equal(g[i].done, 1);
        assert_int_equal(g[i].head, 1);
        sl_buf_add_char(&g[i].body, 0);
    }
}

static void close_all(int n)
{
    for (int i = 0; i < n; i++) {
        sluice_cancel(k.loop, g[i].task);
        got_free(&g[i]);
    }
    for (int i = 0; i < 1000 && (k.open || k.s->owner.calls); i++)
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    assert_int_equal(k.open, 0);
    assert_int_equal(k.s->owner.calls, 0);
    kit_close(&k);
}

static void identical_calls_are_one_upstream(void **state)
{
    (void)state;
    open_with(SHARED, OK_ANSWER);
    for (int i = 0; i < 3; i++)
        begin(i, ASK);
    finish(3);
    assert_int_equal(k.requests, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(g[i].status, 200);
        assert_string_equal(g[i].body.ptr, OK_BODY);
        assert_int_equal(g[i].output_tokens, 1);
    }
    close_all(3);
}

static void one_pays_and_the_others_point_to_it(void **state)
{
    int flights = 0;

    (void)state;
    open_with(SHARED LOGGED, OK_ANSWER);
    begin(0, ASK);
    begin(1, ASK);
    finish(2);
    close_all(2);
    assert_int_equal(n_seen, 3);
    for (size_t i = 0; i < n_seen; i++) {
        if (strcmp(seen[i].purpose, "flight") != 0)
            continue;
        flights++;
        assert_string_equal(seen[i].parent, "");
        assert_false(seen[i].flags & SLUICE_RECORD_SHARED);
        for (size_t o = 0; o < n_seen; o++)
            if (o != i) {
                assert_string_equal(seen[o].parent, seen[i].uid);
                assert_true(seen[o].flags & SLUICE_RECORD_SHARED);
            }
    }
    assert_int_equal(flights, 1);
}

static void late_joiner_reads_the_stream_from_its_beginning(void **state)
{
    (void)state;
    open_with(SHARED, HTTP_SSE EVENTS);
    k.script.piece = 40;
    begin(0, ASK_SSE);
    for (int i = 0; i < 100000 && g[0].body.len < 500; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g[0].done, 0);
    begin(1, ASK_SSE);
    finish(2);
    assert_int_equal(k.requests, 1);
    assert_string_equal(g[0].body.ptr, OUT);
    assert_string_equal(g[1].body.ptr, OUT);
    close_all(2);
}

static void first_may_leave_and_the_others_stay(void **state)
{
    (void)state;
    open_with(SHARED, HTTP_SSE EVENTS);
    k.script.piece = 40;
    begin(0, ASK_SSE);
    begin(1, ASK_SSE);
    for (int i = 0; i < 100000 && g[0].body.len < 500; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_cancel(k.loop, g[0].task);
    until(&g[1].done);
    assert_int_equal(g[1].result, SLUICE_OK);
    assert_int_equal(k.requests, 1);
    close_all(2);
}

static void last_that_leaves_closes_the_upstream(void **state)
{
    (void)state;
    open_with(SHARED, NULL);
    begin(0, ASK);
    begin(1, ASK);
    until(&k.requests);
    sluice_cancel(k.loop, g[0].task);
    for (int i = 0; i < 20; i++)
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    assert_int_equal(k.open, 1);
    sluice_cancel(k.loop, g[1].task);
    for (int i = 0; i < 1000 && k.open; i++)
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    assert_int_equal(k.open, 0);
    close_all(2);
}

static void failure_is_everybodys(void **state)
{
    (void)state;
    open_with(SHARED, BUSY);
    begin(0, ASK);
    begin(1, ASK);
    finish(2);
    assert_int_equal(k.requests, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(g[i].status, 503);
        assert_non_null(strstr(g[i].body.ptr, "busy"));
    }
    close_all(2);
}

static void stream_that_breaks_off_breaks_off_for_all(void **state)
{
    (void)state;
    open_with(SHARED, HTTP_SSE CHUNK("{\"content\":\"a\"}", "null"));
    begin(0, ASK_SSE);
    begin(1, ASK_SSE);
    finish(2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(g[i].result, SLUICE_E_TRUNCATED);
        assert_non_null(strstr(g[i].body.ptr, "\"error\""));
    }
    close_all(2);
}

static void calls_that_differ_do_not_share(void **state)
{
    (void)state;
    open_with(SHARED, OK_ANSWER);
    begin(0, ASK);
    begin(1, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"ho\"}]}");
    begin_with(2, ASK, "x-litellm-tags", "a");
    finish(3);
    assert_int_equal(k.requests, 3);
    close_all(3);
}

static void patience_is_each_readers_own(void **state)
{
    (void)state;
    open_with(SHARED, NULL);
    begin(0, ASK);
    begin_with(1, ASK, "x-litellm-timeout", "0.02");
    until(&g[1].done);
    assert_int_equal(g[1].status, 504);
    assert_int_equal(g[0].done, 0);
    assert_int_equal(k.requests, 1);
    close_all(2);
}

static void next_call_asks_again(void **state)
{
    (void)state;
    open_with(SHARED, OK_ANSWER);
    for (int i = 0; i < 2; i++) {
        begin(0, ASK);
        finish(1);
        got_free(&g[0]);
    }
    assert_int_equal(k.requests, 2);
    got_init(&g[0], &k);
    close_all(1);
}

static void without_the_option_nobody_shares(void **state)
{
    (void)state;
    open_with(GROUP(""), OK_ANSWER);
    begin(0, ASK);
    begin(1, ASK);
    finish(2);
    assert_int_equal(k.requests, 2);
    close_all(2);
}

static void reader_that_pauses_holds_nobody_back(void **state)
{
    (void)state;
    open_with(SHARED, HTTP_SSE EVENTS);
    k.script.piece = 40;
    begin(0, ASK_SSE);
    begin(1, ASK_SSE);
    until(&g[0].head);
    sluice_pause(k.loop, g[0].task, 1);
    until(&g[1].done);
    assert_int_equal(g[1].result, SLUICE_OK);
    assert_int_equal(g[0].done, 0);
    sluice_pause(k.loop, g[0].task, 0);
    finish(2);
    assert_string_equal(g[0].body.ptr, OUT);
    close_all(2);
}

static void shared_answer_is_kept_in_the_cache_once(void **state)
{
    (void)state;
    open_with(SHARED "litellm_settings: {cache: true, cache_params: {type: local}}\n", OK_ANSWER);
    begin(0, ASK);
    begin(1, ASK);
    finish(2);
    got_free(&g[0]);
    begin(0, ASK);
    finish(1);
    assert_int_equal(k.requests, 1);
    close_all(2);
}

static void every_failing_allocation_ends_each_call_once(void **state)
{
    bool done = false;

    (void)state;
    open_with(SHARED, HTTP_SSE EVENTS);
    for (uint64_t n = 1; !done && n < 3000; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_status st[2];

        for (int i = 0; i < 2; i++) {
            got_init(&g[i], &k);
            sl_buf_reserve(&g[i].body, 4096);
        }
        sl_buf_reserve(&k.seen, 4096);
        sl_fault_after(n);
        for (int i = 0; i < 2; i++)
            st[i] = kit_start(&k, &g[i], ASK_SSE, SLUICE_CALL_WIRE, &err);
        for (int i = 0; i < 2; i++)
            for (int o = 0; st[i] >= 0 && o < 100000 && !g[i].done; o++)
                event_base_loop(k.base, EVLOOP_ONCE);
        done = sl_fault_after(0) < n;
        for (int i = 0; i < 2; i++) {
            assert_int_equal(g[i].done, st[i] >= 0 ? 1 : 0);
            if (done)
                assert_int_equal(g[i].result, SLUICE_OK);
            got_free(&g[i]);
        }
    }
    assert_true(done);
    close_all(0);
}

static void random_mix_ends_every_call_once(void **state)
{
    unsigned seed = 11;

    (void)state;
    open_with(SHARED, HTTP_SSE EVENTS);
    k.script.piece = 100;
    for (int i = 0; i < CALLS; i++)
        begin(i, ASK_SSE);
    for (int round = 0; round < 3000; round++) {
        int i = (int)((seed = seed * 1103515245 + 12345) >> 16) % CALLS;

        if (seed >> 8 & 1)
            sluice_pause(k.loop, g[i].task, seed >> 9 & 1);
        if (g[i].done || (seed >> 10 & 3) == 0) {
            sluice_cancel(k.loop, g[i].task);
            assert_int_equal(g[i].done, 1);
            got_free(&g[i]);
            begin(i, seed >> 12 & 1 ? ASK_SSE : ASK);
        }
        for (unsigned n = seed >> 20 & 3; n; n--)
            event_base_loop(k.base, EVLOOP_NONBLOCK);
    }
    close_all(CALLS);
}

#define THREADED 400

static _Atomic int ended, failed, bytes;

static void count_json(void *ctx, sluice_span object)
{
    (void)ctx;
    bytes += (int)object.len;
}

static void count_done(void *ctx, sluice_status status, const sluice_error *err,
                       const sluice_usage *usage)
{
    (void)ctx;
    (void)err;
    (void)usage;
    failed += status < 0 && status != SLUICE_E_CANCELLED;
    ended++;
}

static void calls_on_other_loops_share_as_well(void **state)
{
    static const sluice_events counting = { .struct_size = sizeof counting,
                                            .json = count_json,
                                            .done = count_done };
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .body = SL_SPAN(ASK_SSE) };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_loop *loops[3];
    sluice_task task[3];

    (void)state;
    kit_open(&k, "model_list:\n- {model_name: m, litellm_params: {model: mock/x, "
                 "mock_response: one two three four, mock_delay: 0.002, mock_chunk_delay: 0.001}}\n"
                 "router_settings: {model_group_options: {m: {single_flight: true}}}\n");
    ended = failed = bytes = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(sluice_spawn(k.s, &loops[i], &err), SLUICE_OK);
    for (int i = 0; i < THREADED; i++) {
        assert_int_equal(sluice_start(loops[i % 3], &r, &counting, NULL, &task[i % 3], &err),
                         SLUICE_OK);
        if (i % 7 == 0)
            sluice_cancel(loops[i % 3], task[i % 3]);
        if (i % 20 == 0)
            usleep(500);
    }
    for (int i = 0; i < 20000 && (ended < THREADED || k.s->owner.calls); i++)
        usleep(1000);
    assert_int_equal(ended, THREADED);
    assert_int_equal(failed, 0);
    assert_int_equal(k.s->owner.calls, 0);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_calls_are_one_upstream),
        cmocka_unit_test(one_pays_and_the_others_point_to_it),
        cmocka_unit_test(late_joiner_reads_the_stream_from_its_beginning),
        cmocka_unit_test(first_may_leave_and_the_others_stay),
        cmocka_unit_test(last_that_leaves_closes_the_upstream),
        cmocka_unit_test(failure_is_everybodys),
        cmocka_unit_test(stream_that_breaks_off_breaks_off_for_all),
        cmocka_unit_test(calls_that_differ_do_not_share),
        cmocka_unit_test(patience_is_each_readers_own),
        cmocka_unit_test(next_call_asks_again),
        cmocka_unit_test(without_the_option_nobody_shares),
        cmocka_unit_test(reader_that_pauses_holds_nobody_back),
        cmocka_unit_test(shared_answer_is_kept_in_the_cache_once),
        cmocka_unit_test(every_failing_allocation_ends_each_call_once),
        cmocka_unit_test(random_mix_ends_every_call_once),
        cmocka_unit_test(calls_on_other_loops_share_as_well),
    };

    sluice_add_builtin(testlog);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
