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
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
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

#define EVENTS 100 /* of one stream, without [DONE] */
#define TEXT_MAX 65536
#define HEAD_MAX 4096

/* One way to answer. The text is made once; answers are pieces of it. */
struct way {
    const char *name;
    bool stream;
    uint64_t wait_us; /* before the answer, or between events; 0 = at once */
    int fd;
    char *text;
    size_t len;
    size_t ends[EVENTS + 2]; /* where each piece ends */
    size_t n_pieces;
    struct conn *first, *last; /* who waits; in order of time, because all wait equally long */
};

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

/* ---- the texts ---- */

static const char more_headers[] = "date: Mon, 05 Jan 2026 10:00:00 GMT\r\n"
                                   "x-request-id: req_0123456789abcdef0123456789abcdef\r\n"
                                   "openai-version: 2020-10-01\r\n"
                                   "openai-processing-ms: 12\r\n"
                                   "x-ratelimit-limit-requests: 10000\r\n"
                                   "x-ratelimit-remaining-requests: 9999\r\n";

static void add(struct way *w, const char *text, size_t len)
{
    if (len > TEXT_MAX - w->len)
        die("the text is too long");
    memcpy(w->text + w->len, text, len);
    w->len += len;
}

static void end_piece(struct way *w)
{
    w->ends[w->n_pieces++] = w->len;
}

static void make_whole(struct way *w)
{
    char body[1024], head[512];
    int n = snprintf(
        body, sizeof body,
        "{\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":\"chat.completion\","
        "\"created\":1741569952,\"model\":\"%s\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
        "\"assistant\",\"content\":\"Near the town the water has about 19 degrees in June and 21 "
        "in "
        "August;\\nbehind the cape it is calm, and \\\"cold\\\" is a matter of taste.\","
        "\"refusal\":null,\"annotations\":[],\"audio\":null,\"function_call\":null,\"tool_calls\":"
        "null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"
        "\"prompt_tokens\":119,\"completion_tokens\":42,\"total_tokens\":161,"
        "\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
        "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
        "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},"
        "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_b376dfbbd5\"}\n",
        w->name);
    int h = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                     "content-length: %d\r\n%s\r\n",
                     n, more_headers);

    add(w, head, (size_t)h);
    add(w, body, (size_t)n);
    end_piece(w);
}

/* One event as one chunk of the transfer coding. */
static void add_event(struct way *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_event(struct way *w, const char *format, ...)
{
    char json[512], chunk[640];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(json, sizeof json, format, args);
    va_end(args);
    n = snprintf(chunk, sizeof chunk, "%x\r\ndata: %s\n\n\r\n", n + 8, json);
    add(w, chunk, (size_t)n);
}

static void make_stream(struct way *w)
{
    static const char stem[] =
        "{\"id\":\"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG\",\"object\":\"chat.completion.chunk\","
        "\"created\":1741570283,\"model\":\"%s\",\"system_fingerprint\":\"fp_fc9f1d7035\","
        "\"choices\":[";
    char begin[256], head[512];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
                     "transfer-encoding: chunked\r\n%s\r\n",
                     more_headers);

    snprintf(begin, sizeof begin, stem, w->name);
    add(w, head, (size_t)n);
    add_event(w,
              "%s{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
              "\"logprobs\":null,\"finish_reason\":null}]}",
              begin);
    end_piece(w);
    for (int i = 0; i < EVENTS - 3; i++) {
        add_event(w,
                  "%s{\"index\":0,\"delta\":{\"content\":\" word%02d\"},\"logprobs\":null,"
                  "\"finish_reason\":null}]}",
                  begin, i);
        end_piece(w);
    }
    add_event(w, "%s{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}",
              begin);
    end_piece(w);
    add_event(w,
              "%s],\"usage\":{\"prompt_tokens\":119,\"completion_tokens\":97,"
              "\"total_tokens\":216}}",
              begin);
    end_piece(w);
    add(w, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n", 24);
    w->ends[w->n_pieces - 1] = w->len; /* with the last event */
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
        ways[i].text = calloc(1, TEXT_MAX);
        if (!ways[i].text)
            die("calloc");
        (ways[i].stream ? make_stream : make_whole)(&ways[i]);
        listen_on(&ways[i]);
    }
    fflush(stdout);
    for (;;)
        turn();
}
