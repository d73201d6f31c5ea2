/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_setup.c - a request as options of an easy handle. Handles are kept with what stays the same;
 * one whose trust or proxy changes is reset, since libcurl cannot be told to forget a CA file.
 */
#include "net/curl_parts.h"

#include <sys/socket.h>
#include <unistd.h>
#include <sluice/sluice.h>
#include "base/status.h"
#include "net/address.h"
#include "net/mem.h"
#include "net/out_check.h"
#include "net/url.h"

#define CONNECT_MS 10000

static size_t read_body(char *to, size_t size, size_t n, void *arg)
{
    struct sl_curl_exchange *x = arg;
    size_t room = size * n, put = 0;
    uint64_t skip = x->sent;

    x->moved_us = sl_loop_now_us(x->t->loop);
    for (size_t i = 0; i < x->n_parts && put < room; i++) {
        sluice_span part = x->parts[i];

        if (skip >= part.len) {
            skip -= part.len;
            continue;
        }
        part = sl_span_head(sl_span_from(part, (size_t)skip), room - put);
        skip = 0;
        memcpy(to + put, part.ptr, part.len);
        put += part.len;
    }
    x->sent += put;
    return put;
}

/* libcurl starts over on a fresh connection when a pooled one turns out to be dead. */
static int seek_body(void *arg, curl_off_t offset, int origin)
{
    struct sl_curl_exchange *x = arg;

    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    x->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct sl_curl_exchange *x = arg;
    struct sl_address address;

    (void)purpose;
    if (x->foreign && (!sl_address_copy(&to->addr, &address) || !sl_address_public(&address))) {
        x->not_public = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void sl_curl_forget_options(struct sl_curl_exchange *x)
{
    free((char *)(uintptr_t)x->options.ca_file);
    free((char *)(uintptr_t)x->options.client_cert);
    free((char *)(uintptr_t)x->options.client_key);
    free((char *)(uintptr_t)x->options.proxy);
    memset(&x->options, 0, sizeof x->options);
    x->fresh = true;
}

static bool keep(const char *from, const char **to)
{
    *to = from ? sl_net_strdup(sl_span_str(from)) : NULL;
    return !from || *to;
}

/* What hangs on the configuration. */
static bool set_options(struct sl_curl_exchange *x, const struct sl_upstream_options *o)
{
    CURL *e = x->easy;
    bool ok = true;

    if (!x->fresh && x->options.insecure == o->insecure && x->options.http2 == o->http2 &&
        same_text(x->options.ca_file, o->ca_file) && same_text(x->options.proxy, o->proxy) &&
        same_text(x->options.client_cert, o->client_cert) &&
        same_text(x->options.client_key, o->client_key))
        return true;
    sl_curl_forget_options(x);
    sl_curl_library.easy_reset(e);
    x->options.insecure = o->insecure;
    x->options.http2 = o->http2;
    if (!keep(o->ca_file, &x->options.ca_file) || !keep(o->proxy, &x->options.proxy) ||
        !keep(o->client_cert, &x->options.client_cert) ||
        !keep(o->client_key, &x->options.client_key))
        return false;
#define SET(option, value) ok = ok && sl_curl_library.easy_setopt(e, option, value) == CURLE_OK
    SET(CURLOPT_PRIVATE, x);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_ERRORBUFFER, x->error);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_MAXAGE_CONN, 55L);
    SET(CURLOPT_HEADERFUNCTION, sl_curl_on_header);
    SET(CURLOPT_HEADERDATA, x);
    SET(CURLOPT_WRITEFUNCTION, sl_curl_on_write);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_READFUNCTION, read_body);
    SET(CURLOPT_READDATA, x);
    SET(CURLOPT_SEEKFUNCTION, seek_body);
    SET(CURLOPT_SEEKDATA, x);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, x);
    SET(CURLOPT_CLOSESOCKETFUNCTION, sl_curl_close_socket);
    SET(CURLOPT_CLOSESOCKETDATA, x->t);
    /* Given or none: the environment is never asked. */
    SET(CURLOPT_PROXY, o->proxy ? o->proxy : "");
    SET(CURLOPT_NOPROXY, o->proxy ? "" : "*");
    SET(CURLOPT_SSL_VERIFYPEER, o->insecure ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
    if (o->ca_file) {
        SET(CURLOPT_CAINFO, o->ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (o->client_cert) {
        SET(CURLOPT_SSLCERT, o->client_cert);
        SET(CURLOPT_SSLKEY, o->client_key ? o->client_key : o->client_cert);
        SET(CURLOPT_KEYPASSWD, ""); /* or OpenSSL asks on the terminal */
    }
#undef SET
    x->fresh = !ok;
    return ok;
}

static bool add_field(struct sl_curl_exchange *x, struct sl_buf *line)
{
    struct curl_slist *more = NULL;

    sl_buf_add_char(line, 0);
    if (sl_buf_ok(line) && !sl_fault_hit())
        more = sl_curl_library.slist_append(x->fields, line->ptr);
    if (more)
        x->fields = more;
    sl_buf_reset(line);
    return more;
}

/* libcurl's own fields are switched off by naming them without a value. */
static bool set_fields(struct sl_curl_exchange *x, const struct sl_http_out *out, bool agent)
{
    struct sl_buf line;
    bool ok = true, accept = false;

    sl_buf_init(&line, 256u << 10);
    for (size_t i = 0; i < out->n_headers && ok; i++) {
        const sluice_header *h = &out->headers[i];

        accept = accept || sl_span_ieq(h->name, SL_SPAN("accept"));
        sl_buf_add(&line, h->name);
        sl_buf_add_str(&line, h->value.len ? ": " : ";");
        sl_buf_add(&line, h->value);
        ok = add_field(x, &line);
    }
    if (ok && !agent) {
        sl_buf_add_str(&line, "user-agent: sluice/" SLUICE_VERSION);
        ok = add_field(x, &line);
    }
    if (ok && !accept) {
        sl_buf_add_str(&line, "accept:");
        ok = add_field(x, &line);
    }
    if (ok) {
        sl_buf_add_str(&line, "expect:");
        ok = add_field(x, &line);
    }
    sl_buf_finish(&line);
    return ok && sl_curl_library.easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->fields) == CURLE_OK;
}

/* unix:///run/x.sock:/v1/y is asked as http://localhost/v1/y over that socket. */
static const char *set_target(struct sl_curl_exchange *x, const struct sl_http_out *out,
                              struct sl_buf *text, bool *tls)
{
    sluice_span url = out->url, path = { NULL, 0 };
    struct sl_url parts;
    const char *wrong;

    if (sl_span_starts(url, SL_SPAN("unix://"))) {
        size_t colon;

        path = sl_span_from(url, 7);
        colon = sl_span_find_char(path, ':');
        url = sl_span_from(path, colon + 1);
        path = sl_span_head(path, colon);
        if (path.len == 0 || path.ptr[0] != '/' || (url.len && url.ptr[0] != '/'))
            return "a unix socket is given as unix:///path/of.sock:/path/of/request";
        if (out->foreign)
            return "unix sockets are not for requests of foreign origin";
        sl_buf_add_str(text, "http://localhost");
    }
    sl_buf_add(text, url);
    sl_buf_add_char(text, 0);
    sl_buf_add(text, path);
    sl_buf_add_char(text, 0);
    if (!sl_buf_ok(text))
        return "it is too long";
    wrong = sl_url_parse(sl_span_str(text->ptr), &parts);
    if (wrong)
        return wrong;
    *tls = parts.tls;
    if (path.len)
        snprintf(x->name, sizeof x->name, "%s", text->ptr + strlen(text->ptr) + 1);
    else
        snprintf(x->name, sizeof x->name, "%.*s:%u", SL_FMT(parts.host), (unsigned)parts.port);
    path.ptr = text->ptr + strlen(text->ptr) + 1;
    if (sl_curl_library.easy_setopt(x->easy, CURLOPT_URL, text->ptr) != CURLE_OK ||
        sl_curl_library.easy_setopt(x->easy, CURLOPT_UNIX_SOCKET_PATH,
                                    path.len ? path.ptr : NULL) != CURLE_OK)
        return "out of memory";
    return NULL;
}

static bool set_request(struct sl_curl_exchange *x, const struct sl_http_out *out, bool tls)
{
    CURL *e = x->easy;
    bool ok = true, body;
    char method[32];
    long version = CURL_HTTP_VERSION_1_1;

    if (x->options.http2)
        version = tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    sl_copy_text(method, sizeof method, out->method);
    x->no_body = sl_span_eq(out->method, SL_SPAN("HEAD"));
    body = x->length || sl_span_eq(out->method, SL_SPAN("POST")) ||
           sl_span_eq(out->method, SL_SPAN("PUT")) || sl_span_eq(out->method, SL_SPAN("PATCH"));
#define SET(option, value) ok = ok && sl_curl_library.easy_setopt(e, option, value) == CURLE_OK
    SET(CURLOPT_HTTP_VERSION, version);
    SET(CURLOPT_PIPEWAIT, x->options.http2 ? 1L : 0L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)x->connect_ms);
    /* A connection that was opened unchecked must not serve a foreign request. */
    SET(CURLOPT_FRESH_CONNECT, x->foreign ? 1L : 0L);
    SET(CURLOPT_FORBID_REUSE, x->foreign ? 1L : 0L);
    SET(CURLOPT_NOBODY, 0L);
    SET(CURLOPT_HTTPGET, 1L);
    if (body) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->length);
    } else if (x->no_body) {
        SET(CURLOPT_NOBODY, 1L);
    }
    SET(CURLOPT_CUSTOMREQUEST, method);
#undef SET
    return ok;
}

sluice_status sl_curl_set_up(struct sl_curl_exchange *x, const struct sl_http_out *out,
                             sluice_error *err)
{
    static const struct sl_upstream_options defaults;
    const struct sl_upstream_options *options = out->options ? out->options : &defaults;
    struct sl_buf text;
    const char *wrong;
    bool agent, tls = false;
    size_t size;
    sluice_status st = sl_http_out_check(out, &size, &agent, err);

    if (st < 0)
        return st;
    if (out->foreign && options->proxy)
        return sl_fail(err, SLUICE_E_INVALID,
                       "a request of foreign origin cannot be checked behind a proxy");
    x->foreign = out->foreign;
    x->connect_ms = out->connect_ms ? out->connect_ms : CONNECT_MS;
    if (!set_options(x, options)) {
        sl_curl_forget_options(x);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    }
    sl_buf_init(&text, 64u << 10);
    wrong = set_target(x, out, &text, &tls);
    sl_buf_finish(&text);
    if (wrong)
        return sl_fail(err, SLUICE_E_INVALID, "the upstream's URL cannot be used: %s", wrong);
    if (!set_fields(x, out, agent) || !set_request(x, out, tls))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    return SLUICE_OK;
}
