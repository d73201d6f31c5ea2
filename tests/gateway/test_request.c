/* SPDX-License-Identifier: Apache-2.0 */
/* test_request.c - what is read from a request's head: the key, who asks, parameters, cores. */
#include "kit.h"

#include "process/cpus.h"
#include "routes/credential.h"
#include "process/guard.h"
#include "server/text.h"

static sluice_span key_in(const sluice_header *headers, size_t n)
{
    static struct sl_http_head head;

    head.n_headers = n;
    head.names = 0;
    for (size_t i = 0; i < n; i++) {
        head.headers[i] = headers[i];
        head.names |= sl_span_bit(headers[i].name);
    }
    return gw_credential(&head);
}

static sluice_span key_of(const char *name, const char *value)
{
    sluice_header h = { sl_span_str(name), sl_span_str(value) };

    return key_in(&h, 1);
}

static void the_key_is_found_in_each_header(void **state)
{
    (void)state;
    assert_span(key_of("authorization", "Bearer sk-1"), "sk-1");
    assert_span(key_of("authorization", "bearer  sk-1 "), "sk-1");
    assert_span(key_of("x-litellm-api-key", "sk-2"), "sk-2");
    assert_span(key_of("x-litellm-api-key", "Bearer sk-2"), "sk-2");
    assert_span(key_of("api-key", "sk-3"), "sk-3");
    assert_span(key_of("x-api-key", "sk-4"), "sk-4");
    assert_span(key_of("x-goog-api-key", "sk-5"), "sk-5");
    assert_span(key_of("ocp-apim-subscription-key", "sk-6"), "sk-6");
}

static void no_key_is_empty(void **state)
{
    (void)state;
    assert_int_equal(key_of("authorization", "Basic dXNlcjpwYXNz").len, 0);
    assert_int_equal(key_of("authorization", "sk-1").len, 0);
    assert_int_equal(key_of("authorization", "Bearer ").len, 0);
    assert_int_equal(key_of("cookie", "sk-1").len, 0);
    assert_int_equal(key_in(NULL, 0).len, 0);
}

static void headers_are_asked_in_litellms_order(void **state)
{
    sluice_header all[] = {
        { SL_SPAN("x-api-key"), SL_SPAN("fourth") },
        { SL_SPAN("api-key"), SL_SPAN("third") },
        { SL_SPAN("authorization"), SL_SPAN("Bearer second") },
        { SL_SPAN("x-litellm-api-key"), SL_SPAN("first") },
    };

    (void)state;
    assert_span(key_in(all, 4), "first");
    assert_span(key_in(all, 3), "second");
    assert_span(key_in(all, 2), "third");
}

static void a_proxys_own_scheme_does_not_hide_the_key(void **state)
{
    sluice_header all[] = {
        { SL_SPAN("authorization"), SL_SPAN("Basic dXNlcjpwYXNz") },
        { SL_SPAN("x-api-key"), SL_SPAN("sk-4") },
    };

    (void)state;
    assert_span(key_in(all, 2), "sk-4");
}

static void loopback_is_recognised(void **state)
{
    static const char *const yes[] = { "127.0.0.1",  "127.9.8.7",      "::1",
                                       "localhost",  "LocalHost:4000", "127.0.0.1:4000",
                                       "[::1]:4000", "[::1]",          "::ffff:127.0.0.1" };
    static const char *const no[] = { "10.0.0.1",
                                      "0.0.0.0",
                                      "::",
                                      "127.example.com",
                                      "localhost.example.com",
                                      "192.168.1.127",
                                      "",
                                      "::ffff:10.0.0.1",
                                      "[::2]:4000",
                                      "[" };

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(gw_is_loopback(sl_span_str(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(gw_is_loopback(sl_span_str(no[i])));
}

static const char *guard(bool master_key, bool insecure, const char *peer, const char *host,
                         const char *origin)
{
    struct sl_http_head head = { .request = true, .names = UINT64_MAX };
    struct gw_shared shared = { .insecure = insecure };

    atomic_store(&shared.master_key, master_key);
    head.headers[head.n_headers++] = (sluice_header){ SL_SPAN("host"), sl_span_str(host) };
    if (origin)
        head.headers[head.n_headers++] = (sluice_header){ SL_SPAN("origin"), sl_span_str(origin) };
    return gw_guard(&shared, sl_span_str(peer), &head);
}

static void without_a_master_key_only_this_machine_is_served(void **state)
{
    (void)state;
    assert_null(guard(false, false, "127.0.0.1", "127.0.0.1:4000", NULL));
    assert_non_null(guard(false, false, "10.0.0.2", "127.0.0.1:4000", NULL));
}

static void without_a_master_key_foreign_pages_are_refused(void **state)
{
    (void)state;
    assert_non_null(guard(false, false, "127.0.0.1", "localhost:4000", "https://example.com"));
    assert_non_null(guard(false, false, "127.0.0.1", "localhost:4000", "null"));
    assert_null(guard(false, false, "127.0.0.1", "localhost:4000", "http://localhost:3000"));
    /* A name that was made to point here. */
    assert_non_null(guard(false, false, "127.0.0.1", "rebound.example.com:4000", NULL));
}

static void with_a_master_key_or_by_choice_everybody_may_ask(void **state)
{
    (void)state;
    assert_null(guard(true, false, "10.0.0.2", "gw.example.com", "https://example.com"));
    assert_null(guard(false, true, "10.0.0.2", "gw.example.com", "https://example.com"));
}

static void percent_encoding_is_decoded(void **state)
{
    char out[64];
    size_t n;

    (void)state;
    assert_true(gw_percent_decode(SL_SPAN("a%2Fb%20c+d"), false, out, &n));
    assert_span(sl_span(out, n), "a/b c+d");
    assert_true(gw_percent_decode(SL_SPAN("a+b%2b"), true, out, &n));
    assert_span(sl_span(out, n), "a b+");
}

static void broken_percent_encoding_is_refused(void **state)
{
    static const char *const bad[] = { "%", "%1", "%zz", "a%2", "%00", "%-1" };
    char out[64];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(gw_percent_decode(sl_span_str(bad[i]), false, out, &n));
}

static void a_query_is_walked_pair_by_pair(void **state)
{
    sluice_span query = SL_SPAN("a=1&&b&c=x=y&=z"), name, value;

    (void)state;
    assert_true(gw_query_next(&query, &name, &value));
    assert_span(name, "a");
    assert_span(value, "1");
    assert_true(gw_query_next(&query, &name, &value));
    assert_span(name, "b");
    assert_span(value, "");
    assert_true(gw_query_next(&query, &name, &value));
    assert_span(name, "c");
    assert_span(value, "x=y");
    assert_true(gw_query_next(&query, &name, &value));
    assert_span(name, "");
    assert_span(value, "z");
    assert_false(gw_query_next(&query, &name, &value));
}

static void a_quota_is_rounded_up_to_cores(void **state)
{
    (void)state;
    assert_int_equal(gw_cpus_of_quota("200000 100000\n"), 2);
    assert_int_equal(gw_cpus_of_quota("150000 100000"), 2);
    assert_int_equal(gw_cpus_of_quota("50000 100000"), 1);
    assert_int_equal(gw_cpus_of_quota("max 100000"), 0);
    assert_int_equal(gw_cpus_of_quota(""), 0);
    assert_int_equal(gw_cpus_of_quota("100000 0"), 0);
}

static void there_is_at_least_one_core(void **state)
{
    (void)state;
    assert_true(gw_cpus_available() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_found_in_each_header),
        cmocka_unit_test(no_key_is_empty),
        cmocka_unit_test(headers_are_asked_in_litellms_order),
        cmocka_unit_test(a_proxys_own_scheme_does_not_hide_the_key),
        cmocka_unit_test(loopback_is_recognised),
        cmocka_unit_test(without_a_master_key_only_this_machine_is_served),
        cmocka_unit_test(without_a_master_key_foreign_pages_are_refused),
        cmocka_unit_test(with_a_master_key_or_by_choice_everybody_may_ask),
        cmocka_unit_test(percent_encoding_is_decoded),
        cmocka_unit_test(broken_percent_encoding_is_refused),
        cmocka_unit_test(a_query_is_walked_pair_by_pair),
        cmocka_unit_test(a_quota_is_rounded_up_to_cores),
        cmocka_unit_test(there_is_at_least_one_core),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
