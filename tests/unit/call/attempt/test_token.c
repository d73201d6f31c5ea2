/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that a provider's token class exchanges: one fetch for many calls, again when it is refused
 * or over, and a client that leaves meanwhile. The plugin is this test's own; the upstream answers
 * both kinds of request. */
#include "../kit.h"

#include <sluice/ext/token.h>
#include <unistd.h>

#define CONFIG                                                                                     \
    "model_list:\n- {model_name: m, litellm_params: {model: exchanging/x, "                        \
    "api_base: 'http://127.0.0.1:%d/v1', api_key: the-key}}\nrouter_settings: {num_retries: 0}\n"
#define TOKEN(text) "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" text
#define ANSWER                                                                                     \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
#define REFUSED                                                                                    \
    "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"error\":{\"message\":\"token expired\"}}"

static int port, fetches;
static uint64_t ttl_ms;

struct sluice_exchange {
    const sluice_call *call;
    int status;
};

static sluice_status create(const sluice_host *host, sluice_span config, sluice_provider **out,
                            sluice_error *err)
{
    static int one;

    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_provider *)(void *)&one;
    return SLUICE_OK;
}

static void destroy(sluice_provider *self)
{
    (void)self;
}

static sluice_status begin(sluice_provider *self, const sluice_call *call, sluice_arena *arena,
                           sluice_exchange **out, sluice_error *err)
{
    (void)self;
    (void)arena;
    (void)err;
    assert_int_equal(call->credential, SLUICE_CRED_TOKEN);
    *out = calloc(1, sizeof **out);
    (*out)->call = call;
    return SLUICE_OK;
}

static void close_exchange(sluice_exchange *x)
{
    free(x);
}

static sluice_status request(sluice_exchange *x, sluice_http_request *out, sluice_error *err)
{
    (void)err;
    out->url = x->call->base_url;
    out->auth = SLUICE_AUTH_BEARER;
    out->framing = SLUICE_FRAME_RELAY;
    return SLUICE_OK;
}

static sluice_status head(sluice_exchange *x, const sluice_http_head *h, uint32_t *framing,
                          sluice_error *err)
{
    (void)framing;
    (void)err;
    x->status = h->status;
    return SLUICE_OK;
}

static sluice_status data(sluice_exchange *x, const sluice_frame *f, const sluice_sink *sink,
                          sluice_error *err)
{
    (void)x;
    (void)f;
    (void)sink;
    (void)err;
    return SLUICE_OK;
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    (void)err;
    return x->status == 401 ? SLUICE_E_AUTH : SLUICE_OK;
}

/* Everything but one model. */
static sluice_status accepts(sluice_provider *self, sluice_span operation, sluice_span model)
{
    (void)self;
    (void)operation;
    return sl_span_eq(model, SL_SPAN("refused")) ? SLUICE_E_UNSUPPORTED : SLUICE_OK;
}

static sluice_status token_request(sluice_provider *self, sluice_arena *arena,
                                   sluice_http_request *out, sluice_error *err)
{
    static char url[64];
    static const sluice_part body[] = {
        { SLUICE_PART_BYTES, SLUICE_FORM_RAW, { "apikey=", 7 } },
        { SLUICE_PART_SECRET, SLUICE_FORM_PERCENT, { "credential", 10 } },
    };

    (void)self;
    (void)arena;
    (void)err;
    fetches++;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/token", port);
    out->url = sl_span_str(url);
    out->body = body;
    out->n_body = 2;
    return SLUICE_OK;
}

static sluice_status token_answer(sluice_provider *self, const sluice_http_head *h,
                                  sluice_span body, sluice_arena *arena, sluice_token *out,
                                  sluice_error *err)
{
    (void)self;
    (void)arena;
    (void)err;
    if (h->status != 200)
        return SLUICE_E_AUTH;
    out->token = body;
    out->ttl_ms = ttl_ms;
    return SLUICE_OK;
}

static const sluice_token_class token_class = { .struct_size = sizeof token_class,
                                                .request = token_request,
                                                .answer = token_answer };

static const void *get_extension(const char *id)
{
    return strcmp(id, SLUICE_TOKEN_ID) ? NULL : &token_class;
}

static const void *get_class(const char *id)
{
    static const char *const operations[] = { "chat.completions", NULL };
    static const sluice_provider_class cls = {
        .struct_size = sizeof cls,
        .operations = operations,
        .create = create,
        .destroy = destroy,
        .begin = begin,
        .request = request,
        .head = head,
        .data = data,
        .end = end,
        .close = close_exchange,
        .accepts = accepts,
        .get_extension = get_extension,
    };

    return strcmp(id, SLUICE_PROVIDER_ID) ? NULL : &cls;
}

static const sluice_plugin *entry(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .id = "exchanging",
        .version = "1",
        .vendor = "test",
        .summary = "exchanges its key for a token",
        .get_class = get_class,
    };

    return &plugin;
}

static void open_kit(struct kit *k)
{
    kit_open(k, CONFIG);
    port = k->port;
    fetches = 0;
    ttl_ms = 3600 * 1000;
    k->script.close = true;
}

static void key_is_exchanged_and_the_token_is_sent(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    open_kit(&k);
    k.script.answer[0] = TOKEN("tok-1");
    k.script.answer[1] = ANSWER;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 200);
    assert_non_null(strstr(k.seen.ptr, "Bearer tok-1\r\n"));
    assert_null(strstr(k.seen.ptr, "the-key"));
    got_free(&g);
    kit_close(&k);
}

static void next_call_uses_the_same_token(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    open_kit(&k);
    k.script.answer[0] = TOKEN("tok-1");
    k.script.answer[1] = ANSWER;
    for (int i = 0; i < 3; i++) {
        kit_call(&k, &g, ASK);
        assert_int_equal(g.status, 200);
        got_free(&g);
    }
    assert_int_equal(fetches, 1);
    kit_close(&k);
}

static void calls_that_come_together_share_one_fetch(void **state)
{
    struct kit k;
    struct got g[3];
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    open_kit(&k);
    k.script.answer[0] = TOKEN("tok-1");
    k.script.answer[1] = ANSWER;
    for (int i = 0; i < 3; i++) {
        got_init(&g[i], &k);
        assert_int_equal(kit_start(&k, &g[i], ASK, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    }
    for (int i = 0; i < 100000 && !(g[0].done && g[1].done && g[2].done); i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(g[i].status, 200);
        got_free(&g[i]);
    }
    assert_int_equal(fetches, 1);
    kit_close(&k);
}

static void refused_token_is_replaced_once(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    open_kit(&k);
    k.script.answer[0] = TOKEN("tok-1");
    k.script.answer[1] = REFUSED;
    k.script.answer[2] = TOKEN("tok-2");
    k.script.answer[3] = ANSWER;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 200);
    assert_int_equal(fetches, 2);
    assert_non_null(strstr(k.seen.ptr, "Bearer tok-2\r\n"));
    got_free(&g);
    kit_close(&k);
}

static void token_that_is_over_is_fetched_again(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    open_kit(&k);
    ttl_ms = 1;
    k.script.answer[0] = TOKEN("tok-1");
    k.script.answer[1] = ANSWER;
    k.script.answer[2] = TOKEN("tok-2");
    k.script.answer[3] = ANSWER;
    kit_call(&k, &g, ASK);
    got_free(&g);
    usleep(5000);
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 200);
    assert_int_equal(fetches, 2);
    got_free(&g);
    kit_close(&k);
}

static void endpoint_that_refuses_the_key_fails_the_call(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    open_kit(&k);
    k.script.answer[0] = REFUSED;
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 502);
    assert_int_equal(g.result, SLUICE_E_AUTH);
    assert_int_equal(fetches, 1);
    got_free(&g);
    kit_close(&k);
}

static void deployment_that_does_not_take_the_operation_is_not_asked(void **state)
{
    struct kit k;
    struct got g;

    (void)state;
    kit_open(&k, "model_list:\n- {model_name: m, litellm_params: {model: exchanging/refused, "
                 "api_base: 'http://127.0.0.1:%d/v1', api_key: k}}\n");
    kit_call(&k, &g, ASK);
    assert_int_equal(g.status, 400);
    assert_int_equal(g.result, SLUICE_E_UNSUPPORTED);
    assert_int_equal(k.requests, 0);
    got_free(&g);
    kit_close(&k);
}

static void client_that_leaves_while_waiting_harms_nobody(void **state)
{
    struct kit k;
    struct got g;
    sluice_error err = SLUICE_ERROR_INIT;

    (void)state;
    open_kit(&k);
    k.script.stall = true;
    got_init(&g, &k);
    assert_int_equal(kit_start(&k, &g, ASK, SLUICE_CALL_WIRE, &err), SLUICE_OK);
    for (int i = 0; i < 1000 && !k.requests; i++)
        event_base_loop(k.base, EVLOOP_ONCE);
    sluice_cancel(k.loop, g.task);
    assert_int_equal(g.done, 1);
    assert_int_equal(g.result, SLUICE_E_CANCELLED);
    got_free(&g);
    kit_close(&k); /* the fetch still runs: it ends with the loop */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_is_exchanged_and_the_token_is_sent),
        cmocka_unit_test(next_call_uses_the_same_token),
        cmocka_unit_test(calls_that_come_together_share_one_fetch),
        cmocka_unit_test(refused_token_is_replaced_once),
        cmocka_unit_test(token_that_is_over_is_fetched_again),
        cmocka_unit_test(endpoint_that_refuses_the_key_fails_the_call),
        cmocka_unit_test(deployment_that_does_not_take_the_operation_is_not_asked),
        cmocka_unit_test(client_that_leaves_while_waiting_harms_nobody),
    };

    sluice_add_builtin(entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
