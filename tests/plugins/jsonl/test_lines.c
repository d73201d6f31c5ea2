/* SPDX-License-Identifier: Apache-2.0 */
/* test_lines.c - what a line of the jsonl logger says, and what its configuration may be. */
#include "kit.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>
#include <string.h>
#include <sys/stat.h>

static void a_call_becomes_one_line_with_known_names(void **state)
{
    static const sluice_count counts[] = { { SLUICE_USE_INPUT, 0, 10 },
                                           { SLUICE_USE_OUTPUT, 0, 5 },
                                           { SLUICE_USE_CACHED_INPUT, 0, 4 } };
    static const sluice_stage stages[] = { { "auth", 3 }, { "dispatch", 90 } };
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger("");
    sluice_span line;

    (void)state;
    r.counts = counts;
    r.n_counts = 3;
    r.stages = stages;
    r.n_stages = 2;
    r.flags = SLUICE_RECORD_STREAMED;
    r.key_id = SL_SPAN("hash");
    r.team_id = SL_SPAN("team \"1\"");
    r.tags = SL_SPAN("{\"a\": 1}");
    r.upstream_model = SL_SPAN("acme-large");
    r.request = SL_SPAN("{\"secret\":true}");
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    line = only_line();
    says(line, "id", "\"u1\"");
    says(line, "record", "\"call\"");
    says(line, "status", "\"success\"");
    says(line, "stream", "true");
    says(line, "cache_hit", "false");
    says(line, "model", "\"acme-large\"");
    says(line, "model_group", "\"alias\"");
    says(line, "custom_llm_provider", "\"acme\"");
    says(line, "startTime", "1700000000.123456");
    says(line, "endTime", "1700000001.623456");
    says(line, "completionStartTime", "1700000000.373456");
    says(line, "response_time", "1.500000");
    says(line, "overhead_time_ms", "0.180");
    says(line, "response_cost", "0.001234567");
    says(line, "total_tokens", "15");
    says(line, "cached_tokens", "4");
    says(line, "stages_us.dispatch", "90");
    says(line, "metadata.user_api_key_hash", "\"hash\"");
    says(line, "metadata.user_api_key_team_id", "\"team \\\"1\\\"\"");
    says(line, "metadata.requester_metadata", "{\"a\": 1}");
    assert_null(sl_json_member(line, SL_SPAN("messages")).ptr);
    close_logger(l);
}

static void a_failure_names_its_class(void **state)
{
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger("");

    (void)state;
    r.status = SLUICE_E_RATE_LIMIT;
    r.http_status = 429;
    r.error_code = SL_SPAN("rate_limit_exceeded");
    r.error_message = SL_SPAN("slow\ndown");
    r.total_us = r.first_byte_us = r.cost_nano_usd = -1;
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    says(only_line(), "status", "\"failure\"");
    says(only_line(), "error_information.error_class", "\"rate_limit\"");
    says(only_line(), "error_information.error_code", "\"rate_limit_exceeded\"");
    says(only_line(), "error_str", "\"slow\\ndown\"");
    assert_null(sl_json_member(only_line(), SL_SPAN("endTime")).ptr);
    assert_null(sl_json_member(only_line(), SL_SPAN("response_cost")).ptr);
    close_logger(l);
}

static void bodies_are_written_when_asked_for(void **state)
{
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger(",\"bodies\":true");

    (void)state;
    r.request = SL_SPAN("{\"n\":1.0}");
    r.response = SL_SPAN("data: not json\n");
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    says(only_line(), "messages", "{\"n\":1.0}");
    says(only_line(), "response", "\"data: not json\\n\"");
    close_logger(l);
}

static void attempts_are_written_only_when_asked_for(void **state)
{
    sluice_record r = call_record("u1");
    sluice_logger *l = open_logger("");

    (void)state;
    r.kind = SLUICE_RECORD_TRY;
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    assert_int_equal(file_text("").len, 0);
    close_logger(l);
    l = open_logger(",\"tries\":true");
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    says(only_line(), "record", "\"try\"");
    close_logger(l);
}

static void a_line_of_escapes_only_has_room(void **state)
{
    static char control[3000];
    sluice_record r = call_record("u1");
    sluice_span all = { control, sizeof control };
    sluice_logger *l = open_logger("");

    (void)state;
    memset(control, 1, sizeof control);
    r.status = SLUICE_E_UPSTREAM;
    r.uid = r.parent_uid = r.response_id = r.request_id = r.trace_id = r.span_id = all;
    r.parent_span_id = r.operation = r.upstream_model = r.model = r.deployment = all;
    r.provider = r.error_code = r.error_message = r.price_version = r.end_user = all;
    r.key_id = r.key_alias = r.team_id = r.user_id = r.org_id = r.tags = all;
    assert_int_equal(write_one(l, &r), SLUICE_OK);
    assert_true(only_line().len > 24 * 6 * sizeof control);
    close_logger(l);
}

static void the_file_is_for_its_owner_only(void **state)
{
    sluice_logger *l = open_logger("");
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    close_logger(l);
}

static void wrong_configurations_are_refused_by_name(void **state)
{
    static const char *const configs[] = { "{}", "{\"path\":5}", "{\"path\":\"x\",\"keep\":-1}",
                                           "{\"path\":\"x\",\"max_bytes\":\"1\"}" };
    static const char *const params[] = { "path", "path", "keep", "max_bytes" };
    sluice_logger *l;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        sluice_error err = SLUICE_ERROR_INIT;

        assert_int_equal(class->create(sl_testhost_host(host), sl_span_str(configs[i]), &l, &err),
                         SLUICE_E_INVALID);
        assert_string_equal(err.param, params[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_becomes_one_line_with_known_names),
        TEST(a_failure_names_its_class),
        TEST(bodies_are_written_when_asked_for),
        TEST(attempts_are_written_only_when_asked_for),
        TEST(a_line_of_escapes_only_has_room),
        TEST(the_file_is_for_its_owner_only),
        TEST(wrong_configurations_are_refused_by_name),
    };

    return kit_run(tests, sizeof tests / sizeof *tests);
}
