/* SPDX-License-Identifier: Apache-2.0 */
/* What only libcurl does: unix sockets and proxies; and that the environment has no say in it. */
#include "kit.h"

#include <sys/un.h>

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static void ask_url(struct kit *k, const char *url, sluice_status outcome)
{
    struct sl_http_out out = { .url = sl_span_str(url), .body = kit_body, .n_body = 2 };
    struct kit_client c;

    kit_client_init(&c, k);
    if (kit_submit_out(&c, &out) == SLUICE_OK)
        kit_run(k);
    assert_int_equal(c.outcome, outcome);
    if (outcome == SLUICE_OK)
        assert_body(&c, "hello");
    kit_client_finish(&c);
}

static void an_upstream_on_a_unix_socket_answers(void **state)
{
    struct kit *k = *state;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char url[160];
    struct event *event;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "/tmp/sluice-test-%d.sock", (int)getpid());
    unlink(at.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    event = event_new(sl_loop_base(k->loop), fd, EV_READ | EV_PERSIST, kit_accept, &k->up);
    event_add(event, NULL);
    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    snprintf(url, sizeof url, "unix://%s:/v1/models?x=1", at.sun_path);
    ask_url(k, url, SLUICE_OK);
    assert_true(kit_has(&k->up.last, "POST /v1/models?x=1 HTTP/1.1\r\n"));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", k->up.port);
    ask_url(k, url, SLUICE_OK); /* the next one is on TCP again */
    assert_int_equal(k->up.n_accepted, 2);
    event_free(event);
    close(fd);
    unlink(at.sun_path);
}

static void a_socket_that_is_not_there_is_unavailable_and_bad_paths_are_refused(void **state)
{
    struct kit *k = *state;

    ask_url(k, "unix:///no/such/file.sock:/v1", SLUICE_E_UNAVAILABLE);
    ask_url(k, "unix://relative.sock:/v1", SLUICE_E_INVALID);
    ask_url(k, "unix:///a.sock:v1", SLUICE_E_INVALID);
    ask_url(k, "unix:///a.sock:/v1 x", SLUICE_E_INVALID);
}

static void a_proxy_is_asked_with_the_whole_url(void **state)
{
    struct kit *k = *state;
    char proxy[64];

    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", k->up.port);
    k->options.proxy = proxy;
    ask_url(k, "http://upstream.invalid/v1/x", SLUICE_OK);
    assert_true(kit_has(&k->up.last, "POST http://upstream.invalid/v1/x HTTP/1.1\r\n"));
}

static void a_proxy_that_refuses_to_connect_is_an_error(void **state)
{
    struct kit *k = *state;
    char proxy[64];

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") });
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", k->up.port);
    k->options.proxy = proxy;
    ask_url(k, "https://upstream.invalid/v1/x", SLUICE_E_UNAVAILABLE);
    assert_true(kit_has(&k->up.last, "CONNECT upstream.invalid:443 HTTP/1.1\r\n"));
}

static void proxies_of_the_environment_are_not_used(void **state)
{
    struct kit *k = *state;
    char url[64];

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", k->up.port);
    ask_url(k, url, SLUICE_OK);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void no_proxy_of_the_environment_does_not_go_around_a_given_one(void **state)
{
    struct kit *k = *state;
    char proxy[64];

    setenv("NO_PROXY", "*", 1);
    KIT_ANSWERS(k, { .text = KIT_TEXT(OK_TEXT) });
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", k->up.port);
    k->options.proxy = proxy;
    ask_url(k, "http://upstream.invalid/", SLUICE_OK);
    unsetenv("NO_PROXY");
}

static void a_foreign_request_takes_neither_proxy_nor_unix_socket(void **state)
{
    struct kit *k = *state;
    struct sl_http_out out = { .url = SL_SPAN("http://example.com/"), .foreign = true };
    struct kit_client c;

    kit_client_init(&c, k);
    k->options.proxy = "http://127.0.0.1:1";
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_E_INVALID);
    k->options.proxy = NULL;
    out.url = SL_SPAN("unix:///run/x.sock:/");
    assert_int_equal(kit_submit_out(&c, &out), SLUICE_E_INVALID);
    kit_client_finish(&c);
}

/* h2c with prior knowledge: the client's preface arrives; our HTTP/1.1 upstream cannot answer. */
static void http2_is_spoken_when_it_is_asked_for(void **state)
{
    struct kit *k = *state;
    char url[64];

    KIT_ANSWERS(k, { .text = KIT_TEXT("HTTP/1.1 400 Bad Request\r\n\r\n"), .then = KIT_CLOSE });
    k->options.http2 = true;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", k->up.port);
    ask_url(k, url, SLUICE_E_UPSTREAM);
    assert_true(kit_has(&k->up.last, "PRI * HTTP/2.0\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_CURL(an_upstream_on_a_unix_socket_answers),
        KIT_CURL(a_socket_that_is_not_there_is_unavailable_and_bad_paths_are_refused),
        KIT_CURL(a_proxy_is_asked_with_the_whole_url),
        KIT_CURL(a_proxy_that_refuses_to_connect_is_an_error),
        KIT_CURL(proxies_of_the_environment_are_not_used),
        KIT_CURL(no_proxy_of_the_environment_does_not_go_around_a_given_one),
        KIT_CURL(a_foreign_request_takes_neither_proxy_nor_unix_socket),
        KIT_CURL(http2_is_spoken_when_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
