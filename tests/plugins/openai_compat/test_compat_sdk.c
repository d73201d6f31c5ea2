/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's helpers for OpenAI-like vendors, as tables: URLs, Retry-After, usage, classes. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sluice_sdk/base64.h>
#include <sluice_sdk/compat.h>
#include <sluice_sdk/status.h>

static void bases_of_every_shape_give_the_same_url(void **state)
{
    static const struct {
        const char *base, *path, *want;
    } cases[] = {
        { "https://h/v1", "/chat/completions", "https://h/v1/chat/completions" },
        { "https://h/v1/", "/chat/completions", "https://h/v1/chat/completions" },
        { "https://h/v1//", "/chat/completions", "https://h/v1/chat/completions" },
        { "https://h/v1/chat/completions", "/chat/completions", "https://h/v1/chat/completions" },
        { "https://h/v1/chat/completions/", "/chat/completions", "https://h/v1/chat/completions" },
        { "https://h/v1/chat/completions", "/embeddings", "https://h/v1/embeddings" },
        { "https://h/v1/completions", "/chat/completions", "https://h/v1/chat/completions" },
        { "https://h", "/v1/embeddings", "https://h/v1/embeddings" },
        { "https://h/v1", "/v1/embeddings", "https://h/v1/embeddings" },
        { "https://h/openai/v1/", "/v1/embeddings", "https://h/openai/v1/embeddings" },
        { "https://h/v2", "/v1/embeddings", "https://h/v2/v1/embeddings" },
        { "https://h/paas/v4", "/chat/completions", "https://h/paas/v4/chat/completions" },
        { "https://h/x?a=1", "/embeddings", "https://h/x/embeddings?a=1" },
        { "https://h/x?a=1", "/embeddings?v=2", "https://h/x/embeddings?v=2&a=1" },
        { "https://h/x?", "/embeddings", "https://h/x/embeddings" },
        { "https://h", "", "https://h" },
        { "https://h", "models", "https://h/models" },
        { "https://h/v", "/v/x", "https://h/v/v/x" },
    };
    char out[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = sl_compat_url(sl_span_str(cases[i].base), sl_span_str(cases[i].path), out);

        assert_true(n <= strlen(cases[i].base) + strlen(cases[i].path) + 2);
        out[n] = '\0';
        assert_string_equal(out, cases[i].want);
    }
}

static void retry_after_is_read_in_all_forms(void **state)
{
    /* Now is 2023-11-14 22:13:20 GMT. */
    static const struct {
        const char *ms, *after;
        uint32_t want;
    } cases[] = {
        { NULL, "7", 7000 },
        { NULL, "0", 0 },
        { NULL, "1.5", 1500 },
        { NULL, " 2 ", 2000 },
        { "250", "7", 250 },
        { "250.75", NULL, 250 },
        { "x", "7", 7000 },
        { NULL, "Tue, 14 Nov 2023 22:13:21 GMT", 1000 },
        { NULL, "Tue, 14 Nov 2023 22:13:19 GMT", 0 },
        { NULL, "Wed, 15 Nov 2023 22:13:19 GMT", 86399000 },
        { NULL, "Thu, 29 Feb 2024 00:00:00 GMT", 86400000 },
        { NULL, "Tue, 14 Xxx 2023 22:13:21 GMT", 0 },
        { NULL, "Tue, 14 Nov 2023 25:13:21 GMT", 0 },
        { NULL, "soon", 0 },
        { NULL, "-5", 0 },
        { NULL, ".5", 0 },
        { NULL, "1.x", 0 },
        { NULL, "99999999999999", 0 },
        { NULL, "1000000", 86400000 },
        { NULL, NULL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sluice_header h[2];
        size_t n = 0;

        if (cases[i].ms)
            h[n++] = (sluice_header){ SL_SPAN("retry-after-ms"), sl_span_str(cases[i].ms) };
        if (cases[i].after)
            h[n++] = (sluice_header){ SL_SPAN("retry-after"), sl_span_str(cases[i].after) };
        assert_int_equal(sl_compat_retry_after_ms(h, n, 1700000000000), cases[i].want);
    }
}

/* "INPUT/OUTPUT cached=... reasoning=... cost=..." */
static void usage_text(const struct sl_compat_usage *u, char *out, size_t size)
{
    static const char *const names[SLUICE_USE_KINDS] = {
        [SLUICE_USE_INPUT] = "in",
        [SLUICE_USE_OUTPUT] = "out",
        [SLUICE_USE_CACHED_INPUT] = "cached",
        [SLUICE_USE_CACHE_WRITE] = "written",
        [SLUICE_USE_REASONING] = "reasoning",
        [SLUICE_USE_SEARCHES] = "searches",
        [SLUICE_USE_COST_NANO_USD] = "cost",
    };
    size_t n = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < u->n; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s=%lld", i ? " " : "",
                              names[u->counts[i].kind], (long long)u->counts[i].n);
}

static void usage_is_read_in_every_spelling(void **state)
{
    static const struct {
        const char *json, *want;
    } cases[] = {
        { "{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12}", "in=5 out=7" },
        { "{\"input_tokens\":5,\"output_tokens\":7}", "in=5 out=7" },
        { "{\"prompt_tokens\":5,\"total_tokens\":5}", "in=5" },
        { "{\"total_tokens\":9}", "in=9" },
        { "{\"prompt_tokens\":9,\"completion_tokens\":1,\"prompt_cache_hit_tokens\":4}",
          "in=9 out=1 cached=4" },
        { "{\"prompt_tokens\":9,\"completion_tokens\":1,\"cached_tokens\":4}",
          "in=9 out=1 cached=4" },
        { "{\"prompt_tokens\":9,\"completion_tokens\":1,\"prompt_tokens_details\":{\"cached_"
          "tokens\":"
          "4}}",
          "in=9 out=1 cached=4" },
        /* The cached part was not in the prompt. */
        { "{\"prompt_tokens\":3,\"completion_tokens\":1,\"cached_tokens\":10}",
          "in=13 out=1 cached=10" },
        /* Reasoning within the completion, and outside of it by the total. */
        { "{\"prompt_tokens\":3,\"completion_tokens\":8,\"total_tokens\":11,\"completion_tokens_"
          "details\":{\"reasoning_tokens\":5}}",
          "in=3 out=8 reasoning=5" },
        { "{\"prompt_tokens\":3,\"completion_tokens\":8,\"total_tokens\":16,\"completion_tokens_"
          "details\":{\"reasoning_tokens\":5}}",
          "in=3 out=13 reasoning=5" },
        { "{\"prompt_tokens\":3,\"completion_tokens\":2,\"completion_tokens_details\":{\"reasoning_"
          "tokens\":5}}",
          "in=3 out=7 reasoning=5" },
        { "{\"prompt_tokens\":3,\"completion_tokens\":2,\"cost\":0.00125}",
          "in=3 out=2 cost=1250000" },
        { "{\"prompt_tokens\":3,\"completion_tokens\":2,\"cost\":{\"total_cost\":0.5},\"num_search_"
          "queries\":2}",
          "in=3 out=2 searches=2 cost=500000000" },
        { "{\"prompt_tokens\":3,\"completion_tokens\":2,\"cache_creation_input_tokens\":1}",
          "in=3 out=2 written=1" },
        { "{\"prompt_tokens\":3,\"completion_tokens\":2,\"prompt_tokens_details\":null}",
          "in=3 out=2" },
        { "{\"prompt_tokens\":-3,\"completion_tokens\":\"2\"}", "" },
        { "{}", "" },
        { "null", "" },
        { "[]", "" },
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_compat_usage u;
        bool known = sl_compat_usage(sl_span_str(cases[i].json), &u);

        usage_text(&u, text, sizeof text);
        assert_string_equal(text, cases[i].want);
        assert_int_equal(known, cases[i].want[0] != '\0');
    }
    assert_false(sl_compat_usage(sl_span(NULL, 0), &(struct sl_compat_usage){ .n = 1 }));
}

static void statuses_alone_name_a_class(void **state)
{
    static const struct {
        int32_t http;
        sluice_status want;
        int32_t passed_on;
    } cases[] = {
        { 400, SLUICE_E_INVALID, 0 },   { 401, SLUICE_E_AUTH, 0 },
        { 402, SLUICE_E_QUOTA, 0 },     { 403, SLUICE_E_FORBIDDEN, 0 },
        { 404, SLUICE_E_NOT_FOUND, 0 }, { 405, SLUICE_E_INVALID, 0 },
        { 408, SLUICE_E_TIMEOUT, 0 },   { 409, SLUICE_E_UNAVAILABLE, 409 },
        { 413, SLUICE_E_INVALID, 413 }, { 422, SLUICE_E_INVALID, 0 },
        { 424, SLUICE_E_UPSTREAM, 0 },  { 429, SLUICE_E_RATE_LIMIT, 0 },
        { 498, SLUICE_E_AUTH, 0 },      { 499, SLUICE_E_UPSTREAM, 0 },
        { 500, SLUICE_E_UPSTREAM, 0 },  { 501, SLUICE_E_UNSUPPORTED, 0 },
        { 502, SLUICE_E_UPSTREAM, 0 },  { 503, SLUICE_E_UNAVAILABLE, 0 },
        { 504, SLUICE_E_TIMEOUT, 0 },   { 529, SLUICE_E_UNAVAILABLE, 0 },
        { 599, SLUICE_E_UPSTREAM, 0 },  { 200, SLUICE_E_UPSTREAM, 0 },
        { 302, SLUICE_E_UPSTREAM, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_compat_failure f = { .http_status = cases[i].http };
        sluice_error err = SLUICE_ERROR_INIT;

        assert_int_equal(sl_compat_error(&f, &err), cases[i].want);
        assert_int_equal(err.http_status, cases[i].passed_on);
        assert_true(err.message[0] != '\0');
        assert_int_equal(sl_compat_error(&f, NULL), cases[i].want);
    }
}

static void bodies_name_a_class(void **state)
{
    static const struct {
        int32_t http;
        const char *body;
        sluice_status want;
        const char *code;
    } cases[] = {
        { 400, "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"m\"}}",
          SLUICE_E_CONTEXT, "context_length_exceeded" },
        { 400, "{\"error\":{\"message\":\"Input is too long for requested model.\"}}",
          SLUICE_E_CONTEXT, "context_length_exceeded" },
        { 400, "{\"error\":{\"message\":\"current length is 9 while limit is 8\"}}",
          SLUICE_E_CONTEXT, "context_length_exceeded" },
        { 400,
          "{\"error\":{\"code\":\"string_above_max_length\",\"message\":\"string too long. "
          "Expected a string with maximum length 9\"}}",
          SLUICE_E_CONTEXT, "context_length_exceeded" },
        { 400, "{\"error\":{\"code\":\"content_filter\",\"message\":\"m\"}}", SLUICE_E_REFUSED,
          "content_filter" },
        { 400, "{\"error\":{\"message\":\"rejected as a result of our safety system\"}}",
          SLUICE_E_REFUSED, "content_filter" },
        { 400, "{\"error\":{\"code\":\"unsupported_parameter\",\"message\":\"m\"}}",
          SLUICE_E_INVALID, "unsupported_parameter" },
        { 404, "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"m\"}}",
          SLUICE_E_NOT_FOUND, "DeploymentNotFound" },
        { 429, "{\"error\":{\"type\":\"insufficient_quota\",\"message\":\"m\"}}", SLUICE_E_QUOTA,
          "insufficient_quota" },
        { 429, "{\"error\":{\"code\":429,\"message\":\"m\"}}", SLUICE_E_RATE_LIMIT, "" },
        { 200, "{\"error\":{\"code\":429,\"message\":\"m\"}}", SLUICE_E_RATE_LIMIT, "" },
        { 200, "{\"error\":{\"code\":\"503\",\"message\":\"m\"}}", SLUICE_E_UNAVAILABLE, "" },
        { 200, "{\"error\":\"Rate limit reached\"}", SLUICE_E_RATE_LIMIT, "" },
        { 200, "{\"error\":{\"message\":\"m\"}}", SLUICE_E_UPSTREAM, "" },
        { 500, "{\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}",
          SLUICE_E_UNAVAILABLE, "" },
        /* The vendor's own fault is not the caller's, whatever it calls it. */
        { 500, "{\"error\":{\"code\":\"unsupported_value\",\"message\":\"m\"}}", SLUICE_E_UPSTREAM,
          "unsupported_value" },
        { 401, "{\"error\":{\"message\":\"too many tokens\"}}", SLUICE_E_AUTH, "" },
        { 400, "{\"error\":{", SLUICE_E_INVALID, "" },
        { 400, "\"just text\"", SLUICE_E_INVALID, "" },
        { 400, "[1]", SLUICE_E_INVALID, "" },
        { 400, "{\"error\":null}", SLUICE_E_INVALID, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_compat_failure f = { .http_status = cases[i].http,
                                       .body = sl_span_str(cases[i].body) };
        sluice_error err = SLUICE_ERROR_INIT;

        if (sl_compat_error(&f, &err) != cases[i].want)
            fail_msg("%s: %s", cases[i].body, sl_status_info(sl_compat_error(&f, NULL))->name);
        assert_string_equal(err.code, cases[i].code);
    }
}

static void the_callers_rules_come_first(void **state)
{
    static const struct sl_compat_rule rules[] = { { SL_SPAN("1302"), SLUICE_E_RATE_LIMIT },
                                                   { SL_SPAN("no credit"), SLUICE_E_QUOTA } };
    struct sl_compat_failure f = { .http_status = 400, .rules = rules, .n_rules = 2 };

    (void)state;
    f.body = SL_SPAN("{\"error\":{\"code\":1302,\"message\":\"m\"}}");
    assert_int_equal(sl_compat_error(&f, NULL), SLUICE_E_RATE_LIMIT);
    f.body = SL_SPAN("{\"error\":{\"message\":\"There is No Credit left\"}}");
    assert_int_equal(sl_compat_error(&f, NULL), SLUICE_E_QUOTA);
    /* A number inside a sentence is no code. */
    f.body = SL_SPAN("{\"error\":{\"message\":\"you sent 1302 tokens\"}}");
    assert_int_equal(sl_compat_error(&f, NULL), SLUICE_E_INVALID);
}

/* Every length of message and param, with escapes at every place of the cut. */
static void long_texts_are_cut_between_characters(void **state)
{
    static const char *const units[] = { "a", "\\n", "\\u00e9", "\\ud83d\\ude00", "\xC3\xA9" };
    char *body = malloc(1 << 16);

    (void)state;
    assert_non_null(body);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        for (size_t pad = 0; pad < 13; pad++) {
            struct sl_compat_failure f = { .http_status = 400 };
            sluice_error err = SLUICE_ERROR_INIT;
            size_t n = 0;

            for (int part = 0; part < 2; part++) {
                n += (size_t)snprintf(body + n, 32, part ? "\",\"param\":\"" : "{\"message\":\"");
                for (size_t i = 0; i < pad; i++)
                    body[n++] = 'p';
                for (size_t i = 0; i < 1500; i++)
                    n += (size_t)snprintf(body + n, 32, "%s", units[u]);
            }
            n += (size_t)snprintf(body + n, 32, "\"}");
            f.body = sl_span(body, n);
            assert_int_equal(sl_compat_error(&f, &err), SLUICE_E_INVALID);
            assert_true(strlen(err.message) > sizeof err.message - 8);
            assert_true(strlen(err.param) > sizeof err.param - 8);
            for (size_t i = strlen(err.message); i-- > strlen(err.message) - 4;)
                if (((unsigned char)err.message[i] & 0xC0) == 0xC0)
                    assert_true(i + 2 <= strlen(err.message));
        }
    free(body);
}

static void base64_pads(void **state)
{
    char out[SL_BASE64_SIZE(6)];

    (void)state;
    assert_int_equal(sl_base64(sl_span("", 0), out), 0);
    assert_int_equal(sl_base64(SL_SPAN("f"), out), 4);
    assert_memory_equal(out, "Zg==", 4);
    assert_int_equal(sl_base64(SL_SPAN("fo"), out), 4);
    assert_memory_equal(out, "Zm8=", 4);
    assert_int_equal(sl_base64(SL_SPAN("foobar"), out), 8);
    assert_memory_equal(out, "Zm9vYmFy", 8);
    assert_int_equal(sl_base64(SL_SPAN("\xff\xff\xff"), out), 4);
    assert_memory_equal(out, "////", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bases_of_every_shape_give_the_same_url),
        cmocka_unit_test(retry_after_is_read_in_all_forms),
        cmocka_unit_test(usage_is_read_in_every_spelling),
        cmocka_unit_test(statuses_alone_name_a_class),
        cmocka_unit_test(bodies_name_a_class),
        cmocka_unit_test(the_callers_rules_come_first),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(base64_pads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
