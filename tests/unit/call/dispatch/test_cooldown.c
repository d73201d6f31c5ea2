/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments and keys that rest, as calls meet them: who is asked, what the client is told, what
 * the loggers hear. The upstream tells deployments apart by model and keys by their text. */
#include "../kit.h"

#include <sluice/logger.h>

#define HTTP_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_ANSWER                                                                                  \
    HTTP_JSON "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"v\","       \
              "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\"},"  \
              "\"finish_reason\":\"stop\"}]}"
#define FAIL(status, more)                                                                         \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n" more          \
    "\r\n{\"error\":{\"message\":\"boom\"}}"
#define DEPLOYMENT(name, model, more)                                                              \
    "- {model_name: " name ", litellm_params: {model: openai/" model                               \
    ", api_base: 'http://127.0.0.1:%1$d/v1'" more "}}\n"
#define TWO                                                                                        \
    "model_list:\n" DEPLOYMENT("m", "va", ", api_key: k") DEPLOYMENT("m", "vb", ", api_key: k")
#define ONE "model_list:\n" DEPLOYMENT("m", "va", ", api_key: k")
#define KEYS "model_list:\n" DEPLOYMENT("m", "va", ", api_keys: [key-one, key-two]")
#define LOGGED "litellm_settings: {callbacks: [testlog]}\n"

static char events[4][512];
static size_t n_events;

static sluice_status log_create(const sluice_host *host, sluice_span config, sluice_logger **out,
                                sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_logger *)(void *)events;
    return SLUICE_OK;
}

static sluice_status log_write(sluice_logger *self, const sluice_record *const *records, size_t n,
                               size_t *done, sluice_error *err)
{
    (void)self;
    (void)done;
    (void)err;
    for (size_t i = 0; i < n && n_events < 4; i++)
        if (records[i]->kind == SLUICE_RECORD_EVENT)
            snprintf(events[n_events++], sizeof events[0], "%.*s", SL_FMT(records[i]->detail));
    return SLUICE_OK;
}

static void log_destroy(sluice_logger *self)
{
    (void)self;
}

static const sluice_logger_class log_class = { .struct_size = sizeof log_class,
                                               .config_schema = "{}",
                                               .create = log_create,
                                               .write = log_write,
                                               .destroy = log_destroy };

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_LOGGER_ID) == 0 ? &log_class : NULL;
}

static const sluice_plugin *entry(void)
{
    static const sluice_plugin plugin = { .magic = SLUICE_MAGIC,
                                          .struct_size = sizeof plugin,
                                          .abi_major = SLUICE_ABI_MAJOR,
                                          .id = "testlog",
                                          .version = "1",
                                          .vendor = "test",
                                          .summary = "keeps events for this test",
                                          .get_class = get_class };

    return &plugin;
}

static struct kit k;
static struct got g;

static void open_with(const char *config, const char *first, const char *second, const char *third)
{
    n_events = 0;
    kit_open(&k, config);
    k.script.answer[0] = first;
    k.script.answer[1] = second;
    k.script.answer[2] = third;
    k.script.close = true;
}

static void ask(void)
{
    got_free(&g);
    kit_call(&k, &g, ASK);
}

static int over(void **state)
{
    (void)state;
    got_free(&g);
    kit_close(&k);
    return 0;
}

static bool sent(const char *text)
{
    return strstr(k.seen.ptr, text) != NULL;
}

static void deployment_that_is_limited_is_left_alone(void **state)
{
    bool a;

    (void)state;
    open_with(TWO, FAIL("429 Slow", ""), OK_ANSWER, NULL);
    ask();
    assert_int_equal(k.requests, 2);
    a = sent("\"va\""); /* who answered, the other one rests */
    for (int i = 0; i < 20; i++) {
        ask();
        assert_int_equal(sent("\"va\""), a);
    }
    assert_int_equal(k.requests, 22);
}

static void nobody_left_is_told_with_why_and_until_when(void **state)
{
    (void)state;
    open_with(TWO "router_settings: {num_retries: 1, cooldown_time: 30}\n", FAIL("429 Slow", ""),
              NULL, NULL);
    ask();
    assert_int_equal(k.requests, 2);
    ask();
    assert_int_equal(k.requests, 2);
    assert_int_equal(g.status, 429);
    assert_non_null(strstr(g.body.ptr, "Try again in 30 seconds"));
    assert_non_null(strstr(g.body.ptr, "rate_limit"));
}

static void failures_other_than_limits_are_not_told_as_limits(void **state)
{
    (void)state;
    open_with(ONE "router_settings: {num_retries: 0}\n", FAIL("401 No", ""), NULL, NULL);
    ask();
    ask();
    assert_int_equal(k.requests, 1);
    assert_int_equal(g.status, 503);
}

static void only_deployment_is_not_rested_for_a_limit(void **state)
{
    (void)state;
    open_with(ONE "router_settings: {num_retries: 0}\n", FAIL("429 Slow", ""), OK_ANSWER, NULL);
    ask();
    ask();
    assert_int_equal(g.status, 200);
}

static void only_deployment_rests_where_a_fallback_stands_by(void **state)
{
    (void)state;
    open_with(ONE DEPLOYMENT(
                  "spare", "vs",
                  ", api_key: k") "router_settings: {num_retries: 0, fallbacks: [{m: [spare]}]}\n",
              FAIL("429 Slow", ""), OK_ANSWER, NULL);
    ask();
    assert_int_equal(k.requests, 2);
    ask();
    assert_int_equal(k.requests, 3);
    assert_true(sent("\"vs\""));
    assert_int_equal(g.status, 200);
}

static void streams_that_always_break_off_are_no_half_successes(void **state)
{
    (void)state;
    open_with(ONE DEPLOYMENT(
                  "spare", "vs",
                  ", api_key: k") "router_settings: {num_retries: 0, fallbacks: [{m: [spare]}]}\n",
              HTTP_SSE CHUNK("{\"content\":\"x\"}", "null"), NULL, NULL);
    for (int i = 0; i < 6; i++) {
        got_free(&g);
        kit_call(&k, &g, ASK_SSE);
        assert_int_equal(g.result, SLUICE_E_TRUNCATED);
        assert_int_equal(sent("\"vs\""), i == 5);
    }
}

/* The request, which says who else there is, is gone by then. */
static void fallbacks_of_the_request_count_when_its_stream_breaks_off(void **state)
{
    (void)state;
    open_with(ONE DEPLOYMENT("spare", "vs", ", api_key: k") "router_settings: {num_retries: 0}\n",
              HTTP_SSE CHUNK("{\"content\":\"x\"}", "null"), NULL, NULL);
    for (int i = 0; i < 6; i++) {
        got_free(&g);
        kit_call(&k, &g,
                 "{\"model\":\"m\",\"stream\":true,\"fallbacks\":[\"spare\"],\"messages\":[{"
                 "\"role\":\"user\",\"content\":\"hi\"}]}");
        assert_int_equal(g.result, SLUICE_E_TRUNCATED);
        assert_int_equal(sent("\"vs\""), i == 5);
    }
}

static void time_limit_of_the_client_rests_nobody(void **state)
{
    (void)state;
    open_with(TWO "router_settings: {num_retries: 0, allowed_fails: 0}\n", OK_ANSWER, NULL, NULL);
    k.script.stall = true;
    for (int i = 0; i < 3; i++) {
        got_free(&g);
        kit_call(&k, &g, "{\"model\":\"m\",\"timeout\":0.02,\"messages\":[{}]}");
        assert_int_equal(g.result, SLUICE_E_TIMEOUT);
    }
    assert_int_equal(k.requests, 3);
}

static void switched_off_nobody_rests(void **state)
{
    (void)state;
    open_with(ONE "router_settings: {num_retries: 0, disable_cooldowns: true}\n",
              FAIL("401 No", ""), OK_ANSWER, NULL);
    ask();
    ask();
    assert_int_equal(g.status, 200);
}

static void probe_brings_a_deployment_back(void **state)
{
    (void)state;
    open_with(ONE "router_settings: {num_retries: 0, cooldown_time: 0.05}\n", FAIL("401 No", ""),
              OK_ANSWER, NULL);
    ask();
    while (g.status != 200)
        ask();
    assert_int_equal(k.requests, 2);
}

static void rest_and_return_are_told_to_loggers(void **state)
{
    (void)state;
    open_with(ONE LOGGED "router_settings: {num_retries: 0, cooldown_time: 0.05}\n",
              FAIL("401 No", ""), OK_ANSWER, NULL);
    ask();
    while (g.status != 200)
        ask();
    got_free(&g);
    got_init(&g, &k);
    kit_close(&k); /* flushes */
    assert_int_equal(n_events, 2);
    assert_non_null(strstr(events[0], "\"event\":\"cooldown\""));
    assert_non_null(strstr(events[0], "\"fault\":\"key\""));
    assert_non_null(strstr(events[1], "\"event\":\"recovered\""));
    kit_open(&k, ONE); /* for the teardown */
}

static void bad_key_gives_way_to_the_next(void **state)
{
    bool one;

    (void)state;
    open_with(KEYS "router_settings: {num_retries: 0}\n", FAIL("401 No", ""), OK_ANSWER, NULL);
    ask();
    assert_int_equal(g.status, 200);
    assert_int_equal(k.requests, 2);
    one = sent("key-one");
    for (int i = 0; i < 6; i++) {
        ask();
        assert_int_equal(sent("key-one"), one);
    }
    assert_int_equal(k.requests, 8);
}

static void empty_account_and_limit_turn_to_the_next_key(void **state)
{
    static const char *const failures[] = { FAIL("402 Pay", ""), FAIL("429 Slow", "") };

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_with(KEYS "router_settings: {num_retries: 0}\n", failures[i], OK_ANSWER, NULL);
        ask();
        assert_int_equal(g.status, 200);
        assert_int_equal(k.requests, 2);
        if (i == 0)
            kit_close(&k);
    }
}

static void keys_take_turns(void **state)
{
    int ones = 0;

    (void)state;
    open_with(KEYS, OK_ANSWER, NULL, NULL);
    for (int i = 0; i < 6; i++) {
        ask();
        ones += sent("key-one");
    }
    assert_int_equal(ones, 3);
}

static void deployment_rests_when_all_its_keys_do(void **state)
{
    (void)state;
    open_with(KEYS "router_settings: {num_retries: 0}\n", FAIL("401 No", ""), NULL, NULL);
    ask();
    assert_int_equal(k.requests, 2);
    ask();
    assert_int_equal(k.requests, 2);
    assert_int_equal(g.status, 503);
}

static void keys_have_their_turn_once_where_nobody_rests(void **state)
{
    (void)state;
    open_with(KEYS "router_settings: {num_retries: 0, disable_cooldowns: true}\n",
              FAIL("401 No", ""), NULL, NULL);
    ask();
    assert_int_equal(k.requests, 2);
    ask();
    assert_int_equal(k.requests, 4);
}

static void turning_keys_costs_no_retry(void **state)
{
    (void)state;
    open_with(
        "model_list:\n" DEPLOYMENT("m", "va", ", api_keys: [key-one, key-two]") DEPLOYMENT(
            "m", "va", ", api_keys: [key-three, key-four]") "router_settings: {num_retries: 1}\n",
        FAIL("401 No", ""), NULL, NULL);
    ask();
    assert_int_equal(k.requests, 4); /* a deployment and another one, each with both keys */
    assert_string_equal(g.retries, "3");
}

static void failure_that_is_no_keys_is_the_deployments(void **state)
{
    (void)state;
    open_with(KEYS "router_settings: {num_retries: 0}\n", FAIL("500 Oops", ""), OK_ANSWER, NULL);
    ask();
    assert_int_equal(g.status, 502);
    assert_int_equal(k.requests, 1);
}

#define T(name) cmocka_unit_test_teardown(name, over)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(deployment_that_is_limited_is_left_alone),
        T(nobody_left_is_told_with_why_and_until_when),
        T(failures_other_than_limits_are_not_told_as_limits),
        T(only_deployment_is_not_rested_for_a_limit),
        T(only_deployment_rests_where_a_fallback_stands_by),
        T(streams_that_always_break_off_are_no_half_successes),
        T(fallbacks_of_the_request_count_when_its_stream_breaks_off),
        T(time_limit_of_the_client_rests_nobody),
        T(switched_off_nobody_rests),
        T(probe_brings_a_deployment_back),
        T(rest_and_return_are_told_to_loggers),
        T(bad_key_gives_way_to_the_next),
        T(empty_account_and_limit_turn_to_the_next_key),
        T(keys_take_turns),
        T(deployment_rests_when_all_its_keys_do),
        T(failure_that_is_no_keys_is_the_deployments),
        T(keys_have_their_turn_once_where_nobody_rests),
        T(turning_keys_costs_no_retry),
    };

    assert_int_equal(sluice_add_builtin(entry), SLUICE_OK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
