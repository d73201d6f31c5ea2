/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many clients that send halves, pipeline, read late, reset and half-close, and a handler that
 * holds, streams, cuts, answers early and late, all by chance (repeatable). What must hold: each
 * request ends exactly once, each body byte that arrives is the right one, nothing is left behind.
 */
#include "world.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 24
#define OPEN 256
#define STEPS 6000

struct chaos {
    struct event_base *base;
    struct gw_server *server;
    struct gw_request *open[OPEN]; /* requests that the handler has */
    bool headed[OPEN];
    SSL_CTX *client; /* NULL = plain */
    uint64_t seed;
    int begun, ended, aborted;
};

struct peer {
    int fd;
    SSL *ssl;
    size_t sent, size;
    char *text;
};

static unsigned chance(struct chaos *x, unsigned n)
{
    x->seed = x->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(x->seed >> 33) % n;
}

static int slot_of(struct chaos *x, const struct gw_request *req)
{
    for (int i = 0; i < OPEN; i++)
        if (x->open[i] == req)
            return i;
    fail_msg("a request that is over was reported");
    return 0;
}

static void over(struct chaos *x, int i)
{
    x->open[i] = NULL;
    x->ended++;
}

/* Something to do with a request, now or later. */
static void act(struct chaos *x, int i)
{
    struct gw_request *req = x->open[i];
    static const char text[20000] = { 't' };
    const sluice_span parts[] = { sl_span(text, chance(x, 3) ? chance(x, 100) : sizeof text),
                                  SL_SPAN("tail") };
    unsigned what = chance(x, 10);

    if (what < 2 && !x->headed[i]) {
        over(x, i);
        gw_respond_simple(req, chance(x, 5) ? 200 : 204, NULL, 0, "text/plain", parts[0]);
    } else if (what < 5 && !x->headed[i]) {
        x->headed[i] = true;
        gw_respond_head(req, 200, NULL, 0, chance(x, 2) ? -1 : (int64_t)chance(x, 40000));
    } else if (what == 5 && x->headed[i]) {
        over(x, i);
        gw_respond(req, parts, 2, GW_LAST);
    } else if (what == 6 && chance(x, 3) == 0) {
        over(x, i);
        gw_respond_cut(req);
    } else if (what == 7) {
        gw_request_hold(req);
    } else if (what == 8) {
        gw_request_resume(req);
    } else if (x->headed[i]) {
        gw_respond(req, parts, 2, chance(x, 2) ? GW_MORE : 0);
    }
}

static void on_request(void *ctx, struct gw_request *req, const struct sl_http_head *head)
{
    struct chaos *x = ctx;
    sluice_span body;
    int i = slot_of(x, NULL);

    assert_true(sl_span_eq(head->target, SL_SPAN("/chaos")));
    x->open[i] = req;
    x->headed[i] = false;
    x->begun++;
    if (chance(x, 4) == 0)
        gw_request_take_body(req, &body);
    if (chance(x, 2))
        act(x, i);
}

static enum gw_flow on_body(void *ctx, struct gw_request *req, sluice_span piece, bool last)
{
    struct chaos *x = ctx;
    int i = slot_of(x, req);

    (void)last;
    if (chance(x, 3) == 0)
        act(x, i);
    for (size_t k = 0; k < piece.len; k++) /* still there behind whatever act() did */
        assert_int_equal(piece.ptr[k], 'p');
    return chance(x, 4) ? GW_GO : GW_HOLD;
}

static void on_drained(void *ctx, struct gw_request *req)
{
    act(ctx, slot_of(ctx, req));
}

static void on_abort(void *ctx, struct gw_request *req, enum gw_abort why)
{
    struct chaos *x = ctx;

    (void)why;
    over(x, slot_of(x, req));
    x->aborted++;
}

/* A stream of requests, mostly sound. */
static void compose(struct chaos *x, struct peer *p)
{
    FILE *f = open_memstream(&p->text, &p->size);
    static char body[30000];

    memset(body, 'p', sizeof body);
    for (unsigned n = 1 + chance(x, 4); n > 0; n--) {
        size_t len = chance(x, 4) ? chance(x, 300) : chance(x, sizeof body);

        switch (chance(x, 12)) {
        case 0:
            fprintf(f, "GET /chaos HTTP/1.1\r\nHost: a\r\n\r\n");
            break;
        case 1:
            fprintf(f, "GET /chaos HTTP/1.1\nHost: a\r\n\r\n");
            break;
        case 2:
            fprintf(
                f, "POST /chaos HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nppp");
            n = 1; /* it stays unfinished */
            break;
        case 3:
        case 4:
        case 5:
            fprintf(f, "POST /chaos HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n%s\r\n",
                    chance(x, 3) ? "" : "Expect: 100-continue\r\n");
            for (unsigned k = chance(x, 5); k > 0; k--)
                fprintf(f, "%zx\r\n%.*s\r\n", len + 1, (int)len + 1, body);
            fprintf(f, "0\r\n\r\n");
            break;
        default:
            fprintf(f, "POST /chaos HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%.*s", len,
                    (int)len, body);
        }
    }
    fclose(f);
}

static void open_peer(struct chaos *x, struct peer *p)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(gw_server_port(x->server)) };

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *p = (struct peer){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    assert_int_equal(connect(p->fd, (struct sockaddr *)&a, sizeof a), 0);
    evutil_make_socket_nonblocking(p->fd);
    if (x->client) {
        p->ssl = SSL_new(x->client);
        SSL_set_fd(p->ssl, p->fd);
        SSL_set_connect_state(p->ssl);
    }
    compose(x, p);
}

static ssize_t peer_send(struct peer *p, size_t n)
{
    if (p->ssl)
        return SSL_write(p->ssl, p->text + p->sent, (int)n);
    return send(p->fd, p->text + p->sent, n, MSG_NOSIGNAL);
}

static void peer_read(struct peer *p)
{
    static char sink[65536];

    if (p->ssl)
        SSL_read(p->ssl, sink, sizeof sink);
    else
        recv(p->fd, sink, sizeof sink, 0);
}

static void close_peer(struct peer *p, bool reset)
{
    struct linger now = { 1, 0 };

    if (reset)
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    SSL_free(p->ssl);
    close(p->fd);
    free(p->text);
    p->fd = -1;
}

static void step(struct chaos *x, struct peer *p)
{
    size_t left = p->size - p->sent, n = chance(x, 3) ? left : chance(x, 60);
    ssize_t r;

    switch (chance(x, 30)) {
    case 0:
        close_peer(p, chance(x, 2));
        return;
    case 1:
        shutdown(p->fd, SHUT_WR);
        return;
    default:
        n = n < left ? n : left;
        r = n ? peer_send(p, n) : 0;
        p->sent += r > 0 ? (size_t)r : 0;
        if (chance(x, 3))
            peer_read(p);
        if (left == 0 && chance(x, 8) == 0)
            close_peer(p, chance(x, 2));
    }
}

static void run(uint64_t seed, struct gw_tls *tls)
{
    static struct chaos x;
    struct peer peers[CLIENTS];
    struct gw_server_stats stats;
    struct gw_server_options options = {
        .host = "127.0.0.1",
        .limits = { .tick_ms = 5, .body_ms = 40, .linger_ms = 20, .write_ms = 60, .body = 100000 },
        .tls = tls,
        .handler = { on_request, on_body, on_drained, on_abort, NULL, NULL },
        .ctx = &x,
    };

    x = (struct chaos){ .base = event_base_new(),
                        .client = tls ? SSL_CTX_new(TLS_client_method()) : NULL,
                        .seed = seed };
    if (tls)
        SSL_CTX_set_mode(x.client,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    assert_int_equal(gw_server_create(x.base, &options, &x.server, NULL), SLUICE_OK);
    for (int i = 0; i < CLIENTS; i++)
        peers[i].fd = -1;
    for (int n = 0; n < STEPS; n++) {
        struct peer *p = &peers[chance(&x, CLIENTS)];
        int i = (int)chance(&x, OPEN);

        if (p->fd < 0)
            open_peer(&x, p);
        else
            step(&x, p);
        for (int k = 0; k < 8; k++, i = (i + 37) % OPEN)
            if (x.open[i])
                act(&x, i);
        if (chance(&x, 2))
            event_base_loop(x.base, EVLOOP_NONBLOCK);
    }
    for (int i = 0; i < CLIENTS; i++)
        if (peers[i].fd >= 0)
            close_peer(&peers[i], false);
    gw_server_drain(x.server, NULL, NULL);
    for (int n = 0; n < 20000; n++) {
        event_base_loop(x.base, EVLOOP_NONBLOCK);
        gw_server_stats(x.server, &stats);
        if (stats.open == 0)
            break;
        usleep(100);
    }
    assert_int_equal(stats.open, 0);
    assert_int_equal(stats.buffered, 0);
    assert_int_equal(stats.idle, 0);
    assert_int_equal(x.begun, x.ended);
    assert_true(x.begun > (tls ? 100 : 300));
    assert_true(x.aborted > 10);
    gw_server_destroy(x.server);
    event_base_free(x.base);
    SSL_CTX_free(x.client);
}

static uint64_t first_seed(void)
{
    const char *seed = getenv("CHAOS_SEED");

    return seed ? strtoull(seed, NULL, 10) * 1000 : 1;
}

static void nothing_is_lost_in_chaos(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 4; i++)
        run(first_seed() + i, NULL);
}

static void nothing_is_lost_in_chaos_over_tls(void **state)
{
    char cert_file[] = "/tmp/gw-cert-XXXXXX", key_file[] = "/tmp/gw-key-XXXXXX";
    struct gw_tls *tls;

    (void)state;
    signal(SIGPIPE, SIG_IGN); /* the clients' own writes: OpenSSL does not avoid it */
    world_certificate(cert_file, key_file);
    assert_int_equal(gw_tls_create(cert_file, key_file, &tls, NULL), SLUICE_OK);
    for (uint64_t i = 0; i < 3; i++)
        run(first_seed() + i, tls);
    gw_tls_destroy(tls);
    unlink(cert_file);
    unlink(key_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_in_chaos),
        cmocka_unit_test(nothing_is_lost_in_chaos_over_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
