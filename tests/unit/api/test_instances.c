/* SPDX-License-Identifier: Apache-2.0 */
/* test_instances.c - several instances in one process; what opening and closing leave behind. */
#include "kit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void two_instances_do_not_see_each_other(void **state)
{
    sluice *a = open_text("model_list:\n" SAYS("m", "first") SAYS("only-a", "x"));
    sluice *b = open_text("model_list:\n" SAYS("m", "second"));
    sluice_error err = SLUICE_ERROR_INIT;
    char *said = ask(a, "m", "hi"), *other;

    (void)state;
    assert_string_equal(said, "first");
    sluice_free(said);
    said = ask(b, "m", "hi");
    assert_string_equal(said, "second");
    sluice_free(said);
    assert_int_equal(sluice_ask(b, "only-a", "hi", &other, &err), SLUICE_E_NOT_FOUND);
    assert_null(strstr(err.message, "only-b"));
    sluice_close(a, 0);
    said = ask(b, "m", "still here");
    assert_string_equal(said, "second");
    sluice_free(said);
    sluice_close(b, 0);
}

static void a_reload_of_one_leaves_the_other_alone(void **state)
{
    sluice *a = open_text("model_list:\n" SAYS("m", "first"));
    sluice *b = open_text("model_list:\n" SAYS("m", "second"));
    sluice_error err = SLUICE_ERROR_INIT;
    char *said;

    (void)state;
    assert_int_equal(sluice_reload(a, text("model_list:\n" SAYS("m", "third")), &err), SLUICE_OK);
    said = ask(a, "m", "hi");
    assert_string_equal(said, "third");
    sluice_free(said);
    said = ask(b, "m", "hi");
    assert_string_equal(said, "second");
    sluice_free(said);
    sluice_close(a, 0);
    sluice_close(b, 0);
}

static void a_bad_reload_changes_nothing_and_says_why(void **state)
{
    sluice *s = open_text("model_list:\n" SAYS("m", "first"));
    sluice_error err = SLUICE_ERROR_INIT;
    char *said;

    (void)state;
    assert_int_equal(sluice_reload(s, text("model_list: [\n"), &err), SLUICE_E_INVALID);
    assert_true(err.message[0] != 0);
    said = ask(s, "m", "hi");
    assert_string_equal(said, "first");
    sluice_free(said);
    sluice_close(s, 0);
}

static void an_instance_is_opened_and_closed_many_times(void **state)
{
    int before = open("/dev/null", O_RDONLY), after;

    (void)state;
    close(before);
    for (int i = 0; i < 20; i++) {
        sluice *s = open_text(MODELS);

        sluice_free(ask(s, "echo", "hi"));
        spawn(s);
        sluice_close(s, 0);
    }
    /* The lowest free descriptor is what it was: none is left open. */
    after = open("/dev/null", O_RDONLY);
    close(after);
    assert_int_equal(after, before);
}

static void work_and_fail(sluice *s)
{
    sluice_error err = SLUICE_ERROR_INIT;
    char *said = NULL;

    sluice_free(ask(s, "echo", "hi"));
    assert_true(sluice_ask(s, "nothing", "hi", &said, &err) < 0);
    assert_true(sluice_ask(s, "broken", "hi", &said, &err) < 0);
    assert_true(sluice_reload(s, text("model_list: 7\n"), &err) < 0);
}

static void nothing_is_printed(void **state)
{
    sluice *s = open_text(MODELS MODEL("broken", "error-500"));
    int pipes[2], out = dup(1), err = dup(2);
    char c;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    fflush(NULL);
    dup2(pipes[1], 1);
    dup2(pipes[1], 2);
    work_and_fail(s);
    sluice_close(s, 0);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &c, 1), 0);
    close(pipes[0]);
    close(out);
    close(err);
}

static void signal_handlers_and_masks_are_left_alone(void **state)
{
    struct sigaction before[NSIG], after;
    sigset_t mask, now;
    sluice *s;

    (void)state;
    for (int i = 1; i < NSIG; i++)
        if (sigaction(i, NULL, &before[i]) < 0)
            before[i].sa_handler = SIG_DFL;
    memset(&mask, 0, sizeof mask); /* the system fills a part only */
    memset(&now, 0, sizeof now);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    s = open_text(MODELS);
    sluice_free(ask(s, "echo", "hi"));
    for (int i = 1; i < NSIG; i++)
        if (sigaction(i, NULL, &after) == 0)
            assert_true(after.sa_handler == before[i].sa_handler);
    sluice_close(s, 0);
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    assert_memory_equal(&mask, &now, sizeof mask);
}

struct lines {
    atomic_int n, errors;
};

static void on_log(void *ctx, int32_t level, sluice_span message)
{
    struct lines *l = ctx;

    (void)message;
    atomic_fetch_add(&l->n, 1);
    if (level == 0)
        atomic_fetch_add(&l->errors, 1);
}

static void what_there_is_to_say_goes_to_the_log_function(void **state)
{
    struct lines lines = { 0 };
    sluice_options o = { .struct_size = sizeof o, .plugin_path = "/nowhere:" PLUGINS };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice *s;

    (void)state;
    o.config = text(MODELS);
    o.log = on_log;
    o.log_ctx = &lines;
    assert_int_equal(sluice_open(&o, &s, &err), SLUICE_OK);
    sluice_free(ask(s, "echo", "hi"));
    sluice_close(s, 0);
    assert_true(atomic_load(&lines.n) > 0);
}

static void a_configuration_that_is_wrong_is_refused_with_its_place(void **state)
{
    sluice_options o = { .struct_size = sizeof o, .plugin_path = PLUGINS };
    sluice_error err = SLUICE_ERROR_INIT;
    sluice *s = NULL;

    (void)state;
    o.config = text("model_list:\n- {model_name: m}\n");
    assert_int_equal(sluice_open(&o, &s, &err), SLUICE_E_INVALID);
    assert_null(s);
    assert_non_null(strstr(err.message, "2:"));
    o.config = text("");
    o.config_file = "/nowhere/config.yaml";
    assert_true(sluice_open(&o, &s, &err) < 0);
    assert_non_null(strstr(err.message, "/nowhere/config.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_instances_do_not_see_each_other),
        cmocka_unit_test(a_reload_of_one_leaves_the_other_alone),
        cmocka_unit_test(a_bad_reload_changes_nothing_and_says_why),
        cmocka_unit_test(an_instance_is_opened_and_closed_many_times),
        cmocka_unit_test(nothing_is_printed),
        cmocka_unit_test(signal_handlers_and_masks_are_left_alone),
        cmocka_unit_test(what_there_is_to_say_goes_to_the_log_function),
        cmocka_unit_test(a_configuration_that_is_wrong_is_refused_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
