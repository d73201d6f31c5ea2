/* SPDX-License-Identifier: Apache-2.0 */
/* The Cohere dialect where no upstream is needed to see it: signatures, citations, and memory that
 * runs out. */
#include "../dialect/dialect_kit.h"

#define OP "cohere.chat"

#define TURN(content, calls)                                                                       \
    "{\"messages\":[{\"role\":\"assistant\",\"content\":[" content "]" calls "}]}"
#define PIVOT(members)                                                                             \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":" members "}]}"

static const char signed_turn[] =
    TURN("{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"sig\"},"
         "{\"type\":\"thinking\",\"thinking\":\"\",\"data\":\"opaque\"},"
         "{\"type\":\"text\",\"text\":\"a\"}",
         ",\"tool_calls\":[{\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\","
         "\"arguments\":\"{}\"},\"extra_content\":{\"google\":{\"thought_signature\":\"c\"}}}]");

static void signatures_come_back_as_they_were_answered(void **state)
{
    (void)state;
    desk_expect_request(
        OP, DESK_EXTENDED, signed_turn,
        PIVOT("\"a\",\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
              "\"signature\":\"sig\"},{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}],"
              "\"reasoning_content\":\"hm\",\"tool_calls\":[{\"id\":\"t\",\"type\":\"function\","
              "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},\"extra_content\":{\"google\":{"
              "\"thought_signature\":\"c\"}}}]"));
}

static void vendors_without_extensions_see_no_signatures(void **state)
{
    (void)state;
    desk_expect_request(OP, 0, signed_turn,
                        PIVOT("\"a\",\"tool_calls\":[{\"id\":\"t\",\"type\":\"function\","
                              "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"));
}

static const char *const talk[] = {
    DESK_CHUNK("{\"reasoning_content\":\"hm\"}"),
    DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"thinking\",\"signature\":\"sig\"}]}"),
    DESK_CHUNK("{\"thinking_blocks\":[{\"type\":\"redacted_thinking\",\"data\":\"opaque\"}]}"),
    DESK_CHUNK("{\"content\":\"a\"}"),
    DESK_CHUNK(
        "{\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"http://x\","
        "\"title\":\"X\",\"start_index\":0,\"end_index\":1}}]}"),
    DESK_CHUNK("{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{"
               "\"name\":\"f\",\"arguments\":\"{}\"},\"extra_content\":{\"k\":1}}]}"),
    DESK_FINISH("tool_calls"),
    NULL,
};

static const char cited[] =
    "{\"start\":0,\"end\":1,\"sources\":[{\"type\":\"document\",\"id\":\"http://x\",\"document\":{"
    "\"url\":\"http://x\",\"title\":\"X\"}}],\"content_index\":2,\"type\":\"TEXT_CONTENT\"}";

static void a_whole_answer_has_signatures_and_citations(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    assert_int_equal(desk_answer(&d, talk, false), SLUICE_OK);
    assert_non_null(strstr(d.out.ptr, "\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
                                      "\"signature\":\"sig\"},{\"type\":\"thinking\","
                                      "\"thinking\":\"\",\"data\":\"opaque\"},{\"type\":\"text\","
                                      "\"text\":\"a\"}]"));
    assert_non_null(strstr(d.out.ptr, "\"arguments\":\"{}\"},\"extra_content\":{\"k\":1}}"));
    assert_non_null(strstr(d.out.ptr, "\"citations\":["));
    assert_non_null(strstr(d.out.ptr, cited));
    desk_close(&d);
}

static void a_stream_has_signatures_and_citations(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, OP);
    assert_int_equal(desk_answer(&d, talk, true), SLUICE_OK);
    assert_non_null(strstr(d.out.ptr, "{\"type\":\"content-delta\",\"index\":0,\"delta\":{"
                                      "\"message\":{\"content\":{\"signature\":\"sig\"}}}}"));
    assert_non_null(strstr(d.out.ptr, "{\"type\":\"content-start\",\"index\":1,\"delta\":{"
                                      "\"message\":{\"content\":{\"type\":\"thinking\","
                                      "\"thinking\":\"\",\"data\":\"opaque\"}}}}"));
    assert_non_null(strstr(d.out.ptr, "\"arguments\":\"\"},\"extra_content\":{\"k\":1}}"));
    assert_non_null(strstr(d.out.ptr, "{\"type\":\"citation-start\",\"index\":0,\"delta\":{"
                                      "\"message\":{\"citations\":{\"start\":0"));
    assert_non_null(strstr(d.out.ptr, "{\"type\":\"citation-end\",\"index\":0}"));
    assert_non_null(strstr(d.out.ptr, cited));
    desk_close(&d);
}

static void a_signature_of_the_text_goes_with_it(void **state)
{
    static const char *const chunks[] = {
        DESK_CHUNK("{\"content\":\"a\"}"),
        DESK_CHUNK("{\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}}}"),
        DESK_FINISH("stop"), NULL
    };
    static const char *const expected[] = {
        "[{\"type\":\"text\",\"text\":\"a\",\"extra_content\":{\"google\":{"
        "\"thought_signature\":\"s\"}}}]",
        "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{"
        "\"extra_content\":{\"google\":{\"thought_signature\":\"s\"}}}}}}",
    };
    struct desk d;

    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        desk_open(&d, OP);
        assert_int_equal(desk_answer(&d, chunks, stream), SLUICE_OK);
        assert_non_null(strstr(d.out.ptr, expected[stream]));
        desk_close(&d);
    }
    desk_expect_request(OP, DESK_EXTENDED,
                        TURN("{\"type\":\"text\",\"text\":\"a\",\"extra_content\":{\"k\":1}}", ""),
                        PIVOT("\"a\",\"extra_content\":{\"k\":1}"));
}

static void every_failing_allocation_is_told(void **state)
{
    (void)state;
    desk_expect_faults_told(OP, talk, signed_turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_come_back_as_they_were_answered),
        cmocka_unit_test(vendors_without_extensions_see_no_signatures),
        cmocka_unit_test(a_whole_answer_has_signatures_and_citations),
        cmocka_unit_test(a_stream_has_signatures_and_citations),
        cmocka_unit_test(a_signature_of_the_text_goes_with_it),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
