/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: none is asked for in steady state, and running out of it costs one connection at most. */
#include "world.h"

#include <sluice_sdk/arena.h>

#include "server/wheel.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

static void steady_requests_allocate_nothing(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/hello"));
    client_expect(&c, "hello");
    for (int i = 0; i < 50; i++) {
        client_forget(&c);
        sl_buf_reserve(&c.got, 4096);
        sl_fault_after(0);
        client_send(&c, GET("/hello") GET("/early"));
        client_expect(&c, "early");
        assert_int_equal(sl_fault_after(0), 0);
    }
    client_close(&c);
    world_close(&w);
}

static void steady_streams_allocate_nothing(void **state)
{
    struct world w;
    struct client c;
    sluice_span part = SL_SPAN("data: {}\n\n");

    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    gw_respond_head(w.req, 200, NULL, 0, -1);
    world_turn(&w);
    sl_fault_after(0);
    for (int i = 0; i < 100; i++) {
        gw_respond(w.req, &part, 1, GW_MORE);
        gw_respond(w.req, &part, 1, i % 2 ? GW_MORE : 0);
        world_turn(&w);
    }
    assert_int_equal(sl_fault_after(0), 0);
    client_close(&c);
    world_until(&w, w.aborts == 1);
    world_close(&w);
}

/* Half a head, a held body, an answer that does not fit, pipelined requests: what needs memory. */
static void use_memory(struct world *w)
{
    struct client c;

    client_open(&c, w, false);
    client_send(&c, "POST /hold HTTP/1.1\r\nHo");
    client_send(&c, "st: a\r\nContent-Length: 6\r\n\r\nabc");
    client_send(&c, "def" GET("/big"));
    for (int i = 0; i < 20; i++)
        world_turn(w);
    if (w->req && strcmp(w->target, "/hold") == 0)
        gw_request_resume(w->req);
    for (int i = 0; i < 20; i++)
        world_turn(w);
    client_close(&c);
    for (int i = 0; i < 20; i++)
        world_turn(w);
}

static void failing_allocations_cost_a_connection_only(void **state)
{
    uint64_t n, needed;
    struct world w;
    struct client c;
    struct gw_server_stats stats;

    (void)state;
    for (n = 1;; n++) {
        world_open(&w, NULL, NULL);
        w.big_size = 32 << 20;
        sl_buf_reserve(&w.body, 4096);
        sl_fault_after(n);
        use_memory(&w);
        needed = sl_fault_after(0);
        world_until(&w, (gw_server_stats(w.server, &stats), stats.open == 0));
        assert_null(w.req);
        assert_int_equal(stats.buffered, 0);
        client_open(&c, &w, false);
        client_send(&c, GET("/hello"));
        client_expect(&c, "hello");
        client_close(&c);
        world_close(&w);
        if (needed < n)
            break;
    }
    assert_true(n > 50);
}

/* ---- the wheel of timers ----------------------------------------------------------------- */

static int expired;

static void on_expired(struct gw_timer *t)
{
    (void)t;
    expired++;
}

static int ticks_until_expiry(struct gw_wheel *w, int most)
{
    int n = 0;

    expired = 0;
    while (!expired && n < most) {
        gw_wheel_turn(w, on_expired);
        n++;
    }
    return n;
}

static void timers_expire_within_a_tick_however_far(void **state)
{
    static struct gw_wheel w;
    static const uint32_t far[] = { 1, 2, 100, 126, 127, 128, 129, 1000 };

    (void)state;
    gw_wheel_init(&w, 10);
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        struct gw_timer t;

        gw_timer_init(&t);
        gw_timer_set(&w, &t, far[i] * 10);
        assert_int_equal(ticks_until_expiry(&w, 2000), far[i] + 1);
        gw_timer_remove(&t);
    }
}

static void timers_are_moved_and_cleared(void **state)
{
    static struct gw_wheel w;
    struct gw_timer t, u;

    (void)state;
    gw_wheel_init(&w, 10);
    gw_timer_init(&t);
    gw_timer_init(&u);
    gw_timer_set(&w, &t, 50);
    gw_timer_set(&w, &t, 500); /* later */
    assert_int_equal(ticks_until_expiry(&w, 100), 51);
    gw_timer_set(&w, &t, 500);
    gw_timer_set(&w, &t, 50); /* earlier */
    assert_int_equal(ticks_until_expiry(&w, 100), 6);
    gw_timer_set(&w, &t, 50);
    gw_timer_clear(&t);
    gw_timer_set(&w, &u, 50);
    gw_timer_remove(&u);
    assert_int_equal(ticks_until_expiry(&w, 300), 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_requests_allocate_nothing),
        cmocka_unit_test(steady_streams_allocate_nothing),
        cmocka_unit_test(failing_allocations_cost_a_connection_only),
        cmocka_unit_test(timers_expire_within_a_tick_however_far),
        cmocka_unit_test(timers_are_moved_and_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
