/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - calls of sluice.h: straight to the worker on the loop's own thread, by message from
 * others. */
#include "api/instance.h"
#include "base/clock.h"
#include "base/status.h"
#include "call/call.h"

sluice_status sluice_start(sluice_loop *loop, const sluice_request *request,
                           const sluice_events *events, void *ctx, sluice_task *task,
                           sluice_error *err)
{
    /* A program built with older headers has a shorter struct: what it lacks is zero. */
    sluice_request whole = { 0 };
    size_t known = request->struct_size < sizeof whole ? request->struct_size : sizeof whole;

    memcpy(&whole, request, known);
    if (atomic_load_explicit(&loop->s->owner.draining, memory_order_relaxed))
        return sl_fail(err, SLUICE_E_SHUTDOWN, "this process is going away");
    if (loop->spawned) {
        whole.flags &= ~SLUICE_CALL_DELIVERY;
        return sl_remote_start(loop, &whole, events, ctx, task, err);
    }
    return sl_call_start(&loop->worker, &whole, events, ctx, task, err);
}

sluice_status sluice_body_write(sluice_loop *loop, sluice_task task, sluice_span data, int last)
{
    struct sl_call *c;

    if (sl_task_is_remote(task))
        return sl_remote_body(loop, task, data, last != 0);
    c = sl_worker_find(&loop->worker, task);
    return c ? sl_call_body(c, data, last != 0) : SLUICE_E_NOT_FOUND;
}

char *sluice_body_room(sluice_loop *loop, sluice_task task, size_t *room)
{
    struct sl_call *c = sl_task_is_remote(task) ? NULL : sl_worker_find(&loop->worker, task);

    return c ? sl_call_body_room(c, room) : NULL;
}

void sluice_pause(sluice_loop *loop, sluice_task task, int on)
{
    struct sl_call *c;

    if (sl_task_is_remote(task)) {
        sl_remote_tell(loop, task, on ? SL_REMOTE_PAUSE : SL_REMOTE_RESUME);
        return;
    }
    c = sl_worker_find(&loop->worker, task);
    if (c)
        sl_call_pause(c, on != 0);
}

void sluice_cancel(sluice_loop *loop, sluice_task task)
{
    struct sl_call *c;

    if (sl_task_is_remote(task)) {
        sl_remote_tell(loop, task, SL_REMOTE_CANCEL);
        return;
    }
    c = sl_worker_find(&loop->worker, task);
    if (c)
        sl_call_cancel(c, SLUICE_E_CANCELLED);
}

void sluice_delivered(sluice_loop *loop, sluice_task task, int whole)
{
    struct sl_call *c = sl_worker_find(&loop->worker, task);

    if (c)
        sl_call_delivered(c, whole != 0);
}

uint64_t sluice_now_us(void)
{
    return sl_now_us();
}

const char *sluice_version(void)
{
    return SLUICE_VERSION;
}

const char *sluice_status_name(sluice_status status)
{
    return sl_status_info(status)->name;
}
