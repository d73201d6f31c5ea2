/* SPDX-License-Identifier: Apache-2.0 */
/* stored_kit.h - calls whose responses are kept in a file of their own, which goes with the kit. */
#ifndef TEST_CALL_STORED_KIT_H
#define TEST_CALL_STORED_KIT_H

#include "../kit.h"

#include <sqlite3.h>
#include <unistd.h>

#define WHOLE                                                                                      \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"x\",\"choices\":[{"   \
    "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello.\"},\"finish_reason\":"   \
    "\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}"
#define ANSWER                                                                                     \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" WHOLE
#define STREAM                                                                                     \
    HTTP_SSE CHUNK("{\"role\":\"assistant\",\"content\":\"Hel\"}", "null")                         \
        CHUNK("{\"content\":\"lo.\"}", "null") CHUNK("{}", "\"stop\"") "data: [DONE]\n\n"

static char dir[64], path[96], config[1024];

static inline void begin(struct kit *k, const char *answer)
{
    snprintf(dir, sizeof dir, "/tmp/sluice-stored-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/objects.db", dir);
    /* The port is the kit's to fill in. */
    snprintf(config, sizeof config,
             "model_list:\n- model_name: m\n  litellm_params: {model: together_ai/x, "
             "api_base: 'http://127.0.0.1:%%d/v1', api_key: sk-x}\n"
             "router_settings: {num_retries: 0}\n"
             "general_settings: {object_store: {type: sqlite, path: '%s'}}\n",
             path);
    kit_open(k, config);
    k->script = (struct script){ .answer = { answer }, .close = true };
}

static inline void end(struct kit *k)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char file[128];

    kit_close(k);
    for (size_t i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        unlink(file);
    }
    assert_int_equal(rmdir(dir), 0);
}

static inline void start(struct kit *k, struct got *g, const sluice_request *r)
{
    sluice_error err = SLUICE_ERROR_INIT;

    got_init(g, k);
    if (sluice_start(k->loop, r, &kit_events, g, &g->task, &err) < 0)
        fail_msg("sluice_start: %s", err.message);
}

static inline void finish(struct kit *k, struct got *g)
{
    for (int i = 0; i < 100000 && !g->done; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    sl_buf_add_char(&g->body, 0);
    assert_int_equal(g->done, 1);
}

static inline void create(struct kit *k, struct got *g, const char *body, uint32_t flags)
{
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = SL_SPAN("responses"),
                               .flags = flags,
                               .body = sl_span_str(body) };

    start(k, g, &r);
    finish(k, g);
}

/* The id of the response in an answer or a stream. */
static inline sluice_span id_in(const struct got *g)
{
    const char *at = strstr(g->body.ptr, "\"resp_");

    assert_non_null(at);
    return sl_span(at + 1, strcspn(at + 1, "\""));
}

static inline void about(struct kit *k, struct got *g, const char *operation, sluice_span id)
{
    const sluice_header param = { SL_SPAN("response_id"), id };
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = sl_span_str(operation),
                               .flags = SLUICE_CALL_WIRE,
                               .params = &param,
                               .n_params = 1 };

    start(k, g, &r);
    finish(k, g);
}

#endif
