/* SPDX-License-Identifier: Apache-2.0 */
/* simple_shuffle as a table: candidates, random bits, choice. A thousand evenly spaced random
 * numbers show each candidate's share. */
#include "testhost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sluice/router.h>

#define DRAWS 1000
#define MOST 4

static const sluice_router_class *class;
static sluice_router *router;

/* weight, rpm, tpm of each candidate; -1 = not configured. */
struct candidate {
    int64_t weight, rpm, tpm;
};

static void draw(const struct candidate *c, size_t n, int *counts)
{
    sluice_deployment d[MOST] = { 0 };
    const sluice_deployment *list[MOST];
    sluice_route route = { .struct_size = sizeof route };
    sluice_error err = SLUICE_ERROR_INIT;

    for (size_t i = 0; i < n; i++) {
        d[i] = (sluice_deployment){ .struct_size = sizeof d[i],
                                    .weight_ppm = c[i].weight,
                                    .rpm_max = c[i].rpm,
                                    .tpm_max = c[i].tpm };
        list[i] = &d[i];
        counts[i] = 0;
    }
    for (uint64_t k = 0; k < DRAWS; k++) {
        sluice_choice choice = { .struct_size = sizeof choice, .index = 99 };

        route.random = UINT64_MAX / DRAWS * k + UINT64_MAX / DRAWS / 2;
        assert_int_equal(class->pick(router, &route, list, n, &choice, &err), SLUICE_OK);
        assert_true(choice.index < n);
        counts[choice.index]++;
    }
}

static void check(const struct candidate *c, size_t n, const int *want)
{
    int counts[MOST];

    draw(c, n, counts);
    for (size_t i = 0; i < n; i++)
        assert_in_range(counts[i] + 2, want[i], want[i] + 4);
}

static void one_candidate_is_chosen(void **state)
{
    (void)state;
    check((struct candidate[]){ { -1, -1, -1 } }, 1, (int[]){ 1000 });
}

static void without_numbers_all_are_alike(void **state)
{
    (void)state;
    check((struct candidate[]){ { -1, -1, -1 }, { -1, -1, -1 }, { -1, -1, -1 }, { -1, -1, -1 } }, 4,
          (int[]){ 250, 250, 250, 250 });
}

static void weights_are_shares(void **state)
{
    (void)state;
    check((struct candidate[]){ { 1000000, 1, 1 }, { 3000000, 9, 9 } }, 2, (int[]){ 250, 750 });
}

static void rpm_counts_where_there_is_no_weight(void **state)
{
    (void)state;
    check((struct candidate[]){ { -1, 10, 1 }, { -1, 90, 9 } }, 2, (int[]){ 100, 900 });
}

static void tpm_counts_last(void **state)
{
    (void)state;
    check((struct candidate[]){ { -1, -1, 600 }, { -1, -1, 400 } }, 2, (int[]){ 600, 400 });
}

static void the_first_candidate_decides_what_counts(void **state)
{
    (void)state;
    check((struct candidate[]){ { -1, 10, -1 }, { 1000000, 30, -1 } }, 2, (int[]){ 250, 750 });
    check((struct candidate[]){ { -1, -1, -1 }, { 1000000, 30, 5 } }, 2, (int[]){ 500, 500 });
}

static void a_candidate_without_the_number_has_no_share(void **state)
{
    (void)state;
    check((struct candidate[]){ { 1000000, -1, -1 }, { -1, -1, -1 } }, 2, (int[]){ 1000, 0 });
}

static void shares_that_are_all_zero_are_drawn_alike(void **state)
{
    (void)state;
    check((struct candidate[]){ { 0, -1, -1 }, { 0, 5, -1 } }, 2, (int[]){ 500, 500 });
}

static void the_ends_of_the_random_range_are_in_bounds(void **state)
{
    sluice_deployment d[2] = { { .weight_ppm = INT64_MAX }, { .weight_ppm = INT64_MAX } };
    const sluice_deployment *list[] = { &d[0], &d[1] };
    sluice_route route = { .struct_size = sizeof route };
    sluice_choice choice = { .struct_size = sizeof choice };
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    route.random = 0;
    assert_int_equal(class->pick(router, &route, list, 2, &choice, &err), SLUICE_OK);
    assert_int_equal(choice.index, 0);
    route.random = UINT64_MAX;
    assert_int_equal(class->pick(router, &route, list, 2, &choice, &err), SLUICE_OK);
    assert_int_equal(choice.index, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_candidate_is_chosen),
        cmocka_unit_test(without_numbers_all_are_alike),
        cmocka_unit_test(weights_are_shares),
        cmocka_unit_test(rpm_counts_where_there_is_no_weight),
        cmocka_unit_test(tpm_counts_last),
        cmocka_unit_test(the_first_candidate_decides_what_counts),
        cmocka_unit_test(a_candidate_without_the_number_has_no_share),
        cmocka_unit_test(shares_that_are_all_zero_are_drawn_alike),
        cmocka_unit_test(the_ends_of_the_random_range_are_in_bounds),
    };
    struct sl_testhost *host = sl_testhost_create();
    struct sl_testplugin *plugin;
    sluice_error err = SLUICE_ERROR_INIT;
    int bad;

    if (!host || sl_testplugin_load(PLUGIN, &plugin, &err) < 0)
        return 1;
    class = sl_testplugin_descriptor(plugin)->get_class(SLUICE_ROUTER_ID);
    if (class->create(sl_testhost_host(host), SL_SPAN("{}"), &router, &err) < 0)
        return 1;
    bad = cmocka_run_group_tests(tests, NULL, NULL);
    class->destroy(router);
    sl_testplugin_drop(plugin);
    sl_testhost_destroy(host);
    return bad;
}
