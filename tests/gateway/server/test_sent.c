/* SPDX-License-Identifier: Apache-2.0 */
/* When an answer is complete but has not left: who asked hears once whether all of it did. */
#include "h2client.h"

#include <stdlib.h>

#define BIG (8u << 20) /* more than the sockets of both sides hold */

static struct world w;
static char *big;

static int setup(void **state)
{
    (void)state;
    big = calloc(1, BIG);
    world_open(&w, NULL, NULL);
    return big ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    free(big);
    return 0;
}

static enum gw_flow answer(size_t n)
{
    const sluice_span body = { big, n };
    struct gw_request *req = w.req;

    gw_request_set_user(req, &w);
    gw_respond_head(req, 200, NULL, 0, (int64_t)n);
    w.req = NULL;
    return gw_respond(req, &body, 1, GW_LAST | GW_TELL);
}

static enum gw_flow ask(struct client *c, size_t n)
{
    client_open(c, &w, false);
    client_send(c, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    world_until(&w, w.req);
    return answer(n);
}

static void what_the_socket_takes_has_left_at_once(void **state)
{
    struct client c;

    (void)state;
    assert_int_equal(ask(&c, 100), GW_GO);
    world_turn(&w);
    assert_int_equal(w.sent, 0);
    client_close(&c);
}

static void slow_client_takes_it_later(void **state)
{
    struct client c;

    (void)state;
    assert_int_equal(ask(&c, BIG), GW_HOLD);
    for (int i = 0; i < 20; i++)
        world_turn(&w);
    assert_int_equal(w.sent, 0);
    world_until(&w, (client_read(&c), w.sent > 0));
    assert_true(w.whole);
    client_close(&c);
    for (int i = 0; i < 20; i++)
        world_turn(&w);
    assert_int_equal(w.sent, 1);
}

static void client_that_left_has_not_got_it(void **state)
{
    struct client c;

    (void)state;
    assert_int_equal(ask(&c, BIG), GW_HOLD);
    client_reset(&c);
    world_until(&w, w.sent > 0);
    assert_false(w.whole);
    assert_int_equal(w.sent, 1);
    client_close(&c);
}

static void end_of_the_server_is_the_end_of_it(void **state)
{
    struct client c;

    (void)state;
    assert_int_equal(ask(&c, BIG), GW_HOLD);
    gw_server_destroy(w.server);
    assert_int_equal(w.sent, 1);
    assert_false(w.whole);
    assert_int_equal(gw_server_create(w.base, &w.options, &w.server, NULL), SLUICE_OK);
    client_close(&c);
}

static void stream_tells_when_its_last_frame_was_made(void **state)
{
    struct h2client h;
    int32_t id;

    (void)state;
    h2_open(&h, &w, false, false);
    id = h2_get(&h, "/wait");
    h2_until(&h, w.req);
    assert_int_equal(answer(BIG), GW_HOLD);
    h2_until(&h, w.sent > 0);
    assert_true(w.whole);
    h2_until(&h, h2_answer(&h, id)->ended);
    assert_int_equal(w.sent, 1);
    h2_close(&h);
}

static void stream_that_is_reset_has_not_got_it(void **state)
{
    struct h2client h;
    int32_t id;

    (void)state;
    h2_open(&h, &w, false, true);
    id = h2_get(&h, "/wait");
    h2_until(&h, w.req);
    assert_int_equal(answer(BIG), GW_HOLD);
    for (int i = 0; i < 20; i++)
        h2_turn(&h);
    assert_int_equal(w.sent, 0);
    h2_cancel(&h, id);
    h2_until(&h, w.sent > 0);
    assert_false(w.whole);
    h2_close(&h);
}

static void stream_whose_connection_ends_has_not_got_it(void **state)
{
    struct h2client h;

    (void)state;
    h2_open(&h, &w, false, true);
    h2_get(&h, "/wait");
    h2_until(&h, w.req);
    assert_int_equal(answer(BIG), GW_HOLD);
    h2_turn(&h);
    h2_close(&h);
    world_until(&w, w.sent > 0);
    assert_false(w.whole);
    assert_int_equal(w.sent, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_the_socket_takes_has_left_at_once),
        TEST(slow_client_takes_it_later),
        TEST(client_that_left_has_not_got_it),
        TEST(end_of_the_server_is_the_end_of_it),
        TEST(stream_tells_when_its_last_frame_was_made),
        TEST(stream_that_is_reset_has_not_got_it),
        TEST(stream_whose_connection_ends_has_not_got_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
