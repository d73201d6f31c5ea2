/* SPDX-License-Identifier: Apache-2.0 */
/* Names to addresses to connections. The resolver is ours, the addresses are of the loopback. */
#include "kit.h"

#include <netdb.h>
#include <stdatomic.h>
#include "base/arena.h"
#include "net/connect.h"

static atomic_int lookups;

static void add(struct sl_dns_answer *out, const char *text)
{
    assert_true(sl_address_literal(sl_span_str(text), &out->addresses[out->n++]));
}

/* [pool] */
static void look_up(const char *host, struct sl_dns_answer *out)
{
    atomic_fetch_add(&lookups, 1);
    out->n = 0;
    out->error = 0;
    if (strcmp(host, "good") == 0) {
        add(out, "127.0.0.1");
    } else if (strcmp(host, "second") == 0) {
        add(out, "127.0.0.2"); /* nobody listens there */
        add(out, "127.0.0.1");
    } else if (strcmp(host, "slow") == 0) {
        add(out, "127.0.0.3"); /* does not answer */
        add(out, "::1");
        add(out, "127.0.0.1");
    } else if (strcmp(host, "rebound") == 0) {
        add(out, "8.8.8.8");
        add(out, "127.0.0.1");
    } else {
        out->error = EAI_NONAME;
    }
}

struct world {
    struct kit *k;
    struct sl_dns *dns;
};

struct caller {
    struct world *w;
    struct sl_connect *c;
    int fd, n_done;
    sluice_status status;
    sluice_error err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    atomic_store(&lookups, 0);
    kit_setup_http1((void **)&w->k);
    w->dns = sl_dns_create(w->k->loop, w->k->jobs, look_up);
    assert_non_null(w->dns);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    sl_dns_destroy(w->dns);
    kit_teardown((void **)&w->k);
    free(w);
    return 0;
}

static void on_done(void *ctx, int fd, sluice_status status, const sluice_error *err)
{
    struct caller *caller = ctx;

    caller->n_done++;
    caller->fd = fd;
    caller->status = status;
    if (err)
        caller->err = *err;
    if (fd >= 0)
        close(fd);
    kit_stop_when_all_are_done(caller->w->k);
}

static void start(struct caller *caller, struct world *w, const char *host, bool public_only)
{
    struct sl_connect_order order = { .loop = w->k->loop,
                                      .dns = w->dns,
                                      .host = sl_span_str(host),
                                      .port = (uint16_t)w->k->up.port,
                                      .public_only = public_only,
                                      .name = host,
                                      .done = on_done,
                                      .ctx = caller };

    memset(caller, 0, sizeof *caller);
    caller->w = w;
    caller->c = sl_connect_start(&order);
    assert_non_null(caller->c);
    assert_int_equal(caller->n_done, 0);
    w->k->running++;
}

static void expect(struct world *w, const char *host, bool public_only, sluice_status status)
{
    struct caller caller;

    start(&caller, w, host, public_only);
    kit_run(w->k);
    assert_int_equal(caller.n_done, 1);
    assert_int_equal(caller.status, status);
    if (status < 0)
        assert_non_null(strstr(caller.err.message, host));
}

static void a_name_is_looked_up_once_and_remembered(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 5; i++)
        expect(w, "good", false, SLUICE_OK);
    assert_int_equal(atomic_load(&lookups), 1);
}

static void who_asks_meanwhile_joins_the_question(void **state)
{
    struct world *w = *state;
    struct caller callers[10];

    for (int i = 0; i < 10; i++)
        start(&callers[i], w, "good", false);
    kit_run(w->k);
    for (int i = 0; i < 10; i++)
        assert_int_equal(callers[i].status, SLUICE_OK);
    assert_int_equal(atomic_load(&lookups), 1);
}

static void a_failure_is_remembered_for_a_moment_too(void **state)
{
    struct world *w = *state;

    expect(w, "unknown", false, SLUICE_E_UNAVAILABLE);
    expect(w, "unknown", false, SLUICE_E_UNAVAILABLE);
    assert_int_equal(atomic_load(&lookups), 1);
}

static void literals_and_localhost_need_no_lookup(void **state)
{
    struct world *w = *state;

    expect(w, "127.0.0.1", false, SLUICE_OK);
    expect(w, "localhost", false, SLUICE_OK);
    expect(w, "api.LocalHost", false, SLUICE_OK);
    assert_int_equal(atomic_load(&lookups), 0);
}

static void the_next_address_is_tried_when_one_refuses(void **state)
{
    expect(*state, "second", false, SLUICE_OK);
}

/* A full listen queue: whoever connects there hears nothing. */
static void the_next_address_is_tried_when_one_does_not_answer(void **state)
{
    struct world *w = *state;
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), fill[16];

    at.sin_port = htons((uint16_t)w->k->up.port);
    inet_pton(AF_INET, "127.0.0.3", &at.sin_addr);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 0), 0);
    for (int i = 0; i < 16; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(fill[i], (struct sockaddr *)&at, sizeof at);
    }
    expect(w, "slow", false, SLUICE_OK);
    for (int i = 0; i < 16; i++)
        close(fill[i]);
    close(fd);
}

static void one_address_inside_is_enough_to_refuse_a_foreign_host(void **state)
{
    struct world *w = *state;

    expect(w, "rebound", true, SLUICE_E_INVALID);
    expect(w, "good", true, SLUICE_E_INVALID);
    expect(w, "127.0.0.1", true, SLUICE_E_INVALID);
    assert_int_equal(w->k->up.n_accepted, 0);
}

static void a_cancelled_connection_does_not_call_back(void **state)
{
    struct world *w = *state;
    struct caller caller;

    for (int turns = 0; turns < 4; turns++) {
        start(&caller, w, "slow", false);
        for (int i = 0; i < turns; i++)
            kit_turn(w->k);
        w->k->running--;
        if (caller.n_done == 0)
            sl_connect_cancel(caller.c);
    }
    for (int i = 0; i < 20; i++)
        kit_turn(w->k);
    expect(w, "good", false, SLUICE_OK);
}

static void the_resolver_can_go_while_it_looks_up(void **state)
{
    struct world *w = *state;
    struct caller caller;

    start(&caller, w, "good", false);
    kit_turn(w->k);
    w->k->running--;
    sl_connect_cancel(caller.c);
    sl_dns_destroy(w->dns);
    w->dns = NULL;
    for (int i = 0; i < 20; i++)
        kit_turn(w->k);
    assert_int_equal(caller.n_done, 0);
}

static void many_names_do_not_grow_the_memory_for_ever(void **state)
{
    struct world *w = *state;
    char host[32];

    for (int i = 0; i < 1100; i++) {
        snprintf(host, sizeof host, "unknown-%d", i);
        expect(w, host, false, SLUICE_E_UNAVAILABLE);
    }
    expect(w, "good", false, SLUICE_OK);
    atomic_store(&lookups, 0);
    expect(w, "unknown-0", false, SLUICE_E_UNAVAILABLE);
    assert_int_equal(atomic_load(&lookups), 1); /* forgotten to make room */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_looked_up_once_and_remembered),
        TEST(who_asks_meanwhile_joins_the_question),
        TEST(a_failure_is_remembered_for_a_moment_too),
        TEST(literals_and_localhost_need_no_lookup),
        TEST(the_next_address_is_tried_when_one_refuses),
        TEST(the_next_address_is_tried_when_one_does_not_answer),
        TEST(one_address_inside_is_enough_to_refuse_a_foreign_host),
        TEST(a_cancelled_connection_does_not_call_back),
        TEST(the_resolver_can_go_while_it_looks_up),
        TEST(many_names_do_not_grow_the_memory_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
