/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - every fault, with and without streaming, with a retry, with a fallback, with neither:
 * starts the gateway between the vendor and the client, asks, compares with what should have come
 * of it, prints a table. See ../faults.sh.
 *
 *   faults GATEWAY PLUGINS [full]
 */
#include "faults.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 24
#define HEAVY_AT_ONCE 2

enum mode { NONE, RETRY, FALLBACK, MODES };
static const char *const mode_names[] = { "none", "retry", "fallback" };
static const char *const words_names[] = { "in OpenAI's words", "in Anthropic's words" };

struct test {
    const struct fault *fault;
    enum words words;
    bool stream;
    enum mode mode;
    struct answer got;
    int bad, good; /* requests that the vendor should have seen */
    char verdict[120];
};

static struct test tests[CASES_MOST];
static size_t n_tests;
static int gateway_port;
static atomic_size_t next_test;

static void add(enum words words, const struct fault *f, bool stream, enum mode mode)
{
    upstream.fault[n_tests] = f;
    upstream.better_after[n_tests] = mode == RETRY;
    tests[n_tests++] = (struct test){ .fault = f, .words = words, .stream = stream, .mode = mode };
}

static void plan(void)
{
    for (unsigned w = 0; w < WORDS; w++)
        for (size_t f = 0; f < n_faults; f++)
            for (int s = 0; s < 2; s++)
                for (unsigned m = 0; m < MODES; m++)
                    add(w, &faults[f], s, m);
}

/* A group of one deployment for each case, and where it falls back to. */
static void write_config(FILE *f)
{
    fprintf(f, "model_list:\n");
    for (size_t i = 0; i < n_tests; i++) {
        fprintf(f,
                "- {model_name: c%zu, litellm_params: {model: openai/x, api_key: k, timeout: %s, "
                "num_retries: %d, api_base: 'http://127.0.0.1:%d/c%zu/bad/v1'}}\n",
                i, tests[i].fault->stalls ? "1" : "50", tests[i].mode == RETRY, upstream.port, i);
        if (tests[i].mode == FALLBACK)
            fprintf(f,
                    "- {model_name: c%zu-else, litellm_params: {model: openai/x, api_key: k, "
                    "api_base: 'http://127.0.0.1:%d/c%zu/good/v1'}}\n",
                    i, upstream.port, i);
    }
    fprintf(f, "router_settings:\n  num_retries: 0\n  fallbacks:\n");
    for (size_t i = 0; i < n_tests; i++)
        if (tests[i].mode == FALLBACK)
            fprintf(f, "  - {c%zu: [c%zu-else]}\n", i, i);
    fprintf(f, "general_settings: {max_response_size_mb: 128}\n");
    fclose(f);
}

static pid_t start_gateway(const char *program, const char *plugins, const char *config)
{
    char line[1024];
    int out[2];
    FILE *f;
    pid_t pid;

    if (pipe(out) < 0 || (pid = fork()) < 0) {
        perror("gateway");
        exit(2);
    }
    if (pid == 0) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        setenv("SLUICE_PLUGIN_PATH", plugins, 1);
        execl(program, program, "--port", "0", "--config", config, (char *)NULL);
        perror(program);
        _exit(127);
    }
    close(out[1]);
    f = fdopen(out[0], "r");
    while (f && !gateway_port && fgets(line, sizeof line, f)) {
        const char *at = strstr(line, "at http://127.0.0.1:");

        if (at)
            gateway_port = (int)strtol(at + 20, NULL, 10);
    }
    if (!gateway_port) {
        fprintf(stderr, "the gateway did not start\n");
        exit(2);
    }
    return pid; /* its pipe stays open: what it prints later goes nowhere */
}

/* ---- what should come of it ---- */

static enum outcome outcome_of(const struct test *t)
{
    return t->stream ? t->fault->stream : t->fault->plain;
}

static void wrong(struct test *t, const char *fmt, int got, int wanted)
{
    if (!t->verdict[0])
        snprintf(t->verdict, sizeof t->verdict, fmt, got, wanted);
}

/* Does the fault reach the client? */
static bool shows(const struct test *t)
{
    return outcome_of(t) != FINE &&
           !(outcome_of(t) == FAILS &&
             (t->mode == FALLBACK || (t->mode == RETRY && t->fault->again)));
}

/* Anthropic's clients know 529 for what is 503 elsewhere. */
static int status_of(const struct test *t)
{
    return t->words == MESSAGES && t->fault->status == 503 ? 529 : t->fault->status;
}

static void judge_answer(struct test *t)
{
    const struct answer *g = &t->got;

    if (g->hung)
        wrong(t, "hangs after %d ms", g->ms, 0);
    if (!shows(t)) {
        if (g->status != 200)
            wrong(t, "status %d, not %d", g->status, 200);
        if (!g->good || (t->stream && !g->done))
            wrong(t, "the answer is not whole", 0, 0);
        return;
    }
    if (outcome_of(t) == BREAKS) {
        if (g->status != 200 || !g->error_event || g->done)
            wrong(t, "no error event behind %d", g->status, 0);
        return;
    }
    if (g->status != status_of(t))
        wrong(t, "status %d, not %d", g->status, status_of(t));
    if (!g->error_body)
        wrong(t, "no error body", 0, 0);
    if (t->fault->tells_wait && !g->retry_after)
        wrong(t, "no Retry-After", 0, 0);
}

static void judge(struct test *t)
{
    size_t i = (size_t)(t - tests);
    bool again = outcome_of(t) == FAILS && t->mode == RETRY && t->fault->again;
    int bad = again ? 2 : 1, good = outcome_of(t) == FAILS && t->mode == FALLBACK;

    t->bad = atomic_load(&upstream.calls[i].bad);
    t->good = atomic_load(&upstream.calls[i].good);
    judge_answer(t);
    if (t->bad != bad)
        wrong(t, "%d calls, not %d", t->bad, bad);
    if (t->good != good)
        wrong(t, "%d calls of the fallback, not %d", t->good, good);
    if (again && t->got.ms < t->fault->least_wait_ms)
        wrong(t, "came back after %d ms, not %d", t->got.ms, t->fault->least_wait_ms);
}

/* ---- the run ---- */

static void *ask_some(void *heavy)
{
    size_t i;

    while ((i = atomic_fetch_add(&next_test, 1)) < n_tests) {
        struct test *t = &tests[i];
        char model[24];

        if (t->fault->heavy != (heavy != NULL))
            continue;
        snprintf(model, sizeof model, "c%zu", i);
        client_ask(gateway_port, t->words, model, t->stream, &t->got);
        judge(t);
    }
    return NULL;
}

static void ask_all(bool heavy)
{
    pthread_t threads[AT_ONCE];
    int n = heavy ? HEAVY_AT_ONCE : AT_ONCE;

    atomic_store(&next_test, 0);
    for (int i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, ask_some, heavy ? tests : NULL) != 0)
            exit(2);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* Sum of a metric over its labels; -1: it is not there. */
static long metric(const char *page, const char *name)
{
    const char *p = page;
    long sum = -1;

    while ((p = strstr(p, name))) {
        const char *end = strchr(p, '\n'), *value = end;

        if ((p == page || p[-1] == '\n') && end) {
            while (value > p && value[-1] != ' ')
                value--;
            sum = (sum < 0 ? 0 : sum) + strtol(value, NULL, 10);
        }
        p += strlen(name);
    }
    return sum;
}

/* What is left when all is over; each must come to 0 soon. */
static int leftovers(void)
{
    static const char *const names[] = { "sluice_calls_in_flight", "sluice_deployment_in_flight",
                                         "sluice_body_bytes" };
    int bad = 0;

    for (int tries = 0; tries < 100 && atomic_load(&upstream.open) > 0; tries++)
        usleep(50000);
    if (atomic_load(&upstream.open) > 0) {
        printf("LEAK: %d connections to the vendor are open\n", atomic_load(&upstream.open));
        bad++;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        long n = -1;

        for (int tries = 0; tries < 100 && n != 0; tries++) {
            char *page = client_get(gateway_port, "/metrics");

            n = page ? metric(page, names[i]) : -1;
            free(page);
            if (n != 0)
                usleep(50000);
        }
        if (n != 0) {
            printf("DRIFT: %s is %ld\n", names[i], n);
            bad++;
        }
    }
    return bad;
}

static void print_cell(const struct test *t)
{
    char calls[16] = "";

    if (t->good)
        snprintf(calls, sizeof calls, "%d+%d", t->bad, t->good);
    else
        snprintf(calls, sizeof calls, "%d", t->bad);
    printf(" | %3d%s %-4s", t->got.status,
           t->got.error_event ? "!"
           : t->got.good      ? " "
                              : "-",
           t->verdict[0] ? "BAD" : calls);
}

static void print_head(const char *name)
{
    printf("\n%-26s", name);
    for (int s = 0; s < 2; s++)
        for (int m = 0; m < MODES; m++)
            printf(" | %-9s", mode_names[m]);
    printf("\n%-26s | %-33s | %s\n", "", "plain",
           "stream   (status; ! error event, - error body; calls)");
}

static int print_table(void)
{
    int failed = 0;

    for (size_t i = 0; i < n_tests; i += 2 * MODES) {
        if (i % (2 * MODES * n_faults) == 0)
            print_head(words_names[tests[i].words]);
        printf("%-26s", tests[i].fault->name);
        for (size_t k = 0; k < 2 * MODES; k++)
            print_cell(&tests[i + k]);
        printf("\n");
    }
    for (size_t i = 0; i < n_tests; i++)
        if (tests[i].verdict[0]) {
            printf("BAD: %s, %s, %s, %s: %s\n", tests[i].fault->name, words_names[tests[i].words],
                   tests[i].stream ? "stream" : "plain", mode_names[tests[i].mode],
                   tests[i].verdict);
            failed++;
        }
    return failed;
}

int main(int argc, char **argv)
{
    char config[] = "/tmp/sluice-faults-XXXXXX";
    int fd, failed, status = 0;
    pid_t gateway;

    if (argc < 3) {
        fprintf(stderr, "usage: %s GATEWAY PLUGINS [full]\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (argc > 3 && strcmp(argv[3], "full") == 0)
        heavy_bytes = 100u * 1000 * 1000;
    upstream_start();
    plan();
    fd = mkstemp(config);
    if (fd < 0) {
        perror(config);
        return 2;
    }
    write_config(fdopen(fd, "w"));
    gateway = start_gateway(argv[1], argv[2], config);
    ask_all(false);
    ask_all(true);
    failed = print_table();
    failed += leftovers();
    kill(gateway, SIGTERM);
    waitpid(gateway, &status, 0);
    unlink(config);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        printf("BAD: the gateway ended with %d\n", status);
        failed++;
    }
    printf("%zu cases, %zu faults: %d wrong\n", n_tests, n_faults, failed);
    return failed ? 1 : 0;
}
