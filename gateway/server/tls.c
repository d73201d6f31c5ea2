/* SPDX-License-Identifier: Apache-2.0 */
/* tls.c - plain sockets and TLS behind one table of functions (tls.h). */
#include "server/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct gw_tls {
    SSL_CTX *ctx;
    BIO_METHOD *method; /* OpenSSL's socket BIO, but for a write without SIGPIPE */
};

/* ---- plain ------------------------------------------------------------------------------- */

static ssize_t plain_read(struct gw_io *io, char *to, size_t size)
{
    return recv(io->fd, to, size, 0);
}

static ssize_t plain_write(struct gw_io *io, const struct iovec *iov, size_t n, char *scratch)
{
    struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = n };

    (void)scratch;
    return sendmsg(io->fd, &m, MSG_NOSIGNAL);
}

static bool plain_pending(const struct gw_io *io)
{
    (void)io;
    return false;
}

static void plain_finish(struct gw_io *io)
{
    shutdown(io->fd, SHUT_WR);
}

static void plain_close(struct gw_io *io)
{
    (void)io;
}

static const struct gw_io_ops plain_ops = { plain_read, plain_write, plain_pending, plain_finish,
                                            plain_close };

/* ---- TLS --------------------------------------------------------------------------------- */

/* What an SSL_ function that failed means, in errno's terms. The BIO is asked first whether it was
 * the socket that could not: SSL_get_error() takes whatever others of this thread left in OpenSSL's
 * queue of errors for a failure of this connection. */
static ssize_t failure(struct gw_io *io, int result, bool reading)
{
    BIO *bio = SSL_get_rbio(io->ssl);
    bool full = SSL_want_write(io->ssl) && BIO_should_write(bio);
    int saved = errno;

    if (full || (SSL_want_read(io->ssl) && BIO_should_read(bio))) {
        if (reading && full)
            io->read_wants_write = true;
        errno = EAGAIN;
        return -1;
    }
    switch (SSL_get_error(io->ssl, result)) {
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        if (saved == 0)
            return 0; /* the socket ended without close_notify: browsers and curl do that */
        errno = saved;
        return -1;
    default:
        ERR_clear_error();
        errno = EPROTO;
        return -1;
    }
}

static ssize_t tls_read(struct gw_io *io, char *to, size_t size)
{
    int n;

    io->read_wants_write = false;
    errno = 0;
    n = SSL_read(io->ssl, to, size > INT32_MAX ? INT32_MAX : (int)size);
    return n > 0 ? n : failure(io, n, true);
}

/* Parts are put together to records of up to 16 KiB: one record, one send. */
static ssize_t tls_write(struct gw_io *io, const struct iovec *iov, size_t n, char *scratch)
{
    size_t i = 0, used = 0; /* of iov[i] */
    ssize_t total = 0;

    while (i < n) {
        size_t len = 0, look = i, look_used = used;
        const char *from = scratch;
        int sent;

        while (look < n && len < GW_TLS_RECORD) {
            size_t here = iov[look].iov_len - look_used;
            size_t room = GW_TLS_RECORD - len;
            const char *p = (const char *)iov[look].iov_base + look_used;

            if (len == 0 && here >= GW_TLS_RECORD) {
                from = p; /* a whole record in one place needs no copy */
                len = GW_TLS_RECORD;
                look_used += len;
                break;
            }
            here = here < room ? here : room;
            memcpy(scratch + len, p, here);
            len += here;
            look_used += here;
            if (look_used == iov[look].iov_len) {
                look++;
                look_used = 0;
            }
        }
        if (len == 0)
            break;
        errno = 0;
        sent = SSL_write(io->ssl, from, (int)len);
        if (sent <= 0) {
            ssize_t r = failure(io, sent, false);

            if (r == 0) {
                errno = EPIPE;
                r = -1;
            }
            return total ? total : r;
        }
        total += sent;
        for (size_t left = (size_t)sent; left;) {
            size_t here = iov[i].iov_len - used;

            if (left < here) {
                used += left;
                break;
            }
            left -= here;
            used = 0;
            i++;
        }
        while (i < n && used == iov[i].iov_len) {
            used = 0;
            i++;
        }
    }
    return total;
}

static bool tls_pending(const struct gw_io *io)
{
    return SSL_has_pending(io->ssl);
}

static void tls_finish(struct gw_io *io)
{
    if (SSL_is_init_finished(io->ssl)) {
        SSL_shutdown(io->ssl);
        ERR_clear_error();
    }
    shutdown(io->fd, SHUT_WR);
}

static void tls_close(struct gw_io *io)
{
    SSL_free(io->ssl);
    io->ssl = NULL;
}

static const struct gw_io_ops tls_ops = { tls_read, tls_write, tls_pending, tls_finish, tls_close };

bool gw_io_open(struct gw_io *io, int fd, struct gw_tls *tls)
{
    BIO *bio;

    *io = (struct gw_io){ .ops = &plain_ops, .fd = fd };
    if (!tls)
        return true;
    io->ops = &tls_ops;
    io->ssl = SSL_new(tls->ctx);
    bio = io->ssl ? BIO_new(tls->method) : NULL;
    if (!bio) {
        SSL_free(io->ssl);
        ERR_clear_error();
        return false;
    }
    BIO_set_fd(bio, fd, BIO_NOCLOSE);
    SSL_set_bio(io->ssl, bio, bio);
    SSL_set_accept_state(io->ssl);
    return true;
}

/* Where the kernel does the records (kTLS), OpenSSL's own write knows how to mark those that are
 * not data. Elsewhere a send() that leaves SIGPIPE alone. */
static int quiet_write(BIO *bio, const char *data, int n)
{
    ssize_t sent;
    int fd = -1;

    BIO_get_fd(bio, &fd);
    if (BIO_get_ktls_send(bio))
        return BIO_meth_get_write(BIO_s_socket())(bio, data, n);
    errno = 0;
    sent = send(fd, data, (size_t)n, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)sent;
}

static BIO_METHOD *quiet_socket(void)
{
    const BIO_METHOD *s = BIO_s_socket();
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOCKET, "socket without SIGPIPE");

    if (m) {
        BIO_meth_set_write(m, quiet_write);
        BIO_meth_set_read(m, BIO_meth_get_read(s));
        BIO_meth_set_puts(m, BIO_meth_get_puts(s));
        BIO_meth_set_ctrl(m, BIO_meth_get_ctrl(s));
        BIO_meth_set_create(m, BIO_meth_get_create(s));
        BIO_meth_set_destroy(m, BIO_meth_get_destroy(s));
    }
    return m;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1"; /* the first is preferred */

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, ours, sizeof ours - 1, in,
                              in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

static sluice_status fail(sluice_error *err, const char *what, const char *file)
{
    char reason[160];

    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    if (err) {
        *err = (sluice_error)SLUICE_ERROR_INIT;
        snprintf(err->message, sizeof err->message, "%s %s: %s", what, file, reason);
    }
    return SLUICE_E_INVALID;
}

sluice_status gw_tls_create(const char *cert_file, const char *key_file, struct gw_tls **out,
                            sluice_error *err)
{
    struct gw_tls *tls = calloc(1, sizeof *tls);
    sluice_status st = SLUICE_E_NOMEM;

    if (tls) {
        tls->ctx = SSL_CTX_new(TLS_server_method());
        tls->method = quiet_socket();
    }
    if (!tls || !tls->ctx || !tls->method) {
        fail(err, "out of memory for", "TLS");
        goto out;
    }
    SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE |
                                      SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ENABLE_KTLS);
    SSL_CTX_set_mode(tls->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                   SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(tls->ctx, 1); /* a record's header and body with one read */
    SSL_CTX_set_session_id_context(tls->ctx, (const unsigned char *)"sluice", 6);
    SSL_CTX_set_alpn_select_cb(tls->ctx, choose_protocol, NULL);
    st = SLUICE_OK;
    if (SSL_CTX_use_certificate_chain_file(tls->ctx, cert_file) != 1)
        st = fail(err, "cannot use the certificate", cert_file);
    else if (SSL_CTX_use_PrivateKey_file(tls->ctx, key_file, SSL_FILETYPE_PEM) != 1)
        st = fail(err, "cannot use the key", key_file);
    else if (SSL_CTX_check_private_key(tls->ctx) != 1)
        st = fail(err, "the certificate does not belong to the key", key_file);
out:
    if (st < 0)
        gw_tls_destroy(tls);
    else
        *out = tls;
    return st;
}

void gw_tls_destroy(struct gw_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->method);
    free(tls);
}
