/* SPDX-License-Identifier: Apache-2.0 */
/* certs.h - certificates made on the spot, so that none lies in the repository and none expires. */
#ifndef TEST_NET_CERTS_H
#define TEST_NET_CERTS_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "kit.h"

struct cert {
    EVP_PKEY *key;
    X509 *x509;
    char cert_file[512], key_file[512];
};

static void cert_extend(X509 *x509, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    X509_add_ext(x509, ext, -1);
    X509_EXTENSION_free(ext);
}

/* Self-signed, for these names: "DNS:localhost,IP:127.0.0.1". Both files in the build folder. */
static void cert_make(struct cert *c, const char *label, const char *names, long valid_s)
{
    X509_NAME *name;
    FILE *f;

    c->key = EVP_EC_gen("P-256");
    c->x509 = X509_new();
    X509_set_version(c->x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c->x509), 1 + getpid());
    X509_gmtime_adj(X509_getm_notBefore(c->x509), -7200);
    X509_gmtime_adj(X509_getm_notAfter(c->x509), valid_s);
    X509_set_pubkey(c->x509, c->key);
    name = X509_get_subject_name(c->x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)label, -1, -1, 0);
    X509_set_issuer_name(c->x509, name);
    cert_extend(c->x509, NID_basic_constraints, "critical,CA:TRUE");
    cert_extend(c->x509, NID_subject_alt_name, names);
    assert_true(X509_sign(c->x509, c->key, EVP_sha256()) > 0);
    snprintf(c->cert_file, sizeof c->cert_file, TEST_BUILD_DIR "/%s-%d.crt", label, (int)getpid());
    snprintf(c->key_file, sizeof c->key_file, TEST_BUILD_DIR "/%s-%d.key", label, (int)getpid());
    f = fopen(c->cert_file, "w");
    assert_non_null(f);
    PEM_write_X509(f, c->x509);
    fclose(f);
    f = fopen(c->key_file, "w");
    assert_non_null(f);
    PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
}

static void cert_drop(struct cert *c)
{
    unlink(c->cert_file);
    unlink(c->key_file);
    EVP_PKEY_free(c->key);
    X509_free(c->x509);
}

static SSL_CTX *cert_server(const struct cert *c)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    SSL_CTX_use_certificate(ctx, c->x509);
    SSL_CTX_use_PrivateKey(ctx, c->key);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"kit", 3);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return ctx;
}

#endif
