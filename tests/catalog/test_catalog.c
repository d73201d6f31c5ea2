/* SPDX-License-Identifier: Apache-2.0 */
/* Every provider data file: it is what the schema says, names no member that nothing reads, has an
 * address of sound shape, and answers one replayed call of each operation. */
#include "config/yaml.h"
#include "exchange.h"
#include "format/json_schema.h"
#include "plugin/catalog.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define FILES_MAX 256
#define LEAST_FILES 60

static char *paths[FILES_MAX];
static size_t n_paths;
static struct sl_testplugin *plugin;
static const sluice_provider_class *class;
static struct sluice_arena memory;
static struct sl_json *schema;

static sluice_span id_of(const char *path)
{
    const char *name = strrchr(path, '/') + 1;

    return sl_span(name, strlen(name) - strlen(".yaml"));
}

static struct sl_facts facts_of(const char *path)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_facts facts;

    if (sl_catalog_read(path, id_of(path), &memory, &facts, &err) < 0)
        fail_msg("%s", err.message);
    return facts;
}

static struct sl_json *tree_of(sluice_span text)
{
    struct sl_json_error why;
    struct sl_json *root;

    assert_int_equal(sl_json_parse(text, &memory, &root, &why), SLUICE_OK);
    return root;
}

static void file_fits_the_schema(void **state)
{
    struct sl_facts facts = facts_of(*state);
    struct sl_schema s = { .root = schema,
                           .known = sl_catalog_members,
                           .n_known = sl_catalog_n_members,
                           .scratch = &memory };
    sluice_error err = SLUICE_ERROR_INIT;

    if (sl_schema_check(&s, tree_of(facts.json), &err) < 0)
        fail_msg("%s: %s", err.param, err.message);
    assert_true(sl_span_eq(facts.uses, SL_SPAN("openai_compat")));
}

/* A misspelt section would be taken for a member of the deployment's. */
static void every_top_level_member_is_read(void **state)
{
    struct sl_facts facts = facts_of(*state);
    const struct sl_json *known = sl_json_get(schema, "properties");
    char use[128];

    sl_json_each(m, tree_of(facts.json))
    {
        bool found = false;

        sl_json_each(k, known) found |= sl_span_eq(k->name, m->name);
        snprintf(use, sizeof use, "{%.*s}", SL_FMT(m->name));
        found |= sl_span_find(facts.json, sl_span_str(use)) < facts.json.len;
        if (!found)
            fail_msg("nothing reads %.*s", SL_FMT(m->name));
    }
}

static bool good_variable(sluice_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!(s.ptr[i] == '_' || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') ||
              (i && s.ptr[i] >= '0' && s.ptr[i] <= '9')))
            return false;
    return s.len > 3;
}

static void address_and_variables_have_sound_shape(void **state)
{
    struct sl_facts facts = facts_of(*state);
    sluice_span base = facts.base_url;

    if (base.len)
        assert_true(sl_span_starts(base, SL_SPAN("https://")) ||
                    sl_span_starts(base, SL_SPAN("http://localhost:")) ||
                    sl_span_starts(base, SL_SPAN("http://127.0.0.1:")));
    assert_true(sl_span_find_char(base, ' ') == base.len);
    assert_true(sl_span_find_char(base, '?') == base.len);
    assert_true(facts.n_key_env > 0);
    for (size_t i = 0; i < facts.n_key_env; i++)
        assert_true(good_variable(facts.key_env[i]));
    sl_json_each(v, sl_json_get(tree_of(facts.json), "variables"))
        assert_true(good_variable(sl_json_text(v, &memory)));
}

/* What is sent to get a token comes from somewhere, and goes nowhere in the clear. */
static void token_exchange_is_sound(void **state)
{
    struct sl_facts facts = facts_of(*state);
    const struct sl_json *exchange;
    sluice_span url;

    if (!facts.token_exchange.len)
        return;
    exchange = tree_of(facts.token_exchange);
    url = sl_json_text(sl_json_get(exchange, "url"), &memory);
    assert_true(sl_span_starts(url, SL_SPAN("https://")) ||
                sl_span_starts(url, SL_SPAN("{origin}/")));
    sl_json_each(v, sl_json_get(exchange, "inputs"))
    {
        char use[128];

        if (v->type == SL_JSON_STRING)
            assert_true(good_variable(sl_json_text(v, &memory)));
        sl_json_each(one, v) assert_true(good_variable(sl_json_text(one, &memory)));
        snprintf(use, sizeof use, "{%.*s}", SL_FMT(v->name));
        assert_true(sl_span_find(facts.token_exchange, sl_span_str(use)) <
                        facts.token_exchange.len ||
                    sl_span_eq(v->name, sl_json_text(sl_json_get(exchange, "ready"), &memory)));
    }
}

static void no_other_file_has_its_names(void **state)
{
    struct sl_facts facts = facts_of(*state);
    sluice_span id = id_of(*state);

    for (size_t i = 0; i < n_paths; i++) {
        if (paths[i] == *state)
            continue;
        for (size_t k = 0; k < facts.n_aliases; k++)
            assert_false(sl_span_eq(facts.aliases[k], id_of(paths[i])));
        assert_false(sl_span_eq(id, id_of(paths[i])));
    }
}

/* The file with a value for each of its placeholders over it, as a deployment would give it. */
static sluice_span deployed(const struct sl_facts *facts)
{
    char text[1024] = "{";
    size_t n = 1;

    sl_json_each(v, sl_json_get(tree_of(facts->json), "variables")) n +=
        (size_t)snprintf(text + n, sizeof text - n, "\"%.*s\":\"acme\",", SL_FMT(v->name));
    n += (size_t)snprintf(text + n, sizeof text - n, "\"chat_id\":\"c1\",");
    return sl_arena_printf(&memory, "%s%.*s", text, SL_FMT(sl_span_from(facts->json, 1)));
}

static struct sl_test_answer answer_for(sluice_span operation)
{
    static const sluice_header json[] = { { { "content-type", 12 }, { "application/json", 16 } } };
    bool chat = sl_span_eq(operation, SL_SPAN("chat.completions"));

    return (struct sl_test_answer){
        .status = 200,
        .headers = json,
        .n_headers = 1,
        .body = chat ? SL_SPAN("{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                               "\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                               "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,"
                               "\"total_tokens\":2}}")
                     : SL_SPAN("{\"object\":\"list\",\"data\":[]}"),
    };
}

/* Where the request went: the first line without "POST ". */
static sluice_span url_of(const struct sl_test_result *r)
{
    sluice_span text = sl_span_str(r->requests);

    text = sl_span_from(text, sl_span_find_char(text, ' ') + 1);
    return sl_span_head(text, sl_span_find_char(text, '\n'));
}

static void one_call(struct sl_test_provider *p, const struct sl_facts *facts,
                     sluice_span operation)
{
    const sluice_header params[] = { { SL_SPAN("file_id"), SL_SPAN("file-1") },
                                     { SL_SPAN("batch_id"), SL_SPAN("batch_1") } };
    struct sl_test_call call = {
        .operation = operation,
        .params = params,
        .n_params = 2,
        .base_url = facts->base_url.len ? sl_span(NULL, 0) : SL_SPAN("https://own.test/v1"),
        .body = sl_span_eq(operation, SL_SPAN("models"))
                    ? sl_span(NULL, 0)
                    : SL_SPAN("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
                              "\"hi\"}],\"input\":\"x\",\"temperature\":0.5}"),
        .model = SL_SPAN("m"),
        .credential = SLUICE_CRED_KEY,
    };
    struct sl_test_answer answer = answer_for(operation);
    struct sl_test_plan plan = { 0 };
    struct sl_test_result r;
    sluice_span url;

    if (sl_test_exchange(p, &call, &answer, 1, &plan, &r) < 0)
        fail_msg("%.*s: %s", SL_FMT(operation), r.error.message);
    url = url_of(&r);
    assert_true(sl_span_starts(url, SL_SPAN("http")));
    assert_true(sl_span_find_char(url, '{') == url.len);
    assert_true(sl_span_find(sl_span_from(url, 8), SL_SPAN("//")) == url.len - 8);
    assert_true(sl_span_find(url, SL_SPAN("/v1/v1")) == url.len);
    assert_non_null(strstr(r.requests, "auth: "));
    assert_true(r.sink[0] != '\0');
    sl_test_result_finish(&r);
}

static void each_operation_answers_a_replayed_call(void **state)
{
    struct sl_facts facts = facts_of(*state);
    struct sl_testhost *host = sl_testhost_create();
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_test_provider p;

    if (sl_test_provider_init(&p, host, plugin, deployed(&facts), &err) < 0)
        fail_msg("%s", err.message);
    sl_json_each(o, sl_json_get(tree_of(facts.json), "operations"))
    {
        bool known = false;

        for (size_t i = 0; class->operations[i]; i++)
            known |= sl_span_eq(o->name, sl_span_str(class->operations[i]));
        if (!known)
            fail_msg("the class has no operation %.*s", SL_FMT(o->name));
        assert_int_equal(class->accepts(p.self, o->name, SL_SPAN("m")), SLUICE_OK);
        one_call(&p, &facts, o->name);
    }
    assert_int_equal(class->accepts(p.self, SL_SPAN("no.such"), SL_SPAN("m")),
                     SLUICE_E_UNSUPPORTED);
    sl_test_provider_finish(&p);
    sl_testhost_destroy(host);
}

static void there_are_enough_files(void **state)
{
    (void)state;
    assert_true(n_paths >= LEAST_FILES);
}

/* ---- one group of tests for each file ---- */

static int order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_files(void)
{
    DIR *dir = opendir(CATALOG);
    struct dirent *e;

    while (dir && (e = readdir(dir)) && n_paths < FILES_MAX)
        if (sl_span_ends(sl_span_str(e->d_name), SL_SPAN(".yaml")))
            if (asprintf(&paths[n_paths], "%s/%s", CATALOG, e->d_name) > 0)
                n_paths++;
    if (dir)
        closedir(dir);
    qsort(paths, n_paths, sizeof *paths, order);
}

static int test_file(char *path)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(file_fits_the_schema, path),
        cmocka_unit_test_prestate(every_top_level_member_is_read, path),
        cmocka_unit_test_prestate(address_and_variables_have_sound_shape, path),
        cmocka_unit_test_prestate(token_exchange_is_sound, path),
        cmocka_unit_test_prestate(no_other_file_has_its_names, path),
        cmocka_unit_test_prestate(each_operation_answers_a_replayed_call, path),
    };

    sl_arena_reset(&memory);
    schema = tree_of(sl_span_str(class->config_schema));
    return cmocka_run_group_tests_name(strrchr(path, '/') + 1, tests, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest whole[] = { cmocka_unit_test(there_are_enough_files) };
    sluice_error err = SLUICE_ERROR_INIT;
    int bad;

    sl_arena_init(&memory, (size_t)256 << 20);
    if (sl_testplugin_load(PLUGIN, &plugin, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    class = sl_testplugin_descriptor(plugin)->get_class(SLUICE_PROVIDER_ID);
    list_files();
    bad = cmocka_run_group_tests_name("all files", whole, NULL, NULL);
    for (size_t i = 0; i < n_paths; i++)
        bad += test_file(paths[i]);
    for (size_t i = 0; i < n_paths; i++)
        free(paths[i]);
    sl_arena_finish(&memory);
    sl_testplugin_drop(plugin);
    return bad ? 1 : 0;
}
