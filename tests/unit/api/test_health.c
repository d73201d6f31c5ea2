/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about deployments: from calls, from checks in the background, never with a key in
 * it; and whether the loops still turn. */
#include <event2/event.h>

#include "kit.h"
#include "rows.h"

#define CHECKED                                                                                    \
    "model_list:\n"                                                                                \
    "- {model_name: good, litellm_params: {model: mock/echo, api_key: sk-hidden-1, api_base: "     \
    "'https://user:sk-hidden-2@host/v1?key=sk-hidden-3#x'}, model_info: {id: g}}\n"                \
    "- {model_name: bad, litellm_params: {model: mock/error-500}, model_info: {id: b}}\n"          \
    "- {model_name: vectors, litellm_params: {model: mock/vectors}, model_info: {id: v, mode: "    \
    "embedding}}\n"                                                                                \
    "- {model_name: quiet, litellm_params: {model: mock/error-500}, model_info: {id: o, "          \
    "disable_background_health_check: true}}\n"                                                    \
    "- {model_name: pictures, litellm_params: {model: mock/error-500}, model_info: {id: p, mode: " \
    "image_generation}}\n"                                                                         \
    "- {model_name: '*', litellm_params: {model: 'mock/*'}, model_info: {id: w, "                  \
    "health_check_model: echo}}\n"
#define BACKGROUND "general_settings: {background_health_checks: true, health_check_interval: 1}\n"

static void without_checks_calls_say_who_is_well(void **state)
{
    sluice *s = open_text(CHECKED);
    sluice_loop *loop = spawn(s);
    struct call c;

    (void)state;
    call_init(&c);
    assert_non_null(strstr(rows_of(loop, "health.endpoints", "{\"model_id\":\"b\"}"),
                           "\"model\":\"mock/error-500\",\"healthy\":true"));
    assert_int_equal(call_start(&c, loop, "bad", 0, "hi"), SLUICE_OK);
    call_wait(&c, 0, 1);
    assert_true(c.status < 0);
    assert_non_null(
        strstr(rows_of(loop, "health.endpoints", "{\"model\":\"bad\"}"), "\"healthy\":false"));
    assert_non_null(
        strstr(rows_of(loop, "health.endpoints", "{\"model\":\"bad\"}"), "calls failed"));
    call_finish(&c);
    sluice_close(s, 1000);
}

static void checks_ask_each_deployment_by_itself(void **state)
{
    sluice *s = open_text(CHECKED BACKGROUND);
    sluice_loop *loop = spawn(s);
    const char *rows;

    (void)state;
    for (const char *id = "gbvw"; *id; id++) {
        char part[64];

        for (int i = 0; i < 6000; i++) {
            snprintf(part, sizeof part, "{\"model_id\":\"%c\"}", *id);
            if (strstr(rows_of(loop, "health.endpoints", part), "\"judged_by\":\"check\""))
                break;
            nanosleep(&(struct timespec){ 0, 10 * 1000000 }, NULL);
        }
    }
    rows = rows_of(loop, "health.endpoints", "{\"model_id\":\"g\"}");
    assert_non_null(strstr(rows, "\"healthy\":true"));
    assert_non_null(strstr(rows, "\"checked_at\":"));
    rows = rows_of(loop, "health.endpoints", "{\"model_id\":\"b\"}");
    assert_non_null(strstr(rows, "\"healthy\":false"));
    assert_non_null(strstr(rows, "\"error\":\""));
    assert_non_null(strstr(rows_of(loop, "health.endpoints", "{\"model_id\":\"v\"}"),
                           "\"judged_by\":\"check\""));
    assert_non_null(strstr(rows_of(loop, "health.endpoints", "{\"model_id\":\"w\"}"),
                           "\"judged_by\":\"check\""));
    /* told not to, and too dear to be asked */
    assert_non_null(strstr(rows_of(loop, "health.endpoints", "{\"model_id\":\"o\"}"),
                           "\"judged_by\":\"nobody\""));
    assert_non_null(strstr(rows_of(loop, "health.endpoints", "{\"model_id\":\"p\"}"),
                           "\"judged_by\":\"nobody\""));
    sluice_close(s, 1000);
}

static void one_that_rests_is_checked_all_the_same(void **state)
{
    /* Its first failure benches it for an hour; the checks must go on asking. */
    sluice *s =
        open_text("model_list:\n- {model_name: m, litellm_params: {model: mock/error-429, "
                  "cooldown_time: 3600}, model_info: {id: m}}\n"
                  "- {model_name: m, litellm_params: {model: mock/echo}, model_info: {id: n}}\n"
                  "router_settings: {num_retries: 0}\n" BACKGROUND);
    sluice_loop *loop = spawn(s);

    (void)state;
    wait_for(loop, "health.endpoints", "\"calls\":3,\"failures\":3");
    sluice_close(s, 1000);
}

static void no_row_holds_a_key(void **state)
{
    sluice *s = open_text(CHECKED BACKGROUND);
    sluice_loop *loop = spawn(s);
    const char *rows;

    (void)state;
    wait_for(loop, "health.endpoints", "\"judged_by\":\"check\"");
    rows = rows_of(loop, "health.endpoints", "{}");
    assert_null(strstr(rows, "sk-hidden"));
    assert_non_null(strstr(rows, "\"api_base\":\"https://host/v1\""));
    sluice_close(s, 1000);
}

static void details_can_be_left_out(void **state)
{
    sluice *s = open_text(CHECKED "general_settings: {health_check_details: false}\n");
    sluice_loop *loop = spawn(s);

    (void)state;
    assert_string_equal(rows_of(loop, "health.endpoints", "{\"model_id\":\"g\"}"),
                        "{\"model\":\"mock/echo\",\"healthy\":true}\n");
    sluice_close(s, 1000);
}

static void a_model_is_asked_for_by_name_alias_or_id(void **state)
{
    sluice *s = open_text(CHECKED "router_settings: {model_group_alias: {also: good}}\n");
    sluice_loop *loop = spawn(s);

    (void)state;
    assert_non_null(strstr(rows_of(loop, "health.endpoints", "{\"model\":\"also\"}"), "\"g\""));
    assert_null(strstr(rows_of(loop, "health.endpoints", "{\"model\":\"also\"}"), "\"b\""));
    assert_non_null(strstr(rows_of(loop, "health.endpoints", "{\"model\":\"b\"}"), "\"b\""));
    assert_string_equal(rows_of(loop, "health.endpoints", "{\"model\":\"nothing\"}"), "");
    sluice_close(s, 1000);
}

static void checks_begin_and_end_with_a_reload(void **state)
{
    sluice *s = open_text(CHECKED);
    sluice_loop *loop = spawn(s);
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(sluice_reload(s, text(CHECKED BACKGROUND), &err), SLUICE_OK);
    wait_for(loop, "health.endpoints", "\"judged_by\":\"check\"");
    assert_int_equal(sluice_reload(s, text(CHECKED), &err), SLUICE_OK);
    assert_int_equal(sluice_reload(s, text("model_list: []\n" BACKGROUND), &err), SLUICE_OK);
    assert_string_equal(rows_of(loop, "health.endpoints", "{}"), "");
    sluice_close(s, 1000);
}

static void an_object_closes_while_checks_run(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        sluice *s = open_text(MODELS BACKGROUND);

        nanosleep(&(struct timespec){ 0, i * 300000 }, NULL);
        sluice_close(s, 0);
    }
}

static void a_loop_that_does_not_turn_is_noticed(void **state)
{
    sluice *s = open_text(MODELS);
    sluice_loop *loop = spawn(s);
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_queue *q = NULL;
    struct event_base *base;
    sluice_loop *still = NULL;

    (void)state;
    assert_non_null(strstr(rows_of(loop, "health", "{}"), "\"status\":\"healthy\""));
    assert_non_null(strstr(rows_of(loop, "health", "{}"), "\"loops_silent\":0"));
    assert_int_equal(sluice_queue_open(s, &q, &err), SLUICE_OK); /* a loop with a thread: well */
    assert_non_null(strstr(rows_of(loop, "health", "{}"), "\"loops\":2,\"loops_silent\":0"));
    sluice_queue_close(q);
    base = event_base_new();
    assert_int_equal(sluice_attach(s, base, &still, &err), SLUICE_OK); /* and nobody runs it */
    assert_non_null(strstr(rows_of(loop, "health", "{}"), "\"status\":\"stuck\""));
    event_base_loop(base, EVLOOP_NONBLOCK);
    sluice_detach(still);
    event_base_free(base);
    assert_non_null(strstr(rows_of(loop, "health", "{}"), "\"status\":\"healthy\""));
    sluice_close(s, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_checks_calls_say_who_is_well),
        cmocka_unit_test(checks_ask_each_deployment_by_itself),
        cmocka_unit_test(one_that_rests_is_checked_all_the_same),
        cmocka_unit_test(no_row_holds_a_key),
        cmocka_unit_test(details_can_be_left_out),
        cmocka_unit_test(a_model_is_asked_for_by_name_alias_or_id),
        cmocka_unit_test(checks_begin_and_end_with_a_reload),
        cmocka_unit_test(an_object_closes_while_checks_run),
        cmocka_unit_test(a_loop_that_does_not_turn_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
