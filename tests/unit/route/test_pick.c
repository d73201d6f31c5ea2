/* SPDX-License-Identifier: Apache-2.0 */
/* One choice: what the router is shown, what becomes of what it says. */
#include "kit.h"

#include "plugin/entry.h"
#include "route/sticky.h"

/* ---- a router that does what the test says ---- */

static struct {
    sluice_status status;
    sluice_choice choice;
    int refuse_alone; /* one candidate is too few */
    int fetches;      /* asks for the numbers of all, and of one that there is not */
    int picks;
    size_t n;
    sluice_route route;
    sluice_deployment seen[8];
    sluice_outcome outcome;
    int outcomes;
} script;

static sluice_status script_create(const sluice_host *host, sluice_span config, sluice_router **out,
                                   sluice_error *err)
{
    (void)host, (void)config, (void)err;
    *out = (sluice_router *)(void *)&script;
    return SLUICE_OK;
}

static void script_destroy(sluice_router *self)
{
    (void)self;
}

static sluice_status script_pick(sluice_router *self, const sluice_route *route,
                                 const sluice_deployment *const *candidates, size_t n,
                                 sluice_choice *out, sluice_error *err)
{
    (void)self, (void)err;
    script.picks++;
    script.n = n;
    script.route = *route;
    for (uint32_t i = 0; i <= n && script.fetches; i++)
        route->fetch(route, i);
    for (size_t i = 0; i < n && i < 8; i++)
        script.seen[i] = *candidates[i];
    if (script.refuse_alone && n == 1)
        return SLUICE_E_UNAVAILABLE;
    *out = script.choice;
    return script.status;
}

static void script_observe(sluice_router *self, const sluice_outcome *outcome)
{
    (void)self;
    script.outcome = *outcome;
    script.outcomes++;
}

static sluice_router_class class = {
    .struct_size = sizeof(sluice_router_class),
    .create = script_create,
    .destroy = script_destroy,
    .pick = script_pick,
    .observe = script_observe,
};

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_ROUTER_ID) == 0 ? &class : NULL;
}

static const sluice_plugin *entry_of_plugin(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .id = "script",
        .version = "1",
        .vendor = "test",
        .summary = "what the test says",
        .get_class = get_class,
    };

    return &plugin;
}

static struct kit kit;
static struct sl_registry *registry;
static struct sl_instance instance;

static int open_all(void **state)
{
    struct sl_registry_options options = { .path = TEST_BUILD_DIR };
    const struct sl_plugin_class *cls;
    struct sl_entry_options entry = { .name = SL_SPAN("script"), .config = SL_SPAN("{}") };

    (void)state;
    kit_open(&kit,
             "model_list:\n"
             "- {model_name: m, litellm_params: {model: openai/a, rpm: 5}, model_info: {id: a}}\n"
             "- {model_name: m, litellm_params: {model: openai/b, tpm: 7, weight: 2, order: 3, "
             "tags: [x]}, model_info: {id: b}}\n"
             "- {model_name: m, litellm_params: {model: openai/c, order: 3}, "
             "model_info: {id: c}}\n"
             "- {model_name: one, litellm_params: {model: openai/d}, model_info: {id: d}}\n");
    if (sl_registry_add_builtin(entry_of_plugin) < 0 ||
        sl_registry_create(&options, &registry, NULL) < 0)
        return 1;
    entry.registry = registry;
    if (sl_registry_class(registry, SLUICE_ROUTER_ID, SL_SPAN("script"), &cls, NULL) < 0)
        return 1;
    entry.cls = cls;
    instance.self = &script;
    return sl_entry_create(&entry, &instance.entry, NULL) < 0;
}

static int close_all(void **state)
{
    (void)state;
    sl_entry_drop(instance.entry);
    sl_registry_destroy(registry);
    kit_close(&kit);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    memset(&script, 0, sizeof script);
    class.flags = 0;
    return 0;
}

static struct sl_pick_request request(const char *model)
{
    struct sl_pick_request r = kit_request(&kit, model);

    r.router = &instance;
    return r;
}

static sluice_span id_of(const struct sl_pick *pick)
{
    return pick->deployment->settings->id;
}

/* ---- */

static void the_router_sees_what_is_configured(void **state)
{
    struct sl_pick_request r = request("b");
    struct sl_pick pick;

    (void)state;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_true(sl_span_eq(script.seen[0].id, SL_SPAN("b")));
    assert_true(sl_span_eq(script.seen[0].provider, SL_SPAN("openai")));
    assert_true(sl_span_eq(script.seen[0].model, SL_SPAN("b")));
    assert_true(sl_span_eq(script.seen[0].tags, SL_SPAN("[\"x\"]")));
    assert_int_equal(script.seen[0].weight_ppm, 2000000);
    assert_int_equal(script.seen[0].tpm_max, 7);
    assert_int_equal(script.seen[0].rpm_max, -1);
    assert_int_equal(script.seen[0].order, 3);
}

static void the_router_sees_todays_numbers(void **state)
{
    struct sl_pick_request r = request("one");
    struct sl_deployment_state *s = r.group->deployments[0]->state;
    struct sl_pick pick;

    (void)state;
    r.unix_ms = 61000;
    sl_state_begin(s, 61000);
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.seen[0].in_flight, 1);
    assert_int_equal(script.seen[0].rpm_used, 1);
    sl_state_end(s, &(struct sl_sample){ .unix_ms = 61000,
                                         .now_ms = 77,
                                         .total_us = 10,
                                         .first_byte_us = 4,
                                         .first_token_us = 5,
                                         .stream = true,
                                         .input_tokens = 3,
                                         .output_tokens = 2 });
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.seen[0].in_flight, 0);
    assert_int_equal(script.seen[0].tpm_used, 5);
    assert_int_equal(script.seen[0].latency_us, 10);
    assert_int_equal(script.seen[0].token_ns, 5000);
    assert_int_equal(script.seen[0].token_at_ms, 77);
    assert_int_equal(script.seen[0].first_token_us, 5);
    assert_int_equal(script.seen[0].peak_first_us, 5);
    assert_int_equal(script.seen[0].peak_us, -1);
    r.unix_ms = 120000;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.seen[0].rpm_used, 0);
    assert_int_equal(script.seen[0].tpm_used, 0);
}

static void a_router_that_wants_no_numbers_gets_none(void **state)
{
    struct sl_pick_request r = request("c");
    struct sl_pick pick;

    (void)state;
    sl_state_begin(r.group->deployments[0]->state, 0);
    class.flags = SLUICE_ROUTER_NO_COUNTERS;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.seen[0].in_flight, 0);
    class.flags = 0;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.seen[0].in_flight, 1);
    sl_state_end(r.group->deployments[0]->state,
                 &(struct sl_sample){ .status = SLUICE_E_CANCELLED });
}

static void the_router_sees_only_those_that_fit(void **state)
{
    struct sl_pick_request r = request("m");
    const struct sl_deployment *tried[] = { r.group->deployments[1] };
    struct sl_pick pick;

    (void)state;
    r.tried = tried;
    r.n_tried = 1;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.n, 1);
    assert_true(sl_span_eq(id_of(&pick), SL_SPAN("c")));
}

static void the_choice_is_a_place_among_those_that_fit(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_pick pick;

    (void)state;
    script.choice.index = 1;
    script.choice.cookie = 99;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.n, 2);
    assert_true(sl_span_eq(id_of(&pick), SL_SPAN("c")));
    assert_int_equal(pick.cookie, 99);
    assert_null(pick.second);
    assert_false(pick.sticky);
}

static void a_second_one_may_stand_by(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_pick pick;

    (void)state;
    script.choice.second = 1;
    script.choice.hedge_ms = 250;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_true(sl_span_eq(pick.second->settings->id, SL_SPAN("c")));
    assert_int_equal(pick.hedge_ms, 250);
    script.choice.second = 0; /* itself */
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_null(pick.second);
    script.choice.second = 7; /* nobody */
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_null(pick.second);
}

static void a_choice_of_nobody_is_a_bug(void **state)
{
    struct sl_pick_request r = request("m");
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_pick pick;

    (void)state;
    script.choice.index = 2;
    assert_int_equal(sl_route_pick(&r, &pick, &err), SLUICE_E_INTERNAL);
    assert_string_equal(err.message, "router script picked candidate 2 of 2");
}

static void numbers_are_fetched_when_the_router_asks(void **state)
{
    struct sl_pick_request r = request("c");
    struct sl_pick pick;

    (void)state;
    class.flags = SLUICE_ROUTER_FETCHES;
    script.fetches = 1;
    sl_state_begin(r.group->deployments[0]->state, 0);
    sl_state_begin(r.group->deployments[0]->state, 0);
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.seen[0].in_flight, 2);
    for (int i = 0; i < 2; i++)
        sl_state_end(r.group->deployments[0]->state,
                     &(struct sl_sample){ .status = SLUICE_E_CANCELLED });
}

static void what_the_router_refuses_is_refused(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_pick pick;

    (void)state;
    script.status = SLUICE_E_UNAVAILABLE;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_E_UNAVAILABLE);
    assert_int_equal(script.picks, 1);
}

static void a_router_may_lead_to_another_group(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_pick pick;

    (void)state;
    script.choice.group = SL_SPAN("one");
    script.choice.index = 99;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_null(pick.deployment);
    assert_true(sl_span_eq(pick.group, SL_SPAN("one")));
}

static void to_lead_to_the_same_group_is_a_choice_in_it(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_pick pick;

    (void)state;
    script.choice.group = SL_SPAN("m");
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_true(sl_span_eq(id_of(&pick), SL_SPAN("b")));
}

static void without_candidates_nobody_is_asked(void **state)
{
    struct sl_pick_request r = request("one");
    const struct sl_deployment *tried[] = { r.group->deployments[0] };
    struct sl_pick pick;

    (void)state;
    r.tried = tried;
    r.n_tried = 1;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_E_UNAVAILABLE);
    assert_int_equal(script.picks, 0);
}

static void no_allocation_may_fail_unnoticed(void **state)
{
    const struct sl_group *g = kit_find(&kit, "m");
    struct sl_room *room = NULL;
    struct sl_rooms rooms;
    uint64_t n = 1;

    (void)state;
    for (; !room; n++) {
        sl_rooms_init(&rooms, &kit.groups);
        sl_fault_after(n);
        room = sl_room_of(&rooms, g);
        sl_fault_after(0);
        if (room)
            assert_ptr_equal(sl_room_of(&rooms, g), room);
        sl_rooms_finish(&rooms);
        assert_true(n < 100);
    }
    assert_true(n > 2);
}

static void the_router_hears_how_it_went(void **state)
{
    struct sl_pick_request r = request("one");
    struct sl_pick pick;

    (void)state;
    script.choice.cookie = 5;
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    sl_route_observe(&instance, &pick, &(sluice_outcome){ .status = SLUICE_E_TIMEOUT });
    assert_int_equal(script.outcomes, 1);
    assert_int_equal(script.outcome.cookie, 5);
    assert_int_equal(script.outcome.slot, pick.deployment->state->slot);
    assert_int_equal(script.outcome.status, SLUICE_E_TIMEOUT);
    assert_int_equal(script.outcome.struct_size, sizeof(sluice_outcome));
}

/* ---- sessions ---- */

static void a_session_stays_where_it_is(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_pick first, again;

    (void)state;
    r.sticky = sl_sticky_hash(SL_SPAN("session 1"));
    assert_int_equal(sl_route_pick(&r, &first, NULL), SLUICE_OK);
    assert_true(first.sticky);
    assert_int_equal(script.n, 1);
    for (int i = 0; i < 20; i++) {
        r.random = (uint64_t)i << 60;
        assert_int_equal(sl_route_pick(&r, &again, NULL), SLUICE_OK);
        assert_ptr_equal(again.deployment, first.deployment);
    }
}

static void one_that_the_router_will_not_have_goes_elsewhere(void **state)
{
    struct sl_pick_request r = request("m");
    struct sl_pick pick;

    (void)state;
    script.refuse_alone = 1;
    r.sticky = sl_sticky_hash(SL_SPAN("session 1"));
    assert_int_equal(sl_route_pick(&r, &pick, NULL), SLUICE_OK);
    assert_int_equal(script.n, 2);
    assert_false(pick.sticky);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup(fn, fresh)
    const struct CMUnitTest tests[] = {
        CASE(the_router_sees_what_is_configured),
        CASE(the_router_sees_todays_numbers),
        CASE(a_router_that_wants_no_numbers_gets_none),
        CASE(the_router_sees_only_those_that_fit),
        CASE(the_choice_is_a_place_among_those_that_fit),
        CASE(a_second_one_may_stand_by),
        CASE(a_choice_of_nobody_is_a_bug),
        CASE(numbers_are_fetched_when_the_router_asks),
        CASE(what_the_router_refuses_is_refused),
        CASE(a_router_may_lead_to_another_group),
        CASE(to_lead_to_the_same_group_is_a_choice_in_it),
        CASE(without_candidates_nobody_is_asked),
        CASE(no_allocation_may_fail_unnoticed),
        CASE(the_router_hears_how_it_went),
        CASE(a_session_stays_where_it_is),
        CASE(one_that_the_router_will_not_have_goes_elsewhere),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
