/* SPDX-License-Identifier: Apache-2.0 */
/* test_refusals.c - what the loader refuses, and that it names file, found and wanted. */
#include "kit.h"

#include "plugin/check.h"
#include "plugin/discover.h"
#include "plugin/module.h"

#include <sluice/router.h>

/* Checks a broken plugin; the message must hold the file's name and each of the given parts. */
static void refused(const char *file, const char *found, const char *wanted)
{
    char path[512], *json = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    snprintf(path, sizeof path, BROKEN "/%s", file);
    assert_true(sl_plugin_check(path, &json, &err) < 0);
    assert_null(json);
    assert_contains(err.message, file);
    assert_contains(err.message, found);
    assert_contains(err.message, wanted);
}

static void a_wrong_magic_is_refused(void **state)
{
    (void)state;
    refused("b_magic.so", "found magic 0x12345678", "wanted 0x43554c53");
}

static void a_short_descriptor_is_refused(void **state)
{
    (void)state;
    refused("b_size.so", "found struct_size 24", "wanted at least");
}

static void another_major_is_refused(void **state)
{
    (void)state;
    refused("b_major.so", "found ABI major 9", "wanted 1");
}

static void a_plugin_that_needs_a_newer_host_is_refused(void **state)
{
    (void)state;
    refused("b_minor.so", "found a plugin for ABI 1.7 or newer", "wanted one for this host's 1.0");
}

static void a_file_without_the_entry_is_refused(void **state)
{
    (void)state;
    refused("b_symbol.so", "found no symbol sluice_plugin_entry_v1", "wanted one");
}

static void an_entry_of_another_major_is_named(void **state)
{
    (void)state;
    refused("b_v2.so", "found sluice_plugin_entry_v2", "wanted sluice_plugin_entry_v1");
}

static void an_entry_that_returns_nothing_is_refused(void **state)
{
    (void)state;
    refused("b_null.so", "found no descriptor", "wanted one");
}

static void an_id_other_than_the_file_name_is_refused(void **state)
{
    (void)state;
    refused("b_other_id.so", "found id \"somebody_else\"", "wanted \"b_other_id\"");
}

static void a_malformed_id_is_refused(void **state)
{
    (void)state;
    refused("b_bad_id.so", "found id \"Not An Id\"", "wanted 1 to 64 of a-z");
    refused("b_no_id.so", "found id \"\"", "wanted 1 to 64 of a-z");
}

static void a_class_without_a_needed_function_is_refused(void **state)
{
    (void)state;
    refused("b_function.so", "router class: found no pick", "wanted one");
}

static void a_short_class_table_is_refused(void **state)
{
    (void)state;
    refused("b_table_size.so", "router class: found struct_size 16", "wanted at least");
}

static void a_schema_that_is_no_json_is_refused(void **state)
{
    (void)state;
    refused("b_schema.so", "config_schema", "line 1");
}

static void a_plugin_without_a_class_is_refused(void **state)
{
    (void)state;
    refused("b_no_class.so", "found no class", "wanted a provider, cache, logger or router");
}

static void a_missing_file_is_named(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    char *json = NULL;

    (void)state;
    assert_int_equal(sl_plugin_check("/nowhere/x.so", &json, &err), SLUICE_E_NOT_FOUND);
    assert_contains(err.message, "/nowhere/x.so");
}

static void a_failing_init_stops_the_plugin_only(void **state)
{
    struct kit *k = *state;
    struct sl_registry *r = kit_registry(k, BROKEN);
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;

    for (int again = 0; again < 2; again++) {
        assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("b_init"), &cls, &err),
                         SLUICE_E_UNAVAILABLE);
        assert_contains(err.message, "b_init.so: init() failed: the moon is not full");
    }
    sl_registry_destroy(r);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
    struct kit *k = *state;
    char path[128], *json = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    kit_copy(PLUGINS "/t_router.so", k->dir, "t_router.so");
    snprintf(path, sizeof path, "%s/t_router.so", k->dir);
    assert_int_equal(sl_plugin_check(path, &json, &err), SLUICE_OK);
    assert_contains(json, "\"id\":\"t_router\"");
    assert_contains(json, "\"kind\":\"router\"");
    free(json);
    assert_int_equal(chmod(path, 0757), 0);
    assert_int_equal(sl_plugin_check(path, &json, &err), SLUICE_E_INVALID);
    assert_contains(err.message, "t_router.so: found mode 0757");
    assert_contains(err.message, "wanted one that others cannot write to");
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
    struct kit *k = *state;
    struct sl_registry_options o = { .log = &k->sink, .path = k->dir };
    struct sl_registry *r = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(chmod(k->dir, 0777), 0);
    assert_int_equal(sl_registry_create(&o, &r, &err), SLUICE_E_INVALID);
    assert_contains(err.message, k->dir);
    assert_contains(err.message, "found mode 0777");
}

static void a_folder_below_one_that_others_may_write_is_refused(void **state)
{
    struct kit *k = *state;
    char path[128];
    sluice_error err = SLUICE_ERROR_INIT;

    snprintf(path, sizeof path, "%s/inner", k->dir);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(sl_guard_owner(path, true, &err), SLUICE_OK);
    assert_int_equal(chmod(k->dir, 0777), 0);
    assert_int_equal(sl_guard_owner(path, true, &err), SLUICE_E_INVALID);
    assert_contains(err.message, "a folder above");
}

static void what_is_no_regular_file_is_refused(void **state)
{
    struct kit *k = *state;
    char path[128], *json = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    snprintf(path, sizeof path, "%s/t_pipe.so", k->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(sl_plugin_check(path, &json, &err), SLUICE_E_INVALID);
    assert_contains(err.message, "wanted a regular file");
}

static void what_is_no_elf_file_is_refused(void **state)
{
    struct kit *k = *state;
    char path[128], *json = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    kit_write(k->dir, "t_text.so", "this is text");
    snprintf(path, sizeof path, "%s/t_text.so", k->dir);
    assert_int_equal(sl_plugin_check(path, &json, &err), SLUICE_E_INVALID);
    assert_contains(err.message, "t_text.so: cannot be loaded");
}

static void a_file_with_another_digest_than_pinned_is_refused(void **state)
{
    struct kit *k = *state;
    sluice_header pins[] = { { SL_SPAN("t_router"), SL_SPAN("00ff") } };
    struct sl_registry_options o = {
        .log = &k->sink, .path = PLUGINS, .sha256 = pins, .n_sha256 = 1
    };
    struct sl_registry *r = NULL;
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;
    char hex[65];
    const sluice_plugin *d;

    assert_int_equal(sl_registry_create(&o, &r, &err), SLUICE_OK);
    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &cls, &err),
                     SLUICE_E_INVALID);
    assert_contains(err.message, "t_router.so: found SHA-256 ");
    assert_contains(err.message, "wanted 00ff");
    sl_registry_destroy(r);

    assert_int_equal(
        sl_module_map(PLUGINS "/t_router.so", SL_SPAN("t_router"), SL_SPAN(""), &d, hex, &err),
        SLUICE_OK);
    pins[0].value = sl_span_str(hex);
    assert_int_equal(sl_registry_create(&o, &r, &err), SLUICE_OK);
    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &cls, &err),
                     SLUICE_OK);
    sl_registry_destroy(r);
}

static void a_pinned_data_file_must_have_its_digest_too(void **state)
{
    struct kit *k = *state;
    sluice_header pins[] = { { SL_SPAN("t_vendor"), SL_SPAN("00ff") } };
    struct sl_registry_options o = {
        .log = &k->sink, .path = PLUGINS, .sha256 = pins, .n_sha256 = 1
    };
    struct sl_registry *r = NULL;
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_registry_create(&o, &r, &err), SLUICE_OK);
    assert_int_equal(sl_registry_class(r, "sluice.provider/1", SL_SPAN("t_vendor"), &cls, &err),
                     SLUICE_E_INVALID);
    assert_contains(err.message, "t_vendor.yaml: found SHA-256 ");
    sl_registry_destroy(r);
}

static void a_link_is_as_safe_as_the_folder_it_leads_to(void **state)
{
    struct kit *k = *state;
    char open[128], target[256], link[128], hex[65], *json = NULL;
    const sluice_plugin *d;
    sluice_error err = SLUICE_ERROR_INIT;

    snprintf(open, sizeof open, "%s/open", k->dir);
    snprintf(target, sizeof target, "%s/t_router.so", open);
    snprintf(link, sizeof link, "%s/t_router.so", k->dir);
    assert_int_equal(mkdir(open, 0755), 0);
    kit_copy(PLUGINS "/t_router.so", open, "t_router.so");
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(sl_plugin_check(link, &json, &err), SLUICE_OK);
    free(json);
    assert_int_equal(chmod(open, 0777), 0);
    err = (sluice_error)SLUICE_ERROR_INIT;
    assert_int_equal(sl_module_map(link, SL_SPAN("t_router"), SL_SPAN(""), &d, hex, &err),
                     SLUICE_E_INVALID);
    assert_contains(err.message, "/open: found mode 0777");
}

static void one_id_twice_in_a_folder_names_both_files(void **state)
{
    struct kit *k = *state;
    struct sl_registry *r;
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;

    kit_copy(PLUGINS "/t_router.so", k->dir, "t_router.so");
    kit_write(k->dir, "t_router.yaml", "id: t_router\nuses: x\n");
    r = kit_registry(k, k->dir);
    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &cls, &err),
                     SLUICE_E_INVALID);
    assert_contains(err.message, "t_router.so and ");
    assert_contains(err.message, "t_router.yaml: found the id \"t_router\" twice");
    sl_registry_destroy(r);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_magic_is_refused),
        cmocka_unit_test(a_short_descriptor_is_refused),
        cmocka_unit_test(another_major_is_refused),
        cmocka_unit_test(a_plugin_that_needs_a_newer_host_is_refused),
        cmocka_unit_test(a_file_without_the_entry_is_refused),
        cmocka_unit_test(an_entry_of_another_major_is_named),
        cmocka_unit_test(an_entry_that_returns_nothing_is_refused),
        cmocka_unit_test(an_id_other_than_the_file_name_is_refused),
        cmocka_unit_test(a_malformed_id_is_refused),
        cmocka_unit_test(a_class_without_a_needed_function_is_refused),
        cmocka_unit_test(a_short_class_table_is_refused),
        cmocka_unit_test(a_schema_that_is_no_json_is_refused),
        cmocka_unit_test(a_plugin_without_a_class_is_refused),
        cmocka_unit_test(a_missing_file_is_named),
        WITH_FOLDER(a_failing_init_stops_the_plugin_only),
        WITH_FOLDER(a_file_that_others_may_write_is_refused),
        WITH_FOLDER(a_folder_that_others_may_write_is_refused),
        WITH_FOLDER(a_folder_below_one_that_others_may_write_is_refused),
        WITH_FOLDER(what_is_no_regular_file_is_refused),
        WITH_FOLDER(what_is_no_elf_file_is_refused),
        WITH_FOLDER(a_file_with_another_digest_than_pinned_is_refused),
        WITH_FOLDER(a_pinned_data_file_must_have_its_digest_too),
        WITH_FOLDER(a_link_is_as_safe_as_the_folder_it_leads_to),
        WITH_FOLDER(one_id_twice_in_a_folder_names_both_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
