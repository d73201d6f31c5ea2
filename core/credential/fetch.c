/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - see fetch.h. A fetch is in one of three states: between steps (its source is on the
 * stack), in an exchange, or in a job; in the last it can outlive its loop's other things. */
#include "credential/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/list.h"
#include "base/status.h"
#include "credential/credential.h"

#define FETCH_MS 30000 /* all steps together */
#define FETCH_ARENA (8u << 20)
#define ANSWER_CAP (1u << 20)
#define FILE_CAP (1u << 20)

struct sl_fetch_parts {
    struct sl_fetch fetch;
    struct sl_list node; /* of the fetcher */
    struct sl_credential *credential;
    struct sl_exchange *x;
    struct sl_timer step, total;
    struct sl_fetch_answer answer;
    struct sl_buf body;
    sl_fetch_answered answered;
    sluice_status failed; /* a request that could not be submitted */
    struct sl_job *job;
    void (*work)(struct sl_fetch *f);
    void (*worked)(struct sl_fetch *f, sluice_status status);
    bool over; /* told already: only the job's return is waited for */
};

static void release(struct sl_fetch_parts *p)
{
    sl_buf_finish(&p->body);
    sl_arena_finish(&p->fetch.arena);
    sl_credential_drop(p->credential);
    free(p);
}

/* Tells the credential and lets everything of the loop go. */
static void finish(struct sl_fetch_parts *p, struct sl_grant *grant, sluice_status status,
                   const sluice_error *err)
{
    struct sl_credential_user *user = &p->fetch.user;
    void (*let_go)(void *) = user->let_go;
    void *keeper = user->keeper;

    p->over = true;
    sl_timer_cancel(&p->step);
    sl_timer_cancel(&p->total);
    if (p->x)
        p->x->cls->cancel(p->x);
    p->x = NULL;
    sl_list_remove(&p->node);
    sl_credential_fetched(p->credential, grant, status, err);
    if (!p->job || sl_jobs_cancel(user->fetcher->jobs, p->job))
        release(p);
    if (let_go)
        let_go(keeper);
}

void sl_fetch_fail(struct sl_fetch *f, sluice_status status)
{
    finish(f->parts, NULL, status, &f->err);
}

void sl_fetch_done(struct sl_fetch *f, const struct sl_grant_text *text)
{
    struct sl_grant *grant = sl_grant_create(text);
    sluice_status st = SLUICE_OK;

    if (!grant)
        st = sl_fail(&f->err, SLUICE_E_NOMEM, "out of memory for a credential");
    finish(f->parts, grant, st, &f->err);
}

struct sl_credential *sl_fetch_credential(struct sl_fetch *f)
{
    return f->parts->credential;
}

/* ---- an exchange ---- */

static void answered(struct sl_fetch_parts *p, sluice_status status)
{
    p->x = NULL;
    sl_timer_cancel(&p->step);
    p->answer.body = sl_buf_span(&p->body);
    p->answered(&p->fetch, status, status < 0 ? NULL : &p->answer);
}

static void on_head(void *ctx, const struct sl_http_in *head)
{
    struct sl_fetch_parts *p = ctx;
    struct sluice_arena *arena = &p->fetch.arena;
    sluice_header *list = sl_alloc(arena, (head->n_headers + 1) * sizeof *list);

    p->answer.status = head->status;
    p->answer.headers = list;
    for (size_t i = 0; list && i < head->n_headers; i++) {
        list[i].name = sl_arena_dup(arena, head->headers[i].name);
        list[i].value = sl_arena_dup(arena, head->headers[i].value);
        if (!list[i].name.ptr || !list[i].value.ptr)
            return;
        p->answer.n_headers = i + 1;
    }
}

static void on_data(void *ctx, sluice_span bytes, bool more)
{
    struct sl_fetch_parts *p = ctx;

    (void)more;
    sl_buf_add(&p->body, bytes);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err, bool sent)
{
    struct sl_fetch_parts *p = ctx;

    (void)sent;
    if (status < 0)
        p->fetch.err = *err;
    else if (!sl_buf_ok(&p->body))
        status = sl_fail(&p->fetch.err, SLUICE_E_UPSTREAM,
                         "the answer with a credential is longer than %u bytes", ANSWER_CAP);
    answered(p, status);
}

static const struct sl_exchange_events events = { .head = on_head,
                                                  .data = on_data,
                                                  .done = on_done };

static void step_over(struct sl_timer *t)
{
    struct sl_fetch_parts *p = SL_CONTAINER(t, struct sl_fetch_parts, step);

    if (p->x)
        p->x->cls->cancel(p->x);
    answered(p, sl_fail(&p->fetch.err, SLUICE_E_TIMEOUT, "no answer with a credential in time"));
}

static void not_sent(struct sl_timer *t)
{
    struct sl_fetch_parts *p = SL_CONTAINER(t, struct sl_fetch_parts, step);

    answered(p, p->failed);
}

void sl_fetch_http(struct sl_fetch *f, const struct sl_http_out *out, uint32_t timeout_ms,
                   sl_fetch_answered then)
{
    struct sl_fetch_parts *p = f->parts;
    struct sl_fetcher *fetcher = f->user.fetcher;
    struct sl_transport *t = sl_span_starts(out->url, SL_SPAN("mock:"))
                                 ? fetcher->replay
                                 : sl_net_choose(fetcher->net, out);

    p->answer = (struct sl_fetch_answer){ 0 };
    p->answered = then;
    sl_buf_reset(&p->body);
    p->failed = t->cls->submit(t, out, &events, p, &p->x, &f->err);
    sl_timer_init(&p->step, p->failed < 0 ? not_sent : step_over);
    sl_timer_set(fetcher->loop, &p->step, p->failed < 0 ? 0 : timeout_ms);
}

/* ---- work ---- */

static void work(void *ctx)
{
    struct sl_fetch_parts *p = ctx;

    p->work(&p->fetch);
}

static void worked(void *ctx)
{
    struct sl_fetch_parts *p = ctx;

    p->job = NULL;
    if (p->over)
        release(p);
    else
        p->worked(&p->fetch, SLUICE_OK);
}

static void not_worked(struct sl_timer *t)
{
    struct sl_fetch_parts *p = SL_CONTAINER(t, struct sl_fetch_parts, step);

    p->worked(&p->fetch, sl_fail(&p->fetch.err, SLUICE_E_NOMEM, "out of memory for a credential"));
}

void sl_fetch_work(struct sl_fetch *f, void (*fn)(struct sl_fetch *f),
                   void (*then)(struct sl_fetch *f, sluice_status status))
{
    struct sl_fetch_parts *p = f->parts;

    p->work = fn;
    p->worked = then;
    p->job = sl_jobs_submit(f->user.fetcher->jobs, f->user.fetcher->loop, work, worked, p);
    if (p->job)
        return;
    sl_timer_init(&p->step, not_worked);
    sl_timer_set(f->user.fetcher->loop, &p->step, 0);
}

sluice_status sl_fetch_read_file(struct sl_fetch *f, const char *path, sluice_span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    sluice_status st = SLUICE_OK;
    struct sl_buf b;
    ssize_t n = 1;

    if (fd < 0)
        return sl_fail(&f->err, SLUICE_E_NOT_FOUND, "%.200s: %s", path, strerror(errno));
    sl_buf_init(&b, FILE_CAP);
    while (n > 0 && sl_buf_reserve(&b, 4096)) {
        n = read(fd, b.ptr + b.len, 4096);
        if (n > 0)
            b.len += (size_t)n;
    }
    close(fd);
    *out = sl_buf_ok(&b) ? sl_arena_dup(&f->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
    if (n < 0)
        st = sl_fail(&f->err, SLUICE_E_NOT_FOUND, "%.200s: %s", path, strerror(errno));
    else if (!sl_buf_ok(&b))
        st = sl_fail(&f->err, SLUICE_E_INVALID, "%.200s: longer than %u bytes", path, FILE_CAP);
    else if (!out->ptr)
        st = sl_fail(&f->err, SLUICE_E_NOMEM, "out of memory for a credential");
    if (b.ptr)
        explicit_bzero(b.ptr, b.size);
    sl_buf_finish(&b);
    return st;
}

/* ---- beginning and end ---- */

static void total_over(struct sl_timer *t)
{
    struct sl_fetch_parts *p = SL_CONTAINER(t, struct sl_fetch_parts, total);
    sluice_error err = SLUICE_ERROR_INIT; /* a job may be writing its own */

    sl_fail(&err, SLUICE_E_TIMEOUT, "no credential within %d ms", FETCH_MS);
    finish(p, NULL, SLUICE_E_TIMEOUT, &err);
}

sluice_status sl_fetch_start(struct sl_credential *c, const struct sl_credential_user *user,
                             void (*begin)(struct sl_fetch *f), sluice_error *err)
{
    struct sl_fetch_parts *p = sl_fault_hit() ? NULL : calloc(1, sizeof *p);

    if (!p)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for a credential");
    p->fetch.parts = p;
    p->fetch.user = *user;
    p->fetch.err = (sluice_error)SLUICE_ERROR_INIT;
    p->credential = sl_credential_hold(c);
    sl_arena_init(&p->fetch.arena, FETCH_ARENA);
    sl_buf_init(&p->body, ANSWER_CAP);
    sl_timer_init(&p->step, step_over);
    sl_timer_init(&p->total, total_over);
    sl_list_append(&user->fetcher->running, &p->node);
    sl_timer_set(user->fetcher->loop, &p->total, FETCH_MS);
    if (user->keep)
        user->keep(user->keeper);
    begin(&p->fetch);
    return SLUICE_OK;
}

void sl_fetcher_init(struct sl_fetcher *f, struct sl_loop *loop, struct sl_net *net,
                     struct sl_transport *replay, struct sl_jobs *jobs)
{
    *f = (struct sl_fetcher){ .loop = loop, .net = net, .replay = replay, .jobs = jobs };
    sl_list_init(&f->running);
}

void sl_fetcher_finish(struct sl_fetcher *f)
{
    sluice_error err = SLUICE_ERROR_INIT;

    sl_fail(&err, SLUICE_E_SHUTDOWN, "this process is going away");
    while (!sl_list_empty(&f->running)) {
        struct sl_fetch_parts *p = SL_CONTAINER(f->running.next, struct sl_fetch_parts, node);

        finish(p, NULL, SLUICE_E_SHUTDOWN, &err);
    }
}
