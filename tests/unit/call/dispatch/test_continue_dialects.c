/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that breaks off goes on in whatever words its client speaks: where the first vendor
 * spoke them itself and was relayed, and where everything is translated. */
#include "../kit.h"

#include "continue_dialects.h"

#include "base/arena.h"
#include "format/eventstream.h"
#include "format/json_scan.h"

static struct kit k;
static struct got g;

static void stream_of(const struct dialect *d)
{
    static char room[1024];
    struct sl_buf b;

    k.script.answer[0] = d->stream;
    k.script.length[0] = 0;
    if (d != &converse)
        return;
    sl_buf_init(&b, sizeof room);
    sl_buf_add(&b, SL_SPAN(HTTP("application/vnd.amazon.eventstream")));
    sl_es_event(&b, SL_SPAN("messageStart"), &SL_SPAN("{\"role\":\"assistant\"}"), 1);
    sl_es_event(&b, SL_SPAN("contentBlockDelta"),
                &SL_SPAN("{\"contentBlockIndex\":0,\"delta\":{\"text\":\"hel\"}}"), 1);
    memcpy(room, b.ptr, b.len);
    k.script.answer[0] = room;
    k.script.length[0] = b.len;
    sl_buf_finish(&b);
}

static sluice_status start(const struct dialect *d)
{
    const sluice_header params[] = { { SL_SPAN("model"), SL_SPAN("a") },
                                     { SL_SPAN("alt"), SL_SPAN("sse") } };
    bool in_path = d == &converse || d == &gemini;
    sluice_request r = { .struct_size = sizeof r,
                         .operation = sl_span_str(d->operation),
                         .flags = SLUICE_CALL_WIRE | (in_path ? SLUICE_CALL_STREAM : 0),
                         .params = params,
                         .n_params = in_path ? 2 : 0,
                         .body = sl_span_str(d->body) };
    sluice_error err = SLUICE_ERROR_INIT;

    return sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err);
}

static void run(const struct dialect *d)
{
    assert_int_equal(start(d), SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.done, 1);
    sl_buf_add_char(&g.body, 0);
}

static void open_with(const char *config)
{
    kit_open(&k, config);
    k.script.close = true;
    got_init(&g, &k);
    k.script.answer[1] = GOES_ON;
}

static int over(void **state)
{
    (void)state;
    got_free(&g);
    kit_close(&k);
    return 0;
}

static int count(const char *what)
{
    const char *p = g.body.ptr, *end = g.body.ptr + g.body.len;
    int n = 0;

    while ((p = memmem(p, (size_t)(end - p), what, strlen(what)))) {
        p += strlen(what);
        n++;
    }
    return n;
}

/* The next JSON object of the stream, whatever stands around it. */
static bool next_object(const struct dialect *d, sluice_span *rest, sluice_span *object)
{
    const unsigned char *p = (const unsigned char *)rest->ptr;
    struct sl_es_message message;
    const char *why;
    size_t n;

    if (d == &converse) {
        if (!rest->len)
            return false;
        n = (size_t)p[2] << 8 | p[3];
        assert_int_equal(sl_es_decode(sl_span_head(*rest, n), &message, &why), SLUICE_OK);
        *rest = sl_span_from(*rest, n);
        *object = message.payload;
        return true;
    }
    while (rest->len) {
        sluice_span line = sl_span_head(*rest, sl_span_find_char(*rest, '\n'));

        *rest = sl_span_from(*rest, line.len + 1);
        *object = sl_span_trim(sl_span_from(line, sl_span_starts(line, SL_SPAN("data: ")) ? 6 : 0));
        if (object->len && object->ptr[0] == '{')
            return true;
    }
    return false;
}

/* The words of the stream, one after the other. */
static void expect_text(const struct dialect *d, const char *wanted)
{
    sluice_span rest = sl_span(g.body.ptr, g.body.len - 1), object, words;
    char text[256] = "";

    while (next_object(d, &rest, &object))
        if (sl_json_raw_string(sl_json_find(object, d->text), &words))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s", SL_FMT(words));
    assert_string_equal(text, wanted);
}

static void expect_one_answer(const struct dialect *d)
{
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 2);
    expect_text(d, "hello");
    assert_int_equal(count("\"error\":{"), 0);
    for (size_t i = 0; d->once[i]; i++)
        if (count(d->once[i]) != 1)
            fail_msg("%s stands there %d times: %s", d->once[i], count(d->once[i]), g.body.ptr);
    assert_non_null(strstr(k.seen.ptr, "POST /v1/chat/completions"));
    assert_non_null(
        strstr(k.seen.ptr, "{\"role\":\"assistant\",\"content\":\"hel\",\"prefix\":true}]"));
}

static void vendors_own_stream_goes_on_elsewhere(void **state)
{
    const struct dialect *d = *state;

    open_with(d->native);
    stream_of(d);
    run(d);
    expect_one_answer(d);
}

static void translated_stream_goes_on_elsewhere(void **state)
{
    const struct dialect *d = *state;

    open_with("model_list:\n" OPENAI_CHAT REST);
    k.script.answer[0] = BROKEN;
    run(d);
    expect_one_answer(d);
}

static void without_memory_it_ends_cleanly(void **state)
{
    const struct dialect *d = *state;
    bool done = false;

    open_with(d->native);
    stream_of(d);
    for (uint64_t n = 1; !done && n < 6000; n++) {
        sluice_status st;

        got_free(&g);
        got_init(&g, &k);
        k.requests = 0;
        sl_buf_reserve(&g.body, 16384);
        sl_buf_reserve(&k.seen, 16384);
        sl_fault_after(n);
        st = start(d);
        for (int i = 0; st >= 0 && i < 100000 && !g.done; i++)
            event_base_loop(k.base, EVLOOP_ONCE);
        done = sl_fault_after(0) < n;
        assert_int_equal(g.done, st >= 0 ? 1 : 0);
    }
    assert_true(done);
    assert_int_equal(g.result, SLUICE_OK);
}

/* ---- what only one of them has ---- */

static void nobody_thinks_again(void **state)
{
    (void)state;
    open_with(messages.native);
    stream_of(&messages);
    run(&messages);
    assert_null(strstr(k.seen.ptr, "\"thinking\""));
    assert_null(strstr(k.seen.ptr, "reasoning_effort"));
    assert_int_equal(count("\"type\":\"content_block_stop\",\"index\":0"), 1);
    assert_int_equal(count("\"type\":\"content_block_stop\",\"index\":1"), 1);
    assert_int_equal(count("content_block_start"), 2 * 2);
}

/* Where a block has ended, what follows is another one. */
static void text_behind_a_closed_block_is_a_block_of_its_own(void **state)
{
    char stream[4096];

    (void)state;
    open_with(messages.native);
    snprintf(stream, sizeof stream, "%s%s", messages.stream,
             EVENT("content_block_stop", ",\"index\":1"));
    k.script.answer[0] = stream;
    run(&messages);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(count("\"type\":\"content_block_start\",\"index\":2"), 1);
    assert_int_equal(count("\"type\":\"content_block_stop\",\"index\":1"), 1);
    assert_int_equal(count("\"type\":\"content_block_stop\",\"index\":2"), 1);
}

static void nobody_goes_on_behind_a_call(void **state)
{
    char stream[4096];

    (void)state;
    open_with(messages.native);
    snprintf(stream, sizeof stream, "%s%s%s", messages.stream,
             EVENT("content_block_stop", ",\"index\":1"),
             EVENT("content_block_start", ",\"index\":2,\"content_block\":{\"type\":\"tool_use\","
                                          "\"id\":\"t\",\"name\":\"f\",\"input\":{}}"));
    k.script.answer[0] = stream;
    run(&messages);
    assert_int_equal(g.result, SLUICE_E_TRUNCATED);
    assert_int_equal(k.requests, 1);
    assert_int_equal(count("event: error"), 1);
}

static void error_event_of_the_vendor_is_gone_on_from(void **state)
{
    char stream[4096];

    (void)state;
    open_with(messages.native);
    snprintf(stream, sizeof stream, "%s%s", messages.stream,
             "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
             "\"message\":\"Overloaded\"}}\n\n");
    k.script.answer[0] = stream;
    run(&messages);
    expect_one_answer(&messages);
}

/* Numbers, ids and what was complete stay the vendor's. */
static void response_keeps_what_the_vendor_told(void **state)
{
    sluice_span rest, object, response = SL_SPAN("{}"), id = SL_SPAN(""), inside;
    int64_t number, next = 0;

    (void)state;
    open_with(responses.native);
    stream_of(&responses);
    run(&responses);
    rest = sl_span(g.body.ptr, g.body.len - 1);
    while (next_object(&responses, &rest, &object)) {
        assert_true(sl_json_i64(sl_json_find(object, "sequence_number"), &number));
        assert_int_equal(number, next++);
        if (sl_json_find(object, "item_id").ptr)
            assert_true(
                sl_span_eq(sl_json_find(object, "item_id"), SL_SPAN("\"msg_of_the_vendor\"")));
        if (sl_json_find(object, "response").ptr)
            response = sl_json_find(object, "response");
        if (!id.len && sl_json_raw_string(sl_json_find(object, "response.id"), &inside))
            id = inside;
    }
    assert_true(sl_json_raw_string(sl_json_find(response, "id"), &inside));
    assert_true(sl_span_eq(inside, id));
    assert_true(sl_json_i64(sl_json_find(response, "created_at"), &number));
    assert_int_equal(number, 7);
    assert_true(sl_span_eq(sl_json_find(response, "output.0"), SL_SPAN(THOUGHTS)));
    assert_true(
        sl_span_eq(sl_json_find(response, "output.1.content.0.text"), SL_SPAN("\"hello\"")));
    assert_true(
        sl_span_eq(sl_json_find(response, "output.1.id"), SL_SPAN("\"msg_of_the_vendor\"")));
}

/* The vendor has only the beginning: who continues the conversation gets it from here. */
static void response_that_went_on_is_continued_from_here(void **state)
{
    sluice_span rest, object, id = SL_SPAN("");
    struct dialect next = responses;
    char body[512];

    (void)state;
    open_with(responses.native);
    stream_of(&responses);
    run(&responses);
    rest = sl_span(g.body.ptr, g.body.len - 1);
    while (!id.len && next_object(&responses, &rest, &object))
        (void)sl_json_raw_string(sl_json_find(object, "response.id"), &id);
    assert_true(sl_span_starts(id, SL_SPAN("resp_")));
    snprintf(
        body, sizeof body,
        "{\"model\":\"b\",\"stream\":true,\"input\":\"and?\",\"previous_response_id\":\"%.*s\"}",
        SL_FMT(id));
    next.body = body;
    got_free(&g);
    got_init(&g, &k);
    run(&next);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(k.requests, 3);
    assert_non_null(strstr(k.seen.ptr, "POST /v1/chat/completions"));
    assert_non_null(strstr(k.seen.ptr, "hello"));
    assert_non_null(strstr(k.seen.ptr, "and?"));
}

static void nobody_goes_on_behind_a_part_that_is_over(void **state)
{
    char stream[4096];

    (void)state;
    open_with(responses.native);
    snprintf(stream, sizeof stream, "%s%s", responses.stream,
             EVENT("response.content_part.done",
                   ",\"sequence_number\":6,\"item_id\":\"msg_of_the_vendor\",\"output_index\":1,"
                   "\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"hel\"}"));
    k.script.answer[0] = stream;
    run(&responses);
    assert_int_equal(k.requests, 1);
    /* Its events are numbered on all the same. */
    assert_int_equal(count("event: response.failed"), 1);
    assert_int_equal(count("\"sequence_number\":7"), 1);
}

static void gemini_list_stays_a_list(void **state)
{
    const sluice_header params[] = { { SL_SPAN("model"), SL_SPAN("a") } };
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("generateContent"),
                         .flags = SLUICE_CALL_WIRE | SLUICE_CALL_STREAM,
                         .params = params,
                         .n_params = 1,
                         .body = sl_span_str(gemini.body) };
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_json_error why;

    (void)state;
    open_with(gemini.native);
    stream_of(&gemini);
    assert_int_equal(sluice_start(k.loop, &r, &kit_events, &g, &g.task, &err), SLUICE_OK);
    for (int i = 0; i < 100000 && !g.done; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(sl_json_validate(sl_buf_span(&g.body), &why), SLUICE_OK);
    sl_buf_add_char(&g.body, 0);
    assert_int_equal(count("\"modelVersion\":\"va-1\""), count("\"modelVersion\""));
    assert_int_equal(count("\"responseId\":\"r1\""), count("\"responseId\""));
}

#define EACH(fn, d)                                                                                \
    {                                                                                              \
#fn " (" #d ")", fn, NULL, over, (void *)(uintptr_t)&d                                     \
    }
#define ALL(fn)                                                                                    \
    EACH(fn, messages), EACH(fn, responses), EACH(fn, gemini), EACH(fn, cohere),                   \
        EACH(fn, converse), EACH(fn, ollama), EACH(fn, generate)
#define T(fn) cmocka_unit_test_teardown(fn, over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALL(vendors_own_stream_goes_on_elsewhere),
        ALL(translated_stream_goes_on_elsewhere),
        ALL(without_memory_it_ends_cleanly),
        T(nobody_thinks_again),
        T(text_behind_a_closed_block_is_a_block_of_its_own),
        T(nobody_goes_on_behind_a_call),
        T(error_event_of_the_vendor_is_gone_on_from),
        T(response_keeps_what_the_vendor_told),
        T(response_that_went_on_is_continued_from_here),
        T(nobody_goes_on_behind_a_part_that_is_over),
        T(gemini_list_stays_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
