/* SPDX-License-Identifier: Apache-2.0 */
/* Idle connections of our HTTP client, and the choice between the transports of a loop. */
#include "kit.h"

#include "base/clock.h"

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static size_t open_connections(const struct kit *k)
{
    size_t n = 0;

    sl_list_each(pos, &k->up.conns) n++;
    return n;
}

static void ask_in_parallel(struct kit *k, int n)
{
    struct kit_client *clients = calloc((size_t)n, sizeof *clients);

    for (int i = 0; i < n; i++) {
        kit_client_init(&clients[i], k);
        assert_int_equal(kit_submit(&clients[i]), SLUICE_OK);
    }
    kit_run(k);
    for (int i = 0; i < n; i++) {
        assert_int_equal(clients[i].outcome, SLUICE_OK);
        kit_client_finish(&clients[i]);
    }
    free(clients);
}

static void nothing(struct sl_timer *t)
{
    (void)t;
}

/* A minute passes: a timer of 1 ms makes the loop look at the clock, which is set forward. */
static void let_pass(struct kit *k, uint64_t us)
{
    struct sl_timer t;

    sl_timer_init(&t, nothing);
    sl_timer_set(k->loop, &t, 1);
    sl_clock_freeze(sl_now_us() + us, sl_unix_us() + (int64_t)us);
    while (sl_timer_is_set(&t))
        kit_turn(k);
    for (int i = 0; i < 5; i++)
        kit_turn(k);
}

static void idle_connections_are_closed_after_a_while(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    ask_in_parallel(k, 8);
    assert_int_equal(open_connections(k), 8);
    let_pass(k, 40000000);
    assert_int_equal(open_connections(k), 8);
    ask_in_parallel(k, 1); /* under less load only the last used one stays */
    let_pass(k, 20000000);
    sl_clock_freeze(0, 0);
    assert_int_equal(open_connections(k), 1);
    assert_int_equal(k->up.n_accepted, 8);
}

static void the_connection_used_last_is_used_next(void **state)
{
    struct kit *k = *state;
    unsigned served = 0;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    ask_in_parallel(k, 4);
    for (int i = 0; i < 6; i++)
        ask_in_parallel(k, 1);
    sl_list_each(pos, &k->up.conns)
    {
        if (SL_CONTAINER(pos, struct kit_conn, node)->n_requests > 1)
            served++;
    }
    assert_int_equal(served, 1);
}

static void bytes_on_an_idle_connection_close_it(void **state)
{
    struct kit *k = *state;
    struct kit_conn *c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    ask_in_parallel(k, 1);
    c = SL_CONTAINER(k->up.conns.next, struct kit_conn, node);
    assert_int_equal(send(c->fd, OK_TEXT, 10, MSG_NOSIGNAL), 10);
    kit_turn(k);
    ask_in_parallel(k, 1);
    assert_int_equal(k->up.n_accepted, 2);
}

/* Whoever may name upstreams cannot make the table grow for ever. */
static void many_origins_are_forgotten_again(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    for (int i = 0; i < 1100; i++) {
        char url[64];
        struct sl_http_out out = { .method = SL_SPAN("GET") };
        struct kit_client c;

        snprintf(url, sizeof url, "http://a%d.localhost:%u/", i, k->up.port);
        out.url = sl_span_str(url);
        kit_client_init(&c, k);
        assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
        kit_run(k);
        assert_int_equal(c.outcome, SLUICE_OK);
        kit_client_finish(&c);
    }
    for (int i = 0; i < 5; i++)
        kit_turn(k);
    assert_in_range(open_connections(k), 1, 1024);
}

static void a_query_and_a_port_make_no_other_origin(void **state)
{
    struct kit *k = *state;
    static const char *const targets[] = { "", "/", "?a=1", "/x?b=2", "/x" };
    static const char *const sent[] = { "GET / ", "GET / ", "GET /?a=1 ", "GET /x?b=2 ",
                                        "GET /x " };

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    for (int i = 0; i < 10; i++) {
        char url[64];
        struct sl_http_out out = { .method = SL_SPAN("GET") };
        struct kit_client c;

        snprintf(url, sizeof url, "http://127.0.0.1:%u%s", k->up.port, targets[i % 5]);
        out.url = sl_span_str(url);
        kit_client_init(&c, k);
        assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
        kit_run(k);
        assert_int_equal(c.outcome, SLUICE_OK);
        assert_true(kit_has(&k->up.last, sent[i % 5]));
        kit_client_finish(&c);
    }
    assert_int_equal(k->up.n_accepted, 1);
}

static void plain_origins_are_ours_and_the_rest_is_libcurls(void **state)
{
    struct kit *k = *state;
    struct sl_upstream_options http2 = { .http2 = true }, proxy = { .proxy = "http://p:1" },
                               insecure = { .insecure = true };
    struct sl_http_out out = { .url = SL_SPAN("https://api.example.com/v1") };
    struct sl_net n;

    assert_int_equal(sl_net_init(&n, k->loop, k->jobs, NULL), SLUICE_OK);
    assert_ptr_equal(sl_net_choose(&n, &out), n.http1);
    out.options = &insecure;
    assert_ptr_equal(sl_net_choose(&n, &out), n.http1);
    out.options = &http2;
    assert_ptr_equal(sl_net_choose(&n, &out), n.curl);
    out.options = &proxy;
    assert_ptr_equal(sl_net_choose(&n, &out), n.curl);
    out.options = NULL;
    out.url = SL_SPAN("unix:///run/x.sock:/v1");
    assert_ptr_equal(sl_net_choose(&n, &out), n.curl);
    sl_net_finish(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_HTTP1(idle_connections_are_closed_after_a_while),
        KIT_HTTP1(the_connection_used_last_is_used_next),
        KIT_HTTP1(bytes_on_an_idle_connection_close_it),
        KIT_HTTP1(many_origins_are_forgotten_again),
        KIT_BOTH(a_query_and_a_port_make_no_other_origin),
        KIT_HTTP1(plain_origins_are_ours_and_the_rest_is_libcurls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
