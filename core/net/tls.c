/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - SSL contexts for upstreams, made once per set of options and loop. Sockets are written
 * through a BIO of our own, since the stock one raises SIGPIPE.
 */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "base/status.h"
#include "net/address.h"
#include "net/mem.h"

struct sl_tls {
    struct sl_list setups;
    BIO_METHOD *bio;
};

struct sl_tls_setup {
    struct sl_list node;
    struct sl_tls *tls;
    unsigned holds;
    SSL_CTX *ctx;
    struct sl_upstream_options options; /* its strings are ours */
};

static const struct sl_upstream_options defaults;

static int bio_fd(BIO *b)
{
    return (int)(intptr_t)BIO_get_data(b);
}

static int bio_write(BIO *b, const char *data, int len)
{
    ssize_t n;

    do
        n = send(bio_fd(b), data, (size_t)len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    BIO_clear_retry_flags(b);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_write(b);
    return (int)n;
}

static int bio_read(BIO *b, char *data, int len)
{
    ssize_t n;

    do
        n = recv(bio_fd(b), data, (size_t)len, 0);
    while (n < 0 && errno == EINTR);
    BIO_clear_retry_flags(b);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_read(b);
    if (n == 0)
        BIO_set_flags(b, BIO_FLAGS_IN_EOF);
    return (int)n;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
    (void)num;
    (void)ptr;
    if (cmd == BIO_CTRL_EOF)
        return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
    return cmd == BIO_CTRL_FLUSH;
}

struct sl_tls *sl_tls_create(void)
{
    struct sl_tls *t = sl_net_zalloc(sizeof *t);

    if (!t)
        return NULL;
    sl_list_init(&t->setups);
    t->bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice socket");
    if (!t->bio || !BIO_meth_set_write(t->bio, bio_write) || !BIO_meth_set_read(t->bio, bio_read) ||
        !BIO_meth_set_ctrl(t->bio, bio_ctrl)) {
        sl_tls_destroy(t);
        return NULL;
    }
    return t;
}

void sl_tls_destroy(struct sl_tls *t)
{
    if (!t)
        return;
    BIO_meth_free(t->bio);
    free(t);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool sl_tls_setup_fits(const struct sl_tls_setup *s, const struct sl_upstream_options *options)
{
    const struct sl_upstream_options *a = &s->options, *b = options ? options : &defaults;

    return a->insecure == b->insecure && same_text(a->ca_file, b->ca_file) &&
           same_text(a->client_cert, b->client_cert) && same_text(a->client_key, b->client_key);
}

static bool copy_text(const char *from, const char **to)
{
    *to = from ? sl_net_strdup(sl_span_str(from)) : NULL;
    return !from || *to;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    SSL_SESSION **place = SSL_get_app_data(ssl);

    if (*place)
        SSL_SESSION_free(*place);
    *place = session;
    return 1;
}

/* A key with a passphrase must not make OpenSSL ask on the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)ctx;
    return 0;
}

static const char *reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = ERR_reason_error_string(code);

    if (!text && ERR_SYSTEM_ERROR(code))
        text = strerror(ERR_GET_REASON(code));
    return text ? text : "unknown reason";
}

static sluice_status load_files(SSL_CTX *ctx, const struct sl_upstream_options *o,
                                sluice_error *err)
{
    const char *key = o->client_key ? o->client_key : o->client_cert;

    if (o->ca_file && SSL_CTX_load_verify_locations(ctx, o->ca_file, NULL) != 1)
        return sl_fail(err, SLUICE_E_INVALID, "cannot read the CA certificates in %s: %s",
                       o->ca_file, reason());
    /* A bundle is parsed whole, which takes long; who does not verify can do without. */
    if (!o->ca_file && !o->insecure && SSL_CTX_set_default_verify_paths(ctx) != 1)
        return sl_fail(err, SLUICE_E_INVALID, "cannot read the system's CA certificates: %s",
                       reason());
    if (o->client_cert && SSL_CTX_use_certificate_chain_file(ctx, o->client_cert) != 1)
        return sl_fail(err, SLUICE_E_INVALID, "cannot read the client certificate %s: %s",
                       o->client_cert, reason());
    if (key && SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        return sl_fail(err, SLUICE_E_INVALID, "cannot use the client key %s: %s", key, reason());
    return SLUICE_OK;
}

static sluice_status make_context(struct sl_tls_setup *s, sluice_error *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    s->ctx = ctx;
    if (!ctx)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory preparing TLS");
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    SSL_CTX_set_verify(ctx, s->options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x08http/1.1", 9) != 0)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory preparing TLS");
    return load_files(ctx, &s->options, err);
}

sluice_status sl_tls_setup_hold(struct sl_tls *t, const struct sl_upstream_options *options,
                                struct sl_tls_setup **out, sluice_error *err)
{
    const struct sl_upstream_options *o = options ? options : &defaults;
    sluice_status st;
    struct sl_tls_setup *s;

    sl_list_each(pos, &t->setups)
    {
        s = SL_CONTAINER(pos, struct sl_tls_setup, node);
        if (sl_tls_setup_fits(s, o)) {
            s->holds++;
            *out = s;
            return SLUICE_OK;
        }
    }
    s = sl_net_zalloc(sizeof *s);
    if (!s)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory preparing TLS");
    s->tls = t;
    s->holds = 1;
    sl_list_append(&t->setups, &s->node);
    s->options.insecure = o->insecure;
    ERR_clear_error();
    if (!copy_text(o->ca_file, &s->options.ca_file) ||
        !copy_text(o->client_cert, &s->options.client_cert) ||
        !copy_text(o->client_key, &s->options.client_key))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory preparing TLS");
    else
        st = make_context(s, err);
    ERR_clear_error();
    if (st < 0)
        sl_tls_setup_drop(s);
    else
        *out = s;
    return st;
}

void sl_tls_setup_drop(struct sl_tls_setup *s)
{
    if (!s || --s->holds)
        return;
    sl_list_remove(&s->node);
    SSL_CTX_free(s->ctx);
    free((char *)(uintptr_t)s->options.ca_file);
    free((char *)(uintptr_t)s->options.client_cert);
    free((char *)(uintptr_t)s->options.client_key);
    free(s);
}

static bool name_peer(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    struct sl_address literal;

    if (sl_address_literal(sl_span_str(host), &literal))
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, host) == 1;
}

SSL *sl_tls_open(struct sl_tls_setup *s, const char *host, int fd, SSL_SESSION **session)
{
    SSL *ssl = sl_fault_hit() ? NULL : SSL_new(s->ctx);
    BIO *bio = ssl ? BIO_new(s->tls->bio) : NULL;

    if (!bio)
        goto fail;
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, session);
    SSL_set_connect_state(ssl);
    if (!name_peer(ssl, host))
        goto fail;
    if (*session)
        SSL_set_session(ssl, *session);
    return ssl;
fail:
    SSL_free(ssl);
    ERR_clear_error();
    return NULL;
}

void sl_tls_close(SSL *ssl)
{
    if (!ssl)
        return;
    ERR_clear_error();
    if (SSL_is_init_finished(ssl) && !(SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN))
        SSL_shutdown(ssl);
    SSL_free(ssl);
    ERR_clear_error();
}

const char *sl_tls_reason(void)
{
    return ERR_peek_last_error() ? reason() : NULL;
}

void sl_tls_explain(SSL *ssl, const char *name, sluice_status status, sluice_error *err)
{
    long verdict = SSL_get_verify_result(ssl);

    if (verdict != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE)
        sl_fail(err, status,
                "%s: its TLS certificate is not trusted (%s); name its CA file, or set "
                "ssl_verify: false to accept any certificate",
                name, X509_verify_cert_error_string(verdict));
    else if (sl_tls_reason())
        sl_fail(err, status, "%s: TLS failed: %s", name, sl_tls_reason());
    else
        sl_fail(err, status, "%s: the connection was closed during the TLS handshake", name);
}
