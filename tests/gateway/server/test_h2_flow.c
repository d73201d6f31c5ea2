/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2: bodies larger than the windows, and who holds whom back. */
#include "h2client.h"

#include <stdlib.h>

/* More than all windows together, up and down again. */
static void large_bodies_go_through(void **state)
{
    struct world w;
    struct h2client h;
    size_t n = 5 << 20;
    char *body = malloc(n);
    struct h2_answer *a;

    (void)state;
    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i * 7 % 26);
    world_open(&w, NULL, NULL);
    h2_open(&h, &w, false, false);
    a = h2_answer(&h, h2_ask(&h, "POST", "/echo", NULL, body, n));
    h2_until(&h, a->ended);
    assert_int_equal(a->body.len, n);
    assert_memory_equal(a->body.ptr, body, n);
    free(body);
    h2_close(&h);
    world_close(&w);
}

static void held_body_stops_its_own_stream_only(void **state)
{
    struct world w;
    struct h2client h;
    size_t n = 2 << 20;
    char *body = calloc(1, n);
    struct gw_server_stats stats;
    struct gw_request *held;
    struct h2_answer *a;

    (void)state;
    world_open(&w, NULL, NULL);
    h2_open(&h, &w, false, false);
    a = h2_answer(&h, h2_ask(&h, "POST", "/hold", NULL, body, n));
    h2_until(&h, w.req);
    held = w.req;
    for (int i = 0; i < 100; i++)
        h2_turn(&h);
    assert_int_equal(a->up_sent, 256 << 10); /* the window */
    gw_server_stats(w.server, &stats);
    assert_true(stats.buffered <= 400 << 10);
    for (int i = 0; i < 10; i++)
        h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    w.req = held;
    snprintf(w.target, sizeof w.target, "/hold");
    gw_request_resume(held);
    h2_until(&h, a->ended);
    assert_int_equal(a->body.len, n);
    free(body);
    h2_close(&h);
    world_close(&w);
}

static void pieces_held_one_by_one_come_whole(void **state)
{
    struct world w;
    struct h2client h;
    size_t n = 600 << 10;
    char *body = calloc(1, n);

    (void)state;
    world_open(&w, NULL, NULL);
    h2_open(&h, &w, false, false);
    w.hold_pieces = true;
    h2_ask(&h, "POST", "/sink", NULL, body, n);
    h2_until(&h, w.req);
    for (int i = 0; i < 20000 && !w.last; i++) {
        h2_turn(&h);
        gw_request_resume(w.req);
    }
    assert_true(w.last);
    assert_int_equal(w.body.len, n);
    free(body);
    h2_close(&h);
    world_close(&w);
}

static void slow_reader_holds_its_own_stream_back(void **state)
{
    struct world w;
    struct h2client h;
    struct gw_server_stats stats;
    struct gw_request *big;
    struct h2_answer *a;
    int32_t id, window;

    (void)state;
    world_open(&w, NULL, NULL);
    h2_open(&h, &w, false, true);
    w.big_size = 4 << 20;
    id = h2_get(&h, "/big");
    a = h2_answer(&h, id);
    for (int i = 0; i < 100; i++)
        h2_turn(&h);
    assert_int_equal(a->body.len, 65535);
    assert_true(w.big_sent < 1 << 20);
    gw_server_stats(w.server, &stats);
    assert_true(stats.buffered <= 400 << 10);
    big = w.req;
    for (int i = 0; i < 10; i++)
        h2_got(&h, h2_get(&h, "/hello"), 200, "hello");
    w.req = big;
    snprintf(w.target, sizeof w.target, "/big");
    for (size_t told = 0; !a->ended; told += (size_t)window) {
        window = (int32_t)(a->body.len - told);
        if (window)
            nghttp2_session_consume_stream(h.session, id, (size_t)window);
        h2_turn(&h);
    }
    assert_int_equal(a->body.len, w.big_size);
    assert_true(w.drained > 0);
    h2_close(&h);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_bodies_go_through),
        cmocka_unit_test(held_body_stops_its_own_stream_only),
        cmocka_unit_test(pieces_held_one_by_one_come_whole),
        cmocka_unit_test(slow_reader_holds_its_own_stream_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
