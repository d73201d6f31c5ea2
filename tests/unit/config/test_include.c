/* SPDX-License-Identifier: Apache-2.0 */
/* test_include.c - configurations in files: what `include` brings, and files that cannot be read.
 */
#include "kit.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/sluice-config-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static const char *file_at(const char *name)
{
    static char path[2][200];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(file_at(name), "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file_at("main.yaml"));
    unlink(file_at("more.yaml"));
    unlink(file_at("empty.yaml"));
    return rmdir(folder);
}

static void included_lists_are_appended_and_maps_replaced(void **state)
{
    char where[300];
    struct loaded l;

    (void)state;
    write_file("main.yaml", "include: [more.yaml]\n"
                            "model_list:\n- model_name: m\n  litellm_params:\n    model: mock/m\n"
                            "router_settings: {num_retries: 7, timeout: 3}\n");
    write_file("more.yaml", "include: [nowhere.yaml]\nrouter_settings: {num_retries: 4}\n"
                            "model_list: [{model_name: n, litellm_params: {model: a/b, rpms: 1}}]\n"
                            "general_settings: {master_key: sk-x}\n");
    kit_load_from(&l, file_at("main.yaml"), sl_span(NULL, 0));
    assert_int_equal(l.status, SLUICE_OK);
    assert_span(l.s->source, file_at("main.yaml"));
    assert_int_equal(l.s->n_deployments, 2);
    assert_span(l.s->deployments[1].model_name, "n");
    assert_int_equal(l.s->num_retries, 4);
    assert_int_equal(l.s->limits.timeout_ms, -1);
    assert_span(sl_secret_reveal(l.s->master_key), "sk-x");
    snprintf(where, sizeof where,
             "approximated %s/more.yaml:3:59 model_list[1].litellm_params.rpms", folder);
    assert_reported(l, where);
    assert_reported(l, " include: files that an included file names are not read\n");
    assert_reported(l, " router_settings: replaced as a whole by the included ");
    kit_unload(&l);
}

static void files_that_cannot_be_read_are_errors(void **state)
{
    struct loaded l;

    (void)state;
    kit_load_from(&l, file_at("nobody.yaml"), sl_span(NULL, 0));
    assert_int_equal(l.status, SLUICE_E_INVALID);
    assert_non_null(strstr(l.err.message, "nobody.yaml: no such file"));
    kit_unload(&l);
    kit_load_from(&l, folder, sl_span(NULL, 0));
    assert_non_null(strstr(l.err.message, "is no file"));
    kit_unload(&l);
    write_file("empty.yaml", "");
    kit_load_from(&l, file_at("empty.yaml"), sl_span(NULL, 0));
    assert_non_null(strstr(l.err.message, "empty.yaml:1:1: the configuration is empty"));
    kit_unload(&l);
    write_file("main.yaml", "include: [more.yaml]\n");
    write_file("more.yaml", "- a\n");
    kit_load_from(&l, file_at("main.yaml"), sl_span(NULL, 0));
    assert_non_null(strstr(l.err.message, "more.yaml:1:1: a configuration is a map, not a list"));
    kit_unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(included_lists_are_appended_and_maps_replaced),
        cmocka_unit_test(files_that_cannot_be_read_are_errors),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
