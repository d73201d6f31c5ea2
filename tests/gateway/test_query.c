/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_query.c - requests that are questions to the library, which is played here: answers at once
 * and later, failures, clients that do not wait. The real handlers of models.c, health.c and
 * simple.c.
 */
#include "kit.h"

#include "routes/handlers.h"

#include <sluice/sluice.h>

struct gw_request {
    void *user;
    bool over;
    int status;
    char body[4096];
    size_t len;
};

static struct {
    struct gw_shared shared;
    struct gw_worker worker;
    struct gw_request request;

    /* the library */
    sluice_status start;
    char verb[32], argument[128];
    const char *query; /* of the request */
    const char *body;  /* the same, if all of it is there */
    const char *key;   /* as it came: NULL = the gateway vouches */
    size_t key_len;
    sluice_row_cb row;
    sluice_done_cb done;
    void *ctx;
    bool at_once;
} t;

bool gw_request_take_body(struct gw_request *req, sluice_span *body)
{
    (void)req;
    *body = sl_span_str(t.body);
    return t.body != NULL;
}

/* The table names it; it is tested with the calls. */
void gw_explain(struct gw_exchange *x)
{
    (void)x;
}
void gw_transform(struct gw_exchange *x)
{
    (void)x;
}
void gw_ws_responses(struct gw_exchange *x)
{
    (void)x;
}
void gw_ws_realtime(struct gw_exchange *x)
{
    (void)x;
}

void gw_request_set_user(struct gw_request *req, void *user)
{
    req->user = user;
}

void gw_respond_head(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                     int64_t length)
{
    (void)req;
    (void)status;
    (void)headers;
    (void)n;
    (void)length;
    fail();
}

void gw_respond_simple(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                       const char *content_type, sluice_span body)
{
    (void)headers;
    (void)n;
    (void)content_type;
    assert_false(req->over);
    assert_true(body.len < sizeof req->body);
    req->over = true;
    req->status = status;
    memcpy(req->body, body.ptr, body.len);
    req->len = body.len;
    req->body[body.len] = '\0';
}

const char *sluice_version(void)
{
    return "0";
}

static int row(const char *json)
{
    return t.row(t.ctx, sl_span_str(json));
}

static void two_models(void)
{
    if (!row("{\"id\":\"a/b\"}") && !row("{\"id\":\"c\\u0064\"}"))
        row("{\"id\":\"e\"}");
    t.done(t.ctx, SLUICE_OK, NULL);
}

sluice_status sluice_control(sluice_loop *loop, sluice_span key, sluice_span verb,
                             sluice_span argument, sluice_row_cb on_row, sluice_done_cb on_done,
                             void *ctx, sluice_error *err)
{
    (void)loop;
    snprintf(t.argument, sizeof t.argument, "%.*s", SL_FMT(argument));
    snprintf(t.verb, sizeof t.verb, "%.*s", SL_FMT(verb));
    t.key = key.ptr;
    t.key_len = key.len;
    t.row = on_row;
    t.done = on_done;
    t.ctx = ctx;
    if (t.start < 0) {
        err->http_status = 401;
        snprintf(err->message, sizeof err->message, "no");
        return t.start;
    }
    if (t.at_once)
        two_models();
    return SLUICE_OK;
}

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.worker.shared = &t.shared;
    return 0;
}

/* The table's handler for a path, with what the path names. */
static void ask_by(const char *method, const char *path, const char *param, const char *key)
{
    struct gw_match match;
    struct gw_exchange x = { .worker = &t.worker,
                             .reply = { &t.request, false },
                             .param_value = sl_span_str(param),
                             .key = sl_span_str(key),
                             .query = sl_span_str(t.query) };

    assert_int_equal(gw_route_find(sl_span_str(method), sl_span_str(path), &match), GW_FOUND);
    x.route = match.route;
    match.route->handle(&x);
}

static void ask(const char *path, const char *param, const char *key)
{
    ask_by("GET", path, param, key);
}

static enum gw_flow send_piece(const char *piece, bool last)
{
    struct gw_pending *p = t.request.user;

    return p->body(p, sl_span_str(piece), last);
}

static void leave(void)
{
    struct gw_pending *p = t.request.user;

    p->abort(p);
}

static void models_are_listed_at_once(void **state)
{
    (void)state;
    t.at_once = true;
    ask("/v1/models", "", "sk-1");
    assert_int_equal(t.request.status, 200);
    assert_string_equal(t.request.body, "{\"data\":[{\"id\":\"a/b\"},{\"id\":\"c\\u0064\"},"
                                        "{\"id\":\"e\"}],\"object\":\"list\"}");
}

static void models_are_listed_later(void **state)
{
    (void)state;
    ask("/v1/models", "", "sk-1");
    assert_false(t.request.over);
    two_models();
    assert_int_equal(t.request.status, 200);
}

static void a_model_is_found_by_its_decoded_name(void **state)
{
    (void)state;
    ask("/v1/models/x", "cd", "sk-1");
    two_models();
    assert_int_equal(t.request.status, 200);
    assert_string_equal(t.request.body, "{\"id\":\"c\\u0064\"}");
}

static void a_model_that_is_not_there_is_a_404(void **state)
{
    (void)state;
    ask("/v1/models/x", "x", "sk-1");
    two_models();
    assert_int_equal(t.request.status, 404);
    assert_non_null(strstr(t.request.body, "model_not_found"));
}

static void a_client_may_leave_before_the_rows(void **state)
{
    (void)state;
    ask("/v1/models", "", "sk-1");
    leave();
    assert_int_equal(row("{}"), 1); /* nobody wants more */
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_false(t.request.over);
}

static void a_refusal_is_passed_on(void **state)
{
    (void)state;
    t.start = SLUICE_E_DENIED;
    ask("/v1/models", "", "sk-1");
    assert_int_equal(t.request.status, 401);
    assert_non_null(strstr(t.request.body, "authentication_error"));
}

static void a_late_failure_is_passed_on(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    ask("/health", "", "sk-1");
    row("{\"calls\":1,\"failures\":0}");
    t.done(t.ctx, SLUICE_E_SHUTDOWN, &err);
    assert_int_equal(t.request.status, 503);
}

static void a_keyed_route_never_vouches_for_the_caller(void **state)
{
    static const char *const paths[] = { "/v1/models", "/models", "/v1/models/a", "/health" };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        set_up(NULL);
        ask(paths[i], "a", "");
        assert_non_null(t.key);
        assert_int_equal(t.key_len, 0);
        leave();
        t.done(t.ctx, SLUICE_OK, NULL);
    }
}

static void an_open_route_asks_without_the_callers_key(void **state)
{
    (void)state;
    ask("/metrics", "", "sk-somebodys");
    assert_null(t.key);
    row("\"a 1\\n\"");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_string_equal(t.request.body, "a 1\n");
}

static void deployments_are_sorted_by_their_verdict(void **state)
{
    (void)state;
    ask("/health", "", "sk-1");
    row("{\"model\":\"a\",\"healthy\":true}");
    row("{\"model\":\"b\",\"healthy\":false}");
    row("{\"model\":\"c\",\"healthy\":true}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_non_null(
        strstr(t.request.body, "\"unhealthy_endpoints\":[{\"model\":\"b\",\"healthy\":false}]"));
    assert_non_null(strstr(t.request.body, "\"healthy_count\":2,\"unhealthy_count\":1"));
}

static void the_querys_parameters_are_the_verbs_argument(void **state)
{
    (void)state;
    t.query = "model=a%20%22b%22&model_id=7";
    ask("/health", "", "sk-1");
    assert_string_equal(t.argument, "{\"model\":\"a \\\"b\\\"\",\"model_id\":\"7\"}");
    t.done(t.ctx, SLUICE_OK, NULL);
}

static void a_query_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    t.query = "model=%zz";
    ask("/health", "", "sk-1");
    assert_int_equal(t.request.status, 400);
}

static void services_are_listed_or_one_is_told_of(void **state)
{
    static const char good[] = "{\"service\":\"jsonl\",\"healthy\":true}";
    static const char bad[] = "{\"service\":\"jsonl\",\"healthy\":false}";

    (void)state;
    ask("/health/services", "", "sk-1");
    row(good);
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_string_equal(t.request.body,
                        "{\"services\":[{\"service\":\"jsonl\",\"healthy\":true}]}");
    set_up(NULL);
    t.query = "service=jsonl";
    ask("/health/services", "", "sk-1");
    row(bad);
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 503);
    assert_non_null(strstr(t.request.body, "\"status\":\"error\""));
    set_up(NULL);
    t.query = "service=jsonl";
    ask("/health/services", "", "sk-1");
    row(good);
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 200);
    assert_non_null(strstr(t.request.body, "\"status\":\"success\""));
    set_up(NULL);
    t.query = "service=other";
    ask("/health/services", "", "sk-1");
    row(good);
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 400);
}

static void a_body_that_is_there_is_the_argument(void **state)
{
    (void)state;
    t.body = "{\"model\":\"m\"}";
    ask_by("POST", "/utils/token_counter", "", "sk-1");
    assert_string_equal(t.verb, "tokens.count");
    assert_string_equal(t.argument, "{\"model\":\"m\"}");
    row("{\"total_tokens\":3}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_string_equal(t.request.body, "{\"total_tokens\":3}");
}

static void a_body_that_comes_in_pieces_is_gathered(void **state)
{
    (void)state;
    ask_by("POST", "/utils/token_counter", "", "sk-1");
    assert_int_equal(send_piece("{\"model\"", false), GW_GO);
    assert_string_equal(t.verb, ""); /* nothing is asked yet */
    assert_int_equal(send_piece(":\"m\"}", true), GW_GO);
    assert_string_equal(t.argument, "{\"model\":\"m\"}");
    assert_int_equal(t.key_len, 4);
    leave();
    t.done(t.ctx, SLUICE_OK, NULL);
}

static void a_client_may_leave_amid_its_body(void **state)
{
    (void)state;
    ask_by("POST", "/utils/token_counter", "", "sk-1");
    send_piece("{", false);
    leave();
    assert_false(t.request.over);
}

static void the_backlog_is_what_runs(void **state)
{
    (void)state;
    ask("/health/backlog", "", "sk-1");
    row("{\"status\":\"healthy\",\"calls\":7}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_string_equal(t.request.body, "{\"in_flight_requests\":7}");
}

static void readiness_names_loggers_and_those_that_fail(void **state)
{
    (void)state;
    ask("/health/readiness", "", "");
    row("{\"status\":\"healthy\",\"cache\":\"memory\",\"loggers\":[{\"name\":\"a\",\"failing\":"
        "false},"
        "{\"name\":\"b\",\"failing\":true}]}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 200);
    assert_non_null(strstr(t.request.body, "\"cache\":\"memory\""));
    assert_non_null(strstr(t.request.body, "\"success_callbacks\":[\"a\",\"b\"]"));
    assert_non_null(strstr(t.request.body, "\"failing_callbacks\":[\"b\"]"));
}

static void readiness_needs_health_and_no_drain(void **state)
{
    (void)state;
    ask("/health/readiness", "", "");
    row("{\"status\":\"healthy\"}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 200);
    set_up(NULL);
    ask("/health/readiness", "", "");
    row("{\"status\":\"sick\"}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 503);
    set_up(NULL);
    atomic_store(&t.shared.draining, true);
    ask("/health/readiness", "", "");
    row("{\"status\":\"healthy\"}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 503);
}

static void readiness_tells_which_store_is_missing(void **state)
{
    (void)state;
    ask("/health/readiness", "", "");
    row("{\"status\":\"unavailable\",\"missing\":\"object_store\"}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 503);
    assert_non_null(strstr(t.request.body, "The object store does not work."));
    set_up(NULL);
    ask("/health/readiness", "", "");
    row("{\"status\":\"healthy\",\"cache\":\"memory\",\"cache_failing\":true}");
    t.done(t.ctx, SLUICE_OK, NULL);
    assert_int_equal(t.request.status, 200);
    assert_non_null(strstr(t.request.body, "\"cache_failing\":true"));
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(models_are_listed_at_once),
        CASE(models_are_listed_later),
        CASE(a_model_is_found_by_its_decoded_name),
        CASE(a_model_that_is_not_there_is_a_404),
        CASE(a_client_may_leave_before_the_rows),
        CASE(a_refusal_is_passed_on),
        CASE(a_late_failure_is_passed_on),
        CASE(a_keyed_route_never_vouches_for_the_caller),
        CASE(an_open_route_asks_without_the_callers_key),
        CASE(deployments_are_sorted_by_their_verdict),
        CASE(the_querys_parameters_are_the_verbs_argument),
        CASE(a_query_that_cannot_be_read_is_refused),
        CASE(services_are_listed_or_one_is_told_of),
        CASE(a_body_that_is_there_is_the_argument),
        CASE(a_body_that_comes_in_pieces_is_gathered),
        CASE(a_client_may_leave_amid_its_body),
        CASE(the_backlog_is_what_runs),
        CASE(readiness_names_loggers_and_those_that_fail),
        CASE(readiness_needs_health_and_no_drain),
        CASE(readiness_tells_which_store_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
