/* SPDX-License-Identifier: Apache-2.0 */
/* What calls lean on, and whether the process is ready: a store that is locked, a cache that never
 * answers. */
#include "kit.h"
#include "rows.h"

#include <sqlite3.h>
#include <unistd.h>
#include <sluice/cache.h>

/* ---- a cache that never answers ---- */

static atomic_bool frozen;
static char an_op;

static sluice_status ice_create(const sluice_host *host, sluice_span config,
                                sluice_cache_shared *shared, sluice_cache **out, sluice_error *err)
{
    (void)host;
    (void)config;
    (void)shared;
    (void)err;
    *out = (sluice_cache *)(void *)&an_op;
    return SLUICE_OK;
}

static sluice_status ice_start(sluice_cache *self, sluice_error *err)
{
    (void)self;
    (void)err;
    return SLUICE_OK;
}

static void ice_end(sluice_cache *self)
{
    (void)self;
}

static sluice_status ice_get(sluice_cache *self, const sluice_cache_key *key, sluice_arena *arena,
                             sluice_cache_entry *out, sluice_cache_get_cb cb, void *ctx,
                             sluice_cache_op **op)
{
    (void)self;
    (void)key;
    (void)arena;
    (void)out;
    (void)cb;
    (void)ctx;
    *op = (sluice_cache_op *)(void *)&an_op;
    return frozen ? SLUICE_PENDING : SLUICE_OK;
}

static sluice_status ice_put(sluice_cache *self, const sluice_cache_key *key,
                             const sluice_cache_entry *entry, uint64_t ttl_ms,
                             sluice_cache_done_cb cb, void *ctx, sluice_cache_op **op)
{
    (void)self;
    (void)key;
    (void)entry;
    (void)ttl_ms;
    (void)cb;
    (void)ctx;
    (void)op;
    return SLUICE_OK;
}

static void ice_cancel(sluice_cache *self, sluice_cache_op *op)
{
    (void)self;
    (void)op;
}

static const sluice_cache_class ice_class = {
    .struct_size = sizeof ice_class,
    .config_schema = "{\"type\":\"object\"}",
    .create = ice_create,
    .start = ice_start,
    .stop = ice_end,
    .destroy = ice_end,
    .get = ice_get,
    .put = ice_put,
    .cancel = ice_cancel,
};

static const void *ice_get_class(const char *id)
{
    return strcmp(id, SLUICE_CACHE_ID) == 0 ? &ice_class : NULL;
}

static const sluice_plugin *ice(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .abi_minor = SLUICE_ABI_MINOR,
        .id = "com.example.ice",
        .version = "1.0.0",
        .get_class = ice_get_class,
    };

    return &plugin;
}

/* ---- tests ---- */

static void everything_that_calls_lean_on_has_a_row(void **state)
{
    sluice *s = open_text(MODELS "litellm_settings: {cache: true}\n");
    sluice_loop *loop = spawn(s);
    const char *rows = rows_of(loop, "health.services", "{}");

    (void)state;
    assert_non_null(strstr(rows, "\"service\":\"loops\",\"kind\":\"loops\",\"healthy\":true"));
    assert_non_null(
        strstr(rows, "\"service\":\"memory\",\"kind\":\"object_store\",\"healthy\":true"));
    assert_non_null(strstr(rows, "\"service\":\"memory\",\"kind\":\"cache\",\"healthy\":true"));
    assert_non_null(strstr(rows, "\"kind\":\"router\",\"healthy\":true"));
    assert_non_null(strstr(rows, "\"service\":\"mock\",\"kind\":\"provider\",\"healthy\":true"));
    sluice_close(s, 1000);
}

static void a_store_that_is_locked_is_told_and_makes_the_process_unready(void **state)
{
    char dir[] = "/tmp/sluice-services-XXXXXX", config[2048], path[128];
    sqlite3 *other;
    sluice_loop *loop;
    const char *rows;
    sluice *s;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/objects.db", dir);
    snprintf(config, sizeof config,
             MODELS "general_settings: {object_store: {type: sqlite, path: %s}}\n", path);
    s = open_text(config);
    loop = spawn(s);
    assert_non_null(strstr(rows_of(loop, "health", "{}"), "\"status\":\"healthy\""));
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    rows = rows_of(loop, "health", "{}");
    assert_non_null(strstr(rows, "\"status\":\"unavailable\",\"missing\":\"object_store\""));
    assert_null(strstr(rows, path)); /* asked without a key */
    rows = rows_of(loop, "health.services", "{}");
    assert_non_null(
        strstr(rows, "\"service\":\"sqlite\",\"kind\":\"object_store\",\"healthy\":false"));
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(other);
    wait_for(loop, "health", "\"status\":\"healthy\"");
    sluice_close(s, 1000);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/objects.db%s", dir, i == 0 ? "" : i == 1 ? "-wal" : "-shm");
        unlink(path);
    }
    rmdir(dir);
}

static void a_cache_that_does_not_answer_is_told_and_is_no_outage(void **state)
{
    sluice *s = open_text(MODELS "litellm_settings: {cache: true, cache_params: {type: "
                                 "com.example.ice}}\n");
    sluice_request r = { .struct_size = sizeof r };
    sluice_loop *loop = spawn(s);
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    r.operation = text("chat.completions");
    r.body = text("{\"model\":\"echo\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    for (int i = 1; i >= 0; i--) {
        char *out = NULL;

        frozen = i;
        assert_int_equal(sluice_run(s, &r, &out, NULL, &err), SLUICE_OK);
        free(out);
        assert_non_null(strstr(rows_of(loop, "health.services", "{}"),
                               i ? "\"kind\":\"cache\",\"healthy\":false,\"error\":\"its last "
                                   "answer was: timeout\""
                                 : "\"kind\":\"cache\",\"healthy\":true"));
        assert_non_null(strstr(rows_of(loop, "health", "{}"), "\"status\":\"healthy\""));
        assert_non_null(strstr(rows_of(loop, "health", "{}"),
                               i ? "\"cache_failing\":true" : "\"cache_failing\":false"));
    }
    sluice_close(s, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_calls_lean_on_has_a_row),
        cmocka_unit_test(a_store_that_is_locked_is_told_and_makes_the_process_unready),
        cmocka_unit_test(a_cache_that_does_not_answer_is_told_and_is_no_outage),
    };

    sluice_add_builtin(ice);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
