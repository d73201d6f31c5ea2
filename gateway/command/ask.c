/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - waits for the rows of a verb. */
#include "command/ask.h"

#include <event2/event.h>
#include <pthread.h>
#include <sluice_sdk/json.h>

struct wait {
    int (*row)(void *ctx, sluice_span json);
    void *ctx;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over;
    sluice_status status;
    sluice_error *err;
};

static int on_row(void *ctx, sluice_span json)
{
    struct wait *w = ctx;

    return w->row(w->ctx, json);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err)
{
    struct wait *w = ctx;

    pthread_mutex_lock(&w->lock);
    w->status = status;
    if (status < 0 && err && w->err)
        *w->err = *err;
    w->over = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

sluice_status gw_ask(sluice_loop *loop, struct event_base *base, const char *verb,
                     int (*row)(void *ctx, sluice_span json), void *ctx, sluice_error *err)
{
    struct wait w = { .row = row, .ctx = ctx, .err = err };
    sluice_status st;

    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.changed, NULL);
    st = sluice_control(loop, sl_span(NULL, 0), sl_span_str(verb), sl_span(NULL, 0), on_row,
                        on_done, &w, err);
    if (st >= 0) {
        pthread_mutex_lock(&w.lock);
        while (!w.over) {
            if (base) {
                pthread_mutex_unlock(&w.lock);
                event_base_loop(base, EVLOOP_ONCE);
                pthread_mutex_lock(&w.lock);
            } else {
                pthread_cond_wait(&w.changed, &w.lock);
            }
        }
        st = w.status;
        pthread_mutex_unlock(&w.lock);
    }
    pthread_cond_destroy(&w.changed);
    pthread_mutex_destroy(&w.lock);
    return st;
}

static int facts_row(void *ctx, sluice_span json)
{
    struct gw_facts *facts = ctx;
    int64_t n;

    facts->master_key = sl_json_is_true(sl_json_find(json, "master_key"));
    if (sl_json_i64(sl_json_find(json, "max_request_bytes"), &n) && n > 0)
        facts->max_request_bytes = (uint64_t)n;
    if (sl_json_i64(sl_json_find(json, "body_timeout_ms"), &n) && n > 0)
        facts->body_ms = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
    return 0;
}

sluice_status gw_ask_facts(sluice_loop *loop, struct event_base *base, struct gw_facts *out,
                           sluice_error *err)
{
    *out = (struct gw_facts){ 0 };
    return gw_ask(loop, base, "server", facts_row, out, err);
}
