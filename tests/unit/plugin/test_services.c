/* SPDX-License-Identifier: Apache-2.0 */
/* test_services.c - ext/io.h and ext/http.h as t_provider uses them, on a real loop. */
#include "kit.h"

#include "net/jobs.h"
#include "net/loop.h"
#include "net/transport.h"
#include "plugin/entry.h"
#include "../../abi/plugins/probe.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

#include <event2/event.h>

struct bench {
    struct kit *k;
    struct sl_registry *r;
    struct sl_loop *loop;
    struct sl_jobs *jobs;
    struct sl_net net;
    struct sl_entry *e;
    struct sl_instance *i;
    sluice_provider *p;
    const probe *probe;
};

static int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct sl_loop_options o = { 0 };
    struct sl_entry_options eo = { .name = SL_SPAN("main"),
                                   .config = SL_SPAN("{\"key\":\"a b\"}") };
    void *kit = NULL;

    kit_setup(&kit);
    b->k = kit;
    b->r = kit_registry(b->k, PLUGINS);
    if (sl_loop_create(&o, &b->loop, NULL) < 0 || sl_jobs_create(2, &b->jobs, NULL) < 0 ||
        sl_net_init(&b->net, b->loop, b->jobs, NULL) < 0)
        return -1;
    eo.registry = b->r;
    eo.jobs = b->jobs;
    eo.log = &b->k->sink;
    if (sl_registry_class(b->r, SLUICE_PROVIDER_ID, SL_SPAN("t_provider"), &eo.cls, NULL) < 0 ||
        sl_entry_create(&eo, &b->e, NULL) < 0 ||
        sl_instance_create(b->e, b->loop, &b->net, &b->i, NULL) < 0)
        return -1;
    b->p = b->i->self;
    b->probe = ((const sluice_provider_class *)eo.cls->table)->get_extension(PROBE_ID);
    *state = b;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *b = *state;
    void *kit = b->k;

    sl_instance_destroy(b->i);
    sl_net_finish(&b->net);
    sl_loop_destroy(b->loop);
    sl_entry_drop(b->e);
    sl_jobs_destroy(b->jobs);
    sl_registry_destroy(b->r);
    kit_teardown(&kit);
    free(b);
    return 0;
}

/* Turns of the loop until *n reaches `wanted`; five seconds at most. */
static void turn_until(struct bench *b, const int *n, int wanted)
{
    for (int i = 0; i < 5000 && *n < wanted; i++) {
        event_base_loop(sl_loop_base(b->loop), EVLOOP_NONBLOCK);
        usleep(1000);
    }
    assert_int_equal(*n, wanted);
}

static void a_watch_sees_bytes_and_may_end_itself(void **state)
{
    struct bench *b = *state;
    const probe_counts *n = b->probe->counts(b->p);
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_true(b->probe->watch(b->p, fds[0]));
    assert_int_equal(write(fds[1], "ab", 2), 2);
    turn_until(b, &n->reads, 2);
    assert_int_equal(write(fds[1], "qz", 2), 2);
    turn_until(b, &n->reads, 3);
    for (int i = 0; i < 5; i++)
        event_base_loop(sl_loop_base(b->loop), EVLOOP_NONBLOCK);
    assert_int_equal(n->reads, 3);
    close(fds[0]);
    close(fds[1]);
}

static void a_watch_left_behind_is_taken_down_with_a_warning(void **state)
{
    struct bench *b = *state;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_true(b->probe->watch(b->p, fds[0]));
    assert_true(b->probe->watch(b->p, fds[1])); /* the plugin forgets the first */
    sl_instance_destroy(b->i);
    b->i = NULL;
    assert_contains(b->k->log, "2 main: its plugin left 1 watches and timers behind");
    close(fds[0]);
    close(fds[1]);
}

static void a_timer_fires_once(void **state)
{
    struct bench *b = *state;
    const probe_counts *n = b->probe->counts(b->p);

    assert_true(b->probe->timer(b->p, 2));
    turn_until(b, &n->timers, 1);
}

static void a_job_works_elsewhere_and_is_done_here(void **state)
{
    struct bench *b = *state;
    const probe_counts *n = b->probe->counts(b->p);

    assert_true(b->probe->job(b->p));
    turn_until(b, &n->dones, 1);
    assert_int_equal(n->works, 1);
}

/* One at a time: work() counts without a lock. */
static void a_cancelled_job_is_either_gone_or_done(void **state)
{
    struct bench *b = *state;
    const probe_counts *n = b->probe->counts(b->p);
    int done = 0;

    for (int i = 0; i < 200; i++) {
        assert_true(b->probe->job(b->p));
        if (!b->probe->cancel_last(b->p))
            turn_until(b, &n->dones, ++done);
        event_base_loop(sl_loop_base(b->loop), EVLOOP_NONBLOCK);
        assert_int_equal(n->dones, done);
    }
}

static void destroying_with_a_job_under_way_is_safe(void **state)
{
    struct bench *b = *state;

    assert_true(b->probe->job(b->p));
    usleep(500);
    sl_instance_destroy(b->i);
    b->i = NULL;
    for (int i = 0; i < 100; i++) {
        event_base_loop(sl_loop_base(b->loop), EVLOOP_NONBLOCK);
        usleep(100);
    }
}

static void a_foreign_thread_posts_to_the_loop(void **state)
{
    struct bench *b = *state;
    const probe_counts *n = b->probe->counts(b->p);

    assert_true(b->probe->post(b->p));
    assert_int_equal(n->posts, 0);
    turn_until(b, &n->posts, 1);
}

static void a_post_to_a_destroyed_instance_is_dropped(void **state)
{
    struct bench *b = *state;

    assert_true(b->probe->post(b->p));
    sl_instance_destroy(b->i);
    b->i = NULL;
    event_base_loop(sl_loop_base(b->loop), EVLOOP_NONBLOCK);
}

/* ---- HTTP ---- */

struct server {
    int fd;
    unsigned port;
    pthread_t thread;
    char got[4096];
};

/* Answers one request with 204, keeps what it got. */
static void *serve(void *arg)
{
    struct server *s = arg;
    static const char answer[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    int fd = accept(s->fd, NULL, NULL);
    size_t len = 0;

    while (fd >= 0 && len + 1 < sizeof s->got) {
        ssize_t n = read(fd, s->got + len, sizeof s->got - 1 - len);

        if (n <= 0)
            break;
        len += (size_t)n;
        s->got[len] = 0;
        if (strstr(s->got, "\r\n\r\n") && strstr(strstr(s->got, "\r\n\r\n"), "a%20b"))
            break;
    }
    if (write(fd, answer, sizeof answer - 1) < 0)
        s->got[0] = 0;
    close(fd);
    return NULL;
}

static void server_start(struct server *s)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof addr;

    memset(s, 0, sizeof *s);
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&addr, len), 0);
    assert_int_equal(listen(s->fd, 1), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&addr, &len), 0);
    s->port = ntohs(addr.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
    pthread_join(s->thread, NULL);
    close(s->fd);
}

static void the_secret_was_placed(const struct server *s)
{
    assert_contains(s->got, "POST /hook HTTP/1.1\r\n");
    assert_contains(s->got, "x-token: Key a b\r\n");
    assert_contains(s->got, "\r\n\r\na%20b");
}

static void an_http_call_is_answered_on_the_loop(void **state)
{
    struct bench *b = *state;
    const probe_counts *n = b->probe->counts(b->p);
    struct server s;
    char url[64];

    server_start(&s);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hook", s.port);
    assert_int_equal(b->probe->http(b->p, sl_span_str(url)), SLUICE_PENDING);
    assert_int_equal(n->answers, 0);
    turn_until(b, &n->answers, 1);
    server_stop(&s);
    assert_int_equal(n->last_status, 204);
    the_secret_was_placed(&s);
}

static void a_blocking_http_call_is_answered_before_it_returns(void **state)
{
    struct bench *b = *state;
    const probe_counts *n = b->probe->counts(b->p);
    struct server s;
    char url[64];

    server_start(&s);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hook", s.port);
    assert_int_equal(b->probe->http_blocking(b->p, sl_span_str(url)), SLUICE_OK);
    server_stop(&s);
    assert_int_equal(n->answers, 1);
    assert_int_equal(n->last_status, 204);
    the_secret_was_placed(&s);
}

static void an_http_call_under_way_ends_with_its_instance(void **state)
{
    struct bench *b = *state;
    struct server s;
    char url[64];

    server_start(&s);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hook", s.port);
    assert_int_equal(b->probe->http(b->p, sl_span_str(url)), SLUICE_PENDING);
    sl_instance_destroy(b->i);
    b->i = NULL;
    event_base_loop(sl_loop_base(b->loop), EVLOOP_NONBLOCK);
    shutdown(s.fd, SHUT_RDWR);
    server_stop(&s);
}

static void a_url_that_is_none_fails_at_once(void **state)
{
    struct bench *b = *state;

    assert_true(b->probe->http(b->p, SL_SPAN("not a url")) < 0);
    assert_int_equal(b->probe->counts(b->p)->answers, 0);
    assert_contains(b->k->log, "main: HTTP call not sent");
    assert_null(strstr(b->k->log, "a b"));
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(a_watch_sees_bytes_and_may_end_itself),
        BENCH(a_watch_left_behind_is_taken_down_with_a_warning),
        BENCH(a_timer_fires_once),
        BENCH(a_job_works_elsewhere_and_is_done_here),
        BENCH(a_cancelled_job_is_either_gone_or_done),
        BENCH(destroying_with_a_job_under_way_is_safe),
        BENCH(a_foreign_thread_posts_to_the_loop),
        BENCH(a_post_to_a_destroyed_instance_is_dropped),
        BENCH(an_http_call_is_answered_on_the_loop),
        BENCH(a_blocking_http_call_is_answered_before_it_returns),
        BENCH(an_http_call_under_way_ends_with_its_instance),
        BENCH(a_url_that_is_none_fails_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
