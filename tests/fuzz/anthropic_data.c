/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what the anthropic provider makes of answers: whatever comes, each step that reaches the
 * sink is well formed (the sink of the test kit looks), a finish comes exactly once and only on
 * success, and cutting the bytes elsewhere changes nothing. The first byte picks the kind of
 * answer.
 */
#include "exchange.h"

const sluice_plugin *sluice_builtin_anthropic(void);

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static const sluice_span plain = SL_SPAN(
    "{\"model\":\"claude-sonnet-4-5\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
static const sluice_span forced = SL_SPAN(
    "{\"model\":\"claude-sonnet-4-5\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":"
    "{\"type\":\"object\",\"additionalProperties\":true}}}}");

/* How often a line of the sink begins so. */
static size_t lines(const char *sink, const char *start)
{
    size_t n = 0;

    for (const char *p = sink; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        n += strncmp(p, start, strlen(start)) == 0;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sl_testplugin *plugin;
    static struct sl_testhost *host;
    static struct sl_test_provider p;
    struct sl_test_call call = { .credential = SLUICE_CRED_KEY };
    sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    struct sl_test_answer answer = { .status = 200, .headers = &type, .n_headers = 1 };
    struct sl_test_plan plan = { 0 };
    struct sl_test_result whole, cut;
    sluice_error err = SLUICE_ERROR_INIT;

    if (size < 2)
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(sluice_builtin_anthropic, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host && sl_test_provider_init(&p, host, plugin, SL_SPAN("{}"), &err) >= 0);
    }
    call.body = data[0] & 1 ? forced : plain;
    if (data[0] & 2) {
        call.flags |= SLUICE_CALL_STREAM;
        type.value = SL_SPAN("text/event-stream");
    }
    if (data[0] & 4)
        answer.status = 529;
    if ((data[0] & 24) == 24)
        call.operation = SL_SPAN("messages");
    answer.body = sl_span((const char *)data + 2, size - 2);
    plan.cut = answer.body.len ? data[1] % answer.body.len : 0;
    sl_test_exchange(&p, &call, &answer, 1, NULL, &whole);
    sl_test_exchange(&p, &call, &answer, 1, &plan, &cut);
    require(whole.status == cut.status && !strcmp(whole.sink, cut.sink));
    if (!call.operation.len) {
        size_t finishes = lines(whole.sink, "delta finish");

        require(whole.status >= 0 ? finishes == 1 : finishes <= 1);
        require(whole.status != SLUICE_E_INTERNAL); /* the sink found fault */
    }
    require(answer.status < 400 || whole.status < 0);
    sl_test_result_finish(&whole);
    sl_test_result_finish(&cut);
    return 0;
}
