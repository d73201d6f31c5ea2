/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that sign their requests: pairs of the configuration, keys that are their own secret, and
 * bodies that are not what was signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/aws_client.h"

#define NOW 1767323045
#define BODY "{\"messages\":[]}"
#define CONFIG                                                                                     \
    "general_settings:\n  master_key: sk-master\n  aws_client_credentials:\n"                      \
    "  - {access_key_id: AKCLIENT, secret_access_key: s3cret, key: sk-master}\n"                   \
    "  - {access_key_id: AKGONE, secret_access_key: s3cret, key: sk-no-more}\n"

struct world {
    struct sluice_arena arena;
    struct sl_settings *settings;
    sluice_header headers[5];
    size_t n;
    char hash[2 * SL_DIGEST_SIZE + 1];
    struct sl_aws_client *client;
    const struct sl_principal *who;
    sluice_error err;
};

static int setup(void **state)
{
    static struct world w;

    memset(&w, 0, sizeof w);
    w.err = (sluice_error)SLUICE_ERROR_INIT;
    sl_arena_init(&w.arena, 1u << 20);
    if (sl_settings_load(NULL, SL_SPAN(CONFIG), NULL, &w.settings, &w.err) < 0)
        fail_msg("%s", w.err.message);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    sl_settings_destroy(w->settings);
    sl_arena_finish(&w->arena);
    return 0;
}

/* Signs as a client would; hashed: its SDK says the body's hash in a header. */
static void sign(struct world *w, const char *id, const char *secret, bool hashed)
{
    struct sl_sigv4_scope scope = { sl_span_str(id), sl_span_str(secret), SL_SPAN("us-east-1"),
                                    SL_SPAN("bedrock"), NOW };
    sluice_span body = SL_SPAN(BODY), authorization;
    struct sl_sigv4_request r = { .method = SL_SPAN("POST"),
                                  .path = SL_SPAN("/model/m%3A0/converse"),
                                  .headers = w->headers };
    bool nomem;

    sl_sigv4_hash(&body, 1, w->hash);
    w->n = 0;
    w->headers[w->n++] = (sluice_header){ SL_SPAN("host"), SL_SPAN("localhost:4000") };
    w->headers[w->n++] = (sluice_header){ SL_SPAN("x-amz-date"), SL_SPAN("20260102T030405Z") };
    if (hashed)
        w->headers[w->n++] =
            (sluice_header){ SL_SPAN("x-amz-content-sha256"), sl_span_str(w->hash) };
    r.n_headers = w->n;
    r.body_hash = sl_span_str(w->hash);
    assert_int_equal(sl_sigv4_sign(&r, &scope, &w->arena, &authorization), SLUICE_OK);
    w->headers[w->n++] = (sluice_header){ SL_SPAN("authorization"), authorization };
    w->client = sl_aws_client_read(r.method, r.path, r.query, w->headers, w->n, &w->arena, &nomem);
    assert_non_null(w->client);
    assert_false(nomem);
}

static sluice_status who(struct world *w)
{
    return sl_aws_client_who(w->client, w->settings, NOW, &w->arena, &w->who, &w->err);
}

static sluice_status body(struct world *w, const char *text)
{
    return sl_aws_client_body(w->client, sl_span_str(text), NOW, &w->arena, &w->err);
}

static void configured_pair_stands_for_its_key(void **state)
{
    struct world *w = *state;

    for (int hashed = 0; hashed < 2; hashed++) {
        sign(w, "AKCLIENT", "s3cret", hashed);
        assert_int_equal(who(w), SLUICE_OK);
        assert_true(w->who->admin);
        assert_int_equal(body(w, BODY), SLUICE_OK);
    }
}

static void key_may_be_its_own_secret(void **state)
{
    struct world *w = *state;

    sign(w, "sk-master", "sk-master", true);
    assert_int_equal(who(w), SLUICE_OK);
    assert_int_equal(body(w, BODY), SLUICE_OK);
}

static void key_without_its_secret_is_not_enough(void **state)
{
    struct world *w = *state;

    sign(w, "sk-master", "anything", true);
    assert_int_equal(who(w), SLUICE_E_DENIED);
    assert_string_equal(w->err.code, "InvalidSignatureException");
}

static void wrong_secret_is_refused_before_the_body(void **state)
{
    struct world *w = *state;

    sign(w, "AKCLIENT", "guessed", true);
    assert_int_equal(who(w), SLUICE_E_DENIED);
    assert_int_equal(w->err.http_status, 403);
}

static void wrong_secret_is_refused_with_the_body_at_last(void **state)
{
    struct world *w = *state;

    sign(w, "AKCLIENT", "guessed", false);
    assert_int_equal(who(w), SLUICE_OK);
    assert_int_equal(body(w, BODY), SLUICE_E_DENIED);
}

static void other_body_is_refused(void **state)
{
    struct world *w = *state;

    for (int hashed = 0; hashed < 2; hashed++) {
        sign(w, "AKCLIENT", "s3cret", hashed);
        assert_int_equal(who(w), SLUICE_OK);
        assert_int_equal(body(w, BODY " "), SLUICE_E_DENIED);
    }
}

static void stranger_is_refused(void **state)
{
    struct world *w = *state;

    sign(w, "AKSTRANGER", "AKSTRANGER", true);
    assert_int_equal(who(w), SLUICE_E_DENIED);
    assert_string_equal(w->err.code, "UnrecognizedClientException");
}

static void pair_of_a_key_that_is_gone_is_refused(void **state)
{
    struct world *w = *state;

    sign(w, "AKGONE", "s3cret", true);
    assert_int_equal(who(w), SLUICE_E_DENIED);
}

static void unsigned_payload_is_refused(void **state)
{
    struct world *w = *state;

    sign(w, "AKCLIENT", "s3cret", true);
    ((sluice_header *)w->client->request.headers)[2].value = SL_SPAN("UNSIGNED-PAYLOAD");
    assert_int_equal(who(w), SLUICE_E_DENIED);
    assert_string_equal(w->err.code, "IncompleteSignatureException");
}

static void other_authorization_is_no_signature(void **state)
{
    struct world *w = *state;
    const sluice_header bearer = { SL_SPAN("authorization"), SL_SPAN("Bearer sk-master") };
    bool nomem;

    assert_null(sl_aws_client_read(SL_SPAN("POST"), SL_SPAN("/"), SL_SPAN(""), &bearer, 1,
                                   &w->arena, &nomem));
    assert_false(nomem);
}

static void failing_memory_is_told(void **state)
{
    struct world *w = *state;
    struct sl_aws_client *c = NULL;
    bool nomem = true;

    sign(w, "AKCLIENT", "s3cret", true);
    for (uint64_t n = 1; !c; n++) {
        assert_true(n < 100);
        sl_fault_after(n);
        c = sl_aws_client_read(SL_SPAN("POST"), SL_SPAN("/"), SL_SPAN(""), w->headers, w->n,
                               &w->arena, &nomem);
        sl_fault_after(0);
        assert_true(c || nomem);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(configured_pair_stands_for_its_key),
        TEST(key_may_be_its_own_secret),
        TEST(key_without_its_secret_is_not_enough),
        TEST(wrong_secret_is_refused_before_the_body),
        TEST(wrong_secret_is_refused_with_the_body_at_last),
        TEST(other_body_is_refused),
        TEST(stranger_is_refused),
        TEST(pair_of_a_key_that_is_gone_is_refused),
        TEST(unsigned_payload_is_refused),
        TEST(other_authorization_is_no_signature),
        TEST(failing_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
