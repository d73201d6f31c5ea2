/* SPDX-License-Identifier: Apache-2.0 */
/* docs/sluice.yaml.5 lists every key of the table with its type and what becomes of it, and
 * sluice.example.yaml has nothing in it that is not in force. After a change of the table:
 * SLUICE_WRITE_MANUAL=1 build/debug/bin/unit_config_manual */
#include "kit.h"
#include "config/keys.h"

#define MANUAL TEST_SOURCE_DIR "/../docs/sluice.yaml.5"
#define EXAMPLE TEST_SOURCE_DIR "/../sluice.example.yaml"
#define BEGIN ".\\\" keys begin\n"
#define END ".\\\" keys end\n"

static void add_text(struct sl_buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '-')
            sl_buf_add_char(b, '\\');
        sl_buf_add_char(b, *text);
    }
}

static void add_row(struct sl_buf *b, const struct sl_key_row *row, bool first)
{
    static const char *const states[] = { [SL_NOW] = "In force",
                                          [SL_START] = "In force, a change waits for a restart",
                                          [SL_LATER] = "Not yet in force",
                                          [SL_NEVER] = "Ignored" };
    sluice_span name;

    if (!first) /* a heading begins a paragraph of its own */
        sl_buf_add_str(b, ".PP\n");
    for (size_t pos = 0; (name = sl_key_name(row, &pos)).len;)
        sl_buf_printf(b, ".B %.*s\n", SL_FMT(name));
    sl_buf_add_str(b, ".RS\n(");
    add_text(b, sl_key_type_name(row->type));
    sl_buf_printf(b, ")\n%s", states[row->state]);
    if (row->text[0]) {
        sl_buf_add_str(b, ": ");
        add_text(b, row->text);
    }
    sl_buf_add_str(b, ".\n.RE\n");
}

/* The part of the manual that is the table. */
static void render(struct sl_buf *b)
{
    const struct sl_key_row *row;

    for (enum sl_section s = SL_IN_TOP; s < SL_IN_SECTIONS; s++) {
        sl_buf_printf(b, ".SS %s\n", sl_section_name(s));
        for (size_t i = 0, n = 0; (row = sl_key_row(i)); i++)
            if (row->section == s)
                add_row(b, row, n++ == 0);
    }
}

static void read_manual(struct sl_buf *b)
{
    FILE *f = fopen(MANUAL, "r");
    char chunk[4096];
    size_t n;

    assert_non_null(f);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        sl_buf_add(b, sl_span(chunk, n));
    fclose(f);
    assert_true(sl_buf_ok(b));
}

static void the_manual_lists_every_key_as_the_table_has_it(void **state)
{
    struct sl_buf manual, table;
    sluice_span text, list;
    size_t from, to;

    (void)state;
    sl_buf_init(&manual, 1 << 20);
    sl_buf_init(&table, 1 << 20);
    read_manual(&manual);
    render(&table);
    text = sl_buf_span(&manual);
    from = sl_span_find(text, SL_SPAN(BEGIN));
    to = sl_span_find(text, SL_SPAN(END));
    assert_true(from < to && to < text.len);
    from += sizeof BEGIN - 1;
    list = sl_span(text.ptr + from, to - from);
    if (getenv("SLUICE_WRITE_MANUAL")) {
        FILE *f = fopen(MANUAL, "w");

        assert_non_null(f);
        fwrite(text.ptr, 1, from, f);
        fwrite(table.ptr, 1, table.len, f);
        fwrite(text.ptr + to, 1, text.len - to, f);
        fclose(f);
    } else if (!sl_span_eq(list, sl_buf_span(&table)))
        fail_msg("docs/sluice.yaml.5 is not up to date: see the head of this test");
    sl_buf_finish(&manual);
    sl_buf_finish(&table);
}

static void no_key_stands_in_the_table_twice(void **state)
{
    const struct sl_key_row *row;

    (void)state;
    for (size_t i = 0; (row = sl_key_row(i)); i++) {
        sluice_span name;

        for (size_t pos = 0; (name = sl_key_name(row, &pos)).len;)
            if (sl_key_find(row->section, name) != row)
                fail_msg("%.*s of %s", SL_FMT(name), sl_section_name(row->section));
    }
}

static void keys_of_secret_type_have_secret_names(void **state)
{
    const struct sl_key_row *row;

    (void)state;
    for (size_t i = 0; (row = sl_key_row(i)); i++) {
        sluice_span name;

        for (size_t pos = 0; row->type == SL_TYPE_SECRET && (name = sl_key_name(row, &pos)).len;)
            if (!sl_key_is_secret(name))
                fail_msg("%.*s", SL_FMT(name));
    }
}

static void slips_find_the_nearest_name(void **state)
{
    static const struct {
        enum sl_section section;
        const char *slip, *meant;
    } slips[] = {
        { SL_IN_ROUTER, "num_retires", "num_retries" },
        { SL_IN_ROUTER, "retryafter", "retry_after" },
        { SL_IN_ROUTER, "Timeout", "timeout" },
        { SL_IN_GENERAL, "masterkey", "master_key" },
        { SL_IN_TOP, "modellist", "model_list" },
        { SL_IN_PARAMS, "max-tokens", "max_tokens" },
        { SL_IN_PARAMS, "top_q", "top_p" },
        { SL_IN_PARAMS, "api_bsae", "api_base" },
        { SL_IN_ROUTER, "xyz", "" },
        { SL_IN_ROUTER, "completely_different", "" },
        { SL_IN_ROUTER, "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
        assert_span(sl_key_near(slips[i].section, sl_span_str(slips[i].slip)), slips[i].meant);
}

static void the_example_is_in_force_to_the_last_key(void **state)
{
    struct loaded l;

    (void)state;
    kit_load_from(&l, EXAMPLE, sl_span(NULL, 0));
    if (l.status < 0)
        fail_msg("%s", l.err.message);
    assert_unreported(l, "approximated ");
    assert_unreported(l, "ignored ");
    assert_int_equal(l.s->n_deployments, 4);
    assert_int_equal(l.s->n_loggers, 1);
    assert_true(l.s->cache);
    kit_unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_lists_every_key_as_the_table_has_it),
        cmocka_unit_test(no_key_stands_in_the_table_twice),
        cmocka_unit_test(keys_of_secret_type_have_secret_names),
        cmocka_unit_test(slips_find_the_nearest_name),
        cmocka_unit_test(the_example_is_in_force_to_the_last_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
