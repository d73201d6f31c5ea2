/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are a WebSocket to their vendor: one that does not shake hands as it must is a failure
 * like any other. (What passes behind the handshake: tests/clients/realtime.mjs.) */
#include "../kit.h"

#include "base/arena.h"

#define SWITCH "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

static sluice_status begin(struct kit *k, struct got *g, sluice_error *err)
{
    static const sluice_header params[] = { { SL_SPAN("model"), SL_SPAN("m") } };
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("realtime"),
                         .flags = SLUICE_CALL_WIRE,
                         .params = params,
                         .n_params = 1 };

    got_init(g, k);
    return sluice_start(k->loop, &r, &kit_events, g, &g->task, err);
}

static void run(struct kit *k, struct got *g)
{
    sluice_error err = SLUICE_ERROR_INIT;

    assert_int_equal(begin(k, g, &err), SLUICE_OK);
    for (int i = 0; i < 100000 && !g->done; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    sl_buf_add_char(&g->body, 0);
    assert_int_equal(g->done, 1);
}

static void expect(const char *answer, int status, const char *word)
{
    struct kit k;
    struct got g;

    kit_open(&k, ONE_DEPLOYMENT);
    k.script = (struct script){ .answer = { answer }, .close = true };
    run(&k, &g);
    assert_int_equal(g.status, status);
    assert_non_null(strstr(g.body.ptr, word));
    assert_non_null(strstr(k.seen.ptr, "GET /v1/realtime?model=vendor-model HTTP/1.1\r\n"));
    assert_non_null(strstr(k.seen.ptr, "sec-websocket-version: 13\r\n"));
    assert_non_null(strstr(k.seen.ptr, "upgrade: websocket\r\n"));
    assert_null(strstr(k.seen.ptr, "content-length"));
    got_free(&g);
    kit_close(&k);
}

static void a_vendor_that_answers_somebody_else_is_not_believed(void **state)
{
    (void)state;
    expect(SWITCH "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 502,
           "did not accept a WebSocket");
    expect(SWITCH "\r\n", 502, "did not accept a WebSocket");
}

static void a_vendor_that_answers_at_once_did_not_accept(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 502, "did not accept a WebSocket");
}

static void a_refusal_keeps_its_words(void **state)
{
    (void)state;
    expect(
        "HTTP/1.1 404 No\r\nContent-Type: application/json\r\nContent-Length: 77\r\n\r\n"
        "{\"error\":{\"message\":\"no such voice\",\"code\":\"model_not_found\",\"type\":\"x\"}}   "
        "      ",
        404, "no such voice");
}

static void frames_of_a_call_that_has_no_socket_are_refused(void **state)
{
    sluice_error err = SLUICE_ERROR_INIT;
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script = (struct script){ .stall = true };
    assert_int_equal(begin(&k, &g, &err), SLUICE_OK);
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("x"), 0), SLUICE_E_INVALID);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(sluice_body_write(k.loop, g.task, SL_SPAN("x"), 0), SLUICE_E_NOT_FOUND);
    got_free(&g);
    kit_close(&k);
}

static void each_allocation_may_fail(void **state)
{
    bool done = false;
    struct kit k;

    (void)state;
    kit_open(&k, ONE_DEPLOYMENT);
    k.script = (struct script){ .answer = { SWITCH "\r\n" }, .close = true };
    for (uint64_t n = 1; !done; n++) {
        sluice_error err = SLUICE_ERROR_INIT;
        struct got g;

        sl_fault_after(n);
        if (begin(&k, &g, &err) >= 0)
            for (int i = 0; i < 100000 && !g.done; i++)
                event_base_loop(k.base, EVLOOP_ONCE);
        done = sl_fault_after(0) < n;
        got_free(&g);
    }
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vendor_that_answers_somebody_else_is_not_believed),
        cmocka_unit_test(a_vendor_that_answers_at_once_did_not_accept),
        cmocka_unit_test(a_refusal_keeps_its_words),
        cmocka_unit_test(frames_of_a_call_that_has_no_socket_are_refused),
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
