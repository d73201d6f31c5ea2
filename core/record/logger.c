/* SPDX-License-Identifier: Apache-2.0 */
/* logger.c - see logger.h. The writer sleeps until a record comes, waits a little for company, then
 * hands over a batch. Producers wake it for the first record, and when there is company enough: few
 * enough that those who wake and sleep cost them next to nothing, and that what is queued is still
 * in a processor's cache when it is written. */
#include "record/logger.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/status.h"

#define QUEUE_RECORDS 65536     /* records a logger may lag behind ... */
#define QUEUE_BYTES (64u << 20) /* ... and their bytes */
#define BATCH_DEFAULT 512
#define COMPANY 48 /* records that are waited for at most */
#define WAIT_DEFAULT_MS 100
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 10000
#define FLUSH_MS 5000

struct sl_logger {
    atomic_uint refs;
    struct sl_entry *entry;
    struct sl_instance *instance;
    const sluice_logger_class *cls;
    const struct sl_log *log;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    struct sl_record **ring;
    size_t head, count, bytes;
    size_t enough; /* how many records the writer waits for; 0 = it does not */
    bool stopping;
    struct sl_logger_stats stats;
    bool dropping; /* said so already */
    /* the writer's own */
    uint64_t give_up_ms; /* when it stops trying to flush; 0 = nobody asked it to end */
    bool gave_up;
};

void sl_logger_put(struct sl_logger *l, struct sl_record *r)
{
    bool full, say = false, wake = false;

    pthread_mutex_lock(&l->lock);
    full = l->count == QUEUE_RECORDS || l->bytes + r->bytes > QUEUE_BYTES;
    if (full) {
        l->stats.dropped++;
        say = !l->dropping;
        l->dropping = true;
    } else {
        l->ring[(l->head + l->count) % QUEUE_RECORDS] = r;
        wake = ++l->count == l->enough;
        l->bytes += r->bytes;
        l->stats.queued++;
    }
    pthread_mutex_unlock(&l->lock);
    if (wake)
        pthread_cond_signal(&l->wake);
    if (full)
        sl_record_drop(r);
    if (say)
        sl_log(l->log, SL_WARN, "logger %.*s: queue is full, records are dropped and counted",
               SL_FMT(sl_entry_name(l->entry)));
}

/* With the lock held: sleep until woken or until ms have passed. */
static void sleep_ms(struct sl_logger *l, uint64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&l->wake, &l->lock, &until);
}

/* Wait ms, or until stopping. */
static void back_off(struct sl_logger *l, uint64_t ms)
{
    uint64_t until = sl_now_ms() + ms;

    pthread_mutex_lock(&l->lock);
    while (!l->stopping && sl_now_ms() < until)
        sleep_ms(l, until - sl_now_ms());
    pthread_mutex_unlock(&l->lock);
}

static bool is_stopping(struct sl_logger *l)
{
    bool stopping;

    pthread_mutex_lock(&l->lock);
    stopping = l->stopping;
    pthread_mutex_unlock(&l->lock);
    return stopping;
}

static void set_failing(struct sl_logger *l, bool failing)
{
    pthread_mutex_lock(&l->lock);
    l->stats.failing = failing;
    pthread_mutex_unlock(&l->lock);
}

/* Connect, again and again; false when asked to stop meanwhile. */
static bool start(struct sl_logger *l)
{
    sluice_error err = SLUICE_ERROR_INIT;
    uint64_t wait = BACKOFF_FIRST_MS;

    if (!l->cls->start)
        return true;
    while (l->cls->start(l->instance->self, &err) < 0) {
        sl_log(l->log, SL_WARN, "logger %.*s: cannot start: %s", SL_FMT(sl_entry_name(l->entry)),
               err.message);
        set_failing(l, true);
        if (is_stopping(l))
            return false;
        back_off(l, wait);
        wait = wait * 2 < BACKOFF_MAX_MS ? wait * 2 : BACKOFF_MAX_MS;
    }
    set_failing(l, false);
    return true;
}

/* Wait for records and take a batch out. 0: stopping and nothing left. */
static size_t take(struct sl_logger *l, struct sl_record **batch, size_t most, uint64_t wait_ms)
{
    size_t n = 0, company = most < COMPANY ? most : COMPANY;

    pthread_mutex_lock(&l->lock);
    l->enough = 1;
    while (l->count == 0 && !l->stopping)
        pthread_cond_wait(&l->wake, &l->lock);
    l->enough = company;
    if (l->count < company && !l->stopping)
        sleep_ms(l, wait_ms);
    l->enough = 0;
    while (n < most && l->count > 0) {
        batch[n] = l->ring[l->head];
        l->bytes -= batch[n++]->bytes;
        l->head = (l->head + 1) % QUEUE_RECORDS;
        l->count--;
    }
    if (l->count == 0)
        l->head = 0; /* the same few places again and again, not all of a large ring */
    l->dropping = l->dropping && l->count > QUEUE_RECORDS / 2;
    pthread_mutex_unlock(&l->lock);
    return n;
}

static void count(struct sl_logger *l, uint64_t *what, uint64_t n)
{
    pthread_mutex_lock(&l->lock);
    *what += n;
    pthread_mutex_unlock(&l->lock);
}

/* What is left can be handed to nobody: n records of a batch and all that is queued. */
static void lose(struct sl_logger *l, size_t n, const char *why)
{
    pthread_mutex_lock(&l->lock);
    n += l->count;
    l->stats.dropped += n;
    pthread_mutex_unlock(&l->lock);
    if (n)
        sl_log(l->log, SL_ERROR, "logger %.*s: %zu records lost at the end: %s",
               SL_FMT(sl_entry_name(l->entry)), n, why);
}

/* Hand over n records until all are safe, dropped as unusable, or, when stopping, out of time. */
static void ship(struct sl_logger *l, struct sl_record **batch, size_t n)
{
    const sluice_record *records[BATCH_DEFAULT];
    uint64_t wait = BACKOFF_FIRST_MS;
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        records[i] = &batch[i]->record;
    while (at < n) {
        sluice_error err = SLUICE_ERROR_INIT;
        size_t done = 0;
        sluice_status st = l->cls->write(l->instance->self, records + at, n - at, &done, &err);

        if (st >= 0)
            done = n - at;
        done = done < n - at ? done : n - at;
        at += done;
        count(l, &l->stats.written, done);
        set_failing(l, false);
        if (st >= 0 || at == n)
            continue;
        if (st != SLUICE_E_UNAVAILABLE) {
            at++;
            count(l, &l->stats.dropped, 1);
            sl_log(l->log, SL_WARN, "logger %.*s: a record was refused: %s",
                   SL_FMT(sl_entry_name(l->entry)), err.message);
            continue;
        }
        if (is_stopping(l)) {
            if (!l->give_up_ms) /* one limit for all that is queued */
                l->give_up_ms = sl_now_ms() + FLUSH_MS;
            if (sl_now_ms() >= l->give_up_ms) {
                l->gave_up = true;
                lose(l, n - at, err.message);
                break;
            }
        }
        count(l, &l->stats.retries, 1);
        set_failing(l, true);
        back_off(l, err.retry_after_ms ? err.retry_after_ms : wait);
        if (is_stopping(l)) /* back_off() returns at once then: do not spin */
            nanosleep(&(struct timespec){ 0, 50 * 1000000 }, NULL);
        wait = wait * 2 < BACKOFF_MAX_MS ? wait * 2 : BACKOFF_MAX_MS;
    }
    for (size_t i = 0; i < n; i++)
        sl_record_drop(batch[i]);
}

static void *writer(void *arg)
{
    struct sl_logger *l = arg;
    struct sl_record *batch[BATCH_DEFAULT];
    size_t most =
        l->cls->batch_max && l->cls->batch_max < BATCH_DEFAULT ? l->cls->batch_max : BATCH_DEFAULT;
    uint64_t wait_ms = l->cls->batch_wait_ms ? l->cls->batch_wait_ms : WAIT_DEFAULT_MS;
    sluice_error err = SLUICE_ERROR_INIT;
    size_t n;
    bool started = start(l);

    while (started && !l->gave_up && (n = take(l, batch, most, wait_ms)) > 0)
        ship(l, batch, n);
    if (!started)
        lose(l, 0, "it never started");
    if (started && l->cls->flush && l->cls->flush(l->instance->self, FLUSH_MS, &err) < 0)
        sl_log(l->log, SL_ERROR, "logger %.*s: flush failed: %s", SL_FMT(sl_entry_name(l->entry)),
               err.message);
    if (started && l->cls->stop)
        l->cls->stop(l->instance->self);
    return NULL;
}

static void destroy(struct sl_logger *l)
{
    while (l->count > 0) {
        sl_record_drop(l->ring[l->head]);
        l->head = (l->head + 1) % QUEUE_RECORDS;
        l->count--;
    }
    sl_instance_destroy(l->instance);
    sl_entry_drop(l->entry);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l->ring);
    free(l);
}

sluice_status sl_logger_create(struct sl_entry *entry, const struct sl_log *log,
                               struct sl_logger **out, sluice_error *err)
{
    struct sl_logger *l = calloc(1, sizeof *l);
    pthread_condattr_t attr;
    sluice_status st = SLUICE_E_NOMEM;

    if (!l)
        return sl_fail(err, st, "out of memory for a logger");
    atomic_init(&l->refs, 1);
    l->entry = sl_entry_hold(entry);
    l->cls = sl_entry_class(entry)->table;
    l->log = log;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &attr);
    pthread_condattr_destroy(&attr);
    l->ring = calloc(QUEUE_RECORDS, sizeof(struct sl_record *));
    if (!l->ring) {
        sl_fail(err, st, "out of memory for a logger's queue");
        goto out;
    }
    st = sl_instance_create(entry, NULL, NULL, &l->instance, err);
    if (st < 0)
        goto out;
    if (pthread_create(&l->thread, NULL, writer, l) != 0) {
        st = sl_fail(err, SLUICE_E_NOMEM, "cannot start a thread for logger %.*s",
                     SL_FMT(sl_entry_name(entry)));
        goto out;
    }
    *out = l;
    return SLUICE_OK;
out:
    destroy(l);
    return st;
}

struct sl_logger *sl_logger_hold(struct sl_logger *l)
{
    atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    return l;
}

void sl_logger_drop(struct sl_logger *l)
{
    if (!l || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_mutex_unlock(&l->lock);
    pthread_cond_signal(&l->wake);
    pthread_join(l->thread, NULL);
    destroy(l);
}

struct sl_entry *sl_logger_entry(const struct sl_logger *l)
{
    return l->entry;
}

bool sl_logger_wants_bodies(const struct sl_logger *l)
{
    return (l->cls->flags & SLUICE_LOG_BODIES) != 0;
}

struct sl_logger_stats sl_logger_stats(struct sl_logger *l)
{
    struct sl_logger_stats stats;

    pthread_mutex_lock(&l->lock);
    stats = l->stats;
    pthread_mutex_unlock(&l->lock);
    return stats;
}
