/* SPDX-License-Identifier: Apache-2.0 */
/* follow.c - a transport's exchange that plays a tape which is still being written. */
#include "call/cache/flight.h"

#include <stdlib.h>
#include "base/status.h"

struct follow {
    struct sl_exchange base;
    struct sl_attempt *attempt;
    struct sl_defer soon;
    sluice_header type;
    bool headed, paused;
    bool playing, gone; /* who cancels it while it plays leaves it to play() */
};

static void finish(struct follow *f)
{
    f->gone = true;
    sl_defer_cancel(&f->soon);
    if (!f->playing)
        free(f);
}

static void play(struct follow *f)
{
    struct sl_attempt *a = f->attempt;
    const struct sl_exchange_events *events = &sl_attempt_events;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st = SLUICE_OK;
    sluice_span piece = { NULL, 0 };

    f->playing = true;
    if (!f->headed) {
        const struct sl_http_in head = {
            .status = 200, .headers = &f->type, .n_headers = 1, .length = -1, .sent_all = true
        };

        f->headed = true;
        events->head(a, &head);
    }
    while (!f->gone && !f->paused) {
        st = sl_seat_read(a->call->seat, &piece, &err);
        if (st != SLUICE_OK || !piece.len)
            break;
        events->data(a, piece, false);
    }
    f->playing = false;
    if (f->gone) {
        free(f);
        return;
    }
    if (f->paused || st == SLUICE_PENDING)
        return;
    finish(f);
    events->done(a, st, &err, true);
}

static void on_soon(struct sl_defer *d)
{
    play(SL_CONTAINER(d, struct follow, soon));
}

static void pause_follow(struct sl_exchange *x, bool on)
{
    struct follow *f = (struct follow *)x;

    f->paused = on;
    if (!on)
        sl_defer_set(f->attempt->call->worker->loop, &f->soon);
}

static void cancel(struct sl_exchange *x)
{
    finish((struct follow *)x);
}

static const struct sl_transport_class follow_class = {
    .name = "follow",
    .pause = pause_follow,
    .cancel = cancel,
};

void sl_follow_more(struct sl_exchange *x)
{
    struct follow *f = (struct follow *)x;

    if (x->cls == &follow_class && !f->playing)
        play(f);
}

sluice_status sl_follow(struct sl_attempt *a, struct sl_exchange **x)
{
    struct follow *f = sl_fault_hit() ? NULL : calloc(1, sizeof *f);

    if (!f)
        return sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory following an answer");
    f->base.cls = &follow_class;
    f->attempt = a;
    f->type = (sluice_header){ SL_SPAN("content-type"), sl_seat_content_type(a->call->seat) };
    sl_defer_init(&f->soon, on_soon);
    sl_defer_set(a->call->worker->loop, &f->soon);
    *x = &f->base;
    return SLUICE_OK;
}
