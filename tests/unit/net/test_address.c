/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are public, and what a URL is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/address.h"
#include "net/url.h"

static bool is_public(const char *text)
{
    struct sl_address a;

    assert_true(sl_address_literal(sl_span_str(text), &a));
    return sl_address_public(&a);
}

static void addresses_of_the_internet_are_public(void **state)
{
    static const char *const list[] = {
        "1.1.1.1",          "8.8.8.8",         "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",   "100.128.0.0",     "126.255.255.255", "128.0.0.1",
        "169.253.255.255",  "169.255.0.0",     "172.15.255.255",  "172.32.0.0",
        "192.167.255.255",  "192.169.0.0",     "198.17.255.255",  "198.20.0.0",
        "223.255.255.255",  "2606:4700::1111", "2a00:1450::1",    "2001:4860:4860::8888",
        "64:ff9b::8.8.8.8", "::ffff:8.8.8.8",  "2002:808:808::1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        assert_true(is_public(list[i]));
}

static void special_addresses_are_not_public(void **state)
{
    static const char *const list[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:a9fe:a9fe",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
        "2002:a00:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "2001:10::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "4000::1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        assert_false(is_public(list[i]));
}

static void names_are_no_literals(void **state)
{
    static const char *const list[] = { "",           "example.com",  "1.2.3", "0x7f.1",   "127.1",
                                        "2130706433", "fe80::1%eth0", "[::1]", "1.2.3.4.5" };
    struct sl_address a;

    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        assert_false(sl_address_literal(sl_span_str(list[i]), &a));
}

static void a_url_is_taken_apart(void **state)
{
    struct sl_url u;

    (void)state;
    assert_null(sl_url_parse(SL_SPAN("https://api.example.com/v1/chat?x=%20#"), &u) ? NULL : "");
    assert_null(sl_url_parse(SL_SPAN("https://api.example.com/v1/chat?x=%20"), &u));
    assert_true(u.tls);
    assert_int_equal(u.port, 443);
    assert_true(sl_span_eq(u.host, SL_SPAN("api.example.com")));
    assert_true(sl_span_eq(u.origin, SL_SPAN("https://api.example.com")));
    assert_true(sl_span_eq(u.target, SL_SPAN("/v1/chat?x=%20")));
    assert_null(sl_url_parse(SL_SPAN("HTTP://[2001:DB8::1]:8080"), &u));
    assert_false(u.tls);
    assert_int_equal(u.port, 8080);
    assert_true(sl_span_eq(u.host, SL_SPAN("2001:DB8::1")));
    assert_true(sl_span_eq(u.authority, SL_SPAN("[2001:DB8::1]:8080")));
    assert_int_equal(u.target.len, 0);
    assert_null(sl_url_parse(SL_SPAN("http://h?q=1"), &u));
    assert_true(sl_span_eq(u.host, SL_SPAN("h")));
    assert_true(sl_span_eq(u.target, SL_SPAN("?q=1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_the_internet_are_public),
        cmocka_unit_test(special_addresses_are_not_public),
        cmocka_unit_test(names_are_no_literals),
        cmocka_unit_test(a_url_is_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
