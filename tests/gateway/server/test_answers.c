/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: heads, framing, gathering, slow readers. */
#include "world.h"

#include <sys/socket.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

static struct world w;
static struct client c;

/* A client whose request waits to be answered. */
static int setup(void **state)
{
    (void)state;
    world_open(&w, NULL, NULL);
    client_open(&c, &w, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_close(&c);
    world_close(&w);
    return 0;
}

static struct gw_request *ask(const char *request)
{
    client_send(&c, request);
    world_until(&w, w.req);
    return w.req;
}

static void respond(struct gw_request *req, const char *text, unsigned flags)
{
    sluice_span part = sl_span_str(text);

    gw_respond(req, &part, 1, flags);
}

static void answer_of_unknown_length_is_chunked(void **state)
{
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_head(req, 200, NULL, 0, -1);
    respond(req, "hello", 0);
    respond(req, "sixteen bytes ..", 0);
    gw_respond(req, NULL, 0, GW_LAST);
    client_got(&c, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                   "5\r\nhello\r\n10\r\nsixteen bytes ..\r\n0\r\n\r\n");
    ask(GET("/wait"));
}

static void body_comes_back_chunk_by_chunk(void **state)
{
    (void)state;
    client_send(&c, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    client_send(&c, "1\r\na\r\n");
    client_expect(&c, "1\r\na\r\n");
    client_send(&c, "2\r\nbc\r\n");
    client_expect(&c, "2\r\nbc\r\n");
    client_send(&c, "0\r\n\r\n");
    client_got(&c, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                   "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
}

static void parts_become_one_chunk(void **state)
{
    const sluice_span parts[] = { SL_SPAN("ab"), SL_SPAN(""), SL_SPAN("cde") };
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_head(req, 200, NULL, 0, -1);
    gw_respond(req, parts, 3, GW_LAST);
    client_got(&c, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                   "5\r\nabcde\r\n0\r\n\r\n");
}

static void hundreds_of_parts_are_written(void **state)
{
    sluice_span parts[300];
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    for (size_t i = 0; i < 300; i++)
        parts[i] = SL_SPAN("0123456789");
    gw_respond_head(req, 200, NULL, 0, 3000);
    gw_respond(req, parts, 300, GW_LAST);
    world_until(&w, (client_read(&c), c.got.len > 3000));
    assert_true(sl_span_ends(sl_buf_span(&c.got), SL_SPAN("90123456789")));
    assert_true(sl_span_find(sl_buf_span(&c.got), SL_SPAN("\r\n\r\n0123")) + 3004 == c.got.len);
}

static void head_alone_goes_out_at_the_end_of_the_turn(void **state)
{
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_head(req, 200, NULL, 0, -1);
    client_read(&c);
    assert_int_equal(c.got.len, 0);
    client_got(&c, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
}

static void pieces_of_one_turn_are_gathered(void **state)
{
    struct gw_request *req = ask(GET("/wait"));
    struct gw_server_stats before, after;

    (void)state;
    gw_respond_head(req, 200, NULL, 0, -1);
    world_turn(&w);
    client_forget(&c);
    gw_server_stats(w.server, &before);
    respond(req, "a", GW_MORE);
    respond(req, "b", GW_MORE);
    gw_server_stats(w.server, &after);
    assert_int_equal(after.bytes_out, before.bytes_out);
    world_turn(&w);
    gw_server_stats(w.server, &after);
    assert_int_equal(after.bytes_out, before.bytes_out + 12);
    client_got(&c, "1\r\na\r\n1\r\nb\r\n");
    respond(req, "c", GW_MORE);
    respond(req, "d", 0);
    client_got(&c, "1\r\nc\r\n1\r\nd\r\n");
}

static void http10_gets_unknown_length_until_close(void **state)
{
    struct gw_request *req = ask("GET /wait HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

    (void)state;
    gw_respond_head(req, 200, NULL, 0, -1);
    respond(req, "ab", 0);
    respond(req, "cd", GW_LAST);
    client_expect_end(&c);
    client_got(&c, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcd");
}

static void http10_is_kept_when_asked_and_length_is_known(void **state)
{
    (void)state;
    client_send(&c, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client_got(&c, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n"
                   "connection: keep-alive\r\n\r\nhello");
    client_send(&c, "GET /hello HTTP/1.0\r\n\r\n");
    client_expect(&c, "hello");
}

static void head_request_gets_no_body(void **state)
{
    (void)state;
    client_send(&c, "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    client_got(&c, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n");
    client_send(&c, GET("/hello"));
    client_expect(&c, "\r\n\r\nhello");
}

static void no_content_has_neither_body_nor_length(void **state)
{
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_simple(req, 204, NULL, 0, NULL, SL_SPAN("never seen"));
    client_got(&c, "HTTP/1.1 204 No Content\r\n\r\n");
    client_send(&c, GET("/hello"));
    client_expect(&c, "hello");
}

static void fields_are_checked_and_ours_left_out(void **state)
{
    const sluice_header headers[] = {
        { SL_SPAN("X-Good"), SL_SPAN("yes") },
        { SL_SPAN("X-Split"), SL_SPAN("a\r\nSet-Cookie: b") },
        { SL_SPAN("X Bad"), SL_SPAN("c") },
        { SL_SPAN("Connection"), SL_SPAN("keep-alive") },
        { SL_SPAN("Content-Length"), SL_SPAN("99") },
        { SL_SPAN("transfer-encoding"), SL_SPAN("chunked") },
        { SL_SPAN("Date"), SL_SPAN("today") },
    };
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_simple(req, 429, headers, 7, NULL, SL_SPAN("no"));
    client_got(&c, "HTTP/1.1 429 Too Many Requests\r\nX-Good: yes\r\ncontent-length: 2\r\n\r\nno");
}

static void long_heads_are_written_whole(void **state)
{
    char value[9000];
    sluice_header header = { SL_SPAN("x-long"), { value, sizeof value } };
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    memset(value, 'v', sizeof value);
    gw_respond_simple(req, 200, &header, 1, NULL, SL_SPAN("end"));
    client_expect(&c, "\r\n\r\nend");
    assert_true(c.got.len > 9000);
}

static void date_is_a_date(void **state)
{
    (void)state;
    client_send(&c, GET("/hello"));
    client_expect(&c, "hello");
    client_expect(&c, " GMT\r\n");
    client_expect(&c, "\r\ndate: ");
}

static void too_short_a_body_cuts_the_connection(void **state)
{
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_head(req, 200, NULL, 0, 10);
    respond(req, "short", GW_LAST);
    client_expect_end(&c);
    client_got(&c, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort");
}

static void too_long_a_body_is_cut_to_its_length(void **state)
{
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_head(req, 200, NULL, 0, 3);
    respond(req, "ab", 0);
    respond(req, "cdef", GW_LAST);
    client_got(&c, "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc");
    client_send(&c, GET("/hello"));
    client_expect(&c, "hello");
}

static void cut_leaves_the_chunked_body_open(void **state)
{
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_head(req, 200, NULL, 0, -1);
    respond(req, "part", GW_MORE);
    gw_respond_cut(req);
    client_expect_end(&c);
    client_got(&c, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n");
}

static void calls_after_the_end_do_nothing(void **state)
{
    struct gw_request *req = ask(GET("/wait"));

    (void)state;
    gw_respond_simple(req, 200, NULL, 0, NULL, SL_SPAN("once"));
    gw_respond_simple(req, 200, NULL, 0, NULL, SL_SPAN("twice"));
    respond(req, "thrice", GW_LAST);
    gw_respond_cut(req);
    client_got(&c, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nonce");
}

static void slow_reader_bounds_memory_and_on_drained_comes(void **state)
{
    struct gw_server_stats stats;
    size_t most = 0;

    (void)state;
    w.big_size = 16 << 20;
    client_send(&c, GET("/big"));
    for (int i = 0; i < 100; i++)
        world_turn(&w);
    assert_true(w.big_sent < w.big_size);
    gw_server_stats(w.server, &stats);
    assert_true(stats.buffered > 256 << 10);
    world_until(&w, (client_read(&c), gw_server_stats(w.server, &stats),
                     most = stats.buffered > most ? stats.buffered : most,
                     c.got.len > 5 && memcmp(c.got.ptr + c.got.len - 5, "0\r\n\r\n", 5) == 0));
    assert_true(most <= 400 << 10);
    assert_true(w.drained > 0);
    assert_true(c.got.len > w.big_size);
    gw_server_stats(w.server, &stats);
    assert_int_equal(stats.buffered, 0);
    client_forget(&c);
    client_send(&c, GET("/hello"));
    client_expect(&c, "hello");
}

static void pipelined_requests_wait_until_the_answer_is_taken(void **state)
{
    (void)state;
    w.big_size = 16 << 20;
    client_send(&c, GET("/big") GET("/hello"));
    for (int i = 0; i < 100; i++)
        world_turn(&w);
    assert_int_equal(w.requests, 1);
    world_until(&w, (client_read(&c), c.got.len > w.big_size && w.requests == 2));
    client_expect(&c, "0\r\n\r\nHTTP/1.1 200 OK");
    client_expect(&c, "hello");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(answer_of_unknown_length_is_chunked),
        TEST(body_comes_back_chunk_by_chunk),
        TEST(parts_become_one_chunk),
        TEST(hundreds_of_parts_are_written),
        TEST(head_alone_goes_out_at_the_end_of_the_turn),
        TEST(pieces_of_one_turn_are_gathered),
        TEST(http10_gets_unknown_length_until_close),
        TEST(http10_is_kept_when_asked_and_length_is_known),
        TEST(head_request_gets_no_body),
        TEST(no_content_has_neither_body_nor_length),
        TEST(fields_are_checked_and_ours_left_out),
        TEST(long_heads_are_written_whole),
        TEST(date_is_a_date),
        TEST(too_short_a_body_cuts_the_connection),
        TEST(too_long_a_body_is_cut_to_its_length),
        TEST(cut_leaves_the_chunked_body_open),
        TEST(calls_after_the_end_do_nothing),
        TEST(slow_reader_bounds_memory_and_on_drained_comes),
        TEST(pipelined_requests_wait_until_the_answer_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
