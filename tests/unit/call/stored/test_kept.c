/* SPDX-License-Identifier: Apache-2.0 */
/* test_kept.c - a file that a provider keeps in the object store between two calls, and the models
 * that it names: through the anthropic provider, whose batches need both. */
#include "../kit.h"

#include <stdlib.h>
#include <unistd.h>
#include "base/arena.h"

#define TWO                                                                                        \
    "model_list:\n- model_name: m\n  litellm_params: {model: anthropic/claude-vendor, "            \
    "api_base: 'http://127.0.0.1:%d', api_key: sk-one}\n"                                          \
    "- model_name: 'wild/*'\n  litellm_params: {model: 'anthropic/*', "                            \
    "api_base: 'http://127.0.0.1:%d', api_key: sk-one}\n"                                          \
    "- {model_name: other, litellm_params: {model: anthropic/claude-x, api_key: sk-two}}\n"        \
    "router_settings: {num_retries: 0, model_group_alias: {alias: m}}\n"
#define FORM                                                                                       \
    "--B\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--B\r\n"              \
    "Content-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n"
#define FORM_END "\r\n--B--\r\n"
#define LINE(model)                                                                                \
    "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{"         \
    "\"model\":\"" model "\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"" \
    "}]}}"
#define RUNS                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"id\":\"msgbatch_01\",\"type\":\"message_batch\",\"processing_status\":\"in_progress\","    \
    "\"request_counts\":{\"processing\":1,\"succeeded\":0,\"errored\":0,\"canceled\":0,"           \
    "\"expired\":0},\"created_at\":\"2026-01-02T03:04:05Z\"}"

static char sqlite_path[64];

static void run(struct kit *k, struct got *g, const sluice_request *r)
{
    sluice_error err = SLUICE_ERROR_INIT;

    got_init(g, k);
    if (sluice_start(k->loop, r, &kit_events, g, &g->task, &err) < 0)
        fail_msg("sluice_start: %s", err.message);
    for (int i = 0; i < 100000 && !g->done; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    sl_buf_add_char(&g->body, 0);
    assert_int_equal(g->done, 1);
}

static sluice_request upload_of(sluice_span body)
{
    static const sluice_header headers[] = { { SL_SPAN("custom-llm-provider"),
                                               SL_SPAN("anthropic") } };

    return (sluice_request){ .struct_size = sizeof(sluice_request),
                             .operation = SL_SPAN("files.create"),
                             .flags = SLUICE_CALL_WIRE,
                             .headers = headers,
                             .n_headers = 1,
                             .content_type = SL_SPAN("multipart/form-data; boundary=B"),
                             .body = body };
}

static void upload(struct kit *k, struct got *g, const char *form)
{
    const sluice_request r = upload_of(sl_span_str(form));

    run(k, g, &r);
}

static sluice_span id_in(const struct got *g)
{
    const char *at = strstr(g->body.ptr, "\"id\":\"");

    assert_non_null(at);
    return sl_span(at + 6, strcspn(at + 6, "\""));
}

static void about(struct kit *k, struct got *g, const char *operation, sluice_span id)
{
    const sluice_header param = { SL_SPAN("file_id"), id };
    const sluice_request r = { .struct_size = sizeof r,
                               .operation = sl_span_str(operation),
                               .flags = SLUICE_CALL_WIRE,
                               .params = &param,
                               .n_params = 1 };

    run(k, g, &r);
}

static void batch(struct kit *k, struct got *g, sluice_span id)
{
    char body[512];
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("batches.create"),
                         .flags = SLUICE_CALL_WIRE };
    int n = snprintf(body, sizeof body,
                     "{\"input_file_id\":\"%.*s\",\"endpoint\":\"/v1/chat/completions\","
                     "\"completion_window\":\"24h\"}",
                     SL_FMT(id));

    r.body = sl_span(body, (size_t)n);
    run(k, g, &r);
}

/* A file with one line that names this model, and the batch that it makes. */
static void batch_of(struct kit *k, struct got *made, const char *form)
{
    struct got file;

    upload(k, &file, form);
    assert_int_equal(file.status, 200);
    batch(k, made, id_in(&file));
    got_free(&file);
}

static void open_kit(struct kit *k, const char *config)
{
    kit_open(k, config);
    k->script = (struct script){ .answer = { RUNS }, .close = true };
}

static void what_is_kept_is_given_back(void **state)
{
    struct kit k;
    struct got file, got;

    (void)state;
    open_kit(&k, TWO);
    upload(&k, &file, FORM LINE("m") FORM_END);
    assert_int_equal(file.status, 200);
    assert_true(sl_span_starts(id_in(&file), SL_SPAN("file-sl1")));
    about(&k, &got, "files.content", id_in(&file));
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body.ptr, LINE("m"));
    got_free(&got);
    about(&k, &got, "files.retrieve", id_in(&file));
    assert_string_equal(got.body.ptr, file.body.ptr);
    got_free(&got);
    assert_int_equal(k.requests, 0); /* no vendor was asked */
    got_free(&file);
    kit_close(&k);
}

static void what_is_removed_is_gone(void **state)
{
    struct kit k;
    struct got file, got;

    (void)state;
    open_kit(&k, TWO);
    upload(&k, &file, FORM LINE("m") FORM_END);
    about(&k, &got, "files.delete", id_in(&file));
    assert_int_equal(got.status, 200);
    assert_non_null(strstr(got.body.ptr, "\"deleted\":true"));
    got_free(&got);
    about(&k, &got, "files.content", id_in(&file));
    assert_int_equal(got.status, 404);
    got_free(&got);
    batch(&k, &got, id_in(&file));
    assert_int_equal(got.status, 404);
    assert_non_null(strstr(got.body.ptr, "input_file_id"));
    got_free(&got);
    got_free(&file);
    kit_close(&k);
}

static void a_line_names_models_as_a_request_does(void **state)
{
    static const struct {
        const char *form, *sent;
    } cases[] = { { FORM LINE("m") FORM_END, "\"model\":\"claude-vendor\"" },
                  { FORM LINE("alias") FORM_END, "\"model\":\"claude-vendor\"" },
                  { FORM LINE("wild/claude-z") FORM_END, "\"model\":\"claude-z\"" } };
    struct kit k;
    struct got got;

    (void)state;
    open_kit(&k, TWO);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        batch_of(&k, &got, cases[i].form);
        assert_int_equal(got.status, 200);
        assert_non_null(strstr(k.seen.ptr, "\"requests\":[{\"custom_id\":\"a\""));
        assert_non_null(strstr(k.seen.ptr, cases[i].sent));
        assert_non_null(strstr(got.body.ptr, "\"status\":\"in_progress\""));
        assert_non_null(strstr(got.body.ptr, "\"input_file_id\":\"file-sl1"));
        got_free(&got);
    }
    kit_close(&k);
}

static void a_model_that_cannot_be_used_is_refused_with_its_line(void **state)
{
    static const char *const forms[] = { FORM LINE("m") "\n" LINE("nobody") FORM_END,
                                         FORM LINE("m") "\n" LINE("other") FORM_END };
    struct kit k;
    struct got got;

    (void)state;
    open_kit(&k, TWO);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        batch_of(&k, &got, forms[i]);
        assert_int_equal(got.status, 400);
        assert_non_null(strstr(got.body.ptr, "lines.[1].body.model"));
        assert_non_null(strstr(got.body.ptr, "Line 2 of the file"));
        got_free(&got);
    }
    assert_int_equal(k.requests, 0);
    kit_close(&k);
}

static void a_file_that_is_too_large_is_refused_with_413(void **state)
{
    struct kit k;
    struct got got;
    struct sl_buf form;

    (void)state;
    open_kit(&k, TWO "general_settings: {object_store: {type: memory, max_size_mb: 1}}\n");
    sl_buf_init(&form, 1u << 20);
    sl_buf_add_str(&form, FORM);
    for (int i = 0; i < 2000; i++)
        sl_buf_add_str(&form, LINE("m") "\n");
    sl_buf_add_str(&form, FORM_END);
    sl_buf_add_char(&form, 0);
    upload(&k, &got, form.ptr);
    assert_int_equal(got.status, 413);
    assert_non_null(strstr(got.body.ptr, "file_too_large"));
    got_free(&got);
    sl_buf_finish(&form);
    kit_close(&k);
}

/* More than is translated at a time: the loop runs in between. */
static void a_large_file_is_translated_in_parts(void **state)
{
    struct kit k;
    struct got got;
    struct sl_buf form;
    size_t n = 0;

    (void)state;
    open_kit(&k, TWO);
    sl_buf_init(&form, 8u << 20);
    sl_buf_add_str(&form, FORM);
    for (int i = 0; i < 20000; i++)
        sl_buf_add_str(&form, LINE("m") "\n");
    sl_buf_add_str(&form, FORM_END);
    sl_buf_add_char(&form, 0);
    batch_of(&k, &got, form.ptr);
    assert_int_equal(got.status, 200);
    for (const char *at = k.seen.ptr; (at = strstr(at, "\"custom_id\"")); at++)
        n++;
    assert_int_equal(n, 20000);
    got_free(&got);
    sl_buf_finish(&form);
    kit_close(&k);
}

static void a_file_outlives_the_process_in_a_store_that_does(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char config[2048], name[80];
    struct kit k;
    struct got file, got;

    (void)state;
    snprintf(sqlite_path, sizeof sqlite_path, "/tmp/sluice-kept-%ld.db", (long)getpid());
    snprintf(config, sizeof config,
             "%sgeneral_settings: {object_store: {type: sqlite, path: '%s'}}\n",
             "model_list:\n- model_name: m\n  litellm_params: {model: anthropic/claude-vendor, "
             "api_base: 'http://127.0.0.1:1', api_key: sk-one}\n",
             sqlite_path);
    open_kit(&k, config);
    upload(&k, &file, FORM LINE("m") FORM_END);
    assert_int_equal(file.status, 200);
    kit_close(&k);
    open_kit(&k, config);
    about(&k, &got, "files.content", id_in(&file));
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body.ptr, LINE("m"));
    got_free(&got);
    kit_close(&k);
    got_free(&file);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", sqlite_path, ends[i]);
        unlink(name);
    }
}

static void a_client_may_leave_while_the_store_is_asked(void **state)
{
    const sluice_request r = upload_of(SL_SPAN(FORM LINE("m") FORM_END));
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got got;

    (void)state;
    open_kit(&k, TWO);
    for (int turns = 0; turns < 4; turns++) {
        got_init(&got, &k);
        assert_int_equal(sluice_start(k.loop, &r, &kit_events, &got, &got.task, &err), SLUICE_OK);
        for (int i = 0; i < turns; i++)
            event_base_loop(k.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        sluice_cancel(k.loop, got.task);
        for (int i = 0; i < 1000 && !got.done; i++)
            event_base_loop(k.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        got_free(&got);
    }
    kit_close(&k);
}

static void memory_may_fail_at_each_point(void **state)
{
    const sluice_request r = upload_of(SL_SPAN(FORM LINE("m") FORM_END));
    struct kit k;
    struct got got;
    bool whole = false;

    (void)state;
    open_kit(&k, TWO);
    for (uint64_t n = 1; n < 500 && !whole; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_status st;

        got_init(&got, &k);
        sl_fault_after(n);
        st = sluice_start(k.loop, &r, &kit_events, &got, &got.task, &err);
        for (int i = 0; st >= 0 && i < 100000 && !got.done; i++)
            event_base_loop(k.base, EVLOOP_ONCE);
        whole = sl_fault_after(0) < n;
        assert_true(st < 0 || got.done == 1);
        if (whole)
            assert_int_equal(got.status, 200);
        got_free(&got);
    }
    assert_true(whole);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_given_back),
        cmocka_unit_test(what_is_removed_is_gone),
        cmocka_unit_test(a_line_names_models_as_a_request_does),
        cmocka_unit_test(a_model_that_cannot_be_used_is_refused_with_its_line),
        cmocka_unit_test(a_file_that_is_too_large_is_refused_with_413),
        cmocka_unit_test(a_large_file_is_translated_in_parts),
        cmocka_unit_test(a_file_outlives_the_process_in_a_store_that_does),
        cmocka_unit_test(a_client_may_leave_while_the_store_is_asked),
        cmocka_unit_test(memory_may_fail_at_each_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
