/* SPDX-License-Identifier: Apache-2.0 */
/* test_registry.c - ids, aliases and data files to class tables. */
#include "kit.h"

#include <pthread.h>

#include "base/arena.h"
#include "plugin/check.h"

#include <sluice/cache.h>
#include <sluice/logger.h>
#include <sluice/provider.h>
#include <sluice/router.h>

static void every_kind_is_found_by_its_file_name(void **state)
{
    struct sl_registry *r = kit_registry(*state, PLUGINS);
    const struct sl_plugin_class *cls;

    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_provider"), &cls, NULL),
                     0);
    assert_string_equal(cls->id, "t_provider");
    assert_string_equal(cls->plugin_id, "t_provider");
    assert_int_equal(cls->data.len, 0);
    assert_non_null(((const sluice_provider_class *)cls->table)->begin);
    assert_int_equal(sl_registry_class(r, SLUICE_CACHE_ID, SL_SPAN("t_cache"), &cls, NULL), 0);
    assert_string_equal(cls->kind, SLUICE_CACHE_ID);
    assert_int_equal(sl_registry_class(r, SLUICE_LOGGER_ID, SL_SPAN("t_logger"), &cls, NULL), 0);
    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &cls, NULL), 0);
    sl_registry_destroy(r);
}

static void the_same_class_is_given_each_time(void **state)
{
    struct sl_registry *r = kit_registry(*state, PLUGINS);
    const struct sl_plugin_class *one, *two;

    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &one, NULL), 0);
    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &two, NULL), 0);
    assert_ptr_equal(one, two);
    sl_registry_destroy(r);
}

static void code_says_its_facts_in_the_schema(void **state)
{
    struct sl_registry *r = kit_registry(*state, PLUGINS);
    const struct sl_plugin_class *cls;

    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_alias"), &cls, NULL), 0);
    assert_string_equal(cls->id, "t_provider");
    assert_true(sl_span_eq(cls->base_url, SL_SPAN("https://t.example/v1")));
    assert_int_equal(cls->n_key_env, 2);
    assert_true(sl_span_eq(cls->key_env[1], SL_SPAN("T_OTHER_KEY")));
    sl_registry_destroy(r);
}

static void a_data_file_is_run_by_the_plugin_it_names(void **state)
{
    struct sl_registry *r = kit_registry(*state, PLUGINS);
    const struct sl_plugin_class *cls, *alias;

    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_vendor"), &cls, NULL), 0);
    assert_string_equal(cls->id, "t_vendor");
    assert_string_equal(cls->plugin_id, "t_provider");
    assert_true(sl_span_eq(cls->base_url, SL_SPAN("https://vendor.example/v1")));
    assert_int_equal(cls->n_key_env, 1);
    assert_true(sl_span_find(cls->data, SL_SPAN("\"region\":\"north\"")) < cls->data.len);
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_sold_as"), &alias, NULL),
                     0);
    assert_ptr_equal(alias, cls);
    sl_registry_destroy(r);
}

static void an_unknown_id_is_answered_with_the_nearest(void **state)
{
    struct sl_registry *r = kit_registry(*state, PLUGINS);
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t-provder"), &cls, &err),
                     SLUICE_E_NOT_FOUND);
    assert_contains(err.message, "t-provder.so and t-provder.yaml in " PLUGINS);
    assert_contains(err.message, "did you mean \"t_provider\"?");
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("zzz"), &cls, &err),
                     SLUICE_E_NOT_FOUND);
    assert_null(strstr(err.message, "did you mean"));
    sl_registry_destroy(r);
}

static void a_plugin_of_another_kind_is_not_found(void **state)
{
    struct sl_registry *r = kit_registry(*state, PLUGINS);
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_registry_class(r, SLUICE_CACHE_ID, SL_SPAN("t_router"), &cls, &err),
                     SLUICE_E_NOT_FOUND);
    assert_contains(err.message, "t_router.so: found a router, wanted a cache");
    assert_int_equal(sl_registry_class(r, SLUICE_CACHE_ID, SL_SPAN("t_vendor"), &cls, &err),
                     SLUICE_E_NOT_FOUND);
    assert_contains(err.message, "t_vendor.yaml: found a provider, wanted a cache");
    sl_registry_destroy(r);
}

static void the_first_folder_wins(void **state)
{
    struct kit *k = *state;
    char path[1024];
    struct sl_registry *r;
    const struct sl_plugin_class *cls;

    kit_write(k->dir, "t_vendor.yaml",
              "id: t_vendor\nuses: t_provider\nbase_url: https://mine.example\n");
    snprintf(path, sizeof path, "%s:%s", k->dir, PLUGINS);
    r = kit_registry(k, path);
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_vendor"), &cls, NULL), 0);
    assert_true(sl_span_eq(cls->base_url, SL_SPAN("https://mine.example")));
    sl_registry_destroy(r);
}

static void a_missing_or_relative_folder_is_a_warning(void **state)
{
    struct kit *k = *state;
    struct sl_registry *r = kit_registry(k, "/nowhere/at/all:relative/one");

    assert_contains(k->log, "2 plugin folder /nowhere/at/all: No such file");
    assert_contains(k->log, "2 plugin folder relative/one is left out");
    sl_registry_destroy(r);
}

static void rescan_finds_new_files_and_leaves_known_ones(void **state)
{
    struct kit *k = *state;
    struct sl_registry *r;
    const struct sl_plugin_class *cls, *again;
    char path[1024];

    kit_write(k->dir, "one.yaml", "id: one\nuses: t_provider\nbase_url: https://one.example\n");
    snprintf(path, sizeof path, "%s:%s", k->dir, PLUGINS);
    r = kit_registry(k, path);
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("one"), &cls, NULL), 0);
    kit_write(k->dir, "two.yaml", "id: two\nuses: t_provider\n");
    kit_write(k->dir, "one.yaml", "id: one\nuses: t_provider\nbase_url: https://changed.example\n");
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("two"), &again, NULL),
                     SLUICE_E_NOT_FOUND);
    assert_int_equal(sl_registry_rescan(r, NULL), SLUICE_OK);
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("two"), &again, NULL), 0);
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("one"), &again, NULL), 0);
    assert_ptr_equal(again, cls);
    assert_true(sl_span_eq(cls->base_url, SL_SPAN("https://one.example")));
    sl_registry_destroy(r);
}

/* A data file with this text is refused with a message that holds `part`. */
static void data_refused(struct kit *k, const char *text, const char *part)
{
    struct sl_registry *r;
    const struct sl_plugin_class *cls;
    sluice_error err = SLUICE_ERROR_INIT;
    char path[1024];

    kit_write(k->dir, "bad.yaml", text);
    snprintf(path, sizeof path, "%s:%s", k->dir, PLUGINS);
    r = kit_registry(k, path);
    assert_true(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("bad"), &cls, &err) < 0);
    assert_contains(err.message, "bad.yaml");
    assert_contains(err.message, part);
    sl_registry_destroy(r);
}

static void bad_data_files_are_refused_with_their_place(void **state)
{
    struct kit *k = *state;

    data_refused(k, "id: [", ":1:");
    data_refused(k, "", "");
    data_refused(k, "- id\n", "found no map, wanted one");
    data_refused(k, "id: other\nuses: t_provider\n", "found id \"other\", wanted \"bad\"");
    data_refused(k, "id: bad\n", "wanted the id of the plugin that runs it");
    data_refused(k, "id: bad\nuses: nobody\n",
                 "uses: there is no plugin \"nobody\" (looked for nobody.so in ");
    data_refused(k, "id: bad\nuses: t_vendor\n", "is not a data file itself");
    data_refused(k, "id: bad\nuses: t_provider\nkey_env: 5\n", "key_env: found 5, wanted text");
    data_refused(k, "id: bad\nuses: t_provider\naliases: [ok, {}]\n", "aliases");
    data_refused(k, "id: bad\nuses: t_provider\naliases: [Not Ok]\n", "wanted 1 to 64 of a-z");
    data_refused(k, "id: bad\nuses: t_provider\nbase_url: [a]\n", "base_url");
    data_refused(k, "id: bad\nuses: t_provider\nregoin: north\n",
                 "unknown member \"regoin\"; did you mean \"region\"?");
    data_refused(k, "id: bad\nuses: t_provider\nregion: west\n",
                 "region: found \"west\", wanted one of");
}

static void a_data_file_is_checked_beside_its_plugin(void **state)
{
    struct kit *k = *state;
    char path[512], *json = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_plugin_check(PLUGINS "/t_vendor.yaml", &json, &err), SLUICE_OK);
    assert_contains(json, "\"uses\":\"t_provider\"");
    free(json);
    kit_copy(PLUGINS "/t_provider.so", k->dir, "t_provider.so");
    kit_write(k->dir, "bad.yaml", "id: bad\nuses: t_provider\ntries: many\n");
    snprintf(path, sizeof path, "%s/bad.yaml", k->dir);
    assert_int_equal(sl_plugin_check(path, &json, &err), SLUICE_E_INVALID);
    assert_contains(err.message, "tries: found string");
}

struct seen {
    char text[4096];
};

static void note_class(void *ctx, const struct sl_plugin_class *cls)
{
    struct seen *s = ctx;

    strncat(s->text, cls->id, sizeof s->text - strlen(s->text) - 1);
    strncat(s->text, " ", sizeof s->text - strlen(s->text) - 1);
}

static void each_walks_the_providers_and_leaves_out_what_is_broken(void **state)
{
    struct kit *k = *state;
    struct seen seen = { "" };
    struct sl_registry *r = kit_registry(k, BROKEN ":" PLUGINS);

    assert_int_equal(sl_registry_each(r, SLUICE_PROVIDER_ID, note_class, &seen), SLUICE_OK);
    assert_contains(seen.text, "t_provider ");
    assert_contains(seen.text, "t_vendor ");
    assert_null(strstr(seen.text, "b_"));
    assert_null(strstr(seen.text, "t_router"));
    assert_contains(k->log, "2 plugin b_magic cannot be used");
    sl_registry_destroy(r);
}

static void note_row(void *ctx, sluice_span json)
{
    struct seen *s = ctx;

    if (sl_span_find(json, SL_SPAN("\"t_provider\"")) < json.len ||
        sl_span_find(json, SL_SPAN("\"b_major\"")) < json.len) {
        size_t at = strlen(s->text);

        snprintf(s->text + at, sizeof s->text - at, "%.*s\n", SL_FMT(json));
    }
}

static void list_describes_what_is_there_and_what_is_wrong(void **state)
{
    struct seen seen = { "" };
    struct sl_registry *r = kit_registry(*state, BROKEN ":" PLUGINS);

    sl_registry_list(r, note_row, &seen);
    assert_contains(seen.text, "{\"id\":\"t_provider\",\"kind\":\"provider\",\"version\":\"1.2\","
                               "\"abi\":\"1.0\",\"abi_min\":\"1.0\",\"vendor\":\"tests\","
                               "\"summary\":\"a provider for the tests\",\"sha256\":\"");
    assert_contains(seen.text, "\"file\":\"" PLUGINS "/t_provider.so\",\"builtin\":false}");
    assert_contains(seen.text, "\"id\":\"b_major\"");
    assert_contains(seen.text, "\"error\":\"" BROKEN "/b_major.so: found ABI major 9, wanted 1\"}");
    assert_contains(seen.text,
                    "{\"id\":\"t_vendor\",\"kind\":\"provider\",\"uses\":\"t_provider\"");
    sl_registry_destroy(r);
}

static void init_runs_once_for_two_registries(void **state)
{
    struct kit *k = *state;
    struct sl_registry *one = kit_registry(k, PLUGINS), *two = kit_registry(k, PLUGINS);
    const struct sl_plugin_class *cls;
    const char *first;

    assert_int_equal(sl_registry_class(one, SLUICE_PROVIDER_ID, SL_SPAN("t_provider"), &cls, NULL),
                     0);
    assert_int_equal(sl_registry_class(two, SLUICE_PROVIDER_ID, SL_SPAN("t_provider"), &cls, NULL),
                     0);
    first = strstr(k->log, "1 t_provider: hello");
    assert_non_null(first);
    assert_null(strstr(first + 1, "1 t_provider: hello"));
    sl_registry_destroy(one);
    sl_registry_destroy(two);
    /* fini() ran: the next first use is a first one again. */
    one = kit_registry(k, PLUGINS);
    assert_int_equal(sl_registry_class(one, SLUICE_PROVIDER_ID, SL_SPAN("t_provider"), &cls, NULL),
                     0);
    assert_non_null(strstr(first + 1, "1 t_provider: hello"));
    assert_null(strstr(k->log, "init() ran twice"));
    sl_registry_destroy(one);
}

static void the_environment_names_folders_in_front_of_the_installed_ones(void **state)
{
    const struct sl_plugin_class *cls;
    struct sl_registry *r;

    assert_int_equal(setenv("SLUICE_PLUGIN_PATH", "relative:" PLUGINS, 1), 0);
    r = kit_registry(*state, NULL);
    unsetenv("SLUICE_PLUGIN_PATH");
    assert_int_equal(sl_registry_class(r, SLUICE_ROUTER_ID, SL_SPAN("t_router"), &cls, NULL), 0);
    sl_registry_destroy(r);
}

static void plugins_lie_beside_a_program_in_a_tree_that_was_moved(void **state)
{
    const struct sl_plugin_class *cls;
    struct sl_registry *r = kit_registry(*state, NULL);

    /* bin/ and lib/sluice/1/ of the build tree. */
    assert_int_equal(sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("mock"), &cls, NULL), 0);
    sl_registry_destroy(r);
}

static void *ask_all(void *arg)
{
    static const char *const ids[] = { "t_vendor", "t_provider", "t_sold_as", "t_alias",
                                       "t_newer" };
    const struct sl_plugin_class *cls;
    size_t good = 0;

    for (size_t n = 0; n < 50; n++)
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
            good +=
                sl_registry_class(arg, SLUICE_PROVIDER_ID, sl_span_str(ids[i]), &cls, NULL) >= 0;
    return good == 250 ? arg : NULL;
}

static void many_threads_may_ask_at_once(void **state)
{
    struct kit *k = *state;
    struct sl_registry_options o = { .path = PLUGINS };
    struct sl_registry *r;
    pthread_t threads[4];
    void *result;

    (void)k;
    assert_int_equal(sl_registry_create(&o, &r, NULL), SLUICE_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_all, r), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, r);
    }
    sl_registry_destroy(r);
}

static void failing_memory_leaves_a_registry_that_works_later(void **state)
{
    struct kit *k = *state;
    struct sl_registry_options o = { .path = PLUGINS };
    bool hit = true;

    (void)k;
    for (uint64_t n = 1; hit; n++) {
        struct sl_registry *r = NULL;
        const struct sl_plugin_class *cls;
        sluice_error err = SLUICE_ERROR_INIT;
        sluice_status st;

        sl_fault_after(n);
        st = sl_registry_create(&o, &r, &err);
        if (st >= 0)
            st = sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_sold_as"), &cls, &err);
        hit = sl_fault_after(0) >= n;
        if (!hit)
            assert_int_equal(st, SLUICE_OK);
        else if (st < 0 && st != SLUICE_E_NOT_FOUND)
            assert_int_equal(st, SLUICE_E_NOMEM);
        if (r)
            assert_int_equal(
                sl_registry_class(r, SLUICE_PROVIDER_ID, SL_SPAN("t_sold_as"), &cls, &err),
                SLUICE_OK);
        sl_registry_destroy(r);
        assert_true(n < 10000);
    }
}

#define KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT(every_kind_is_found_by_its_file_name),
        KIT(the_same_class_is_given_each_time),
        KIT(code_says_its_facts_in_the_schema),
        KIT(a_data_file_is_run_by_the_plugin_it_names),
        KIT(an_unknown_id_is_answered_with_the_nearest),
        KIT(a_plugin_of_another_kind_is_not_found),
        KIT(the_first_folder_wins),
        KIT(a_missing_or_relative_folder_is_a_warning),
        KIT(rescan_finds_new_files_and_leaves_known_ones),
        KIT(bad_data_files_are_refused_with_their_place),
        KIT(a_data_file_is_checked_beside_its_plugin),
        KIT(each_walks_the_providers_and_leaves_out_what_is_broken),
        KIT(list_describes_what_is_there_and_what_is_wrong),
        KIT(init_runs_once_for_two_registries),
        KIT(the_environment_names_folders_in_front_of_the_installed_ones),
        KIT(plugins_lie_beside_a_program_in_a_tree_that_was_moved),
        KIT(many_threads_may_ask_at_once),
        KIT(failing_memory_leaves_a_registry_that_works_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
