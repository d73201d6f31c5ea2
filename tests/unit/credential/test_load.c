/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key pairs under load: four loops on threads of their own call without pause while pairs that live
 * a minute come and go. What the vendor gets is looked at: nothing may be signed at a time at which
 * its pair is over, and each pair is fetched once for all loops.
 *
 * The clock is in our hand and moves with the requests that come, a hundredth of a second each:
 * what happens between looking at a pair and signing with it would have to take six hundred
 * requests of others for the clock to pass the margin.
 */
#define KIT_SCHEMES "\"aws\""
#include "kit.h"

#include <stdatomic.h>

#define LOOPS 4
#define EACH 3 /* calls at a time on a loop */
#define LIFE_S 60
#define LIVES 4
#define STEP_US 10000
#define START_S 1767323045

static uint64_t ticks;
static int vendor, fetches, late;
static atomic_int running, failures;
static atomic_bool enough;

static int64_t now_s(void)
{
    return START_S + (int64_t)(ticks * STEP_US / 1000000);
}

static void tick(void)
{
    ticks++;
    sl_clock_freeze(1000000000 + ticks * STEP_US,
                    (int64_t)START_S * 1000000 + (int64_t)ticks * STEP_US);
}

static int64_t read_time(const char *text)
{
    struct tm tm = { 0 };

    assert_non_null(strptime(text, "%Y%m%dT%H%M%SZ", &tm));
    return timegm(&tm);
}

/* The end of a pair is its id. */
static void serve(struct evhttp_request *req, void *arg)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(req);
    struct evbuffer *out = evbuffer_new();
    char when[32];
    time_t end = (time_t)now_s() + LIFE_S;
    struct tm tm;

    (void)arg;
    if (strcmp(evhttp_request_get_uri(req), "/container") == 0) {
        fetches++;
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&end, &tm));
        evbuffer_add_printf(out,
                            "{\"AccessKeyId\":\"%lld\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
                            "\"Expiration\":\"%s\"}",
                            (long long)end, when);
    } else {
        const char *id = strstr(evhttp_find_header(headers, "authorization"), "Credential=");

        vendor++;
        if (read_time(evhttp_find_header(headers, "x-amz-date")) >= atoll(id + 11))
            late++;
        evbuffer_add_printf(out, "{}");
        tick();
        if (ticks * STEP_US > (uint64_t)LIVES * LIFE_S * 1000000)
            atomic_store(&enough, true);
    }
    evhttp_send_reply(req, 200, "x", out);
    evbuffer_free(out);
}

struct caller {
    sluice_loop *loop;
    sluice_request request;
};

static void again(struct caller *c);

static void done(void *ctx, sluice_status status, const sluice_error *err,
                 const sluice_usage *usage)
{
    struct caller *c = ctx;

    (void)usage;
    if (status < 0) {
        print_message("%s\n", err->message);
        atomic_fetch_add(&failures, 1);
    }
    if (atomic_load(&enough) || status < 0)
        atomic_fetch_sub(&running, 1);
    else
        again(c);
}

static const sluice_events events = {
    .struct_size = sizeof events, .head = kit_head_cb, .bytes = kit_bytes_cb, .done = done
};

static void again(struct caller *c)
{
    sluice_task task;
    sluice_error err = SLUICE_ERROR_INIT;

    if (sluice_start(c->loop, &c->request, &events, c, &task, &err) < 0) {
        atomic_fetch_add(&failures, 1);
        atomic_fetch_sub(&running, 1);
    }
}

static void pair_that_is_over_is_never_signed_with(void **state)
{
    static struct caller callers[LOOPS * EACH];
    struct kit *k = *state;
    sluice_error err = SLUICE_ERROR_INIT;

    tick();
    evhttp_set_gencb(k->http, serve, k);
    if (kit_try_open(k, "aws_region_name: us-east-1",
                     "AWS_EC2_METADATA_DISABLED: 'true', AWS_CONTAINER_CREDENTIALS_FULL_URI: "
                     "'http://127.0.0.1:%d/container'",
                     &err) < 0)
        fail_msg("sluice_open: %s", err.message);
    atomic_store(&running, LOOPS * EACH);
    for (int i = 0; i < LOOPS * EACH; i++) {
        struct caller *c = &callers[i];

        if (i % EACH == 0)
            assert_int_equal(sluice_spawn(k->s, &c->loop, &err), SLUICE_OK);
        else
            c->loop = c[-1].loop;
        c->request = (sluice_request){ .struct_size = sizeof c->request,
                                       .operation = SL_SPAN("chat.completions"),
                                       .flags = SLUICE_CALL_WIRE,
                                       .body = SL_SPAN("{\"model\":\"m\",\"messages\":[{\"role\":"
                                                       "\"user\",\"content\":\"hi\"}]}") };
        again(c);
    }
    while (atomic_load(&running) > 0)
        event_base_loop(k->base, EVLOOP_NONBLOCK);
    print_message("%d requests, %d pairs\n", vendor, fetches);
    assert_int_equal(late, 0);
    assert_int_equal(atomic_load(&failures), 0);
    assert_true(fetches > LIVES && fetches <= 2 * LIVES + 2); /* renewed at half their lives */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pair_that_is_over_is_never_signed_with, kit_setup,
                                        kit_teardown),
    };

    clearenv();
    sluice_add_builtin(kit_entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
