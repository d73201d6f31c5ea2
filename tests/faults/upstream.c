/* SPDX-License-Identifier: Apache-2.0 */
/* upstream.c - the vendor's sockets: a thread for each connection, one request on each. */
#include "faults.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MOST 65536

struct upstream upstream;

void send_all(struct wire *w, const void *data, size_t len)
{
    const char *p = data;

    while (len && !w->gone) {
        ssize_t n = send(w->fd, p, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        p += n;
        len -= (size_t)n;
    }
}

void say(struct wire *w, const char *fmt, ...)
{
    char text[8192];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    send_all(w, text, n > 0 && (size_t)n < sizeof text ? (size_t)n : 0);
}

/* The end of a connection; an abrupt one discards what is on its way to the peer's reader as well,
 * so what went before gets a moment. */
void drop(struct wire *w, bool reset)
{
    struct linger abrupt = { 1, 0 };

    if (w->gone)
        return;
    if (reset) {
        usleep(30000);
        setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    }
    close(w->fd);
    w->gone = true;
}

/* A whole request, with its body; false: the peer left. */
static bool read_request(int fd, char *text, size_t size)
{
    size_t len = 0, head = 0, body = 0;
    char *end;

    while (len < size - 1) {
        ssize_t n = recv(fd, text + len, size - 1 - len, 0);

        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = 0;
        if (!head && (end = strstr(text, "\r\n\r\n"))) {
            char *length = strcasestr(text, "\r\ncontent-length:");

            head = (size_t)(end - text) + 4;
            body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        }
        if (head && len >= head + body)
            return true;
    }
    return false;
}

static void answer_anyhow(struct wire *w)
{
    unsigned n = (unsigned)atomic_fetch_add(&upstream.mixed, 1) * 2654435761u;
    const struct fault *f = &faults[(n >> 8) % n_faults];

    if ((int)((n >> 20) % 100) >= upstream.mix_percent || f->heavy)
        serve_good(w);
    else
        f->serve(w);
}

static void answer(struct wire *w, const char *request)
{
    unsigned id;
    char role[8];
    int before;

    if (sscanf(request, "POST /c%u/%7[a-z]/", &id, role) != 2 || id >= CASES_MOST)
        return;
    w->stream = strstr(request, "\"stream\":true") != NULL;
    if (strcmp(role, "mix") == 0) {
        answer_anyhow(w);
        return;
    }
    if (!upstream.fault[id])
        return;
    if (strcmp(role, "good") == 0) {
        atomic_fetch_add(&upstream.calls[id].good, 1);
        serve_good(w);
        return;
    }
    before = atomic_fetch_add(&upstream.calls[id].bad, 1);
    if (upstream.better_after[id] && before >= upstream.better_after[id])
        serve_good(w);
    else
        upstream.fault[id]->serve(w);
}

static void *serve(void *arg)
{
    struct wire w = { .fd = (int)(intptr_t)arg };
    char *request = malloc(REQUEST_MOST), rest[4096];

    if (request && read_request(w.fd, request, REQUEST_MOST))
        answer(&w, request);
    free(request);
    if (!w.gone) { /* what the peer still sends is read, so that the end is no reset */
        shutdown(w.fd, SHUT_WR);
        while (recv(w.fd, rest, sizeof rest, 0) > 0)
            continue;
        close(w.fd);
    }
    atomic_fetch_sub(&upstream.open, 1);
    return NULL;
}

static void *accept_all(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(upstream.fd, NULL, NULL);
        pthread_t thread;

        if (fd < 0)
            continue;
        atomic_fetch_add(&upstream.open, 1);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0) {
            close(fd);
            atomic_fetch_sub(&upstream.open, 1);
        } else {
            pthread_detach(thread);
        }
    }
    return NULL;
}

int upstream_start(void)
{
    struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof sin;
    pthread_t thread;

    upstream.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(upstream.fd, (struct sockaddr *)&sin, sizeof sin) < 0 ||
        listen(upstream.fd, 512) < 0 ||
        getsockname(upstream.fd, (struct sockaddr *)&sin, &len) < 0 ||
        pthread_create(&thread, NULL, accept_all, NULL) != 0) {
        perror("upstream");
        exit(2);
    }
    pthread_detach(thread);
    upstream.port = ntohs(sin.sin_port);
    return upstream.port;
}
