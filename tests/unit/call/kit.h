/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit.h - calls against a scripted upstream, all on one event_base: what the upstream sends is a
 * text and how it is cut; what the client gets is gathered. Included by the tests of core/call and
 * core/api.
 */
#ifndef TEST_CALL_KIT_H
#define TEST_CALL_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sluice/sluice.h>
#include "base/buf.h"
#include "base/span.h"

/* What the n-th request to the upstream is answered with; the last one repeats. */
struct script {
    const char *answer[4];
    size_t length[4]; /* of answers that are no text; 0 = up to the first NUL */
    size_t piece;     /* bytes at a time; 0 = all at once */
    size_t cut;       /* one cut after this many bytes; 0 = none */
    bool close;       /* after the answer */
    bool stall;       /* do not answer */
};

struct kit {
    struct event_base *base;
    struct evconnlistener *listener;
    int port;
    struct script script;
    int requests, open;
    struct sl_buf seen; /* the last request's bytes */
    sluice *s;
    sluice_loop *loop;
};

/* What a client got. */
struct got {
    struct kit *kit;
    int head, done, status;
    int64_t length;
    char content_type[80], retries[16], fallbacks[16];
    char fields[2048]; /* "name: value\n" of all headers */
    struct sl_buf body;
    sluice_status result;
    sluice_error err;
    int64_t input_tokens, output_tokens;
    sluice_task task;
    int split;        /* headers whose value would end its line */
    int cancel_after; /* bytes() callbacks; 0 = never */
    int rooms;        /* so often there was room for the next piece of a body */
};

struct peer {
    struct kit *kit;
    size_t at, length;
    const char *answer;
    struct event *next;
};

static void peer_free(struct bufferevent *bev, struct peer *p)
{
    p->kit->open--;
    event_free(p->next);
    bufferevent_free(bev);
    free(p);
}

static void peer_event(struct bufferevent *bev, short what, void *arg)
{
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        peer_free(bev, arg);
}

static void peer_send(evutil_socket_t fd, short what, void *arg)
{
    struct bufferevent *bev = arg;
    struct peer *p;
    const struct script *s;
    size_t left, n;

    (void)fd;
    (void)what;
    bufferevent_getcb(bev, NULL, NULL, NULL, (void **)&p);
    s = &p->kit->script;
    left = p->length - p->at;
    n = s->piece && s->piece < left ? s->piece : left;
    if (s->cut > p->at && s->cut - p->at < n)
        n = s->cut - p->at;
    bufferevent_write(bev, p->answer + p->at, n);
    bufferevent_flush(bev, EV_WRITE, BEV_FLUSH);
    p->at += n;
    if (p->at < p->length) {
        struct timeval soon = { 0, 0 };

        event_add(p->next, &soon);
    }
}

static void peer_sent(struct bufferevent *bev, void *arg)
{
    struct peer *p = arg;

    if (p->answer && p->at == p->length && p->kit->script.close)
        peer_free(bev, p);
}

/* A whole request is here when its announced length is. */
static void peer_read(struct bufferevent *bev, void *arg)
{
    struct peer *p = arg;
    struct kit *k = p->kit;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL), length;
    size_t head, body = 0;
    int n;

    if (end.pos < 0)
        return;
    head = (size_t)end.pos + 4;
    length = evbuffer_search(in, "content-length: ", 16, NULL);
    if (length.pos >= 0)
        body = strtoul((char *)evbuffer_pullup(in, -1) + length.pos + 16, NULL, 10);
    if (evbuffer_get_length(in) < head + body)
        return;
    sl_buf_reset(&k->seen);
    sl_buf_add(&k->seen, sl_span((char *)evbuffer_pullup(in, -1), head + body));
    sl_buf_add_char(&k->seen, 0);
    evbuffer_drain(in, head + body);
    n = k->requests++;
    if (k->script.stall)
        return;
    while (n > 0 && (n > 3 || !k->script.answer[n]))
        n--;
    p->answer = k->script.answer[n];
    p->length = k->script.length[n] ? k->script.length[n] : strlen(p->answer);
    p->at = 0;
    peer_send(-1, 0, bev);
}

static void on_peer(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len,
                    void *arg)
{
    struct kit *k = arg;
    struct bufferevent *bev = bufferevent_socket_new(k->base, fd, BEV_OPT_CLOSE_ON_FREE);
    struct peer *p = calloc(1, sizeof *p);

    (void)l;
    (void)sa;
    (void)len;
    p->kit = k;
    p->next = event_new(k->base, -1, 0, peer_send, bev);
    k->open++;
    bufferevent_setcb(bev, peer_read, peer_sent, peer_event, p);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* text: a configuration in which %d stands for the upstream's port, once or twice. */
static void kit_open(struct kit *k, const char *text)
{
    struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof sin;
    sluice_options options = { .struct_size = sizeof options,
                               .plugin_path = TEST_BUILD_DIR "/lib/sluice/1" };
    sluice_error err = SLUICE_ERROR_INIT;
    char config[4096];

    memset(k, 0, sizeof *k);
    sl_buf_init(&k->seen, 64u << 20);
    k->base = event_base_new();
    k->listener = evconnlistener_new_bind(k->base, on_peer, k, LEV_OPT_CLOSE_ON_FREE, 64,
                                          (struct sockaddr *)&sin, sizeof sin);
    assert_non_null(k->listener);
    getsockname(evconnlistener_get_fd(k->listener), (struct sockaddr *)&sin, &len);
    k->port = ntohs(sin.sin_port);
    snprintf(config, sizeof config, text, k->port, k->port);
    options.config = sl_span_str(config);
    if (sluice_open(&options, &k->s, &err) < 0)
        fail_msg("sluice_open: %s", err.message);
    assert_int_equal(sluice_attach(k->s, k->base, &k->loop, &err), SLUICE_OK);
}

static void kit_close(struct kit *k)
{
    sluice_detach(k->loop);
    sluice_close(k->s, 0);
    evconnlistener_free(k->listener);
    for (int i = 0; i < 100 && k->open > 0; i++)
        event_base_loop(k->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    event_base_free(k->base);
    sl_buf_finish(&k->seen);
}

static void on_head(void *ctx, int32_t status, const sluice_header *h, size_t n, int64_t length)
{
    struct got *g = ctx;

    g->head++;
    g->status = status;
    g->length = length;
    for (size_t i = 0; i < n; i++) {
        snprintf(g->fields + strlen(g->fields), sizeof g->fields - strlen(g->fields),
                 "%.*s: %.*s\n", SL_FMT(h[i].name), SL_FMT(h[i].value));
        g->split += sl_span_find_char(h[i].value, '\n') < h[i].value.len;
        if (sl_span_eq(h[i].name, SL_SPAN("content-type")))
            snprintf(g->content_type, sizeof g->content_type, "%.*s", SL_FMT(h[i].value));
        if (sl_span_eq(h[i].name, SL_SPAN("x-litellm-attempted-retries")))
            snprintf(g->retries, sizeof g->retries, "%.*s", SL_FMT(h[i].value));
        if (sl_span_eq(h[i].name, SL_SPAN("x-litellm-attempted-fallbacks")))
            snprintf(g->fallbacks, sizeof g->fallbacks, "%.*s", SL_FMT(h[i].value));
    }
}

static void on_bytes(void *ctx, const sluice_span *parts, size_t n, uint32_t flags)
{
    struct got *g = ctx;

    (void)flags;
    for (size_t i = 0; i < n; i++)
        sl_buf_add(&g->body, parts[i]);
    if (g->cancel_after && --g->cancel_after == 0)
        sluice_cancel(g->kit->loop, g->task);
}

static void on_json(void *ctx, sluice_span object)
{
    struct got *g = ctx;

    sl_buf_add(&g->body, object);
    sl_buf_add_char(&g->body, '\n');
}

static void on_done(void *ctx, sluice_status status, const sluice_error *err,
                    const sluice_usage *usage)
{
    struct got *g = ctx;

    g->done++;
    g->result = status;
    if (err)
        g->err = *err;
    for (uint32_t i = 0; i < usage->n_counts; i++) {
        if (usage->counts[i].kind == SLUICE_USE_INPUT)
            g->input_tokens = usage->counts[i].n;
        if (usage->counts[i].kind == SLUICE_USE_OUTPUT)
            g->output_tokens = usage->counts[i].n;
    }
}

static void on_room(void *ctx)
{
    struct got *g = ctx;

    g->rooms++;
}

static const sluice_events kit_events = { .struct_size = sizeof(sluice_events),
                                          .head = on_head,
                                          .json = on_json,
                                          .bytes = on_bytes,
                                          .done = on_done,
                                          .room = on_room };

static void got_init(struct got *g, struct kit *k)
{
    memset(g, 0, sizeof *g);
    g->kit = k;
    sl_buf_init(&g->body, 64u << 20);
}

static void got_free(struct got *g)
{
    sl_buf_finish(&g->body);
}

static sluice_status kit_start(struct kit *k, struct got *g, const char *body, uint32_t flags,
                               sluice_error *err)
{
    sluice_request r = { .struct_size = sizeof r,
                         .operation = SL_SPAN("chat.completions"),
                         .flags = flags,
                         .body = sl_span_str(body) };

    return sluice_start(k->loop, &r, &kit_events, g, &g->task, err);
}

/* Start a call and run it to its end. */
static inline void kit_call(struct kit *k, struct got *g, const char *body)
{
    sluice_error err = SLUICE_ERROR_INIT;

    got_init(g, k);
    if (kit_start(k, g, body, SLUICE_CALL_WIRE, &err) < 0)
        fail_msg("sluice_start: %s", err.message);
    for (int i = 0; i < 100000 && !g->done; i++)
        event_base_loop(k->base, EVLOOP_ONCE);
    sl_buf_add_char(&g->body, 0);
    assert_int_equal(g->done, 1);
}

#define ONE_DEPLOYMENT                                                                             \
    "model_list:\n- model_name: m\n  litellm_params: {model: openai/vendor-model, "                \
    "api_base: 'http://127.0.0.1:%d/v1', api_key: sk-upstream-canary}\n"                           \
    "router_settings: {num_retries: 0}\n"
#define ASK "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define ASK_SSE                                                                                    \
    "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define HTTP_SSE "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define CHUNK(delta, finish)                                                                       \
    "data: "                                                                                       \
    "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"vendor-"        \
    "model\","                                                                                     \
    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish "}]}\n\n"
#define OUT_CHUNK(delta, finish)                                                                   \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","     \
    "\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" finish "}]}\n\n"

#endif
