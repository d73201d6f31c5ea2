/* SPDX-License-Identifier: Apache-2.0 */
/* background_lease.c - what a response that is being made says in the store, and is told there by
 * other processes. */
#include "base/clock.h"
#include "base/status.h"
#include "call/stored/background_run.h"

#define LEASE_MS 30000
#define TURN_MS 2000
#define RENEW_TURNS 5
#define ID_MOST 1024

/* Nobody waits for it. */
static void tell(struct sl_owner *owner, sluice_span whose, sluice_span of,
                 enum sl_objects_kind kind, const char *suffix, sluice_span text, int64_t ttl_ms)
{
    struct sl_objects *o = owner->objects;
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_objects_ask ask = {
        .kind = kind, .owner = whose, .text = text, .ttl_ms = ttl_ms, .now_ms = sl_unix_ms()
    };
    struct sl_buf id;
    sluice_status st;

    sl_buf_init(&id, ID_MOST);
    sl_buf_add(&id, of);
    sl_buf_add_str(&id, suffix);
    ask.id = sl_buf_span(&id);
    st = sl_buf_ok(&id) ? o->cls->ask(o, &ask, NULL, NULL, NULL, &err) : SLUICE_E_NOMEM;
    if (st < 0 && kind == SL_OBJECTS_PUT)
        sl_log(&owner->log, SL_WARN, "a response is not kept: %s", err.message);
    sl_buf_finish(&id);
}

void sl_run_store(struct sl_run *run, enum sl_objects_kind kind, const char *suffix,
                  sluice_span text, int64_t ttl_ms)
{
    tell(run->owner, run->whose, run->id, kind, suffix, text, ttl_ms);
}

void sl_run_lease(struct sl_owner *owner, sluice_span whose, sluice_span id)
{
    tell(owner, whose, id, SL_OBJECTS_PUT, SL_RUN_LEASE, SL_SPAN(""), LEASE_MS);
}

static void seen(struct sl_run *run, struct sl_object *mark)
{
    if (mark)
        sl_run_stop(run, sl_span_eq(mark->text, SL_SPAN(SL_RUN_FORGET)));
    sl_object_drop(mark);
}

static void on_look(void *ctx, sluice_status status, struct sl_object *found,
                    const sluice_error *err)
{
    struct sl_run *run = ctx;

    (void)status;
    (void)err;
    run->look = NULL;
    seen(run, found);
}

/* Has another process left a mark? */
static void look(struct sl_run *run)
{
    struct sl_objects *o = run->owner->objects;
    const struct sl_objects_asker asker = { run->worker->loop, on_look, run };
    struct sl_objects_ask ask = { .kind = SL_OBJECTS_GET,
                                  .owner = run->whose,
                                  .now_ms = sl_unix_ms() };
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_object *found = NULL;
    struct sl_buf id;

    if (run->look) /* a store that is slow */
        return;
    sl_buf_init(&id, ID_MOST);
    sl_buf_add(&id, run->id);
    sl_buf_add_str(&id, SL_RUN_MARK);
    ask.id = sl_buf_span(&id);
    if (sl_buf_ok(&id) && o->cls->ask(o, &ask, &asker, &found, &run->look, &err) != SLUICE_PENDING)
        seen(run, found);
    sl_buf_finish(&id);
}

void sl_run_turn(struct sl_timer *t)
{
    struct sl_run *run = SL_CONTAINER(t, struct sl_run, lease);

    if (++run->turns % RENEW_TURNS == 0)
        sl_run_lease(run->owner, run->whose, run->id);
    look(run);
    sl_timer_set(run->worker->loop, &run->lease, TURN_MS);
}

void sl_run_renew(struct sl_run *run)
{
    sl_timer_set(run->worker->loop, &run->lease, TURN_MS);
}

void sl_run_release_lease(struct sl_run *run)
{
    struct sl_objects *o = run->owner->objects;

    sl_timer_cancel(&run->lease);
    if (run->look)
        o->cls->leave(o, run->look);
    run->look = NULL;
    sl_run_store(run, SL_OBJECTS_REMOVE, SL_RUN_LEASE, SL_SPAN(""), 0);
    sl_run_store(run, SL_OBJECTS_REMOVE, SL_RUN_MARK, SL_SPAN(""), 0);
}
