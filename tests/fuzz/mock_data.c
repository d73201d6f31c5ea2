/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the mock provider, whose answers are its own: bytes become a request, and what was planned
 * for it is played back through data(). Whatever is asked, either it is refused, or what reaches
 * the sink is JSON, and cutting the bytes elsewhere changes nothing. The first byte picks operation
 * and mode, the second the cut; the rest is the request's body.
 */
#include "exchange.h"

const sluice_plugin *sluice_builtin_mock(void);

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const sluice_span operations[] = { SL_SPAN("chat.completions"), SL_SPAN("completions"),
                                              SL_SPAN("embeddings"), SL_SPAN("chat.completions") };
    static struct sl_testplugin *plugin;
    static struct sl_testhost *host;
    static struct sl_test_provider p;
    struct sl_test_call call = { 0 };
    struct sl_test_plan plan = { 0 };
    struct sl_test_result whole, cut;
    sluice_error err = SLUICE_ERROR_INIT;

    if (size < 2)
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(sluice_builtin_mock, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host && sl_test_provider_init(&p, host, plugin, SL_SPAN("{}"), &err) >= 0);
    }
    call.operation = operations[data[0] >> 1 & 3];
    call.flags = data[0] & 1 ? SLUICE_CALL_STREAM : 0;
    call.body = sl_span((const char *)data + 2, size - 2);
    plan.chunk = data[1];
    sl_testhost_random(host, 1); /* for the same ids in both */
    sl_test_exchange(&p, &call, NULL, 0, NULL, &whole);
    sl_testhost_random(host, 1); /* for the same ids in both */
    sl_test_exchange(&p, &call, NULL, 0, &plan, &cut);
    require(whole.status == cut.status && !strcmp(whole.sink, cut.sink));
    require(whole.status != SLUICE_E_INTERNAL); /* the sink found fault */
    sl_test_result_finish(&whole);
    sl_test_result_finish(&cut);
    return 0;
}
