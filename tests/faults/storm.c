/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storm.c - thousands of calls at once against a vendor that fails at random in every known way:
 * with retries, fallbacks, several keys, cooldowns, second attempts, shared calls, answers that go
 * on elsewhere, clients that leave. Every call must end exactly once, and nothing may be left: no
 * call, no attempt, no byte, no record too few or too many.
 *
 *   faults_storm PLUGINS [CALLS]
 */
#include "faults.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sluice/logger.h>
#include <sluice/sluice.h>

#define LOOPS 3
#define THREADS 4
#define AT_ONCE 24 /* for each thread */

struct one {
    atomic_int head, done;
    atomic_bool cancelled;
    sluice_status status;
};

static struct one *calls;
static int n_calls = 1000;
static atomic_int next_call, running, ended_twice, late, records, tries, tries_due, good, failed;

/* ---- a logger that counts ---- */

static sluice_status log_create(const sluice_host *host, sluice_span config, sluice_logger **out,
                                sluice_error *err)
{
    (void)host;
    (void)config;
    (void)err;
    *out = (sluice_logger *)(void *)&records;
    return SLUICE_OK;
}

static sluice_status log_write(sluice_logger *self, const sluice_record *const *r, size_t n,
                               size_t *done, sluice_error *err)
{
    (void)self;
    (void)done;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        if (r[i]->kind == SLUICE_RECORD_CALL) {
            atomic_fetch_add(&records, r[i]->purpose.len == 0); /* else it is a call for calls */
            if (r[i]->attempts > 1)
                atomic_fetch_add(&tries_due, (int)r[i]->attempts);
        } else if (r[i]->kind == SLUICE_RECORD_TRY) {
            atomic_fetch_add(&tries, 1);
        }
    }
    return SLUICE_OK;
}

static void log_destroy(sluice_logger *self)
{
    (void)self;
}

static const sluice_logger_class log_class = { .struct_size = sizeof log_class,
                                               .config_schema = "{}",
                                               .create = log_create,
                                               .write = log_write,
                                               .destroy = log_destroy };

static const void *get_class(const char *id)
{
    return strcmp(id, SLUICE_LOGGER_ID) == 0 ? &log_class : NULL;
}

static const sluice_plugin *entry(void)
{
    static const sluice_plugin plugin = { .magic = SLUICE_MAGIC,
                                          .struct_size = sizeof plugin,
                                          .abi_major = SLUICE_ABI_MAJOR,
                                          .id = "counter",
                                          .version = "1",
                                          .vendor = "test",
                                          .summary = "counts records",
                                          .get_class = get_class };

    return &plugin;
}

/* ---- calls ---- */

static void on_head(void *ctx, int32_t status, const sluice_header *headers, size_t n,
                    int64_t length)
{
    struct one *o = ctx;

    (void)status;
    (void)headers;
    (void)n;
    (void)length;
    if (atomic_fetch_add(&o->head, 1) > 0 || atomic_load(&o->done))
        atomic_fetch_add(&late, 1);
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    struct one *o = ctx;

    (void)parts;
    (void)n;
    (void)flags;
    if (!atomic_load(&o->head) || atomic_load(&o->done))
        atomic_fetch_add(&late, 1);
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct one *o = ctx;

    (void)err;
    (void)usage;
    o->status = status;
    if (atomic_fetch_add(&o->done, 1) > 0)
        atomic_fetch_add(&ended_twice, 1);
    atomic_fetch_add(status >= 0 ? &good : &failed, 1);
    atomic_fetch_sub(&running, 1);
}

static const sluice_events events = {
    .struct_size = sizeof events, .head = on_head, .bytes = on_bytes, .done = on_done
};

static sluice *instance;
static sluice_loop *loops[LOOPS];

static void start_one(int i, unsigned *seed)
{
    static const char *const models[] = { "alone", "pair", "keys", "led", "chain" };
    char body[300];
    sluice_error err = SLUICE_ERROR_INIT;
    sluice_loop *loop = loops[rand_r(seed) % LOOPS];
    sluice_task task = 0;
    sluice_request r = { .struct_size = sizeof r,
                         .flags = SLUICE_CALL_WIRE,
                         .key = { "sk-storm", 8 } };
    bool messages = rand_r(seed) % 4 == 0;

    r.operation =
        messages ? (sluice_span){ "messages", 8 } : (sluice_span){ "chat.completions", 16 };
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"max_tokens\":9,\"stream\":%s%s,\"messages\":[{\"role\":\"user\","
             "\"content\":\"%d\"}]}",
             models[rand_r(seed) % 5], rand_r(seed) % 2 ? "true" : "false",
             messages || rand_r(seed) % 8 ? "" : ",\"timeout\":0.05", i % 20);
    r.body = (sluice_span){ body, strlen(body) };
    atomic_fetch_add(&running, 1);
    if (sluice_start(loop, &r, &events, &calls[i], &task, &err) < 0) {
        fprintf(stderr, "sluice_start: %s\n", err.message);
        exit(2);
    }
    if (rand_r(seed) % 10 == 0) {
        usleep((useconds_t)(rand_r(seed) % 3000));
        atomic_store(&calls[i].cancelled, true);
        sluice_cancel(loop, task);
    }
}

static void *client(void *arg)
{
    unsigned seed = (unsigned)(intptr_t)arg * 7919 + 1;
    int i;

    while ((i = atomic_fetch_add(&next_call, 1)) < n_calls) {
        while (atomic_load(&running) >= AT_ONCE * THREADS)
            usleep(500);
        start_one(i, &seed);
    }
    return NULL;
}

/* ---- what is left ---- */

struct sum {
    const char *name;
    long n;
    atomic_int over;
};

static int add_row(void *ctx, sluice_span json)
{
    struct sum *s = ctx;
    char *text = strndup(json.ptr, json.len), *p = text ? strstr(text, s->name) : NULL;

    if (p)
        s->n += strtol(p + strlen(s->name), NULL, 10);
    free(text);
    return 0;
}

static void rows_over(void *ctx, sluice_status status, const sluice_error *err)
{
    struct sum *s = ctx;

    (void)err;
    if (status < 0)
        s->n = -1;
    atomic_store(&s->over, 1);
}

static long sum_of(const char *verb, const char *member)
{
    struct sum s = { .name = member };
    sluice_span none = { NULL, 0 };

    if (sluice_control(loops[0], none, (sluice_span){ verb, strlen(verb) },
                       (sluice_span){ "{}", 2 }, add_row, rows_over, &s, NULL) < 0)
        return -1;
    while (!atomic_load(&s.over))
        usleep(1000);
    return s.n;
}

static int expect(const char *what, long got, long wanted)
{
    if (got == wanted)
        return 0;
    printf("DRIFT: %s is %ld, not %ld\n", what, got, wanted);
    return 1;
}

static int judge(void)
{
    int bad = 0, once = 0;

    for (int i = 0; i < n_calls; i++)
        once += atomic_load(&calls[i].done) == 1;
    bad += expect("calls that ended once", once, n_calls);
    bad += expect("calls that ended twice", atomic_load(&ended_twice), 0);
    bad += expect("callbacks out of order", atomic_load(&late), 0);
    bad += expect("calls in flight", sum_of("health", "\"calls\":"), 0);
    bad += expect("bytes of bodies", sum_of("health", "\"body_bytes\":"), 0);
    bad += expect("attempts in flight", sum_of("deployments", "\"in_flight\":"), 0);
    return bad;
}

static void open_all(const char *plugins)
{
    static const char deployment[] = "- {model_name: %s, litellm_params: {model: openai/%s, "
                                     "timeout: 0.4, cooldown_time: 0.004, %s, "
                                     "api_base: 'http://127.0.0.1:%d/c0/mix/v1'}, "
                                     "model_info: {supports_assistant_prefill: true}}\n";
    char config[4096];
    sluice_options options = { .struct_size = sizeof options, .plugin_path = plugins };
    sluice_error err = SLUICE_ERROR_INIT;
    int n = snprintf(config, sizeof config, "model_list:\n"), port = upstream.port;

#define ADD(name, model, more)                                                                     \
    n += snprintf(config + n, sizeof config - (size_t)n, deployment, name, model, more, port)
    ADD("alone", "a", "api_key: k");
    ADD("pair", "b", "api_key: k");
    ADD("pair", "c", "api_key: k");
    ADD("keys", "d", "api_keys: [one, two, three]");
    ADD("led", "e", "api_key: k");
    ADD("chain", "f", "api_key: k");
#undef ADD
    snprintf(config + n, sizeof config - (size_t)n,
             "router_settings:\n"
             "  num_retries: 1\n"
             "  mid_stream_fallback: true\n"
             "  hedge: {after: 0.005, budget_percent: 50}\n"
             "  model_group_options: {pair: {single_flight: true}}\n"
             "  retry_policy: {RateLimitErrorRetries: 0, InternalServerErrorRetries: 1}\n"
             "  fallbacks: [{led: [alone]}, {chain: [led, pair]}, {keys: [pair]}]\n"
             "litellm_settings: {callbacks: [counter]}\n");
    options.config = (sluice_span){ config, strlen(config) };
    if (sluice_open(&options, &instance, &err) < 0) {
        fprintf(stderr, "sluice_open: %s\n", err.message);
        exit(2);
    }
    for (int i = 0; i < LOOPS; i++)
        if (sluice_spawn(instance, &loops[i], &err) < 0) {
            fprintf(stderr, "sluice_spawn: %s\n", err.message);
            exit(2);
        }
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    int bad;

    if (argc < 2) {
        fprintf(stderr, "usage: %s PLUGINS [CALLS]\n", argv[0]);
        return 2;
    }
    if (argc > 2)
        n_calls = (int)strtol(argv[2], NULL, 10);
    calls = calloc((size_t)n_calls, sizeof *calls);
    if (!calls || sluice_add_builtin(entry) < 0)
        return 2;
    upstream.mix_percent = 30;
    upstream_start();
    open_all(argv[1]);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, client, (void *)(intptr_t)i) != 0)
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 1200 && atomic_load(&running) > 0; i++)
        usleep(50000);
    bad = judge();
    sluice_close(instance, 1000); /* the logger has written all by then */
    bad += expect("records of calls", atomic_load(&records), n_calls);
    bad += expect("records of attempts", atomic_load(&tries), atomic_load(&tries_due));
    for (int i = 0; i < 200 && atomic_load(&upstream.open) > 0; i++)
        usleep(20000);
    bad += expect("connections to the vendor", atomic_load(&upstream.open), 0);
    printf("%d calls, %d good, %d failed or left, %d requests seen by the vendor: %d wrong\n",
           n_calls, atomic_load(&good), atomic_load(&failed), atomic_load(&upstream.mixed), bad);
    free(calls);
    return bad ? 1 : 0;
}
