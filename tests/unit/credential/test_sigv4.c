/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of AWS: published vectors, and a client's signature checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "credential/sigv4.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BODY                                                                                       \
    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"Hi\"}]}],\"inferenceConfig\":{"    \
    "\"maxTokens\":16}}"
#define PATH "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse"

static struct sluice_arena arena;

static int setup(void **state)
{
    (void)state;
    sl_arena_init(&arena, 1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sl_fault_after(0);
    sl_arena_finish(&arena);
    return 0;
}

static void assert_ends(sluice_span text, const char *end)
{
    if (!sl_span_ends(text, sl_span_str(end)))
        fail_msg("%.*s does not end in %s", SL_FMT(text), end);
}

/* Those of the suite that AWS publishes: one time, one scope, host and date signed. */
static void suite_of_aws_is_met(void **state)
{
    static const struct {
        const char *method, *path, *query, *signature;
        sluice_header more[4];
    } cases[] = {
        { "GET",
          "/",
          "",
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
          { { { 0 }, { 0 } } } },
        { "POST",
          "/",
          "",
          "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
          { { { 0 }, { 0 } } } },
        { "GET",
          "/",
          "Param2=value2&Param1=value1",
          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
          { { { 0 }, { 0 } } } },
        { "GET",
          "/example/..",
          "",
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
          { { { 0 }, { 0 } } } },
        { "GET",
          "//",
          "",
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
          { { { 0 }, { 0 } } } },
        { "GET",
          "/./",
          "",
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
          { { { 0 }, { 0 } } } },
        { "GET",
          "/example1/example2/../..",
          "",
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
          { { { 0 }, { 0 } } } },
        { "GET",
          "/\xe1\x88\xb4",
          "",
          "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
          { { { 0 }, { 0 } } } },
        { "GET",
          "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
          "",
          "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
          { { { 0 }, { 0 } } } },
        { "GET",
          "/",
          "",
          "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
          { { SL_SPAN("My-Header1"), SL_SPAN("value2") },
            { SL_SPAN("My-Header1"), SL_SPAN("value2") },
            { SL_SPAN("My-Header1"), SL_SPAN("value1") } } },
        { "GET",
          "/",
          "",
          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
          { { SL_SPAN("My-Header1"), SL_SPAN(" value1") },
            { SL_SPAN("My-Header2"), SL_SPAN(" \"a   b   c\"") } } },
        { "POST",
          "/",
          "",
          "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
          { { SL_SPAN("My-Header1"), SL_SPAN("value1") } } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sluice_header headers[8] = {
            { SL_SPAN("Host"), SL_SPAN("example.amazonaws.com") },
            { SL_SPAN("X-Amz-Date"), SL_SPAN("20150830T123600Z") },
        };
        struct sl_sigv4_request r = { .method = sl_span_str(cases[i].method),
                                      .path = sl_span_str(cases[i].path),
                                      .query = sl_span_str(cases[i].query),
                                      .headers = headers,
                                      .n_headers = 2,
                                      .body_hash = SL_SPAN(EMPTY) };
        struct sl_sigv4_scope scope = { SL_SPAN("AKIDEXAMPLE"), SL_SPAN(SECRET),
                                        SL_SPAN("us-east-1"), SL_SPAN("service"), 1440938160 };
        sluice_span out;

        for (size_t k = 0; cases[i].more[k].name.len; k++)
            headers[r.n_headers++] = cases[i].more[k];
        assert_int_equal(sl_sigv4_sign(&r, &scope, &arena, &out), SLUICE_OK);
        assert_ends(out, cases[i].signature);
    }
}

/* What a client sends to Bedrock at 2026-01-02T03:04:05Z. */
struct sent {
    char hash[2 * SL_DIGEST_SIZE + 1];
    sluice_header headers[8];
    struct sl_sigv4_request r;
    struct sl_sigv4_claim claim;
};
#define NOW 1767323045

static void make(struct sent *s, bool session)
{
    struct sl_sigv4_scope scope = { SL_SPAN("AKIDEXAMPLE"), SL_SPAN(SECRET), SL_SPAN("us-east-1"),
                                    SL_SPAN("bedrock"), NOW };
    sluice_span body[] = { SL_SPAN(BODY) }, authorization;

    memset(s, 0, sizeof *s);
    assert_int_equal(sl_sigv4_hash(body, 1, s->hash), SLUICE_OK);
    s->headers[0] =
        (sluice_header){ SL_SPAN("host"), SL_SPAN("bedrock-runtime.us-east-1.amazonaws.com") };
    s->headers[1] = (sluice_header){ SL_SPAN("content-type"), SL_SPAN("application/json") };
    s->headers[2] = (sluice_header){ SL_SPAN("x-amz-date"), SL_SPAN("20260102T030405Z") };
    s->headers[3] = (sluice_header){ SL_SPAN("x-amz-content-sha256"), sl_span_str(s->hash) };
    s->headers[4] =
        (sluice_header){ SL_SPAN("x-amz-security-token"), SL_SPAN("SESSIONTOKENEXAMPLE==") };
    s->r = (struct sl_sigv4_request){ .method = SL_SPAN("POST"),
                                      .path = SL_SPAN(PATH),
                                      .headers = s->headers,
                                      .n_headers = session ? 5 : 4,
                                      .body_hash = sl_span_str(s->hash) };
    assert_int_equal(sl_sigv4_sign(&s->r, &scope, &arena, &authorization), SLUICE_OK);
    assert_true(sl_sigv4_claim(authorization, &s->claim));
}

static void bedrock_request_is_signed_as_its_sdk_does(void **state)
{
    struct sent s;

    (void)state;
    make(&s, false);
    assert_string_equal(s.hash, "9086f5ed72696dae888c64846e3db151bb80e2483eba722648ee71231780c823");
    assert_true(
        sl_span_eq(s.claim.signature,
                   SL_SPAN("b8d8a335737c07c4eaba51aa706586e41fdc2a6bcaf4145e47cd3a70b1185b5a")));
    make(&s, true);
    assert_true(
        sl_span_eq(s.claim.signature,
                   SL_SPAN("2b411a59fc9adec575a872b4c2395fb6b627851e46a73d43840bd9e0af24e05b")));
}

static void hash_of_parts_is_the_hash_of_the_whole(void **state)
{
    char whole[2 * SL_DIGEST_SIZE + 1], cut[2 * SL_DIGEST_SIZE + 1];
    sluice_span body = SL_SPAN(BODY);

    (void)state;
    sl_sigv4_hash(&body, 1, whole);
    for (size_t i = 0; i <= body.len; i++) {
        sluice_span parts[] = { sl_span_head(body, i), SL_SPAN(""), sl_span_from(body, i) };

        assert_int_equal(sl_sigv4_hash(parts, 3, cut), SLUICE_OK);
        assert_string_equal(whole, cut);
    }
    sl_sigv4_hash(NULL, 0, cut);
    assert_string_equal(cut, EMPTY);
}

static void s3_path_is_left_alone(void **state)
{
    struct sl_sigv4_request r = { .method = SL_SPAN("GET"), .path = SL_SPAN("/a//b%20c/../d") };
    sluice_span text, names;

    (void)state;
    assert_int_equal(sl_sigv4_canonical(&r, true, &arena, &text, &names), SLUICE_OK);
    assert_true(sl_span_starts(text, SL_SPAN("GET\n/a//b%20c/../d\n")));
    assert_int_equal(sl_sigv4_canonical(&r, false, &arena, &text, &names), SLUICE_OK);
    assert_true(sl_span_starts(text, SL_SPAN("GET\n/a/d\n")));
}

/* ---- a client's ---- */

static sluice_status check(struct sent *s, int64_t now, const char *secret, sluice_error *err)
{
    *err = (sluice_error)SLUICE_ERROR_INIT;
    return sl_sigv4_check(&s->r, &s->claim, sl_span_str(secret), now, &arena, err);
}

static void right_signature_is_accepted(void **state)
{
    sluice_error err;
    struct sent s;

    (void)state;
    make(&s, true);
    assert_true(sl_span_eq(s.claim.id, SL_SPAN("AKIDEXAMPLE")));
    assert_true(sl_span_eq(sl_sigv4_body_hash(&s.claim, s.headers, 5), sl_span_str(s.hash)));
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_OK);
    s.headers[5] = (sluice_header){ SL_SPAN("user-agent"), SL_SPAN("not signed") };
    s.r.n_headers = 6;
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_OK);
}

static void whatever_is_changed_is_noticed(void **state)
{
    sluice_error err;
    struct sent s;

    (void)state;
    make(&s, false);
    assert_int_equal(check(&s, NOW, "another secret", &err), SLUICE_E_DENIED);
    assert_string_equal(err.code, "InvalidSignatureException");
    assert_int_equal(err.http_status, 403);
    s.r.path = SL_SPAN("/model/another/converse");
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
    make(&s, false);
    s.r.query = SL_SPAN("a=b");
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
    make(&s, false);
    s.r.method = SL_SPAN("PUT");
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
    make(&s, false);
    s.headers[1].value = SL_SPAN("text/plain");
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
    make(&s, false);
    s.r.body_hash = SL_SPAN(EMPTY);
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
    make(&s, false);
    s.claim.region = SL_SPAN("eu-west-1");
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
}

/* Clients that speak HTTP/2 sign :authority, which reaches us as host. */
static void authority_is_the_host(void **state)
{
    struct sl_sigv4_scope scope = { SL_SPAN("AKIDEXAMPLE"), SL_SPAN(SECRET), SL_SPAN("us-east-1"),
                                    SL_SPAN("bedrock"), NOW };
    sluice_header headers[3] = {
        { SL_SPAN(":authority"), SL_SPAN("gateway:4000") },
        { SL_SPAN("x-amz-date"), SL_SPAN("20260102T030405Z") },
    };
    struct sl_sigv4_request r = { .method = SL_SPAN("POST"),
                                  .path = SL_SPAN("/model/m/converse"),
                                  .headers = headers,
                                  .n_headers = 2,
                                  .body_hash = SL_SPAN(EMPTY) };
    struct sl_sigv4_claim claim;
    sluice_span authorization;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    assert_int_equal(sl_sigv4_sign(&r, &scope, &arena, &authorization), SLUICE_OK);
    assert_true(sl_sigv4_claim(authorization, &claim));
    assert_true(sl_span_starts(claim.names, SL_SPAN(":authority;")));
    headers[0].name = SL_SPAN("host");
    assert_int_equal(sl_sigv4_check(&r, &claim, SL_SPAN(SECRET), NOW, &arena, &err), SLUICE_OK);
    headers[0].value = SL_SPAN("elsewhere");
    assert_int_equal(sl_sigv4_check(&r, &claim, SL_SPAN(SECRET), NOW, &arena, &err),
                     SLUICE_E_DENIED);
    headers[0].name = SL_SPAN("no-host");
    assert_int_equal(sl_sigv4_check(&r, &claim, SL_SPAN(SECRET), NOW, &arena, &err),
                     SLUICE_E_DENIED);
}

static void old_signature_is_refused(void **state)
{
    sluice_error err;
    struct sent s;

    (void)state;
    make(&s, false);
    assert_int_equal(check(&s, NOW + 300, SECRET, &err), SLUICE_OK);
    assert_int_equal(check(&s, NOW - 300, SECRET, &err), SLUICE_OK);
    assert_int_equal(check(&s, NOW + 301, SECRET, &err), SLUICE_E_DENIED);
    assert_int_equal(check(&s, NOW - 301, SECRET, &err), SLUICE_E_DENIED);
    s.claim.day = SL_SPAN("20260101");
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
}

static void unsigned_amz_header_is_refused(void **state)
{
    sluice_error err;
    struct sent s;

    (void)state;
    make(&s, false);
    s.headers[4] = (sluice_header){ SL_SPAN("X-Amz-Target"), SL_SPAN("slipped in") };
    s.r.n_headers = 5;
    assert_int_equal(check(&s, NOW, SECRET, &err), SLUICE_E_DENIED);
    assert_string_equal(err.code, "IncompleteSignatureException");
}

static void malformed_authorization_is_no_claim(void **state)
{
    static const char *const cases[] = {
        "",
        "Bearer x",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=a/20260102/r/s/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=a/20260102/r/s/aws4_request, SignedHeaders=host, Signature=12",
        "AWS4-HMAC-SHA256 Credential=a/2026/r/s/aws4_request, SignedHeaders=host, "
        "Signature=" EMPTY,
        "AWS4-HMAC-SHA256 Credential=/20260102/r/s/aws4_request, SignedHeaders=host, "
        "Signature=" EMPTY,
        "AWS4-HMAC-SHA256 Credential=20260102/r/s/aws4_request, SignedHeaders=host, "
        "Signature=" EMPTY,
        "AWS4-HMAC-SHA256 Credential=a/20260102/r/s/aws5_request, SignedHeaders=host, "
        "Signature=" EMPTY,
    };
    struct sl_sigv4_claim claim;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_false(sl_sigv4_claim(sl_span_str(cases[i]), &claim));
    assert_true(sl_sigv4_claim(SL_SPAN("AWS4-HMAC-SHA256 SignedHeaders=host,Signature=" EMPTY
                                       ",Credential=a/b/20260102/r/s/aws4_request"),
                               &claim));
    assert_true(sl_span_eq(claim.id, SL_SPAN("a/b")));
}

static void failing_memory_is_no_refusal(void **state)
{
    sluice_error err;
    struct sent s;
    sluice_status st = SLUICE_E_NOMEM;

    (void)state;
    make(&s, true);
    for (uint64_t n = 1; st == SLUICE_E_NOMEM; n++) {
        assert_true(n < 100);
        sl_fault_after(n);
        st = check(&s, NOW, SECRET, &err);
        sl_fault_after(0);
    }
    assert_int_equal(st, SLUICE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(suite_of_aws_is_met, setup, teardown),
        cmocka_unit_test_setup_teardown(bedrock_request_is_signed_as_its_sdk_does, setup, teardown),
        cmocka_unit_test_setup_teardown(hash_of_parts_is_the_hash_of_the_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(s3_path_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(right_signature_is_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(whatever_is_changed_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(authority_is_the_host, setup, teardown),
        cmocka_unit_test_setup_teardown(old_signature_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(unsigned_amz_header_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(malformed_authorization_is_no_claim, setup, teardown),
        cmocka_unit_test_setup_teardown(failing_memory_is_no_refusal, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
