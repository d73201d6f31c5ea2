/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-call checks: who cannot serve a request is left out with the reason, what nobody knows counts
 * against nobody, and when none is left the caller is told what is missing. */
#include "base/status.h"
#include "kit.h"

#define CONFIG                                                                                     \
    "model_list:\n"                                                                                \
    "- {model_name: m, litellm_params: {model: a/x, rpm: 3, max_parallel_requests: 9}, "           \
    "model_info: {id: small, "                                                                     \
    "max_input_tokens: 100, supports_vision: false, supports_function_calling: false}}\n"          \
    "- {model_name: m, litellm_params: {model: a/y}, model_info: {id: large, max_input_tokens: "   \
    "1000, supports_vision: true, supports_function_calling: true, supports_web_search: false}}\n" \
    "- {model_name: m, litellm_params: {model: a/z}, model_info: {id: unknown}}\n"                 \
    "- {model_name: one, litellm_params: {model: a/x}, model_info: {id: only, max_input_tokens: "  \
    "100, supports_vision: false, supports_response_schema: false}}\n"                             \
    "- {model_name: drops, litellm_params: {model: a/x, drop_params: true}, model_info: {id: d, "  \
    "supports_function_calling: false, supports_vision: false}}\n"                                 \
    "general_settings: {health_check_interval: 60}\n"                                              \
    "router_settings: {enable_health_check_routing: true}\n"

static struct kit k;
static struct sl_needs needs;

static int begin(void **state)
{
    (void)state;
    kit_open(&k, CONFIG);
    for (size_t i = 0; i < k.settings->n_deployments; i++)
        k.deployments[i].model = k.deployments[i].settings->known; /* there is no catalogue here */
    needs = (struct sl_needs){ .checked = true, .tokens = 50 };
    return 0;
}

static int end(void **state)
{
    (void)state;
    kit_close(&k);
    return 0;
}

static struct sl_pick_request request(const char *model)
{
    struct sl_pick_request r = kit_request(&k, model);

    r.needs = &needs;
    r.unix_ms = 1000000000;
    return r;
}

static void what_fits_is_left_alone(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    assert_string_equal(kit_filter(&r), "small large unknown");
}

static void a_prompt_beyond_the_window_leaves_a_deployment_out(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    needs.tokens = 200;
    assert_string_equal(kit_filter(&r), "small=context_window large unknown");
}

static void a_guess_that_is_hardly_too_high_is_forgiven(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    needs.tokens = 106;
    assert_string_equal(kit_filter(&r), "small large unknown");
    needs.tokens = 108;
    assert_string_equal(kit_filter(&r), "small=context_window large unknown");
}

static void an_image_needs_a_model_that_sees(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    needs.modalities = 1u << SL_ABLE_IMAGES;
    assert_string_equal(kit_filter(&r), "small=modality large unknown");
}

static void tools_need_a_model_that_takes_them(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    needs.params = 1u << SL_ABLE_TOOLS;
    assert_string_equal(kit_filter(&r), "small=parameter large unknown");
}

static void a_parameter_that_is_dropped_excludes_nobody(void **state)
{
    struct sl_pick_request r = request("drops");

    (void)state;
    needs.params = 1u << SL_ABLE_TOOLS;
    assert_string_equal(kit_filter(&r), "d");
    needs.modalities = 1u << SL_ABLE_IMAGES; /* an image cannot be dropped */
    assert_string_equal(kit_filter(&r), "d=modality");
}

static void without_the_checks_only_web_search_is_looked_at(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    needs = (struct sl_needs){ .tokens = 5000,
                               .modalities = 1u << SL_ABLE_IMAGES,
                               .always = 1u << SL_ABLE_WEB_SEARCH };
    assert_string_equal(kit_filter(&r), "small large=parameter unknown");
}

static void this_minutes_requests_count(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    for (int i = 0; i < 3; i++)
        sl_state_begin(k.deployments[0].state, r.unix_ms);
    assert_string_equal(kit_filter(&r), "small=rpm large unknown");
    r.unix_ms += 60000;
    assert_string_equal(kit_filter(&r), "small large unknown");
}

static const struct sl_model *known_by_name(void *ctx, const struct sl_deployment *d)
{
    (void)d;
    return ctx;
}

static void a_wildcards_model_is_asked_for_by_name(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_model tiny;

    (void)state;
    sl_model_init(&tiny);
    tiny.max_input = 10;
    k.deployments[2].wildcard = true;
    needs.known = known_by_name;
    needs.ctx = &tiny;
    assert_string_equal(kit_filter(&r), "small large unknown=context_window");
}

static void a_failed_check_leaves_a_deployment_out_until_it_is_old(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    atomic_store(&k.deployments[1].state->checked_ms, -(r.unix_ms - 1000));
    assert_string_equal(kit_filter(&r), "small large=health unknown");
    r.unix_ms += 120000;
    assert_string_equal(kit_filter(&r), "small large unknown");
}

static void checks_that_all_failed_leave_nobody_out(void **state)
{
    struct sl_pick_request r = request("m");

    (void)state;
    for (int i = 0; i < 3; i++)
        atomic_store(&k.deployments[i].state->checked_ms, -r.unix_ms);
    assert_string_equal(kit_filter(&r), "small large unknown");
}

static sluice_error nobody(const char *model, sluice_status wanted)
{
    struct sl_pick_request r = request(model);
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_route_filter(&r, r.room->why), 0);
    assert_int_equal(sl_route_nobody(&r, r.room->why, &err), wanted);
    return err;
}

static void a_prompt_too_long_for_all_is_told_as_such(void **state)
{
    sluice_error err;

    (void)state;
    needs.tokens = 777;
    err = nobody("one", SLUICE_E_CONTEXT);
    assert_non_null(strstr(err.message, "about 777 tokens"));
    assert_string_equal(err.param, "messages");
    assert_int_equal(sl_status_info(SLUICE_E_CONTEXT)->http_status, 400);
    assert_string_equal(sl_status_info(SLUICE_E_CONTEXT)->code, "context_length_exceeded");
}

static void what_no_deployment_takes_is_named(void **state)
{
    sluice_error err;

    (void)state;
    needs.modalities = 1u << SL_ABLE_IMAGES;
    err = nobody("one", SLUICE_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "takes images"));
    needs.modalities = 0;
    needs.params = 1u << SL_ABLE_SCHEMA;
    err = nobody("one", SLUICE_E_UNSUPPORTED);
    assert_string_equal(err.param, "response_format");
    assert_int_equal(sl_status_info(SLUICE_E_UNSUPPORTED)->http_status, 400);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_fits_is_left_alone),
        T(a_prompt_beyond_the_window_leaves_a_deployment_out),
        T(a_guess_that_is_hardly_too_high_is_forgiven),
        T(an_image_needs_a_model_that_sees),
        T(tools_need_a_model_that_takes_them),
        T(a_parameter_that_is_dropped_excludes_nobody),
        T(without_the_checks_only_web_search_is_looked_at),
        T(this_minutes_requests_count),
        T(a_wildcards_model_is_asked_for_by_name),
        T(a_failed_check_leaves_a_deployment_out_until_it_is_old),
        T(checks_that_all_failed_leave_nobody_out),
        T(a_prompt_too_long_for_all_is_told_as_such),
        T(what_no_deployment_takes_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
