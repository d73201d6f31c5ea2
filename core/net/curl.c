/* SPDX-License-Identifier: Apache-2.0 */
/* curl.c - libcurl as a transport: HTTP/2, proxies, unix sockets. One multi per loop, easy handles
 * used again and again. Not for the hot path: see http1.c. */
#include "net/curl_parts.h"

#include "base/status.h"
#include "net/mem.h"

#define HEAD_MAX (64u << 10)
#define GOT_CAP (256u << 10) /* what one turn may add on top of a full buffer */
#define FREE_MAX 256
#define CONNECTIONS_MAX 1024L

extern const struct sl_transport_class sl_curl_class;

static void destroy_exchange(struct sl_curl_exchange *x)
{
    sl_curl_library.easy_cleanup(x->easy);
    sl_curl_forget_options(x);
    sl_buf_finish(&x->head);
    sl_buf_finish(&x->got);
    free(x);
}

static struct sl_curl_exchange *take_exchange(struct sl_curl *t)
{
    struct sl_curl_exchange *x = t->free_exchanges;

    if (x) {
        t->free_exchanges = x->next;
        t->n_free--;
        return x;
    }
    x = sl_net_zalloc(sizeof *x);
    if (!x)
        return NULL;
    x->base.cls = &sl_curl_class;
    x->t = t;
    x->fresh = true;
    sl_list_init(&x->ready);
    sl_timer_init(&x->idle, sl_curl_on_idle);
    sl_buf_init(&x->head, HEAD_MAX);
    sl_buf_init(&x->got, GOT_CAP);
    x->easy = sl_fault_hit() ? NULL : sl_curl_library.easy_init();
    if (!x->easy) {
        destroy_exchange(x);
        return NULL;
    }
    return x;
}

void sl_curl_release(struct sl_curl_exchange *x)
{
    struct sl_curl *t = x->t;

    if (x->added)
        sl_curl_library.multi_remove_handle(t->multi, x->easy); /* closes what is not over */
    x->added = false;
    sl_list_remove(&x->ready);
    sl_timer_cancel(&x->idle);
    /* The handle keeps a pointer to the list until the next one is set. */
    sl_curl_library.easy_setopt(x->easy, CURLOPT_HTTPHEADER, NULL);
    sl_curl_library.slist_free_all(x->fields);
    x->fields = NULL;
    free(x->parts);
    x->parts = NULL;
    sl_buf_finish(&x->got);
    if (t->n_free >= FREE_MAX) {
        destroy_exchange(x);
        return;
    }
    x->next = t->free_exchanges;
    t->free_exchanges = x;
    t->n_free++;
}

static bool copy_parts(struct sl_curl_exchange *x, const struct sl_http_out *out)
{
    x->length = x->sent = 0;
    x->n_parts = out->n_body;
    if (out->n_body == 0)
        return true;
    x->parts = sl_net_zalloc(out->n_body * sizeof *x->parts);
    if (!x->parts)
        return false;
    for (size_t i = 0; i < out->n_body; i++) {
        x->parts[i] = out->body[i];
        x->length += out->body[i].len;
    }
    return true;
}

/* The first request starts libcurl. */
static sluice_status start(struct sl_curl *t, sluice_error *err)
{
    sluice_status st = t->multi ? SLUICE_OK : sl_curl_library_hold(err);

    if (t->multi || st < 0)
        return st;
    t->multi = sl_fault_hit() ? NULL : sl_curl_library.multi_init();
    if (t->multi && sl_curl_events_start(t) &&
        sl_curl_library.multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX) == CURLM_OK)
        return SLUICE_OK;
    if (t->multi)
        sl_curl_library.multi_cleanup(t->multi);
    t->multi = NULL;
    sl_curl_library_drop();
    return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
}

static sluice_status submit(struct sl_transport *transport, const struct sl_http_out *out,
                            const struct sl_exchange_events *events, void *ctx,
                            struct sl_exchange **result, sluice_error *err)
{
    struct sl_curl *t = (struct sl_curl *)transport;
    sluice_status st = start(t, err);
    struct sl_curl_exchange *x = st < 0 ? NULL : take_exchange(t);

    *result = NULL;
    if (st < 0)
        return st;
    if (!x)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    x->events = *events;
    x->ctx = ctx;
    x->idle_ms = out->idle_ms;
    x->head_complete = x->head_given = x->paused = x->stalled = false;
    x->finished = x->busy = x->dead = x->not_public = false;
    x->result = CURLE_OK;
    x->fault = NULL;
    x->error[0] = 0;
    sl_buf_reset(&x->head);
    st = copy_parts(x, out) ? sl_curl_set_up(x, out, err)
                            : sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    if (st == SLUICE_OK && sl_curl_library.multi_add_handle(t->multi, x->easy) != CURLM_OK)
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream request");
    if (st < 0) {
        sl_curl_release(x);
        return st;
    }
    x->added = true;
    x->moved_us = sl_loop_now_us(t->loop);
    if (x->idle_ms)
        sl_timer_set(t->loop, &x->idle, x->idle_ms);
    *result = &x->base;
    return SLUICE_OK;
}

static void pause_exchange(struct sl_exchange *exchange, bool on)
{
    struct sl_curl_exchange *x = (struct sl_curl_exchange *)exchange;

    if (x->paused == on)
        return;
    x->paused = on;
    if (on)
        return; /* the next bytes are not taken from libcurl, which then stops reading */
    x->moved_us = sl_loop_now_us(x->t->loop);
    sl_curl_make_ready(x);
    sl_defer_set(x->t->loop, &x->t->deliver);
}

static void cancel(struct sl_exchange *exchange)
{
    struct sl_curl_exchange *x = (struct sl_curl_exchange *)exchange;

    if (!x->busy) {
        sl_curl_release(x);
        return;
    }
    /* Its bytes are being looked at, but the connection goes now. */
    if (x->added)
        sl_curl_library.multi_remove_handle(x->t->multi, x->easy);
    x->added = false;
    x->dead = true;
}

static void destroy(struct sl_transport *transport)
{
    struct sl_curl *t = (struct sl_curl *)transport;

    while (t->free_exchanges) {
        struct sl_curl_exchange *next = t->free_exchanges->next;

        destroy_exchange(t->free_exchanges);
        t->free_exchanges = next;
    }
    if (t->multi) {
        sl_curl_library.multi_cleanup(t->multi);
        sl_curl_library_drop();
    }
    sl_curl_events_finish(t);
    sl_defer_cancel(&t->deliver);
    free(t);
}

const struct sl_transport_class sl_curl_class = {
    .name = "curl",
    .submit = submit,
    .pause = pause_exchange,
    .cancel = cancel,
    .destroy = destroy,
};

sluice_status sl_curl_create(struct sl_loop *l, struct sl_transport **out, sluice_error *err)
{
    struct sl_curl *t = sl_net_zalloc(sizeof *t);

    *out = NULL;
    if (!t)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for libcurl");
    t->base.cls = &sl_curl_class;
    t->loop = l;
    sl_list_init(&t->ready);
    sl_list_init(&t->serving);
    sl_defer_init(&t->deliver, sl_curl_on_deliver);
    sl_curl_events_init(t);
    *out = &t->base;
    return SLUICE_OK;
}
