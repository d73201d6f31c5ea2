/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parallel.c - many calls at once, without many threads: all of them run on one loop.
 *
 *     ./parallel [MODEL [CALLS]]
 */
#include "example.h"

struct answer {
    int number;
    int ok;
    size_t bytes;
};

static void on_json(void *ctx, sluice_span object)
{
    struct answer *a = ctx;

    a->bytes = json_at(object, "choices.0.message.content").len;
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct answer *a = ctx;

    (void)usage;
    a->ok = status >= 0;
    if (!a->ok)
        fprintf(stderr, "call %d: %s\n", a->number, err->message);
}

static const sluice_events events = {
    .struct_size = sizeof events,
    .json = on_json,
    .done = on_done,
};

int main(int argc, char **argv)
{
    const char *model = argc > 1 ? argv[1] : "mock/slow"; /* takes a second to answer */
    int calls = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 50, good = 0;
    sluice_options options = { .struct_size = sizeof options };
    sluice_error err = SLUICE_ERROR_INIT;
    struct answer *answers;
    uint64_t began = sluice_now_us();
    sluice *s;
    sluice_loop *loop;

    if (calls < 1 || !(answers = calloc((size_t)calls, sizeof *answers)))
        return 1;
    if (sluice_open(&options, &s, &err) < 0) {
        complain("open", &err);
        free(answers);
        return 1;
    }
    if (sluice_spawn(s, &loop, &err) < 0) {
        complain("spawn", &err);
        calls = 0;
    }
    for (int i = 0; i < calls; i++) {
        sluice_request request = { .struct_size = sizeof request };
        sluice_task task;
        char body[512];

        answers[i].number = i;
        snprintf(body, sizeof body,
                 "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\","
                 "\"content\":\"Tell me something about the number %d.\"}]}",
                 model, i);
        request.operation = span("chat.completions");
        request.body = span(body);
        if (sluice_start(loop, &request, &events, &answers[i], &task, &err) < 0)
            complain("start", &err);
    }
    /* Takes no new calls, waits for the running ones (a minute at most), frees everything. A
     * program that lives on counts them in on_done instead. */
    sluice_close(s, 60000);
    for (int i = 0; i < calls; i++)
        good += answers[i].ok && answers[i].bytes > 2;
    printf("%d of %d answered in %.1f s\n", good, calls,
           (double)(sluice_now_us() - began) / 1000000);
    free(answers);
    return good == 0 || good < calls;
}
