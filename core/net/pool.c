/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c - origins and their idle connections. Last in, first out: under less load the oldest stay
 * unused and expire, and whatever is taken is the least likely to have been closed by the server.
 * Nothing here is done per request but list operations.
 */
#include "net/http1.h"

#include "base/status.h"
#include "net/mem.h"

#define ORIGINS_MAX 1024
#define IDLE_MAX 4096                 /* of all origins of a loop */
#define IDLE_US (55ull * 1000 * 1000) /* servers and balancers commonly close after 60 s */

static void close_oldest(struct sl_h1_origin *o)
{
    struct sl_h1_conn *c = SL_CONTAINER(o->idle.prev, struct sl_h1_conn, node);

    sl_h1_pool_remove(c);
    sl_h1_conn_close(c);
}

static void on_expiry(struct sl_timer *t)
{
    struct sl_h1_origin *o = SL_CONTAINER(t, struct sl_h1_origin, expiry);
    uint64_t now_us = sl_loop_now_us(o->h1->loop);

    while (!sl_list_empty(&o->idle)) {
        uint64_t until_us =
            SL_CONTAINER(o->idle.prev, struct sl_h1_conn, node)->idle_since_us + IDLE_US;

        if (until_us > now_us) {
            sl_timer_set(o->h1->loop, t, (until_us - now_us) / 1000 + 1);
            return;
        }
        close_oldest(o);
    }
}

struct sl_h1_conn *sl_h1_pool_take(struct sl_h1_origin *o)
{
    struct sl_h1_conn *c;

    if (sl_list_empty(&o->idle))
        return NULL;
    c = SL_CONTAINER(o->idle.next, struct sl_h1_conn, node);
    sl_h1_pool_remove(c);
    return c;
}

void sl_h1_pool_put(struct sl_h1_conn *c, uint64_t now_us)
{
    struct sl_h1_origin *o = c->origin;

    c->idle_since_us = now_us;
    c->reused = true;
    sl_list_prepend(&o->idle, &c->node);
    if (++o->h1->n_idle > IDLE_MAX)
        close_oldest(o);
    if (!sl_timer_is_set(&o->expiry))
        sl_timer_set(o->h1->loop, &o->expiry, IDLE_US / 1000 + 1);
}

void sl_h1_pool_remove(struct sl_h1_conn *c)
{
    sl_list_remove(&c->node);
    c->origin->h1->n_idle--;
}

static void drop_origin(struct sl_h1_origin *o)
{
    while (!sl_list_empty(&o->idle))
        close_oldest(o);
    sl_list_remove(&o->use);
    sl_timer_cancel(&o->expiry);
    sl_tls_setup_drop(o->setup);
    if (o->session)
        SSL_SESSION_free(o->session);
    free(o->key);
    free(o->host);
    free(o->name);
    free(o->fields);
    free(o);
}

/* All terms of one place. */
static void drop_place(struct sl_h1 *h1, struct sl_h1_origin *first)
{
    sl_map_remove(&h1->origins, sl_span(first->key, first->n_key));
    while (first) {
        struct sl_h1_origin *next = first->next;

        drop_origin(first);
        first = next;
    }
}

void sl_h1_origins_finish(struct sl_h1 *h1)
{
    while (!sl_list_empty(&h1->origin_uses)) {
        struct sl_h1_origin *o = SL_CONTAINER(h1->origin_uses.next, struct sl_h1_origin, use);

        drop_place(h1, sl_map_get(&h1->origins, sl_span(o->key, o->n_key)));
    }
    sl_map_finish(&h1->origins);
}

/* Clients may name upstreams (images, api_base), so their number needs a bound. */
static void make_room(struct sl_h1 *h1)
{
    struct sl_list *pos = h1->origin_uses.next;

    while (h1->origins.n >= ORIGINS_MAX && pos != &h1->origin_uses) {
        struct sl_h1_origin *o = SL_CONTAINER(pos, struct sl_h1_origin, use);
        struct sl_h1_origin *first = sl_map_get(&h1->origins, sl_span(o->key, o->n_key));
        bool used = false;

        for (o = first; o; o = o->next)
            used = used || o->n_exchanges > 0;
        pos = used ? pos->next : &h1->origin_uses;
        if (!used) {
            drop_place(h1, first);
            pos = h1->origin_uses.next;
        }
    }
}

static char *join(sluice_span a, sluice_span b, sluice_span c, size_t *len)
{
    char *text = sl_fault_hit() ? NULL : malloc(a.len + b.len + c.len + 1);

    if (!text)
        return NULL;
    memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, b.ptr, b.len);
    memcpy(text + a.len + b.len, c.ptr, c.len);
    *len = a.len + b.len + c.len;
    text[*len] = 0;
    return text;
}

static sluice_status create_origin(struct sl_h1 *h1, const struct sl_url *url,
                                   const struct sl_http_out *request, struct sl_h1_origin **out,
                                   sluice_error *err)
{
    struct sl_h1_origin *o = sl_net_zalloc(sizeof *o);
    sluice_span host = url->host;
    bool literal6 = sl_span_find_char(host, ':') < host.len;
    char port[8];
    size_t n;

    if (!o)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream");
    o->h1 = h1;
    o->port = url->port;
    o->foreign = request->foreign;
    sl_list_init(&o->use);
    sl_list_init(&o->idle);
    sl_timer_init(&o->expiry, on_expiry);
    if (host.len > 1 && host.ptr[host.len - 1] == '.')
        host.len--; /* certificates name hosts without the root's dot */
    snprintf(port, sizeof port, "%s:%u", literal6 ? "]" : "", (unsigned)url->port);
    o->key = join(url->origin, SL_SPAN(""), SL_SPAN(""), &o->n_key);
    o->host = join(host, SL_SPAN(""), SL_SPAN(""), &o->n_host);
    o->name = join(literal6 ? SL_SPAN("[") : SL_SPAN(""), host, sl_span_str(port), &n);
    o->fields = join(SL_SPAN("host: "), url->authority, SL_SPAN("\r\n"), &o->n_fields);
    *out = o;
    if (!o->key || !o->host || !o->name || !o->fields)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream");
    return url->tls ? sl_tls_setup_hold(h1->tls, request->options, &o->setup, err) : SLUICE_OK;
}

sluice_status sl_h1_origin_find(struct sl_h1 *h1, const struct sl_url *url,
                                const struct sl_http_out *request, struct sl_h1_origin **out,
                                sluice_error *err)
{
    struct sl_h1_origin *first = sl_map_get(&h1->origins, url->origin), *o;
    sluice_status st;

    for (o = first; o; o = o->next) {
        if (o->foreign == request->foreign &&
            (!url->tls || sl_tls_setup_fits(o->setup, request->options))) {
            sl_list_remove(&o->use);
            sl_list_append(&h1->origin_uses, &o->use);
            *out = o;
            return SLUICE_OK;
        }
    }
    if (!first)
        make_room(h1);
    o = NULL;
    st = create_origin(h1, url, request, &o, err);
    if (st == SLUICE_OK && !first && !sl_map_put(&h1->origins, sl_span(o->key, o->n_key), o))
        st = sl_fail(err, SLUICE_E_NOMEM, "out of memory for an upstream");
    if (st < 0) {
        if (o)
            drop_origin(o);
        return st;
    }
    if (first) {
        o->next = first->next;
        first->next = o;
    }
    sl_list_append(&h1->origin_uses, &o->use);
    *out = o;
    return SLUICE_OK;
}
