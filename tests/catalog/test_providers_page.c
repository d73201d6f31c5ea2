/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/providers.md lists every provider with what it offers, every data file with what it says of
 * its vendor, and every word of the data files with the cassettes that show it: none is without.
 * After a change: SLUICE_WRITE_PROVIDERS=1 build/debug/bin/catalog_page
 */
#include "base/arena.h"
#include "base/buf.h"
#include "plugin/catalog.h"
#include "testhost.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sluice/provider.h>

#define BEGIN "<!-- generated: begin -->\n"
#define END "<!-- generated: end -->\n"
#define LIST_MAX 512

static struct sluice_arena memory;

struct list {
    char *at[LIST_MAX];
    size_t n;
};

static int order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder, without their ending. */
static struct list names_in(const char *folder, const char *ending)
{
    struct list l = { .n = 0 };
    DIR *dir = opendir(folder);
    struct dirent *e;

    assert_non_null(dir);
    while ((e = readdir(dir)) && l.n < LIST_MAX) {
        sluice_span name = sl_span_str(e->d_name);

        if (sl_span_ends(name, sl_span_str(ending)))
            l.at[l.n++] = (char *)(uintptr_t)sl_arena_dup(
                              &memory, sl_span_head(name, name.len - strlen(ending)))
                              .ptr;
    }
    closedir(dir);
    qsort(l.at, l.n, sizeof *l.at, order);
    return l;
}

static sluice_span text_of(const char *folder, const char *name, const char *ending)
{
    sluice_span path = sl_arena_printf(&memory, "%s/%s%s", folder, name, ending);
    FILE *f = fopen(path.ptr, "r");
    struct sl_buf b;
    sluice_span out;
    char chunk[4096];
    size_t n;

    if (!f)
        fail_msg("%s is not there", path.ptr);
    sl_buf_init(&b, 4 << 20);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        sl_buf_add(&b, sl_span(chunk, n));
    fclose(f);
    out = sl_arena_dup(&memory, sl_buf_span(&b));
    sl_buf_finish(&b);
    return out;
}

static struct sl_json *tree_of(sluice_span text)
{
    struct sl_json_error why;
    struct sl_json *root;

    assert_int_equal(sl_json_parse(text, &memory, &root, &why), SLUICE_OK);
    return root;
}

/* ---- plugins ---- */

static void add_plugins(struct sl_buf *b)
{
    struct list plugins = names_in(PLUGINS, ".so");

    sl_buf_add_str(b, "## Plugins\n\n| Provider | Operations |\n|---|---|\n");
    for (size_t i = 0; i < plugins.n; i++) {
        sluice_span path = sl_arena_printf(&memory, "%s/%s.so", PLUGINS, plugins.at[i]);
        struct sl_testplugin *plugin;
        sluice_error err = SLUICE_ERROR_INIT;
        const sluice_provider_class *class;

        if (sl_testplugin_load(path.ptr, &plugin, &err) < 0)
            fail_msg("%s", err.message);
        class = sl_testplugin_descriptor(plugin)->get_class(SLUICE_PROVIDER_ID);
        if (class) {
            sl_buf_printf(b, "| `%s` |", plugins.at[i]);
            for (size_t k = 0; class->operations[k]; k++)
                sl_buf_printf(b, "%s %s", k ? "," : "", class->operations[k]);
            sl_buf_add_str(b, " |\n");
        }
        sl_testplugin_drop(plugin);
    }
}

/* ---- data files ---- */

/* What its head says beyond the vendor's name. */
static sluice_span remark(sluice_span file)
{
    struct sl_buf b;
    sluice_span out;

    sl_buf_init(&b, 4096);
    file = sl_span_from(file, sl_span_find_char(file, '\n') + 1); /* the licence */
    while (sl_span_starts(file, SL_SPAN("# "))) {
        sluice_span line = sl_span_head(file, sl_span_find_char(file, '\n'));

        sl_buf_printf(&b, "%s%.*s", b.len ? " " : "", SL_FMT(sl_span_from(line, 2)));
        file = sl_span_from(file, line.len + 1);
    }
    out = sl_arena_dup(&memory, sl_buf_span(&b));
    sl_buf_finish(&b);
    return sl_span_from(out, sl_span_find(out, SL_SPAN(". ")) + 2);
}

/* Between two of them. */
static const char *next_rule(const struct sl_buf *b)
{
    return sl_span_ends(sl_buf_span(b), SL_SPAN("| ")) ? "" : "; ";
}

/* "`unsupported` n, logprobs": names of members and texts of lists; numbers, flags and words are
 * for the file to say. */
static void add_rules(struct sl_buf *b, const struct sl_json *rules, const char *of)
{
    sl_json_each(rule, rules)
    {
        bool first = true;

        sl_buf_printf(b, "%s`%s%.*s`", next_rule(b), of, SL_FMT(rule->name));
        if (rule->type != SL_JSON_OBJECT && rule->type != SL_JSON_ARRAY)
            continue;
        sl_json_each(e, rule)
        {
            sl_buf_printf(b, "%s %.*s", first ? "" : ",",
                          SL_FMT(rule->type == SL_JSON_ARRAY ? sl_json_text(e, &memory) : e->name));
            first = false;
        }
    }
}

static void add_models(struct sl_buf *b, const struct sl_json *models)
{
    sl_json_each(m, models)
    {
        sl_buf_printf(b, "%sof ", next_rule(b));
        sl_json_each(p, sl_json_get(m, "match"))
            sl_buf_printf(b, "`%.*s` ", SL_FMT(sl_json_text(p, &memory)));
        sl_buf_add_str(b, "other rules");
    }
}

static void add_file(struct sl_buf *b, const char *id)
{
    sluice_span text = text_of(CATALOG, id, ".yaml");
    sluice_span path = sl_arena_printf(&memory, "%s/%s.yaml", CATALOG, id);
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_facts facts;
    const struct sl_json *root;
    bool first = true;

    if (sl_catalog_read(path.ptr, sl_span_str(id), &memory, &facts, &err) < 0)
        fail_msg("%s", err.message);
    root = tree_of(facts.json);
    sl_buf_printf(b, "| `%s`", id);
    for (size_t i = 0; i < facts.n_aliases; i++)
        sl_buf_printf(b, ", `%.*s`", SL_FMT(facts.aliases[i]));
    sl_buf_printf(b, " | %.*s |", SL_FMT(sl_json_text(sl_json_get(root, "name"), &memory)));
    sl_json_each(o, sl_json_get(root, "operations"))
    {
        sl_buf_printf(b, "%s %.*s", first ? "" : ",", SL_FMT(o->name));
        first = false;
    }
    sl_buf_add_str(b, " | ");
    if (facts.token_exchange.len)
        sl_buf_add_str(b, "`token_exchange`");
    add_rules(b, sl_json_get(root, "request"), "");
    add_models(b, sl_json_get(root, "models"));
    add_rules(b, sl_json_get(root, "embeddings"), "embeddings.");
    add_rules(b, sl_json_get(root, "response"), "");
    if (sl_json_get(root, "errors"))
        sl_buf_printf(b, "%s%u `errors`", next_rule(b), (unsigned)sl_json_get(root, "errors")->n);
    sl_buf_printf(b, " | %.*s |\n", SL_FMT(remark(text)));
}

static void add_files(struct sl_buf *b)
{
    struct list files = names_in(CATALOG, ".yaml");

    sl_buf_printf(b, "\n## Data files\n\n%zu vendors that speak OpenAI's format. ", files.n);
    sl_buf_add_str(b, "Each file is checked against the vocabulary and\n"
                      "answers a replayed call of each of its operations (`tests/catalog`).\n\n"
                      "| Prefix | Vendor | Operations | How it differs | Remarks |\n"
                      "|---|---|---|---|---|\n");
    for (size_t i = 0; i < files.n; i++)
        add_file(b, files.at[i]);
}

/* ---- the words ---- */

/* The configurations of all cassettes, read once; those that the file's own plugin lacks are with
 * its relatives. */
static struct {
    sluice_span name, config;
} cassettes[3 * LIST_MAX];
static size_t n_cassettes;

static void read_cassettes(void)
{
    static const char *const plugins[] = { "openai_compat", "openai", "azure_openai" };

    for (size_t p = 0; p < sizeof plugins / sizeof *plugins; p++) {
        sluice_span folder = sl_arena_printf(&memory, "%s/%s/testdata", PROVIDERS, plugins[p]);
        struct list names = names_in(folder.ptr, ".cassette");

        for (size_t i = 0; i < names.n; i++) {
            sluice_span text = text_of(folder.ptr, names.at[i], ".cassette");

            text = sl_span_from(text, sl_span_find(text, SL_SPAN("\nconfig: ")) + 1);
            cassettes[n_cassettes].config = sl_span_head(text, sl_span_find_char(text, '\n'));
            cassettes[n_cassettes++].name =
                p ? sl_arena_printf(&memory, "%s/%s", plugins[p], names.at[i])
                  : sl_span_str(names.at[i]);
        }
    }
}

static void add_word(struct sl_buf *b, const char *section, sluice_span word)
{
    sluice_span quoted = sl_arena_printf(&memory, "\"%.*s\"", SL_FMT(word));
    size_t n = 0;

    sl_buf_printf(b, "| %s`%.*s` |", section, SL_FMT(word));
    for (size_t i = 0; i < n_cassettes; i++)
        if (sl_span_find(cassettes[i].config, quoted) < cassettes[i].config.len && n++ < 6)
            sl_buf_printf(b, "%s `%.*s`", n > 1 ? "," : "", SL_FMT(cassettes[i].name));
    if (!n)
        fail_msg("no cassette shows %.*s", SL_FMT(word));
    if (n > 6)
        sl_buf_printf(b, " and %zu more", n - 6);
    sl_buf_add_str(b, " |\n");
}

static void add_words(struct sl_buf *b)
{
    static const char *const top[] = { "auth",         "key_optional", "model_prefix",
                                       "base_model",   "models",       "poll",
                                       "headers_when", "errors",       "stream_operations" };
    const struct sl_json *schema = tree_of(text_of(CATALOG "/..", "catalog.schema", ".json"));

    read_cassettes();
    sl_buf_add_str(
        b, "\n## Words of data files\n\n"
           "What each does is in `sdk/docs/provider-data-files.md`; these cassettes of\n"
           "`plugins/providers/openai_compat/testdata` show it. `token_exchange` is shown by\n"
           "`tests/unit/credential/test_token.c`.\n\n| Word | Shown by |\n|---|---|\n");
    for (size_t i = 0; i < sizeof top / sizeof *top; i++)
        add_word(b, "", sl_span_str(top[i]));
    sl_json_each(rule, sl_json_at(schema, "properties.request.properties"))
        add_word(b, "request: ", rule->name);
    sl_json_each(rule, sl_json_at(schema, "properties.response.properties"))
        add_word(b, "response: ", rule->name);
    sl_json_each(word, sl_json_at(schema, "properties.response.properties.normalize.items.enum"))
        add_word(b, "normalize: ", sl_json_text(word, &memory));
}

static void the_page_is_up_to_date(void **state)
{
    sluice_span page = text_of(DOCS, "providers", ".md"), told;
    size_t from = sl_span_find(page, SL_SPAN(BEGIN)), to = sl_span_find(page, SL_SPAN(END));
    struct sl_buf b;

    (void)state;
    assert_true(from < to && to < page.len);
    from += strlen(BEGIN);
    told = sl_span(page.ptr + from, to - from);
    sl_buf_init(&b, 1 << 20);
    add_plugins(&b);
    add_files(&b);
    add_words(&b);
    assert_true(sl_buf_ok(&b));
    if (getenv("SLUICE_WRITE_PROVIDERS")) {
        FILE *f = fopen(DOCS "/providers.md", "w");

        assert_non_null(f);
        fwrite(page.ptr, 1, from, f);
        fwrite(b.ptr, 1, b.len, f);
        fwrite(page.ptr + to, 1, page.len - to, f);
        fclose(f);
    } else if (!sl_span_eq(told, sl_buf_span(&b))) {
        fail_msg("docs/providers.md is not up to date: see the head of this test");
    }
    sl_buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_is_up_to_date) };
    int bad;

    sl_arena_init(&memory, (size_t)256 << 20);
    bad = cmocka_run_group_tests(tests, NULL, NULL);
    sl_arena_finish(&memory);
    return bad;
}
