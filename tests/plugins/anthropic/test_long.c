/* SPDX-License-Identifier: Apache-2.0 */
/* test_long.c - long strings of a request: they arrive whole and are sent from where they lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/json.h>
#include "exchange.h"

const sluice_plugin *sluice_builtin_anthropic(void);

#define LEN 20000

/* A call with a prompt, an image, a member and arguments of LEN bytes each. */
static void write_call(struct sl_buf *b, char *filler)
{
    memset(filler, 'A', LEN);
    sl_buf_add_str(
        b, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"p");
    sl_buf_add(b, sl_span(filler, LEN));
    sl_buf_add_str(b,
                   "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,");
    sl_buf_add(b, sl_span(filler, LEN));
    sl_buf_add_str(
        b, "\"}},{\"type\":\"text\",\"text\":\"end\"}]},{\"role\":\"assistant\",\"tool_calls\":"
           "[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\\\"");
    sl_buf_add(b, sl_span(filler, LEN));
    sl_buf_add_str(b, "\\\"}\"}}]}],\"container\":\"c");
    sl_buf_add(b, sl_span(filler, LEN));
    sl_buf_add_str(b, "\",\"speed\":\"fast\"}");
    assert_true(sl_buf_ok(b));
}

static void long_strings_arrive_whole(void **state)
{
    static char filler[LEN];
    struct sl_testhost *host = sl_testhost_create();
    struct sl_testplugin *plugin;
    struct sl_test_provider p;
    struct sl_test_call call = { .model = SL_SPAN("claude-sonnet-4-5") };
    struct sl_test_result r;
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_json_error e;
    struct sl_buf b;
    sluice_span out;

    (void)state;
    sl_buf_init(&b, 1u << 20);
    write_call(&b, filler);
    call.body = sl_buf_span(&b);
    assert_int_equal(sl_testplugin_wrap(sluice_builtin_anthropic, &plugin, &err), SLUICE_OK);
    assert_int_equal(sl_test_provider_init(&p, host, plugin, SL_SPAN("{}"), &err), SLUICE_OK);
    sl_test_exchange(&p, &call, NULL, 0, NULL, &r);
    out = sl_span_trim(sl_span_str(strstr(r.requests, "\n\n")));
    assert_int_equal(sl_json_validate(out, &e), SLUICE_OK);
    assert_int_equal(sl_json_find(out, "messages.0.content.0.text").len, LEN + 3);
    assert_int_equal(sl_json_find(out, "messages.0.content.1.source.data").len, LEN + 2);
    assert_true(sl_span_eq(sl_json_find(out, "messages.0.content.2.text"), SL_SPAN("\"end\"")));
    assert_int_equal(sl_json_find(out, "messages.1.content.0.input.x").len, LEN + 2);
    assert_int_equal(sl_json_find(out, "container").len, LEN + 3);
    assert_true(sl_span_eq(sl_json_find(out, "speed"), SL_SPAN("\"fast\"")));
    sl_test_result_finish(&r);
    sl_test_provider_finish(&p);
    sl_testplugin_drop(plugin);
    sl_testhost_destroy(host);
    sl_buf_finish(&b);
}

static void long_strings_are_sent_from_the_callers_body(void **state)
{
    static char filler[LEN];
    const sluice_provider_class *cls = sluice_builtin_anthropic()->get_class(SLUICE_PROVIDER_ID);
    struct sl_testhost *host = sl_testhost_create();
    struct sluice_arena arena;
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_call call = { .struct_size = sizeof call, .operation = SL_SPAN("chat.completions") };
    sluice_http_request out = { .struct_size = sizeof out };
    sluice_provider *self;
    sluice_exchange *x;
    struct sl_json_error e;
    struct sl_buf b;
    sluice_header *members;
    size_t borrowed = 0;

    (void)state;
    sl_arena_init(&arena, 1u << 20);
    sl_buf_init(&b, 1u << 20);
    write_call(&b, filler);
    call.body = sl_buf_span(&b);
    assert_int_equal(sl_json_members(call.body, &arena, &members, &call.n_members, &e), SLUICE_OK);
    call.members = members;
    assert_int_equal(cls->create(sl_testhost_host(host), SL_SPAN("{}"), &self, &err), SLUICE_OK);
    assert_int_equal(cls->begin(self, &call, &arena, &x, &err), SLUICE_OK);
    assert_int_equal(cls->request(x, &out, &err), SLUICE_OK);
    for (size_t i = 0; i < out.n_body; i++)
        if (out.body[i].data.ptr >= b.ptr && out.body[i].data.ptr < b.ptr + b.len)
            borrowed += out.body[i].data.len;
    assert_true(borrowed >= 3 * LEN); /* arguments had to be decoded: not those */
    cls->close(x);
    cls->destroy(self);
    sl_arena_finish(&arena);
    sl_buf_finish(&b);
    sl_testhost_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_strings_arrive_whole),
        cmocka_unit_test(long_strings_are_sent_from_the_callers_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
