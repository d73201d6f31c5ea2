/* SPDX-License-Identifier: Apache-2.0 */
/* The Ollama dialect where no upstream is needed to see it: calls without ids, signatures, what was
 * found out, and memory that runs out. */
#include "../dialect/dialect_kit.h"

#define OP "ollama.chat"
#define ASK(messages) "{\"messages\":[" messages "],\"stream\":false}"
#define CALL(name, more) "{\"function\":{\"name\":\"" name "\",\"arguments\":{}}" more "}"
#define PIVOT_CALL(id, name, more)                                                                 \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name                      \
    "\",\"arguments\":\"{}\"}" more "}"
#define SAID(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"

static void calls_without_ids_are_numbered_and_results_find_them(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        ASK("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[" CALL("f", "") "," CALL(
            "g", "") "," CALL("f", "") "]},"
                                       "{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"1\"},"
                                       "{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"2\"},"
                                       "{\"role\":\"tool\",\"content\":\"3\"}"),
        SAID("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" PIVOT_CALL(
            "call_0", "f",
            "") "," PIVOT_CALL("call_1", "g",
                               "") "," PIVOT_CALL("call_2", "f",
                                                  "") "]},"
                                                      "{\"role\":\"tool\",\"tool_call_id\":\"call_"
                                                      "0\",\"content\":\"1\"},"
                                                      "{\"role\":\"tool\",\"tool_call_id\":\"call_"
                                                      "2\",\"content\":\"2\"},"
                                                      "{\"role\":\"tool\",\"tool_call_id\":\"call_"
                                                      "1\",\"content\":\"3\"}"));
}

static void calls_with_ids_keep_them(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        ASK("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[" CALL(
            "f",
            ",\"id\":\"x\"") "," CALL("f",
                                      ",\"id\":\"y\"") "]},"
                                                       "{\"role\":\"tool\",\"tool_call_id\":\"y\","
                                                       "\"tool_name\":\"f\",\"content\":\"1\"}"),
        SAID("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" PIVOT_CALL(
            "x", "f",
            "") "," PIVOT_CALL("y", "f",
                               "") "]},"
                                   "{\"role\":\"tool\",\"tool_call_id\":\"y\",\"content\":\"1\"}"));
}

static void results_of_no_call_are_refused(void **state)
{
    (void)state;
    desk_expect_refusal(OP, 0, ASK("{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"1\"}"),
                        "messages.[0].tool_name");
}

static void pictures_of_results_are_with_them_or_behind_the_last_one(void **state)
{
#define SHOWN(text) "{\"role\":\"tool\",\"content\":\"" text "\",\"images\":[\"AA\"]}"
#define TOLD(id, content) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":" content "}"
#define PICTURE "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\"}}"
#define WITH(text) "[{\"type\":\"text\",\"text\":\"" text "\"}," PICTURE "]"
    static const char asked[] =
        ASK("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[" CALL("f", "") "," CALL(
            "g", "") "]}," SHOWN("1") "," SHOWN("2") ",{\"role\":\"user\",\"content\":\"q\"}");

    (void)state;
    desk_expect_request(
        OP, 0, asked,
        SAID("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" PIVOT_CALL(
            "call_0", "f",
            "") "," PIVOT_CALL("call_1", "g",
                               "") "]}," TOLD("call_0",
                                              "\"1\"") "," TOLD("call_1",
                                                                "\"2\"") ",{\"role\":\"user\","
                                                                         "\"content\":[" PICTURE
                                                                         "," PICTURE "]},"
                                                                         "{\"role\":\"user\","
                                                                         "\"content\":\"q\"}"));
    desk_expect_request(
        OP, DESK_EXTENDED, asked,
        SAID("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" PIVOT_CALL(
            "call_0", "f",
            "") "," PIVOT_CALL("call_1", "g",
                               "") "]}," TOLD("call_0",
                                              WITH("1")) "," TOLD("call_1",
                                                                  WITH("2")) ",{\"role\":\"user\","
                                                                             "\"content\":\"q\"}"));
}

#define BLOCKS                                                                                     \
    "\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"sig\"}]"
#define GOOGLE "\"extra_content\":{\"google\":{\"thought_signature\":\"c\"}}"

static const char signed_turn[] =
    ASK("{\"role\":\"assistant\",\"content\":\"a\",\"thinking\":\"hm\"," BLOCKS "," GOOGLE
        ",\"tool_calls\":[" CALL("f", "," GOOGLE) "]}");

static void signatures_come_back_as_they_were_answered(void **state)
{
    (void)state;
    desk_expect_request(OP, DESK_EXTENDED, signed_turn,
                        SAID("{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":"
                             "\"hm\"," BLOCKS "," GOOGLE
                             ",\"tool_calls\":[" PIVOT_CALL("call_0", "f", "," GOOGLE) "]}"));
    desk_expect_request(
        OP, 0, signed_turn,
        SAID("{\"role\":\"assistant\",\"content\":\"a\",\"tool_calls\":[" PIVOT_CALL("call_0", "f",
                                                                                     "") "]}"));
}

static const char *const talk[] = {
    DESK_CHUNK("{\"reasoning_content\":\"h\"}"),
    DESK_CHUNK("{\"reasoning_content\":\"m\"}"),
    DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"thinking\",\"signature\":\"sig\"}]}"),
    DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}]}"),
    DESK_CHUNK("{\"content\":\"a\"}"),
    DESK_CHUNK("{\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"u\"}}]}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{"
               "\"name\":\"f\",\"arguments\":\"{}\"}," GOOGLE "}]}"),
    DESK_CHUNK("{" GOOGLE "}"),
    DESK_FINISH("tool_calls"),
    NULL,
};

static const char *const expected[] = {
    "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"sig\"}",
    "{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}",
    "\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"u\"}}]," GOOGLE "}",
    "{\"id\":\"t\",\"function\":{\"name\":\"f\",\"arguments\":{}}," GOOGLE "}",
};

static void answers_have_signatures_and_what_was_found(void **state)
{
    struct desk d;

    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        desk_open(&d, OP);
        assert_int_equal(desk_answer(&d, talk, stream), SLUICE_OK);
        for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
            assert_non_null(strstr(d.out.ptr, expected[i]));
        desk_close(&d);
    }
}

static void every_failing_allocation_is_told(void **state)
{
    (void)state;
    desk_expect_faults_told(OP, talk, signed_turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_without_ids_are_numbered_and_results_find_them),
        cmocka_unit_test(calls_with_ids_keep_them),
        cmocka_unit_test(results_of_no_call_are_refused),
        cmocka_unit_test(pictures_of_results_are_with_them_or_behind_the_last_one),
        cmocka_unit_test(signatures_come_back_as_they_were_answered),
        cmocka_unit_test(answers_have_signatures_and_what_was_found),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
