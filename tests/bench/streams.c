/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams.c - a client for benchmarks of streamed answers: opens streams, times the first piece of
 * text, counts events, and checks that each answer is complete.
 *
 *   bench_streams HOST PORT PATH MODEL CONNECTIONS SECONDS [HEADER: VALUE]...
 *       one stream after the other on each connection, for so long
 *   bench_streams HOST PORT PATH MODEL CONNECTIONS -SECONDS ...
 *       one stream on each connection; prints "open" when all have begun, and leaves after so long;
 *       with PATH "-" nothing is asked, and connected is begun
 *
 * Prints lines of "name value"; times in microseconds. Fails when an answer was not complete.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES 1000000
#define HEAD_MAX 8192
#define EVENTS 101 /* of a complete answer, [DONE] included */
#define ASIDE 30   /* seconds that streams which have begun may take to end */

/* Where in the chunked coding we are. */
enum place { IN_HEAD, IN_SIZE, IN_DATA, AFTER_DATA, IN_TRAILER };

struct conn {
    int fd;
    enum place place;
    uint64_t begun_us;
    size_t left; /* of a chunk */
    size_t line; /* bytes of a size or trailer line */
    unsigned events;
    bool newline, begun, spoken, running;
    char end[16]; /* the last bytes of data */
    size_t head_len;
    char head[HEAD_MAX];
};

static struct sockaddr_in to;
static char request[2048];
static size_t request_len;
static int ep;
static struct conn *conns;
static unsigned n_conns, n_begun;
static uint64_t streams, events, failed, n_first;
static uint32_t *first_us;
static bool stopping;
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

static void make_request(int argc, char **argv)
{
    char body[512], extra[1024] = "";
    size_t at = 0;
    int n = snprintf(body, sizeof body,
                     "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"You are "
                     "brief.\"},{\"role\":\"user\",\"content\":\"What is the weather like in the "
                     "west of the town?\"}],\"stream\":true,\"stream_options\":{"
                     "\"include_usage\":true}}",
                     argv[4]);

    for (int i = 7; i < argc; i++)
        at += (size_t)snprintf(extra + at, sizeof extra - at, "%s\r\n", argv[i]);
    if (at >= sizeof extra)
        die("too many headers");
    n = snprintf(request, sizeof request,
                 "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/json\r\n%s"
                 "Content-Length: %d\r\n\r\n%s",
                 argv[3], argv[1], argv[2], extra, n, body);
    if (n < 0 || (size_t)n >= sizeof request)
        die("the request is too long");
    request_len = (size_t)n;
}

static void begin_stream(struct conn *c)
{
    c->place = IN_HEAD;
    c->head_len = c->line = c->left = 0;
    c->events = 0;
    c->newline = c->begun = c->spoken = false;
    c->running = true;
    c->begun_us = now_us();
    if (send(c->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
        die("send");
}

static void open_conn(struct conn *c)
{
    int one = 1;
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e) < 0)
        die("epoll_ctl");
    if (request_len)
        begin_stream(c);
    else
        n_begun++;
}

static void lose(struct conn *c, const char *why)
{
    if (failed++ == 0)
        fprintf(stderr, "a stream failed: %s; %u events; it began with: %.300s\n", why, c->events,
                c->head);
    close(c->fd);
    c->fd = -1;
    c->running = false;
}

/* The first event has a role and no text: nobody waits for it, and some hold it back until there is
 * more. */
static bool has_text(const char *p, size_t len)
{
    static const char member[] = "\"content\":\"";
    size_t n = sizeof member - 1;
    const char *end = p + len, *at;

    while ((at = memmem(p, (size_t)(end - p), member, n)) && at + n < end) {
        if (at[n] != '"')
            return true;
        p = at + n;
    }
    return false;
}

/* Events are counted by their empty lines; the last bytes are kept. */
static void data(struct conn *c, const char *p, size_t len)
{
    size_t keep = len < sizeof c->end ? len : sizeof c->end;

    n_begun += !c->begun && len;
    c->begun = c->begun || len;
    if (!c->spoken && has_text(p, len)) {
        c->spoken = true;
        if (n_first < SAMPLES)
            first_us[n_first++] = (uint32_t)(now_us() - c->begun_us);
    }
    for (const char *q = p, *end = p + len; q < end; q++) {
        if (*q != '\n') {
            const char *next = memchr(q, '\n', (size_t)(end - q));

            c->newline = false;
            if (!next)
                break;
            q = next;
            c->newline = true;
        } else if (c->newline) {
            c->events++;
            events++;
            c->newline = false;
        } else {
            c->newline = true;
        }
    }
    memmove(c->end, c->end + keep, sizeof c->end - keep);
    memcpy(c->end + sizeof c->end - keep, p + len - keep, keep);
}

static void ended(struct conn *c)
{
    if (c->events != EVENTS || memcmp(c->end + 2, "data: [DONE]\n\n", 14) != 0)
        return lose(c, "incomplete");
    streams++;
    c->running = false;
    if (!stopping)
        begin_stream(c);
}

static const char *take_head(struct conn *c, const char *p, const char *end)
{
    while (p < end) {
        if (c->head_len == HEAD_MAX - 1) {
            lose(c, "a long head");
            return NULL;
        }
        c->head[c->head_len++] = *p++;
        if (c->head_len >= 4 && memcmp(c->head + c->head_len - 4, "\r\n\r\n", 4) == 0) {
            c->head[c->head_len] = '\0';
            if (strncmp(c->head, "HTTP/1.1 200", 12) != 0 || !strcasestr(c->head, "chunked")) {
                lose(c, "not a stream");
                return NULL;
            }
            c->place = IN_SIZE;
            c->line = 0;
            c->left = 0;
            return p;
        }
    }
    return p;
}

static void size_line(struct conn *c, char ch)
{
    if (ch == '\n') {
        c->place = c->left ? IN_DATA : IN_TRAILER;
        c->line = 0;
    } else if (ch != '\r') {
        c->left = c->left * 16 + (size_t)(ch <= '9' ? ch - '0' : (ch | 32) - 'a' + 10);
    }
}

static void take(struct conn *c, const char *p, size_t len)
{
    const char *end = p + len;

    while (p && p < end && c->running) {
        size_t n;

        switch (c->place) {
        case IN_HEAD:
            p = take_head(c, p, end);
            break;
        case IN_SIZE:
            size_line(c, *p++);
            break;
        case IN_DATA:
            n = (size_t)(end - p) < c->left ? (size_t)(end - p) : c->left;
            data(c, p, n);
            p += n;
            c->left -= n;
            if (c->left == 0)
                c->place = AFTER_DATA;
            break;
        case AFTER_DATA:
            if (*p++ == '\n')
                c->place = IN_SIZE;
            break;
        case IN_TRAILER:
            if (*p == '\n' && c->line == 0)
                ended(c);
            else if (*p != '\r')
                c->line = *p == '\n' ? 0 : c->line + 1;
            p++;
            break;
        }
    }
}

static unsigned running(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < n_conns; i++)
        n += conns[i].running;
    return n;
}

static void turn(int wait_ms)
{
    struct epoll_event es[256];
    int n = epoll_wait(ep, es, 256, wait_ms);

    for (int i = 0; i < n; i++) {
        struct conn *c = es[i].data.ptr;
        ssize_t got = recv(c->fd, input, sizeof input, MSG_DONTWAIT);

        if (got > 0)
            take(c, input, (size_t)got);
        else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            lose(c, "closed");
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void print(uint64_t us)
{
    qsort(first_us, n_first, sizeof *first_us, compare);
    printf("streams %llu\nevents %llu\nfailed %llu\nduration_us %llu\n",
           (unsigned long long)streams, (unsigned long long)events, (unsigned long long)failed,
           (unsigned long long)us);
    if (n_first)
        printf("first_p50 %u\nfirst_p99 %u\n", first_us[n_first / 2], first_us[n_first * 99 / 100]);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    uint64_t begun, until;
    double seconds;
    bool hold;

    if (argc < 7) {
        fprintf(stderr, "usage: see the top of streams.c\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    n_conns = (unsigned)strtoul(argv[5], NULL, 10);
    seconds = strtod(argv[6], NULL);
    hold = seconds < 0;
    to = (struct sockaddr_in){ .sin_family = AF_INET,
                               .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10)) };
    conns = calloc(n_conns, sizeof *conns);
    first_us = calloc(SAMPLES, sizeof *first_us);
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || !conns || !first_us || ep < 0)
        die("start");
    if (strcmp(argv[3], "-") != 0)
        make_request(argc, argv);
    begun = now_us();
    for (unsigned i = 0; i < n_conns; i++) {
        open_conn(&conns[i]);
        turn(0); /* so that no peer has to hold what was answered already */
    }
    if (hold) {
        until = now_us() + 20 * 1000000ull;
        while (n_begun + failed < n_conns && now_us() < until)
            turn(100);
        printf("open %u\n", n_begun);
        fflush(stdout);
    }
    until = (hold ? now_us() : begun) + (uint64_t)((hold ? -seconds : seconds) * 1e6);
    while (now_us() < until)
        turn(100);
    stopping = true;
    begun = now_us() - begun;
    until = now_us() + ASIDE * 1000000ull;
    while (!hold && running() && now_us() < until)
        turn(100);
    print(begun);
    return failed || (!hold && running()) || (hold && n_begun < n_conns);
}
