/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit.h - the library as an embedder sees it, through sluice.h alone, on the mock provider: a call
 * whose callbacks are counted and that another thread can wait for.
 */
#ifndef TEST_API_KIT_H
#define TEST_API_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sluice/sluice.h>

#define PLUGINS TEST_BUILD_DIR "/lib/sluice/1"

struct call {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int jsons, dones;
    sluice_status status;
    sluice_error err;
    pthread_t thread; /* of the last callback */
    char last[512];   /* the last object, cut */
    sluice_task task;
};

static inline sluice_span text(const char *s)
{
    return (sluice_span){ s, strlen(s) };
}

static inline void on_json(void *ctx, sluice_span object)
{
    struct call *c = ctx;

    pthread_mutex_lock(&c->lock);
    c->jsons++;
    c->thread = pthread_self();
    snprintf(c->last, sizeof c->last, "%.*s", (int)object.len, object.ptr);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static inline void on_done(void *ctx, sluice_status status, const sluice_error *err,
                           const sluice_usage *usage)
{
    struct call *c = ctx;

    (void)usage;
    pthread_mutex_lock(&c->lock);
    c->dones++;
    c->status = status;
    if (status < 0)
        c->err = *err;
    c->thread = pthread_self();
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static const sluice_events call_events = {
    .struct_size = sizeof(sluice_events),
    .json = on_json,
    .done = on_done,
};

static inline void call_init(struct call *c)
{
    memset(c, 0, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
}

static inline void call_finish(struct call *c)
{
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
}

/* Until so many objects or ends have come. A minute is a broken test, not a limit. */
static inline void call_wait(struct call *c, int jsons, int dones)
{
    struct timespec until;
    int e = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&c->lock);
    while ((c->jsons < jsons || c->dones < dones) && (!c->dones || dones) && e == 0)
        e = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    pthread_mutex_unlock(&c->lock);
    assert_int_equal(e, 0);
}

static inline int call_dones(struct call *c)
{
    int n;

    pthread_mutex_lock(&c->lock);
    n = c->dones;
    pthread_mutex_unlock(&c->lock);
    return n;
}

static inline sluice_status call_start(struct call *c, sluice_loop *loop, const char *model,
                                       uint32_t flags, const char *words)
{
    char body[2048];
    sluice_request r = { .struct_size = sizeof r, .flags = flags };

    snprintf(body, sizeof body,
             "{\"model\":\"%s\"%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}", model,
             flags & SLUICE_CALL_STREAM ? ",\"stream\":true" : "", words);
    r.operation = text("chat.completions");
    r.body = text(body);
    return sluice_start(loop, &r, &call_events, c, &c->task, &c->err);
}

#define MODEL(name, model) "- {model_name: " name ", litellm_params: {model: mock/" model "}}\n"
/* A model that says its own name: which configuration answered can be told. */
#define SAYS(name, words)                                                                          \
    "- {model_name: " name ", litellm_params: {model: mock/x, mock_response: '" words "'}}\n"
#define MODELS                                                                                     \
    "model_list:\n" MODEL("echo", "echo") MODEL("slow", "slow") MODEL("stream", "stream-slow")

static inline sluice *open_text(const char *config)
{
    sluice_options o = { .struct_size = sizeof o, .plugin_path = PLUGINS };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice *s = NULL;

    o.config = text(config);
    if (sluice_open(&o, &s, &err) < 0)
        fail_msg("%s", err.message);
    return s;
}

static inline sluice_loop *spawn(sluice *s)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_loop *loop = NULL;

    assert_int_equal(sluice_spawn(s, &loop, &err), SLUICE_OK);
    return loop;
}

/* A model's answer to one prompt; malloc'ed. */
static inline char *ask(sluice *s, const char *model, const char *prompt)
{
    sluice_error err = SLUICE_ERROR_INIT;
    char *answer = NULL;

    if (sluice_ask(s, model, prompt, &answer, &err) < 0)
        fail_msg("%s", err.message);
    return answer;
}

#endif
