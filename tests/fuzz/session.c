/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the messages of a client that stays connected (a WebSocket of Responses): each line is a
 * message of one session, answered by the mock provider. Each ends once, and what it is answered
 * with is lines of JSON; a session that is closed amid a call ends it.
 */
#include "fuzz.h"

#include "format/json_scan.h"

#include <event2/event.h>
#include <sluice/sluice.h>

#define TURNS 64 /* of the loop, for one message; some ask to be answered late */

struct said {
    struct sl_buf line;
    size_t lines, done;
};

static void on_head(void *ctx, int32_t status, const sluice_header *fields, size_t n,
                    int64_t length)
{
    (void)ctx;
    (void)fields;
    (void)n;
    (void)length;
    require(status >= 200 && status < 600);
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    struct said *s = ctx;

    (void)flags;
    require(!s->done);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < parts[i].len; k++) {
            if (parts[i].ptr[k] != '\n') {
                sl_buf_add_char(&s->line, parts[i].ptr[k]);
                continue;
            }
            require(sl_json_validate(sl_buf_span(&s->line), NULL) >= 0);
            sl_buf_reset(&s->line);
            s->lines++;
        }
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct said *s = ctx;

    (void)err;
    (void)usage;
    s->done++;
    require(status == SLUICE_E_CANCELLED || (s->line.len == 0 && s->lines > 0));
}

static const sluice_events events = {
    .struct_size = sizeof events, .head = on_head, .bytes = on_bytes, .done = on_done
};

static struct event_base *base;
static sluice_loop *loop;

static void open_loop(void)
{
    const sluice_options options = {
        .struct_size = sizeof options,
        .config = SL_SPAN("model_list:\n- {model_name: m, litellm_params: {model: mock/echo}}\n"
                          "- {model_name: c, litellm_params: {model: mock/context}}\n"
                          "router_settings: {num_retries: 0, disable_cooldowns: true}\n"),
        .plugin_path = FUZZ_PLUGINS,
    };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice *s = NULL;

    base = event_base_new();
    require(base && sluice_open(&options, &s, &err) >= 0);
    require(sluice_attach(s, base, &loop, &err) >= 0);
}

static void say(sluice_session *session, struct said *s, sluice_span message)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_task task;

    if (sluice_session_start(session, message, &events, s, &task, &err) < 0) {
        require(err.message[0] && !s->done);
        s->done = 1;
    }
    for (int i = 0; i < TURNS && !s->done; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    require(s->done <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sluice_request request = { .struct_size = sizeof request,
                                     .operation = SL_SPAN("responses"),
                                     .method = SL_SPAN("POST"),
                                     .flags = SLUICE_CALL_WIRE };
    sluice_span rest = sl_span((const char *)data, size);
    struct said said[8] = { 0 };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_session *session;
    size_t n = 0;

    if (!loop)
        open_loop();
    require(sluice_session_open(loop, &request, &session, &err) >= 0);
    while (rest.len && n < sizeof said / sizeof *said) {
        sluice_span line = sl_span_head(rest, sl_span_find_char(rest, '\n'));

        rest = sl_span_from(rest, line.len + 1);
        sl_buf_init(&said[n].line, 64u << 20);
        say(session, &said[n++], line);
    }
    sluice_session_close(session);
    for (size_t i = 0; i < n; i++) {
        require(said[i].done == 1);
        sl_buf_finish(&said[i].line);
    }
    return 0;
}
