/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flight.c - see flight.h. The table is cut into shards by digest, each with a lock that guards its
 * flights and their readers; it is only touched where single_flight is on. Whoever posts to another
 * loop does so under the lock, and whoever leaves a loop leaves its flights first: so the loop is
 * there.
 */
#include "call/cache/flight.h"

#include <pthread.h>
#include <stdlib.h>
#include "base/map.h"
#include "base/status.h"
#include "call/spawn.h"
#include "call/cache/tape.h"

#define SHARDS 16
#define READERS_MOST 10000

struct sl_flight {
    struct shard *shard;
    unsigned char digest[SL_DIGEST_SIZE];
    unsigned refs; /* readers, the call that flies, a message to it */
    size_t n_readers;
    struct sl_list readers;
    struct sl_worker *worker; /* of the call that flies */
    uint64_t task;
    struct sl_post stop;
    bool listed, begun, ended;
    struct sl_tape *tape; /* of the attempt that answers */
    char *deployment, *content_type;
    uint32_t framing;
    char uid[40]; /* of the call that flies */
    sluice_status status;
    sluice_error error;
};

struct shard {
    pthread_mutex_t lock;
    struct sl_map by_digest;
};

struct sl_flights {
    struct shard shards[SHARDS];
};

struct sl_seat {
    struct sl_list node;
    struct sl_post post;
    struct sl_flight *flight;
    struct sl_call *call;
    struct sl_tape_cursor cursor;
    bool posted; /* a message is under way */
    bool left;   /* it frees the seat */
};

struct sl_flights *sl_flights_create(void)
{
    struct sl_flights *all = calloc(1, sizeof *all);

    for (size_t i = 0; all && i < SHARDS; i++) {
        pthread_mutex_init(&all->shards[i].lock, NULL);
        sl_map_init(&all->shards[i].by_digest);
    }
    return all;
}

void sl_flights_destroy(struct sl_flights *all)
{
    for (size_t i = 0; all && i < SHARDS; i++) {
        sl_map_finish(&all->shards[i].by_digest);
        pthread_mutex_destroy(&all->shards[i].lock);
    }
    free(all);
}

/* ---- under the shard's lock ---- */

static sluice_span key_of(const struct sl_flight *f)
{
    return sl_span((const char *)f->digest, sizeof f->digest);
}

static void unlist(struct sl_flight *f)
{
    if (f->listed)
        (void)sl_map_remove(&f->shard->by_digest, key_of(f));
    f->listed = false;
}

static void drop(struct sl_flight *f)
{
    if (--f->refs)
        return;
    unlist(f);
    sl_tape_drop(f->tape);
    free(f->deployment);
    free(f->content_type);
    free(f);
}

static void on_more(struct sl_post *post, bool dropped);

static void tell_readers(struct sl_flight *f)
{
    sl_list_each(node, &f->readers)
    {
        struct sl_seat *s = SL_CONTAINER(node, struct sl_seat, node);

        if (s->posted)
            continue;
        s->posted = true;
        s->post.fn = on_more;
        sl_loop_post(s->call->worker->loop, &s->post);
    }
}

/* ---- readers ---- */

static void on_more(struct sl_post *post, bool dropped)
{
    struct sl_seat *s = SL_CONTAINER(post, struct sl_seat, post);
    struct sl_call *c = s->call;
    struct sl_attempt *a;

    if (s->left) {
        free(s);
        return;
    }
    if (dropped)
        return;
    pthread_mutex_lock(&s->flight->shard->lock);
    s->posted = false;
    pthread_mutex_unlock(&s->flight->shard->lock);
    if (sl_list_empty(&c->attempts)) {
        sl_call_resume(c);
        return;
    }
    a = SL_CONTAINER(c->attempts.prev, struct sl_attempt, node);
    if (a->x)
        sl_follow_more(a->x);
}

static void stop_flight(struct sl_post *post, bool dropped)
{
    struct sl_flight *f = SL_CONTAINER(post, struct sl_flight, stop);
    struct shard *shard = f->shard;
    struct sl_call *c = dropped ? NULL : sl_worker_find(f->worker, f->task);

    if (c)
        sl_call_cancel(c, SLUICE_E_CANCELLED);
    pthread_mutex_lock(&shard->lock);
    drop(f);
    pthread_mutex_unlock(&shard->lock);
}

void sl_flight_leave(struct sl_call *c)
{
    struct sl_seat *s = c->seat;
    struct sl_flight *f;
    struct shard *shard;

    if (!s)
        return;
    c->seat = NULL;
    f = s->flight;
    shard = f->shard;
    sl_tape_close(&s->cursor);
    pthread_mutex_lock(&shard->lock);
    sl_list_remove(&s->node);
    if (--f->n_readers == 0 && !f->ended) {
        unlist(f); /* nobody joins what is about to end */
        f->refs++;
        f->stop.fn = stop_flight;
        sl_loop_post(f->worker->loop, &f->stop);
    }
    drop(f);
    pthread_mutex_unlock(&shard->lock);
    if (s->posted)
        s->left = true;
    else
        free(s);
}

sluice_status sl_seat_read(struct sl_seat *s, sluice_span *piece, sluice_error *err)
{
    struct sl_flight *f = s->flight;
    sluice_status st = SLUICE_PENDING;

    *piece = sl_tape_next(&s->cursor);
    if (piece->len)
        return SLUICE_OK;
    pthread_mutex_lock(&f->shard->lock);
    if (f->ended && s->cursor.passed == sl_tape_length(f->tape)) {
        st = f->status;
        *err = f->error;
    } else if (sl_tape_lags(f->tape, &s->cursor)) {
        st = sl_fail(err, SLUICE_E_TRUNCATED, "the answer is shared with faster readers");
    }
    pthread_mutex_unlock(&f->shard->lock);
    return st;
}

sluice_span sl_seat_content_type(const struct sl_seat *s)
{
    return sl_span_str(s->flight->content_type);
}

/* ---- aboard ---- */

static void add(struct sl_digest *d, sluice_span s)
{
    uint64_t len = s.len;

    sl_digest_add(d, sl_span((const char *)&len, sizeof len));
    sl_digest_add(d, s);
}

/* Fields that say something about one client, not about the answer. */
static bool is_of_reader(sluice_span name)
{
    static const char *const names[] = { "user-agent", "traceparent", "x-litellm-timeout",
                                         "x-litellm-stream-timeout", "x-litellm-priority" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (sl_span_eq(name, sl_span_str(names[i])))
            return true;
    return false;
}

/* Everything that may make a difference: who asks, what for, and every member and field that goes
 * upstream or says how. */
static void make_digest(struct sl_call *c, unsigned char *out)
{
    struct sl_digest *d = &c->worker->digest;
    const sluice_span texts[] = { sl_span_str(c->operation->name),
                                  c->model,
                                  c->who->key_id,
                                  c->who->team_id,
                                  c->who->user_id,
                                  c->session,
                                  c->tags,
                                  c->query };

    sl_digest_begin(d);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        add(d, texts[i]);
    for (size_t i = 0; i < c->n_members; i++) {
        add(d, c->members[i].name);
        add(d, c->members[i].value);
    }
    for (size_t i = 0; i < c->n_headers; i++) {
        if (is_of_reader(c->headers[i].name))
            continue;
        add(d, c->headers[i].name);
        add(d, c->headers[i].value);
    }
    sl_digest_end(d, out);
}

static bool is_wanted(const struct sl_call *c)
{
    return c->group && c->group->options && c->group->options->single_flight && !c->flight &&
           !c->depth && c->operation->cached && c->operation->takes == SL_TAKES_JSON && c->body &&
           !c->body->borrowed;
}

static struct shard *shard_of(struct sl_call *c, unsigned char *digest)
{
    make_digest(c, digest);
    return &c->worker->owner->flights->shards[digest[0] % SHARDS];
}

bool sl_flight_would(struct sl_call *c, size_t *aboard)
{
    unsigned char digest[SL_DIGEST_SIZE];
    const struct sl_flight *f;
    struct shard *shard;

    *aboard = 0;
    if (!is_wanted(c))
        return false;
    shard = shard_of(c, digest);
    pthread_mutex_lock(&shard->lock);
    f = sl_map_get(&shard->by_digest, sl_span((const char *)digest, sizeof digest));
    if (f)
        *aboard = f->n_readers;
    pthread_mutex_unlock(&shard->lock);
    return true;
}

/* The call that flies. It has no parent in the books: what it costs stands in its own record, to
 * which those of the readers point. */
static bool take_off(struct sl_call *c, struct sl_flight *f)
{
    const struct sl_spawn spec = { .flags = SLUICE_CALL_DETACHED,
                                   .shared = c->body,
                                   .whole = true,
                                   .purpose = SL_SPAN("flight") };
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_call *flying;

    if (sl_call_spawn(c, &spec, &f->task, &err) < 0)
        return false;
    flying = sl_worker_find(c->worker, f->task);
    flying->parent_uid[0] = 0;
    flying->timeout_ms = flying->stream_timeout_ms = 0; /* each reader has its own */
    flying->flight = f;
    memcpy(f->uid, flying->uid, sizeof f->uid);
    f->worker = c->worker;
    return true;
}

static struct sl_flight *new_flight(struct shard *shard, const unsigned char *digest)
{
    struct sl_flight *f = sl_fault_hit() ? NULL : calloc(1, sizeof *f);

    if (!f)
        return NULL;
    memcpy(f->digest, digest, sizeof f->digest);
    f->shard = shard;
    f->refs = 1; /* the call that flies */
    f->error = (sluice_error)SLUICE_ERROR_INIT;
    sl_list_init(&f->readers);
    f->listed = sl_map_put(&shard->by_digest, key_of(f), f);
    if (f->listed)
        return f;
    free(f);
    return NULL;
}

/* NULL: it flies alone. */
static struct sl_seat *board(struct sl_call *c)
{
    unsigned char digest[SL_DIGEST_SIZE];
    struct sl_seat *s = sl_fault_hit() ? NULL : calloc(1, sizeof *s);
    struct shard *shard;
    struct sl_flight *f;

    if (!s)
        return NULL;
    shard = shard_of(c, digest);
    pthread_mutex_lock(&shard->lock);
    f = sl_map_get(&shard->by_digest, sl_span((const char *)digest, sizeof digest));
    if (f && (f->n_readers == READERS_MOST || (f->begun && !sl_tape_is_whole(f->tape)))) {
        f = NULL; /* full, or its beginning is gone */
    } else if (!f) {
        f = new_flight(shard, digest);
        if (f && !take_off(c, f)) {
            drop(f);
            f = NULL;
        }
    }
    if (f) {
        s->flight = f;
        s->call = c;
        sl_list_append(&f->readers, &s->node);
        f->n_readers++;
        f->refs++;
        memcpy(c->parent_uid, f->uid, sizeof c->parent_uid);
    }
    pthread_mutex_unlock(&shard->lock);
    if (f)
        return s;
    free(s);
    return NULL;
}

static void late(struct sl_call *c)
{
    sl_fail(&c->error, SLUICE_E_TIMEOUT, "no answer from the call that this one shares");
    sl_call_finish(c, SLUICE_E_TIMEOUT);
}

static const struct sl_wait_class waiting = { .cancel = NULL, .expired = late };

static uint64_t patience_ms(const struct sl_call *c)
{
    if (c->stream && c->stream_timeout_ms)
        return c->stream_timeout_ms;
    return c->timeout_ms ? c->timeout_ms : (uint64_t)c->settings->request_timeout_ms;
}

enum sl_verdict sl_flight_enter(struct sl_call *c)
{
    struct sl_flight *f;
    bool begun, ended;

    if (c->alone)
        return SL_NEXT;
    if (!c->seat) {
        c->seat = is_wanted(c) ? board(c) : NULL;
        c->alone = !c->seat;
        if (c->alone)
            return SL_NEXT;
    }
    f = c->seat->flight;
    pthread_mutex_lock(&f->shard->lock);
    begun = f->begun && !c->seat->cursor.segment && sl_list_empty(&c->attempts) &&
            sl_tape_open(f->tape, &c->seat->cursor);
    ended = f->ended && !f->begun;
    if (ended) {
        c->status = f->status;
        c->error = f->error;
    }
    pthread_mutex_unlock(&f->shard->lock);
    if (ended) {
        sl_flight_leave(c);
        return sl_call_refuse(c, c->status);
    }
    if (begun && sl_attempt_follow(c, sl_span_str(f->deployment), f->framing) >= 0)
        return SL_WAIT;
    if (begun || !sl_list_empty(&c->attempts)) { /* what was shared is no good for it */
        c->alone = true;
        sl_flight_leave(c);
        return SL_NEXT;
    }
    sl_call_wait(c, &waiting, patience_ms(c));
    return SL_WAIT;
}

/* ---- the call that flies ---- */

static char *copy_of(sluice_span text)
{
    char *copy = sl_fault_hit() ? NULL : malloc(text.len + 1);

    if (copy) {
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = 0;
    }
    return copy;
}

void sl_flight_begun(struct sl_attempt *a)
{
    struct sl_flight *f = a->call->flight;

    pthread_mutex_lock(&f->shard->lock);
    f->deployment = copy_of(a->pick.deployment->settings->id);
    f->content_type = copy_of(a->in.content_type);
    f->framing = a->in.asked;
    if (a->tape && f->deployment && f->content_type) {
        f->tape = sl_tape_hold(a->tape);
        f->begun = true;
        tell_readers(f);
    }
    pthread_mutex_unlock(&f->shard->lock);
}

bool sl_flight_add(struct sl_attempt *a, sluice_span bytes)
{
    struct sl_flight *f = a->call->flight;
    bool added;

    pthread_mutex_lock(&f->shard->lock);
    added = sl_tape_add(a->tape, bytes);
    if (f->tape == a->tape)
        tell_readers(f);
    pthread_mutex_unlock(&f->shard->lock);
    return added;
}

void sl_flight_ended(struct sl_call *c)
{
    struct sl_flight *f = c->flight;
    struct shard *shard;

    if (!f)
        return;
    c->flight = NULL;
    shard = f->shard;
    pthread_mutex_lock(&shard->lock);
    f->ended = true;
    f->status = c->status;
    f->error = c->error;
    if (c->status >= 0 && !f->begun) { /* there was no memory to say what it is */
        f->status = SLUICE_E_NOMEM;
        sl_fail(&f->error, SLUICE_E_NOMEM, "out of memory sharing an answer");
    }
    unlist(f);
    tell_readers(f);
    drop(f);
    pthread_mutex_unlock(&shard->lock);
}
