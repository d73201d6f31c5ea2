/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asked.h - the body of a fuzz target for what a provider asks its vendor for: whatever a caller
 * sends is refused, saying why, or becomes a request that any host would send (the test kit looks),
 * the same when asked for again, whose body is JSON. The first byte picks operation, model and
 * flags, the rest is the caller's body. Before including it: ENTRY, the plugin's built-in entry;
 * OPERATIONS and MODELS, four each; CONFIG and BASE_URL where they are not empty.
 */
#ifndef FUZZ_ASKED_H
#define FUZZ_ASKED_H

#include "exchange.h"
#include "fuzz.h"

#include "format/json_scan.h"

#ifndef CONFIG
#define CONFIG "{}"
#endif
#ifndef BASE_URL
#define BASE_URL ""
#endif

const sluice_plugin *ENTRY(void);

static const char *const operations[4] = { OPERATIONS };
static const char *const models[4] = { MODELS };

/* Of the text of one request: behind the first empty line. (mock asks for events.) */
static void check_body(const char *request)
{
    const char *body = strstr(request, "\n\n"),
               *type = strstr(request, "content-type: application/json");
    struct sl_json_error why;

    if (body && type && type < body)
        require(sl_json_validate(sl_span_trim(sl_span_str(body)), &why) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sl_testplugin *plugin;
    static struct sl_testhost *host;
    static struct sl_test_provider p;
    const sluice_header path = { SL_SPAN("path"), SL_SPAN("v1/things") };
    const struct sl_test_plan plan = { .twice = true, .steps = 2 };
    struct sl_test_call call = {
        .base_url = SL_SPAN(BASE_URL), .credential = SLUICE_CRED_KEY, .params = &path, .n_params = 1
    };
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_test_result r;

    if (size < 2) /* the host lets none without a body come here */
        return 0;
    if (!plugin) {
        require(sl_testplugin_wrap(ENTRY, &plugin, &err) >= 0);
        host = sl_testhost_create();
        require(host && sl_test_provider_init(&p, host, plugin, SL_SPAN(CONFIG), &err) >= 0);
    }
    call.operation = sl_span_str(operations[data[0] & 3]);
    call.model = sl_span_str(models[data[0] >> 2 & 3]);
    call.flags = (data[0] & 16 ? SLUICE_CALL_STREAM : 0) | (data[0] & 32 ? SLUICE_CALL_DROP : 0);
    call.body = sl_span((const char *)data + 1, size - 1);
    sl_test_exchange(&p, &call, NULL, 0, &plan, &r);
    require(r.status != SLUICE_E_INTERNAL);
    require(r.status == SLUICE_E_CANCELLED || (r.status < 0 && r.error.message[0]));
    if (r.status == SLUICE_E_CANCELLED && r.requests)
        check_body(r.requests);
    sl_test_result_finish(&r);
    return 0;
}

#endif
