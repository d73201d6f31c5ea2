/* SPDX-License-Identifier: Apache-2.0 */
/* Workers: a server per thread on one port, nothing shared between them. */
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>

#define WORKERS 2
#define CLIENTS 40

struct worker {
    struct world world;
    pthread_t thread;
    atomic_bool stop;
    uint16_t port;
};

static void turn_until_stopped(struct worker *k)
{
    while (!atomic_load(&k->stop))
        world_turn(&k->world);
}

static void *run(void *arg)
{
    turn_until_stopped(arg);
    return NULL;
}

static void open_worker(struct worker *k, uint16_t port)
{
    struct world *w = &k->world;
    sluice_error err = SLUICE_ERROR_INIT;

    world_open(w, NULL, NULL);
    if (port) { /* again, on the port that the first one got */
        gw_server_destroy(w->server);
        w->options.port = port;
        if (gw_server_create(w->base, &w->options, &w->server, &err) != SLUICE_OK)
            fail_msg("%s", err.message);
    }
    k->port = gw_server_port(w->server);
}

/* A client of its own, with a loop that has nothing to do. */
static void ask(uint16_t port, struct world *idle)
{
    struct client c;

    idle->options.port = port;
    client_open(&c, idle, false);
    for (int i = 0; i < 5; i++) {
        client_send(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd");
        client_expect(&c, "\r\n\r\nabcd");
        client_forget(&c);
    }
    client_close(&c);
}

static void workers_share_a_port(void **state)
{
    static struct worker workers[WORKERS];
    struct world idle;
    int requests = 0;

    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        open_worker(&workers[i], i ? workers[0].port : 0);
        atomic_init(&workers[i].stop, false);
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    idle = (struct world){ .base = event_base_new() };
    for (int i = 0; i < CLIENTS; i++)
        ask(workers[0].port, &idle);
    for (int i = 0; i < WORKERS; i++) {
        atomic_store(&workers[i].stop, true);
        pthread_join(workers[i].thread, NULL);
        assert_true(workers[i].world.requests > 0); /* the kernel spread them */
        requests += workers[i].world.requests;
        world_close(&workers[i].world);
    }
    assert_int_equal(requests, CLIENTS * 5);
    event_base_free(idle.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_share_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
