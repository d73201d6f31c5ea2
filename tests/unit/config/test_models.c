/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of models: every line can be found, prices hold as they are written, files that are
 * none are refused, and what the configuration says stands over it. */
#include "config/models.h"
#include "kit.h"

#include <fcntl.h>
#include <unistd.h>

#define SHIPPED TEST_SOURCE_DIR "/../plugins/providers/models/public.models"
#define HEAD SL_MODELS_HEAD "\n"

static struct sluice_arena arena;

static struct sl_models *catalogue_of(const char *path)
{
    struct sl_models *m = sl_models_create();
    sluice_error err = SLUICE_ERROR_INIT;

    if (sl_models_add(m, path, &err) < 0)
        fail_msg("%s", err.message);
    return m;
}

static const char *file_with(const char *text, size_t len)
{
    static char path[64];
    int fd;

    snprintf(path, sizeof path, "/tmp/sluice-models-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
    return path;
}

static struct sl_models *catalogue_with(const char *text)
{
    const char *path = file_with(text, strlen(text));
    struct sl_models *m = catalogue_of(path);

    unlink(path);
    return m;
}

static struct sl_model resolved(const struct sl_models *m, const char *provider, const char *model,
                                const char *base)
{
    struct sl_model out;

    assert_int_equal(sl_models_resolve(m, sl_span_str(provider), SL_SPAN("other"),
                                       sl_span_str(model), sl_span_str(base), &arena, &out),
                     SLUICE_OK);
    return out;
}

static void the_shipped_file_is_sorted_and_sound(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    size_t lines;

    (void)state;
    if (sl_models_check(SHIPPED, &lines, &err) < 0)
        fail_msg("%s", err.message);
    assert_true(lines > 2000);
}

static void every_line_of_the_shipped_file_is_found(void **state)
{
    struct sl_models *m = catalogue_of(SHIPPED);
    FILE *f = fopen(SHIPPED, "r");
    char line[SL_MODELS_LINE];
    size_t n = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        sluice_span key = sl_span(line, strcspn(line, "\t")), provider;
        struct sl_model out;

        if (line[0] == '#')
            continue;
        provider = sl_span_head(key, sl_span_find_char(key, '/'));
        if (sl_models_find(m, provider, sl_span_from(key, provider.len + 1), &arena, &out) < 0)
            fail_msg("%.*s is not found", SL_FMT(key));
        assert_true(sl_span_eq(out.key, key));
        sl_arena_reset(&arena);
        n++;
    }
    assert_true(n > 2000);
    fclose(f);
    sl_models_drop(m);
}

static void names_between_the_lines_are_not_found(void **state)
{
    struct sl_models *m = catalogue_with(HEAD "# a comment\na/b\tchat\na/d\tchat\tin=1\n");
    static const char *const absent[] = { "a", "aa", "b0", "c", "d0", "e", "zzz" };
    struct sl_model out;

    (void)state;
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_int_equal(sl_models_find(m, SL_SPAN("a"), sl_span_str(absent[i]), &arena, &out),
                         SLUICE_E_NOT_FOUND);
    assert_int_equal(sl_models_find(m, SL_SPAN("a"), SL_SPAN("b"), &arena, &out), SLUICE_OK);
    assert_int_equal(sl_models_find(m, SL_SPAN("a"), SL_SPAN("d"), &arena, &out), SLUICE_OK);
    sl_models_drop(m);
}

static void a_line_says_limits_prices_and_abilities(void **state)
{
    struct sl_models *m = catalogue_with(
        HEAD "a/b\tchat\tmax_input=100 max_output=20 in=3 out=5 in>50=7 in@flex=1 xnew=of,any=form "
             "later=9 supports=images,tool_choice,new ends=2027-01-31\n");
    struct sl_model b = resolved(m, "a", "b", "");

    (void)state;
    assert_span(b.mode, "chat");
    assert_int_equal(b.max_input, 100);
    assert_int_equal(b.max_output, 20);
    assert_int_equal(b.pico_usd[SL_PRICE_IN], 3);
    assert_int_equal(b.pico_usd[SL_PRICE_CACHE_READ], -1);
    assert_int_equal(sl_model_can(&b, SL_ABLE_IMAGES), SL_CAN);
    assert_int_equal(sl_model_can(&b, SL_ABLE_TOOLS), SL_CAN);
    assert_int_equal(sl_model_can(&b, SL_ABLE_AUDIO), SL_CANNOT);
    assert_span(b.deprecated, "2027-01-31");
    sl_models_drop(m);
}

static void a_line_without_abilities_denies_none(void **state)
{
    struct sl_models *m = catalogue_with(HEAD "a/b\tchat\tin=3\n");
    struct sl_model b = resolved(m, "a", "b", "");

    (void)state;
    assert_int_equal(sl_model_can(&b, SL_ABLE_IMAGES), SL_MAYBE);
    sl_models_drop(m);
}

static void the_price_follows_tier_and_length(void **state)
{
    struct sl_models *m =
        catalogue_with(HEAD "a/b\tchat\tin=3 out=5 cache_write=4 in>50=7 in>80=9 in@flex=1\n");
    struct sl_model b = resolved(m, "a", "b", "");
    sluice_span none = SL_SPAN(""), flex = SL_SPAN("flex");

    (void)state;
    assert_int_equal(sl_model_price(&b, SL_PRICE_IN, none, -1), 3);
    assert_int_equal(sl_model_price(&b, SL_PRICE_IN, none, 50), 3);
    assert_int_equal(sl_model_price(&b, SL_PRICE_IN, none, 51), 7);
    assert_int_equal(sl_model_price(&b, SL_PRICE_IN, none, 81), 9);
    assert_int_equal(sl_model_price(&b, SL_PRICE_IN, flex, 81), 1);
    assert_int_equal(sl_model_price(&b, SL_PRICE_CACHE_READ, none, 51), 7);
    assert_int_equal(sl_model_price(&b, SL_PRICE_CACHE_WRITE_1H, none, 51), 4);
    assert_int_equal(sl_model_price(&b, SL_PRICE_REASONING_OUT, none, 0), 5);
    assert_int_equal(sl_model_price(&b, SL_PRICE_IMAGE_OUT, none, 0), -1);
    assert_int_equal(sl_model_price(NULL, SL_PRICE_IN, none, 0), -1);
    sl_models_drop(m);
}

static struct sl_usage usage_of(const int64_t *pairs)
{
    struct sl_usage u = { 0 };

    for (; *pairs; pairs += 2)
        sl_usage_set(&u, (uint32_t)pairs[0], pairs[1]);
    return u;
}

static void a_cost_prices_each_part_once(void **state)
{
    struct sl_models *m = catalogue_with(
        HEAD "a/b\tchat\tin=3000 out=15000 cache_read=300 cache_write=3750 cache_write_1h=6000 "
             "reasoning_out=20000\n");
    struct sl_model b = resolved(m, "a", "b", "");
    struct sl_usage u = usage_of((const int64_t[]){
        SLUICE_USE_INPUT, 1000, SLUICE_USE_CACHED_INPUT, 400, SLUICE_USE_CACHE_WRITE, 100,
        SLUICE_USE_CACHE_WRITE_1H, 40, SLUICE_USE_OUTPUT, 50, SLUICE_USE_REASONING, 20, 0 });

    (void)state;
    assert_int_equal(sl_model_cost(&b, &u, SL_SPAN("")),
                     500 * 3 + 400 * 300 / 1000 + 60 * 3750 / 1000 + 40 * 6 + 30 * 15 + 20 * 20);
    sl_models_drop(m);
}

static void a_cost_that_the_vendor_names_wins(void **state)
{
    struct sl_usage u =
        usage_of((const int64_t[]){ SLUICE_USE_INPUT, 1000, SLUICE_USE_COST_NANO_USD, 77, 0 });

    (void)state;
    assert_int_equal(sl_model_cost(NULL, &u, SL_SPAN("")), 77);
}

static void without_a_price_there_is_no_cost(void **state)
{
    struct sl_usage u = usage_of((const int64_t[]){ SLUICE_USE_INPUT, 1000, 0 });
    struct sl_model m;

    (void)state;
    sl_model_init(&m);
    assert_int_equal(sl_model_cost(&m, &u, SL_SPAN("")), -1);
    m.pico_usd[SL_PRICE_IN] = 0; /* free is a price */
    assert_int_equal(sl_model_cost(&m, &u, SL_SPAN("")), 0);
}

static void huge_counts_do_not_overflow(void **state)
{
    struct sl_usage u = usage_of(
        (const int64_t[]){ SLUICE_USE_INPUT, SL_USAGE_MOST, SLUICE_USE_OUTPUT, SL_USAGE_MOST, 0 });
    struct sl_model m;

    (void)state;
    sl_model_init(&m);
    m.pico_usd[SL_PRICE_IN] = m.pico_usd[SL_PRICE_OUT] = INT64_MAX;
    assert_int_equal(sl_model_cost(&m, &u, SL_SPAN("")), INT64_MAX);
}

static void the_first_file_wins(void **state)
{
    struct sl_models *m = catalogue_with(HEAD "a/b\tchat\tin=1\n");
    sluice_error err = SLUICE_ERROR_INIT;
    static const char text[] = HEAD "a/b\tchat\tin=2\na/c\tchat\tin=3\n";
    const char *second = file_with(text, sizeof text - 1);

    (void)state;
    assert_int_equal(sl_models_add(m, second, &err), SLUICE_OK);
    unlink(second);
    assert_int_equal(resolved(m, "a", "b", "").pico_usd[SL_PRICE_IN], 1);
    assert_int_equal(resolved(m, "a", "c", "").pico_usd[SL_PRICE_IN], 3);
    sl_models_drop(m);
}

static void a_deployment_is_found_by_more_than_its_name(void **state)
{
    struct sl_models *m =
        catalogue_with(HEAD "a/b\tchat\tin=1\na/x.y\tchat\tin=2\nother/z\tchat\tin=3\n");

    (void)state;
    assert_span(resolved(m, "a", "region/b", "").key, "a/b");
    assert_span(resolved(m, "a", "my-deployment", "b").key, "a/b");
    assert_span(resolved(m, "q", "my-deployment", "a/b").key, "a/b");
    assert_span(resolved(m, "a", "us.x.y", "").key, "a/x.y");
    assert_span(resolved(m, "a", "z", "").key, "other/z");
    assert_int_equal(resolved(m, "a", "nothing", "").key.len, 0);
    assert_int_equal(resolved(NULL, "a", "b", "").pico_usd[SL_PRICE_IN], -1);
    sl_models_drop(m);
}

static void a_file_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = { "", "# sluice models 2\n", "a/b\tchat\n" };
    struct sl_models *m = sl_models_create();
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *path = file_with(wrong[i], strlen(wrong[i]));

        assert_int_equal(sl_models_add(m, path, &err), SLUICE_E_INVALID);
        unlink(path);
    }
    assert_int_equal(sl_models_add(m, "/nowhere", &err), SLUICE_E_UNAVAILABLE);
    sl_models_drop(m);
}

static void a_check_names_the_line(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        { HEAD "a/c\tchat\na/b\tchat\n", ":3: a/b stands behind a/c" },
        { HEAD "a/b\tchat\na/b\tchat\n", ":3: a/b stands behind a/b" },
        { HEAD "a/b\n", ":2: wanted" },
        { HEAD "ab\tchat\n", ":2: wanted" },
        { HEAD "a/b\tchat\tin=1.5\n", ":2: wanted" },
        { HEAD "a/b\tchat\tin=-1\n", ":2: wanted" },
        { HEAD "a/b\tchat\tin>x=1\n", ":2: wanted" },
        { HEAD "a/b\tchat\tin\n", ":2: wanted" },
        { HEAD "a/b\tchat", "the last line has no end" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *path = file_with(wrong[i].text, strlen(wrong[i].text));
        sluice_error err = SLUICE_ERROR_INIT;
        size_t lines;

        assert_int_equal(sl_models_check(path, &lines, &err), SLUICE_E_INVALID);
        if (!strstr(err.message, wrong[i].says))
            fail_msg("%s", err.message);
        unlink(path);
    }
}

/* A file that is cut while it is in use: lines are found or not, and nothing breaks. */
static void a_file_may_be_cut_at_every_byte(void **state)
{
    static const char text[] = HEAD "a/b\tchat\tin=1 out=2\na/c\tchat\tin=3\nb/d\tchat\tin=4\n";
    const char *path = file_with(text, sizeof text - 1);
    struct sl_models *m = catalogue_of(path);

    (void)state;
    for (size_t n = sizeof text - 1; n-- > 0;) {
        struct sl_model out;

        assert_int_equal(truncate(path, (off_t)n), 0);
        (void)sl_models_find(m, SL_SPAN("a"), SL_SPAN("b"), &arena, &out);
        (void)sl_models_find(m, SL_SPAN("b"), SL_SPAN("d"), &arena, &out);
    }
    unlink(path);
    sl_models_drop(m);
}

static void each_allocation_may_fail(void **state)
{
    struct sl_models *m = catalogue_of(SHIPPED);
    sluice_status st = SLUICE_E_NOMEM;

    (void)state;
    for (uint64_t n = 1; st != SLUICE_OK; n++) {
        struct sl_model out;

        sl_arena_finish(&arena);
        sl_fault_after(n);
        st = sl_models_resolve(m, SL_SPAN("openai"), SL_SPAN(""), SL_SPAN("x/gpt-4o-mini"),
                               SL_SPAN("nothing"), &arena, &out);
        sl_fault_after(0);
        assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
    }
    sl_models_drop(m);
}

static void the_configuration_stands_over_the_catalogue(void **state)
{
    struct sl_models *m = catalogue_with(
        HEAD "a/b\tchat\tmax_input=100 in=3 out=5 in>50=7 out>50=8 supports=images\n");
    struct sl_model b = resolved(m, "a", "b", "");
    const struct sl_deployment_settings *d;
    struct loaded l;

    (void)state;
    load_good(l,
              "model_list:\n- model_name: m\n"
              "  litellm_params: {model: a/b, input_cost_per_token: 2.0e-9, "
              "output_cost_per_token_flex: 1.0e-9}\n"
              "  model_info: {input_cost_per_token: 9.0e-9, max_input_tokens: 10, max_tokens: 4, "
              "supports_vision: false, supports_audio_input: true, mode: chat, "
              "input_cost_per_token_above_200k_tokens: 4.0e-9}\n");
    d = &l.s->deployments[0];
    assert_non_null(d->known);
    assert_int_equal(sl_model_overlay(&b, d->known, &arena), SLUICE_OK);
    assert_int_equal(b.max_input, 10);
    assert_int_equal(b.max_output, 4);
    assert_int_equal(sl_model_price(&b, SL_PRICE_IN, SL_SPAN(""), 60), 2000);
    assert_int_equal(sl_model_price(&b, SL_PRICE_IN, SL_SPAN(""), 200001), 4000);
    assert_int_equal(sl_model_price(&b, SL_PRICE_OUT, SL_SPAN("flex"), 60), 1000);
    assert_int_equal(sl_model_price(&b, SL_PRICE_OUT, SL_SPAN(""), 60), 8);
    assert_int_equal(sl_model_can(&b, SL_ABLE_IMAGES), SL_CANNOT);
    assert_int_equal(sl_model_can(&b, SL_ABLE_AUDIO), SL_CAN);
    kit_unload(&l);
    sl_models_drop(m);
}

static void a_configuration_that_says_nothing_keeps_nothing(void **state)
{
    struct loaded l;

    (void)state;
    load_good(l, "model_list:\n- model_name: m\n  litellm_params: {model: a/b}\n");
    assert_null(l.s->deployments[0].known);
    kit_unload(&l);
}

static int begin(void **state)
{
    (void)state;
    sl_arena_init(&arena, 64u << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sl_arena_finish(&arena);
    return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_shipped_file_is_sorted_and_sound),
        T(every_line_of_the_shipped_file_is_found),
        T(names_between_the_lines_are_not_found),
        T(a_line_says_limits_prices_and_abilities),
        T(a_line_without_abilities_denies_none),
        T(the_price_follows_tier_and_length),
        T(a_cost_prices_each_part_once),
        T(a_cost_that_the_vendor_names_wins),
        T(without_a_price_there_is_no_cost),
        T(huge_counts_do_not_overflow),
        T(the_first_file_wins),
        T(a_deployment_is_found_by_more_than_its_name),
        T(a_file_that_is_none_is_refused),
        T(a_check_names_the_line),
        T(a_file_may_be_cut_at_every_byte),
        T(each_allocation_may_fail),
        T(the_configuration_stands_over_the_catalogue),
        T(a_configuration_that_says_nothing_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
