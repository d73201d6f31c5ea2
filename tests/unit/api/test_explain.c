/* SPDX-License-Identifier: Apache-2.0 */
/* A call that is explained: told in full, made to nobody, and refused where the call itself would
 * be. */
#include "kit.h"

#define MODELS_OF                                                                                  \
    "model_list:\n"                                                                                \
    "- {model_name: chat, litellm_params: {model: mock/echo, input_cost_per_token: 0.001, "        \
    "output_cost_per_token: 0.002, max_parallel_requests: 7, timeout: 9}, model_info: {id: east, " \
    "max_output_tokens: 50}}\n"                                                                    \
    "- {model_name: chat, litellm_params: {model: mock/error-500}, model_info: {id: west, "        \
    "max_input_tokens: 2}}\n"                                                                      \
    "- {model_name: big, litellm_params: {model: mock/error-500}, model_info: {id: big-1}}\n"      \
    "- {model_name: last, litellm_params: {model: mock/echo}, model_info: {id: last-1}}\n"         \
    "- {model_name: any/*, litellm_params: {model: 'mock/*'}, model_info: {id: wild}}\n"
#define ROUTER                                                                                     \
    "router_settings: {enable_pre_call_checks: true, num_retries: 3, fallbacks: [{chat: [big]}, "  \
    "{big: [last]}], context_window_fallbacks: [{chat: [last]}], model_group_alias: {also: "       \
    "chat}}\n"
#define ASKED                                                                                      \
    "{\"model\":\"chat\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":"          \
    "\"Why is the sky blue?\"}]}"

/* The explanation of a body; malloc'ed. */
static char *explain_as(sluice *s, const char *operation, const char *body, sluice_error *err)
{
    sluice_request r = { .struct_size = sizeof r, .flags = SLUICE_CALL_EXPLAIN };
    char *out = NULL;

    r.operation = text(operation);
    r.body = text(body);
    return sluice_run(s, &r, &out, NULL, err) < 0 ? NULL : out;
}

/* The same with one wish more. */
static char *explain_with(sluice *s, const char *wish, const char *body)
{
    const sluice_header param = { text(wish), text("true") };
    sluice_request r = {
        .struct_size = sizeof r, .flags = SLUICE_CALL_EXPLAIN, .params = &param, .n_params = 1
    };
    sluice_error err = SLUICE_ERROR_INIT;
    char *out = NULL;

    r.operation = text("chat.completions");
    r.body = text(body);
    if (sluice_run(s, &r, &out, NULL, &err) < 0)
        fail_msg("%s", err.message);
    return out;
}

static char *explain(sluice *s, const char *body)
{
    sluice_error err = SLUICE_ERROR_INIT;
    char *out = explain_as(s, "chat.completions", body, &err);

    if (!out)
        fail_msg("%s", err.message);
    return out;
}

static void assert_has(const char *where, const char *part)
{
    if (!strstr(where, part))
        fail_msg("no %s in %s", part, where);
}

static void candidates_come_with_reasons_and_a_pick(void **state)
{
    sluice *s = open_text(MODELS_OF ROUTER);
    char *out = explain(s, ASKED);

    (void)state;
    assert_has(out, "\"operation\":\"chat.completions\",\"stream\":false,\"model\":\"chat\"");
    assert_has(out, "\"pick\":\"east\"");
    assert_has(out, "\"id\":\"east\",\"provider\":\"mock\",\"model\":\"echo\",\"fits\":true");
    assert_has(out, "\"fits\":false,\"reason\":\"context_window\"");
    free(out);
    sluice_close(s, 0);
}

struct told {
    char row[1024];
    sluice_status status;
    atomic_int done;
};

static int on_row(void *ctx, sluice_span json)
{
    struct told *t = ctx;

    snprintf(t->row, sizeof t->row, "%.*s", (int)json.len, json.ptr);
    return 0;
}

static void on_told(void *ctx, sluice_status status, const sluice_error *err)
{
    (void)err;
    ((struct told *)ctx)->status = status;
    atomic_store(&((struct told *)ctx)->done, 1);
}

static void nobody_is_asked_and_nothing_is_counted(void **state)
{
    sluice *s = open_text(MODELS_OF ROUTER);
    sluice_loop *loop = spawn(s);
    sluice_error err = SLUICE_ERROR_INIT;
    struct told told = { .done = 0 };

    (void)state;
    for (int i = 0; i < 3; i++) {
        char *out =
            explain(s, "{\"model\":\"big\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

        assert_has(out, "\"pick\":\"big-1\""); /* it would fail */
        free(out);
    }
    assert_int_equal(sluice_control(loop, (sluice_span){ NULL, 0 }, text("health.endpoints"),
                                    text("{\"model\":\"big\"}"), on_row, on_told, &told, &err),
                     SLUICE_OK);
    while (!atomic_load(&told.done))
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
    assert_has(told.row, "\"calls\":0,\"failures\":0");
    sluice_close(s, 1000);
}

static void the_chain_of_fallbacks_is_told_by_kind_of_failure(void **state)
{
    sluice *s = open_text(MODELS_OF ROUTER);
    char *out = explain(s, ASKED);
    const char *any = strstr(out, "\"any_failure\":["), *longer;

    (void)state;
    assert_non_null(any);
    assert_has(any, "\"pick\":\"big-1\"");
    longer =
        strstr(out, "\"context_window\":[{\"why\":\"context_window_fallback\",\"model\":\"last\"");
    assert_non_null(longer);
    assert_has(any, "\"pick\":\"last-1\"");
    free(out);
    sluice_close(s, 0);
}

static void tokens_and_cost_are_reckoned(void **state)
{
    sluice *s = open_text(MODELS_OF ROUTER);
    char *out = explain(s, ASKED);

    (void)state;
    /* 12 tokens or about, at a thousandth of a dollar; at most 10 of answer at twice that */
    assert_has(out, "\"output_most\":10");
    assert_has(out, "\"input_usd\":0.0");
    assert_has(out, "\"most_usd\":0.03");
    free(out);
    out = explain(s, "{\"model\":\"chat\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    assert_has(out, "\"output_most\":50");
    free(out);
    sluice_close(s, 0);
}

static void the_service_tier_has_its_price(void **state)
{
    sluice *s = open_text("model_list:\n- {model_name: m, litellm_params: {model: mock/x, "
                          "input_cost_per_token: 0.001, input_cost_per_token_flex: 0.5}}\n");
    char *out = explain(s, "{\"model\":\"m\",\"service_tier\":\"flex\",\"messages\":[{\"role\":"
                           "\"user\",\"content\":\"x\"}]}");

    (void)state;
    assert_has(out, "\"input_pico_usd\":500000000000");
    free(out);
    out = explain(s, "{\"model\":\"m\",\"service_tier\":\"auto\",\"messages\":[{\"role\":"
                     "\"user\",\"content\":\"x\"}]}");
    assert_has(out, "\"input_pico_usd\":1000000000");
    free(out);
    sluice_close(s, 0);
}

static void limits_are_those_an_attempt_would_have(void **state)
{
    sluice *s = open_text(MODELS_OF ROUTER);
    char *out = explain(s, ASKED);

    (void)state;
    assert_has(out, "\"attempt_ms\":9000,\"attempt_set_by\":\"timeout\"");
    assert_has(out, "\"retries\":3");
    assert_has(out, "\"deployment_parallel\":7");
    free(out);
    sluice_close(s, 0);
}

static void the_cache_key_is_the_calls_own(void **state)
{
    sluice *s = open_text(MODELS_OF "litellm_settings: {cache: true}\n");
    char *one = explain(s, ASKED), *same = explain(s, ASKED);
    char *other =
        explain(s, "{\"model\":\"chat\",\"messages\":[{\"role\":\"user\",\"content\":\"y\"}]}");
    const char *key = strstr(one, "\"key\":\"");

    (void)state;
    assert_non_null(key);
    assert_int_equal(strncmp(key, strstr(same, "\"key\":\""), 70), 0);
    assert_int_not_equal(strncmp(key, strstr(other, "\"key\":\""), 70), 0);
    free(one);
    free(same);
    free(other);
    sluice_close(s, 0);
}

static void without_a_cache_there_is_no_key(void **state)
{
    sluice *s = open_text(MODELS_OF);
    char *out = explain(s, ASKED);

    (void)state;
    assert_has(out, "\"cache\":null");
    free(out);
    sluice_close(s, 0);
}

static void aliases_and_wildcards_are_seen_through(void **state)
{
    sluice *s = open_text(MODELS_OF ROUTER);
    char *out =
        explain(s, "{\"model\":\"also\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

    (void)state;
    assert_has(out, "\"model\":\"also\",\"group\":\"chat\"");
    free(out);
    out =
        explain(s, "{\"model\":\"any/slow\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    assert_has(out, "\"id\":\"wild\",\"provider\":\"mock\",\"model\":\"slow\"");
    free(out);
    sluice_close(s, 0);
}

static void a_group_that_nobody_can_serve_says_why(void **state)
{
    sluice *s =
        open_text("model_list:\n- {model_name: m, litellm_params: {model: mock/x}, model_info: "
                  "{supports_vision: false}}\n"
                  "router_settings: {enable_pre_call_checks: true}\n");
    char *out =
        explain(s, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                   "\"image_url\",\"image_url\":{\"url\":\"https://a/b.png\"}}]}]}");

    (void)state;
    assert_has(out, "\"error\":{\"class\":\"unsupported\",\"http_status\":400");
    assert_has(out, "\"reason\":\"modality\"");
    assert_has(out, "\"needs\":[\"images\"]");
    free(out);
    sluice_close(s, 0);
}

static void the_verb_tells_the_same(void **state)
{
    sluice *s = open_text(MODELS_OF ROUTER "general_settings: {master_key: sk-1}\n");
    sluice_loop *loop = spawn(s);
    static const struct {
        const char *key, *argument;
        sluice_status status;
    } cases[] = {
        { NULL, "{\"request\":" ASKED "}", SLUICE_OK },
        { "sk-1", "{\"request\":" ASKED "}", SLUICE_OK },
        { "", "{\"request\":" ASKED "}", SLUICE_E_DENIED },
        { "sk-2", "{\"request\":" ASKED "}", SLUICE_E_DENIED },
        { NULL, "{\"request\":1}", SLUICE_E_INVALID },
        { NULL, "[", SLUICE_E_INVALID },
        { NULL, "", SLUICE_E_INVALID },
        { NULL, "{\"request\":{\"model\":\"nothing\",\"messages\":[{}]}}", SLUICE_E_NOT_FOUND },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sluice_error err = SLUICE_ERROR_INIT;
        struct told told = { .done = 0 };
        sluice_span key = { NULL, 0 };
        sluice_status st;

        if (cases[i].key)
            key = text(cases[i].key);
        st = sluice_control(loop, key, text("explain"), text(cases[i].argument), on_row, on_told,
                            &told, &err);
        while (st >= 0 && !atomic_load(&told.done))
            nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
        if (st >= 0)
            st = told.status;
        if (st != cases[i].status)
            fail_msg("case %zu: %d", i, st);
        if (st >= 0)
            assert_has(told.row, "\"pick\":\"east\"");
    }
    sluice_close(s, 0);
}

static void what_would_be_refused_is_refused(void **state)
{
    static const struct {
        const char *operation, *body;
        sluice_status status;
    } cases[] = {
        { "chat.completions", "{", SLUICE_E_INVALID },
        { "chat.completions", "{\"model\":\"nothing\",\"messages\":[{}]}", SLUICE_E_NOT_FOUND },
        { "chat.completions", "{\"model\":\"chat\"}", SLUICE_E_INVALID },
        { "files.list", "", SLUICE_E_NOT_FOUND },
    };
    sluice *s = open_text(MODELS_OF ROUTER);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_request r = { .struct_size = sizeof r, .flags = SLUICE_CALL_EXPLAIN };
        char *out = NULL;
        sluice_status st;

        r.operation = text(cases[i].operation);
        r.body = text(cases[i].body);
        st = sluice_run(s, &r, &out, NULL, &err);
        free(out);
        if (st != cases[i].status)
            fail_msg("%s %s: %d %s", cases[i].operation, cases[i].body, st, err.message);
    }
    sluice_close(s, 0);
}

#define VENDORS                                                                                    \
    "model_list:\n"                                                                                \
    "- {model_name: o, litellm_params: {model: openai/gpt-x, api_key: sk-hidden-1, api_base: "     \
    "'http://user:sk-hidden-2@host/v1', extra_headers: {x-team: sk-hidden-3}}}\n"                  \
    "- {model_name: c, litellm_params: {model: anthropic/claude-x, api_key: sk-hidden-4}}\n"

static void the_vendors_request_is_shown_without_what_is_secret(void **state)
{
    sluice *s = open_text(VENDORS);
    char *out = explain_with(
        s, "upstream", "{\"model\":\"o\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");

    (void)state;
    assert_has(out,
               "\"upstream\":{\"method\":\"POST\",\"url\":\"http://host/v1/chat/completions\"");
    assert_has(out, "\"authorization\":\"Bearer ***\"");
    assert_has(out, "\"x-team\":\"***\"");
    assert_has(out, "\"body\":{\"model\":\"gpt-x\",\"messages\":[");
    assert_null(strstr(out, "sk-hidden"));
    free(out);
    sluice_close(s, 0);
}

static void a_translated_request_is_shown_as_the_vendor_has_it(void **state)
{
    sluice *s = open_text(VENDORS);
    char *out = explain_with(s, "transform",
                             "{\"model\":\"c\",\"messages\":[{\"role\":\"system\",\"content\":\"be "
                             "brief\"},{\"role\":\"user\",\"content\":\"hi\"}]}");

    (void)state;
    assert_has(out, "{\"raw_request_api_base\":\"https://api.anthropic.com/v1/messages\"");
    assert_has(out, "\"system\":");
    assert_has(out, "\"x-api-key\":\"***\"");
    assert_has(out, "\"error\":null}");
    assert_null(strstr(out, "sk-hidden"));
    free(out);
    sluice_close(s, 0);
}

static void what_cannot_be_translated_says_why(void **state)
{
    sluice *s = open_text(VENDORS);
    char *out =
        explain_with(s, "transform",
                     "{\"model\":\"c\",\"n\":3,\"messages\":[{\"role\":\"user\",\"content\":"
                     "\"hi\"}]}");

    (void)state;
    assert_has(out, "{\"raw_request_api_base\":null");
    assert_null(strstr(out, "\"error\":null"));
    free(out);
    sluice_close(s, 0);
}

static void a_look_starts_no_checks_and_no_loggers(void **state)
{
    sluice_options o = { .struct_size = sizeof o,
                         .flags = SLUICE_OPEN_TRIAL,
                         .plugin_path = PLUGINS };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice *s = NULL;
    char *out;

    (void)state;
    o.config = text(MODELS_OF "general_settings: {background_health_checks: true}\n"
                              "litellm_settings: {callbacks: [jsonl]}\n"
                              "callback_settings: {jsonl: {path: /nowhere/at/all}}\n");
    assert_int_equal(sluice_open(&o, &s, &err), SLUICE_OK);
    out = explain(s, ASKED);
    assert_has(out, "\"pick\":");
    free(out);
    sluice_close(s, 0);
}

/* Whom else a call would concern. */
static void lines_flights_and_copies_are_told(void **state)
{
    sluice *s = open_text(
        "model_list:\n"
        "- {model_name: chat, litellm_params: {model: mock/echo, max_parallel_requests: 7, "
        "silent_model: other}, model_info: {id: east}}\n"
        "- {model_name: other, litellm_params: {model: mock/echo}, model_info: {id: o}}\n"
        "general_settings: {global_max_parallel_requests: 9}\n"
        "router_settings: {queue_timeout: 4, model_group_options: {chat: {single_flight: "
        "true}}}\n");
    char *out = explain(s, ASKED);

    (void)state;
    assert_has(out, "\"queue\":{\"priority\":");
    assert_has(out, "\"timeout_ms\":4000");
    assert_has(out, "\"process\":{\"running\":0,\"most\":9,\"waiting\":0}");
    assert_has(out, "\"deployment\":{\"running\":0,\"most\":7,\"waiting\":0}");
    assert_has(out, "\"single_flight\":{\"aboard\":0}");
    assert_has(out, "\"shadow\":\"other\"");
    free(out);
    out = explain(s, "{\"model\":\"other\",\"messages\":[{\"role\":\"user\",\"content\":"
                     "\"x\"}]}");
    assert_has(out, "\"single_flight\":null,\"shadow\":null");
    free(out);
    sluice_close(s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_flights_and_copies_are_told),
        cmocka_unit_test(candidates_come_with_reasons_and_a_pick),
        cmocka_unit_test(nobody_is_asked_and_nothing_is_counted),
        cmocka_unit_test(the_chain_of_fallbacks_is_told_by_kind_of_failure),
        cmocka_unit_test(tokens_and_cost_are_reckoned),
        cmocka_unit_test(the_service_tier_has_its_price),
        cmocka_unit_test(limits_are_those_an_attempt_would_have),
        cmocka_unit_test(the_cache_key_is_the_calls_own),
        cmocka_unit_test(without_a_cache_there_is_no_key),
        cmocka_unit_test(aliases_and_wildcards_are_seen_through),
        cmocka_unit_test(a_group_that_nobody_can_serve_says_why),
        cmocka_unit_test(the_verb_tells_the_same),
        cmocka_unit_test(what_would_be_refused_is_refused),
        cmocka_unit_test(the_vendors_request_is_shown_without_what_is_secret),
        cmocka_unit_test(a_translated_request_is_shown_as_the_vendor_has_it),
        cmocka_unit_test(what_cannot_be_translated_says_why),
        cmocka_unit_test(a_look_starts_no_checks_and_no_loggers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
