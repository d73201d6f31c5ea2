/* SPDX-License-Identifier: Apache-2.0 */
/* Several models at once: "model": "a,b". */
#include "kit.h"

#include "api/instance.h"
#include "testlog.h"

#define DEPLOYMENT(name, more)                                                                     \
    "- {model_name: '" name "', litellm_params: {model: openai/x, mock_response: 'from " name      \
    "'" more "}}\n"
#define MODELS                                                                                     \
    "model_list:\n" DEPLOYMENT("a", "") DEPLOYMENT("b", "") DEPLOYMENT("slow", ", mock_delay: 60") \
        DEPLOYMENT("one, name", "")
#define ASK_FOR(model, more)                                                                       \
    "{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" more "}"

static struct kit k;
static struct got g;

static int open_kit(void **state)
{
    (void)state;
    n_seen = 0;
    kit_open(&k, MODELS LOGGED);
    return 0;
}

static int close_kit(void **state)
{
    (void)state;
    if (g.kit)
        got_free(&g);
    g.kit = NULL;
    if (k.s)
        kit_close(&k);
    k.s = NULL;
    return 0;
}

static size_t place(const char *text)
{
    const char *p = strstr(g.body.ptr, text);

    return p ? (size_t)(p - g.body.ptr) : SIZE_MAX;
}

static void answers_come_as_an_array_in_the_order_of_the_names(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("b, a", ""));
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(g.status, 200);
    assert_string_equal(g.content_type, "application/json");
    assert_int_equal(g.body.ptr[0], '[');
    assert_int_equal(g.body.ptr[strlen(g.body.ptr) - 1], ']');
    assert_true(place("from b") < place("from a"));
    assert_true(place("\"model\":\"b\"") < place("\"model\":\"a\""));
    assert_int_equal(k.s->owner.calls, 0);
}

static void one_that_fails_stands_there_as_an_error(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("a,nobody,b", ""));
    assert_int_equal(g.result, SLUICE_OK);
    assert_true(place("from a") < place("model_not_found"));
    assert_true(place("model_not_found") < place("from b"));
}

static void the_fastest_answers_alone(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("slow,a", ",\"fastest_response\":true"));
    assert_int_equal(g.result, SLUICE_OK);
    assert_int_equal(g.body.ptr[0], '{');
    assert_true(place("from a") < SIZE_MAX);
    assert_int_equal(k.s->owner.calls, 0); /* the slow one ended with the call */
}

static void one_that_fails_is_not_the_fastest(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("nobody,a", ",\"fastest_response\":true"));
    assert_int_equal(g.result, SLUICE_OK);
    assert_true(place("from a") < SIZE_MAX);
}

static void when_all_fail_the_first_failure_is_told(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("nobody,noone", ",\"fastest_response\":true"));
    assert_int_equal(g.result, SLUICE_E_NOT_FOUND);
    assert_int_equal(g.status, 404);
    assert_true(place("nobody") < SIZE_MAX);
}

static void each_of_them_has_a_record(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("a,b", ""));
    kit_close(&k);
    k.s = NULL;
    assert_int_equal(n_seen, 3);
    assert_string_equal(seen[0].purpose, "model_list");
    assert_string_equal(seen[1].purpose, "model_list");
    assert_string_equal(seen[2].purpose, "");
    assert_string_equal(seen[0].parent, seen[2].uid);
}

static void a_group_of_that_name_is_one_model(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("one, name", ""));
    assert_int_equal(g.body.ptr[0], '{');
    assert_true(place("from one, name") < SIZE_MAX);
}

static void they_are_not_streamed(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("a,b", ",\"stream\":true"));
    assert_int_equal(g.result, SLUICE_E_INVALID);
    assert_string_equal(g.err.param, "stream");
}

static void there_is_a_limit(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR("a,a,a,a,a,a,a,a,a", ""));
    assert_int_equal(g.result, SLUICE_E_INVALID);
    assert_string_equal(g.err.param, "model");
}

static void commas_alone_are_no_model(void **state)
{
    (void)state;
    kit_call(&k, &g, ASK_FOR(" , ,", ""));
    assert_int_equal(g.result, SLUICE_E_INVALID);
}

static void a_client_that_leaves_ends_all_of_them(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ASK_FOR("slow,slow", ""), SLUICE_CALL_WIRE, &err),
                     SLUICE_OK);
    for (int i = 0; i < 50; i++)
        event_base_loop(k.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(k.s->owner.calls, 3);
    sluice_cancel(k.loop, g.task);
    for (int i = 0; i < 50; i++)
        event_base_loop(k.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.result, SLUICE_E_CANCELLED);
    assert_int_equal(k.s->owner.calls, 0);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_kit, close_kit)
    const struct CMUnitTest tests[] = {
        CASE(answers_come_as_an_array_in_the_order_of_the_names),
        CASE(one_that_fails_stands_there_as_an_error),
        CASE(the_fastest_answers_alone),
        CASE(one_that_fails_is_not_the_fastest),
        CASE(when_all_fail_the_first_failure_is_told),
        CASE(each_of_them_has_a_record),
        CASE(a_group_of_that_name_is_one_model),
        CASE(they_are_not_streamed),
        CASE(there_is_a_limit),
        CASE(commas_alone_are_no_model),
        CASE(a_client_that_leaves_ends_all_of_them),
    };

    if (sluice_add_builtin(testlog) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
