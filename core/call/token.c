/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - see token.h. */
#include "call/token.h"

#include <pthread.h>
#include <stdlib.h>
#include <sluice/ext/token.h>
#include "base/clock.h"
#include "base/status.h"
#include "call/attempt.h"

#define FETCH_MS 30000
#define ANSWER_CAP (1u << 20)
#define MARGIN_MOST 30000 /* a token is not used this shortly before its end */

struct sl_token {
    atomic_uint refs;
    pthread_mutex_t lock; /* guards what follows */
    struct sl_secret *token;
    uint64_t renew_ms, expires_ms; /* monotonic */
    bool fetching;
    struct sl_list waiters;
};

struct sl_token_wait {
    struct sl_list node; /* in waiters, under the token's lock */
    struct sl_post post;
    struct sl_token *token;
    struct sl_loop *loop;
    struct sl_attempt *attempt; /* the loop's own; NULL: it left */
    bool listed;                /* under the lock */
    struct sl_secret *bearer;   /* what came, held: used even if it is over by then */
    sluice_status status;
    sluice_error err;
};

/* One exchange with the vendor's token endpoint, on the loop of the call that needed it first. */
struct fetch {
    struct sl_list node; /* in the worker's list */
    struct sl_worker *worker;
    struct sl_hold *hold;
    struct sl_token *token;
    struct sl_attempt with; /* what sl_request_build() reads: deployment, provider, arena */
    struct sl_exchange *x;
    struct sl_timer timer;
    struct sl_buf body;
    int status;
};

struct sl_token *sl_token_create(void)
{
    struct sl_token *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    atomic_init(&t->refs, 1);
    pthread_mutex_init(&t->lock, NULL);
    sl_list_init(&t->waiters);
    return t;
}

struct sl_token *sl_token_hold(struct sl_token *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void sl_token_drop(struct sl_token *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    sl_secret_drop(t->token);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static void wake(struct sl_post *p, bool dropped)
{
    struct sl_token_wait *w = SL_CONTAINER(p, struct sl_token_wait, post);
    struct sl_attempt *a = dropped ? NULL : w->attempt;

    if (a) {
        a->token_wait = NULL;
        a->bearer = w->bearer;
        w->bearer = NULL;
        sl_attempt_token(a, w->status, &w->err);
    }
    sl_secret_drop(w->bearer);
    sl_token_drop(w->token);
    free(w);
}

/* The fetch is over: whoever waited hears of it on its own loop. */
static void settle(struct sl_token *t, struct sl_secret *token, uint64_t ttl_ms,
                   sluice_status status, const sluice_error *err)
{
    uint64_t now = sl_now_ms(), margin = ttl_ms / 10 < MARGIN_MOST ? ttl_ms / 10 : MARGIN_MOST;

    pthread_mutex_lock(&t->lock);
    t->fetching = false;
    if (token) {
        sl_secret_drop(t->token);
        t->token = token;
        t->expires_ms = ttl_ms ? now + ttl_ms - margin : UINT64_MAX;
        t->renew_ms = ttl_ms ? now + ttl_ms - 2 * margin : UINT64_MAX;
    }
    while (!sl_list_empty(&t->waiters)) {
        struct sl_token_wait *w = SL_CONTAINER(t->waiters.next, struct sl_token_wait, node);

        sl_list_remove(&w->node);
        w->listed = false;
        w->status = status;
        w->bearer = token ? sl_secret_hold(token) : NULL;
        if (status < 0)
            w->err = *err;
        sl_loop_post(w->loop, &w->post);
    }
    pthread_mutex_unlock(&t->lock);
}

static void fetch_free(struct fetch *f)
{
    struct sl_hold *hold = f->hold;
    struct sl_worker *worker = f->worker;

    sl_timer_cancel(&f->timer);
    if (f->x)
        f->x->cls->cancel(f->x);
    sl_list_remove(&f->node);
    sl_buf_finish(&f->body);
    sl_arena_finish(&f->with.arena);
    sl_token_drop(f->token);
    free(f);
    hold->calls--;
    sl_worker_release(worker, hold);
}

static void fetch_failed(struct fetch *f, sluice_status status)
{
    settle(f->token, NULL, 0, status, &f->with.error);
    fetch_free(f);
}

static void on_timeout(struct sl_timer *t)
{
    struct fetch *f = SL_CONTAINER(t, struct fetch, timer);

    sl_fail(&f->with.error, SLUICE_E_TIMEOUT, "no token within %d ms", FETCH_MS);
    fetch_failed(f, SLUICE_E_TIMEOUT);
}

static void on_head(void *ctx, const struct sl_http_in *head)
{
    ((struct fetch *)ctx)->status = head->status;
}

static void on_data(void *ctx, sluice_span bytes, bool more)
{
    (void)more;
    sl_buf_add(&((struct fetch *)ctx)->body, bytes);
}

static const sluice_token_class *class_of(const sluice_provider_class *cls)
{
    return SLUICE_HAS(cls, sluice_provider_class, get_extension) && cls->get_extension
               ? cls->get_extension(SLUICE_TOKEN_ID)
               : NULL;
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err, bool sent)
{
    struct fetch *f = ctx;
    union {
        sluice_token token;
        char slack[sizeof(sluice_token) + SLUICE_SLACK];
    } room = { .token = { .struct_size = sizeof(sluice_token) } };
    sluice_http_head head = { .struct_size = sizeof head, .status = f->status };
    struct sl_secret *token = NULL;

    (void)sent;
    f->x = NULL;
    if (status < 0)
        f->with.error = *err;
    else if (!sl_buf_ok(&f->body))
        status =
            sl_fail(&f->with.error, SLUICE_E_UPSTREAM, "the answer with the token is too long");
    else
        status = class_of(f->with.cls)
                     ->answer(f->with.provider->self, &head, sl_buf_span(&f->body), &f->with.arena,
                              &room.token, &f->with.error);
    if (status >= 0) {
        token = sl_secret_create(room.token.token);
        if (!token)
            status = sl_fail(&f->with.error, SLUICE_E_NOMEM, "out of memory for a token");
    }
    settle(f->token, token, room.token.ttl_ms, status, &f->with.error);
    fetch_free(f);
}

static const struct sl_exchange_events fetch_events = { on_head, on_data, on_done };

static sluice_status submit(struct fetch *f)
{
    struct sl_worker *w = f->worker;
    union {
        sluice_http_request request;
        char slack[sizeof(sluice_http_request) + SLUICE_SLACK];
    } room = { .request = { .struct_size = sizeof(sluice_http_request) } };
    struct sl_transport *transport;
    struct sl_http_out out;
    sluice_status st =
        class_of(f->with.cls)
            ->request(f->with.provider->self, &f->with.arena, &room.request, &f->with.error);

    if (st >= 0)
        st = sl_request_build(&f->with, &room.request, &out);
    if (st < 0)
        return st;
    transport = sl_span_starts(room.request.url, SL_SPAN("mock:")) ? w->replay
                                                                   : sl_net_choose(&w->net, &out);
    return transport->cls->submit(transport, &out, &fetch_events, f, &f->x, &f->with.error);
}

/* The caller has set `fetching`. */
static sluice_status fetch(struct sl_attempt *a, struct sl_token *t)
{
    struct sl_worker *w = a->call->worker;
    struct fetch *f = calloc(1, sizeof *f);
    sluice_status st;

    if (!f) {
        st = sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory for a token");
        settle(t, NULL, 0, st, &a->error);
        return st;
    }
    f->worker = w;
    f->hold = a->call->hold;
    f->hold->calls++;
    f->token = sl_token_hold(t);
    f->with.pick = a->pick;
    f->with.cls = a->cls;
    f->with.provider = a->provider;
    f->with.call_view.content_type = SL_SPAN("application/x-www-form-urlencoded");
    f->with.error = (sluice_error)SLUICE_ERROR_INIT;
    sl_arena_init(&f->with.arena, ANSWER_CAP);
    sl_buf_init(&f->body, ANSWER_CAP);
    sl_timer_init(&f->timer, on_timeout);
    sl_list_append(&w->fetches, &f->node);
    st = submit(f);
    if (st < 0) {
        a->error = f->with.error;
        fetch_failed(f, st);
        return st;
    }
    sl_timer_set(w->loop, &f->timer, FETCH_MS);
    return SLUICE_OK;
}

static bool enlist(struct sl_attempt *a, struct sl_token *t)
{
    struct sl_token_wait *w = calloc(1, sizeof *w);

    if (!w)
        return false;
    w->post.fn = wake;
    w->token = sl_token_hold(t);
    w->loop = a->call->worker->loop;
    w->attempt = a;
    w->listed = true;
    sl_list_append(&t->waiters, &w->node);
    a->token_wait = w;
    return true;
}

sluice_status sl_token_get(struct sl_attempt *a)
{
    struct sl_token *t = a->pick.deployment->token;
    uint64_t now = sl_now_ms();
    bool start = false, wait = false;
    sluice_status st;

    pthread_mutex_lock(&t->lock);
    if (t->token && now < t->expires_ms)
        a->bearer = sl_secret_hold(t->token);
    else
        wait = enlist(a, t);
    if ((wait || (a->bearer && now >= t->renew_ms)) && !t->fetching)
        start = t->fetching = true;
    pthread_mutex_unlock(&t->lock);
    if (!a->bearer && !wait)
        return sl_fail(&a->error, SLUICE_E_NOMEM, "out of memory waiting for a token");
    st = start ? fetch(a, t) : SLUICE_OK;
    if (a->bearer)
        return SLUICE_OK; /* a renewal that did not begin is tried again by the next call */
    if (st < 0) {
        sl_token_leave(a);
        return st;
    }
    return SLUICE_PENDING;
}

void sl_token_leave(struct sl_attempt *a)
{
    struct sl_token_wait *w = a->token_wait;
    bool listed;

    if (!w)
        return;
    a->token_wait = NULL;
    pthread_mutex_lock(&w->token->lock);
    listed = w->listed;
    sl_list_remove(&w->node);
    pthread_mutex_unlock(&w->token->lock);
    w->attempt = NULL;
    if (listed) { /* else it is on its way to this loop, and frees itself there */
        sl_token_drop(w->token);
        free(w);
    }
}

void sl_token_refused(struct sl_token *t, const struct sl_secret *was)
{
    pthread_mutex_lock(&t->lock);
    if (t->token == was) {
        sl_secret_drop(t->token);
        t->token = NULL;
    }
    pthread_mutex_unlock(&t->lock);
}

void sl_token_finish(struct sl_worker *w)
{
    while (!sl_list_empty(&w->fetches)) {
        struct fetch *f = SL_CONTAINER(w->fetches.next, struct fetch, node);

        sl_fail(&f->with.error, SLUICE_E_SHUTDOWN, "this process is going away");
        fetch_failed(f, SLUICE_E_SHUTDOWN);
    }
}
