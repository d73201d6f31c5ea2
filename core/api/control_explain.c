/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_explain.c - the verb "explain": a call that is told instead of made, asked for as other
 * questions are. It runs on the loop that asks, since that is whose routers would choose.
 */
#include <stdlib.h>
#include "api/verbs.h"
#include "base/status.h"
#include "format/json_scan.h"

struct question {
    sluice_row_cb row;
    sluice_done_cb done;
    void *ctx;
};

static void on_json(void *ctx, sluice_span object)
{
    struct question *q = ctx;

    (void)q->row(q->ctx, object);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct question *q = ctx;

    (void)usage;
    q->done(q->ctx, status, status < 0 ? err : NULL);
    free(q);
}

static const sluice_events events = { .struct_size = sizeof events,
                                      .json = on_json,
                                      .done = on_done };

sluice_status sl_control_explain(sluice_loop *loop, sluice_span key, sluice_span argument,
                                 sluice_row_cb row, sluice_done_cb done, void *ctx,
                                 sluice_error *err)
{
    static const sluice_header upstream = { { "upstream", 8 }, { "true", 4 } };
    sluice_request request = { .struct_size = sizeof request,
                               .flags = SLUICE_CALL_EXPLAIN,
                               .operation = SL_SPAN("chat.completions"),
                               .key = key };
    struct sl_json_error why = { 0 };
    struct question *q;
    sluice_task task;
    sluice_status st;

    if (sl_json_validate(argument, &why) < 0 || sl_json_type(argument) != SL_JSON_OBJECT)
        return sl_fail(err, SLUICE_E_INVALID, "the argument is no JSON object");
    request.body = sl_json_find(argument, "request");
    if (sl_json_type(request.body) != SL_JSON_OBJECT)
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, "request",
                             "'request' is the body that a client would send: an object");
    (void)sl_json_raw_string(sl_json_find(argument, "operation"), &request.operation);
    if (sl_json_is_true(sl_json_find(argument, "upstream"))) {
        request.params = &upstream;
        request.n_params = 1;
    }
    q = malloc(sizeof *q);
    if (!q)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory asking");
    *q = (struct question){ row, done, ctx };
    st = sluice_start(loop, &request, &events, q, &task, err);
    if (st < 0)
        free(q);
    return st;
}
