/* SPDX-License-Identifier: Apache-2.0 */
/* Messages requests become chat requests: what is said in the pivot's words, what goes along only
 * to providers that know it, what is refused. */
#include "../dialect/dialect_kit.h"

#define OP "messages"
#define BODY(rest) "{\"model\":\"c\",\"max_tokens\":9," rest "}"
#define USER(blocks) BODY("\"messages\":[{\"role\":\"user\",\"content\":" blocks "}]")
#define SAID(message) "{\"model\":\"m\",\"messages\":[" message "],\"max_tokens\":9}"

static void texts_stay_texts(void **state)
{
    (void)state;
    desk_expect_request(OP, 0, USER("\"hi\""), SAID("{\"role\":\"user\",\"content\":\"hi\"}"));
    desk_expect_request(OP, 0, USER("[{\"type\":\"text\",\"text\":\"h\\u0069\"}]"),
                        SAID("{\"role\":\"user\",\"content\":\"h\\u0069\"}"));
}

static void stream_asks_for_usage(void **state)
{
    (void)state;
    desk_expect_request(
        OP, DESK_STREAM, USER("\"hi\""),
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
        "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":9}");
}

static void system_stands_in_front(void **state)
{
    static const char body[] = BODY("\"system\":[{\"type\":\"text\",\"text\":\"a\",\"cache_"
                                    "control\":{\"type\":\"ephemeral\"}}],"
                                    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]");

    (void)state;
    desk_expect_request(OP, 0, body,
                        SAID("{\"role\":\"system\",\"content\":\"a\"},"
                             "{\"role\":\"user\",\"content\":\"hi\"}"));
    desk_expect_request(OP, DESK_EXTENDED, body,
                        SAID("{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\","
                             "\"cache_control\":{\"type\":\"ephemeral\"}}]},"
                             "{\"role\":\"user\",\"content\":\"hi\"}"));
}

static void pictures_become_data_urls(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        USER("[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
             "\"data\":\"AAA=\"}},{\"type\":\"text\",\"text\":\"what?\"}]"),
        SAID("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
             "\"data:image/png;base64,AAA=\"}},{\"type\":\"text\",\"text\":\"what?\"}]}"));
}

static void papers_become_files(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        USER("[{\"type\":\"document\",\"title\":\"t.pdf\",\"source\":{\"type\":\"base64\","
             "\"media_type\":\"application/pdf\",\"data\":\"JVB\"}}]"),
        SAID("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"filename\":\"t.pdf\","
             "\"file_data\":\"data:application/pdf;base64,JVB\"}}]}"));
}

static void results_come_before_what_else_is_said(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        USER("[{\"type\":\"text\",\"text\":\"and?\"},{\"type\":\"tool_result\",\"tool_use_id\":"
             "\"t1\",\"content\":\"7\"},{\"type\":\"tool_result\",\"tool_use_id\":\"t2\","
             "\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}"
             "]"),
        SAID("{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"7\"},"
             "{\"role\":\"tool\",\"tool_call_id\":\"t2\",\"content\":\"a\\nb\"},"
             "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"and?\"}]}"));
}

static void results_alone_leave_no_empty_message(void **state)
{
    (void)state;
    desk_expect_request(
        OP, DESK_EXTENDED,
        USER("[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"is_error\":true}]"),
        SAID("{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"\",\"is_error\":true}"));
}

static void pictures_of_a_tool_are_shown_by_the_user_where_results_are_texts(void **state)
{
    static const char body[] =
        USER("[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":[{\"type\":\"text\","
             "\"text\":\"see\"},{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":"
             "\"http://x/y\"}}]}]");

    (void)state;
    desk_expect_request(OP, 0, body,
                        SAID("{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"see\"},"
                             "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                             "\"image_url\":{\"url\":\"http://x/y\"}}]}"));
    desk_expect_request(OP, DESK_EXTENDED, body,
                        SAID("{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":["
                             "{\"type\":\"text\",\"text\":\"see\"},{\"type\":\"image_url\","
                             "\"image_url\":{\"url\":\"http://x/y\"}}]}"));
}

#define HISTORY                                                                                    \
    BODY("\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\","            \
         "\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"           \
         "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{ \"n\": "                 \
         "12345678901234567890, \"s\": \"a \\\"b\\\" \\\\ c\" }}]}]")
#define CALLED                                                                                     \
    "\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\","           \
    "\"arguments\":\"{\\\"n\\\":12345678901234567890,\\\"s\\\":\\\"a \\\\\\\"b\\\\\\\" "           \
    "\\\\\\\\ c\\\"}\"}}]"

static void calls_keep_their_numbers_and_escapes(void **state)
{
    (void)state;
    desk_expect_request(OP, 0, HISTORY,
                        SAID("{\"role\":\"user\",\"content\":\"q\"},"
                             "{\"role\":\"assistant\",\"content\":null," CALLED "}"));
}

static void thoughts_go_along_where_they_are_known(void **state)
{
    (void)state;
    desk_expect_request(
        OP, DESK_EXTENDED, HISTORY,
        SAID("{\"role\":\"user\",\"content\":\"q\"},"
             "{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"hm\","
             "\"thinking_blocks\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":"
             "\"s\"}]," CALLED "}"));
}

static void tools_become_functions(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        BODY("\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[{\"name\":\"f\","
             "\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}],"
             "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":"
             "true}"),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[{"
        "\"type\":"
        "\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":"
        "\"object\"}}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
        "\"parallel_tool_calls\":false,\"max_tokens\":9}");
}

static void vendors_tools_go_only_where_they_are_known(void **state)
{
    static const char body[] =
        BODY("\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],"
             "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]");

    (void)state;
    desk_expect_refusal(OP, 0, body, "tools.[0].type");
    desk_expect_request(OP, DESK_DROP, body, SAID("{\"role\":\"user\",\"content\":\"q\"}"));
    desk_expect_request(
        OP, DESK_EXTENDED, body,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":["
        "{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}],\"max_tokens\":9}");
}

static void members_of_the_dialect_go_only_where_they_are_known(void **state)
{
    static const char body[] =
        BODY("\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"top_k\":5,\"thinking\":{"
             "\"type\":\"enabled\",\"budget_tokens\":2048},\"stop_sequences\":[\"x\"],"
             "\"metadata\":{\"user_id\":\"u\"},\"service_tier\":\"standard_only\"");

    (void)state;
    desk_expect_request(OP, 0, body,
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],"
                        "\"max_tokens\":9,\"stop\":[\"x\"],\"reasoning_effort\":\"medium\","
                        "\"user\":\"u\",\"service_tier\":\"default\"}");
    desk_expect_request(OP, DESK_EXTENDED, body,
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],"
                        "\"max_tokens\":9,\"stop\":[\"x\"],\"thinking\":{\"type\":\"enabled\","
                        "\"budget_tokens\":2048},\"user\":\"u\",\"service_tier\":\"default\","
                        "\"top_k\":5}");
}

static void form_of_the_answer_becomes_response_format(void **state)
{
    (void)state;
    desk_expect_request(
        OP, 0,
        BODY("\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"output_config\":{\"effort\":"
             "\"low\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"a\":1}}}"),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"response_format\":"
        "{"
        "\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\",\"strict\":true,"
        "\"schema\":{\"a\":1}}},\"max_tokens\":9,\"reasoning_effort\":\"low\"}");
}

static void conversations_of_a_vendor_are_refused_whoever_answers(void **state)
{
    const char *body = BODY("\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"m\"},"
                            "\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]");

    (void)state;
    desk_expect_refusal(OP, 0, body, "thread");
    desk_expect_refusal(OP, DESK_EXTENDED, body, "thread");
}

static void refusals_name_what_is_wrong(void **state)
{
    (void)state;
    desk_expect_refusal(OP, 0, BODY("\"messages\":[{\"role\":\"robot\",\"content\":\"q\"}]"),
                        "messages.[0].role");
    desk_expect_refusal(OP, 0, BODY("\"messages\":[{\"role\":\"user\"}]"), "messages.[0].content");
    desk_expect_refusal(OP, 0, USER("[{\"type\":\"text\"}]"), "messages.[0].content.[0].text");
    desk_expect_refusal(OP, 0, USER("[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\"}]"),
                        "messages.[0].content.[1].source");
    desk_expect_refusal(OP, 0, USER("[{\"type\":\"tool_result\"}]"),
                        "messages.[0].content.[0].tool_use_id");
    desk_expect_refusal(OP, 0, USER("[{\"type\":\"search_result\"},{\"type\":\"text\"}]"),
                        "messages.[0].content.[0].type");
    desk_expect_refusal(OP, 0,
                        BODY("\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],"
                             "\"mcp_servers\":[{\"name\":\"x\"}]"),
                        "mcp_servers");
}

static void every_failing_allocation_is_told(void **state)
{
    struct desk d;
    sluice_status st = SLUICE_E_NOMEM;

    (void)state;
    for (uint64_t n = 1; st != SLUICE_OK; n++) {
        desk_open(&d, OP);
        sl_fault_after(n);
        st = desk_translate(&d, HISTORY, DESK_EXTENDED);
        sl_fault_after(0);
        assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
        desk_close(&d);
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stay_texts),
        cmocka_unit_test(stream_asks_for_usage),
        cmocka_unit_test(system_stands_in_front),
        cmocka_unit_test(pictures_become_data_urls),
        cmocka_unit_test(papers_become_files),
        cmocka_unit_test(results_come_before_what_else_is_said),
        cmocka_unit_test(results_alone_leave_no_empty_message),
        cmocka_unit_test(pictures_of_a_tool_are_shown_by_the_user_where_results_are_texts),
        cmocka_unit_test(calls_keep_their_numbers_and_escapes),
        cmocka_unit_test(thoughts_go_along_where_they_are_known),
        cmocka_unit_test(tools_become_functions),
        cmocka_unit_test(vendors_tools_go_only_where_they_are_known),
        cmocka_unit_test(members_of_the_dialect_go_only_where_they_are_known),
        cmocka_unit_test(form_of_the_answer_becomes_response_format),
        cmocka_unit_test(conversations_of_a_vendor_are_refused_whoever_answers),
        cmocka_unit_test(refusals_name_what_is_wrong),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
