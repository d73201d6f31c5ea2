/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice-plugin-check.c - what a release of a plugin should pass.
 *
 *     sluice-plugin-check FILE.so [--config JSON] [--cassettes DIR]
 *
 * Looks at the descriptor as a host does, makes and unmakes an instance with every allocation of
 * the host's failing in turn, and, for providers, replays each DIR/ *.cassette: as it is, cut at
 * every byte, stopped after every step, with failing memory. Every step runs in a child process, so
 * that a crash is a line of the report. Exits with 0 when all is well, 1 when not, 2 when asked
 * wrongly.
 */
#include "../testhost/cassette.h"
#include "../testhost/fault.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sluice/cache.h>
#include <sluice/logger.h>
#include <sluice/router.h>
#include <sluice/sluice.h>

#define STEP_SECONDS 120
#define MAX_FAULTS 10000u

struct job {
    const char *file, *cassettes, *cassette;
    sluice_span config;
};

/* A step: NULL when all is well, else a malloc'ed complaint. */
typedef char *(*step_fn)(const struct job *j);

static char *complain(const char *text)
{
    return strdup(text && text[0] ? text : "no reason given");
}

static char *check_descriptor(const struct job *j)
{
    sluice_error err = SLUICE_ERROR_INIT;
    char *json;

    if (sluice_plugin_check(j->file, &json, &err) < 0)
        return complain(err.message);
    printf("     %s\n", json);
    sluice_free(json);
    return NULL;
}

/* One instance of each class the plugin has; its status is the worst of them. */
static sluice_status live(const struct sl_testplugin *plugin, struct sl_testhost *t,
                          sluice_span config, sluice_error *err)
{
    const sluice_plugin *d = sl_testplugin_descriptor(plugin);
    const sluice_host *host = sl_testhost_host(t);
    const sluice_provider_class *pc = d->get_class(SLUICE_PROVIDER_ID);
    const sluice_cache_class *cc = d->get_class(SLUICE_CACHE_ID);
    const sluice_logger_class *lc = d->get_class(SLUICE_LOGGER_ID);
    const sluice_router_class *rc = d->get_class(SLUICE_ROUTER_ID);
    sluice_provider *p = NULL;
    sluice_cache_shared *shared = NULL;
    sluice_cache *c = NULL;
    sluice_logger *l = NULL;
    sluice_router *r = NULL;
    sluice_status st = SLUICE_OK;

    if (pc && (st = pc->create(host, config, &p, err)) >= 0)
        pc->destroy(p);
    if (st >= 0 && cc && cc->create_shared)
        st = cc->create_shared(host, config, &shared, err);
    if (st >= 0 && cc) {
        st = cc->create(host, config, shared, &c, err);
        if (st >= 0)
            cc->destroy(c);
        if (cc->create_shared)
            cc->destroy_shared(shared);
    }
    if (st >= 0 && lc && (st = lc->create(host, config, &l, err)) >= 0)
        lc->destroy(l);
    if (st >= 0 && rc && (st = rc->create(host, config, &r, err)) >= 0)
        rc->destroy(r);
    return st;
}

static char *check_life(const struct job *j)
{
    struct sl_testplugin *plugin;
    sluice_error err = SLUICE_ERROR_INIT;
    bool hit = true;

    if (sl_testplugin_load(j->file, &plugin, &err) < 0)
        return complain(err.message);
    for (uint64_t n = 0; hit && n < MAX_FAULTS; n++) {
        struct sl_testhost *t = sl_testhost_create();
        sluice_status st;

        if (!t)
            return complain("out of memory");
        sl_fault_after(n);
        test_arm(1);
        st = live(plugin, t, j->config, &err);
        test_arm(0);
        hit = sl_fault_after(0) >= n;
        if ((n == 0 || !hit) && st < 0)
            return complain(err.message);
        if (sl_testhost_pending(t))
            return complain("watches, timers, jobs or posts are left after destroy()");
        sl_testhost_destroy(t);
    }
    sl_testplugin_drop(plugin);
    return NULL;
}

static char *check_cassette(const struct job *j)
{
    struct sl_testplugin *plugin;
    struct sl_cassette *c;
    sluice_error err = SLUICE_ERROR_INIT;
    char *fault;

    if (sl_testplugin_load(j->file, &plugin, &err) < 0 ||
        sl_cassette_load(j->cassette, &c, &err) < 0)
        return complain(err.message);
    fault = sl_cassette_play(c, plugin);
    if (!fault)
        fault = sl_cassette_torture(c, plugin);
    sl_cassette_destroy(c);
    sl_testplugin_drop(plugin);
    return fault;
}

/* In a child; 0 when it went well. */
static int step(const char *name, step_fn fn, const struct job *j)
{
    int status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        char *fault;

        alarm(STEP_SECONDS);
        fault = fn(j);
        if (fault)
            printf("     %s\n", fault);
        fflush(stdout);
        _exit(fault != NULL);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        printf("FAIL %s: no process could be started\n", name);
        return 1;
    }
    if (WIFSIGNALED(status))
        printf("FAIL %s: ended by signal %d%s\n", name, WTERMSIG(status),
               WTERMSIG(status) == SIGALRM ? " (too slow)" : "");
    else
        printf("%s %s\n", WEXITSTATUS(status) ? "FAIL" : "ok  ", name);
    return !WIFEXITED(status) || WEXITSTATUS(status);
}

static int is_cassette(const struct dirent *d)
{
    return sl_span_ends(sl_span_str(d->d_name), SL_SPAN(".cassette"));
}

static int run_cassettes(struct job *j)
{
    struct dirent **names = NULL;
    int n = scandir(j->cassettes, &names, is_cassette, alphasort), bad = 0;

    if (n <= 0)
        printf("FAIL %s: no *.cassette there\n", j->cassettes);
    for (int i = 0; i < n; i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", j->cassettes, names[i]->d_name);
        j->cassette = path;
        bad |= step(path, check_cassette, j);
        free(names[i]);
    }
    free(names);
    return bad || n <= 0;
}

static int usage(void)
{
    fputs("usage: sluice-plugin-check FILE.so [--config JSON] [--cassettes DIR]\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct job j = { .config = SL_SPAN("{}") };
    int bad = 0;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--config") && i + 1 < argc)
            j.config = sl_span_str(argv[++i]);
        else if (!strcmp(argv[i], "--cassettes") && i + 1 < argc)
            j.cassettes = argv[++i];
        else if (argv[i][0] == '-' || j.file)
            return usage();
        else
            j.file = argv[i];
    }
    if (!j.file)
        return usage();
    bad = step("descriptor", check_descriptor, &j);
    if (!bad)
        bad |= step("instance", check_life, &j);
    if (!bad && j.cassettes)
        bad |= run_cassettes(&j);
    return bad;
}
