/* SPDX-License-Identifier: Apache-2.0 */
/* URLs that come with a call: which hosts are asked, redirects, bounds, and what a failure means.
 * The plugin is this test's own: it fetches one URL, then sends its request. */
#include "../kit.h"

#include <sluice/provider.h>

#define CONFIG(settings)                                                                           \
    "model_list:\n- {model_name: m, litellm_params: {model: fetching/x, "                          \
    "api_base: 'http://127.0.0.1:%d/v1', api_key: the-key, "                                       \
    "extra_headers: {x-secret: canary}}}\n"                                                        \
    "router_settings: {num_retries: 2}\nlitellm_settings: {" settings "}\n"
#define ALLOWED CONFIG("user_url_allowed_hosts: ['127.0.0.1']")
#define FILE_OK "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\n\x89PNG"
#define REDIRECT(to) "HTTP/1.1 302 Go\r\nLocation: " to "\r\nConnection: close\r\n\r\n"
#define ANSWER                                                                                     \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"

static char url[256];
static char fetched[64];

struct sluice_exchange {
    const sluice_call *call;
    bool has_it;
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
    if (!x->has_it) {
        out->flags = SLUICE_REQ_FOREIGN;
        out->method = SL_SPAN("GET");
        out->url = sl_span_str(url);
        return SLUICE_OK;
    }
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
    (void)sink;
    (void)err;
    if (!x->has_it)
        snprintf(fetched, sizeof fetched, "%d %.*s", x->status, SL_FMT(f->data));
    return SLUICE_OK;
}

static sluice_status end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    (void)sink;
    (void)err;
    if (x->has_it)
        return SLUICE_OK;
    x->has_it = true;
    return SLUICE_MORE;
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
    };

    return strcmp(id, SLUICE_PROVIDER_ID) ? NULL : &cls;
}

static const sluice_plugin *entry(void)
{
    static const sluice_plugin plugin = {
        .magic = SLUICE_MAGIC,
        .struct_size = sizeof plugin,
        .abi_major = SLUICE_ABI_MAJOR,
        .id = "fetching",
        .version = "1",
        .vendor = "test",
        .summary = "fetches a URL before it asks",
        .get_class = get_class,
    };

    return &plugin;
}

static void run(struct kit *k, struct got *g, const char *config, const char *path)
{
    const char *answers[4];

    memcpy(answers, k->script.answer, sizeof answers);
    kit_open(k, config);
    memcpy(k->script.answer, answers, sizeof answers);
    k->script.close = true;
    fetched[0] = 0;
    if (strstr(path, "://"))
        snprintf(url, sizeof url, "%s", path);
    else
        snprintf(url, sizeof url, "http://127.0.0.1:%d%s", k->port, path);
    kit_call(k, g, ASK);
}

static void finish(struct kit *k, struct got *g)
{
    got_free(g);
    kit_close(k);
}

static void refused(struct kit *k, struct got *g, int requests)
{
    assert_int_equal(g->status, 400);
    assert_int_equal(g->result, SLUICE_E_INVALID);
    assert_string_equal(g->err.code, "invalid_image_url");
    assert_int_equal(k->requests, requests); /* nothing was tried again */
    finish(k, g);
}

static void file_is_fetched_before_the_request_goes_out(void **state)
{
    struct kit k = { .script = { .answer = { FILE_OK, ANSWER } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "/a.png");
    assert_int_equal(g.status, 200);
    assert_string_equal(fetched, "200 \x89PNG");
    assert_int_equal(k.requests, 2);
    finish(&k, &g);
}

static void neither_key_nor_headers_of_the_deployment_go_there(void **state)
{
    struct kit k = { .script = { .answer = { REDIRECT("http://127.0.0.1:1/") } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "/a.png");
    assert_null(strstr(k.seen.ptr, "the-key"));
    assert_null(strstr(k.seen.ptr, "canary"));
    finish(&k, &g);
}

static void loopback_is_refused(void **state)
{
    struct kit k = { .script = { .answer = { FILE_OK } } };
    struct got g;

    (void)state;
    run(&k, &g, CONFIG(""), "/a.png");
    refused(&k, &g, 0);
}

static void metadata_service_is_refused(void **state)
{
    struct kit k = { .script = { .answer = { FILE_OK } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "http://169.254.169.254/latest/meta-data/");
    refused(&k, &g, 0);
}

static void name_of_an_address_inside_is_refused(void **state)
{
    struct kit k = { .script = { .answer = { FILE_OK } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "http://localhost:1/a.png");
    refused(&k, &g, 0);
}

static void validation_can_be_switched_off(void **state)
{
    struct kit k = { .script = { .answer = { FILE_OK, ANSWER } } };
    struct got g;

    (void)state;
    run(&k, &g, CONFIG("user_url_validation: false"), "/a.png");
    assert_int_equal(g.status, 200);
    finish(&k, &g);
}

static void redirects_are_followed(void **state)
{
    struct kit k = { .script = { .answer = { REDIRECT("/b"), REDIRECT("c?d"), FILE_OK, ANSWER } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "/a/x.png");
    assert_int_equal(g.status, 200);
    assert_string_equal(fetched, "200 \x89PNG");
    assert_int_equal(k.requests, 4);
    finish(&k, &g);
}

static void fourth_redirect_is_refused(void **state)
{
    struct kit k = { .script = { .answer = { REDIRECT("/b") } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "/a.png");
    refused(&k, &g, 4);
}

static void redirect_inside_is_refused(void **state)
{
    struct kit k = { .script = { .answer = { REDIRECT("http://10.0.0.1/secret") } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "/a.png");
    assert_non_null(strstr(g.err.message, "10.0.0.1"));
    refused(&k, &g, 1);
}

static void redirect_to_another_scheme_is_refused(void **state)
{
    struct kit k = { .script = { .answer = { REDIRECT("file:///etc/passwd") } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "/a.png");
    refused(&k, &g, 1);
}

static void file_above_20_megabytes_is_refused(void **state)
{
    static const char start[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    size_t len = sizeof start - 1 + (20u << 20) + 1;
    char *text = malloc(len + 1);
    struct kit k = { .script = { .answer = { text } } };
    struct got g;

    (void)state;
    memset(text, 'x', len);
    memcpy(text, start, sizeof start - 1);
    text[len] = 0;
    run(&k, &g, ALLOWED, "/a.png");
    refused(&k, &g, 1);
    free(text);
}

static void unreachable_host_is_the_callers_mistake(void **state)
{
    struct kit k = { .script = { .answer = { FILE_OK } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "http://127.0.0.1:1/a.png");
    refused(&k, &g, 0);
}

static void file_that_breaks_off_is_the_callers_mistake(void **state)
{
    struct kit k = { .script = {
                         .answer = { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc" } } };
    struct got g;

    (void)state;
    run(&k, &g, ALLOWED, "/a.png");
    refused(&k, &g, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_fetched_before_the_request_goes_out),
        cmocka_unit_test(neither_key_nor_headers_of_the_deployment_go_there),
        cmocka_unit_test(loopback_is_refused),
        cmocka_unit_test(metadata_service_is_refused),
        cmocka_unit_test(name_of_an_address_inside_is_refused),
        cmocka_unit_test(validation_can_be_switched_off),
        cmocka_unit_test(redirects_are_followed),
        cmocka_unit_test(fourth_redirect_is_refused),
        cmocka_unit_test(redirect_inside_is_refused),
        cmocka_unit_test(redirect_to_another_scheme_is_refused),
        cmocka_unit_test(file_above_20_megabytes_is_refused),
        cmocka_unit_test(unreachable_host_is_the_callers_mistake),
        cmocka_unit_test(file_that_breaks_off_is_the_callers_mistake),
    };

    sluice_add_builtin(entry);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
