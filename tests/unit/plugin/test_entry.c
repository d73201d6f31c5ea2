/* SPDX-License-Identifier: Apache-2.0 */
/* test_entry.c - configured entries: merging, checking, secrets; instances and what they share. */
#include "kit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "net/jobs.h"
#include "net/loop.h"
#include "plugin/entry.h"
#include "plugin/host_metrics.h"
#include "../../abi/plugins/probe.h"

#include <sluice/cache.h>
#include <sluice/ext/share.h>
#include <sluice/logger.h>
#include <sluice/provider.h>
#include <sluice/router.h>

struct bench {
    struct kit *k;
    struct sl_registry *r;
    struct sl_loop *loop;
};

static int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct sl_loop_options o = { 0 };
    void *kit = NULL;

    kit_setup(&kit);
    b->k = kit;
    b->r = kit_registry(b->k, PLUGINS);
    *state = b;
    return sl_loop_create(&o, &b->loop, NULL);
}

static int bench_teardown(void **state)
{
    struct bench *b = *state;
    void *kit = b->k;

    sl_loop_destroy(b->loop);
    sl_registry_destroy(b->r);
    kit_teardown(&kit);
    free(b);
    return 0;
}

static struct sl_entry_options options(struct bench *b, const char *kind, const char *id,
                                       const char *config)
{
    struct sl_entry_options o = {
        .registry = b->r, .name = SL_SPAN("main"), .config = sl_span_str(config), .log = &b->k->sink
    };
    sluice_error err = SLUICE_ERROR_INIT;

    if (sl_registry_class(b->r, kind, sl_span_str(id), &o.cls, &err) < 0)
        fail_msg("%s", err.message);
    return o;
}

static void config_refused(struct bench *b, const char *config, const char *param,
                           const char *message)
{
    struct sl_entry_options o = options(b, SLUICE_PROVIDER_ID, "t_provider", config);
    struct sl_entry *e = NULL;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_entry_create(&o, &e, &err), SLUICE_E_INVALID);
    assert_null(e);
    assert_string_equal(err.param, param);
    assert_contains(err.message, message);
}

static void a_configuration_is_checked_against_the_schema(void **state)
{
    struct bench *b = *state;

    config_refused(b, "{\"regoin\":\"north\"}", "regoin",
                   "plugin t_provider: unknown member \"regoin\"; did you mean \"region\"?");
    config_refused(b, "{\"tries\":\"two\"}", "tries", "found string, wanted \"integer\"");
    config_refused(b, "{\"tries\":-1}", "tries", "found -1, wanted at least 0");
    config_refused(b, "{\"region\":\"nort\"}", "region", "did you mean \"north\"?");
    config_refused(b, "[]", "", "found no object, wanted one");
    config_refused(b, "{\"a\":", "", "configuration");
}

static void the_deployment_wins_over_the_data_file(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o =
        options(b, SLUICE_PROVIDER_ID, "t_vendor", "{\"region\":\"south\",\"tries\":3}");
    struct sl_entry *e = NULL;

    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_contains(sl_entry_config(e).ptr, "\"id\":\"t_vendor\"");
    assert_contains(sl_entry_config(e).ptr, "\"region\":\"south\",\"tries\":3}");
    assert_null(strstr(sl_entry_config(e).ptr, "north"));
    sl_entry_drop(e);
}

static void a_secret_reaches_the_plugin_as_a_reference_only(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o =
        options(b, SLUICE_PROVIDER_ID, "t_provider", "{\"key\":\"sk-canary-1\"}");
    struct sl_entry *e = NULL;
    struct sl_instance *i;

    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_string_equal(sl_entry_config(e).ptr, "{\"key\":\"secret:0\"}");
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &i, NULL), SLUICE_OK);
    assert_contains(b->k->log, "1 main: the key secret:0 has 11 bytes");
    assert_null(strstr(b->k->log, "canary"));
    assert_null(strstr(b->k->log, "another's secret"));
    sl_instance_destroy(i);
    sl_entry_drop(e);
}

static void a_reference_that_the_configuration_does_not_hold_stays_closed(void **state)
{
    struct bench *b = *state;
    struct sl_secret *secrets[] = { sl_secret_create(SL_SPAN("mine")),
                                    sl_secret_create(SL_SPAN("theirs")) };
    struct sl_entry_options o =
        options(b, SLUICE_PROVIDER_ID, "t_provider", "{\"key\":\"secret:0\"}");
    struct sl_entry *e = NULL;

    o.secrets = secrets;
    o.n_secrets = 2;
    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_non_null(sl_entry_secret(e, SL_SPAN("secret:0")));
    assert_null(sl_entry_secret(e, SL_SPAN("secret:1")));
    assert_null(sl_entry_secret(e, SL_SPAN("secret:2")));
    assert_null(sl_entry_secret(e, SL_SPAN("secret:")));
    assert_null(sl_entry_secret(e, SL_SPAN("secret:00000000000000000000000000000000000000000000")));
    assert_null(sl_entry_secret(e, SL_SPAN("other")));
    sl_entry_drop(e);
    sl_secret_drop(secrets[0]);
    sl_secret_drop(secrets[1]);
}

static void an_entry_is_the_same_while_config_and_secrets_are(void **state)
{
    struct bench *b = *state;
    struct sl_secret *one = sl_secret_create(SL_SPAN("a")), *same = sl_secret_create(SL_SPAN("a"));
    struct sl_secret *other = sl_secret_create(SL_SPAN("b"));
    struct sl_entry_options o =
        options(b, SLUICE_PROVIDER_ID, "t_provider", "{\"key\":\"secret:0\"}");
    struct sl_entry *e = NULL;

    o.secrets = &one;
    o.n_secrets = 1;
    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_true(sl_entry_same(e, &o));
    o.secrets = &same;
    assert_true(sl_entry_same(e, &o));
    o.secrets = &other;
    assert_false(sl_entry_same(e, &o));
    o.secrets = &one;
    o.config = SL_SPAN("{}");
    assert_false(sl_entry_same(e, &o));
    sl_entry_drop(e);
    sl_secret_drop(one);
    sl_secret_drop(same);
    sl_secret_drop(other);
}

static const probe *probe_of(const struct sl_entry *e)
{
    const sluice_provider_class *c = sl_entry_class(e)->table;

    return c->get_extension(PROBE_ID);
}

static void instances_of_an_entry_share_an_object_over_a_reload(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o = options(b, SLUICE_PROVIDER_ID, "t_provider", "{}");
    struct sl_entry *old = NULL, *new = NULL, *other = NULL;
    struct sl_instance *i[4];

    assert_int_equal(sl_entry_create(&o, &old, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(old, b->loop, NULL, &i[0], NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(old, b->loop, NULL, &i[1], NULL), SLUICE_OK);
    assert_int_equal(probe_of(old)->seen(i[0]->self), 2);
    o.config = SL_SPAN("{\"tries\":1}");
    assert_int_equal(sl_entry_create(&o, &new, NULL), SLUICE_OK);
    sl_entry_drop(old);
    assert_int_equal(sl_instance_create(new, b->loop, NULL, &i[2], NULL), SLUICE_OK);
    assert_int_equal(probe_of(new)->seen(i[2]->self), 3);
    o.name = SL_SPAN("somebody else");
    assert_int_equal(sl_entry_create(&o, &other, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(other, b->loop, NULL, &i[3], NULL), SLUICE_OK);
    assert_int_equal(probe_of(other)->seen(i[3]->self), 1);
    for (int n = 0; n < 4; n++)
        sl_instance_destroy(i[n]);
    sl_entry_drop(new);
    sl_entry_drop(other);
}

static void the_shared_table_is_bounded_and_expires(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o = options(b, SLUICE_PROVIDER_ID, "t_provider", "{}");
    const sluice_host_share *share;
    struct sl_entry *e = NULL;
    struct sl_instance *i;
    struct sluice_arena a;
    sluice_span v;
    static char big[60000];
    char key[16];

    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &i, NULL), SLUICE_OK);
    share = i->host.get_extension(&i->host, SLUICE_SHARE_ID);
    sl_arena_init(&a, 1 << 20);
    assert_int_equal(share->put(&i->host, SL_SPAN("k"), SL_SPAN("v1"), 0), SLUICE_OK);
    assert_int_equal(share->put(&i->host, SL_SPAN("k"), SL_SPAN("v2"), 0), SLUICE_OK);
    assert_int_equal(share->find(&i->host, SL_SPAN("k"), &a, &v), SLUICE_OK);
    assert_true(sl_span_eq(v, SL_SPAN("v2")));
    assert_int_equal(share->find(&i->host, SL_SPAN("other"), &a, &v), SLUICE_E_NOT_FOUND);
    assert_int_equal(share->put(&i->host, SL_SPAN("k"), sl_span(big, 65536), 0), SLUICE_E_NOMEM);
    /* 4 MiB hold some seventy of these: the oldest goes. */
    for (int n = 0; n < 100; n++) {
        snprintf(key, sizeof key, "%d", n);
        assert_int_equal(share->put(&i->host, sl_span_str(key), sl_span(big, sizeof big), 0),
                         SLUICE_OK);
    }
    assert_int_equal(share->find(&i->host, SL_SPAN("k"), &a, &v), SLUICE_E_NOT_FOUND);
    assert_int_equal(share->find(&i->host, SL_SPAN("99"), &a, &v), SLUICE_OK);
    assert_int_equal(share->put(&i->host, SL_SPAN("short"), SL_SPAN("x"), 1), SLUICE_OK);
    usleep(3000);
    assert_int_equal(share->find(&i->host, SL_SPAN("short"), &a, &v), SLUICE_E_NOT_FOUND);
    sl_arena_finish(&a);
    sl_instance_destroy(i);
    sl_entry_drop(e);
}

static void metrics_of_all_instances_are_one(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o = options(b, SLUICE_PROVIDER_ID, "t_provider", "{}");
    struct sl_entry *e = NULL;
    struct sl_instance *one, *two;
    struct sl_buf text;

    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &one, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &two, NULL), SLUICE_OK);
    sl_buf_init(&text, 4096);
    sl_metrics_text(sl_registry_metrics(b->r), &text);
    sl_buf_add_char(&text, 0);
    assert_string_equal(text.ptr, "# HELP sluice_plugin_things Things that happened.\n"
                                  "# TYPE sluice_plugin_things counter\n"
                                  "sluice_plugin_things{instance=\"main\"} 4\n");
    sl_buf_finish(&text);
    sl_instance_destroy(one);
    sl_instance_destroy(two);
    sl_entry_drop(e);
}

static void a_cache_has_one_shared_part_for_all_loops(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o = options(b, SLUICE_CACHE_ID, "t_cache", "{}");
    const sluice_cache_class *c = o.cls->table;
    char digest[32] = "0123456789abcdef0123456789abcde";
    sluice_cache_key key = { .struct_size = sizeof key, .digest = sl_span(digest, 32) };
    sluice_cache_entry in = { .struct_size = sizeof in, .value = SL_SPAN("answer") }, out;
    struct sl_entry *e = NULL;
    struct sl_instance *one, *two;
    struct sluice_arena a;

    sl_arena_init(&a, 4096);
    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &one, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &two, NULL), SLUICE_OK);
    assert_int_equal(c->put(one->self, &key, &in, 0, NULL, NULL, NULL), SLUICE_OK);
    memset(&out, 0, sizeof out);
    assert_int_equal(c->get(two->self, &key, &a, &out, NULL, NULL, NULL), SLUICE_OK);
    assert_true(sl_span_eq(out.value, SL_SPAN("answer")));
    sl_instance_destroy(one);
    sl_instance_destroy(two);
    /* The shared part went with the last instance: a new one begins empty. */
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &one, NULL), SLUICE_OK);
    memset(&out, 0, sizeof out);
    assert_int_equal(c->get(one->self, &key, &a, &out, NULL, NULL, NULL), SLUICE_OK);
    assert_null(out.value.ptr);
    sl_instance_destroy(one);
    sl_entry_drop(e);
    sl_arena_finish(&a);
}

static void loggers_and_routers_are_made(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options logger = options(b, SLUICE_LOGGER_ID, "t_logger", "");
    struct sl_entry_options router = options(b, SLUICE_ROUTER_ID, "t_router", "{}");
    struct sl_entry *e = NULL;
    struct sl_instance *i;

    assert_int_equal(sl_entry_create(&logger, &e, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, NULL, NULL, &i, NULL), SLUICE_OK);
    sl_instance_destroy(i);
    sl_entry_drop(e);
    assert_int_equal(sl_entry_create(&router, &e, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &i, NULL), SLUICE_OK);
    sl_instance_destroy(i);
    sl_entry_drop(e);
}

static void a_failing_create_is_told_with_the_entrys_name(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o = options(b, SLUICE_LOGGER_ID, "t_logger", "");
    struct sl_entry *e = NULL;
    struct sl_instance *i;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_entry_create(&o, &e, NULL), SLUICE_OK);
    assert_int_equal(sl_instance_create(e, b->loop, NULL, &i, &err), SLUICE_E_INTERNAL);
    assert_contains(err.message,
                    "plugin t_logger cannot start \"main\": a logger was given a loop");
    sl_entry_drop(e);
}

static void failing_memory_gives_a_clean_error(void **state)
{
    struct bench *b = *state;
    struct sl_entry_options o =
        options(b, SLUICE_PROVIDER_ID, "t_vendor", "{\"key\":\"text\",\"tries\":3}");
    bool hit = true;

    for (uint64_t n = 1; hit; n++) {
        struct sl_entry *e = NULL;
        struct sl_instance *i = NULL;
        sluice_status st;

        sl_fault_after(n);
        st = sl_entry_create(&o, &e, NULL);
        if (st >= 0)
            st = sl_instance_create(e, b->loop, NULL, &i, NULL);
        hit = sl_fault_after(0) >= n;
        if (!hit)
            assert_int_equal(st, SLUICE_OK);
        else if (st < 0)
            assert_int_equal(st, SLUICE_E_NOMEM);
        sl_instance_destroy(i);
        sl_entry_drop(e);
        assert_true(n < 10000);
    }
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(a_configuration_is_checked_against_the_schema),
        BENCH(the_deployment_wins_over_the_data_file),
        BENCH(a_secret_reaches_the_plugin_as_a_reference_only),
        BENCH(a_reference_that_the_configuration_does_not_hold_stays_closed),
        BENCH(an_entry_is_the_same_while_config_and_secrets_are),
        BENCH(instances_of_an_entry_share_an_object_over_a_reload),
        BENCH(the_shared_table_is_bounded_and_expires),
        BENCH(metrics_of_all_instances_are_one),
        BENCH(a_cache_has_one_shared_part_for_all_loops),
        BENCH(loggers_and_routers_are_made),
        BENCH(a_failing_create_is_told_with_the_entrys_name),
        BENCH(failing_memory_gives_a_clean_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
