/* SPDX-License-Identifier: Apache-2.0 */
/* TLS towards upstreams: who is trusted, who we are, and that the bytes stay the same; over both
 * transports. */
#include "certs.h"

#include "base/arena.h"

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define OK_CLOSE "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"

static struct cert server, client, other, expired;

static int make_certs(void **state)
{
    (void)state;
    cert_make(&server, "tls-server", "DNS:localhost,IP:127.0.0.1", 86400);
    cert_make(&client, "tls-client", "DNS:client", 86400);
    cert_make(&other, "tls-other", "DNS:elsewhere.example", 86400);
    cert_make(&expired, "tls-expired", "DNS:localhost,IP:127.0.0.1", -3600);
    return 0;
}

static int drop_certs(void **state)
{
    (void)state;
    cert_drop(&server);
    cert_drop(&client);
    cert_drop(&other);
    cert_drop(&expired);
    return 0;
}

static void serve_as(struct kit *k, const struct cert *c)
{
    static const struct kit_answer ok[] = { { .text = KIT_TEXT(OK_TEXT) } };

    k->up.tls = cert_server(c);
    k->up.answers = ok;
    k->up.n_answers = 1;
}

static void ask_for(struct kit *k, sluice_status outcome, const char *word)
{
    struct kit_client c;

    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, outcome);
    if (outcome == SLUICE_OK)
        assert_body(&c, "hello");
    else
        assert_non_null(strstr(c.err.message, word));
    if (outcome == SLUICE_E_UNAVAILABLE)
        assert_false(c.sent);
    kit_client_finish(&c);
}

static void an_upstream_signed_by_a_given_ca_is_trusted(void **state)
{
    struct kit *k = *state;

    serve_as(k, &server);
    k->options.ca_file = server.cert_file;
    ask_for(k, SLUICE_OK, "");
    ask_for(k, SLUICE_OK, "");
    assert_int_equal(k->up.n_accepted, 1);
}

static void a_self_signed_upstream_is_refused_with_a_remedy(void **state)
{
    struct kit *k = *state;
    char name[32];

    serve_as(k, &server);
    snprintf(name, sizeof name, "127.0.0.1:%u", k->up.port);
    ask_for(k, SLUICE_E_UNAVAILABLE, name);
    ask_for(k, SLUICE_E_UNAVAILABLE, "self-signed");
    ask_for(k, SLUICE_E_UNAVAILABLE, "ssl_verify: false");
    assert_int_equal(k->up.n_requests, 0);
}

static void a_certificate_of_another_host_is_refused(void **state)
{
    struct kit *k = *state;

    serve_as(k, &other);
    k->options.ca_file = other.cert_file;
    ask_for(k, SLUICE_E_UNAVAILABLE, "127.0.0.1");
    assert_int_equal(k->up.n_requests, 0);
}

static void an_expired_certificate_is_refused(void **state)
{
    struct kit *k = *state;

    serve_as(k, &expired);
    k->options.ca_file = expired.cert_file;
    ask_for(k, SLUICE_E_UNAVAILABLE, "expired");
    assert_int_equal(k->up.n_requests, 0);
}

static void who_does_not_verify_accepts_anybody(void **state)
{
    struct kit *k = *state;

    serve_as(k, &other);
    k->options.insecure = true;
    ask_for(k, SLUICE_OK, "");
}

static void a_connection_made_without_verifying_does_not_serve_those_who_verify(void **state)
{
    struct kit *k = *state;

    serve_as(k, &server);
    k->options.insecure = true;
    ask_for(k, SLUICE_OK, "");
    k->options.insecure = false;
    ask_for(k, SLUICE_E_UNAVAILABLE, "self-signed");
    assert_int_equal(k->up.n_requests, 1);
}

static void an_upstream_that_asks_for_it_sees_our_certificate(void **state)
{
    struct kit *k = *state;

    serve_as(k, &server);
    SSL_CTX_set_verify(k->up.tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    assert_int_equal(SSL_CTX_load_verify_locations(k->up.tls, client.cert_file, NULL), 1);
    k->options.ca_file = server.cert_file;
    k->options.client_cert = client.cert_file;
    k->options.client_key = client.key_file;
    ask_for(k, SLUICE_OK, "");
}

static void without_our_certificate_such_an_upstream_fails(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    serve_as(k, &server);
    SSL_CTX_set_verify(k->up.tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    k->options.ca_file = server.cert_file;
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_true(c.outcome < 0);
    if (!k->curl)
        assert_non_null(strstr(c.err.message, "certificate required"));
    assert_int_equal(k->up.n_requests, 0);
    kit_client_finish(&c);
}

static void files_that_cannot_be_read_are_named(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    serve_as(k, &server);
    k->options.ca_file = "no/such/ca.pem";
    kit_client_init(&c, k);
    if (kit_submit(&c) == SLUICE_OK)
        kit_run(k);
    assert_true(c.outcome < 0);
    assert_non_null(strstr(c.err.message, "no/such/ca.pem"));
    k->options.ca_file = server.cert_file;
    k->options.client_cert = client.cert_file;
    k->options.client_key = "no/such/key.pem";
    if (kit_submit(&c) == SLUICE_OK)
        kit_run(k);
    assert_true(c.outcome < 0);
    assert_non_null(strstr(c.err.message, "no/such/key.pem"));
    kit_client_finish(&c);
}

static void a_new_connection_resumes_the_session(void **state)
{
    struct kit *k = *state;
    static const struct kit_answer once[] = { { .text = KIT_TEXT(OK_CLOSE), .then = KIT_CLOSE } };

    serve_as(k, &server);
    k->up.answers = once;
    k->options.ca_file = server.cert_file;
    for (int i = 0; i < 3; i++)
        ask_for(k, SLUICE_OK, "");
    assert_int_equal(k->up.n_accepted, 3);
    assert_int_equal(k->up.n_resumed, 2);
}

static void tls_1_1_is_refused(void **state)
{
    struct kit *k = *state;
    struct kit_client c;

    serve_as(k, &server);
    SSL_CTX_set_max_proto_version(k->up.tls, TLS1_1_VERSION);
    k->options.ca_file = server.cert_file;
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_int_equal(c.outcome, SLUICE_E_UNAVAILABLE);
    kit_client_finish(&c);
}

static void a_plain_http_server_behind_https_is_an_error(void **state)
{
    struct kit *k = *state;
    char url[64];
    struct sl_http_out out = { .method = SL_SPAN("GET") };
    struct kit_client c;

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 400 Bad Request\r\n\r\n"), .then = KIT_CLOSE });
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", k->up.port);
    out.url = sl_span_str(url);
    out.connect_ms = 200; /* the server waits for the end of a request's head */
    kit_client_init(&c, k);
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
    kit_run(k);
    assert_true(c.outcome == SLUICE_E_UNAVAILABLE || c.outcome == SLUICE_E_TIMEOUT);
    assert_false(c.sent);
    kit_client_finish(&c);
}

static void a_megabyte_each_way_survives_tls_and_pauses(void **state)
{
    enum { SIZE = 1 << 20 };
    struct kit *k = *state;
    char *text = malloc(SIZE + 128);
    size_t head =
        (size_t)snprintf(text, 128, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
    struct kit_answer answer = { .text = { text, head + SIZE } };
    sluice_span body = { text + head, SIZE };
    struct sl_http_out out = { .body = &body, .n_body = 1 };
    struct kit_client c;
    unsigned seen = 0;

    for (size_t i = 0; i < SIZE; i++)
        text[head + i] = (char)('a' + i * 13 % 26);
    serve_as(k, &server);
    k->up.answers = &answer;
    k->options.ca_file = server.cert_file;
    kit_client_init(&c, k);
    c.pause_at_data = true;
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_OK);
    while (!c.n_done) {
        kit_turn(k);
        if (c.n_data > seen && c.x) {
            seen = c.n_data;
            for (int i = 0; i < 3; i++)
                kit_turn(k);
            assert_int_equal(c.n_data, seen);
            c.x->cls->pause(c.x, false);
        }
    }
    assert_int_equal(c.outcome, SLUICE_OK);
    assert_int_equal(c.body.len, SIZE);
    assert_memory_equal(c.body.ptr, text + head, SIZE);
    assert_true(k->up.last.len > SIZE);
    assert_memory_equal(k->up.last.ptr + k->up.last.len - SIZE, text + head, SIZE);
    kit_client_finish(&c);
    free(text);
}

/* After a full record the reader asks for the next one, which is not there yet. Session tickets,
 * which come with the first answer, make OpenSSL clear its queue. */
static void errors_that_others_left_with_openssl_are_not_the_connections(void **state)
{
    enum { SIZE = 100000 };
    struct kit *k = *state;
    char text[SIZE + 128];
    size_t head =
        (size_t)snprintf(text, 128, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
    struct kit_answer answer = { .text = { text, head + SIZE }, .cut = 16 << 10 };

    memset(text + head, 'x', SIZE);
    serve_as(k, &server);
    k->up.answers = &answer;
    k->options.ca_file = server.cert_file;
    for (int i = 0; i < 2; i++) {
        struct kit_client c;

        kit_client_init(&c, k);
        assert_int_equal(kit_submit(&c), SLUICE_OK);
        while (!c.n_done) {
            ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
            kit_turn(k);
        }
        assert_int_equal(c.outcome, SLUICE_OK);
        assert_int_equal(c.body.len, SIZE);
        kit_client_finish(&c);
    }
    ERR_clear_error();
}

static void a_cut_tls_stream_without_goodbye_is_a_truncation(void **state)
{
    struct kit *k = *state;
    static const struct kit_answer cut[] = {
        { .text = KIT_TEXT("HTTP/1.1 200 OK\r\n\r\nup to the close"), .then = KIT_RESET }
    };
    struct kit_client c;

    serve_as(k, &server);
    k->up.answers = cut;
    k->options.ca_file = server.cert_file;
    kit_client_init(&c, k);
    kit_ask(&c);
    assert_true(c.outcome == SLUICE_E_TRUNCATED || c.outcome == SLUICE_E_UPSTREAM);
    kit_client_finish(&c);
}

static void each_allocation_that_fails_on_the_way_to_tls_gives_one_clean_error(void **state)
{
    struct kit *k = *state;
    uint64_t n, counted = UINT64_MAX;

    serve_as(k, &server);
    k->options.ca_file = server.cert_file;
    k->options.client_cert = client.cert_file;
    k->options.client_key = client.key_file;
    for (n = 1; counted >= n - 1; n++) { /* until there was no n-th one to fail */
        struct kit_client c;
        sluice_status st;

        k->t->cls->destroy(k->t);
        if (k->curl)
            assert_int_equal(sl_curl_create(k->loop, &k->t, NULL), SLUICE_OK);
        else
            assert_int_equal(sl_http1_create(k->loop, k->jobs, &k->t, NULL), SLUICE_OK);
        kit_client_init(&c, k);
        sl_fault_after(n);
        st = kit_submit(&c);
        if (st == SLUICE_OK)
            kit_run(k);
        counted = sl_fault_after(0);
        assert_int_equal(c.n_done, st == SLUICE_OK);
        assert_true(c.outcome == SLUICE_OK || c.err.message[0] != 0);
        kit_client_finish(&c);
        ask_for(k, SLUICE_OK, "");
    }
    assert_true(n > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_BOTH(an_upstream_signed_by_a_given_ca_is_trusted),
        KIT_BOTH(a_self_signed_upstream_is_refused_with_a_remedy),
        KIT_BOTH(a_certificate_of_another_host_is_refused),
        KIT_BOTH(an_expired_certificate_is_refused),
        KIT_BOTH(who_does_not_verify_accepts_anybody),
        KIT_BOTH(a_connection_made_without_verifying_does_not_serve_those_who_verify),
        KIT_BOTH(an_upstream_that_asks_for_it_sees_our_certificate),
        KIT_BOTH(without_our_certificate_such_an_upstream_fails),
        KIT_BOTH(files_that_cannot_be_read_are_named),
        KIT_BOTH(a_new_connection_resumes_the_session),
        KIT_BOTH(tls_1_1_is_refused),
        KIT_BOTH(a_plain_http_server_behind_https_is_an_error),
        KIT_BOTH(a_megabyte_each_way_survives_tls_and_pauses),
        KIT_BOTH(errors_that_others_left_with_openssl_are_not_the_connections),
        KIT_BOTH(a_cut_tls_stream_without_goodbye_is_a_truncation),
        KIT_BOTH(each_allocation_that_fails_on_the_way_to_tls_gives_one_clean_error),
    };

    return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
