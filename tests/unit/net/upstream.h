/* SPDX-License-Identifier: Apache-2.0 */
/* upstream.h - an upstream that plays a script, on the loop of the transport under test, so that
 * nothing depends on time. Plain or TLS. */
#ifndef TEST_NET_UPSTREAM_H
#define TEST_NET_UPSTREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/event.h>
#include "base/status.h"
#include "net/transport.h"

#define KIT __attribute__((unused)) static

/* Not sl_buf: failing allocations are meant for the code under test. */
struct kit_text {
    char *ptr;
    size_t len;
};

static void kit_text_add(struct kit_text *t, sluice_span s)
{
    t->ptr = realloc(t->ptr, t->len + s.len + 1);
    assert_non_null(t->ptr);
    memcpy(t->ptr + t->len, s.ptr, s.len);
    t->len += s.len;
    t->ptr[t->len] = 0;
}

static void kit_text_consume(struct kit_text *t, size_t n)
{
    t->len -= n;
    memmove(t->ptr, t->ptr + n, t->len + 1);
}

static void kit_text_drop(struct kit_text *t)
{
    free(t->ptr);
    t->ptr = NULL;
    t->len = 0;
}

KIT bool kit_has(const struct kit_text *t, const char *text)
{
    return t->ptr && memmem(t->ptr, t->len, text, strlen(text));
}

/* OpenSSL's own socket BIO raises SIGPIPE. It is kept off here, not ignored, since the transport
 * under test must not raise it. */
static void kit_hush(bool on)
{
    static sigset_t before;
    sigset_t pipe;
    struct timespec none = { 0, 0 };

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (on) {
        sigprocmask(SIG_BLOCK, &pipe, &before);
        return;
    }
    sigtimedwait(&pipe, NULL, &none);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

enum kit_then { KIT_KEEP, KIT_CLOSE, KIT_RESET, KIT_SILENT };

/* How one request is answered. */
struct kit_answer {
    sluice_span text;
    enum kit_then then;
    size_t cut;   /* that many bytes first, the rest two turns later; 0 = at once */
    bool at_head; /* answer when the head is in, without waiting for the body */
    bool echo;    /* the body of the request comes back in a field and, many times, in chunks */
};

struct kit_conn {
    struct sl_list node;
    struct kit_upstream *up;
    int fd;
    SSL *ssl;
    bool accepted; /* the TLS handshake is over */
    struct event *read, *write;
    struct kit_text in;
    unsigned n_requests;
    struct sl_timer later;
    const struct kit_answer *answer;
    struct kit_answer own; /* of an echo; its text is ours */
    size_t sent;
};

struct kit_upstream {
    struct sl_loop *loop;
    int fd;
    unsigned port;
    struct event *event;
    SSL_CTX *tls;
    struct sl_list conns;
    const struct kit_answer *answers; /* of the requests in turn, the last one again and again */
    size_t n_answers;
    bool cycle;        /* begin again instead */
    size_t read_limit; /* bytes read per turn: a slow reader; 0 = all */
    unsigned n_accepted, n_requests, n_gone, n_resumed;
    struct kit_text last; /* the last whole request */
};

static void kit_conn_drop(struct kit_conn *c, bool reset)
{
    struct linger hard = { 1, 0 };

    sl_timer_cancel(&c->later);
    event_free(c->read);
    event_free(c->write);
    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    else if (c->ssl && c->accepted) {
        kit_hush(true);
        SSL_shutdown(c->ssl);
        kit_hush(false);
    }
    SSL_free(c->ssl);
    close(c->fd);
    kit_text_drop(&c->in);
    free((char *)(uintptr_t)c->own.text.ptr);
    sl_list_remove(&c->node);
    free(c);
}

static void kit_send(struct kit_conn *c)
{
    const struct kit_answer *a = c->answer;
    size_t until = a->cut && c->sent < a->cut ? a->cut : a->text.len;

    while (c->sent < until) {
        size_t n = until - c->sent;
        ssize_t put;

        if (c->ssl) {
            kit_hush(true);
            put = SSL_write(c->ssl, a->text.ptr + c->sent, (int)n);
            kit_hush(false);
        } else
            put = send(c->fd, a->text.ptr + c->sent, n, MSG_NOSIGNAL);
        if (put <= 0) {
            event_add(c->write, NULL);
            return;
        }
        c->sent += (size_t)put;
    }
    if (c->sent < a->text.len) {
        sl_timer_set(c->up->loop, &c->later, 1);
        return;
    }
    c->answer = NULL;
    if (a->then == KIT_CLOSE || a->then == KIT_RESET)
        kit_conn_drop(c, a->then == KIT_RESET);
}

static void kit_later(struct sl_timer *t)
{
    struct kit_conn *c = SL_CONTAINER(t, struct kit_conn, later);

    if (c->answer)
        kit_send(c);
    else
        event_add(c->read, NULL);
}

/* Length of the whole request, 0 while it is incomplete. */
static size_t kit_request_size(const struct kit_text *in, bool at_head)
{
    sluice_span text = sl_span(in->ptr, in->len);
    size_t head = sl_span_find(text, SL_SPAN("\r\n\r\n")), length = 0;

    if (head == text.len)
        return 0;
    for (size_t i = 0; i + 16 < head; i++)
        if (sl_span_ieq(sl_span(text.ptr + i, 16), SL_SPAN("content-length: ")))
            length = strtoul(text.ptr + i + 16, NULL, 10);
    if (at_head)
        return head + 4;
    return text.len >= head + 4 + length ? head + 4 + length : 0;
}

static const struct kit_answer *kit_next_answer(const struct kit_upstream *up)
{
    if (up->cycle)
        return &up->answers[up->n_requests % up->n_answers];
    return &up->answers[up->n_requests < up->n_answers ? up->n_requests : up->n_answers - 1];
}

/* 1 to 40 chunks, cut anywhere. */
static void kit_echo(struct kit_conn *c, const struct kit_answer *a)
{
    struct kit_text *last = &c->up->last, text = { NULL, 0 };
    const char *body = (const char *)memmem(last->ptr, last->len, "\r\n\r\n", 4) + 4;
    sluice_span marker = sl_span(body, (size_t)(last->ptr + last->len - body));
    char size[16];

    kit_text_add(&text, SL_SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Echo: "));
    kit_text_add(&text, marker);
    kit_text_add(&text, SL_SPAN("\r\n\r\n"));
    snprintf(size, sizeof size, "%zx\r\n", marker.len);
    for (unsigned i = 0; i <= c->up->n_requests % 40; i++) {
        kit_text_add(&text, sl_span_str(size));
        kit_text_add(&text, marker);
        kit_text_add(&text, SL_SPAN("\r\n"));
    }
    kit_text_add(&text, SL_SPAN("0\r\n\r\n"));
    free((char *)(uintptr_t)c->own.text.ptr);
    c->own = *a;
    c->own.text = sl_span(text.ptr, text.len);
    c->own.cut = c->up->n_requests * 31u % text.len;
    c->answer = &c->own;
}

static void kit_readable(evutil_socket_t fd, short what, void *arg)
{
    struct kit_conn *c = arg;
    struct kit_upstream *up = c->up;
    char buf[65536];
    ssize_t n;
    size_t size;
    const struct kit_answer *a = kit_next_answer(up);

    (void)what;
    if (c->ssl && !c->accepted) {
        int accepted;

        kit_hush(true);
        accepted = SSL_accept(c->ssl);
        kit_hush(false);
        if (accepted != 1 && SSL_get_error(c->ssl, accepted) != SSL_ERROR_WANT_READ)
            kit_conn_drop(c, false);
        if (accepted != 1)
            return;
        c->accepted = true;
        up->n_resumed += SSL_session_reused(c->ssl) != 0;
    }
    if (c->ssl) {
        ERR_clear_error();
        n = SSL_read(c->ssl, buf, sizeof buf);
    } else
        n = recv(fd, buf, up->read_limit ? up->read_limit : sizeof buf, 0);
    if (n < 0 && c->ssl && SSL_get_error(c->ssl, (int)n) == SSL_ERROR_WANT_READ)
        return;
    if (n <= 0) {
        up->n_gone++;
        kit_conn_drop(c, false);
        return;
    }
    kit_text_add(&c->in, sl_span(buf, (size_t)n));
    if (up->read_limit) {
        event_del(c->read);
        sl_timer_set(up->loop, &c->later, 1);
    }
    if (c->ssl && SSL_has_pending(c->ssl))
        event_active(c->read, EV_READ, 0);
    size = kit_request_size(&c->in, a->at_head);
    if (size == 0 || c->answer)
        return;
    up->n_requests++;
    c->n_requests++;
    kit_text_drop(&up->last);
    kit_text_add(&up->last, sl_span(c->in.ptr, size));
    kit_text_consume(&c->in, size);
    if (a->then == KIT_SILENT && a->text.len == 0)
        return;
    c->answer = a;
    if (a->echo)
        kit_echo(c, a);
    c->sent = 0;
    kit_send(c);
}

static void kit_writable(evutil_socket_t fd, short what, void *arg)
{
    struct kit_conn *c = arg;

    (void)fd;
    (void)what;
    if (c->answer)
        kit_send(c);
}

static void kit_accept(evutil_socket_t listener, short what, void *arg)
{
    struct kit_upstream *up = arg;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct kit_conn *c;
    int one = 1;

    (void)what;
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    up->n_accepted++;
    c = calloc(1, sizeof *c);
    c->up = up;
    c->fd = fd;
    sl_timer_init(&c->later, kit_later);
    c->read = event_new(sl_loop_base(up->loop), fd, EV_READ | EV_PERSIST, kit_readable, c);
    c->write = event_new(sl_loop_base(up->loop), fd, EV_WRITE, kit_writable, c);
    if (up->tls) {
        c->ssl = SSL_new(up->tls);
        SSL_set_fd(c->ssl, fd);
        SSL_set_accept_state(c->ssl);
    }
    sl_list_append(&up->conns, &c->node);
    event_add(c->read, NULL);
}

static int kit_listen(unsigned *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void kit_upstream_start(struct kit_upstream *up, struct sl_loop *l)
{
    up->loop = l;
    sl_list_init(&up->conns);
    up->fd = kit_listen(&up->port);
    assert_int_equal(listen(up->fd, 1024), 0);
    up->event = event_new(sl_loop_base(l), up->fd, EV_READ | EV_PERSIST, kit_accept, up);
    event_add(up->event, NULL);
}

static void kit_upstream_stop(struct kit_upstream *up)
{
    while (!sl_list_empty(&up->conns))
        kit_conn_drop(SL_CONTAINER(up->conns.next, struct kit_conn, node), false);
    event_free(up->event);
    close(up->fd);
    SSL_CTX_free(up->tls);
    kit_text_drop(&up->last);
}

#endif
