/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that stay connected: what their calls have in common, and what is remembered for them. */
#include "kit.h"

#include "base/arena.h"
#include "call/session.h"

#define CONFIG                                                                                     \
    "model_list:\n- model_name: m\n  litellm_params: {model: together_ai/x, "                      \
    "api_base: 'http://127.0.0.1:%d/v1', api_key: sk-upstream}\n"                                  \
    "router_settings: {num_retries: 0}\n"
#define STREAM                                                                                     \
    HTTP_SSE CHUNK("{\"content\":\"hello\"}", "null") CHUNK("{}", "\"stop\"") "data: [DONE]\n\n"
#define CREATE "{\"type\":\"response.create\",\"model\":\"m\",\"store\":false,\"input\":\"hi\""

static sluice_session *open_session(struct kit *k, uint32_t flags)
{
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("responses"),
                         .flags = flags };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_session *s = NULL;

    if (sluice_session_open(k->loop, &r, &s, &err) < 0)
        fail_msg("sluice_session_open: %s", err.message);
    return s;
}

static void turn(struct kit *k, const struct got *g)
{
    for (int i = 0; i < 100000 && !g->done; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
}

static void say(struct kit *k, sluice_session *s, struct got *g, const char *message)
{
    sluice_error err = SLUICE_ERROR_INIT;

    got_init(g, k);
    if (sluice_session_start(s, sl_span_str(message), &kit_events, g, &g->task, &err) < 0)
        fail_msg("sluice_session_start: %s", err.message);
    turn(k, g);
    sl_buf_add_char(&g->body, 0);
    assert_int_equal(g->done, 1);
}

/* "resp_..." of an answer. */
static void id_of(const struct got *g, char *id, size_t size)
{
    const char *at = strstr(g->body.ptr, "\"id\":\"resp_");

    assert_non_null(at);
    snprintf(id, size, "%.*s", (int)strcspn(at + 6, "\""), at + 6);
}

static void events_are_lines_of_json(void **state)
{
    size_t lines = 0;
    struct kit k;
    struct got g;
    sluice_session *s;

    (void)state;
    kit_open(&k, CONFIG);
    k.script = (struct script){ .answer = { STREAM }, .close = true };
    s = open_session(&k, SLUICE_CALL_WIRE);
    say(&k, s, &g, CREATE "}");
    assert_int_equal(g.result, SLUICE_OK);
    assert_string_equal(g.content_type, "application/x-ndjson");
    for (const char *p = g.body.ptr; *p; p = strchr(p, '\n') + 1, lines++)
        assert_int_equal(strncmp(p, "{\"type\":\"response.", 18), 0);
    assert_int_equal(lines, 9);
    got_free(&g);
    sluice_session_close(s);
    kit_close(&k);
}

static void an_embedder_is_given_objects(void **state)
{
    struct kit k;
    struct got g;
    sluice_session *s;

    (void)state;
    kit_open(&k, CONFIG);
    k.script = (struct script){ .answer = { STREAM }, .close = true };
    s = open_session(&k, 0);
    say(&k, s, &g, CREATE ",\"stream\":false}");
    assert_int_equal(g.result, SLUICE_OK);
    assert_non_null(strstr(g.body.ptr, "\"type\":\"response.completed\""));
    assert_null(strstr(g.body.ptr, "data:"));
    got_free(&g);
    sluice_session_close(s);
    kit_close(&k);
}

static void only_the_last_answers_are_remembered(void **state)
{
    static char ids[SL_SESSION_KEPT + 2][80];
    char message[300];
    struct kit k;
    struct got g;
    sluice_session *s;

    (void)state;
    kit_open(&k, CONFIG);
    k.script = (struct script){ .answer = { STREAM }, .close = true };
    s = open_session(&k, SLUICE_CALL_WIRE);
    for (size_t i = 0; i < SL_SESSION_KEPT + 2; i++) {
        say(&k, s, &g, CREATE "}");
        id_of(&g, ids[i], sizeof ids[i]);
        got_free(&g);
    }
    for (size_t i = 0; i < SL_SESSION_KEPT + 2; i++) {
        snprintf(message, sizeof message, CREATE ",\"previous_response_id\":\"%s\"}", ids[i]);
        if (i >= 2) /* found, and nothing new is remembered */
            snprintf(message, sizeof message,
                     "{\"model\":\"nobody\",\"input\":[],\"previous_response_id\":\"%s\"}", ids[i]);
        say(&k, s, &g, message);
        assert_non_null(
            strstr(g.body.ptr, i < 2 ? "previous_response_not_found" : "model_not_found"));
        got_free(&g);
    }
    sluice_session_close(s);
    kit_close(&k);
}

static void a_session_that_closes_ends_its_calls(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got g[2];
    sluice_session *s;

    (void)state;
    kit_open(&k, CONFIG);
    k.script = (struct script){ .stall = true };
    s = open_session(&k, SLUICE_CALL_WIRE);
    for (size_t i = 0; i < 2; i++) {
        got_init(&g[i], &k);
        assert_int_equal(
            sluice_session_start(s, SL_SPAN(CREATE "}"), &kit_events, &g[i], &g[i].task, &err),
            SLUICE_OK);
    }
    while (k.requests < 2)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_session_close(s);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(g[i].done, 1);
        assert_int_equal(g[i].result, SLUICE_E_CANCELLED);
        got_free(&g[i]);
    }
    kit_close(&k);
}

static void other_operations_have_sessions_as_well(void **state)
{
    sluice_request r = { .struct_size = sizeof r, .operation = SL_SPAN("chat.completions") };
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got g;
    sluice_session *s;

    (void)state;
    kit_open(&k, CONFIG);
    k.script = (struct script){ .answer = { STREAM }, .close = true };
    assert_int_equal(sluice_session_open(k.loop, &r, &s, &err), SLUICE_OK);
    say(&k, s, &g, ASK);
    assert_int_equal(g.result, SLUICE_OK);
    assert_non_null(strstr(g.body.ptr, "hello"));
    got_free(&g);
    sluice_session_close(s);
    kit_close(&k);
}

static void a_caller_is_checked_when_the_session_opens(void **state)
{
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("responses"),
                         .flags = SLUICE_CALL_WIRE };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_session *s = NULL;
    sluice_loop *spawned;
    struct kit k;

    (void)state;
    kit_open(&k, CONFIG "general_settings: {master_key: sk-master}\n");
    assert_int_equal(sluice_session_open(k.loop, &r, &s, &err), SLUICE_E_DENIED);
    r.key = SL_SPAN("sk-other");
    assert_int_equal(sluice_session_open(k.loop, &r, &s, &err), SLUICE_E_DENIED);
    assert_null(s);
    r.key = SL_SPAN("sk-master");
    assert_int_equal(sluice_session_open(k.loop, &r, &s, &err), SLUICE_OK);
    sluice_session_close(s);
    sluice_session_close(NULL);
    assert_int_equal(sluice_spawn(k.s, &spawned, &err), SLUICE_OK);
    assert_int_equal(sluice_session_open(spawned, &r, &s, &err), SLUICE_E_UNSUPPORTED);
    kit_close(&k);
}

/* One conversation of a warm-up and two turns; false: something had no memory. */
static bool converse(struct kit *k)
{
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("responses"),
                         .flags = SLUICE_CALL_WIRE };
    sluice_error err = SLUICE_ERROR_INIT;
    char message[300] = CREATE ",\"generate\":false}", id[80] = "";
    sluice_session *s = NULL;
    bool fine = sluice_session_open(k->loop, &r, &s, &err) >= 0;

    for (int i = 0; i < 3 && fine; i++) {
        struct got g;

        got_init(&g, k);
        fine = sluice_session_start(s, sl_span_str(message), &kit_events, &g, &g.task, &err) >= 0;
        if (fine)
            turn(k, &g);
        fine = fine && g.result >= 0 && sl_buf_ok(&g.body);
        if (fine) {
            sl_buf_add_char(&g.body, 0);
            fine = sl_buf_ok(&g.body);
        }
        fine = fine && strstr(g.body.ptr, "\"id\":\"resp_"); /* without memory there is none */
        if (fine)
            id_of(&g, id, sizeof id);
        snprintf(message, sizeof message, CREATE ",\"previous_response_id\":\"%s\"}", id);
        got_free(&g);
    }
    sluice_session_close(s);
    return fine;
}

static void each_allocation_may_fail(void **state)
{
    struct kit k;
    bool done = false;

    (void)state;
    kit_open(&k, CONFIG);
    k.script = (struct script){ .answer = { STREAM }, .close = true };
    assert_true(converse(&k));
    for (uint64_t n = 1; !done; n++) {
        sl_fault_after(n);
        (void)converse(&k);
        done = sl_fault_after(0) < n;
    }
    assert_true(converse(&k));
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_lines_of_json),
        cmocka_unit_test(an_embedder_is_given_objects),
        cmocka_unit_test(only_the_last_answers_are_remembered),
        cmocka_unit_test(a_session_that_closes_ends_its_calls),
        cmocka_unit_test(other_operations_have_sessions_as_well),
        cmocka_unit_test(a_caller_is_checked_when_the_session_opens),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
