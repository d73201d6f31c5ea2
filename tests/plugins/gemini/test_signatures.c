/* SPDX-License-Identifier: Apache-2.0 */
/* test_signatures.c - a call's signature comes back from the host's table when a client drops it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sluice_sdk/span.h>
#include "exchange.h"

const sluice_plugin *sluice_builtin_gemini(void);

#define ANSWER                                                                                     \
    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"id\":\"c1\",\"name\":\"f\","   \
    "\"args\":{}},\"thoughtSignature\":\"U0lH\"}]},\"finishReason\":\"STOP\"}]}"
#define ASK "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"
#define NEXT                                                                                       \
    "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"tool_calls\":" \
    "[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}," \
    "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"x\"}]}"

/* What the second turn of a conversation sends, by another instance of the same entry. */
static void second_turn(const char *answer, struct sl_test_result *r)
{
    struct sl_testhost *host = sl_testhost_create();
    struct sl_test_call first = { .model = SL_SPAN("gemini-3-flash"), .body = SL_SPAN(ASK) };
    struct sl_test_call second = { .model = SL_SPAN("gemini-3-flash"), .body = SL_SPAN(NEXT) };
    struct sl_test_answer a = { .status = 200, .body = sl_span_str(answer) };
    struct sl_test_provider one, other;
    struct sl_testplugin *plugin;
    struct sl_test_result ignored;
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(sl_testplugin_wrap(sluice_builtin_gemini, &plugin, &err), SLUICE_OK);
    assert_int_equal(sl_test_provider_init(&one, host, plugin, SL_SPAN("{}"), &err), SLUICE_OK);
    assert_int_equal(sl_test_provider_init(&other, host, plugin, SL_SPAN("{}"), &err), SLUICE_OK);
    sl_test_exchange(&one, &first, &a, 1, NULL, &ignored);
    sl_test_exchange(&other, &second, &a, 1, NULL, r);
    sl_test_result_finish(&ignored);
    sl_test_provider_finish(&other);
    sl_test_provider_finish(&one);
    sl_testplugin_drop(plugin);
    sl_testhost_destroy(host);
}

static void pitfall_15_signature_that_a_client_drops_is_restored(void **state)
{
    struct sl_test_result r;

    (void)state;
    second_turn(ANSWER, &r);
    assert_non_null(strstr(r.requests, "\"thoughtSignature\":\"U0lH\""));
    sl_test_result_finish(&r);
}

static void pitfall_15_signature_that_nobody_knows_is_stood_in_for(void **state)
{
    struct sl_test_result r;

    (void)state;
    second_turn("{\"candidates\":[{\"finishReason\":\"STOP\"}]}", &r);
    assert_non_null(
        strstr(r.requests, "\"thoughtSignature\":\"skip_thought_signature_validator\""));
    sl_test_result_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pitfall_15_signature_that_a_client_drops_is_restored),
        cmocka_unit_test(pitfall_15_signature_that_nobody_knows_is_stood_in_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
