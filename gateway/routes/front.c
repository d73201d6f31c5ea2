/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front.c - what every request passes first: who may reach a gateway without a master key, CORS,
 * the route table. Then the route's handler; keys are judged by the library.
 */
#include "routes/credential.h"
#include "process/guard.h"
#include "routes/handlers.h"
#include "server/text.h"

#include <stdio.h>

#define PARAM_MAX 1024 /* a decoded {name} of a path */
#define QUERY_MAX 4096 /* a query that a key is taken out of */

/* A browser asks whether its page may send the real request: yes, for whatever the table has. */
static void preflight(struct gw_exchange *x, const char *allow, size_t n)
{
    sluice_span wanted = sl_http_header(x->head, SL_SPAN("access-control-request-headers"));
    sluice_header fields[4] = {
        { SL_SPAN("allow"), { allow, n } },
        { SL_SPAN("access-control-allow-methods"), { allow, n } },
        { SL_SPAN("access-control-max-age"), SL_SPAN("600") },
        { SL_SPAN("access-control-allow-headers"), wanted },
    };

    gw_answer_with(&x->reply, 200, fields, wanted.len ? 4 : 3, "text/plain", SL_SPAN("OK"));
}

static void no_path(struct gw_exchange *x)
{
    char text[512];

    snprintf(text, sizeof text, "Nothing is served at %.*s %.*s; GET /routes lists what is.",
             SL_FMT(x->head->method), (int)(x->path.len < 300 ? x->path.len : 300), x->path.ptr);
    gw_refuse(&x->reply, 404, "invalid_request_error", "unknown_url", text);
}

static void no_method(struct gw_exchange *x, const char *allow, size_t n)
{
    sluice_header field = { SL_SPAN("allow"), { allow, n } };

    gw_answer_with(&x->reply, 405, &field, 1, "application/json",
                   SL_SPAN("{\"error\":{\"message\":\"This path does not take this method; the "
                           "Allow field lists those it takes.\",\"type\":\"invalid_request_error\","
                           "\"param\":null,\"code\":\"method_not_allowed\"}}"));
}

/* A key in the query goes no further than here: the query is what stands around it. key has
 * PARAM_MAX bytes of room, query QUERY_MAX. False: too long, or badly encoded. */
static bool take_key(struct gw_exchange *x, char *key, char *query)
{
    sluice_span rest = x->query, name, value;
    size_t n = 0, len;

    if (rest.len >= QUERY_MAX)
        return false;
    while (gw_query_next(&rest, &name, &value)) {
        if (sl_span_eq(name, SL_SPAN("key"))) {
            if (value.len > PARAM_MAX || !gw_percent_decode(value, true, key, &len))
                return false;
            if (!x->key.len)
                x->key = sl_span(key, len);
            continue;
        }
        if (n)
            query[n++] = '&';
        memcpy(query + n, name.ptr, name.len);
        n += name.len;
        query[n++] = '=';
        if (value.len)
            memcpy(query + n, value.ptr, value.len);
        n += value.len;
    }
    x->query = sl_span(query, n);
    return true;
}

static void run(struct gw_exchange *x, const struct gw_match *match)
{
    char decoded[PARAM_MAX], key[PARAM_MAX], query[2 * QUERY_MAX];

    x->route = match->route;
    x->reply.shape = x->route->shape;
    if (match->name.len && match->route->method.len) {
        x->param = match->name;
        size_t len;

        if (match->value.len > sizeof decoded ||
            !gw_percent_decode(match->value, false, decoded, &len)) {
            gw_refuse(&x->reply, 400, "invalid_request_error", "invalid_path",
                      "The name in the path is too long or badly percent-encoded.");
            return;
        }
        x->param_value = sl_span(decoded, len);
    }
    x->key = gw_credential(x->head);
    if (x->route->flags & GW_KEY_PARAM && !take_key(x, key, query)) {
        gw_refuse(&x->reply, 400, "invalid_request_error", "invalid_query",
                  "The query string is too long or badly encoded.");
        return;
    }
    if (x->route->operation.len)
        gw_call(x);
    else
        x->route->handle(x);
}

/* Neither the table nor the configuration has it. */
static void nothing_there(struct gw_exchange *x)
{
    char allow[GW_ALLOW_MAX];
    size_t n = gw_route_allow(x->path, allow);

    if (n)
        no_method(x, allow, n);
    else
        no_path(x);
}

static void run_endpoint(struct gw_exchange *x)
{
    x->route = &gw_pass_route;
    x->key = gw_credential(x->head);
    x->otherwise = nothing_there;
    gw_call(x);
}

static void on_request(void *ctx, struct gw_request *req, const struct sl_http_head *head)
{
    struct gw_worker *w = ctx;
    size_t mark = sl_span_find_char(head->target, '?');
    struct gw_exchange x = { .worker = w,
                             .reply = { req, false, GW_SHAPE_OPENAI },
                             .head = head,
                             .path = sl_span_head(head->target, mark),
                             .query = sl_span_from(head->target, mark + 1) };
    const char *why = gw_guard(w->shared, gw_request_peer(req), head);
    struct gw_match match;
    char allow[GW_ALLOW_MAX];
    size_t n;

    if (why) {
        gw_refuse(&x.reply, 403, "permission_error", "no_master_key", why);
        return;
    }
    x.reply.cors = sl_http_header(head, SL_SPAN("origin")).len > 0;
    switch (gw_route_find(head->method, x.path, &match)) {
    case GW_FOUND:
        run(&x, &match);
        break;
    case GW_NO_METHOD:
    case GW_NO_PATH:
        n = gw_route_allow(x.path, allow);
        if (n && sl_span_eq(head->method, SL_SPAN("OPTIONS")))
            preflight(&x, allow, n);
        else
            run_endpoint(&x);
        break;
    }
}

static enum gw_flow on_body(void *ctx, struct gw_request *req, sluice_span piece, bool last)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    return p && p->body ? p->body(p, piece, last) : GW_GO;
}

static void on_drained(void *ctx, struct gw_request *req)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    if (p && p->drained)
        p->drained(p);
}

static void on_abort(void *ctx, struct gw_request *req, enum gw_abort why)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    (void)why;
    if (p)
        p->abort(p);
}

static void on_sent(void *ctx, struct gw_request *req, bool whole)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    p->sent(p, whole);
}

static char *on_room(void *ctx, struct gw_request *req, size_t *room)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    return p && p->room ? p->room(p, room) : NULL;
}

static void on_leave(void *ctx, struct gw_request *req)
{
    struct gw_pending *p = gw_request_user(req);

    (void)ctx;
    if (p && p->leave)
        p->leave(p);
}

const struct gw_handler gw_front_handler = { on_request, on_body, on_drained, on_abort,
                                             on_sent,    on_room, on_leave };
