/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many exchanges of many tenants at once, cut, paused, cancelled and cut off at random, over both
 * transports, plain and TLS: what reaches a reader is its own tenant's and nobody else's.
 */
#include "certs.h"

enum { TENANTS = 40, ROUNDS = 25 };

struct tenant {
    struct kit_client client;
    char marker[48];
    sluice_span body;
    struct sl_timer timer;
    unsigned action; /* see start() */
};

static uint64_t seed;

static unsigned chance(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void on_timer(struct sl_timer *timer)
{
    struct tenant *t = SL_CONTAINER(timer, struct tenant, timer);

    if (!t->client.x)
        return;
    if (t->action == 1) {
        kit_cancel(&t->client);
        return;
    }
    t->client.pause_at_head = false;
    t->client.x->cls->pause(t->client.x, false);
}

static void start(struct tenant *t, struct kit *k, unsigned number)
{
    struct sl_http_out out = { .body = &t->body, .n_body = 1 };
    int n = snprintf(t->marker, sizeof t->marker, "<tenant-%u-%08x>", number, chance(1u << 30));

    t->body = sl_span(t->marker, (size_t)n);
    kit_client_init(&t->client, k);
    sl_timer_init(&t->timer, on_timer);
    t->action = chance(6);
    t->client.pause_at_head = t->action == 2;
    t->client.cancel_at_data = t->action == 3;
    assert_int_equal(kit_submit_out(&t->client, &out), SLUICE_OK);
    if (t->action == 1 || t->action == 2)
        sl_timer_set(k->loop, &t->timer, chance(12));
    if (t->action == 2)
        t->client.x->cls->pause(t->client.x, true);
}

/* Nothing but repetitions of the marker, whole ones if the answer is. */
static void check(const struct tenant *t)
{
    const struct kit_client *c = &t->client;

    if (c->n_head) {
        assert_true(kit_has(&c->headers, t->marker));
        for (size_t i = 0; i < c->body.len; i++)
            assert_int_equal(c->body.ptr[i], t->marker[i % t->body.len]);
    }
    if (c->n_done && c->outcome == SLUICE_OK) {
        assert_true(c->body.len > 0);
        assert_int_equal(c->body.len % t->body.len, 0);
    }
    if (t->action == 0 || t->action >= 4)
        assert_true(c->n_done == 1 && (c->outcome == SLUICE_OK || c->n_head == 0));
}

static void run_mix(struct kit *k)
{
    struct tenant *tenants = calloc(TENANTS, sizeof *tenants);

    KIT_ANSWERS(k, { .echo = true }, { .echo = true }, { .echo = true, .then = KIT_CLOSE });
    k->up.cycle = true;
    seed = 20;
    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < TENANTS; i++)
            start(&tenants[i], k, i);
        kit_run(k);
        for (unsigned i = 0; i < TENANTS; i++) {
            sl_timer_cancel(&tenants[i].timer);
            check(&tenants[i]);
            kit_client_finish(&tenants[i].client);
        }
    }
    free(tenants);
}

static void tenants_do_not_see_each_other(void **state)
{
    run_mix(*state);
}

static void tenants_do_not_see_each_other_behind_tls(void **state)
{
    struct kit *k = *state;
    struct cert server;

    cert_make(&server, "mix-server", "IP:127.0.0.1", 86400);
    k->up.tls = cert_server(&server);
    k->options.ca_file = server.cert_file;
    run_mix(k);
    cert_drop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_BOTH(tenants_do_not_see_each_other),
        KIT_BOTH(tenants_do_not_see_each_other_behind_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
