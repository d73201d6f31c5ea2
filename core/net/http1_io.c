/* SPDX-License-Identifier: Apache-2.0 */
/* http1_io.c - bytes out and in on one connection: one sendmsg of head and body, or TLS records of
 * both. */
#include "net/http1.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/uio.h>

#define IOV_MAX_PARTS 17
#define LARGE_RECORD 8192

/* What is left to send from byte `from` on: the head, then the parts of the body. */
static int gather(const struct sl_h1_exchange *x, size_t from, struct iovec *iov)
{
    int n = 0;

    if (from < x->n_head) {
        iov[n].iov_base = x->head->text.ptr + from;
        iov[n++].iov_len = x->n_head - from;
        from = 0;
    } else {
        from -= x->n_head;
    }
    for (size_t i = 0; i < x->n_parts && n < IOV_MAX_PARTS; i++) {
        sluice_span part = x->parts[i];

        if (from >= part.len) {
            from -= part.len;
            continue;
        }
        iov[n].iov_base = (char *)(uintptr_t)part.ptr + from;
        iov[n++].iov_len = part.len - from;
        from = 0;
    }
    if (x->feed.len && n < IOV_MAX_PARTS) {
        from = from > x->fed_before ? from - x->fed_before : 0;
        iov[n].iov_base = x->feed.ptr + from;
        iov[n++].iov_len = x->feed.len - from;
    }
    return n;
}

static enum sl_h1_io send_plain(struct sl_h1_conn *c)
{
    struct sl_h1_exchange *x = c->x;

    while (x->written < x->total) {
        struct iovec iov[IOV_MAX_PARTS];
        struct msghdr msg = { .msg_iov = iov };
        ssize_t n;

        msg.msg_iovlen = (size_t)gather(x, x->written, iov);
        n = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            sl_h1_want_write(c);
            return SL_H1_WAIT;
        }
        if (n < 0)
            return SL_H1_BROKEN;
        x->written += (size_t)n;
        x->touched = true;
    }
    return SL_H1_DONE;
}

/* SSL_get_error() takes whatever lies in the thread's queue of errors for one of this connection,
 * so the queue would have to be cleared before each record, a tenth of what a record costs. Whether
 * the socket could not, our BIO knows by itself; at an end, something left there by others at worst
 * turns a clean one into one that is not. */
static enum sl_h1_io tls_outcome(struct sl_h1_conn *c, int result)
{
    BIO *bio = SSL_get_rbio(c->ssl);

    if (SSL_want_read(c->ssl) && BIO_should_read(bio))
        return SL_H1_WAIT; /* the read event is there anyway */
    if (SSL_want_write(c->ssl) && BIO_should_write(bio)) {
        sl_h1_want_write(c);
        return SL_H1_WAIT;
    }
    return SSL_get_error(c->ssl, result) == SSL_ERROR_ZERO_RETURN ? SL_H1_EOF : SL_H1_BROKEN;
}

/* Small pieces go into one record together; a large one is sent from where it lies. After WAIT the
 * same bytes are gathered again, which is what OpenSSL asks for. */
static enum sl_h1_io send_tls(struct sl_h1_conn *c)
{
    struct sl_h1_exchange *x = c->x;

    while (x->written < x->total) {
        struct iovec iov[IOV_MAX_PARTS];
        int parts = gather(x, x->written, iov), n;
        const char *from = iov[0].iov_base;
        size_t len = iov[0].iov_len;

        if (parts > 1 && len < SL_H1_RECORD_SIZE) {
            from = x->h1->record;
            len = 0;
            for (int i = 0; i < parts && len < SL_H1_RECORD_SIZE; i++) {
                size_t room = SL_H1_RECORD_SIZE - len;
                size_t take = iov[i].iov_len < room ? iov[i].iov_len : room;

                memcpy(x->h1->record + len, iov[i].iov_base, take);
                len += take;
            }
        }
        if (len > SL_H1_RECORD_SIZE)
            len = SL_H1_RECORD_SIZE;
        n = SSL_write(c->ssl, from, (int)len);
        if (n <= 0)
            return tls_outcome(c, n) == SL_H1_WAIT ? SL_H1_WAIT : SL_H1_BROKEN;
        x->written += (size_t)n;
        x->touched = true;
    }
    return SL_H1_DONE;
}

enum sl_h1_io sl_h1_send(struct sl_h1_conn *c)
{
    return c->ssl ? send_tls(c) : send_plain(c);
}

static enum sl_h1_io recv_plain(struct sl_h1_conn *c, char *buf, size_t size, size_t *n, bool *full)
{
    ssize_t got;

    do
        got = recv(c->fd, buf, size, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? SL_H1_WAIT : SL_H1_BROKEN;
    if (got == 0)
        return SL_H1_EOF;
    *n = (size_t)got;
    *full = *n == size;
    return SL_H1_DONE;
}

/* Records are small, so as many as there are go into the buffer together. OpenSSL reads ahead: when
 * it holds nothing more and the record was small, asking again would only cost a system call. */
static enum sl_h1_io recv_tls(struct sl_h1_conn *c, char *buf, size_t size, size_t *n, bool *full)
{
    enum sl_h1_io outcome = SL_H1_DONE;

    while (*n < size) {
        int got = SSL_read(c->ssl, buf + *n, (int)(size - *n));

        if (got <= 0) {
            outcome = tls_outcome(c, got);
            break;
        }
        *n += (size_t)got;
        if (got < LARGE_RECORD && !SSL_has_pending(c->ssl))
            break;
    }
    /* An end behind some bytes is found again by the next read. */
    *full = *n == size || (*n && outcome != SL_H1_WAIT && outcome != SL_H1_DONE);
    return *n ? SL_H1_DONE : outcome;
}

enum sl_h1_io sl_h1_recv(struct sl_h1_conn *c, char *buf, size_t size, size_t *n, bool *full)
{
    *n = 0;
    *full = false;
    return c->ssl ? recv_tls(c, buf, size, n, full) : recv_plain(c, buf, size, n, full);
}

enum sl_h1_io sl_h1_handshake(struct sl_h1_conn *c)
{
    int result;

    ERR_clear_error(); /* the reason for a failure must be its own */
    result = SSL_do_handshake(c->ssl);
    return result == 1 ? SL_H1_DONE : tls_outcome(c, result);
}
