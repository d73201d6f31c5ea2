/* SPDX-License-Identifier: Apache-2.0 */
/* sessions.c - sessions of sluice.h: a loop's own, on its own thread. */
#include "api/instance.h"
#include "base/status.h"
#include "call/session.h"

sluice_status sluice_session_open(sluice_loop *loop, const sluice_request *request,
                                  sluice_session **out, sluice_error *err)
{
    sluice_request whole = { 0 };
    size_t known = request->struct_size < sizeof whole ? request->struct_size : sizeof whole;

    memcpy(&whole, request, known);
    if (loop->spawned)
        return sl_fail(err, SLUICE_E_UNSUPPORTED, "a session is opened on an attached loop");
    if (atomic_load_explicit(&loop->s->owner.draining, memory_order_relaxed))
        return sl_fail(err, SLUICE_E_SHUTDOWN, "this process is going away");
    return sl_session_open(&loop->worker, &whole, out, err);
}

sluice_status sluice_session_start(sluice_session *session, sluice_span body,
                                   const sluice_events *events, void *ctx, sluice_task *task,
                                   sluice_error *err)
{
    if (atomic_load_explicit(&session->worker->owner->draining, memory_order_relaxed))
        return sl_fail(err, SLUICE_E_SHUTDOWN, "this process is going away");
    return sl_session_start(session, body, events, ctx, task, err);
}

void sluice_session_close(sluice_session *session)
{
    if (session)
        sl_session_close(session);
}
