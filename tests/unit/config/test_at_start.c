/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that wait for a restart: each of the table has its reason and is told when it changes, and
 * no other is. */
#include "kit.h"
#include "config/at_start.h"

#define STORE "general_settings: {object_store: {type: sqlite, path: /a/b.db, "
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    enum sl_section section;
    const char *name, *path;
    const char *before, *after;
} changes[] = {
    { SL_IN_OBJECTS, "type", "general_settings.object_store.type",
      "general_settings: {object_store: {type: memory}}", "general_settings: {object_store: {}}" },
    { SL_IN_OBJECTS, "path", "general_settings.object_store.path",
      "general_settings: {object_store: {type: sqlite, path: /a/b.db}}",
      "general_settings: {object_store: {type: sqlite, path: /a/c.db}}" },
    { SL_IN_OBJECTS, "max_size_mb", "general_settings.object_store.max_size_mb",
      "general_settings: {object_store: {max_size_mb: 8}}",
      "general_settings: {object_store: {max_size_mb: 9}}" },
    { SL_IN_PLUGINS, "path", "plugins.path", "plugins: {path: /a}", "plugins: {path: [/a, /b]}" },
    { SL_IN_PLUGINS, "sha256", "plugins.sha256", "plugins: {load: all}",
      "plugins: {load: all, sha256: {x: " DIGEST "}}" },
};
#define CHANGES (sizeof changes / sizeof *changes)

struct told {
    char keys[512];
    size_t n;
};

static void tell(void *ctx, const struct sl_start_setting *s)
{
    struct told *t = ctx;

    assert_true(s->why && s->why[0]);
    t->n++;
    snprintf(t->keys, sizeof t->keys, "%.*s", SL_FMT(s->key));
}

static struct told compare(const char *before, const char *after)
{
    struct told told = { .n = 0 };
    struct loaded a, b;

    load_good(a, before);
    load_good(b, after);
    sl_at_start_compare(a.s->at_start, b.s->at_start, tell, &told);
    kit_unload(&a);
    kit_unload(&b);
    return told;
}

static bool has_change(enum sl_section section, sluice_span name)
{
    for (size_t i = 0; i < CHANGES; i++)
        if (changes[i].section == section && sl_span_eq(name, sl_span_str(changes[i].name)))
            return true;
    return false;
}

static void every_such_key_of_the_table_has_a_reason_and_a_change_below(void **state)
{
    const struct sl_key_row *row;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; (row = sl_key_row(i)); i++) {
        sluice_span name;

        if (row->state != SL_START)
            continue;
        assert_non_null(sl_at_start_why(row->section));
        for (size_t pos = 0; (name = sl_key_name(row, &pos)).len; n++)
            if (!has_change(row->section, name))
                fail_msg("%.*s of %s", SL_FMT(name), sl_section_name(row->section));
    }
    assert_int_equal(n, CHANGES);
}

static void a_change_is_told_by_its_name_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHANGES; i++) {
        struct told there = compare(changes[i].before, changes[i].after);
        struct told back = compare(changes[i].after, changes[i].before);

        assert_int_equal(there.n, 1);
        assert_string_equal(there.keys, changes[i].path);
        assert_int_equal(back.n, 1);
        assert_string_equal(back.keys, changes[i].path);
    }
}

static void what_stays_or_follows_a_reload_is_not_told(void **state)
{
    static const char *const pairs[][2] = {
        { "", "" },
        { STORE "ttl: 5}}", STORE "ttl: 6}}" },
        { "plugins: {load: all}", "plugins: {load: referenced}" },
        { "plugins: {path: [/a]}\nmodel_list: []", "model_list: []\nplugins: {path: [/a]}" },
        { "general_settings: {master_key: sk-a}", "general_settings: {max_request_size_mb: 1}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_int_equal(compare(pairs[i][0], pairs[i][1]).n, 0);
}

static void a_folder_from_a_variable_of_the_file_is_told_as_well(void **state)
{
    struct told told = compare("environment_variables: {SLUICE_STATE_DIR: /a}\n",
                               "environment_variables: {SLUICE_STATE_DIR: /b}\n");

    (void)state;
    assert_int_equal(told.n, 1);
    assert_string_equal(told.keys, "environment_variables.SLUICE_STATE_DIR");
}

static void what_was_opened_outlives_its_settings(void **state)
{
    const struct sl_start_setting *kept = NULL;
    struct told told = { .n = 0 };
    struct sluice_arena arena;
    struct loaded l;

    (void)state;
    sl_arena_init(&arena, 1 << 20);
    load_good(l, "plugins: {path: /a}");
    assert_true(sl_at_start_copy(l.s->at_start, &arena, &kept));
    kit_unload(&l);
    load_good(l, "plugins: {path: /a}");
    sl_at_start_compare(kept, l.s->at_start, tell, &told);
    assert_int_equal(told.n, 0);
    sl_at_start_compare(kept, NULL, tell, &told);
    assert_string_equal(told.keys, "plugins.path");
    kit_unload(&l);
    sl_arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_such_key_of_the_table_has_a_reason_and_a_change_below),
        cmocka_unit_test(a_change_is_told_by_its_name_both_ways),
        cmocka_unit_test(what_stays_or_follows_a_reload_is_not_told),
        cmocka_unit_test(a_folder_from_a_variable_of_the_file_is_told_as_well),
        cmocka_unit_test(what_was_opened_outlives_its_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
