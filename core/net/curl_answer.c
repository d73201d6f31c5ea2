/* SPDX-License-Identifier: Apache-2.0 */
/* curl_answer.c - from libcurl's callbacks to the reader's: head lines are gathered and taken
 * apart, payload is gathered per turn, the end is translated to our classes of failure. */
#include "net/curl_parts.h"

#include "base/status.h"
#include "net/answer.h"
#include "net/mem.h"

#define GOT_MAX (64u << 10) /* payload waiting for the reader; beyond, libcurl waits */
#define GOT_KEPT (16u << 10)

void sl_curl_make_ready(struct sl_curl_exchange *x)
{
    sl_list_remove(&x->ready);
    sl_list_append(&x->t->ready, &x->ready);
}

static size_t abort_transfer(struct sl_curl_exchange *x, const char *why)
{
    x->fault = why;
    return 0;
}

static int status_of(sluice_span line)
{
    size_t at = sl_span_find_char(line, ' ');
    uint64_t status = 0;

    sl_span_u64(sl_span_head(sl_span_from(line, at + 1), 3), 999, &status);
    return (int)status;
}

/* One line of a head, or the empty one behind it; also of interim heads and of trailers. */
size_t sl_curl_on_header(char *line, size_t size, size_t n, void *arg)
{
    struct sl_curl_exchange *x = arg;
    size_t len = size * n;

    x->moved_us = sl_loop_now_us(x->t->loop);
    if (x->head_complete)
        return len; /* trailers */
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
        sl_buf_reset(&x->head);
    if (len <= 2) {
        int status = status_of(sl_buf_span(&x->head));

        if (status == 101)
            return abort_transfer(x, "it switched protocols unasked");
        x->head_complete = status >= 200;
        if (x->head_complete)
            sl_curl_make_ready(x);
        return len;
    }
    sl_buf_add(&x->head, sl_span(line, len));
    if (!sl_buf_ok(&x->head))
        return abort_transfer(x, "the head of its answer is larger than 64 KiB");
    return len;
}

size_t sl_curl_on_write(char *bytes, size_t size, size_t n, void *arg)
{
    struct sl_curl_exchange *x = arg;
    size_t len = size * n;

    x->moved_us = sl_loop_now_us(x->t->loop);
    if (x->paused || x->got.len >= GOT_MAX) {
        x->stalled = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    sl_buf_add(&x->got, sl_span(bytes, len));
    if (!sl_buf_ok(&x->got))
        return abort_transfer(x, "out of memory for its answer");
    sl_curl_make_ready(x);
    return len;
}

/* false: too many fields. */
static bool split_head(struct sl_curl_exchange *x, struct sl_http_in *in)
{
    sluice_span rest = sl_buf_span(&x->head);
    size_t n = 0;

    in->status = status_of(rest);
    in->length = -1;
    rest = sl_span_from(rest, sl_span_find_char(rest, '\n') + 1);
    while (rest.len) {
        size_t end = sl_span_find_char(rest, '\n');
        sluice_span line = sl_span_trim(sl_span_head(rest, end));
        size_t colon = sl_span_find_char(line, ':');
        sluice_header *h = &x->t->headers[n];
        char *name = x->head.ptr + (line.ptr - x->head.ptr);

        rest = sl_span_from(rest, end + 1);
        if (colon == line.len || !sl_http_name_ok(sl_span_head(line, colon)))
            continue;
        if (n == SL_HTTP_HEADERS)
            return false;
        for (size_t i = 0; i < colon; i++)
            name[i] = sl_lower(name[i]);
        h->name = sl_span(name, colon);
        h->value = sl_span_trim(sl_span_from(line, colon + 1));
        if (sl_span_eq(h->name, SL_SPAN("content-length"))) {
            uint64_t length;

            if (sl_span_u64(h->value, INT64_MAX, &length))
                in->length = (int64_t)length;
        }
        n++;
    }
    if (x->no_body || in->status == 204 || in->status == 304)
        in->length = 0;
    in->headers = x->t->headers;
    in->n_headers = sl_answer_drop_hop_by_hop(x->t->headers, n);
    return true;
}

static sluice_status status_of_result(const struct sl_curl_exchange *x)
{
    long os_error = 0, connect_code = 0;

    switch (x->result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return SLUICE_E_UNAVAILABLE;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
        return SLUICE_E_INVALID;
    case CURLE_OPERATION_TIMEDOUT:
        return SLUICE_E_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return SLUICE_E_NOMEM;
    case CURLE_PARTIAL_FILE:
        return SLUICE_E_TRUNCATED;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        sl_curl_library.easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &connect_code);
        if (connect_code >= 300)
            return SLUICE_E_UNAVAILABLE; /* the proxy would not connect */
        /* Without an error of the socket it is the framing that is wrong. */
        sl_curl_library.easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os_error);
        return x->head.len && os_error ? SLUICE_E_TRUNCATED : SLUICE_E_UPSTREAM;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return x->head_complete ? SLUICE_E_TRUNCATED : SLUICE_E_UPSTREAM;
    default:
        return SLUICE_E_UPSTREAM;
    }
}

static sluice_status explain(const struct sl_curl_exchange *x, sluice_error *err)
{
    sluice_status st = status_of_result(x);
    const char *why = x->error[0] ? x->error : sl_curl_library.easy_strerror(x->result);

    if (x->result == CURLE_OK)
        return SLUICE_OK;
    if (x->not_public)
        return sl_fail(err, SLUICE_E_INVALID, "%s: address not public", x->name);
    if (x->fault)
        return sl_fail(err, SLUICE_E_UPSTREAM, "%s: %s", x->name, x->fault);
    if (st == SLUICE_E_TIMEOUT)
        return sl_fail(err, st, "%s: no connection within %u ms", x->name, (unsigned)x->connect_ms);
    if (x->result == CURLE_PEER_FAILED_VERIFICATION)
        return sl_fail(err, st,
                       "%s: its TLS certificate is not trusted (%s); name its CA file, or set "
                       "ssl_verify: false to accept any certificate",
                       x->name, why);
    return sl_fail(err, st, "%s: %s", x->name, why);
}

static bool was_sent(struct sl_curl_exchange *x)
{
    long size = 0;

    sl_curl_library.easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &size);
    return size > 0;
}

static void end(struct sl_curl_exchange *x, sluice_status st, const sluice_error *err)
{
    struct sl_exchange_events events = x->events;
    void *ctx = x->ctx;
    bool sent = was_sent(x);

    sl_curl_release(x);
    events.done(ctx, st, err, sent);
}

/* Head, then data, as far as there are some and the reader wants them. */
static void hand_on(struct sl_curl_exchange *x)
{
    if (x->head_complete && !x->head_given && !x->paused) {
        struct sl_http_in in;

        x->head_given = true;
        if (!split_head(x, &in)) {
            sl_buf_reset(&x->got);
            x->finished = true;
            x->result = CURLE_WEIRD_SERVER_REPLY;
            x->fault = "its answer has more than 100 header fields";
            return;
        }
        in.sent_all = x->sent == x->length;
        x->events.head(x->ctx, &in);
    }
    if (x->head_given && !x->dead && !x->paused && x->got.len) {
        x->events.data(x->ctx, sl_buf_span(&x->got), false);
        if (x->got.size > GOT_KEPT)
            sl_buf_finish(&x->got);
        else
            sl_buf_reset(&x->got);
    }
}

static void deliver(struct sl_curl_exchange *x)
{
    sluice_error err = SLUICE_ERROR_INIT;

    x->busy = true;
    hand_on(x);
    /* What libcurl kept back comes now, synchronously. */
    while (x->stalled && !x->paused && !x->dead && !x->finished) {
        x->stalled = false;
        sl_curl_library.easy_pause(x->easy, CURLPAUSE_CONT);
        hand_on(x);
    }
    x->busy = false;
    if (x->dead) {
        sl_curl_release(x);
    } else if (x->finished && !x->paused) {
        sluice_status st = explain(x, &err);

        end(x, st, &err);
    }
}

void sl_curl_collect(struct sl_curl *t)
{
    CURLMsg *msg;
    int left;

    while ((msg = sl_curl_library.multi_info_read(t->multi, &left))) {
        CURL *easy = msg->easy_handle;
        CURLcode result = msg->data.result;
        struct sl_curl_exchange *x = NULL;

        if (msg->msg != CURLMSG_DONE)
            continue;
        sl_curl_library.easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&x);
        x->finished = true;
        x->result = result;
        sl_curl_library.multi_remove_handle(t->multi, easy);
        x->added = false;
        sl_curl_make_ready(x);
    }
    /* What becomes ready meanwhile has its own round. */
    sl_list_take(&t->serving, &t->ready);
    while (!sl_list_empty(&t->serving)) {
        struct sl_curl_exchange *x = SL_CONTAINER(t->serving.next, struct sl_curl_exchange, ready);

        sl_list_remove(&x->ready);
        deliver(x);
    }
    if (!sl_list_empty(&t->ready))
        sl_defer_set(t->loop, &t->deliver);
}

void sl_curl_on_deliver(struct sl_defer *d)
{
    sl_curl_collect(SL_CONTAINER(d, struct sl_curl, deliver));
}

void sl_curl_on_idle(struct sl_timer *timer)
{
    struct sl_curl_exchange *x = SL_CONTAINER(timer, struct sl_curl_exchange, idle);
    uint64_t now_us = sl_loop_now_us(x->t->loop), due_us;
    sluice_error err = SLUICE_ERROR_INIT;

    if (x->paused)
        x->moved_us = now_us;
    due_us = x->moved_us + x->idle_ms * 1000ull;
    if (due_us > now_us) {
        sl_timer_set(x->t->loop, timer, (due_us - now_us) / 1000);
        return;
    }
    sl_fail(&err, SLUICE_E_TIMEOUT, "%s: nothing moved for %u ms", x->name, (unsigned)x->idle_ms);
    end(x, SLUICE_E_TIMEOUT, &err);
}
