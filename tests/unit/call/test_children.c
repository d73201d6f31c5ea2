/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that work for other calls: what they inherit, what is recorded of them, how they end. */
#include "kit.h"

#include "api/instance.h"
#include "call/spawn.h"
#include "testlog.h"

#define OK_BODY                                                                                    \
    "{\"id\":\"c1\",\"model\":\"v\",\"choices\":[{\"index\":0,\"message\":{\"role\":"              \
    "\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define OK_ANSWER                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" OK_BODY

static struct sl_call *call_of(struct kit *k, const struct got *g)
{
    return sl_worker_find(&k->loop->worker, g->task);
}

static void turn(struct kit *k, const int *until)
{
    for (int i = 0; i < 100000 && !*until; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
}

static sluice_status start(struct kit *k, struct got *g, sluice_request r)
{
    sluice_error err = SLUICE_ERROR_INIT;

    got_init(g, k);
    r.struct_size = sizeof r;
    r.operation = SL_SPAN("chat.completions");
    if (!r.body.ptr)
        r.body = SL_SPAN(ASK);
    return sluice_start(k->loop, &r, &kit_events, g, &g->task, &err);
}

/* A call that waits for its upstream. */
static void parent_of(struct kit *k, struct got *g, uint32_t flags)
{
    k->script.stall = true;
    assert_int_equal(start(k, g, (sluice_request){ .flags = flags }), SLUICE_OK);
    turn(k, &k->requests);
    k->script.stall = false;
}

static void child_is_recorded_with_its_parent_and_purpose(void **state)
{
    struct kit k;
    struct got g[2];

    (void)state;
    n_seen = 0;
    kit_open(&k, ONE_DEPLOYMENT LOGGED);
    k.script.answer[0] = OK_ANSWER;
    k.script.close = true;
    parent_of(&k, &g[0], 0);
    assert_int_equal(
        start(&k, &g[1], (sluice_request){ .parent = g[0].task, .purpose = SL_SPAN("guard") }),
        SLUICE_OK);
    turn(&k, &g[1].done);
    assert_int_equal(g[1].result, SLUICE_OK);
    sluice_cancel(k.loop, g[0].task);
    got_free(&g[0]);
    got_free(&g[1]);
    kit_close(&k);
    assert_int_equal(n_seen, 2);
    assert_string_equal(seen[0].purpose, "guard");
    assert_string_equal(seen[0].parent, seen[1].uid);
    assert_string_equal(seen[1].purpose, "");
}

static void child_is_paid_by_who_pays_for_its_parent(void **state)
{
    struct kit k;
    struct got g[2];

    (void)state;
    n_seen = 0;
    kit_open(&k, ONE_DEPLOYMENT LOGGED "general_settings: {master_key: sk-1234}\n");
    k.script.stall = true;
    assert_int_equal(
        start(&k, &g[0], (sluice_request){ .flags = SLUICE_CALL_WIRE, .key = SL_SPAN("sk-1234") }),
        SLUICE_OK);
    assert_int_equal(
        start(&k, &g[1], (sluice_request){ .flags = SLUICE_CALL_WIRE, .parent = g[0].task }),
        SLUICE_OK);
    assert_int_equal(g[1].done, 0); /* without the parent: 401 */
    sluice_cancel(k.loop, g[0].task);
    got_free(&g[0]);
    got_free(&g[1]);
    kit_close(&k);
    assert_int_equal(n_seen, 2);
    assert_non_null(strstr(seen[0].text, "master_key"));
    assert_non_null(strstr(seen[1].text, "master_key"));
}

static void detached_child_outlives_its_parent(void **state)
{
    struct kit k;
    struct got g[2];

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script.answer[0] = OK_ANSWER;
    k.script.close = true;
    parent_of(&k, &g[0], 0);
    assert_int_equal(
        start(&k, &g[1], (sluice_request){ .flags = SLUICE_CALL_DETACHED, .parent = g[0].task }),
        SLUICE_OK);
    sluice_cancel(k.loop, g[0].task);
    assert_int_equal(g[1].done, 0);
    turn(&k, &g[1].done);
    assert_int_equal(g[1].result, SLUICE_OK);
    got_free(&g[0]);
    got_free(&g[1]);
    kit_close(&k);
}

static void spawned_call_needs_nobody_to_listen(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    const struct sl_spawn spec = { .flags = SLUICE_CALL_DETACHED, .purpose = SL_SPAN("shadow") };
    struct sl_spawn shared = spec;
    int enough = 0;

    (void)state;
    n_seen = 0;
    kit_open(&k, ONE_DEPLOYMENT LOGGED);
    k.script.answer[0] = OK_ANSWER;
    k.script.close = true;
    parent_of(&k, &g, 0);
    shared.shared = call_of(&k, &g)->body;
    assert_int_equal(sl_call_spawn(call_of(&k, &g), &shared, NULL, &err), SLUICE_OK);
    assert_int_equal(k.requests, 1); /* not before this turn is over */
    sluice_cancel(k.loop, g.task);
    while (!enough) {
        event_base_loop(k.base, EVLOOP_ONCE);
        enough = k.s->owner.calls == 0;
    }
    assert_int_equal(k.requests, 2);
    got_free(&g);
    kit_close(&k);
    assert_int_equal(n_seen, 2);
    assert_string_equal(seen[1].purpose, "shadow");
    assert_int_equal(seen[1].status, SLUICE_OK);
    assert_string_equal(seen[1].parent, seen[0].uid);
}

static void spawned_call_may_ask_another_model(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_spawn spec = { .model = SL_SPAN("other") };

    (void)state;
    n_seen = 0;
    kit_open(&k, ONE_DEPLOYMENT LOGGED);
    parent_of(&k, &g, 0);
    spec.body = SL_SPAN(ASK);
    assert_int_equal(sl_call_spawn(call_of(&k, &g), &spec, NULL, &err), SLUICE_OK);
    for (int i = 0; i < 1000 && k.s->owner.calls > 1; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_cancel(k.loop, g.task);
    got_free(&g);
    kit_close(&k);
    assert_int_equal(seen[0].http_status, 404);
    assert_non_null(strstr(seen[0].text, "other"));
}

static void call_that_has_ended_spawns_nothing(void **state)
{
    struct kit k;
    struct got g;
    struct sl_call *c;
    sluice_error err = SLUICE_ERROR_INIT;
    const struct sl_spawn spec = { .body = SL_SPAN(ASK) };

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    parent_of(&k, &g, 0);
    c = call_of(&k, &g);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(sl_call_spawn(c, &spec, NULL, &err), SLUICE_E_CANCELLED);
    got_free(&g);
    kit_close(&k);
}

static void child_that_wants_no_cache_is_not_answered_from_one(void **state)
{
    struct kit k;
    struct got g;
    const uint32_t flags[] = { 0, 0, SLUICE_CALL_NO_CACHE };
    const int asked[] = { 1, 1, 2 };

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT "litellm_settings: {cache: true, cache_params: {type: local}}\n");
    k.script.answer[0] = OK_ANSWER;
    k.script.close = true;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(start(&k, &g, (sluice_request){ .flags = flags[i] }), SLUICE_OK);
        turn(&k, &g.done);
        got_free(&g);
        assert_int_equal(k.requests, asked[i]);
    }
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_is_recorded_with_its_parent_and_purpose),
        cmocka_unit_test(child_is_paid_by_who_pays_for_its_parent),
        cmocka_unit_test(detached_child_outlives_its_parent),
        cmocka_unit_test(spawned_call_needs_nobody_to_listen),
        cmocka_unit_test(spawned_call_may_ask_another_model),
        cmocka_unit_test(call_that_has_ended_spawns_nothing),
        cmocka_unit_test(child_that_wants_no_cache_is_not_answered_from_one),
    };

    sluice_add_builtin(testlog);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
