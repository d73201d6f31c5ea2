/* SPDX-License-Identifier: Apache-2.0 */
/* Pausing, cancelling, large bodies and requests made in callbacks, over both transports. */
#include "kit.h"

#include "base/arena.h"

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

enum { MEGABYTE = 1 << 20 };

/* An answer of 1 MB in chunks, and what is to come out of it. */
static struct kit_answer large_answer(char **body)
{
    size_t piece = 4000, at = 0, done = 0;
    char *text = malloc(MEGABYTE + 65536);

    *body = malloc(MEGABYTE);
    for (size_t i = 0; i < MEGABYTE; i++)
        (*body)[i] = (char)('a' + i * 7 % 26 + (i >> 12) % 5);
    at += (size_t)snprintf(text, 256, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (done < MEGABYTE) {
        size_t n = MEGABYTE - done < piece ? MEGABYTE - done : piece;

        at += (size_t)snprintf(text + at, 16, "%zx\r\n", n);
        memcpy(text + at, *body + done, n);
        at += n;
        done += n;
        memcpy(text + at, "\r\n", 2);
        at += 2;
    }
    memcpy(text + at, "0\r\n\r\n", 5);
    return (struct kit_answer){ .text = { text, at + 5 } };
}

static void a_megabyte_arrives(void **state)
{
    struct kit *k = *state;
    char *body;
    struct kit_answer answer = large_answer(&body);
    struct kit_client c;

    k->up.answers = &answer;
    k->up.n_answers = 1;
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.body.len, MEGABYTE);
    assert_memory_equal(c.body.ptr, body, MEGABYTE);
    kit_client_finish(&c);
    free(body);
    free((char *)(uintptr_t)answer.text.ptr);
}

/* Stops at every data(); goes on when nothing has come for some turns. */
static void a_paused_answer_waits_and_comes_whole(void **state)
{
    struct kit *k = *state;
    char *body;
    struct kit_answer answer = large_answer(&body);
    struct kit_client c;
    unsigned pauses = 0;

    k->up.answers = &answer;
    k->up.n_answers = 1;
    kit_client_init(&c, k);
    c.pause_at_head = c.pause_at_data = true;
    assert_int_equal(kit_submit(&c), SLUICE_OK);
    for (unsigned stopped_at = 0; !c.n_done; pauses++) {
        assert_in_range(pauses, 0, 100000);
        while (!c.n_done && c.n_head + c.n_data == stopped_at)
            kit_turn(k);
        if (c.n_done)
            break;
        stopped_at = c.n_head + c.n_data;
        for (int i = 0; i < 5; i++)
            kit_turn(k);
        assert_int_equal(c.n_head + c.n_data, stopped_at);
        assert_int_equal(c.n_done, 0);
        c.x->cls->pause(c.x, false);
        assert_int_equal(c.n_head + c.n_data, stopped_at); /* not from inside pause() */
    }
    assert_true(pauses > 10);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.body.len, MEGABYTE);
    assert_memory_equal(c.body.ptr, body, MEGABYTE);
    kit_client_finish(&c);
    free(body);
    free((char *)(uintptr_t)answer.text.ptr);
}

static void a_paused_answer_stops_the_upstream(void **state)
{
    struct kit *k = *state;
    char *body;
    struct kit_answer answer = large_answer(&body);
    struct kit_client c;
    size_t whole = answer.text.len, had, stopped;
    char *larger = malloc(16 * whole);
    size_t head =
        (size_t)snprintf(larger, 256, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", 15 * whole);

    memset(larger + head, 'x', 15 * whole);
    answer.text = (free((char *)(uintptr_t)answer.text.ptr), sl_span(larger, head + 15 * whole));
    k->up.answers = &answer;
    k->up.n_answers = 1;
    kit_client_init(&c, k);
    c.pause_at_head = true;
    assert_int_equal(kit_submit(&c), SLUICE_OK);
    while (!c.n_head)
        kit_turn(k);
    for (int i = 0; i < 2000; i++)
        kit_turn(k);
    assert_int_equal(c.n_data, 0);
    had = SL_CONTAINER(k->up.conns.next, struct kit_conn, node)->sent;
    for (int i = 0; i < 500; i++)
        kit_turn(k);
    stopped = SL_CONTAINER(k->up.conns.next, struct kit_conn, node)->sent;
    assert_int_equal(stopped, had); /* the window is closed */
    assert_true(stopped < answer.text.len);
    c.x->cls->pause(c.x, false);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.body.len, 15 * whole);
    kit_client_finish(&c);
    free(body);
    free(larger);
}

static void time_spent_paused_does_not_count_as_idle(void **state)
{
    struct kit *k = *state;
    struct sl_http_out out = { .idle_ms = 500 }; /* long enough for a machine that is busy */
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    kit_client_init(&c, k);
    c.pause_at_head = true;
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
    while (!c.n_head && !c.n_done)
        kit_turn(k);
    for (int i = 0; i < 550; i++) {
        usleep(1000);
        kit_turn(k);
    }
    assert_int_equal(c.n_done, 0);
    c.x->cls->pause(c.x, false);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_body(&c, "hello");
    kit_client_finish(&c);
}

static void a_pause_before_the_answer_holds_it_back(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    kit_client_init(&c, k);
    assert_int_equal(kit_submit(&c), SLUICE_OK);
    c.x->cls->pause(c.x, true);
    for (int i = 0; i < 300; i++)
        kit_turn(k);
    assert_int_equal(k->up.n_requests, 1);
    assert_int_equal(c.n_head, 0);
    c.x->cls->pause(c.x, false);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_body(&c, "hello");
    kit_client_finish(&c);
}

static void a_cancel_amid_the_answer_closes_the_upstream_within_one_turn(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
                     .then = KIT_SILENT });
    kit_client_init(&c, k);
    assert_int_equal(kit_submit(&c), SLUICE_OK);
    while (!c.n_data)
        kit_turn(k);
    assert_int_equal(k->up.n_gone, 0);
    kit_cancel(&c);
    kit_turn(k);
    assert_int_equal(k->up.n_gone, 1);
    assert_int_equal(c.n_done, 0);
    kit_client_finish(&c);
}

static void a_cancel_inside_a_callback_ends_it_there(void **state)
{
    struct kit *k = *state;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"),
                     .then = KIT_SILENT });
    for (int i = 0; i < 2; i++) {
        struct kit_client c;

        kit_client_init(&c, k);
        c.cancel_at_head = i == 0;
        c.cancel_at_data = i == 1;
        kit_ask(&c);
        for (int turn = 0; turn < 3; turn++)
            kit_turn(k);
        assert_int_equal(c.n_head, 1);
        assert_int_equal(c.n_data, i);
        assert_int_equal(c.n_done, 0);
        assert_int_equal(k->up.n_gone, i + 1);
        kit_client_finish(&c);
    }
}

static void a_cancel_before_the_connection_is_made_leaves_nothing(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    kit_client_init(&c, k);
    for (int turns = 0; turns < 6; turns++) {
        assert_int_equal(kit_submit(&c), SLUICE_OK);
        for (int i = 0; i < turns && c.x; i++)
            kit_turn(k);
        if (!c.x)
            break;
        kit_cancel(&c);
    }
    for (int i = 0; i < 50; i++)
        kit_turn(k);
    assert_int_equal(k->up.n_gone + (unsigned)!sl_list_empty(&k->up.conns), k->up.n_accepted);
    kit_client_finish(&c);
}

static void a_megabyte_is_sent_to_an_upstream_that_reads_slowly(void **state)
{
    struct kit *k = *state;
    char *text = malloc(MEGABYTE);
    sluice_span body[3];
    struct sl_http_out out = { .body = body, .n_body = 3 };
    struct kit_client c;

    for (size_t i = 0; i < MEGABYTE; i++)
        text[i] = (char)('A' + i * 11 % 26 + (i >> 10) % 6);
    body[0] = sl_span(text, 100000);
    body[1] = sl_span(text + 100000, 0);
    body[2] = sl_span(text + 100000, MEGABYTE - 100000);
    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    k->up.read_limit = 16384;
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_true(k->up.last.len > MEGABYTE);
    assert_memory_equal(k->up.last.ptr + k->up.last.len - MEGABYTE, text, MEGABYTE);
    kit_client_finish(&c);
    free(text);
}

/* 413 and goodbye, while most of the body is still to be sent. */
static void an_answer_that_does_not_wait_for_the_body_arrives(void **state)
{
    struct kit *k = *state;
    char *text = calloc(1, 4 * MEGABYTE);
    sluice_span body = { text, 4 * MEGABYTE };
    struct sl_http_out out = { .body = &body, .n_body = 1 };
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge"),
                     .at_head = true,
                     .then = KIT_SILENT });
    k->up.read_limit = 4096;
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.status, 413);
    assert_body(&c, "large");
    kit_client_finish(&c);
    free(text);
}

struct chain {
    struct kit_client client;
    struct sl_exchange_events events;
    int left;
};

static void ask_again(void *ctx, sluice_status status, const sluice_error *err, bool sent)
{
    struct chain *chain = ctx;

    if (chain->left-- > 0 && status == SLUICE_OK) {
        char url[64];
        struct sl_http_out out = { .method = SL_SPAN("GET") };
        struct sl_transport *t = chain->client.k->t;

        snprintf(url, sizeof url, "http://127.0.0.1:%u/", chain->client.k->up.port);
        out.url = sl_span_str(url);
        chain->client.n_head = 0;
        assert_int_equal(t->cls->submit(t, &out, &chain->events, chain, &chain->client.x, NULL),
                         SLUICE_OK);
        return;
    }
    kit_on_done(ctx, status, err, sent);
}

static void a_request_made_in_done_uses_the_connection_that_has_just_become_free(void **state)
{
    struct kit *k = *state;
    struct chain chain = { .left = 20 };
    char url[64];
    struct sl_http_out out = { .method = SL_SPAN("GET") };

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    kit_client_init(&chain.client, k);
    chain.events = kit_events;
    chain.events.done = ask_again;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", k->up.port);
    out.url = sl_span_str(url);
    assert_int_equal(k->t->cls->submit(k->t, &out, &chain.events, &chain, &chain.client.x, NULL),
                     SLUICE_OK);
    k->running++;
    kit_run(k);
    assert_int_equal(chain.client.outcome, SLUICE_OK);
    assert_int_equal(k->up.n_requests, 21);
    assert_int_equal(k->up.n_accepted, 1);
    kit_client_finish(&chain.client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_BOTH(a_megabyte_arrives),
        KIT_BOTH(a_paused_answer_waits_and_comes_whole),
        KIT_BOTH(a_paused_answer_stops_the_upstream),
        KIT_BOTH(time_spent_paused_does_not_count_as_idle),
        KIT_BOTH(a_pause_before_the_answer_holds_it_back),
        KIT_BOTH(a_cancel_amid_the_answer_closes_the_upstream_within_one_turn),
        KIT_BOTH(a_cancel_inside_a_callback_ends_it_there),
        KIT_BOTH(a_cancel_before_the_connection_is_made_leaves_nothing),
        KIT_BOTH(a_megabyte_is_sent_to_an_upstream_that_reads_slowly),
        KIT_BOTH(an_answer_that_does_not_wait_for_the_body_arrives),
        KIT_BOTH(a_request_made_in_done_uses_the_connection_that_has_just_become_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
