/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streaming.c - the text as it comes. The library runs a loop on a thread of its own; callbacks
 * come from that thread.
 *
 *     ./streaming [MODEL]
 */
#include <pthread.h>
#include "example.h"

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int over;
    sluice_status status;
};

/* One chunk of OpenAI's stream. The span is the library's: copy what is to last. */
static void on_json(void *ctx, sluice_span chunk)
{
    (void)ctx;
    print_text(json_at(chunk, "choices.0.delta.content"));
}

/* Always comes, exactly once, and last: after success, failure and cancellation alike. */
static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct stream *st = ctx;

    (void)usage;
    if (status < 0)
        complain(sluice_status_name(status), err);
    pthread_mutex_lock(&st->lock);
    st->status = status;
    st->over = 1;
    pthread_cond_signal(&st->ended);
    pthread_mutex_unlock(&st->lock);
}

/* Must outlive the call: a static table does. */
static const sluice_events events = {
    .struct_size = sizeof events,
    .json = on_json,
    .done = on_done,
};

int main(int argc, char **argv)
{
    const char *model = argc > 1 ? argv[1] : "mock/stream-slow";
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request request = { .struct_size = sizeof request, .flags = SLUICE_CALL_STREAM };
    struct stream st = { .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER };
    sluice *s;
    sluice_loop *loop;
    sluice_task task;
    sluice_status status;
    char body[512];

    if (sluice_open(&options, &s, &err) < 0) {
        complain("open", &err);
        return 1;
    }
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\","
             "\"content\":\"Count: one, two, three, four, five, six, seven.\"}]}",
             model);
    request.operation = span("chat.completions");
    request.body = span(body); /* copied: it may go when sluice_start() returns */
    status = sluice_spawn(s, &loop, &err);
    if (status >= 0)
        status = sluice_start(loop, &request, &events, &st, &task, &err);
    if (status < 0) {
        complain("start", &err); /* and no callback will come */
    } else {
        /* The call could be ended from here: sluice_cancel(loop, task). */
        pthread_mutex_lock(&st.lock);
        while (!st.over)
            pthread_cond_wait(&st.ended, &st.lock);
        status = st.status;
        pthread_mutex_unlock(&st.lock);
    }
    putchar('\n');
    sluice_close(s, 0); /* ends the loop's thread */
    return status < 0;
}
