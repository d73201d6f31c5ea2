/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that becomes another protocol's: bytes both ways until either side ends, plain and
 * over TLS. */
#include "certs.h"

#include "base/arena.h"

#define SWITCH                                                                                     \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: yes\r\n\r\n"

static struct cert server;

static int make_certs(void **state)
{
    (void)state;
    cert_make(&server, "duplex-server", "DNS:localhost,IP:127.0.0.1", 86400);
    return 0;
}

static int drop_certs(void **state)
{
    (void)state;
    cert_drop(&server);
    return 0;
}

static sluice_status ask(struct kit_client *c)
{
    static const sluice_header key = { SL_SPAN("sec-websocket-key"), SL_SPAN("k") };
    struct sl_http_out out = {
        .method = SL_SPAN("GET"), .headers = &key, .n_headers = 1, .upgrade = true
    };

    return kit_submit_out(c, &out);
}

static void turn_until(struct kit *k, const size_t *n, size_t at_least)
{
    for (int i = 0; i < 200000 && *n < at_least; i++)
        event_base_loop(sl_loop_base(k->loop), EVLOOP_ONCE);
    assert_true(*n >= at_least);
}

static void talk(struct kit *k, size_t cut)
{
    static struct kit_answer answers[2];
    struct kit_client c;

    answers[0] = (struct kit_answer){ .text = KIT_TEXT(SWITCH "hello"), .cut = cut };
    answers[1] = (struct kit_answer){ .text = KIT_TEXT(" world"), .then = KIT_CLOSE };
    k->up.answers = answers;
    k->up.n_answers = 2;
    k->up.n_requests = 0;
    kit_client_init(&c, k);
    assert_int_equal(ask(&c), SLUICE_OK);
    turn_until(k, &c.body.len, 5);
    assert_int_equal(c.status, 101);
    assert_int_equal(c.length, -1);
    assert_true(kit_has(&c.headers, "sec-websocket-accept=yes;"));
    assert_true(kit_has(&k->up.last, "GET /v1/x?key=value HTTP/1.1\r\n"));
    assert_true(kit_has(&k->up.last, "connection: upgrade\r\nupgrade: websocket\r\n"));
    assert_int_equal(c.x->cls->send(c.x, SL_SPAN("are you ")), SLUICE_OK);
    assert_int_equal(c.x->cls->send(c.x, SL_SPAN("there?\r\n\r\n")), SLUICE_OK);
    kit_run(k);
    assert_true(kit_has(&k->up.last, "are you there?\r\n\r\n"));
    assert_body(&c, "hello world");
    assert_int_equal(c.outcome, SLUICE_OK);
    kit_client_finish(&c);
}

static void both_sides_talk_however_the_answer_is_cut(void **state)
{
    for (size_t cut = 0; cut < sizeof SWITCH + 4; cut++)
        talk(*state, cut);
}

static void both_sides_talk_over_tls(void **state)
{
    struct kit *k = *state;

    k->up.tls = cert_server(&server);
    k->options.ca_file = server.cert_file;
    talk(k, 0);
    talk(k, sizeof SWITCH);
}

static void fill(struct kit *k)
{
    static const struct kit_answer answers[] = { { .text = KIT_TEXT(SWITCH "!") },
                                                 { .text = KIT_TEXT("."), .then = KIT_CLOSE } };
    static char piece[64 << 10];
    struct kit_client c;
    sluice_status st = SLUICE_OK;
    size_t sent = 0;

    memset(piece, 'p', sizeof piece);
    k->up.answers = answers;
    k->up.n_answers = 2;
    kit_client_init(&c, k);
    assert_int_equal(ask(&c), SLUICE_OK);
    turn_until(k, &c.body.len, 1);
    for (int i = 0; i < 10000 && st == SLUICE_OK; i++) {
        st = c.x->cls->send(c.x, sl_span(piece, sizeof piece));
        sent += st == SLUICE_OK ? sizeof piece : 0;
    }
    assert_int_equal(st, SLUICE_E_LIMITED);
    turn_until(k, &c.n_writable, 1); /* told once, and then there is room */
    for (int i = 0; i < 2; i++, sent += sizeof piece)
        assert_int_equal(c.x->cls->send(c.x, sl_span(piece, sizeof piece)), SLUICE_OK);
    assert_int_equal(c.n_writable, 1);
    assert_int_equal(c.x->cls->send(c.x, SL_SPAN("\r\n\r\n")), SLUICE_OK);
    kit_run(k);
    assert_int_equal(k->up.last.len, sent + 4);
    assert_int_equal(c.outcome, SLUICE_OK);
    kit_client_finish(&c);
}

static void what_nobody_reads_is_bounded_and_arrives_whole(void **state)
{
    fill(*state);
}

static void the_same_over_tls(void **state)
{
    struct kit *k = *state;

    k->up.tls = cert_server(&server);
    k->options.ca_file = server.cert_file;
    fill(k);
}

static void who_was_not_asked_may_not_switch(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(SWITCH) });
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_E_UPSTREAM);
    kit_client_finish(&c);
}

static void an_answer_instead_is_one_like_any_other(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno") });
    kit_client_init(&c, k);
    assert_int_equal(ask(&c), SLUICE_OK);
    kit_run(k);
    assert_int_equal(c.status, 403);
    assert_body(&c, "no");
    kit_client_finish(&c);
}

static void a_reset_is_told_and_a_cancel_leaves_nothing(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(SWITCH "x"), .then = KIT_RESET });
    kit_client_init(&c, k);
    assert_int_equal(ask(&c), SLUICE_OK);
    kit_run(k);
    assert_int_not_equal(c.outcome, SLUICE_OK);
    kit_client_finish(&c);
    KIT_ANSWERS(k, { .text = KIT_TEXT(SWITCH "x") });
    kit_client_init(&c, k);
    assert_int_equal(ask(&c), SLUICE_OK);
    turn_until(k, &c.body.len, 1);
    assert_int_equal(c.x->cls->send(c.x, SL_SPAN("bye")), SLUICE_OK);
    kit_cancel(&c);
    kit_client_finish(&c);
}

static void memory_that_is_out_takes_nothing(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT(SWITCH "x") });
    kit_client_init(&c, k);
    assert_int_equal(ask(&c), SLUICE_OK);
    turn_until(k, &c.body.len, 1);
    sl_fault_after(1);
    assert_int_equal(c.x->cls->send(c.x, SL_SPAN("lost")), SLUICE_E_LIMITED);
    sl_fault_after(0);
    assert_int_equal(c.x->cls->send(c.x, SL_SPAN("kept")), SLUICE_OK);
    kit_cancel(&c);
    kit_client_finish(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_HTTP1(both_sides_talk_however_the_answer_is_cut),
        KIT_HTTP1(both_sides_talk_over_tls),
        KIT_HTTP1(what_nobody_reads_is_bounded_and_arrives_whole),
        KIT_HTTP1(the_same_over_tls),
        KIT_HTTP1(who_was_not_asked_may_not_switch),
        KIT_HTTP1(an_answer_instead_is_one_like_any_other),
        KIT_HTTP1(a_reset_is_told_and_a_cancel_leaves_nothing),
        KIT_HTTP1(memory_that_is_out_takes_nothing),
    };

    return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
