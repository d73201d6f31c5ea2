/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes HTTP/2 in the gateway's listener: bytes of a client, cut in two, into a connection whose
 * handler answers, streams, holds or waits. Every request that began has to end. */
#include "fuzz.h"

#include "server/h2.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct event_base *base;
static struct gw_server *server;
static size_t running;
static struct gw_request *held;

static void end(struct gw_request *req)
{
    if (held == req)
        held = NULL;
    running--;
}

static void on_request(void *ctx, struct gw_request *req, const struct sl_http_head *head)
{
    char kind = head->target.len > 1 ? head->target.ptr[1] : 'h';

    (void)ctx;
    for (size_t i = 0; i < head->n_headers; i++) /* every byte is there */
        require(sl_http_name_ok(head->headers[i].name) && sl_http_value_ok(head->headers[i].value));
    running++;
    gw_request_set_user(req, kind == 'e' ? &running : NULL);
    if (kind == 'h') {
        gw_respond_simple(req, 200, NULL, 0, "text/plain", SL_SPAN("hello"));
        end(req);
    } else if (kind == 'c') {
        gw_respond_head(req, 200, head->headers, head->n_headers, 10);
        gw_respond_cut(req);
        end(req);
    } else if (kind == 'e') {
        gw_respond_head(req, 200, NULL, 0, -1);
    } else if (kind == 'o') {
        gw_request_hold(req);
        held = req;
    }
}

static enum gw_flow on_body(void *ctx, struct gw_request *req, sluice_span piece, bool last)
{
    bool echo = gw_request_user(req) != NULL;

    (void)ctx;
    if (echo)
        gw_respond(req, &piece, 1, last ? GW_LAST : 0);
    else if (last)
        gw_respond_simple(req, 200, NULL, 0, NULL, piece);
    if (last)
        end(req);
    return GW_GO;
}

static void on_drained(void *ctx, struct gw_request *req)
{
    (void)ctx, (void)req;
}

static void on_abort(void *ctx, struct gw_request *req, enum gw_abort why)
{
    (void)ctx, (void)why;
    end(req);
}

static void open_server(void)
{
    struct gw_server_options options = {
        .host = "127.0.0.1",
        .limits = { .head = 2048, .body = 4096 },
        .handler = { on_request, on_body, on_drained, on_abort },
    };

    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    require(base && gw_server_create(base, &options, &server, NULL) == SLUICE_OK);
}

static void turn(int fd)
{
    char text[4096];

    event_base_loop(base, EVLOOP_NONBLOCK);
    while (recv(fd, text, sizeof text, MSG_DONTWAIT) > 0)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The preface and empty settings; most inputs are frames behind them. */
    static const char begin[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
    const struct sockaddr_in peer = { .sin_family = AF_INET };
    struct gw_server_stats stats;
    size_t cut = fuzz_number(&data, &size, size);
    int pair[2];

    if (!server)
        open_server();
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    require(gw_conn_open(server, pair[0], (const struct sockaddr *)&peer, sizeof peer));
    if (size && data[0] != 'P')
        require(write(pair[1], begin, sizeof begin) == sizeof begin);
    cut = cut < size ? cut : size;
    require(write(pair[1], data, cut) == (ssize_t)cut);
    turn(pair[1]);
    if (held) {
        gw_request_resume(held);
        held = NULL;
    }
    if (write(pair[1], data + cut, size - cut) >= 0)
        turn(pair[1]);
    turn(pair[1]);
    close(pair[1]);
    event_base_loop(base, EVLOOP_NONBLOCK);
    gw_server_stats(server, &stats);
    require(running == 0 && stats.open == 0 && stats.idle == 0 && stats.buffered == 0);
    return 0;
}
