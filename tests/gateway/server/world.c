/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - the handler and the clients of world.h. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 20000 /* turns of the loop, which sleeps for a quarter of a ms when idle */

/* ---- handler ----------------------------------------------------------------------------- */

static bool is(const struct world *w, const char *target)
{
    return strcmp(w->target, target) == 0;
}

static void write_big(struct world *w)
{
    static char block[8192];
    sluice_span part = sl_span(block, sizeof block);

    memset(block, 'b', sizeof block);
    while (w->big_sent < w->big_size) {
        w->big_sent += part.len;
        if (gw_respond(w->req, &part, 1, 0) == GW_HOLD)
            return;
    }
    gw_respond(w->req, NULL, 0, GW_LAST);
    w->req = NULL;
}

static void answer(struct world *w, sluice_span body)
{
    struct gw_request *req = w->req;

    w->req = NULL;
    gw_respond_simple(req, 200, NULL, 0, "text/plain", body);
}

static void answer_fields(struct world *w, const struct sl_http_head *head)
{
    for (size_t i = 0; i < head->n_headers; i++) {
        sl_buf_add(&w->body, head->headers[i].name);
        sl_buf_add_str(&w->body, ": ");
        sl_buf_add(&w->body, head->headers[i].value);
        sl_buf_add_char(&w->body, '\n');
    }
    answer(w, sl_buf_span(&w->body));
}

static void on_request(void *ctx, struct gw_request *req, const struct sl_http_head *head)
{
    struct world *w = ctx;
    sluice_span body;

    snprintf(w->target, sizeof w->target, "%.*s", SL_FMT(head->target));
    snprintf(w->method, sizeof w->method, "%.*s", SL_FMT(head->method));
    w->req = req;
    w->requests++;
    w->last = false;
    w->bodies = 0;
    sl_buf_reset(&w->body);
    if (is(w, "/hello"))
        answer(w, SL_SPAN("hello"));
    else if (is(w, "/fields"))
        answer_fields(w, head);
    else if (is(w, "/early"))
        answer(w, SL_SPAN("early"));
    else if (is(w, "/take"))
        answer(w, gw_request_take_body(req, &body) ? body : SL_SPAN("no"));
    else if (is(w, "/hold"))
        gw_request_hold(req);
    else if (is(w, "/echo") && head->body == SL_HTTP_BODY_NONE)
        answer(w, SL_SPAN(""));
    else if (is(w, "/stream"))
        gw_respond_head(req, 200, NULL, 0, -1);
    else if (is(w, "/big")) {
        gw_respond_head(req, 200, NULL, 0, -1);
        w->big_sent = 0;
        write_big(w);
    }
}

static enum gw_flow on_body(void *ctx, struct gw_request *req, sluice_span piece, bool last)
{
    struct world *w = ctx;

    assert_ptr_equal(req, w->req);
    assert_false(w->last);
    w->last = last;
    w->bodies++;
    if (piece.len && piece.ptr == w->body.ptr + w->body.len) {
        w->body.len += piece.len;
        w->in_place += piece.len;
    } else {
        sl_buf_add(&w->body, piece);
    }
    if (is(w, "/stream")) {
        gw_respond(req, &piece, 1, last ? GW_LAST : 0);
        if (last)
            w->req = NULL;
    } else if (last && (is(w, "/echo") || is(w, "/hold"))) {
        answer(w, sl_buf_span(&w->body));
    }
    return w->hold_pieces ? GW_HOLD : GW_GO;
}

static void on_drained(void *ctx, struct gw_request *req)
{
    struct world *w = ctx;

    assert_ptr_equal(req, w->req);
    w->drained++;
    if (is(w, "/big"))
        write_big(w);
}

static void on_abort(void *ctx, struct gw_request *req, enum gw_abort why)
{
    struct world *w = ctx;

    assert_ptr_equal(req, w->req);
    w->req = NULL;
    w->aborts++;
    w->why = why;
}

static void on_sent(void *ctx, struct gw_request *req, bool whole)
{
    struct world *w = ctx;

    assert_ptr_equal(gw_request_user(req), w);
    w->sent++;
    w->whole = whole;
}

/* Behind the body that is here, as a host would. */
static char *on_room(void *ctx, struct gw_request *req, size_t *room)
{
    struct world *w = ctx;

    assert_ptr_equal(req, w->req);
    if (!w->direct || !sl_buf_reserve(&w->body, 100000))
        return NULL;
    *room = w->body.size - w->body.len;
    return w->body.ptr + w->body.len;
}

/* ---- world ------------------------------------------------------------------------------- */

void world_open(struct world *w, const struct gw_limits *limits, struct gw_tls *tls)
{
    sluice_error err = SLUICE_ERROR_INIT;

    memset(w, 0, sizeof *w);
    w->base = event_base_new();
    sl_buf_init(&w->body, 1 << 24);
    w->options = (struct gw_server_options){
        .host = "127.0.0.1",
        .tls = tls,
        .handler = { on_request, on_body, on_drained, on_abort, on_sent, on_room },
        .ctx = w,
    };
    if (limits)
        w->options.limits = *limits;
    if (!w->options.limits.tick_ms)
        w->options.limits.tick_ms = 10;
    if (gw_server_create(w->base, &w->options, &w->server, &err) != SLUICE_OK)
        fail_msg("%s", err.message);
}

void world_close(struct world *w)
{
    gw_server_destroy(w->server);
    event_base_free(w->base);
    sl_buf_finish(&w->body);
}

void world_turn(struct world *w)
{
    event_base_loop(w->base, EVLOOP_NONBLOCK);
    if (w->turns++ % 4 == 3)
        usleep(250);
}

void world_certificate(char *cert_file, char *key_file)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *cert = X509_new();
    FILE *c = fdopen(mkstemp(cert_file), "w"), *k = fdopen(mkstemp(key_file), "w");

    assert_true(key && cert && c && k);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_sign(cert, key, EVP_sha256());
    PEM_write_X509(c, cert);
    PEM_write_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL);
    fclose(c);
    fclose(k);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* ---- clients ----------------------------------------------------------------------------- */

void client_open(struct client *c, struct world *w, bool tls)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port =
                                 htons(w->server ? gw_server_port(w->server) : w->options.port) };
    int on = 1;

    *c = (struct client){ .world = w };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sl_buf_init(&c->got, 1 << 26);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof a), 0);
    evutil_make_socket_nonblocking(c->fd);
    if (tls) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

        c->ssl = SSL_new(ctx);
        SSL_CTX_free(ctx);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
        world_until(w, SSL_do_handshake(c->ssl) == 1);
    }
    world_turn(w);
}

void client_close(struct client *c)
{
    SSL_free(c->ssl);
    if (c->fd >= 0)
        close(c->fd);
    sl_buf_finish(&c->got);
    c->fd = -1;
    c->ssl = NULL;
}

void client_reset(struct client *c)
{
    struct linger now = { 1, 0 };

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client_close(c);
}

void client_send_bytes(struct client *c, const char *bytes, size_t n)
{
    for (int i = 0; n && i < PATIENCE; i++) {
        ssize_t sent = c->ssl ? SSL_write(c->ssl, bytes, (int)n)
                              : send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            bytes += sent;
            n -= (size_t)sent;
        } else if (!c->ssl && errno != EAGAIN) {
            return; /* the server closed: what it said before is what counts */
        }
        world_turn(c->world);
    }
    assert_int_equal(n, 0);
}

void client_send(struct client *c, const char *text)
{
    client_send_bytes(c, text, strlen(text));
}

void client_read(struct client *c)
{
    for (;;) {
        char text[16384];
        ssize_t n;

        n = c->ssl ? SSL_read(c->ssl, text, sizeof text)
                   : recv(c->fd, text, sizeof text, MSG_DONTWAIT);
        if (n <= 0) {
            if (c->ssl ? SSL_get_error(c->ssl, (int)n) != SSL_ERROR_WANT_READ
                       : n == 0 || errno != EAGAIN)
                c->ended = true;
            return;
        }
        sl_buf_add(&c->got, sl_span(text, (size_t)n));
    }
}

void client_expect(struct client *c, const char *text)
{
    for (int i = 0; i < PATIENCE; i++) {
        client_read(c);
        if (sl_span_find(sl_buf_span(&c->got), sl_span_str(text)) < c->got.len)
            return;
        if (c->ended)
            break;
        world_turn(c->world);
    }
    fail_msg("expected %s, got %.*s", text, SL_FMT(sl_buf_span(&c->got)));
}

void client_expect_end(struct client *c)
{
    for (int i = 0; i < PATIENCE && !c->ended; i++) {
        client_read(c);
        world_turn(c->world);
    }
    assert_true(c->ended);
}

/* Without the Date field, whose value nobody can know. */
static void drop_dates(struct sl_buf *b)
{
    size_t at;

    while ((at = sl_span_find(sl_buf_span(b), SL_SPAN("date: "))) < b->len && b->len >= at + 37) {
        memmove(b->ptr + at, b->ptr + at + 37, b->len - at - 37);
        b->len -= 37;
    }
}

void client_got(struct client *c, const char *text)
{
    for (int i = 0; i < PATIENCE && !c->ended && c->got.len < strlen(text); i++) {
        client_read(c);
        drop_dates(&c->got);
        world_turn(c->world);
    }
    for (int i = 0; i < 5; i++) {
        client_read(c);
        world_turn(c->world);
    }
    drop_dates(&c->got);
    sl_buf_add_char(&c->got, '\0');
    assert_string_equal(c->got.ptr, text);
    sl_buf_reset(&c->got);
}

void client_forget(struct client *c)
{
    client_read(c);
    sl_buf_reset(&c->got);
}
