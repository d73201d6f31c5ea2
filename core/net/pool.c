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
#define TARGET_MAX 2048               /* longer ones are checked every time */
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
    sl_buf_finish(&o->target);
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

/* Requests of one deployment go to the same URL again and again: what was checked last needs no
 * second look. */
static bool is_known(const struct sl_h1_origin *o, sluice_span target)
{
    return o->target.len == target.len && target.len &&
           memcmp(o->target.ptr, target.ptr, target.len) == 0;
}

static void remember(struct sl_h1_origin *o, sluice_span target)
{
    sl_buf_reset(&o->target);
    sl_buf_add(&o->target, target);
    if (!sl_buf_ok(&o->target))
        sl_buf_reset(&o->target);
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
    sl_buf_init(&o->target, TARGET_MAX);
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

static struct sl_h1_origin *with_terms(struct sl_h1_origin *first, const struct sl_http_out *out)
{
    for (struct sl_h1_origin *o = first; o; o = o->next)
        if (o->foreign == out->foreign && (!o->setup || sl_tls_setup_fits(o->setup, out->options)))
            return o;
    return NULL;
}

static sluice_status add_origin(struct sl_h1 *h1, const struct sl_url *url,
                                const struct sl_http_out *out, struct sl_h1_origin *first,
                                struct sl_h1_origin **result, sluice_error *err)
{
    struct sl_h1_origin *o = NULL;
    sluice_status st;

    if (!first)
        make_room(h1);
    st = create_origin(h1, url, out, &o, err);
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
    *result = o;
    return SLUICE_OK;
}

/* The one that was used last, if it is at this place. */
static struct sl_h1_origin *latest(const struct sl_h1 *h1, sluice_span place)
{
    struct sl_h1_origin *o;

    if (sl_list_empty(&h1->origin_uses))
        return NULL;
    o = SL_CONTAINER(h1->origin_uses.prev, struct sl_h1_origin, use);
    return sl_span_eq(sl_span(o->key, o->n_key), place) ? o : NULL;
}

sluice_status sl_h1_origin_find(struct sl_h1 *h1, const struct sl_http_out *out,
                                struct sl_h1_origin **result, sluice_span *target,
                                sluice_error *err)
{
    /* Behind "https://" the next slash ends the authority, if it is a URL at all. */
    sluice_span rest = sl_span_from(out->url, 8);
    size_t n = out->url.len - rest.len + sl_span_find_char(rest, '/');
    sluice_span place = sl_span_head(out->url, n);
    struct sl_h1_origin *first, *o = with_terms(latest(h1, place), out);
    sluice_status st = SLUICE_OK;

    if (!o)
        o = with_terms(sl_map_get(&h1->origins, place), out);
    *target = sl_span_from(out->url, n);
    if (!o || !is_known(o, *target)) {
        struct sl_url url;
        const char *wrong = sl_url_parse(out->url, &url);

        if (wrong)
            return sl_fail(err, SLUICE_E_INVALID, "the upstream's URL cannot be used: %s", wrong);
        first = sl_map_get(&h1->origins, url.origin);
        o = with_terms(first, out);
        if (!o)
            st = add_origin(h1, &url, out, first, &o, err);
        if (st < 0)
            return st;
        *target = url.target;
        remember(o, url.target);
    }
    sl_list_remove(&o->use);
    sl_list_append(&h1->origin_uses, &o->use);
    *result = o;
    return SLUICE_OK;
}
