/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - one request to the gateway on a connection of its own, read to the end and judged. */
#include "faults.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 60 /* no limit of any case is near it: who needs longer hangs */

static int connect_to(int port)
{
    struct sockaddr_in sin = { .sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                               .sin_port = htons((uint16_t)port) };
    struct timeval patience = { PATIENCE_S, 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&sin, sizeof sin) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* All that comes until the peer closes, NUL-terminated; *hung: it did not. To be freed. */
static char *read_all(int fd, bool *hung)
{
    size_t len = 0, cap = 1u << 16;
    char *text = malloc(cap);
    ssize_t n = 0;

    while (text && (n = recv(fd, text + len, cap - len - 1, 0)) > 0) {
        len += (size_t)n;
        if (cap - len < 65536) {
            char *more = realloc(text, cap * 2);

            if (!more)
                break;
            text = more;
            cap *= 2;
        }
    }
    *hung = n < 0;
    if (text)
        text[len] = 0;
    return text;
}

static char *exchange(int port, const char *request, bool *hung)
{
    int fd = connect_to(port);
    char *text;

    *hung = false;
    if (fd < 0)
        return NULL;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
        close(fd);
        return NULL;
    }
    text = read_all(fd, hung);
    close(fd);
    return text;
}

/* Take the chunked coding off, in place; false: it has no proper end. */
static bool unchunk(char *body)
{
    char *out = body, *in = body;

    for (;;) {
        char *end;
        size_t size = strtoul(in, &end, 16);

        if (end == in || strncmp(end, "\r\n", 2) != 0)
            return false;
        in = end + 2;
        if (size == 0)
            break;
        memmove(out, in, size);
        out += size;
        in += size + 2;
    }
    *out = 0;
    return true;
}

static const struct {
    const char *path, *more; /* of the request */
    const char *text;        /* a member with a piece of the answer */
    const char *error;       /* what an error begins with, */
    const char *members[3];  /* and has */
    const char *before;      /* what stands before it amid a stream */
    const char *end;         /* a stream's last words */
} speech[WORDS] = {
    [CHAT] = { "/v1/chat/completions",
               "",
               "\"content\":\"",
               "{\"error\":{",
               { "\"message\":", "\"type\":", "\"code\":" },
               "data: ",
               "data: [DONE]\n\n" },
    [MESSAGES] = { "/v1/messages",
                   "\"max_tokens\":50,",
                   "\"text\":\"",
                   "{\"type\":\"error\",\"error\":{",
                   { "\"message\":", "\"type\":", "" },
                   "event: error\ndata: ",
                   "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n" },
};

/* The text of all pieces, one after the other, is GOOD_TEXT. */
static bool says_good(enum words words, const char *body)
{
    size_t name = strlen(speech[words].text);
    char text[200] = "";
    const char *p = body;

    while ((p = strstr(p, speech[words].text))) {
        const char *end = strchr(p += name, '"');

        if (!end || strlen(text) + (size_t)(end - p) >= sizeof text)
            return false;
        strncat(text, p, (size_t)(end - p));
        p = end;
    }
    return strcmp(text, GOOD_TEXT) == 0;
}

static bool has_all(const char *error, const char *const *members)
{
    for (int i = 0; i < 3; i++)
        if (!strstr(error, members[i]))
            return false;
    return true;
}

static void judge(enum words words, char *text, bool stream, struct answer *out)
{
    size_t before = strlen(speech[words].before);
    char *body = strstr(text, "\r\n\r\n"), *error, *done;

    if (!body || sscanf(text, "HTTP/1.1 %d", &out->status) != 1)
        return;
    *body = 0;
    body += 4;
    out->retry_after = strcasestr(text, "\nretry-after:") != NULL;
    if (strcasestr(text, "transfer-encoding: chunked") && !unchunk(body))
        return;
    error = strstr(body, speech[words].error);
    if (error && has_all(error, speech[words].members)) {
        out->error_body = error == body;
        out->error_event = stream && error >= body + before &&
                           strncmp(error - before, speech[words].before, before) == 0;
    }
    done = strstr(body, speech[words].end);
    out->done = done && done[strlen(speech[words].end)] == 0;
    out->good = says_good(words, body);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void client_ask(int port, enum words words, const char *model, bool stream, struct answer *out)
{
    char request[1024], body[400];
    int64_t begun = now_ms();
    char *text;

    *out = (struct answer){ 0 };
    snprintf(
        body, sizeof body,
        "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        model, stream ? "true" : "false");
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             speech[words].path, strlen(body), body);
    text = exchange(port, request, &out->hung);
    if (text)
        judge(words, text, stream, out);
    free(text);
    out->ms = (int)(now_ms() - begun);
}

char *client_get(int port, const char *path)
{
    char request[256], *text, *body;
    bool hung;

    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    text = exchange(port, request, &hung);
    body = text ? strstr(text, "\r\n\r\n") : NULL;
    if (!body) {
        free(text);
        return NULL;
    }
    memmove(text, body + 4, strlen(body + 4) + 1);
    return text;
}
