/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - rows of the library to one HTTP body. */
#include "routes/query.h"

#include "server/text.h"

#include <stdlib.h>

#define BODY_MAX (64u << 20) /* metrics and lists of a large configuration */
#define NAME_MAX_BYTES 4096u

static void release(struct gw_query *q)
{
    if (!q->over || q->busy)
        return;
    sl_buf_finish(&q->body);
    sl_buf_finish(&q->aside);
    sl_buf_finish(&q->name);
    free(q);
}

static int on_row(void *ctx, sluice_span json)
{
    struct gw_query *q = ctx;

    return q->reply.request ? q->row(q, json) : 1;
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err)
{
    struct gw_query *q = ctx;
    const char *type = "application/json";

    q->over = true;
    if (q->reply.request && status < 0) {
        gw_refuse_status(&q->reply, status, err);
    } else if (q->reply.request) {
        int http = q->end(q, &type);

        if (!sl_buf_ok(&q->body))
            gw_refuse_status(&q->reply, SLUICE_E_NOMEM, NULL);
        else if (q->reply.request)
            gw_answer(&q->reply, http, type, sl_buf_span(&q->body));
    }
    release(q);
}

static void on_gone(struct gw_pending *p)
{
    struct gw_query *q = (struct gw_query *)p;

    q->reply.request = NULL; /* done() still comes */
}

void gw_query(struct gw_exchange *x, const struct gw_verb *verb)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct gw_query *q = calloc(1, sizeof *q);
    sluice_span key = { NULL, 0 };
    sluice_status st;

    if (!q) {
        gw_refuse_status(&x->reply, SLUICE_E_NOMEM, NULL);
        return;
    }
    q->pending = (struct gw_pending){ .abort = on_gone };
    q->reply = x->reply;
    q->draining = atomic_load(&x->worker->shared->draining);
    q->row = verb->row;
    q->end = verb->end;
    sl_buf_init(&q->body, BODY_MAX);
    sl_buf_init(&q->aside, BODY_MAX);
    sl_buf_init(&q->name, NAME_MAX_BYTES);
    sl_buf_add(&q->name, x->param_value);
    q->out = sl_json_out(&q->body);
    if (verb->begin)
        verb->begin(q);
    gw_request_set_user(x->reply.request, q);
    q->busy = true;
    /* No span at all would say that we vouch for the caller; an empty one says that there is no
     * key. */
    if (x->route->auth == GW_AUTH_KEY)
        key = x->key.len ? x->key : SL_SPAN("");
    st = sluice_control(x->worker->loop, key, verb->verb, verb->argument, on_row, on_done, q, &err);
    q->busy = false;
    if (st < 0) {
        q->over = true;
        if (q->reply.request)
            gw_refuse_status(&q->reply, st, &err);
    }
    release(q);
}

bool gw_query_json(sluice_span query, struct sl_buf *out)
{
    struct sl_json_out o = sl_json_out(out);
    sluice_span name, value;
    char text[2][1024];

    sl_json_open(&o, '{');
    while (gw_query_next(&query, &name, &value)) {
        size_t n, v;

        if (name.len > sizeof text[0] || value.len > sizeof text[1] ||
            !gw_percent_decode(name, true, text[0], &n) ||
            !gw_percent_decode(value, true, text[1], &v))
            return false;
        sl_json_key_span(&o, sl_span(text[0], n));
        sl_json_str(&o, sl_span(text[1], v));
    }
    sl_json_close(&o, '}');
    return sl_buf_ok(out);
}
