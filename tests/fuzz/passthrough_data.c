/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what comes back through the passthrough provider: whatever the target answers, with
 * whatever status, it is handed on as it came, wherever it is cut. */
#include "exchange.h"
#include "fuzz.h"

const sluice_plugin *sluice_builtin_passthrough(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sl_testplugin *plugin;
    static struct sl_testhost *host;
    static struct sl_test_provider p;
    static const int32_t statuses[] = { 200, 404, 401, 503 };
    struct sl_test_call call = { .operation = SL_SPAN("passthrough"),
                                 .base_url = SL_SPAN("https://a.test/v1") };
    sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    struct sl_test_answer answer = { .headers = &type, .n_headers = 1 };
    struct sl_test_plan plan = { 0 };
    struct sl_test_result whole, cut;
    sluice_error err = SLUICE_ERROR_INIT;

    if (size < 2)
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(sluice_builtin_passthrough, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host && sl_test_provider_init(&p, host, plugin, SL_SPAN("{}"), &err) >= 0);
    }
    answer.status = statuses[data[0] & 3];
    if (data[0] & 4)
        type.value = SL_SPAN("text/event-stream");
    answer.body = sl_span((const char *)data + 2, size - 2);
    plan.cut = answer.body.len ? data[1] % answer.body.len : 0;
    sl_test_exchange(&p, &call, &answer, 1, NULL, &whole);
    sl_test_exchange(&p, &call, &answer, 1, &plan, &cut);
    require(whole.status == cut.status && !strcmp(whole.sink, cut.sink));
    require(whole.status != SLUICE_E_INTERNAL); /* the sink found fault */
    sl_test_result_finish(&whole);
    sl_test_result_finish(&cut);
    return 0;
}
