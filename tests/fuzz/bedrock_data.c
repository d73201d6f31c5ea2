/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what the bedrock provider makes of answers. The first byte picks the kind: raw bytes, or
 * lines of the form "EVENT PAYLOAD", of which messages with right CRCs are made ("!NAME PAYLOAD" is
 * an exception). Whatever comes, each step that reaches the sink is well formed, a finish comes
 * once and only on success, and cutting the bytes elsewhere changes nothing.
 */
#include "exchange.h"
#include "format/eventstream.h"

const sluice_plugin *sluice_builtin_bedrock(void);

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static const sluice_span chat = SL_SPAN(
    "{\"model\":\"anthropic.claude-3-haiku-20240307-v1:0\",\"messages\":[{\"role\":\"user\","
    "\"content\":\"Hi\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":"
    "\"a\",\"schema\":{\"type\":\"object\"}}}}");
static const sluice_span embed = SL_SPAN("{\"model\":\"cohere.embed-english-v3\",\"input\":[\"a\","
                                         "\"b\"],\"encoding_format\":\"base64\"}");

static size_t lines(const char *sink, const char *start)
{
    size_t n = 0;

    for (const char *p = sink; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        n += strncmp(p, start, strlen(start)) == 0;
    return n;
}

static void frame_lines(struct sl_buf *out, sluice_span text)
{
    while (text.len) {
        sluice_span line = sl_span_head(text, sl_span_find_char(text, '\n')), type, payload;

        text = sl_span_from(text, line.len + 1);
        type = sl_span_head(line, sl_span_find_char(line, ' '));
        payload = sl_span_from(line, type.len + 1);
        if (sl_span_starts(type, SL_SPAN("!")))
            sl_es_exception(out, sl_span_from(type, 1), &payload, 1);
        else
            sl_es_event(out, type, &payload, 1);
    }
}

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
    struct sl_buf frames;

    if (size < 2)
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(sluice_builtin_bedrock, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host &&
                sl_test_provider_init(&p, host, plugin, SL_SPAN("{\"region_name\":\"us-east-1\"}"),
                                      &err) >= 0);
    }
    sl_buf_init(&frames, 1u << 20);
    answer.body = sl_span((const char *)data + 2, size - 2);
    if (data[0] & 1) {
        call.flags |= SLUICE_CALL_STREAM;
        type.value = SL_SPAN("application/vnd.amazon.eventstream");
        if (data[0] & 16) {
            frame_lines(&frames, answer.body);
            answer.body = sl_buf_span(&frames);
        }
    } else if (data[0] & 4) {
        call.operation = SL_SPAN("embeddings");
        call.body = embed;
    }
    if (data[0] & 2)
        answer.status = 429;
    plan.cut = answer.body.len ? data[1] % answer.body.len : 0;
    if (sl_buf_ok(&frames)) {
        sl_test_exchange(&p, &call, &answer, 1, NULL, &whole);
        sl_test_exchange(&p, &call, &answer, 1, &plan, &cut);
        require(whole.status == cut.status && !strcmp(whole.sink, cut.sink));
        if (!call.operation.len)
            require(lines(whole.sink, "delta finish") == (whole.status >= 0));
        require(whole.status != SLUICE_E_INTERNAL); /* the sink found fault */
        require(answer.status < 400 || whole.status < 0);
        sl_test_result_finish(&whole);
        sl_test_result_finish(&cut);
    }
    sl_buf_finish(&frames);
    return 0;
}
