/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c - the command line. */
#include "kit.h"

#include "command/options.h"

static char notes[4096];

static enum gw_parse parse(struct gw_options *o, const char *a, const char *b, const char *c)
{
    char *argv[] = { (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c };
    int argc = !a ? 0 : !b ? 1 : !c ? 2 : 3;
    FILE *f = fmemopen(notes, sizeof notes, "w");
    enum gw_parse result;

    assert_non_null(f);
    memset(notes, 0, sizeof notes);
    result = gw_options_parse(o, argc, argv, f);
    fclose(f);
    return result;
}

static int clean_environment(void **state)
{
    static const char *const names[] = { "PORT",
                                         "HOST",
                                         "NUM_WORKERS",
                                         "CONFIG_FILE_PATH",
                                         "DEBUG",
                                         "DETAILED_DEBUG",
                                         "KEEPALIVE_TIMEOUT",
                                         "SSL_CERTFILE_PATH",
                                         "SSL_KEYFILE_PATH" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    return 0;
}

static void defaults_are_litellms(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, NULL, NULL, NULL), GW_PARSE_OK);
    assert_int_equal(o.port, 4000);
    assert_null(o.host);
    assert_null(o.config);
    assert_int_equal(o.workers, 0);
    assert_int_equal(o.drain_s, 30);
}

static void a_value_may_follow_or_be_joined(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, "--port", "8080", NULL), GW_PARSE_OK);
    assert_int_equal(o.port, 8080);
    assert_int_equal(parse(&o, "--port=8081", NULL, NULL), GW_PARSE_OK);
    assert_int_equal(o.port, 8081);
}

static void dashes_stand_for_underscores(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, "--num-workers", "3", "--detailed-debug"), GW_PARSE_OK);
    assert_int_equal(o.workers, 3);
    assert_true(o.debug);
}

static void short_names_work(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, "-c", "f.yaml", "-v"), GW_PARSE_OK);
    assert_string_equal(o.config, "f.yaml");
    assert_true(o.version);
}

static void the_environment_gives_defaults(void **state)
{
    struct gw_options o;

    (void)state;
    setenv("PORT", "5000", 1);
    setenv("DEBUG", "False", 1);
    setenv("CONFIG_FILE_PATH", "e.yaml", 1);
    assert_int_equal(parse(&o, NULL, NULL, NULL), GW_PARSE_OK);
    assert_int_equal(o.port, 5000);
    assert_false(o.debug);
    assert_string_equal(o.config, "e.yaml");
    assert_int_equal(parse(&o, "--port", "5001", NULL), GW_PARSE_OK);
    assert_int_equal(o.port, 5001);
}

static void a_host_of_the_environment_is_told_apart(void **state)
{
    struct gw_options o;

    (void)state;
    setenv("HOST", "box", 1);
    assert_int_equal(parse(&o, NULL, NULL, NULL), GW_PARSE_OK);
    assert_true(o.host_from_env);
    assert_int_equal(parse(&o, "--host", "::1", NULL), GW_PARSE_OK);
    assert_false(o.host_from_env);
    assert_string_equal(o.host, "::1");
}

static void an_unknown_flag_names_the_nearest(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, "--confg", "x", NULL), GW_PARSE_BAD);
    assert_non_null(strstr(notes, "--config"));
    assert_int_equal(parse(&o, "--num-wrokers=2", NULL, NULL), GW_PARSE_BAD);
    assert_non_null(strstr(notes, "--num_workers"));
    assert_int_equal(parse(&o, "--zzzzzzzzzz", NULL, NULL), GW_PARSE_BAD);
    assert_null(strstr(notes, "did you mean"));
}

static void numbers_are_checked(void **state)
{
    static const char *const bad[] = { "", "x", "1x", "-1", "65536", "99999999999999999999", " " };
    struct gw_options o;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(&o, "--port", bad[i], NULL), GW_PARSE_BAD);
        assert_non_null(strstr(notes, "port"));
    }
    assert_int_equal(parse(&o, "--num_workers", "0", NULL), GW_PARSE_BAD);
}

static void a_missing_value_is_said(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, "--config", NULL, NULL), GW_PARSE_BAD);
    assert_non_null(strstr(notes, "--config needs a value"));
}

static void flags_without_effect_are_accepted_with_a_note(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, "--telemetry", "False", "--run_gunicorn"), GW_PARSE_OK);
    assert_non_null(strstr(notes, "--telemetry has no effect"));
    assert_non_null(strstr(notes, "--run_gunicorn has no effect"));
}

static void stray_words_are_refused(void **state)
{
    struct gw_options o;

    (void)state;
    assert_int_equal(parse(&o, "--debug", "yes", NULL), GW_PARSE_BAD);
    assert_non_null(strstr(notes, "yes"));
}

static void help_lists_every_flag(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    (void)state;
    assert_non_null(f);
    gw_options_help(f);
    fclose(f);
    assert_non_null(strstr(text, "--config, -c FILE"));
    assert_non_null(strstr(text, "--insecure"));
    assert_non_null(strstr(text, "--use_prisma_db_push"));
    free(text);
}

static void the_nearest_name_is_near(void **state)
{
    static const char *const names[] = { "check", "complete", "plugins" };

    (void)state;
    assert_string_equal(gw_nearest("chekc", names, 3), "check");
    assert_string_equal(gw_nearest("plugin", names, 3), "plugins");
    assert_null(gw_nearest("serve", names, 3));
    assert_null(gw_nearest("", names, 3));
}

#define CASE(name) cmocka_unit_test_setup(name, clean_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(defaults_are_litellms),
        CASE(a_value_may_follow_or_be_joined),
        CASE(dashes_stand_for_underscores),
        CASE(short_names_work),
        CASE(the_environment_gives_defaults),
        CASE(a_host_of_the_environment_is_told_apart),
        CASE(an_unknown_flag_names_the_nearest),
        CASE(numbers_are_checked),
        CASE(a_missing_value_is_said),
        CASE(flags_without_effect_are_accepted_with_a_note),
        CASE(stray_words_are_refused),
        CASE(help_lists_every_flag),
        CASE(the_nearest_name_is_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
