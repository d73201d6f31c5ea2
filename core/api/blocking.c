/* SPDX-License-Identifier: Apache-2.0 */
/* blocking.c - calls that block: on a loop of their own, shared by all threads that do so. */
#include <stdlib.h>
#include "api/instance.h"
#include "base/status.h"
#include "format/json_scan.h"
#include "format/json_write.h"

#define ANSWER_CAP (256u << 20)

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
    sluice_status status;
    sluice_error err;
    struct sl_buf text;
};

static void on_json(void *ctx, sluice_span object)
{
    struct waiter *w = ctx;

    if (w->text.len)
        sl_buf_add_char(&w->text, '\n'); /* a stream: one chunk a line */
    sl_buf_add(&w->text, object);
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    struct waiter *w = ctx;

    (void)flags;
    for (size_t i = 0; i < n; i++)
        sl_buf_add(&w->text, parts[i]);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct waiter *w = ctx;

    (void)usage;
    pthread_mutex_lock(&w->lock);
    w->status = status;
    if (err)
        w->err = *err;
    w->done = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

static const sluice_events events = {
    .struct_size = sizeof events,
    .json = on_json,
    .bytes = on_bytes,
    .done = on_done,
};

static sluice_status blocking_loop(sluice *s, sluice_loop **out, sluice_error *err)
{
    sluice_loop *mine;
    sluice_status st = SLUICE_OK;

    pthread_mutex_lock(&s->lock);
    *out = s->blocking;
    pthread_mutex_unlock(&s->lock);
    if (*out)
        return st;
    st = sluice_spawn(s, &mine, err);
    if (st < 0)
        return st;
    pthread_mutex_lock(&s->lock);
    if (!s->blocking)
        s->blocking = mine;
    *out = s->blocking;
    pthread_mutex_unlock(&s->lock);
    if (*out != mine)
        sl_loop_end(mine); /* another thread was first */
    return SLUICE_OK;
}

/* The text as the caller may free it. */
static sluice_status hand_over(struct waiter *w, char **out, size_t *len, sluice_error *err)
{
    sl_buf_add_char(&w->text, 0);
    if (!sl_buf_ok(&w->text))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the answer");
    *out = w->text.ptr;
    if (len)
        *len = w->text.len - 1;
    w->text.ptr = NULL;
    w->text.len = w->text.size = 0;
    return SLUICE_OK;
}

sluice_status sluice_run(sluice *s, const sluice_request *request, char **out, size_t *len,
                         sluice_error *err)
{
    struct waiter w = { .err = SLUICE_ERROR_INIT };
    sluice_loop *loop;
    sluice_task task;
    sluice_status st = blocking_loop(s, &loop, err);

    if (st < 0)
        return st;
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.wake, NULL);
    sl_buf_init(&w.text, ANSWER_CAP);
    st = sluice_start(loop, request, &events, &w, &task, err);
    if (st >= 0) {
        pthread_mutex_lock(&w.lock);
        while (!w.done)
            pthread_cond_wait(&w.wake, &w.lock);
        pthread_mutex_unlock(&w.lock);
        st = w.status;
        if (st < 0 && err)
            *err = w.err;
        if (st >= 0)
            st = hand_over(&w, out, len, err);
    }
    sl_buf_finish(&w.text);
    pthread_cond_destroy(&w.wake);
    pthread_mutex_destroy(&w.lock);
    return st;
}

/* choices[0].message.content, decoded. */
static sluice_status content_of(char *answer, size_t len, char **text, sluice_error *err)
{
    sluice_span inside;
    char *out;
    size_t n;

    if (!sl_json_raw_string(sl_json_find(sl_span(answer, len), "choices.0.message.content"),
                            &inside))
        return sl_fail(err, SLUICE_E_UPSTREAM, "the answer has no text");
    out = malloc(inside.len + 1);
    if (!out)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for the answer");
    n = sl_json_unescape(inside, out);
    out[n] = 0;
    *text = out;
    return SLUICE_OK;
}

sluice_status sluice_ask(sluice *s, const char *model, const char *prompt, char **text,
                         sluice_error *err)
{
    sluice_request request = { .struct_size = sizeof request,
                               .operation = SL_SPAN("chat.completions") };
    struct sl_buf body;
    struct sl_json_out o;
    char *answer = NULL;
    size_t len = 0;
    sluice_status st;

    sl_buf_init(&body, 64u << 20);
    o = sl_json_out(&body);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "model", sl_span_str(model));
    sl_json_key(&o, "messages");
    sl_json_open(&o, '[');
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "role", SL_SPAN("user"));
    sl_json_kv_str(&o, "content", sl_span_str(prompt));
    sl_json_close(&o, '}');
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    request.body = sl_buf_span(&body);
    st = sl_buf_ok(&body) ? sluice_run(s, &request, &answer, &len, err)
                          : sl_fail(err, SLUICE_E_NOMEM, "out of memory for the prompt");
    if (st >= 0)
        st = content_of(answer, len, text, err);
    free(answer);
    sl_buf_finish(&body);
    return st;
}

void sluice_free(void *p)
{
    free(p);
}
