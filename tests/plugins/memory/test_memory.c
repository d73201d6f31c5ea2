/* SPDX-License-Identifier: Apache-2.0 */
/* The memory cache through its class: hits, scopes, time, bounds, pinned hits, many threads. */
#include "testhost.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sluice/cache.h>
#include <sluice_sdk/span.h>

#define THREADS 8
#define ROUNDS 20000
#define KEYS 64

SLUICE_EXTERN_C const sluice_plugin *sluice_builtin_memory(void);

static const sluice_cache_class *class;
static struct sl_testhost *host;

struct fixture {
    sluice_cache_shared *shared;
    sluice_cache *cache;
};

static sluice_status open_cache(struct fixture *f, const char *config)
{
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_status st;

    *f = (struct fixture){ NULL, NULL };
    st = class->create_shared(sl_testhost_host(host), sl_span_str(config), &f->shared, &err);
    if (st == SLUICE_OK) {
        st = class->create(sl_testhost_host(host), sl_span_str(config), f->shared, &f->cache, &err);
        if (st < 0)
            class->destroy_shared(f->shared);
    }
    if (st == SLUICE_OK)
        st = class->start(f->cache, &err);
    return st;
}

static void close_cache(struct fixture *f)
{
    class->stop(f->cache);
    class->destroy(f->cache);
    class->destroy_shared(f->shared);
}

static sluice_cache_key key_of(const char *scope, const char *digest)
{
    return (sluice_cache_key){ .struct_size = sizeof(sluice_cache_key),
                               .scope = sl_span_str(scope),
                               .digest = sl_span_str(digest) };
}

static sluice_status put(struct fixture *f, const char *scope, const char *digest,
                         sluice_span value, uint64_t ttl_ms)
{
    sluice_cache_key key = key_of(scope, digest);
    sluice_cache_entry entry = {
        .struct_size = sizeof entry, .format = 7, .stored_ms = 123, .value = value
    };

    return class->put(f->cache, &key, &entry, ttl_ms, NULL, NULL, NULL);
}

static sluice_cache_entry get(struct fixture *f, const char *scope, const char *digest)
{
    sluice_cache_key key = key_of(scope, digest);
    sluice_cache_entry out = { .struct_size = sizeof out };

    assert_int_equal(class->get(f->cache, &key, NULL, &out, NULL, NULL, NULL), SLUICE_OK);
    return out;
}

static bool has(struct fixture *f, const char *scope, const char *digest)
{
    sluice_cache_entry e = get(f, scope, digest);

    if (!e.value.ptr)
        return false;
    e.release(e.owner);
    return true;
}

static void what_is_put_is_found_as_it_was(void **state)
{
    struct fixture f;
    sluice_cache_entry e;

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    assert_int_equal(put(&f, "team", "digest", SL_SPAN("an\0swer"), 0), SLUICE_OK);
    e = get(&f, "team", "digest");
    assert_true(sl_span_eq(e.value, SL_SPAN("an\0swer")));
    assert_int_equal(e.format, 7);
    assert_int_equal(e.stored_ms, 123);
    assert_int_equal(e.score_ppm, 0);
    e.release(e.owner);
    close_cache(&f);
}

static void a_missing_key_is_a_miss(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    assert_false(has(&f, "team", "digest"));
    close_cache(&f);
}

static void scopes_do_not_see_each_other(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    assert_int_equal(put(&f, "a", "bd", SL_SPAN("x"), 0), SLUICE_OK);
    assert_false(has(&f, "b", "bd"));
    assert_false(has(&f, "ab", "d"));
    assert_true(has(&f, "a", "bd"));
    close_cache(&f);
}

static void a_second_put_replaces_the_first(void **state)
{
    struct fixture f;
    sluice_cache_entry e;

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    assert_int_equal(put(&f, "a", "d", SL_SPAN("one"), 0), SLUICE_OK);
    assert_int_equal(put(&f, "a", "d", SL_SPAN("two"), 0), SLUICE_OK);
    e = get(&f, "a", "d");
    assert_true(sl_span_eq(e.value, SL_SPAN("two")));
    e.release(e.owner);
    close_cache(&f);
}

static void an_entry_ends_when_its_time_is_up(void **state)
{
    struct fixture f;
    sluice_cache_entry e;

    (void)state;
    sl_testhost_clock(host, 1000, 1000000);
    assert_int_equal(open_cache(&f, "{\"ttl_ms\":5000}"), SLUICE_OK);
    assert_int_equal(put(&f, "a", "own", SL_SPAN("x"), 2000), SLUICE_OK);
    assert_int_equal(put(&f, "a", "default", SL_SPAN("x"), 0), SLUICE_OK);
    e = get(&f, "a", "own");
    assert_int_equal(e.expires_ms, 1002000);
    e.release(e.owner);
    sl_testhost_clock(host, 1000, 1001999);
    assert_true(has(&f, "a", "own"));
    sl_testhost_clock(host, 1000, 1002000);
    assert_false(has(&f, "a", "own"));
    assert_true(has(&f, "a", "default"));
    sl_testhost_clock(host, 1000, 1005000);
    assert_false(has(&f, "a", "default"));
    close_cache(&f);
}

static void ttl_zero_in_the_configuration_is_for_ever(void **state)
{
    struct fixture f;
    sluice_cache_entry e;

    (void)state;
    assert_int_equal(open_cache(&f, "{\"ttl_ms\":0}"), SLUICE_OK);
    assert_int_equal(put(&f, "a", "d", SL_SPAN("x"), 0), SLUICE_OK);
    e = get(&f, "a", "d");
    assert_int_equal(e.expires_ms, 0);
    e.release(e.owner);
    close_cache(&f);
}

static void remove_takes_an_entry_out(void **state)
{
    sluice_cache_key key = key_of("a", "d");
    struct fixture f;

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    assert_int_equal(put(&f, "a", "d", SL_SPAN("x"), 0), SLUICE_OK);
    assert_int_equal(class->remove(f.cache, &key, NULL, NULL, NULL), SLUICE_OK);
    assert_false(has(&f, "a", "d"));
    assert_int_equal(class->remove(f.cache, &key, NULL, NULL, NULL), SLUICE_OK);
    close_cache(&f);
}

static void the_least_recently_used_goes_first(void **state)
{
    char value[1000];
    struct fixture f;

    (void)state;
    memset(value, 'v', sizeof value);
    /* Room for three in one shard. */
    assert_int_equal(open_cache(&f, "{\"max_bytes\":4096,\"max_entry_bytes\":1000}"), SLUICE_OK);
    put(&f, "a", "1", sl_span(value, sizeof value), 0);
    put(&f, "a", "2", sl_span(value, sizeof value), 0);
    put(&f, "a", "3", sl_span(value, sizeof value), 0);
    assert_true(has(&f, "a", "1"));
    put(&f, "a", "4", sl_span(value, sizeof value), 0);
    assert_true(has(&f, "a", "1"));
    assert_false(has(&f, "a", "2"));
    assert_true(has(&f, "a", "3"));
    assert_true(has(&f, "a", "4"));
    close_cache(&f);
}

static void what_is_too_large_is_not_kept(void **state)
{
    char value[5000] = { 0 };
    struct fixture f;

    (void)state;
    assert_int_equal(open_cache(&f, "{\"max_bytes\":4096,\"max_entry_bytes\":4500}"), SLUICE_OK);
    assert_int_equal(put(&f, "a", "d", sl_span(value, 5000), 0), SLUICE_E_NOMEM);
    assert_int_equal(put(&f, "a", "d", sl_span(value, 4200), 0), SLUICE_E_NOMEM);
    assert_false(has(&f, "a", "d"));
    close_cache(&f);
}

static void a_pinned_hit_outlives_eviction_and_the_cache(void **state)
{
    struct fixture f;
    sluice_cache_key key = key_of("a", "d");
    sluice_cache_entry e;

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    put(&f, "a", "d", SL_SPAN("still here"), 0);
    e = get(&f, "a", "d");
    class->remove(f.cache, &key, NULL, NULL, NULL);
    close_cache(&f);
    assert_true(sl_span_eq(e.value, SL_SPAN("still here")));
    e.release(e.owner);
}

static void many_entries_are_all_found(void **state)
{
    struct fixture f;
    char digest[33];

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    for (int i = 0; i < 5000; i++) {
        snprintf(digest, sizeof digest, "%032d", i);
        assert_int_equal(put(&f, "a", digest, sl_span(digest, 32), 0), SLUICE_OK);
    }
    for (int i = 0; i < 5000; i++) {
        sluice_cache_entry e;

        snprintf(digest, sizeof digest, "%032d", i);
        e = get(&f, "a", digest);
        assert_true(sl_span_eq(e.value, sl_span(digest, 32)));
        e.release(e.owner);
    }
    close_cache(&f);
}

static void two_loops_share_one_table(void **state)
{
    struct fixture f, g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(open_cache(&f, "{}"), SLUICE_OK);
    g.shared = f.shared;
    assert_int_equal(class->create(sl_testhost_host(host), SL_SPAN("{}"), f.shared, &g.cache, &err),
                     SLUICE_OK);
    put(&f, "a", "d", SL_SPAN("x"), 0);
    assert_true(has(&g, "a", "d"));
    class->destroy(g.cache);
    close_cache(&f);
}

static void wrong_configurations_are_refused_by_name(void **state)
{
    static const char *const configs[] = { "{\"max_bytes\":1}", "{\"max_bytes\":\"x\"}",
                                           "{\"max_entry_bytes\":0}", "{\"ttl_ms\":-1}" };
    static const char *const params[] = { "max_bytes", "max_bytes", "max_entry_bytes", "ttl_ms" };
    sluice_cache_shared *shared;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        sluice_error err = SLUICE_ERROR_INIT;

        assert_int_equal(
            class->create_shared(sl_testhost_host(host), sl_span_str(configs[i]), &shared, &err),
            SLUICE_E_INVALID);
        assert_string_equal(err.param, params[i]);
    }
}

static void failing_allocations_are_misses_or_no_memory(void **state)
{
    bool whole = false;

    (void)state;
    for (uint64_t n = 1; !whole; n++) {
        struct fixture f;
        char digest[33];
        sluice_status st;

        sl_fault_after(n);
        st = open_cache(&f, "{}");
        if (st == SLUICE_OK) {
            for (int i = 0; i < 100 && st == SLUICE_OK; i++) {
                snprintf(digest, sizeof digest, "%032d", i);
                st = put(&f, "a", digest, sl_span(digest, 32), 0);
                assert_int_equal(has(&f, "a", digest), st == SLUICE_OK);
            }
            close_cache(&f);
        }
        whole = sl_fault_after(0) < n;
        assert_true(st == SLUICE_OK || st == SLUICE_E_NOMEM);
    }
}

/* ---- threads ---- */

struct worker {
    struct fixture f;
    unsigned seed;
    uint64_t wrong, hits;
};

static uint32_t next(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* A value is its key's number over and over, so that a torn or foreign one shows. */
static void *work(void *arg)
{
    struct worker *w = arg;
    char digest[33], value[512];

    for (int i = 0; i < ROUNDS; i++) {
        uint32_t r = next(&w->seed), k = next(&w->seed) % KEYS;
        sluice_cache_key key;
        sluice_cache_entry e = { .struct_size = sizeof e };

        snprintf(digest, sizeof digest, "%032u", k);
        key = key_of("a", digest);
        if (r % 16 == 0) {
            class->remove(w->f.cache, &key, NULL, NULL, NULL);
        } else if (r % 4 == 0) {
            memset(value, (int)('A' + k % 26), sizeof value);
            e.value = sl_span(value, 1 + r % sizeof value);
            class->put(w->f.cache, &key, &e, 0, NULL, NULL, NULL);
        } else if (class->get(w->f.cache, &key, NULL, &e, NULL, NULL, NULL) == SLUICE_OK &&
                   e.value.ptr) {
            for (size_t n = 0; n < e.value.len; n++)
                w->wrong += e.value.ptr[n] != (char)('A' + k % 26);
            w->hits++;
            e.release(e.owner);
        }
    }
    return NULL;
}

static void threads_see_whole_values_only(void **state)
{
    struct worker w[THREADS] = { 0 };
    pthread_t threads[THREADS];
    struct fixture f;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    /* Small enough that entries are evicted all the time. */
    assert_int_equal(open_cache(&f, "{\"max_bytes\":16384,\"max_entry_bytes\":512}"), SLUICE_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        w[i].seed = i + 1;
        assert_int_equal(
            class->create(sl_testhost_host(host), SL_SPAN("{}"), f.shared, &w[i].f.cache, &err),
            SLUICE_OK);
        assert_int_equal(pthread_create(&threads[i], NULL, work, &w[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        class->destroy(w[i].f.cache);
        assert_int_equal(w[i].wrong, 0);
        assert_true(w[i].hits > 0);
    }
    close_cache(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found_as_it_was),
        cmocka_unit_test(a_missing_key_is_a_miss),
        cmocka_unit_test(scopes_do_not_see_each_other),
        cmocka_unit_test(a_second_put_replaces_the_first),
        cmocka_unit_test(an_entry_ends_when_its_time_is_up),
        cmocka_unit_test(ttl_zero_in_the_configuration_is_for_ever),
        cmocka_unit_test(remove_takes_an_entry_out),
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(what_is_too_large_is_not_kept),
        cmocka_unit_test(a_pinned_hit_outlives_eviction_and_the_cache),
        cmocka_unit_test(many_entries_are_all_found),
        cmocka_unit_test(two_loops_share_one_table),
        cmocka_unit_test(wrong_configurations_are_refused_by_name),
        cmocka_unit_test(failing_allocations_are_misses_or_no_memory),
        cmocka_unit_test(threads_see_whole_values_only),
    };
    int bad;

    class = sluice_builtin_memory()->get_class(SLUICE_CACHE_ID);
    host = sl_testhost_create();
    bad = cmocka_run_group_tests(tests, NULL, NULL);
    sl_testhost_destroy(host);
    return bad;
}
