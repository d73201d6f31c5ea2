/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - `sluice --health` and `sluice --test`: one request to a gateway that runs already,
 * over a blocking connection. The key is $LITELLM_PROXY_API_KEY or $LITELLM_MASTER_KEY. */
#include "command/commands.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sluice_sdk/http1.h>
#include <sluice_sdk/json.h>

#define ANSWER_MAX (16u << 20)

/* The gateway's own certificate is what it has to show: no authority is asked. */
static SSL_CTX *trust(const char *certificate)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (!ctx || SSL_CTX_load_verify_file(ctx, certificate) != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return ctx;
}

static BIO *connect_to(const char *address, SSL_CTX *ctx)
{
    BIO *bio = ctx ? BIO_new_ssl_connect(ctx) : BIO_new_connect(address);

    if (bio && ctx)
        BIO_set_conn_hostname(bio, address);
    if (bio && BIO_do_connect(bio) == 1)
        return bio;
    BIO_free_all(bio);
    return NULL;
}

/* HTTP/1.0, so that the answer is not chunked and ends with the connection. */
static void write_request(struct sl_buf *out, const char *address, const char *path,
                          sluice_span body)
{
    const char *key = getenv("LITELLM_PROXY_API_KEY");

    if (!key || !*key)
        key = getenv("LITELLM_MASTER_KEY");
    sl_buf_printf(out, "%s %s HTTP/1.0\r\nHost: %s\r\n", body.len ? "POST" : "GET", path, address);
    if (key && sl_http_value_ok(sl_span_str(key)) && *key)
        sl_buf_printf(out, "Authorization: Bearer %s\r\n", key);
    if (body.len)
        sl_buf_printf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
    sl_buf_add_str(out, "\r\n");
    sl_buf_add(out, body);
}

static bool exchange(BIO *bio, const struct sl_buf *request, struct sl_buf *answer)
{
    char piece[16384];
    int n;

    if (!sl_buf_ok(request) || BIO_write(bio, request->ptr, (int)request->len) <= 0)
        return false;
    while ((n = BIO_read(bio, piece, sizeof piece)) > 0)
        sl_buf_add(answer, sl_span(piece, (size_t)n));
    return answer->len && sl_buf_ok(answer);
}

/* Print the body; the status, or 0 when this is no answer. */
static int print_answer(struct sl_buf *answer)
{
    const struct sl_http_limits limits = { 65536, 8192 };
    struct sl_http_error why;
    struct sl_http_head head;
    size_t used;

    if (sl_http_parse_answer(answer->ptr, answer->len, 0, &limits, false, &head, &used, &why) !=
        SLUICE_OK)
        return 0;
    printf("%.*s\n", SL_FMT(sl_span_from(sl_buf_span(answer), used)));
    return head.status;
}

/* GET, or POST when there is a body. 0 when the answer is a 200. */
static int ask(const struct gw_options *o, const char *path, sluice_span body)
{
    const char *host = o->host && strcmp(o->host, "0.0.0.0") ? o->host : "127.0.0.1";
    struct sl_buf request, answer;
    char address[300];
    SSL_CTX *ctx = NULL;
    BIO *bio = NULL;
    int status = 0;

    snprintf(address, sizeof address, strchr(host, ':') ? "[%s]:%ld" : "%s:%ld", host, o->port);
    sl_buf_init(&request, ANSWER_MAX);
    sl_buf_init(&answer, ANSWER_MAX);
    if (o->certificate)
        ctx = trust(o->certificate);
    if (!o->certificate || ctx)
        bio = connect_to(address, ctx);
    write_request(&request, address, path, body);
    if (bio && exchange(bio, &request, &answer))
        status = print_answer(&answer);
    if (!status)
        fprintf(stderr, "sluice: no answer from %s\n", address);
    BIO_free_all(bio);
    SSL_CTX_free(ctx);
    sl_buf_finish(&request);
    sl_buf_finish(&answer);
    return status != 200;
}

int gw_client_health(const struct gw_options *o)
{
    return ask(o, "/health", sl_span(NULL, 0));
}

int gw_client_test(const struct gw_options *o)
{
    struct sl_buf body;
    struct sl_json_out j;
    int status = 1;

    sl_buf_init(&body, 4096);
    j = sl_json_out(&body);
    sl_json_open(&j, '{');
    sl_json_kv_str(&j, "model", sl_span_str(o->model ? o->model : "mock"));
    sl_json_kv_raw(&j, "messages",
                   SL_SPAN("[{\"role\":\"user\",\"content\":\"Is anybody there?\"}]"));
    sl_json_close(&j, '}');
    if (sl_buf_ok(&body))
        status = ask(o, "/v1/chat/completions", sl_buf_span(&body));
    sl_buf_finish(&body);
    return status;
}
