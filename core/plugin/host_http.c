/* SPDX-License-Identifier: Apache-2.0 */
/* host_http.c - ext/http.h on the transports: on the instance's loop, or blocking on one made for
 * the call. */
#include "plugin/host.h"

#include "base/buf.h"
#include "base/status.h"
#include "plugin/http_request.h"

#include <stdlib.h>

#define ANSWER_MAX ((size_t)16 << 20)
#define DEFAULT_MS 30000

struct sluice_http_op {
    struct sl_list node; /* the instance's calls; blocking ones are on none */
    struct sluice_arena arena;
    struct sl_loop *loop;
    struct sl_http_out out;
    struct sl_exchange *x;
    struct sl_timer timer;
    struct sl_buf body;
    sluice_http_head head;
    sluice_error err;
    sluice_http_cb cb;
    void *ctx;
    bool blocking;
};

static void op_free(sluice_http_op *op)
{
    sl_timer_cancel(&op->timer);
    sl_list_remove(&op->node);
    sl_buf_finish(&op->body);
    sl_arena_finish(&op->arena);
    free(op);
}

/* The callback, once; then the operation is gone. */
static void finish(sluice_http_op *op, sluice_status st)
{
    bool ok = st >= 0 && op->head.status;

    sl_timer_cancel(&op->timer);
    op->x = NULL;
    if (op->blocking)
        sl_loop_stop(op->loop);
    op->cb(op->ctx, st, ok ? &op->head : NULL, ok ? sl_buf_span(&op->body) : sl_span(NULL, 0),
           &op->err);
    op_free(op);
}

static void give_up(sluice_http_op *op, sluice_status st)
{
    if (op->x)
        op->x->cls->cancel(op->x);
    finish(op, st);
}

static void on_head(void *ctx, const struct sl_http_in *in)
{
    sluice_http_op *op = ctx;
    sluice_header *list = sl_alloc(&op->arena, (in->n_headers + 1) * sizeof *list);

    for (size_t i = 0; list && i < in->n_headers; i++) {
        list[i].name = sl_arena_dup(&op->arena, in->headers[i].name);
        list[i].value = sl_arena_dup(&op->arena, in->headers[i].value);
        if (!list[i].name.ptr || !list[i].value.ptr)
            list = NULL;
    }
    if (!list) {
        give_up(op, sl_fail(&op->err, SLUICE_E_NOMEM, "out of memory for an HTTP answer"));
        return;
    }
    op->head = (sluice_http_head){ .struct_size = sizeof op->head,
                                   .status = in->status,
                                   .headers = list,
                                   .n_headers = in->n_headers };
}

static void on_data(void *ctx, sluice_span bytes, bool more)
{
    sluice_http_op *op = ctx;

    (void)more;
    sl_buf_add(&op->body, bytes);
    if (!sl_buf_ok(&op->body))
        give_up(op, sl_fail(&op->err, SLUICE_E_NOMEM, "an HTTP answer of more than %zu bytes",
                            ANSWER_MAX));
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err, bool sent)
{
    sluice_http_op *op = ctx;

    (void)sent;
    if (status < 0 && err)
        op->err = *err;
    finish(op, status);
}

static void on_timeout(struct sl_timer *t)
{
    sluice_http_op *op = SL_CONTAINER(t, sluice_http_op, timer);

    give_up(op, sl_fail(&op->err, SLUICE_E_TIMEOUT, "no HTTP answer in time"));
}

static const struct sl_exchange_events events = { .head = on_head,
                                                  .data = on_data,
                                                  .done = on_done };

/* On loop and net, which belong to this thread. */
static sluice_status begin(struct sl_instance *i, struct sl_loop *loop, struct sl_net *net,
                           const sluice_http_request *request, sluice_span secret,
                           uint32_t timeout_ms, sluice_http_cb cb, void *ctx, sluice_http_op **out)
{
    sluice_http_op *op = sl_fault_hit() ? NULL : calloc(1, sizeof *op);
    struct sl_transport *t;
    sluice_status st;

    if (!op)
        return SLUICE_E_NOMEM;
    sl_list_init(&op->node);
    sl_timer_init(&op->timer, on_timeout);
    sl_arena_init(&op->arena, 2 * ANSWER_MAX + ((size_t)64 << 20));
    sl_buf_init(&op->body, ANSWER_MAX);
    op->err = (sluice_error)SLUICE_ERROR_INIT;
    op->loop = loop;
    op->cb = cb;
    op->ctx = ctx;
    st = sl_http_request_build(i->entry, request, secret, &op->arena, &op->out, &op->err);
    if (st >= 0) {
        t = sl_net_choose(net, &op->out);
        st = t->cls->submit(t, &op->out, &events, op, &op->x, &op->err);
    }
    if (st < 0) {
        sl_log(i->log, SL_WARN, "%.*s: HTTP call not sent: %s", SL_FMT(i->name), op->err.message);
        op_free(op);
        return st;
    }
    sl_timer_set(loop, &op->timer, timeout_ms ? timeout_ms : DEFAULT_MS);
    *out = op;
    return SLUICE_OK;
}

static sluice_status send_request(const sluice_host *host, const sluice_http_request *request,
                                  sluice_span secret, uint32_t timeout_ms, sluice_http_cb cb,
                                  void *ctx, sluice_http_op **op)
{
    struct sl_instance *i = sl_host_instance(host);
    sluice_status st;

    if (!i->loop || !i->net)
        return SLUICE_E_UNSUPPORTED;
    st = begin(i, i->loop, i->net, request, secret, timeout_ms, cb, ctx, op);
    if (st < 0)
        return st;
    sl_list_append(&i->calls, &(*op)->node);
    return SLUICE_PENDING;
}

static void cancel(sluice_http_op *op)
{
    if (op->x)
        op->x->cls->cancel(op->x);
    op_free(op);
}

static sluice_status call(const sluice_host *host, const sluice_http_request *request,
                          sluice_span secret, uint32_t timeout_ms, sluice_http_cb cb, void *ctx)
{
    struct sl_instance *i = sl_host_instance(host);
    struct sl_loop_options options = { .log = i->log };
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_loop *loop = NULL;
    struct sl_net net;
    sluice_http_op *op;
    sluice_status st = sl_loop_create(&options, &loop, &err);

    if (st < 0)
        return st;
    st = sl_net_init(&net, loop, sl_entry_jobs(i->entry), &err);
    if (st >= 0) {
        st = begin(i, loop, &net, request, secret, timeout_ms, cb, ctx, &op);
        if (st >= 0) {
            op->blocking = true;
            sl_loop_run(loop); /* finish() stops it */
        }
        sl_net_finish(&net);
    }
    sl_loop_destroy(loop);
    return st;
}

const sluice_host_http sl_host_http = {
    .struct_size = sizeof sl_host_http, .send = send_request, .cancel = cancel, .call = call
};

void sl_host_http_settle(struct sl_instance *i)
{
    sl_list_each_safe(pos, &i->calls) cancel(SL_CONTAINER(pos, sluice_http_op, node));
}
