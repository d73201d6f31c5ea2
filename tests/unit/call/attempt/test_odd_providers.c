/* SPDX-License-Identifier: Apache-2.0 */
/* A provider plugin that does what it must not: the call fails or ends well, the client gets one
 * answer, and nothing else is harmed. The plugin is this test's own. */
#include "../kit.h"

#include <sluice/provider.h>

#define CONFIG                                                                                     \
    "model_list:\n- {model_name: '*', litellm_params: {model: odd/x, api_base: 'http://odd', "     \
    "api_key: k}}\nrouter_settings: {num_retries: 0}\n"

static sluice_status (*act)(sluice_exchange *x, const sluice_sink *sink, sluice_error *err);
static int rounds, closed;

struct sluice_exchange {
    int requests, ends;
};

static sluice_status odd_create(const sluice_host *host, sluice_span config, sluice_provider **out,
                                sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_provider *)(void *)&rounds;
    return SLUICE_OK;
}

static void odd_destroy(sluice_provider *self)
{
    (void)self;
}

static sluice_status odd_begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                               sluice_exchange **out, sluice_error *err)
{
    (void)self;
    (void)call;
    (void)arena;
    (void)err;
    *out = calloc(1, sizeof **out);
    return SLUICE_OK;
}

static sluice_status odd_request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    static const sluice_header status = { { ":status", 7 }, { "200", 3 } };
    static const sluice_part body = { SLUICE_PART_BYTES, SLUICE_FORM_RAW, { "x", 1 } };

    (void)err;
    x->requests++;
    out->url = SL_SPAN("mock:");
    out->headers = &status;
    out->n_headers = 1;
    out->body = &body;
    out->n_body = 1;
    out->delay_ms = x->ends ? 1 : 0;
    return SLUICE_OK;
}

static sluice_status odd_head(sluice_exchange *x, const sluice_http_head *head, uint32_t *framing,
                              sluice_error *err)
{
    (void)x;
    (void)head;
    (void)framing;
    (void)err;
    return SLUICE_OK;
}

static sluice_status odd_data(sluice_exchange *x, const sluice_frame *frame,
                              const sluice_sink *sink, sluice_error *err)
{
    sluice_status st = act(x, sink, err);

    x->requests += (int)frame->data.len; /* both are still there, whatever the client did */
    return st;
}

static sluice_status odd_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    (void)err;
    return x->ends++ < rounds ? SLUICE_MORE : SLUICE_OK;
}

static void odd_close(sluice_exchange *x)
{
    closed++;
    free(x);
}

static const char *const operations[] = { "chat.completions", NULL };
static const sluice_provider_class odd_class = {
    .struct_size = sizeof odd_class,
    .operations = operations,
    .config_schema = "{}",
    .create = odd_create,
    .destroy = odd_destroy,
    .begin = odd_begin,
    .request = odd_request,
    .head = odd_head,
    .data = odd_data,
    .end = odd_end,
    .close = odd_close,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_PROVIDER_ID) == 0 ? &odd_class : NULL;
}

static const sluice_plugin *entry(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .id = "odd",
        .version = "1",
        .vendor = "test",
        .summary = "misbehaves",
        .get_class = get_class,
    };

    return &plugin;
}

/* ---- what it does with its sink ---- */

static sluice_status step(const sluice_sink *sink, uint32_t kind, const char *text)
{
    return sink->delta(sink, &(sluice_delta){ .struct_size = sizeof(sluice_delta),
                                              .kind = kind,
                                              .text = sl_span_str(text) });
}

#define CHUNK_TEXT                                                                                 \
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}"

static sluice_status whole_twice(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_span text = SL_SPAN("{\"choices\":[]}");

    (void)x;
    (void)err;
    (void)sink->whole(sink, &text, 1);
    return sink->whole(sink, &text, 1);
}

static sluice_status chunk_then_step(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    sluice_span text = SL_SPAN(CHUNK_TEXT);

    (void)x;
    (void)err;
    (void)sink->chunk(sink, &text, 1);
    return step(sink, SLUICE_DELTA_TEXT, "b");
}

static sluice_status arguments_without_a_call(sluice_exchange *x, const sluice_sink *sink,
                                              sluice_error *err)
{
    (void)x;
    (void)err;
    return step(sink, SLUICE_DELTA_TOOL_ARGS, "{}");
}

static sluice_status good(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)x;
    (void)err;
    (void)step(sink, SLUICE_DELTA_START, "");
    return step(sink, SLUICE_DELTA_TEXT, "good");
}

static sluice_status deaf(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)x;
    (void)err;
    for (int i = 0; i < 5; i++)
        (void)step(sink, SLUICE_DELTA_TEXT, "word");
    return SLUICE_OK;
}

static sluice_status header_with_a_line_end(sluice_exchange *x, const sluice_sink *sink,
                                            sluice_error *err)
{
    sluice_header h = { SL_SPAN("x-a"), SL_SPAN("b\r\nset-cookie: c") };

    (void)x;
    (void)err;
    return sink->head(sink, 200, &h, 1);
}

static void run(struct kit *k, struct got *g, const char *ask, int n,
                sluice_status (*what)(sluice_exchange *, const sluice_sink *, sluice_error *))
{
    act = what;
    rounds = n;
    closed = 0;
    kit_call(k, g, ask);
    assert_int_equal(closed, 1);
}

static void fails(const char *ask, sluice_status result,
                  sluice_status (*what)(sluice_exchange *, const sluice_sink *, sluice_error *))
{
    struct kit k;
    struct got g;

    kit_open(&k, CONFIG);
    run(&k, &g, ask, 0, what);
    assert_int_equal(g.head, 1);
    assert_int_equal(g.result, result);
    got_free(&g);
    kit_close(&k);
}

static void second_whole_answer_is_no_second_head(void **state)
{
    (void)state;
    fails(ASK, SLUICE_E_INTERNAL, whole_twice);
}

static void chunks_and_steps_do_not_mix(void **state)
{
    (void)state;
    fails(ASK_SSE, SLUICE_E_INTERNAL, chunk_then_step);
}

static void arguments_without_a_call_fail(void **state)
{
    (void)state;
    fails(ASK, SLUICE_E_INTERNAL, arguments_without_a_call);
}

static void header_that_would_split_the_head_fails(void **state)
{
    (void)state;
    fails(ASK, SLUICE_E_INVALID, header_with_a_line_end);
}

static void text_of_a_failed_call_reaches_no_other(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, CONFIG);
    run(&k, &g, ASK_SSE, 0, arguments_without_a_call);
    assert_int_equal(g.result, SLUICE_E_INTERNAL);
    got_free(&g);
    run(&k, &g, ASK_SSE, 0, good);
    assert_int_equal(g.result, SLUICE_OK);
    assert_memory_equal(g.body.ptr, "data: {\"id\":", 12);
    assert_null(strstr(strstr(g.body.ptr, "\"role\"") + 1, "\"role\""));
    got_free(&g);
    kit_close(&k);
}

static void polling_ends_with_the_time_limit(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = SLUICE_CALL_WIRE,
                         .timeout_ms = 50,
                         .body = sl_span_str(ASK) };

    (void)state;
    kit_open(&k, CONFIG);
    act = good;
    rounds = INT32_MAX;
    got_init(&g, &k);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    while (!g.done)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    got_free(&g);
    kit_close(&k);
}

static void provider_that_goes_on_writing_after_the_client_left_is_harmless(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    kit_open(&k, CONFIG);
    act = deaf;
    rounds = closed = 0;
    got_init(&g, &k);
    g.cancel_after = 1;
    assert_int_equal(kit_start(&k, &g, ASK_SSE, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    while (!g.done)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.result, SLUICE_E_CANCELLED);
    assert_int_equal(closed, 1);
    got_free(&g);
    kit_close(&k);
}

static void model_with_a_line_end_does_not_split_the_head(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, CONFIG);
    run(&k, &g, "{\"model\":\"a\\r\\nset-cookie: b\",\"messages\":[{\"role\":\"user\"}]}", 0, good);
    assert_int_equal(g.status, 200);
    assert_int_equal(g.split, 0);
    got_free(&g);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_whole_answer_is_no_second_head),
        cmocka_unit_test(chunks_and_steps_do_not_mix),
        cmocka_unit_test(arguments_without_a_call_fail),
        cmocka_unit_test(header_that_would_split_the_head_fails),
        cmocka_unit_test(text_of_a_failed_call_reaches_no_other),
        cmocka_unit_test(polling_ends_with_the_time_limit),
        cmocka_unit_test(provider_that_goes_on_writing_after_the_client_left_is_harmless),
        cmocka_unit_test(model_with_a_line_end_does_not_split_the_head),
    };

    sluice_add_builtin(entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
