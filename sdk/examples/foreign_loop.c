/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign_loop.c - on an event loop that the library has never heard of: here plain poll(); libuv,
 * GLib, asyncio or Go work the same way. A queue has a descriptor. When it is readable,
 * sluice_queue_run() runs the callbacks on the thread that calls it; nothing needs a lock.
 *
 *     ./foreign_loop [MODEL]
 */
#include <poll.h>
#include "example.h"

struct stream {
    int over;
    sluice_status status;
};

static void on_json(void *ctx, sluice_span chunk)
{
    (void)ctx;
    print_text(json_at(chunk, "choices.0.delta.content"));
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct stream *st = ctx;

    (void)usage;
    if (status < 0)
        complain(sluice_status_name(status), err);
    st->status = status;
    st->over = 1;
}

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
    struct stream st = { 0 };
    sluice *s;
    sluice_queue *queue = NULL;
    sluice_task task;
    char body[512];

    if (sluice_open(&options, &s, &err) < 0) {
        complain("open", &err);
        return 1;
    }
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\","
             "\"content\":\"Somebody else's loop runs this.\"}]}",
             model);
    request.operation = span("chat.completions");
    request.body = span(body);
    st.status = sluice_queue_open(s, &queue, &err);
    if (st.status >= 0)
        st.status = sluice_start(sluice_queue_loop(queue), &request, &events, &st, &task, &err);
    if (st.status < 0) {
        complain("start", &err);
        st.over = 1;
    }
    while (!st.over) {
        struct pollfd fds[] = {
            { .fd = sluice_queue_fd(queue), .events = POLLIN },
            /* ... and the descriptors of the rest of your program. */
        };

        if (poll(fds, sizeof fds / sizeof fds[0], -1) > 0 && (fds[0].revents & POLLIN))
            sluice_queue_run(queue);
    }
    putchar('\n');
    sluice_queue_close(queue); /* before the library */
    sluice_close(s, 0);
    return st.status < 0;
}
