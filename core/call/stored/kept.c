/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - see kept.h: a transport's exchange with the object store in the vendor's place. */
#include "call/stored/kept.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/status.h"
#include "call/stored/stored.h"

#define SCHEME "kept:"
#define NAME_MOST 128

/* What is told next. */
enum stage { STAGE_HEAD, STAGE_BODY, STAGE_END };

struct kept {
    struct sl_exchange base;
    struct sl_attempt *attempt;
    struct sl_defer soon;
    struct sl_objects_op *op; /* the store has not answered yet */
    struct sl_object *found;
    enum stage stage;
    bool paused, waiting;
    sluice_status status;
    sluice_error err;
};

static struct sl_objects *store_of(const struct kept *k)
{
    return k->attempt->call->worker->owner->objects;
}

bool sl_kept_is(sluice_span url)
{
    return sl_span_starts(url, SL_SPAN(SCHEME));
}

static void finish(struct kept *k)
{
    if (k->op)
        store_of(k)->cls->leave(store_of(k), k->op);
    sl_defer_cancel(&k->soon);
    sl_object_drop(k->found);
    free(k);
}

static void go_on(struct kept *k)
{
    k->waiting = true;
    sl_defer_set(k->attempt->call->worker->loop, &k->soon);
}

static void end(struct kept *k, sluice_status status)
{
    struct sl_attempt *a = k->attempt;
    sluice_error err = k->err;

    finish(k);
    sl_attempt_events.done(a, status, &err, true);
}

static int http_status(sluice_status status)
{
    switch (status) {
    case SLUICE_OK:
        return 200;
    case SLUICE_E_NOT_FOUND:
        return 404;
    case SLUICE_E_LIMITED:
        return 413;
    default:
        return 503;
    }
}

static sluice_span body_of(const struct kept *k)
{
    if (k->status < 0)
        return sl_span_str(k->err.message);
    return k->found ? k->found->text : sl_span("", 0);
}

static void tell_head(struct kept *k)
{
    const sluice_header type = { SL_SPAN("content-type"), SL_SPAN("text/plain; charset=utf-8") };
    const struct sl_http_in head = { .status = http_status(k->status),
                                     .headers = &type,
                                     .n_headers = 1,
                                     .length = (int64_t)body_of(k).len,
                                     .sent_all = true };

    sl_attempt_events.head(k->attempt, &head);
}

/* Any callback may cancel: what comes next is arranged before it. */
static void step(struct sl_defer *d)
{
    struct kept *k = SL_CONTAINER(d, struct kept, soon);
    enum stage stage = k->stage;

    k->waiting = false;
    if (k->paused)
        return;
    if (stage == STAGE_END || k->status == SLUICE_E_NOMEM) {
        end(k, stage == STAGE_END ? SLUICE_OK : SLUICE_E_NOMEM);
        return;
    }
    k->stage = stage == STAGE_HEAD && body_of(k).len ? STAGE_BODY : STAGE_END;
    go_on(k);
    if (stage == STAGE_HEAD)
        tell_head(k);
    else
        sl_attempt_events.data(k->attempt, body_of(k), false);
}

static void on_answer(void *ctx, sluice_status status, struct sl_object *found,
                      const sluice_error *err)
{
    struct kept *k = ctx;

    k->op = NULL;
    k->found = found;
    k->status = status;
    if (status < 0)
        k->err = *err;
    go_on(k);
}

static void pause_kept(struct sl_exchange *x, bool on)
{
    struct kept *k = (struct kept *)x;

    k->paused = on;
    if (!on && !k->op && !k->waiting)
        go_on(k);
}

static void cancel(struct sl_exchange *x)
{
    finish((struct kept *)x);
}

static const struct sl_transport_class kept_class = {
    .name = "kept",
    .pause = pause_kept,
    .cancel = cancel,
};

static bool is_name(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_' && c != '.')
            return false;
    }
    return s.len > 0 && s.len <= NAME_MOST;
}

static bool kind_of(sluice_span method, enum sl_objects_kind *kind)
{
    static const struct {
        const char *method;
        enum sl_objects_kind kind;
    } kinds[] = { { "GET", SL_OBJECTS_GET },
                  { "PUT", SL_OBJECTS_PUT },
                  { "DELETE", SL_OBJECTS_REMOVE } };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sl_span_eq(method, sl_span_str(kinds[i].method))) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

/* The id under which it lies: with a '/' in it, so that no client can name it (stored.c). */
static sluice_status describe(struct sl_attempt *a, const struct sl_http_out *out,
                              struct sl_objects_ask *ask)
{
    sluice_span name = sl_span_from(out->url, sizeof SCHEME - 1);

    if (!is_name(name) || !kind_of(out->method, &ask->kind))
        return sl_fail(&a->error, SLUICE_E_INTERNAL,
                       "the provider asks the store for what it "
                       "does not do");
    ask->owner = sl_stored_owner(a->call);
    ask->ttl_ms = a->call->settings->objects.ttl_ms;
    ask->now_ms = sl_unix_ms();
    ask->id = sl_arena_printf(&a->arena, "kept/%s/%.*s",
                              sl_entry_class(a->provider->entry)->plugin_id, SL_FMT(name));
    return ask->id.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_kept_submit(struct sl_attempt *a, const struct sl_http_out *out,
                             struct sl_exchange **x)
{
    struct kept *k = sl_fault_hit() ? NULL : calloc(1, sizeof *k);
    const struct sl_objects_asker asker = { a->call->worker->loop, on_answer, k };
    struct sl_objects_ask ask = { .kind = SL_OBJECTS_GET };
    struct sl_buf text;
    sluice_status st;

    if (!k)
        return sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory asking the object store");
    k->base.cls = &kept_class;
    k->attempt = a;
    sl_error_clear(&k->err);
    sl_defer_init(&k->soon, step);
    sl_buf_init(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < out->n_body; i++)
        sl_buf_add(&text, out->body[i]);
    st = sl_buf_ok(&text) ? describe(a, out, &ask) : SLUICE_E_NOMEM;
    if (st < 0) {
        sl_buf_finish(&text);
        finish(k);
        return st;
    }
    ask.text = sl_buf_span(&text);
    k->status = store_of(k)->cls->ask(store_of(k), &ask, &asker, &k->found, &k->op, &k->err);
    sl_buf_finish(&text);
    if (k->status != SLUICE_PENDING)
        go_on(k);
    *x = &k->base;
    return SLUICE_OK;
}
