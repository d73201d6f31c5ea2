/* SPDX-License-Identifier: Apache-2.0 */
/* test_digest.c - SHA-256 against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include "base/arena.h"
#include "base/digest.h"

static void check(const unsigned char *out, const char *want)
{
    char hex[2 * SL_DIGEST_SIZE + 1];

    sl_hex(out, SL_DIGEST_SIZE, hex);
    assert_string_equal(hex, want);
}

static void once_gives_the_published_vectors(void **state)
{
    unsigned char out[SL_DIGEST_SIZE];

    (void)state;
    sl_digest_once(sl_span(NULL, 0), out);
    check(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sl_digest_once(SL_SPAN("abc"), out);
    check(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void pieces_give_the_same_and_the_object_is_reusable(void **state)
{
    unsigned char out[SL_DIGEST_SIZE];
    struct sl_digest d;

    (void)state;
    assert_true(sl_digest_init(&d));
    for (int round = 0; round < 2; round++) {
        sl_digest_begin(&d);
        sl_digest_add(&d, SL_SPAN("a"));
        sl_digest_add(&d, sl_span(NULL, 0));
        sl_digest_add(&d, SL_SPAN("bc"));
        sl_digest_end(&d, out);
        check(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
    sl_digest_finish(&d);
}

static void hmac_gives_the_vectors_of_rfc_4231(void **state)
{
    unsigned char out[SL_DIGEST_SIZE];
    char key[131];

    (void)state;
    sl_digest_hmac(SL_SPAN("Jefe"), SL_SPAN("what do ya want for nothing?"), out);
    check(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    sl_digest_hmac(sl_span(key, sizeof key),
                   SL_SPAN("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    check(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void init_reports_missing_memory(void **state)
{
    struct sl_digest d;

    (void)state;
    sl_fault_after(1);
    assert_false(sl_digest_init(&d));
    sl_fault_after(0);
    sl_digest_finish(&d);
}

static void number_is_its_sixteen_digits(void **state)
{
    static const uint64_t tried[] = {
        0, 9, 10, 0x0123456789abcdef, 0xfedcba9876543210, UINT64_MAX
    };
    char digits[17] = { 0 }, want[17];

    (void)state;
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        sl_hex_u64(tried[i], digits);
        snprintf(want, sizeof want, "%016llx", (unsigned long long)tried[i]);
        assert_string_equal(digits, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_gives_the_published_vectors),
        cmocka_unit_test(pieces_give_the_same_and_the_object_is_reusable),
        cmocka_unit_test(hmac_gives_the_vectors_of_rfc_4231),
        cmocka_unit_test(number_is_its_sixteen_digits),
        cmocka_unit_test(init_reports_missing_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
