/* SPDX-License-Identifier: Apache-2.0 */
/* A client that leaves at the n-th callback, for every n and every way an answer can take. Memory
 * errors are for the sanitizers to see. */
#include "kit.h"

#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"v\",\"choices\":[{"   \
    "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":[{\"id\":"   \
    "\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"           \
    "\"finish_reason\":\"stop\"}]}"
#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define BUSY                                                                                       \
    "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"             \
    "{\"error\":{\"message\":\"busy\"}}"
#define STREAM                                                                                     \
    HTTP_SSE CHUNK("{\"role\":\"assistant\",\"content\":\"\"}", "null")                            \
        CHUNK("{\"content\":\"a\"}", "null") CHUNK("{\"content\":\"b\"}", "null")                  \
            CHUNK("{}", "\"stop\"")
#define ANTHROPIC_STREAM                                                                           \
    HTTP_SSE                                                                                       \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","       \
    "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],"             \
    "\"stop_reason\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"                \
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"             \
    "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"                                     \
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"             \
    "\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n"                                  \
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"           \
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,"             \
    "\"content_block\":{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}}\n\n"     \
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"           \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"          \
    "\"tool_use\"},\"usage\":{\"output_tokens\":9}}\n\n"                                           \
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define ANTHROPIC_WHOLE                                                                            \
    HTTP_JSON                                                                                      \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\","          \
    "\"content\":[{\"type\":\"text\",\"text\":\"hello\"}],\"stop_reason\":\"end_turn\","           \
    "\"usage\":{\"input_tokens\":3,\"output_tokens\":9}}"

#define DEPLOYMENT(model)                                                                          \
    "- {model_name: m, litellm_params: {model: " model                                             \
    ", api_base: 'http://127.0.0.1:%d', api_key: k}}\n"
#define ONE(model) "model_list:\n" DEPLOYMENT(model) "router_settings: {num_retries: 0}\n"
#define TWO "model_list:\n" DEPLOYMENT("openai/a") DEPLOYMENT("openai/b")
#define MOCK                                                                                       \
    "model_list:\n- {model_name: m, litellm_params: {model: mock/x, mock_response: 'one two'}}\n"
#define CACHED ONE("openai/a") "litellm_settings: {cache: true, cache_params: {type: local}}\n"

struct leaver {
    struct got got;
    int callbacks, leave_at, released, after_done;
};

static void count(struct leaver *l)
{
    l->after_done += l->got.done > 0;
    if (++l->callbacks == l->leave_at)
        sluice_cancel(l->got.kit->loop, l->got.task);
}

static void leave_head(void *ctx, int32_t status, const sluice_header *h, size_t n, int64_t length)
{
    (void)status;
    (void)length;
    for (size_t i = 0; i < n; i++) /* all of it can be read */
        sl_buf_add(&((struct leaver *)ctx)->got.body, h[i].value);
    count(ctx);
}

static void leave_json(void *ctx, sluice_span object)
{
    sl_buf_add(&((struct leaver *)ctx)->got.body, object);
    count(ctx);
}

static void leave_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    (void)flags;
    for (size_t i = 0; i < n; i++)
        sl_buf_add(&((struct leaver *)ctx)->got.body, parts[i]);
    count(ctx);
}

static void leave_released(void *ctx)
{
    ((struct leaver *)ctx)->released++;
    count(ctx);
}

static const sluice_events leaving = { .struct_size = sizeof(sluice_events),
                                       .head = leave_head,
                                       .json = leave_json,
                                       .bytes = leave_bytes,
                                       .released = leave_released,
                                       .done = on_done };

static void one(struct kit *k, const char *ask, uint32_t flags, struct leaver *l, int leave_at)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = flags | SLUICE_BODY_BORROWED };
    char *body = strdup(ask);

    memset(l, 0, sizeof *l);
    got_init(&l->got, k);
    l->leave_at = leave_at;
    r.body = sl_span_str(body);
    assert_int_equal(sluice_start(k->loop, &r, &leaving, l, &l->got.task, &err), SLUICE_OK);
    for (int i = 0; i < 100000 && !l->got.done; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    free(body);
    assert_int_equal(l->got.done, 1);
    assert_int_equal(l->released, 1);
    assert_int_equal(l->after_done, 0);
    event_base_loop(k->base, EVLOOP_NONBLOCK);
    got_free(&l->got);
}

/* first: what the first request of each call is answered with, then: the second. */
static void leave_everywhere(const char *config, const char *ask, uint32_t flags, const char *first,
                             const char *second, size_t piece)
{
    struct kit k;
    struct leaver l;
    int n = 1;

    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
    k.script.close = true;
    k.script.piece = piece;
    do {
        k.requests = 0;
        one(&k, ask, flags, &l, n++);
    } while (l.callbacks >= l.leave_at && n < 200);
    assert_true(n > 2 && n < 200);
    kit_close(&k);
}

static void both_ways(const char *config, const char *ask, const char *first, const char *second)
{
    static const size_t pieces[] = { 0, 61 };

    for (size_t i = 0; i < 2; i++) {
        leave_everywhere(config, ask, SLUICE_CALL_WIRE, first, second, pieces[i]);
        leave_everywhere(config, ask, 0, first, second, pieces[i]);
    }
}

static void whole_answer_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(ONE("openai/a"), ASK, HTTP_JSON OK_BODY, NULL);
}

static void stream_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(ONE("openai/a"), ASK_SSE, STREAM "data: [DONE]\n\n", NULL);
}

static void cut_stream_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(ONE("openai/a"), ASK_SSE,
              HTTP_SSE CHUNK("{\"content\":\"a\"}", "null") CHUNK("{\"content\":\"b\"}", "null"),
              NULL);
}

static void whole_answer_as_a_stream_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(ONE("openai/a"), ASK_SSE, HTTP_JSON OK_BODY, NULL);
}

static void stream_as_a_whole_answer_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(ONE("openai/a"), ASK, STREAM "data: [DONE]\n\n", NULL);
}

static void translated_stream_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(ONE("anthropic/claude"), ASK_SSE, ANTHROPIC_STREAM, NULL);
}

static void translated_whole_answer_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(ONE("anthropic/claude"), ASK, ANTHROPIC_WHOLE, NULL);
}

static void second_attempt_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(TWO, ASK_SSE, BUSY, STREAM);
}

static void mock_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(MOCK, ASK_SSE, "", NULL);
    both_ways(MOCK, ASK, "", NULL);
}

static void cached_answer_can_be_left_at_every_callback(void **state)
{
    (void)state;
    both_ways(CACHED, ASK, HTTP_JSON OK_BODY, NULL);
    both_ways(CACHED, ASK_SSE, STREAM "data: [DONE]\n\n", NULL);
}

static void failure_can_be_left_at_every_callback(void **state)
{
    (void)state;
    leave_everywhere(ONE("openai/a"), ASK, SLUICE_CALL_WIRE, BUSY, NULL, 0);
    leave_everywhere(ONE("openai/a"), "{", SLUICE_CALL_WIRE, "", NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answer_can_be_left_at_every_callback),
        cmocka_unit_test(stream_can_be_left_at_every_callback),
        cmocka_unit_test(cut_stream_can_be_left_at_every_callback),
        cmocka_unit_test(whole_answer_as_a_stream_can_be_left_at_every_callback),
        cmocka_unit_test(stream_as_a_whole_answer_can_be_left_at_every_callback),
        cmocka_unit_test(translated_stream_can_be_left_at_every_callback),
        cmocka_unit_test(translated_whole_answer_can_be_left_at_every_callback),
        cmocka_unit_test(second_attempt_can_be_left_at_every_callback),
        cmocka_unit_test(mock_can_be_left_at_every_callback),
        cmocka_unit_test(cached_answer_can_be_left_at_every_callback),
        cmocka_unit_test(failure_can_be_left_at_every_callback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
