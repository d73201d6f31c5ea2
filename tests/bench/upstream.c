/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upstream.c - a vendor for benchmarks: the cheapest HTTP/1.1 server that still answers like one.
 * One thread, keep-alive, a port for each way to answer. It trusts its clients and is no server for
 * anything else.
 *
 *   bench_upstream      prints "instant PORT", "delayed PORT" ..., and serves until killed
 *
 * The model in an answer is the way's name: a gateway that has models of these names relays bytes.
 */
#include "vendor/texts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 4096

struct conn {
    int fd;
    struct way *way;
    struct conn *next, *prev;
    bool waiting, answering, want_write;
    uint64_t due_us;
    size_t sent, piece; /* of the way's text */
    size_t body_left;   /* of a request with a length */
    bool in_body, chunked;
    char tail[5]; /* the last bytes of a chunked body */
    size_t head_len;
    char head[HEAD_MAX];
};

static struct way ways[] = {
    { .name = "instant" },
    { .name = "delayed", .wait_us = 60000 },
    { .name = "burst", .stream = true },
    { .name = "paced", .stream = true, .wait_us = 5000 },
    { .name = "slow", .stream = true, .wait_us = 2000000 },
    { .name = "claude", .claude = true },
    { .name = "claude_burst", .claude = true, .stream = true },
};
#define N_WAYS (sizeof ways / sizeof ways[0])

static int ep;
static char input[65536];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- who waits ---- */

static void wait_for(struct conn *c, uint64_t us)
{
    struct way *w = c->way;

    c->due_us = now_us() + us;
    c->waiting = true;
    c->next = NULL;
    c->prev = w->last;
    *(w->last ? &w->last->next : &w->first) = c;
    w->last = c;
}

static void stop_waiting(struct conn *c)
{
    struct way *w = c->way;

    if (!c->waiting)
        return;
    *(c->prev ? &c->prev->next : &w->first) = c->next;
    *(c->next ? &c->next->prev : &w->last) = c->prev;
    c->waiting = false;
}

static void conn_close(struct conn *c)
{
    stop_waiting(c);
    close(c->fd);
    free(c);
}

/* ---- answering ---- */

static bool watch(struct conn *c, bool write)
{
    struct epoll_event e = { .events = EPOLLIN | (write ? EPOLLOUT : 0u), .data.ptr = c };

    if (c->want_write == write)
        return true;
    c->want_write = write;
    return epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e) == 0;
}

/* Send up to the end of the piece that is due. false: the connection is gone. */
static bool answer(struct conn *c)
{
    const struct way *w = c->way;
    size_t until = w->wait_us ? w->ends[c->piece] : w->len;

    while (c->sent < until) {
        ssize_t n = send(c->fd, w->text + c->sent, until - c->sent, MSG_NOSIGNAL);

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return watch(c, true);
        if (n <= 0)
            return false;
        c->sent += (size_t)n;
    }
    if (!watch(c, false))
        return false;
    if (until < w->len) {
        c->piece++;
        wait_for(c, w->wait_us);
    } else {
        c->answering = false;
    }
    return true;
}

static bool begin_answer(struct conn *c)
{
    c->answering = true;
    c->sent = c->piece = 0;
    if (c->way->wait_us && !c->way->stream) {
        wait_for(c, c->way->wait_us);
        return true;
    }
    return answer(c);
}

/* ---- requests ---- */

/* The value of a header in lower or Upper-Case form, or NULL. */
static const char *find_header(const char *head, const char *lower, const char *upper)
{
    const char *p = strstr(head, lower);

    if (!p)
        p = strstr(head, upper);
    return p ? p + strlen(lower) : NULL;
}

/* Take a request's head from the bytes; how many of them it was. 0 = not all here. */
static size_t take_head(struct conn *c, const char *bytes, size_t len)
{
    size_t before = c->head_len, room = HEAD_MAX - 1 - before, n = len < room ? len : room;
    const char *end, *length;

    memcpy(c->head + before, bytes, n);
    c->head_len += n;
    c->head[c->head_len] = '\0';
    end = memmem(c->head, c->head_len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    n = (size_t)(end - c->head) + 4 - before;
    c->head[before + n] = '\0';
    c->head_len = 0;
    length = find_header(c->head, "\r\ncontent-length:", "\r\nContent-Length:");
    c->chunked = find_header(c->head, "\r\ntransfer-encoding:", "\r\nTransfer-Encoding:") != NULL;
    c->body_left = length ? strtoul(length, NULL, 10) : 0;
    memset(c->tail, 0, sizeof c->tail);
    c->in_body = true;
    return n;
}

/* A chunked body is over when it ends like one: clients here do not pipeline. */
static bool chunks_end(struct conn *c, const char *bytes, size_t len)
{
    for (size_t i = len > 5 ? len - 5 : 0; i < len; i++) {
        memmove(c->tail, c->tail + 1, 4);
        c->tail[4] = bytes[i];
    }
    return memcmp(c->tail, "0\r\n\r\n", 5) == 0;
}

static bool take(struct conn *c, const char *bytes, size_t len)
{
    while (len || (c->in_body && !c->chunked && c->body_left == 0)) {
        size_t n;

        if (!c->in_body) {
            n = take_head(c, bytes, len);
            if (n == 0)
                return c->head_len < HEAD_MAX - 1;
        } else if (c->chunked) {
            n = len;
            c->in_body = !chunks_end(c, bytes, len);
        } else {
            n = len < c->body_left ? len : c->body_left;
            c->body_left -= n;
            c->in_body = c->body_left > 0;
        }
        bytes += n;
        len -= n;
        if (!c->in_body && !begin_answer(c))
            return false;
        if (!c->in_body)
            return len == 0;
    }
    return true;
}

static bool readable(struct conn *c)
{
    ssize_t n = recv(c->fd, input, sizeof input, 0);

    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK;
    return n > 0 && take(c, input, (size_t)n);
}

/* ---- the loop ---- */

static void accept_all(struct way *w)
{
    for (;;) {
        int one = 1, fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct conn *c;
        struct epoll_event e = { .events = EPOLLIN };

        if (fd < 0)
            return;
        c = calloc(1, sizeof *c);
        if (!c)
            die("calloc");
        c->fd = fd;
        c->way = w;
        e.data.ptr = c;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) < 0)
            die("epoll_ctl");
    }
}

static void listen_on(struct way *w)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = w };

    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (w->fd < 0 || bind(w->fd, (struct sockaddr *)&at, sizeof at) < 0 ||
        listen(w->fd, 16384) < 0 || getsockname(w->fd, (struct sockaddr *)&at, &len) < 0 ||
        epoll_ctl(ep, EPOLL_CTL_ADD, w->fd, &e) < 0)
        die("listen");
    printf("%s %u\n", w->name, ntohs(at.sin_port));
}

/* Serve what is due; microseconds until the next, at most a second. */
static uint64_t serve_due(void)
{
    uint64_t now = now_us(), wait = 1000000;

    for (size_t i = 0; i < N_WAYS; i++) {
        struct conn *c;

        while ((c = ways[i].first) && c->due_us <= now) {
            stop_waiting(c);
            if (!answer(c))
                conn_close(c);
        }
        if (c && c->due_us - now < wait)
            wait = c->due_us - now;
    }
    return wait;
}

static struct way *way_of(void *ptr)
{
    for (size_t i = 0; i < N_WAYS; i++)
        if (ptr == &ways[i])
            return &ways[i];
    return NULL;
}

static void turn(void)
{
    struct epoll_event events[256];
    uint64_t wait = serve_due();
    int n = epoll_wait(ep, events, 256, (int)((wait + 999) / 1000));

    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;
        struct way *w = way_of(c);
        bool alive = true;

        if (w) {
            accept_all(w);
            continue;
        }
        if (events[i].events & EPOLLOUT)
            alive = answer(c);
        if (alive && (events[i].events & ~(uint32_t)EPOLLOUT))
            alive = readable(c);
        if (!alive)
            conn_close(c);
    }
}

int main(void)
{
    struct rlimit files;

    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (ep < 0)
        die("epoll_create1");
    for (size_t i = 0; i < N_WAYS; i++) {
        if (!make_text(&ways[i]))
            die("make_text");
        listen_on(&ways[i]);
    }
    fflush(stdout);
    for (;;)
        turn();
}
