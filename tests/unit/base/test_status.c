/* SPDX-License-Identifier: Apache-2.0 */
/* test_status.c - failure classes and the filling of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/status.h"

static void every_class_has_its_own_row(void **state)
{
    (void)state;
    for (sluice_status st = SLUICE_E_SHUTDOWN; st < 0; st++) {
        const struct sl_status_info *info = sl_status_info(st);

        assert_int_equal(info->status, st);
        assert_non_null(info->name);
        assert_in_range(info->http_status, 400, 599);
        assert_non_null(info->type);
        /* Asking the same one again is never allowed where asking another is not. */
        assert_true(info->retry_other || !info->retry_same);
    }
}

static void unknown_classes_read_as_internal(void **state)
{
    (void)state;
    assert_int_equal(sl_status_info(-1000)->status, SLUICE_E_INTERNAL);
    assert_int_equal(sl_status_info(INT32_MIN)->status, SLUICE_E_INTERNAL);
    assert_int_equal(sl_status_info(SLUICE_E_SHUTDOWN - 1)->status, SLUICE_E_INTERNAL);
    assert_int_equal(sl_status_info(SLUICE_MORE)->status, SLUICE_OK);
}

static void classes_carry_the_codes_clients_know(void **state)
{
    static const struct {
        sluice_status st;
        int http;
        const char *code;
    } want[] = {
        { SLUICE_E_UNAVAILABLE, 503, "overloaded" },
        { SLUICE_E_TIMEOUT, 504, "timeout" },
        { SLUICE_E_AUTH, 502, "upstream_auth" },
        { SLUICE_E_RATE_LIMIT, 429, "rate_limit_exceeded" },
        { SLUICE_E_CONTEXT, 400, "context_length_exceeded" },
        { SLUICE_E_REFUSED, 400, "content_filter" },
        { SLUICE_E_NOT_FOUND, 404, "model_not_found" },
        { SLUICE_E_QUOTA, 429, "insufficient_quota" },
        { SLUICE_E_TRUNCATED, 502, "stream_truncated" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(sl_status_info(want[i].st)->http_status, want[i].http);
        assert_string_equal(sl_status_info(want[i].st)->code, want[i].code);
    }
    assert_null(sl_status_info(SLUICE_E_INVALID)->code);
}

static void type_follows_an_overridden_status(void **state)
{
    (void)state;
    assert_string_equal(sl_status_type(SLUICE_E_DENIED, 0), "permission_error");
    assert_string_equal(sl_status_type(SLUICE_E_DENIED, 401), "authentication_error");
    assert_string_equal(sl_status_type(SLUICE_E_NOMEM, 413), "invalid_request_error");
    assert_string_equal(sl_status_type(SLUICE_E_INVALID, 503), "server_error");
    assert_string_equal(sl_status_type(SLUICE_E_LIMITED, 403), "permission_error");
    assert_string_equal(sl_status_type(SLUICE_E_QUOTA, 429), "insufficient_quota");
    assert_string_equal(sl_status_type(SLUICE_E_DENIED, 429), "rate_limit_error");
}

static void fail_clears_what_an_earlier_step_wrote(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    err.http_status = 418;
    err.retry_after_ms = 5;
    assert_int_equal(
        sl_fail_param(&err, SLUICE_E_NOT_FOUND, "model_not_found", "model", "no model '%s'", "x"),
        SLUICE_E_NOT_FOUND);
    assert_string_equal(err.code, "model_not_found");
    assert_string_equal(err.param, "model");
    assert_string_equal(err.message, "no model 'x'");
    assert_int_equal(err.http_status, 0);
    assert_int_equal(err.retry_after_ms, 0);
    assert_int_equal(sl_fail(&err, SLUICE_E_INVALID, "other"), SLUICE_E_INVALID);
    assert_string_equal(err.code, "");
    assert_string_equal(err.param, "");
    assert_string_equal(err.message, "other");
    assert_int_equal(err.struct_size, sizeof err);
    assert_int_equal(sl_fail(NULL, SLUICE_E_INVALID, "nobody"), SLUICE_E_INVALID);
}

static void text_is_cut_at_a_code_point(void **state)
{
    char out[8];

    (void)state;
    sl_copy_text(out, sizeof out, SL_SPAN("12345\xc3\xa9"));
    assert_string_equal(out, "12345\xc3\xa9");
    sl_copy_text(out, sizeof out, SL_SPAN("123456\xc3\xa9"));
    assert_string_equal(out, "123456");
    sl_copy_text(out, sizeof out, SL_SPAN("1234\xf0\x9f\x98\x80"));
    assert_string_equal(out, "1234");
    sl_copy_text(out, sizeof out, SL_SPAN("123\xf0\x9f\x98\x80x"));
    assert_string_equal(out, "123\xf0\x9f\x98\x80");
    sl_copy_text(out, sizeof out, SL_SPAN("\x80\x80\x80\x80\x80\x80\x80\x80\x80"));
    assert_int_equal(strlen(out), 7);
    sl_copy_text(out, 1, SL_SPAN("x"));
    assert_string_equal(out, "");
    sl_copy_text(out, 0, SL_SPAN("x"));
}

static void a_long_message_is_cut_at_a_code_point(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    char pad[448];

    (void)state;
    for (size_t n = 440; n < 448; n++) {
        memset(pad, 'x', n);
        pad[n] = '\0';
        sl_fail(&err, SLUICE_E_INVALID, "%s\xf0\x9f\x98\x80 and more", pad);
        assert_int_equal(strlen(err.message), n <= 443 ? (n + 4 + 9 > 447 ? 447 : n + 13) : n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_has_its_own_row),
        cmocka_unit_test(unknown_classes_read_as_internal),
        cmocka_unit_test(classes_carry_the_codes_clients_know),
        cmocka_unit_test(type_follows_an_overridden_status),
        cmocka_unit_test(fail_clears_what_an_earlier_step_wrote),
        cmocka_unit_test(text_is_cut_at_a_code_point),
        cmocka_unit_test(a_long_message_is_cut_at_a_code_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
