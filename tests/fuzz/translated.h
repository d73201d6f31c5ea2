/* SPDX-License-Identifier: Apache-2.0 */
/*
 * translated.h - the body of a fuzz target for a provider that translates: whatever comes as an
 * answer, each step that reaches the sink is well formed (the sink of the test kit looks), a finish
 * comes exactly once for each choice and only on success, and cutting the bytes elsewhere changes
 * nothing. The first byte picks the kind of answer, the second where it is cut. Before including
 * it: ENTRY, the plugin's built-in entry; MODEL; NATIVE, an operation that is relayed; STREAMED,
 * the content type of streams; BASE_URL for a vendor that has none of its own.
 */
#ifndef FUZZ_TRANSLATED_H
#define FUZZ_TRANSLATED_H

#include "exchange.h"

#ifndef BASE_URL
#define BASE_URL ""
#endif

const sluice_plugin *ENTRY(void);

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static const sluice_span chat =
    SL_SPAN("{\"model\":\"" MODEL "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
            "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}]}");
static const sluice_span embed =
    SL_SPAN("{\"model\":\"" MODEL "\",\"input\":[\"a\",\"b\"],\"encoding_format\":\"base64\"}");

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
    struct sl_test_call call = { .credential = SLUICE_CRED_KEY,
                                 .base_url = SL_SPAN(BASE_URL),
                                 .body = chat };
    sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    struct sl_test_answer answer = { .status = 200, .headers = &type, .n_headers = 1 };
    struct sl_test_plan plan = { 0 };
    struct sl_test_result whole, cut;
    sluice_error err = SLUICE_ERROR_INIT;

    if (size < 2)
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(ENTRY, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host && sl_test_provider_init(&p, host, plugin, SL_SPAN("{}"), &err) >= 0);
    }
    if (data[0] & 1) {
        call.flags |= SLUICE_CALL_STREAM;
        type.value = SL_SPAN(STREAMED);
    }
    if (data[0] & 2)
        answer.status = 429;
    if ((data[0] & 12) == 4) {
        call.operation = SL_SPAN("embeddings");
        call.body = embed;
        call.flags = 0;
        type.value = SL_SPAN("application/json");
    } else if ((data[0] & 12) == 8) {
        call.operation = SL_SPAN(NATIVE);
    }
    answer.body = sl_span((const char *)data + 2, size - 2);
    plan.cut = answer.body.len ? data[1] % answer.body.len : 0;
    sl_test_exchange(&p, &call, &answer, 1, NULL, &whole);
    sl_test_exchange(&p, &call, &answer, 1, &plan, &cut);
    require(whole.status == cut.status);
    if (!call.operation.len) {
        require(whole.status < 0 || lines(whole.sink, "delta finish") >= 1);
        require(lines(whole.sink, "delta finish choice=0 ") <= 1);
        require(whole.status != SLUICE_E_INTERNAL); /* the sink found fault */
    }
    require(answer.status < 400 || whole.status < 0);
    sl_test_result_finish(&whole);
    sl_test_result_finish(&cut);
    return 0;
}

#endif
