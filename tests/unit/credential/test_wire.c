/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider's request becomes: where the credential goes and where it never goes, parts of
 * bodies, signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "credential/impl.h"
#include "credential/wire.h"

static const char *const origins[] = { "https://api.example.com", "https://rt.*.aws.example.com",
                                       "https://*-ai.example.com", NULL };
static const sluice_provider_class cls = { .struct_size = sizeof cls, .origins = origins };

struct world {
    struct sluice_arena arena;
    sluice_error err;
    struct sl_credential credential; /* of kind KEY, or AWS */
    struct sl_grant *grant;
    struct sl_wire wire;
    sluice_http_request request;
    struct sl_http_out out;
};

static int setup(void **state)
{
    static struct world w;
    const struct sl_grant_text text = { .secret = SL_SPAN("s3cret key"),
                                        .id = SL_SPAN("AKID"),
                                        .session = SL_SPAN("session") };

    memset(&w, 0, sizeof w);
    sl_arena_init(&w.arena, 1u << 20);
    w.err = (sluice_error)SLUICE_ERROR_INIT;
    w.grant = sl_grant_create(&text);
    w.wire = (struct sl_wire){ .arena = &w.arena,
                               .err = &w.err,
                               .credential = &w.credential,
                               .grant = w.grant,
                               .cls = &cls,
                               .content_type = SL_SPAN("application/json") };
    w.request = (sluice_http_request){ .struct_size = sizeof w.request,
                                       .auth = SLUICE_AUTH_BEARER,
                                       .url = SL_SPAN("https://api.example.com/v1/x") };
    sl_clock_freeze(1000000, 1767323045000000);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    sl_clock_freeze(0, 0);
    sl_fault_after(0);
    sl_grant_drop(w->grant);
    sl_arena_finish(&w->arena);
    return 0;
}

static sluice_status build(struct world *w)
{
    return sl_wire_build(&w->wire, &w->request, &w->out);
}

static sluice_span header(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->out.n_headers; i++)
        if (sl_span_eq(w->out.headers[i].name, sl_span_str(name)))
            return w->out.headers[i].value;
    return sl_span(NULL, 0);
}

static void assert_text(sluice_span got, const char *want)
{
    if (!sl_span_eq(got, sl_span_str(want)))
        fail_msg("'%.*s' is not '%s'", SL_FMT(got), want);
}

static void key_goes_where_it_is_asked_for(void **state)
{
    struct world *w = *state;

    assert_int_equal(build(w), SLUICE_OK);
    assert_text(header(w, "authorization"), "Bearer s3cret key");
    w->request.auth = SLUICE_AUTH_HEADER;
    w->request.auth_param = SL_SPAN("x-key");
    assert_int_equal(build(w), SLUICE_OK);
    assert_text(header(w, "x-key"), "s3cret key");
    w->request.auth_param = SL_SPAN("authorization: Token");
    assert_int_equal(build(w), SLUICE_OK);
    assert_text(header(w, "authorization"), "Token s3cret key");
    w->request.auth = SLUICE_AUTH_QUERY;
    w->request.auth_param = SL_SPAN("key");
    assert_int_equal(build(w), SLUICE_OK);
    assert_text(w->out.url, "https://api.example.com/v1/x?key=s3cret%20key");
    w->request.url = SL_SPAN("https://api.example.com/v1/x?a=b");
    assert_int_equal(build(w), SLUICE_OK);
    assert_text(w->out.url, "https://api.example.com/v1/x?a=b&key=s3cret%20key");
}

static void key_goes_to_known_origins_only(void **state)
{
    static const struct {
        const char *url;
        bool ok;
    } cases[] = {
        { "https://api.example.com", true },
        { "https://API.example.com/x", true },
        { "https://api.example.com.evil.com/x", false },
        { "https://api.example.com@evil.com/x", false },
        { "http://api.example.com/x", false },
        { "https://api.example.com:444/x", false },
        { "https://rt.us-east-1.aws.example.com/x", true },
        { "https://rt.evil.com/.aws.example.com", false },
        { "https://rt.a.b.aws.example.com", false },
        { "https://rt..aws.example.com", false },
        { "https://us-ai.example.com?x", true },
        { "https://-ai.example.com", false },
        { "https://evil.com#-ai.example.com", false },
        { "https://evil.com/-ai.example.com", false },
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->request.url = sl_span_str(cases[i].url);
        if ((build(w) == SLUICE_OK) != cases[i].ok)
            fail_msg("%s", cases[i].url);
    }
}

static void base_url_stands_for_all_origins(void **state)
{
    struct world *w = *state;

    w->wire.base_url = SL_SPAN("http://10.0.0.1:8080/v1");
    w->request.url = SL_SPAN("http://10.0.0.1:8080/v1/chat");
    assert_int_equal(build(w), SLUICE_OK);
    w->request.url = SL_SPAN("https://api.example.com/v1/x");
    assert_int_equal(build(w), SLUICE_E_UNSUPPORTED);
    assert_non_null(strstr(w->err.message, "https://api.example.com"));
}

static void foreign_request_gets_nothing_of_ours(void **state)
{
    const sluice_header ours = { SL_SPAN("x-ours"), SL_SPAN("1") };
    const struct sl_upstream_options upstream = { .insecure = true };
    struct world *w = *state;

    w->wire.headers = &ours;
    w->wire.n_headers = 1;
    w->wire.upstream = &upstream;
    w->request.flags = SLUICE_REQ_FOREIGN;
    assert_int_equal(build(w), SLUICE_E_UNSUPPORTED);
    w->request.auth = SLUICE_AUTH_NONE;
    assert_int_equal(build(w), SLUICE_OK);
    assert_true(w->out.foreign);
    assert_null(w->out.options);
    assert_int_equal(w->out.n_headers, 0);
    w->request.flags = 0;
    assert_int_equal(build(w), SLUICE_OK);
    assert_text(header(w, "x-ours"), "1");
    assert_ptr_equal(w->out.options, &upstream);
}

static void parts_are_encoded_as_they_say(void **state)
{
    const sluice_part parts[] = {
        { SLUICE_PART_BYTES, SLUICE_FORM_RAW, SL_SPAN("a b") },
        { SLUICE_PART_BYTES, SLUICE_FORM_PERCENT, SL_SPAN("a/b~") },
        { SLUICE_PART_BYTES, SLUICE_FORM_JSON, SL_SPAN("\"\n") },
        { SLUICE_PART_BASE64, SLUICE_FORM_RAW, SL_SPAN("hello") },
        { SLUICE_PART_SECRET, SLUICE_FORM_PERCENT, SL_SPAN("credential") },
        { SLUICE_PART_BYTES, SLUICE_FORM_RAW, { NULL, 0 } },
    };
    struct world *w = *state;

    w->credential.key = sl_secret_create(SL_SPAN("k&y"));
    w->request.body = parts;
    w->request.n_body = 6;
    assert_int_equal(build(w), SLUICE_OK);
    assert_text(w->out.body[0], "a b");
    assert_text(w->out.body[1], "a%2Fb~");
    assert_text(w->out.body[2], "\\\"\\n");
    assert_text(w->out.body[3], "aGVsbG8=");
    assert_text(w->out.body[4], "k%26y");
    assert_int_equal(w->out.body[5].len, 0);
    assert_text(header(w, "content-type"), "application/json");
    sl_secret_drop(w->credential.key);
}

static void unknown_parts_are_refused(void **state)
{
    sluice_part part = { 9, SLUICE_FORM_RAW, SL_SPAN("x") };
    struct world *w = *state;

    w->request.body = &part;
    w->request.n_body = 1;
    assert_int_equal(build(w), SLUICE_E_UNSUPPORTED);
    part = (sluice_part){ SLUICE_PART_BYTES, 9, SL_SPAN("x") };
    assert_int_equal(build(w), SLUICE_E_UNSUPPORTED);
}

static void ask_for_signature(struct world *w)
{
    w->credential.source = &sl_source_aws;
    w->request.auth = SLUICE_AUTH_SIGV4;
    w->request.auth_param = SL_SPAN("aws:amz:us-east-1:bedrock");
}

static void key_pair_signs_and_is_not_sent(void **state)
{
    const sluice_header own[] = { { SL_SPAN("X-Amz-Own"), SL_SPAN("o") },
                                  { SL_SPAN("x-other"), SL_SPAN("o") } };
    const sluice_part body = { SLUICE_PART_BYTES, SLUICE_FORM_RAW, SL_SPAN("{}") };
    struct world *w = *state;

    ask_for_signature(w);
    w->request.headers = own;
    w->request.n_headers = 2;
    w->request.body = &body;
    w->request.n_body = 1;
    assert_int_equal(build(w), SLUICE_OK);
    assert_text(header(w, "x-amz-date"), "20260102T030405Z");
    assert_text(header(w, "x-amz-security-token"), "session");
    assert_text(header(w, "x-amz-content-sha256"),
                "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_true(sl_span_starts(
        header(w, "authorization"),
        SL_SPAN("AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/bedrock/aws4_request, "
                "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-own;"
                "x-amz-security-token, Signature=")));
    for (size_t i = 0; i < w->out.n_headers; i++)
        assert_int_equal(sl_span_find(w->out.headers[i].value, SL_SPAN("s3cret")),
                         w->out.headers[i].value.len);
}

static void what_does_not_fit_together_is_refused(void **state)
{
    struct world *w = *state;

    ask_for_signature(w);
    w->request.auth = SLUICE_AUTH_BEARER; /* with a key pair */
    assert_int_equal(build(w), SLUICE_E_UNSUPPORTED);
    w->credential.source = NULL;
    w->request.auth = SLUICE_AUTH_SIGV4; /* with a key */
    assert_int_equal(build(w), SLUICE_E_UNSUPPORTED);
    ask_for_signature(w);
    w->request.auth_param = SL_SPAN("aws:amz::bedrock");
    assert_int_equal(build(w), SLUICE_E_INVALID);
    assert_string_equal(w->err.code, "missing_region");
    w->request.auth_param = SL_SPAN("bedrock");
    assert_int_equal(build(w), SLUICE_E_INTERNAL);
    w->request.auth = 77;
    assert_int_equal(build(w), SLUICE_E_UNSUPPORTED);
}

static void failing_memory_is_told(void **state)
{
    const sluice_part parts[] = { { SLUICE_PART_BYTES, SLUICE_FORM_JSON, SL_SPAN("\"") },
                                  { SLUICE_PART_BASE64, SLUICE_FORM_RAW, SL_SPAN("x") } };
    struct world *w = *state;
    sluice_status st = SLUICE_E_NOMEM;

    ask_for_signature(w);
    w->request.body = parts;
    w->request.n_body = 2;
    for (uint64_t n = 1; st == SLUICE_E_NOMEM; n++) {
        assert_true(n < 200);
        sl_fault_after(n);
        st = build(w);
        sl_fault_after(0);
    }
    assert_int_equal(st, SLUICE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(key_goes_where_it_is_asked_for),  TEST(key_goes_to_known_origins_only),
        TEST(base_url_stands_for_all_origins), TEST(foreign_request_gets_nothing_of_ours),
        TEST(parts_are_encoded_as_they_say),   TEST(unknown_parts_are_refused),
        TEST(key_pair_signs_and_is_not_sent),  TEST(what_does_not_fit_together_is_refused),
        TEST(failing_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
