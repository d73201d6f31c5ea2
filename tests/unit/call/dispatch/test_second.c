/* SPDX-License-Identifier: Apache-2.0 */
/* Two attempts at once: the second is asked when the first is slow, the first useful event wins,
 * the other one is cancelled and accounted for. */
#include "../kit.h"

#include "base/arena.h"
#include "base/clock.h"
#include "../testlog.h"

#include <unistd.h>

#define DEPLOYMENT(model)                                                                          \
    "- {model_name: m, litellm_params: {model: openai/" model                                      \
    ", api_base: 'http://127.0.0.1:%d/v1', api_key: k}}\n"
#define TWO(rule)                                                                                  \
    "model_list:\n" DEPLOYMENT("a") DEPLOYMENT("b") LOGGED                                         \
        "router_settings: {num_retries: 0, hedge: {" rule "}}\n"
#define SOON TWO("after: 0.01, budget_percent: 100")
#define SILENCE ""
#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define BUSY                                                                                       \
    "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"             \
    "{\"error\":{\"message\":\"busy\"}}"
#define PART(id, delta, finish)                                                                    \
    "data: {\"id\":\"" id "\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\"," \
    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish "}]}\n\n"
#define ROLE(id) PART(id, "{\"role\":\"assistant\",\"content\":\"\"}", "null")
#define REST(id)                                                                                   \
    PART(id, "{\"content\":\"x\"}", "null") PART(id, "{}", "\"stop\"") "data: [DONE]\n\n"

static struct kit k;
static struct got g;
static char chunked[4096];

/* An answer that ends although its connection stays. */
static const char *whole_stream(const char *events)
{
    snprintf(chunked, sizeof chunked,
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
             "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
             strlen(events), events);
    return chunked;
}

static void begin(const char *config, const char *ask, const char *first, const char *second)
{
    sluice_error err = SLUICE_ERROR_INIT;

    n_seen = 0;
    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
    k.script.close = true;
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ask, SLUICE_CALL_WIRE, &err), SLUICE_OK);
}

static void end(void)
{
    for (int i = 0; i < 1000000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
    sl_buf_add_char(&g.body, 0);
}

static void close_all(void)
{
    int kept = chunked[0] ? 1 : 0; /* to be used again */

    for (int i = 0; i < 1000 && k.open > kept; i++)
        event_base_loop(k.base, EVLOOP_NONBLOCK);
    assert_int_equal(k.open, kept);
    chunked[0] = 0;
    got_free(&g);
    kit_close(&k);
}

static void slow_first_is_overtaken(void **state)
{
    (void)state;
    begin(SOON, ASK, SILENCE, HTTP_JSON OK_BODY);
    end();
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    assert_string_equal(g.retries, "0");
    close_all();
}

static void loser_is_cancelled_and_paid_for(void **state)
{
    (void)state;
    begin(SOON, ASK, SILENCE, HTTP_JSON OK_BODY);
    end();
    close_all();
    assert_int_equal(n_seen, 3);
    assert_int_equal(seen[0].kind, SLUICE_RECORD_CALL);
    assert_int_equal(seen[0].status, SLUICE_OK);
    assert_int_equal(seen[1].status, SLUICE_E_CANCELLED);
    assert_true(seen[1].input > 0);
    assert_true(seen[1].flags & SLUICE_RECORD_ESTIMATED);
    assert_int_equal(seen[2].status, SLUICE_OK);
}

static void fast_first_is_alone(void **state)
{
    (void)state;
    begin(TWO("after: 60"), ASK, HTTP_JSON OK_BODY, NULL);
    end();
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 1);
    close_all();
}

static void preamble_of_the_loser_is_not_seen(void **state)
{
    (void)state;
    begin(SOON, ASK_SSE, HTTP_SSE ROLE("first"), whole_stream(ROLE("second") REST("second")));
    k.script.close = false;
    end();
    assert_int_equal(g.result, SLUICE_OK);
    assert_null(strstr(g.body.ptr, "first"));
    assert_string_equal(g.body.ptr, ROLE("second") REST("second"));
    close_all();
}

/* Both bring bytes, one at a turn; the first is ahead. */
static void first_may_win_after_all(void **state)
{
    (void)state;
    begin(SOON, ASK_SSE, HTTP_SSE ROLE("first") REST("first"),
          HTTP_SSE ROLE("second") REST("second"));
    k.script.piece = 1;
    for (int i = 0; i < 100000 && k.requests < 1; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    usleep(15 * 1000); /* the second one is due, and the first has sent a byte */
    end();
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    assert_string_equal(g.body.ptr, ROLE("first") REST("first"));
    close_all();
}

static void failure_of_the_first_leaves_it_to_the_second(void **state)
{
    (void)state;
    begin(SOON, ASK, BUSY, HTTP_JSON OK_BODY);
    k.script.piece = 1;
    for (int i = 0; i < 100000 && k.requests < 1; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    usleep(15 * 1000);
    end();
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    close_all();
}

static void failure_of_both_is_told_once(void **state)
{
    (void)state;
    begin(SOON, ASK, BUSY, BUSY);
    k.script.piece = 1;
    for (int i = 0; i < 100000 && k.requests < 1; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    usleep(15 * 1000);
    end();
    assert_int_equal(g.result, SLUICE_E_UNAVAILABLE);
    assert_int_equal(g.head, 1);
    assert_int_equal(k.requests, 2);
    close_all();
    assert_int_equal(n_seen, 3);
}

static void client_that_leaves_ends_both(void **state)
{
    (void)state;
    begin(SOON, ASK, SILENCE, SILENCE);
    for (int i = 0; i < 100000 && k.requests < 2; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    close_all();
    assert_int_equal(n_seen, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(seen[i].status, SLUICE_E_CANCELLED);
}

static void share_of_nothing_asks_nobody(void **state)
{
    (void)state;
    begin("model_list:\n" DEPLOYMENT("a")
              DEPLOYMENT("b") "router_settings: {num_retries: 0, timeout: 0.05,"
                              " hedge: {after: 0.005, budget_percent: 0}}\n",
          ASK, SILENCE, HTTP_JSON OK_BODY);
    end();
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    assert_int_equal(k.requests, 1);
    close_all();
}

static void group_of_one_asks_nobody(void **state)
{
    (void)state;
    begin("model_list:\n" DEPLOYMENT("a") "router_settings: {num_retries: 0, timeout: 0.05,"
                                          " hedge: {after: 0.005, budget_percent: 100}}\n",
          ASK, SILENCE, HTTP_JSON OK_BODY);
    end();
    assert_int_equal(k.requests, 1);
    close_all();
}

static void groups_have_rules_of_their_own(void **state)
{
    (void)state;
    begin("model_list:\n" DEPLOYMENT("a") DEPLOYMENT(
              "b") "router_settings:\n  num_retries: 0\n  hedge: {after: 60}\n"
                   "  model_group_options: {m: {hedge: {after: 0.01, budget_percent: 100}}}\n",
          ASK, SILENCE, HTTP_JSON OK_BODY);
    end();
    assert_int_equal(g.result, SLUICE_OK);
    close_all();
}

/* A percentile of what was seen; the first calls have none and ask nobody, and those behind them
 * take no longer: no time passes. */
static void percentile_comes_from_the_calls_before(void **state)
{
    (void)state;
    sl_clock_freeze(sl_now_us(), sl_unix_us());
    begin(TWO("percentile: 90, budget_percent: 100"), ASK, HTTP_JSON OK_BODY, NULL);
    end();
    for (int i = 1; i < 25; i++) {
        got_free(&g);
        kit_call(&k, &g, ASK);
        assert_int_equal(g.result, SLUICE_OK);
    }
    sl_clock_freeze(0, 0);
    assert_int_equal(k.requests, 25);
    got_free(&g);
    k.requests = 0;
    k.script.answer[0] = SILENCE;
    k.script.answer[1] = HTTP_JSON OK_BODY;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    close_all();
}

static void every_failing_allocation_ends_the_call_once(void **state)
{
    bool done = false;

    (void)state;
    kit_open(&k, TWO("after: 0.001, budget_percent: 100"));
    k.script.answer[0] = HTTP_SSE ROLE("first");
    k.script.answer[1] = whole_stream(ROLE("second") REST("second"));
    for (uint64_t n = 1; !done && n < 3000; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        uint64_t begun_ms = sl_now_ms();
        sluice_status st;
        bool left = false;

        k.requests = 0;
        got_init(&g, &k);
        sl_buf_reserve(&g.body, 4096);
        sl_buf_reserve(&k.seen, 4096);
        sl_fault_after(n);
        st = kit_start(&k, &g, ASK_SSE, SLUICE_CALL_WIRE, &err);
        for (int i = 0; st >= 0 && i < 100000 && !g.done; i++) {
            event_base_loop(k.base, EVLOOP_NONBLOCK);
            usleep(50);
            /* Without the second one the first would be waited for. A busy machine makes few turns
             * in a long time: some of both must have passed. */
            if (!left && i >= (k.requests < 2 ? 40 : 4000) && sl_now_ms() - begun_ms > 20) {
                sluice_cancel(k.loop, g.task);
                left = true;
            }
        }
        done = sl_fault_after(0) < n && !left;
        assert_int_equal(g.done, st >= 0 ? 1 : 0);
        if (done)
            assert_int_equal(g.result, SLUICE_OK);
        got_free(&g);
    }
    assert_true(done);
    got_init(&g, &k);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_first_is_overtaken),
        cmocka_unit_test(loser_is_cancelled_and_paid_for),
        cmocka_unit_test(fast_first_is_alone),
        cmocka_unit_test(preamble_of_the_loser_is_not_seen),
        cmocka_unit_test(first_may_win_after_all),
        cmocka_unit_test(failure_of_the_first_leaves_it_to_the_second),
        cmocka_unit_test(failure_of_both_is_told_once),
        cmocka_unit_test(client_that_leaves_ends_both),
        cmocka_unit_test(share_of_nothing_asks_nobody),
        cmocka_unit_test(group_of_one_asks_nobody),
        cmocka_unit_test(groups_have_rules_of_their_own),
        cmocka_unit_test(percentile_comes_from_the_calls_before),
        cmocka_unit_test(every_failing_allocation_ends_the_call_once),
    };

    sluice_add_builtin(testlog);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
