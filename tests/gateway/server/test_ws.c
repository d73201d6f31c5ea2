/* SPDX-License-Identifier: Apache-2.0 */
/* WebSockets where time decides, or the user's pace: pings, silence, holding back, draining. What
 * frames may look like is told by test_ws_frames.c and test_ws_text.c. */
#include "ws_world.h"

#include <stdio.h>
#include <unistd.h>

/* Frames of a client, with a mask of zeroes. */
#define PONG "\x8a\x80\0\0\0\0"
#define TEXT(n, text) "\x81" n "\0\0\0\0" text

static struct world w;
static struct {
    struct gw_ws_options options;
    struct gw_ws *ws; /* NULL: gone */
    enum gw_flow says;
    enum gw_ws_leaving why;
    int messages, left, gone;
    char last[64];
} t;

static enum gw_flow on_message(void *user, bool text, sluice_span data)
{
    (void)user;
    (void)text;
    t.messages++;
    snprintf(t.last, sizeof t.last, "%.*s", SL_FMT(data));
    return t.says;
}

static void on_room(void *user)
{
    (void)user;
}

static void on_leaving(void *user, enum gw_ws_leaving why)
{
    (void)user;
    t.why = why;
    t.left++;
    gw_ws_close(t.ws, SL_WS_GOING_AWAY, "bye");
}

static void on_gone(void *user)
{
    (void)user;
    t.ws = NULL;
    t.gone++;
}

static const struct gw_ws_events socket_events = { on_message, on_room, on_leaving, on_gone };

static void on_request(void *ctx, struct gw_request *req, const struct sl_http_head *head)
{
    const char *why;

    (void)ctx;
    assert_int_equal(gw_ws_check(head, &why), 101);
    t.ws = gw_ws_open(req, head, &t.options, &socket_events, NULL);
    assert_non_null(t.ws);
}

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    ws_world_open(&w, on_request);
    t.options.base = w.base;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ws_world_close(&w);
    return 0;
}

/* Until these bytes are there; what came with them and before is forgotten. */
static void expect_bytes(struct client *c, const char *bytes, size_t n)
{
    for (int i = 0; i < 60000 && !memmem(c->got.ptr, c->got.len, bytes, n); i++) {
        usleep(1000);
        world_turn(&w);
        client_read(c);
    }
    assert_non_null(memmem(c->got.ptr, c->got.len, bytes, n));
    client_forget(c);
}

static void open_socket(struct client *c)
{
    client_open(c, &w, false);
    client_send(c, WS_HELLO);
    client_expect(c, "\r\n\r\n"); /* a frame may have come with it */
}

static void who_answers_no_ping_is_gone(void **state)
{
    struct client c;

    (void)state;
    t.options.ping_ms = 20;
    open_socket(&c);
    expect_bytes(&c, "\x89\0", 2);
    client_expect_end(&c);
    assert_int_equal(t.gone, 1);
    client_close(&c);
}

static void who_answers_a_ping_is_asked_again(void **state)
{
    struct client c;

    (void)state;
    t.options.ping_ms = 1000; /* an answer that comes later would be none */
    open_socket(&c);
    for (int i = 0; i < 2; i++) {
        expect_bytes(&c, "\x89\0", 2);
        client_send_bytes(&c, PONG, sizeof PONG - 1);
    }
    assert_int_equal(t.gone, 0);
    client_close(&c);
    world_until(&w, t.gone);
}

static void where_nothing_is_said_for_too_long_the_end_is_told(void **state)
{
    struct client c;

    (void)state;
    t.options.ping_ms = 20;
    t.options.idle_ms = 1;
    open_socket(&c);
    expect_bytes(&c, "\x03\xe9nothing was said", 18);
    assert_int_equal(t.gone, 1);
    client_close(&c);
}

static void who_is_held_back_is_heard_again_later(void **state)
{
    struct client c;

    (void)state;
    t.says = GW_HOLD;
    open_socket(&c);
    client_send_bytes(&c, TEXT("\x83", "one"), 9);
    world_until(&w, t.messages == 1);
    client_send_bytes(&c, TEXT("\x83", "two"), 9);
    for (int i = 0; i < 200; i++)
        world_turn(&w);
    assert_int_equal(t.messages, 1);
    t.says = GW_GO;
    gw_ws_resume(t.ws);
    world_until(&w, t.messages == 2);
    assert_string_equal(t.last, "two");
    client_close(&c);
    world_until(&w, t.gone);
}

static void a_server_that_drains_tells_its_sockets(void **state)
{
    struct client c;

    (void)state;
    open_socket(&c);
    gw_server_drain(w.server, NULL, NULL);
    expect_bytes(&c,
                 "\x88\x05\x03\xe9"
                 "bye",
                 7);
    assert_int_equal(t.left, 1);
    assert_int_equal(t.why, GW_WS_DRAINS);
    client_send_bytes(&c, "\x88\x80\0\0\0\0", 6);
    client_expect_end(&c);
    client_close(&c);
}

static void who_is_too_old_is_told_to_leave(void **state)
{
    struct client c;

    (void)state;
    t.options.ping_ms = 20;
    t.options.age_ms = 1;
    open_socket(&c);
    expect_bytes(&c,
                 "\x88\x05\x03\xe9"
                 "bye",
                 7);
    assert_int_equal(t.left, 1);
    assert_int_equal(t.why, GW_WS_OLD);
    client_close(&c);
}

static void frames_right_behind_the_handshake_are_read(void **state)
{
    static const char all[] = WS_HELLO TEXT("\x85", "hello") TEXT("\x82", "ya");
    struct client c;

    (void)state;
    client_open(&c, &w, false);
    client_send_bytes(&c, all, sizeof all - 1);
    world_until(&w, t.messages == 2);
    assert_string_equal(t.last, "ya");
    client_reset(&c);
    world_until(&w, t.gone);
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_answers_no_ping_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(who_answers_a_ping_is_asked_again, setup, teardown),
        cmocka_unit_test_setup_teardown(where_nothing_is_said_for_too_long_the_end_is_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_is_held_back_is_heard_again_later, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_drains_tells_its_sockets, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_too_old_is_told_to_leave, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_right_behind_the_handshake_are_read, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
