/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what openai_compat makes of answers with everything put right that it can: whatever comes,
 * what reaches the sink is JSON (the sink of the test kit looks), an error status is a failure, and
 * cutting the bytes elsewhere changes nothing. The first byte picks the kind of answer, the second
 * the cut.
 */
#include "exchange.h"

const sluice_plugin *sluice_builtin_openai_compat(void);

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static const sluice_span config = SL_SPAN(
    "{\"id\":\"acme\",\"base_url\":\"https://a.test/v1\",\"operations\":{\"chat.completions\":"
    "\"/chat/completions\",\"embeddings\":\"/embeddings\"},\"response\":{\"normalize\":["
    "\"reasoning\",\"finish_reason\",\"tool_calls\",\"content\",\"embeddings\"],"
    "\"finish_reasons\":{\"eos\":\"stop\"},\"usage_at\":\"x_groq.usage\"},\"errors\":{\"1302\":"
    "\"rate_limit\"}}");
static const sluice_span chat =
    SL_SPAN("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
static const sluice_span embedding =
    SL_SPAN("{\"model\":\"m\",\"input\":\"x\",\"encoding_format\":\"base64\"}");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sl_testplugin *plugin;
    static struct sl_testhost *host;
    static struct sl_test_provider p;
    struct sl_test_call call = { .credential = SLUICE_CRED_KEY, .body = chat };
    sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    struct sl_test_answer answer = { .status = 200, .headers = &type, .n_headers = 1 };
    struct sl_test_plan plan = { 0 };
    struct sl_test_result whole, cut;
    sluice_error err = SLUICE_ERROR_INIT;

    if (size < 2)
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(sluice_builtin_openai_compat, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host && sl_test_provider_init(&p, host, plugin, config, &err) >= 0);
    }
    if (data[0] & 1)
        call.flags |= SLUICE_CALL_STREAM;
    if (data[0] & 2)
        type.value = SL_SPAN("text/event-stream");
    if (data[0] & 4)
        answer.status = 400;
    if ((data[0] & 24) == 24) {
        call.operation = SL_SPAN("embeddings");
        call.body = embedding;
    }
    answer.body = sl_span((const char *)data + 2, size - 2);
    plan.cut = answer.body.len ? data[1] % answer.body.len : 0;
    sl_test_exchange(&p, &call, &answer, 1, NULL, &whole);
    sl_test_exchange(&p, &call, &answer, 1, &plan, &cut);
    require(whole.status == cut.status && !strcmp(whole.sink, cut.sink));
    require(whole.status != SLUICE_E_INTERNAL); /* the sink found fault */
    require(answer.status < 400 || whole.status < 0);
    sl_test_result_finish(&whole);
    sl_test_result_finish(&cut);
    return 0;
}
