/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws_process.c - a profile's credential_process: a program that prints a key pair. It runs without
 * a shell, on a thread of the pool, for so long and with so much to say and no more; its group is
 * killed when the time is over.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/status.h"
#include "credential/aws.h"

#define PROCESS_MS 20000
#define OUTPUT_CAP (64u << 10)
#define WORDS_MAX 64
#define SLICE_MS 50

extern char **environ;

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One word of a command line as a shell would read it, quotes and backslashes only; to: room for
 * it. false: a quote is open. */
static bool word(const char **at, char *to)
{
    const char *p = *at;
    char quote = 0;

    for (; *p && (quote || !blank(*p)); p++) {
        if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        else if (*p == '\\' && quote != '\'' && p[1] && (!quote || p[1] == '"' || p[1] == '\\'))
            *to++ = *++p;
        else
            *to++ = *p;
    }
    *to = 0;
    *at = p;
    return !quote;
}

/* NULL-terminated, in the fetch's arena. */
static sluice_status words_of(struct sl_fetch *f, sluice_span command, char **out)
{
    sluice_span copy = sl_arena_dup(&f->arena, command);
    const char *p = copy.ptr;
    size_t n = 0;

    while (p && *p) {
        while (blank(*p))
            p++;
        if (!*p)
            break;
        out[n] = n < WORDS_MAX ? sl_alloc(&f->arena, strlen(p) + 1) : NULL;
        if (n == WORDS_MAX || (out[n] && !word(&p, out[n])))
            return sl_fail(&f->err, SLUICE_E_INVALID, "credential_process: no command line: %.80s",
                           copy.ptr);
        if (!out[n++])
            return SLUICE_E_NOMEM;
    }
    out[n] = NULL;
    return !p  ? SLUICE_E_NOMEM
           : n ? SLUICE_OK
               : sl_fail(&f->err, SLUICE_E_INVALID, "credential_process is empty");
}

/* Signals as a program finds them usually, a process group of its own, nothing to read, nowhere to
 * complain. */
static int spawn(char *const *argv, int to, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int failed;

    if (posix_spawn_file_actions_init(&files))
        return ENOMEM;
    if (posix_spawnattr_init(&attr)) {
        posix_spawn_file_actions_destroy(&files);
        return ENOMEM;
    }
    sigemptyset(&none);
    sigemptyset(&all);
    sigaddset(&all, SIGPIPE);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGHUP);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETPGROUP);
    failed = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&files, to, 1);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    if (!failed)
        failed = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

/* All it prints; false: it took too long, or said too much. */
static bool listen_to(int from, uint64_t end, struct sl_buf *out)
{
    ssize_t n = 1;

    while (n > 0 && sl_now_ms() < end) {
        struct pollfd p = { .fd = from, .events = POLLIN };

        if (poll(&p, 1, SLICE_MS) < 0 && errno != EINTR)
            return false;
        if (!p.revents)
            continue;
        if (!sl_buf_reserve(out, 4096))
            return false;
        n = read(from, out->ptr + out->len, 4096);
        if (n > 0)
            out->len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    return n == 0;
}

/* Does it end by itself, in time, and well? Where children are ignored nobody gets to know. */
static bool ended_well(pid_t pid, bool wait, uint64_t end)
{
    int status = 0;
    pid_t got = 0;

    while (wait && (got = waitpid(pid, &status, WNOHANG)) == 0 && sl_now_ms() < end)
        poll(NULL, 0, SLICE_MS / 10);
    if (got)
        return got < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return false;
}

static sluice_status run(struct sl_fetch *f, char *const *argv, struct sl_buf *out)
{
    uint64_t end = sl_now_ms() + PROCESS_MS;
    int ends[2], failed;
    bool heard;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return sl_fail(&f->err, SLUICE_E_AUTH, "credential_process: %s", strerror(errno));
    failed = spawn(argv, ends[1], &pid);
    close(ends[1]);
    heard = !failed && listen_to(ends[0], end, out);
    close(ends[0]);
    if (failed)
        return sl_fail(&f->err, SLUICE_E_AUTH, "credential_process: %.80s: %s", argv[0],
                       strerror(failed));
    if (ended_well(pid, heard, end))
        return SLUICE_OK;
    return sl_fail(&f->err, SLUICE_E_AUTH,
                   heard ? "credential_process: %.80s failed; run it by hand to see why"
                         : "credential_process: %.80s printed too much, or took too long",
                   argv[0]);
}

static sluice_status read_output(struct sl_fetch *f, sluice_span text)
{
    struct sl_aws_fetch *s = f->state;
    struct sl_json_error why;
    struct sl_json *tree;
    sluice_span copy = sl_arena_dup(&f->arena, text);
    sluice_status st;

    if (!copy.ptr)
        return SLUICE_E_NOMEM;
    st = sl_json_parse(copy, &f->arena, &tree, &why);
    if (st == SLUICE_E_NOMEM)
        return st;
    if (st < 0 || sl_json_int(sl_json_opt(tree, "Version"), 0) != 1)
        return sl_fail(&f->err, SLUICE_E_AUTH,
                       "credential_process printed no JSON object with Version 1");
    s->pair = sl_aws_pair_in(f, tree, "SessionToken");
    s->base = SL_AWS_PAIR;
    return SLUICE_OK;
}

sluice_status sl_aws_run_process(struct sl_fetch *f)
{
    struct sl_aws_fetch *s = f->state;
    char *argv[WORDS_MAX + 1];
    sluice_status st = words_of(f, s->process, argv);
    struct sl_buf out;

    if (st < 0)
        return st;
    sl_buf_init(&out, OUTPUT_CAP);
    st = run(f, argv, &out);
    if (st >= 0)
        st = read_output(f, sl_buf_span(&out));
    if (out.ptr)
        explicit_bzero(out.ptr, out.size);
    sl_buf_finish(&out);
    return st;
}
