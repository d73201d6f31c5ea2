/* SPDX-License-Identifier: Apache-2.0 */
/* objects_thread.c - see objects_thread.h. An op belongs to the queue, then to the batch that runs,
 * then to its loop's posts; who asked may leave it at any of these points. */
#include "state/objects_thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/status.h"

#define BATCH_MOST 256
#define WAITING_OPS 8192
#define WAITING_BYTES (64u << 20)
#define TIDY_S 60
#define START_MS 5000   /* for the first open() */
#define END_MS 5000     /* for what is still to be kept */
#define REOPEN_MS 1000u /* between two tries */

struct store {
    struct sl_objects objects;
    const struct sl_objects_home *home;
    void *self; /* the home's */
    const struct sl_log *log;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct sl_list queue;
    size_t n_queue, bytes;            /* bytes: of all ops that are not answered */
    uint64_t asked, answered, pinged; /* ops, all in all; the number of the last ping */
    sluice_status said;               /* how the last one fared: OK or UNAVAILABLE */
    sluice_error said_error;
    bool stopping, tried, ended;
    bool orphaned;        /* it hung when it was to end: nobody may be told any more */
    sluice_status opened; /* what the last open() said */
    sluice_error open_error;
    uint64_t tried_ms;
    bool ailing; /* the log was told */
};

static struct timespec in_ms(uint64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static void free_op(struct sl_objects_op *op)
{
    sl_object_drop(op->found);
    free(op);
}

/* ---- the loops' side ---- */

static sluice_span put_text(char **at, sluice_span text)
{
    sluice_span copy = sl_span(*at, text.len);

    if (text.len)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

static void told(struct sl_post *p, bool dropped)
{
    struct sl_objects_op *op = SL_CONTAINER(p, struct sl_objects_op, post);
    struct sl_object *found = op->found;

    op->found = NULL;
    if (op->left || dropped)
        sl_object_drop(found);
    else
        op->asker.told(op->asker.ctx, op->status, found, op->status < 0 ? &op->error : NULL);
    free_op(op);
}

static struct sl_objects_op *make_op(const struct sl_objects_ask *ask,
                                     const struct sl_objects_asker *asker)
{
    size_t size = sizeof(struct sl_objects_op) + ask->owner.len + ask->id.len + ask->text.len;
    struct sl_objects_op *op = sl_fault_hit() ? NULL : malloc(size);
    char *at = op ? (char *)(op + 1) : NULL;

    if (!op)
        return NULL;
    *op = (struct sl_objects_op){ .ask = *ask, .size = size, .left = !asker };
    op->ask.owner = put_text(&at, ask->owner);
    op->ask.id = put_text(&at, ask->id);
    op->ask.text = put_text(&at, ask->text);
    op->error = (sluice_error)SLUICE_ERROR_INIT;
    op->post.fn = told;
    if (asker)
        op->asker = *asker;
    return op;
}

static sluice_status ask_store(struct sl_objects *o, const struct sl_objects_ask *ask,
                               const struct sl_objects_asker *asker, struct sl_object **found,
                               struct sl_objects_op **out, sluice_error *err)
{
    struct store *s = (struct store *)o;
    struct sl_objects_op *op = make_op(ask, asker);
    bool full;

    (void)found;
    if (!op)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory asking the object store");
    pthread_mutex_lock(&s->lock);
    full = s->n_queue >= WAITING_OPS || s->bytes + op->size > WAITING_BYTES;
    if (!full) {
        sl_list_append(&s->queue, &op->node);
        s->n_queue++;
        s->asked++;
        s->bytes += op->size;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    if (full) {
        free_op(op);
        return sl_fail(err, SLUICE_E_UNAVAILABLE, "the object store is behind");
    }
    if (out)
        *out = op;
    return SLUICE_PENDING;
}

static void leave(struct sl_objects *o, struct sl_objects_op *op)
{
    struct store *s = (struct store *)o;

    pthread_mutex_lock(&s->lock);
    op->left = true; /* the thread frees it, or the post that is under way */
    pthread_mutex_unlock(&s->lock);
}

/* ---- the thread ---- */

static void note_health(struct store *s, sluice_status st, const sluice_error *err)
{
    bool ailing = st == SLUICE_E_UNAVAILABLE;

    if (ailing == s->ailing)
        return;
    s->ailing = ailing;
    pthread_mutex_lock(&s->lock);
    if (!s->orphaned)
        sl_log(s->log, ailing ? SL_ERROR : SL_INFO, "object store: %s",
               ailing ? err->message : "it works again");
    pthread_mutex_unlock(&s->lock);
}

static bool is_open(struct store *s)
{
    uint64_t now = sl_now_ms();

    if (s->opened == SLUICE_OK)
        return true;
    if (s->tried && now - s->tried_ms < REOPEN_MS)
        return false;
    s->tried_ms = now;
    s->open_error = (sluice_error)SLUICE_ERROR_INIT;
    s->opened = s->home->open(s->self, &s->open_error);
    return s->opened == SLUICE_OK;
}

static void run(struct store *s, struct sl_list *batch)
{
    struct sl_objects_op *op;

    if (is_open(s)) {
        s->home->run(s->self, batch);
    } else {
        sl_list_each(node, batch)
        {
            op = SL_CONTAINER(node, struct sl_objects_op, node);
            op->status = SLUICE_E_UNAVAILABLE;
            op->error = s->open_error;
        }
    }
    sl_list_each(node, batch)
    {
        op = SL_CONTAINER(node, struct sl_objects_op, node);
        note_health(s, op->status, &op->error);
    }
}

/* With the lock held. */
static void answer(struct store *s, struct sl_list *batch)
{
    while (!sl_list_empty(batch)) {
        struct sl_objects_op *op = SL_CONTAINER(batch->next, struct sl_objects_op, node);

        sl_list_remove(&op->node);
        s->bytes -= op->size;
        s->answered++;
        s->said = op->status == SLUICE_E_UNAVAILABLE ? op->status : SLUICE_OK;
        s->said_error = op->error;
        if (op->left)
            free_op(op);
        else /* under the lock: who leaves finds it posted, or it is never posted */
            sl_loop_post(op->asker.loop, &op->post);
    }
}

static void take_batch(struct store *s, struct sl_list *batch)
{
    sl_list_init(batch);
    for (size_t n = 0; n < BATCH_MOST && !sl_list_empty(&s->queue); n++) {
        struct sl_list *node = s->queue.next;

        sl_list_remove(node);
        sl_list_append(batch, node);
        s->n_queue--;
    }
}

static void *thread_main(void *arg)
{
    struct store *s = arg;
    struct sl_list batch;

    (void)is_open(s);
    pthread_mutex_lock(&s->lock);
    s->tried = true;
    pthread_cond_broadcast(&s->changed);
    for (;;) {
        struct timespec until = in_ms(TIDY_S * 1000);
        int waited = 0;

        while (sl_list_empty(&s->queue) && !s->stopping && waited != ETIMEDOUT)
            waited = pthread_cond_timedwait(&s->changed, &s->lock, &until);
        if (sl_list_empty(&s->queue) && s->stopping)
            break;
        take_batch(s, &batch);
        pthread_mutex_unlock(&s->lock);
        if (!sl_list_empty(&batch))
            run(s, &batch);
        else if (is_open(s))
            s->home->tidy(s->self);
        pthread_mutex_lock(&s->lock);
        answer(s, &batch);
        pthread_cond_broadcast(&s->changed); /* whoever waits for a ping */
    }
    pthread_mutex_unlock(&s->lock);
    s->home->close(s->self);
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* With the lock held: until *flag, or the time is over. */
static bool await(struct store *s, const bool *flag, uint64_t ms)
{
    struct timespec until = in_ms(ms);
    int waited = 0;

    while (!*flag && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    return *flag;
}

static void destroy(struct sl_objects *o)
{
    struct store *s = (struct store *)o;
    bool ended;

    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->changed);
    ended = await(s, &s->ended, END_MS);
    s->orphaned = !ended;
    pthread_mutex_unlock(&s->lock);
    if (!ended) { /* it hangs in a system call: its memory stays its own */
        sl_log(s->log, SL_ERROR, "object store: it hangs; what was not written yet is lost");
        pthread_detach(s->thread);
        return;
    }
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Signals belong to the embedder's threads. */
static bool start(struct store *s)
{
    sigset_t all, before;
    bool started;

    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    started = pthread_create(&s->thread, NULL, thread_main, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* To remove what is not there takes all that writing takes. One ping is under way at a time: it is
 * behind all that was asked before. */
static sluice_status ping(struct sl_objects *o, uint32_t ms, sluice_error *err)
{
    const struct sl_objects_ask nothing = { .kind = SL_OBJECTS_REMOVE };
    struct store *s = (struct store *)o;
    struct timespec until = in_ms(ms);
    sluice_status st = SLUICE_PENDING;
    bool pending;
    int waited = 0;

    pthread_mutex_lock(&s->lock);
    pending = s->answered < s->pinged;
    pthread_mutex_unlock(&s->lock);
    if (!pending)
        st = ask_store(o, &nothing, NULL, NULL, NULL, err);
    if (st < 0)
        return st;
    pthread_mutex_lock(&s->lock);
    if (!pending)
        s->pinged = s->asked;
    while (s->answered < s->pinged && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    if (s->answered < s->pinged) {
        st = sl_fail(err, SLUICE_E_TIMEOUT, "the object store does not answer");
    } else {
        st = s->said;
        if (st < 0)
            *err = s->said_error;
    }
    pthread_mutex_unlock(&s->lock);
    return st;
}

static const struct sl_objects_class thread_class = { ask_store, leave, ping, destroy };

sluice_status sl_objects_thread(const struct sl_objects_home *home, void *self,
                                const struct sl_log *log, struct sl_objects **out,
                                sluice_error *err)
{
    struct store *s = sl_fault_hit() ? NULL : calloc(1, sizeof *s);
    sluice_status opened;
    pthread_condattr_t attr;
    bool tried;

    *out = NULL;
    if (!s) {
        home->close(self);
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the object store");
    }
    s->objects.cls = &thread_class;
    s->objects.name = home->name;
    s->home = home;
    s->self = self;
    s->log = log;
    s->opened = SLUICE_E_UNAVAILABLE;
    sl_list_init(&s->queue);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&s->lock, NULL);
    if (!start(s)) {
        home->close(self);
        free(s);
        return sl_fail(err, SLUICE_E_NOMEM, "cannot start a thread for the object store");
    }
    pthread_mutex_lock(&s->lock);
    tried = await(s, &s->tried, START_MS);
    opened = tried ? s->opened : SLUICE_E_UNAVAILABLE;
    pthread_mutex_unlock(&s->lock);
    if (opened < 0 && opened != SLUICE_E_UNAVAILABLE) {
        if (err)
            *err = s->open_error;
        destroy(&s->objects);
        return opened;
    }
    *out = &s->objects;
    return SLUICE_OK;
}
