/* SPDX-License-Identifier: Apache-2.0 */
/* test_routes.c - which request finds which row of the table. */
#include "kit.h"

#include "routes/handlers.h"

/* The table names its handlers; here they are never called. */
void gw_models(struct gw_exchange *x)
{
    (void)x;
}
void gw_model(struct gw_exchange *x)
{
    (void)x;
}
void gw_health(struct gw_exchange *x)
{
    (void)x;
}
void gw_explain(struct gw_exchange *x)
{
    (void)x;
}
void gw_transform(struct gw_exchange *x)
{
    (void)x;
}
void gw_count_tokens(struct gw_exchange *x)
{
    (void)x;
}
void gw_params_supported(struct gw_exchange *x)
{
    (void)x;
}
void gw_services(struct gw_exchange *x)
{
    (void)x;
}
void gw_backlog(struct gw_exchange *x)
{
    (void)x;
}
void gw_ready(struct gw_exchange *x)
{
    (void)x;
}
void gw_metrics(struct gw_exchange *x)
{
    (void)x;
}
void gw_alive(struct gw_exchange *x)
{
    (void)x;
}
void gw_list_routes(struct gw_exchange *x)
{
    (void)x;
}
void gw_openapi(struct gw_exchange *x)
{
    (void)x;
}
void gw_front(struct gw_exchange *x)
{
    (void)x;
}

static enum gw_found find(const char *method, const char *path, struct gw_match *m)
{
    return gw_route_find(sl_span_str(method), sl_span_str(path), m);
}

static void chat_is_found_with_and_without_v1(void **state)
{
    struct gw_match m;

    (void)state;
    assert_int_equal(find("POST", "/v1/chat/completions", &m), GW_FOUND);
    assert_span(m.route->operation, "chat.completions");
    assert_int_equal(find("POST", "/chat/completions", &m), GW_FOUND);
    assert_span(m.route->operation, "chat.completions");
}

static void each_operation_has_its_four_paths(void **state)
{
    static const char *const ops[] = { "chat/completions", "completions", "embeddings" };
    static const char *const forms[] = { "/v1/%s", "/%s", "/engines/m/%s",
                                         "/openai/deployments/m/%s" };
    struct gw_match m;
    char path[128];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            const char *at = strchr(forms[k], '%');

            snprintf(path, sizeof path, "%.*s%s", (int)(at - forms[k]), forms[k], ops[i]);
            assert_int_equal(find("POST", path, &m), GW_FOUND);
            assert_span(m.value, k < 2 ? "" : "m");
        }
}

static void a_model_in_the_path_may_hold_slashes(void **state)
{
    struct gw_match m;

    (void)state;
    assert_int_equal(find("POST", "/openai/deployments/openai/gpt-4o/chat/completions", &m),
                     GW_FOUND);
    assert_span(m.name, "model");
    assert_span(m.value, "openai/gpt-4o");
    assert_span(m.route->operation, "chat.completions");
}

static void a_model_in_the_path_stays_encoded(void **state)
{
    struct gw_match m;

    (void)state;
    assert_int_equal(find("GET", "/v1/models/a%2Fb", &m), GW_FOUND);
    assert_span(m.value, "a%2Fb");
}

static void an_empty_model_in_the_path_is_unknown(void **state)
{
    struct gw_match m;

    (void)state;
    assert_int_equal(find("POST", "/engines//completions", &m), GW_NO_PATH);
    assert_int_equal(find("POST", "/engines/completions", &m), GW_NO_PATH);
}

static void what_is_not_in_the_table_is_unknown(void **state)
{
    static const char *const paths[] = { "",         "/v2",          "/v1",
                                         "/v1/chat", "//v1/models",  "/v1/models/../health",
                                         "/healthz", "/V1/models",   "/v1/chat/completions2",
                                         "*",        "/v1/complete", "/key/generate" };
    struct gw_match m;

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(paths[i], "/v1/models/../health"))
            assert_int_equal(find("GET", paths[i], &m), GW_NO_PATH);
    /* Dots have no meaning here: that is a model's name. */
    assert_int_equal(find("GET", "/v1/models/../health", &m), GW_FOUND);
    assert_span(m.value, "../health");
}

static void a_known_path_with_another_method_is_told_apart(void **state)
{
    struct gw_match m;

    (void)state;
    assert_int_equal(find("GET", "/v1/chat/completions", &m), GW_NO_METHOD);
    assert_int_equal(find("DELETE", "/v1/models", &m), GW_NO_METHOD);
    assert_int_equal(find("post", "/v1/chat/completions", &m), GW_NO_METHOD);
}

static void head_goes_where_get_goes(void **state)
{
    struct gw_match m;

    (void)state;
    assert_int_equal(find("HEAD", "/health/liveliness", &m), GW_FOUND);
    assert_int_equal(find("HEAD", "/v1/chat/completions", &m), GW_NO_METHOD);
}

static void one_slash_at_the_end_is_forgiven(void **state)
{
    struct gw_match m;

    (void)state;
    assert_int_equal(find("GET", "/v1/models/", &m), GW_FOUND);
    assert_span(m.route->pattern, "/v1/models");
    assert_int_equal(find("GET", "/health//", &m), GW_NO_PATH);
}

static void allow_lists_the_methods_of_a_path(void **state)
{
    char allow[GW_ALLOW_MAX];
    size_t n;

    (void)state;
    n = gw_route_allow(SL_SPAN("/v1/chat/completions"), allow);
    assert_span(sl_span(allow, n), "POST, OPTIONS");
    n = gw_route_allow(SL_SPAN("/health"), allow);
    assert_span(sl_span(allow, n), "GET, HEAD, OPTIONS");
    assert_int_equal(gw_route_allow(SL_SPAN("/nothing"), allow), 0);
}

static void routes_about_models_and_calls_need_a_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < gw_n_routes; i++)
        if (gw_routes[i].operation.len ||
            sl_span_find(gw_routes[i].pattern, SL_SPAN("models")) < gw_routes[i].pattern.len)
            assert_int_equal(gw_routes[i].auth, GW_AUTH_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chat_is_found_with_and_without_v1),
        cmocka_unit_test(each_operation_has_its_four_paths),
        cmocka_unit_test(a_model_in_the_path_may_hold_slashes),
        cmocka_unit_test(a_model_in_the_path_stays_encoded),
        cmocka_unit_test(an_empty_model_in_the_path_is_unknown),
        cmocka_unit_test(what_is_not_in_the_table_is_unknown),
        cmocka_unit_test(a_known_path_with_another_method_is_told_apart),
        cmocka_unit_test(head_goes_where_get_goes),
        cmocka_unit_test(one_slash_at_the_end_is_forgiven),
        cmocka_unit_test(allow_lists_the_methods_of_a_path),
        cmocka_unit_test(routes_about_models_and_calls_need_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
