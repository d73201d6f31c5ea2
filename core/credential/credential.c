/* SPDX-License-Identifier: Apache-2.0 */
/* credential.c - see credential.h: the grant of the moment, who waits for it, when it is renewed.
 */
#include "credential/credential.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/list.h"
#include "base/status.h"
#include "credential/impl.h"

#define RETRY_MS 1000 /* between renewals that fail while the old grant still serves */

struct sl_credential_wait {
    struct sl_list node; /* in waiters, under the lock */
    struct sl_post post;
    struct sl_credential *credential;
    struct sl_loop *loop;
    void (*ready)(void *ctx, sluice_status status, struct sl_grant *grant,
                  const sluice_error *err); /* the loop's own; NULL: it left */
    void *ctx;
    bool listed; /* under the lock */
    struct sl_grant *grant;
    sluice_status status;
    sluice_error err;
};

struct sl_credential *sl_credential_hold(struct sl_credential *c)
{
    if (c)
        atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void sl_credential_drop(struct sl_credential *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (c->source && c->source->destroy && c->self)
        c->source->destroy(c->self);
    sl_grant_drop(c->grant);
    sl_secret_drop(c->key);
    sl_arena_finish(&c->arena);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

bool sl_credential_same(const struct sl_credential *a, const struct sl_credential *b)
{
    return memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

uint32_t sl_credential_kind(const struct sl_credential *c)
{
    if (!c)
        return SLUICE_CRED_NONE;
    return c->source ? c->source->kind : SLUICE_CRED_KEY;
}

struct sl_secret *sl_credential_key(const struct sl_credential *c)
{
    return c ? c->key : NULL;
}

/* ---- the fetch ---- */

static void wake(struct sl_post *p, bool dropped)
{
    struct sl_credential_wait *w = SL_CONTAINER(p, struct sl_credential_wait, post);

    if (!dropped && w->ready)
        w->ready(w->ctx, w->status, sl_grant_hold(w->grant), &w->err);
    sl_grant_drop(w->grant);
    sl_credential_drop(w->credential);
    free(w);
}

/* Whoever waited hears of it on its own loop, with the grant it waited for: it is used even when it
 * is over by then. */
void sl_credential_fetched(struct sl_credential *c, struct sl_grant *grant, sluice_status status,
                           const sluice_error *err)
{
    pthread_mutex_lock(&c->lock);
    c->fetching = false;
    if (grant) {
        sl_grant_drop(c->grant);
        c->grant = grant;
    } else {
        c->again_ms = sl_now_ms() + RETRY_MS;
    }
    while (!sl_list_empty(&c->waiters)) {
        struct sl_credential_wait *w =
            SL_CONTAINER(c->waiters.next, struct sl_credential_wait, node);

        sl_list_remove(&w->node);
        w->listed = false;
        w->status = status;
        w->grant = sl_grant_hold(grant);
        if (status < 0)
            w->err = *err;
        sl_loop_post(w->loop, &w->post);
    }
    pthread_mutex_unlock(&c->lock);
}

static void begin(struct sl_fetch *f)
{
    struct sl_credential *c = sl_fetch_credential(f);

    c->source->fetch(c->self, f);
}

/* The caller has set `fetching`. */
static sluice_status fetch(struct sl_credential *c, const struct sl_credential_user *user,
                           sluice_error *err)
{
    sluice_status st = sl_fetch_start(c, user, begin, err);

    if (st < 0)
        sl_credential_fetched(c, NULL, st, err);
    return st;
}

static struct sl_credential_wait *enlist(struct sl_credential *c,
                                         const struct sl_credential_user *user)
{
    struct sl_credential_wait *w = sl_fault_hit() ? NULL : calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->post.fn = wake;
    w->credential = sl_credential_hold(c);
    w->loop = user->fetcher->loop;
    w->ready = user->ready;
    w->ctx = user->ctx;
    w->err = (sluice_error)SLUICE_ERROR_INIT;
    w->listed = true;
    sl_list_append(&c->waiters, &w->node);
    return w;
}

sluice_status sl_credential_get(struct sl_credential *c, const struct sl_credential_user *user,
                                struct sl_grant **grant, struct sl_credential_wait **wait,
                                sluice_error *err)
{
    struct sl_grant *now_there = NULL;
    struct sl_credential_wait *w = NULL;
    bool start = false;
    uint64_t now;
    sluice_status st;

    if (!c->source) { /* a key: nothing changes */
        *grant = sl_grant_hold(c->grant);
        return SLUICE_OK;
    }
    now = sl_now_ms();
    pthread_mutex_lock(&c->lock);
    if (c->grant && !sl_grant_is_over(c->grant, now))
        now_there = sl_grant_hold(c->grant);
    else
        w = enlist(c, user);
    if (!c->fetching &&
        (w || (now_there && now >= c->again_ms && sl_grant_wants_renewal(now_there, now))))
        start = c->fetching = true;
    pthread_mutex_unlock(&c->lock);
    if (!now_there && !w)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory waiting for a credential");
    *grant = now_there;
    *wait = w;
    st = start ? fetch(c, user, err) : SLUICE_OK;
    if (now_there)
        return SLUICE_OK; /* a renewal that did not begin is tried again by a later call */
    if (st < 0) {
        sl_credential_leave(w);
        *wait = NULL;
        return st;
    }
    return SLUICE_PENDING;
}

void sl_credential_leave(struct sl_credential_wait *w)
{
    struct sl_credential *c = w->credential;
    bool listed;

    pthread_mutex_lock(&c->lock);
    listed = w->listed;
    sl_list_remove(&w->node);
    pthread_mutex_unlock(&c->lock);
    w->ready = NULL;
    if (listed) { /* else it is on its way to this loop, and frees itself there */
        free(w);
        sl_credential_drop(c);
    }
}

bool sl_credential_refused(struct sl_credential *c, const struct sl_grant *was)
{
    if (!c->source)
        return false;
    pthread_mutex_lock(&c->lock);
    if (c->grant == was) {
        sl_grant_drop(c->grant);
        c->grant = NULL;
    }
    pthread_mutex_unlock(&c->lock);
    return true;
}
