/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases.c - request translation by table: each case of a file is one test. ENTRY is the plugin's
 * built-in entry, CASES the file, MODEL the model of calls that name none, ANSWER what each is
 * answered with.
 *
 *     == NAME                    a statement
 *     @ LINE                     call options: model NAME, config JSON, header NAME: VALUE, stream,
 *                                drop, token, operation NAME, facts JSON, base_url URL
 *     > JSON                     what the caller sent
 *     MEMBER JSON                a member of the body that goes out, exactly
 *     !MEMBER                    it is not in there
 *     header NAME: VALUE         a line in front of the body
 *     error PARAM CODE           refused instead; CODE - for none
 *
 * What is known of the credential: {"region":"us-east-1"}.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sluice_sdk/arena.h>
#include <sluice_sdk/json.h>
#include "exchange.h"

const sluice_plugin *ENTRY(void);

static struct sl_testplugin *plugin;

/* The text up to `c`, which is taken off with it. */
static sluice_span take(sluice_span *s, char c)
{
    size_t n = sl_span_find_char(*s, c);
    sluice_span head = sl_span_head(*s, n);

    *s = sl_span_from(*s, n + 1);
    return head;
}

struct options {
    struct sl_test_call call;
    sluice_span config;
    sluice_header headers[4];
};

static void option(struct options *o, sluice_span line)
{
    sluice_span word = take(&line, ' ');

    if (sl_span_eq(word, SL_SPAN("model"))) {
        o->call.model = line;
    } else if (sl_span_eq(word, SL_SPAN("config"))) {
        o->config = line;
    } else if (sl_span_eq(word, SL_SPAN("operation"))) {
        o->call.operation = line;
    } else if (sl_span_eq(word, SL_SPAN("stream"))) {
        o->call.flags |= SLUICE_CALL_STREAM;
    } else if (sl_span_eq(word, SL_SPAN("drop"))) {
        o->call.flags |= SLUICE_CALL_DROP;
    } else if (sl_span_eq(word, SL_SPAN("facts"))) {
        o->call.credential_facts = line;
    } else if (sl_span_eq(word, SL_SPAN("base_url"))) {
        o->call.base_url = line;
    } else if (sl_span_eq(word, SL_SPAN("token"))) {
        o->call.credential = SLUICE_CRED_TOKEN;
    } else if (sl_span_eq(word, SL_SPAN("header"))) {
        sluice_span name = take(&line, ':');

        o->headers[o->call.n_headers++] = (sluice_header){ name, sl_span_trim(line) };
    } else {
        fail_msg("unknown option %.*s", SL_FMT(word));
    }
}

static void check_error(const struct sl_test_result *r, sluice_span line)
{
    sluice_span param = take(&line, ' ');

    if (r->status != SLUICE_E_INVALID || !sl_span_eq(param, sl_span_str(r->error.param)) ||
        !sl_span_eq(sl_span_eq(line, SL_SPAN("-")) ? SL_SPAN("") : line,
                    sl_span_str(r->error.code)))
        fail_msg("status %d param '%s' code '%s': %s", r->status, r->error.param, r->error.code,
                 r->error.message);
}

static void check_member(sluice_span body, sluice_span name, sluice_span want)
{
    sluice_span got = sl_json_member(body, name);

    if (want.ptr && !got.ptr)
        fail_msg("no %.*s in %.*s", SL_FMT(name), SL_FMT(body));
    if (!want.ptr && got.ptr)
        fail_msg("%.*s is there: %.*s", SL_FMT(name), SL_FMT(got));
    if (want.ptr && !sl_span_eq(got, want))
        fail_msg("%.*s\nwanted %.*s\ngot    %.*s", SL_FMT(name), SL_FMT(want), SL_FMT(got));
}

static void check(const struct sl_test_result *r, sluice_span line)
{
    sluice_span text = sl_span_str(r->requests), name;
    size_t split = sl_span_find(text, SL_SPAN("\n\n"));
    sluice_span head = sl_span_head(text, split + 1), body = sl_span_from(text, split + 2);
    struct sl_json_error e;

    if (sl_span_starts(line, SL_SPAN("error "))) {
        check_error(r, sl_span_from(line, 6));
        return;
    }
    if (r->status == SLUICE_E_INVALID)
        fail_msg("refused: '%s' %s", r->error.param, r->error.message);
    if (sl_span_starts(line, SL_SPAN("header "))) {
        sluice_span want = sl_span_from(line, 7);

        if (sl_span_find(head, want) == head.len)
            fail_msg("no '%.*s' in\n%.*s", SL_FMT(want), SL_FMT(head));
        return;
    }
    body = sl_span_trim(body);
    if (sl_json_validate(body, &e) < 0)
        fail_msg("%s at %zu in %.*s", e.what, e.offset, SL_FMT(body));
    if (line.ptr[0] == '!') {
        check_member(body, sl_span_from(line, 1), sl_span(NULL, 0));
        return;
    }
    name = take(&line, ' ');
    check_member(body, name, line);
}

static void run(void **state)
{
    sluice_span rest = *(const sluice_span *)*state, checks;
    struct options o = { .config = SL_SPAN("{}") };
    const sluice_header type = { SL_SPAN("content-type"), SL_SPAN("application/json") };
    const struct sl_test_answer answer = { 200, &type, 1, SL_SPAN(ANSWER), false };
    struct sl_test_provider p;
    struct sl_test_result r;
    sluice_error err = SLUICE_ERROR_INIT;
    struct sl_testhost *host = sl_testhost_create();
    char *fault;

    assert_non_null(host);
    o.call.model = SL_SPAN(MODEL);
    o.call.credential = SLUICE_CRED_KEY;
    o.call.credential_facts = SL_SPAN("{\"region\":\"us-east-1\"}");
    o.call.headers = o.headers;
    while (rest.len && rest.ptr[0] == '@') {
        sluice_span line = take(&rest, '\n');

        option(&o, sl_span_from(line, 2));
    }
    o.call.body = sl_span_from(take(&rest, '\n'), 2);
    checks = rest;
    assert_int_equal(sl_test_provider_init(&p, host, plugin, o.config, &err), SLUICE_OK);
    sl_test_exchange(&p, &o.call, &answer, 1, NULL, &r);
    while (rest.len) {
        sluice_span line = take(&rest, '\n');

        if (line.len)
            check(&r, line);
    }
    sl_test_result_finish(&r);
    sl_test_provider_finish(&p);
    fault = sl_test_every_fault(plugin, host, o.config, &o.call, &answer, 1);
    if (fault)
        fail_msg("%s\n%.*s", fault, SL_FMT(checks));
    sl_testhost_destroy(host);
}

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *text = malloc(1u << 20);

    assert_true(f && text);
    *len = fread(text, 1, 1u << 20, f);
    assert_true(*len < 1u << 20);
    fclose(f);
    return text;
}

#define MAX_CASES 400

int main(void)
{
    static struct CMUnitTest tests[MAX_CASES];
    static sluice_span bodies[MAX_CASES];
    sluice_error err = SLUICE_ERROR_INIT;
    size_t n = 0, len;
    char *text = read_file(CASES, &len);
    sluice_span rest = sl_span(text, len);
    int bad;

    rest = sl_span_from(rest, sl_span_find(rest, SL_SPAN("\n== ")) + 4);
    while (rest.len && n < MAX_CASES) {
        size_t end = sl_span_find(rest, SL_SPAN("\n== "));
        sluice_span one = sl_span_head(rest, end);
        sluice_span name = take(&one, '\n');

        ((char *)name.ptr)[name.len] = '\0';
        bodies[n] = one;
        tests[n] = (struct CMUnitTest){ name.ptr, run, NULL, NULL, &bodies[n] };
        n++;
        rest = sl_span_from(rest, end + 4);
    }
    if (n == 0 || sl_testplugin_wrap(ENTRY, &plugin, &err) < 0)
        return 1;
    bad = _cmocka_run_group_tests("request", tests, n, NULL, NULL);
    sl_testplugin_drop(plugin);
    free(text);
    return bad;
}
