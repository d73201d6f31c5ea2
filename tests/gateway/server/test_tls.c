/* SPDX-License-Identifier: Apache-2.0 */
/* The same server over TLS, with a certificate made here. */
#include "world.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

static struct gw_tls *tls;
static char cert_file[] = "/tmp/gw-cert-XXXXXX", key_file[] = "/tmp/gw-key-XXXXXX";

static int make_certificate(void **state)
{
    (void)state;
    world_certificate(cert_file, key_file);
    return gw_tls_create(cert_file, key_file, &tls, NULL) == SLUICE_OK ? 0 : -1;
}

static int remove_certificate(void **state)
{
    (void)state;
    gw_tls_destroy(tls);
    unlink(cert_file);
    unlink(key_file);
    return 0;
}

static void echo_over_tls(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, tls);
    client_open(&c, &w, true);
    for (int i = 0; i < 3; i++) {
        client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        client_got(&c,
                   "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nabc");
    }
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    assert_true(gw_request_is_tls(w.req));
    client_close(&c);
    world_close(&w);
}

static void large_bodies_over_tls(void **state)
{
    struct world w;
    struct client c;
    size_t n = 2 << 20;
    char *body = malloc(n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i * 11 % 26);
    world_open(&w, NULL, tls);
    w.direct = true;
    client_open(&c, &w, true);
    client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2097152\r\n\r\n");
    client_send_bytes(&c, body, n);
    world_until(&w, (client_read(&c), c.got.len >= n + 100));
    assert_memory_equal(c.got.ptr + c.got.len - n, body, n);
    free(body);
    client_close(&c);
    world_close(&w);
}

static void slow_reader_over_tls_is_bounded(void **state)
{
    struct world w;
    struct client c;
    struct gw_server_stats stats;

    (void)state;
    world_open(&w, NULL, tls);
    w.big_size = 16 << 20;
    client_open(&c, &w, true);
    client_send(&c, GET("/big"));
    for (int i = 0; i < 200; i++)
        world_turn(&w);
    gw_server_stats(w.server, &stats);
    assert_true(w.big_sent < w.big_size);
    assert_true(stats.buffered <= 400 << 10);
    world_until(&w, (client_read(&c), c.got.len > w.big_size));
    client_expect(&c, "\r\n0\r\n\r\n");
    client_close(&c);
    world_close(&w);
}

/* What OpenSSL has decrypted and nobody could take is not reported by the socket again. With these
 * records the last one is read in part when the server stops reading. */
static void held_body_over_tls_comes_whole_after_resume(void **state)
{
    static const size_t records[] = { 9000, 7000, 7000, 7000, 7000, 7000, 7000, 7000, 7000, 16000 };
    static char body[16000];
    struct world w;
    struct client c;

    (void)state;
    memset(body, 'x', sizeof body);
    world_open(&w, NULL, tls);
    client_open(&c, &w, true);
    client_send(&c, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 81000\r\n\r\n");
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        client_send_bytes(&c, body, records[i]);
    for (int i = 0; i < 20; i++)
        world_turn(&w);
    assert_int_equal(w.body.len, 0);
    gw_request_resume(w.req);
    world_until(&w, w.last);
    assert_int_equal(w.body.len, 81000);
    client_close(&c);
    world_close(&w);
}

static void requests_pipelined_in_one_record(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, tls);
    client_open(&c, &w, true);
    client_send(&c, GET("/hello") GET("/hello") "GET /hello HTTP/1.1\r\nHost: a\r\n"
                                                "Connection: close\r\n\r\n");
    client_expect_end(&c);
    assert_int_equal(w.requests, 3);
    client_close(&c);
    world_close(&w);
}

/* What the client writes stays with it. */
static BIO *keep_records(struct client *c)
{
    BIO *records = BIO_new(BIO_s_mem());

    SSL_set0_wbio(c->ssl, records);
    return records;
}

/* OpenSSL takes several of them from the socket with one read. */
static void records_that_arrive_together_are_all_seen(void **state)
{
    struct world w;
    struct client c;
    BIO *records;
    char *bytes;
    long n;

    (void)state;
    world_open(&w, NULL, tls);
    client_open(&c, &w, true);
    records = keep_records(&c);
    for (int i = 0; i < 20; i++)
        assert_true(SSL_write(c.ssl, GET("/hello"), (int)strlen(GET("/hello"))) > 0);
    n = BIO_get_mem_data(records, &bytes);
    assert_int_equal(send(c.fd, bytes, (size_t)n, MSG_NOSIGNAL), n);
    world_until(&w, w.requests == 20);
    client_close(&c);
    world_close(&w);
}

static void errors_that_others_left_with_openssl_are_not_the_connections(void **state)
{
    struct world w;
    struct client c;
    BIO *records;
    char *bytes;
    long n;

    (void)state;
    world_open(&w, NULL, tls);
    client_open(&c, &w, true);
    records = keep_records(&c);
    assert_true(SSL_write(c.ssl, GET("/hello"), (int)strlen(GET("/hello"))) > 0);
    n = BIO_get_mem_data(records, &bytes);
    for (long i = 0; i < n; i++) {
        ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
        assert_int_equal(send(c.fd, bytes + i, 1, MSG_NOSIGNAL), 1);
        world_turn(&w);
    }
    ERR_clear_error();
    world_until(&w, w.requests == 1);
    client_close(&c);
    world_close(&w);
}

static void leaving_is_seen_over_tls(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        struct world w;
        struct client c;

        world_open(&w, NULL, tls);
        client_open(&c, &w, true);
        client_send(&c, GET("/wait"));
        world_until(&w, w.req);
        client_read(&c);
        if (reset)
            client_reset(&c);
        else
            client_close(&c);
        world_turn(&w);
        assert_int_equal(w.aborts, 1);
        assert_int_equal(w.why, GW_LEFT);
        client_close(&c);
        world_close(&w);
    }
}

static void close_notify_counts_as_leaving(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, tls);
    client_open(&c, &w, true);
    client_send(&c, GET("/wait"));
    world_until(&w, w.req);
    SSL_shutdown(c.ssl);
    world_until(&w, w.aborts == 1);
    client_close(&c);
    world_close(&w);
}

static void plain_text_to_a_tls_port_is_closed(void **state)
{
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, NULL, tls);
    client_open(&c, &w, false);
    client_send(&c, GET("/hello"));
    client_expect_end(&c);
    assert_int_equal(w.requests, 0);
    client_close(&c);
    world_close(&w);
}

static void handshake_that_does_not_end_is_closed(void **state)
{
    const struct gw_limits limits = { .head_ms = 30 };
    struct world w;
    struct client c;

    (void)state;
    world_open(&w, &limits, tls);
    client_open(&c, &w, false);
    client_send_bytes(&c, "\x16\x03\x01", 3);
    client_expect_end(&c);
    assert_int_equal(c.got.len, 0);
    client_close(&c);
    world_close(&w);
}

static void old_protocols_are_refused(void **state)
{
    struct world w;
    struct client c;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int r = 0;

    (void)state;
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
    world_open(&w, NULL, tls);
    client_open(&c, &w, false);
    c.ssl = SSL_new(ctx);
    SSL_set_fd(c.ssl, c.fd);
    SSL_set_connect_state(c.ssl);
    world_until(&w, (r = SSL_do_handshake(c.ssl)) == 1 ||
                        SSL_get_error(c.ssl, r) != SSL_ERROR_WANT_READ);
    assert_int_not_equal(r, 1);
    SSL_CTX_free(ctx);
    client_close(&c);
    world_close(&w);
}

static void files_that_cannot_be_used_are_named(void **state)
{
    struct gw_tls *t;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_true(gw_tls_create("/nonexistent", key_file, &t, &err) < 0);
    assert_non_null(strstr(err.message, "/nonexistent"));
    assert_true(gw_tls_create(cert_file, cert_file, &t, &err) < 0);
    assert_non_null(strstr(err.message, "cannot use the key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_over_tls),
        cmocka_unit_test(large_bodies_over_tls),
        cmocka_unit_test(slow_reader_over_tls_is_bounded),
        cmocka_unit_test(held_body_over_tls_comes_whole_after_resume),
        cmocka_unit_test(requests_pipelined_in_one_record),
        cmocka_unit_test(records_that_arrive_together_are_all_seen),
        cmocka_unit_test(errors_that_others_left_with_openssl_are_not_the_connections),
        cmocka_unit_test(leaving_is_seen_over_tls),
        cmocka_unit_test(close_notify_counts_as_leaving),
        cmocka_unit_test(plain_text_to_a_tls_port_is_closed),
        cmocka_unit_test(handshake_that_does_not_end_is_closed),
        cmocka_unit_test(old_protocols_are_refused),
        cmocka_unit_test(files_that_cannot_be_used_are_named),
    };

    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
