/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h - a connection and the request it carries; the inside of server.h, for server.c, conn.c,
 * request.c, respond.c and the files of h2.h only.
 *
 * HTTP/1.1 is here; a connection that turns out to speak HTTP/2 is handed to h2.h.
 * One request at a time: what the client sends behind it stays in the socket, or in `in` up to a
 * bound, until the answer is complete and written. Bytes are read into the server's one buffer and
 * handed on from there; only what nobody can take yet (half a head, a body that is held) is copied
 * to `in`, which is freed as soon as it is empty.
 */
#ifndef GW_CONN_H
#define GW_CONN_H

#include "server/out.h"
#include "server/server.h"
#include "server/tls.h"
#include "server/wheel.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/list.h>
#include <sluice_sdk/pool.h>

#define GW_READ_SIZE 65536          /* the server's read buffer */
#define GW_SPARE_CONN 1024          /* connection structs kept for reuse */
#define GW_DIRECT_LEAST 16384       /* of a body that is left: worth to be read where it belongs */
#define GW_DIRECT_MOST (256u << 10) /* in one go, so that others have their turn */

enum gw_stage {
    GW_IDLE,    /* between requests, nothing read */
    GW_HEAD,    /* part of a head is here */
    GW_REQUEST, /* the handler has it */
    GW_DISCARD, /* answered; the rest of its body is read past */
    GW_STREAMS, /* HTTP/2: see h2.h */
    GW_CLOSING, /* answered; closed when all is written */
    GW_LINGER,  /* written; the client is given time to read it */
    GW_CLOSED
};

enum gw_timing { GW_T_NONE, GW_T_HEAD, GW_T_IDLE, GW_T_BODY, GW_T_WRITE, GW_T_LINGER };

#define GW_TODO_FLUSH 1u /* bytes were gathered */
#define GW_TODO_INPUT 2u /* look at `in` again */
#define GW_TODO_ABORT 4u /* writing failed: tell the handler */
#define GW_TODO_LEAVE 8u /* upgraded, and the server drains: tell the handler */

/* How a request that is not HTTP/1.1's is served: what the functions of server.h do with it. The
 * checks they have in common (is it over already?) have been made. */
struct gw_protocol {
    struct gw_conn *(*conn)(const struct gw_request *req);
    void (*resume)(struct gw_request *req);
    void (*head)(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                 const char *content_type, int64_t length);
    enum gw_flow (*respond)(struct gw_request *req, const sluice_span *parts, size_t n,
                            unsigned flags);
    void (*cut)(struct gw_request *req);
};

struct gw_request {
    const struct gw_protocol *protocol; /* NULL = HTTP/1.1, whose functions are called directly */
    void *user;
    uint64_t received_us;
    struct sl_http_chunked chunked;
    uint64_t body_left; /* of Content-Length */
    uint64_t body_seen; /* decoded so far; once answered, discarded */
    uint64_t out_left;  /* of the announced length */
    enum sl_http_body body;
    bool active;      /* the handler may still use it */
    bool body_done;   /* the client's body was read to its end */
    bool held;        /* no on_body() now */
    bool expect;      /* waits for 100 Continue */
    bool taken;       /* gw_request_take_body() */
    bool to_head;     /* HEAD */
    bool minor;       /* HTTP/1.1 */
    bool keep;        /* the connection may stay */
    bool answering;   /* the head was written */
    bool bodyless;    /* the answer has no body */
    bool chunked_out; /* answered in chunks */
    bool upgraded;    /* no HTTP any more, both ways */
    bool full;        /* GW_HOLD was said: on_drained() is owed */
    bool unsent;      /* GW_HOLD was said to GW_TELL: on_sent() is owed */
};

struct gw_conn {
    struct event ev; /* the only one; re-assigned when its interest changes */
    struct gw_server *server;
    union {
        struct sl_list link; /* server->conns */
        struct sl_pooled pooled;
    };
    struct sl_list later; /* server->later */
    struct gw_timer timer;
    struct gw_io io;
    struct sl_buf in;
    size_t seen; /* bytes of `in` that were looked at for the end of a head */
    struct gw_out out;
    struct gw_request req;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
    char peer_text[INET6_ADDRSTRLEN];
    enum gw_stage stage;
    enum gw_timing timing;
    int queued;     /* GW_T_WRITE: bytes in the socket's buffer when the time-out began */
    short interest; /* what ev waits for */
    uint8_t todo;
    bool busy;        /* a callback of ours is at work on it: it must not be freed */
    bool fresh;       /* no byte was read yet */
    bool blocked;     /* the socket takes no more; wait for EV_WRITE */
    bool broken;      /* writing failed */
    bool ended;       /* the client's side is over (FIN) */
    bool progress;    /* bytes moved since the timer was set */
    struct gw_h2 *h2; /* GW_STREAMS */
    sluice_span look; /* inside on_request(): what came behind the head */
};

struct gw_server {
    struct event_base *base;
    struct gw_server_options options;
    struct gw_limits limits;
    size_t in_bound; /* a connection with so much in `in` is not read */
    int listener, reserve;
    uint16_t port;
    struct event listen_ev, pause_ev, tick_ev, later_ev;
    bool accepting, draining, in_callback;
    struct sl_list conns, later;
    struct sl_pool spare; /* connections that are closed */
    struct gw_block_pool pool;
    struct gw_wheel wheel, streams; /* timers of connections, and of streams of HTTP/2 */
    uint64_t ticked_ms;             /* sl_now_ms() up to which the wheel was turned */
    uint64_t date_until_us;
    char date[40]; /* "date: ...\r\n" */
    void (*drained)(void *ctx);
    void *drained_ctx;
    struct gw_server_stats stats;
    struct sl_http_head head; /* of the request being parsed */
    char buffer[GW_READ_SIZE];
    char scratch[GW_TLS_RECORD];
};

/* conn.c */
void gw_conn_pool_init(struct sl_pool *pool);
bool gw_conn_open(struct gw_server *s, int fd, const struct sockaddr *peer, socklen_t len);
void gw_conn_close(struct gw_conn *c);
/* Do what is on c->todo; at the end of a callback, or of the loop's turn. */
void gw_conn_work(struct gw_conn *c);
/* Timers and the event follow the state. To be called when the state changed outside of c's own
 * callbacks. */
void gw_conn_settle(struct gw_conn *c);
void gw_conn_later(struct gw_conn *c, unsigned todo);
void gw_conn_expired(struct gw_timer *t);
/* The answer is complete: write what waits, go on or close. c may be gone after this. */
void gw_conn_advance(struct gw_conn *c);
/* Write what waits. */
void gw_conn_flush(struct gw_conn *c);
/* All of it, as far as the socket takes it; the rest is copied. */
void gw_conn_write(struct gw_conn *c, const struct iovec *iov, size_t n);
/* There is room again: tell who was held back. */
void gw_conn_drained(struct gw_conn *c);
/* The server's list of connections with something to do. */
void gw_server_work(struct gw_server *s);
void gw_server_conn_gone(struct gw_server *s);

/* request.c */
/* Use up to n bytes at p; returns how many. */
size_t gw_conn_consume(struct gw_conn *c, char *p, size_t n);
/* End the running request without its answer. */
void gw_request_abort(struct gw_request *req, enum gw_abort why);
/* on_sent(), if it is owed. */
void gw_request_sent(struct gw_request *req, bool whole);
/* Its answer is complete: what becomes of the connection? */
void gw_request_finish(struct gw_request *req, bool cut);

/* respond.c */
/* Answer in the name of the server and close. */
void gw_respond_error(struct gw_conn *c, int status, const char *what);
void gw_respond_continue(struct gw_conn *c);
#define GW_ERROR_BODY 256
/* The body of such an answer, in text[GW_ERROR_BODY]. */
sluice_span gw_error_body(char *text, int status, const char *what);
/* The value of the Date field; of the server's, good for this turn of the loop. */
sluice_span gw_date(struct gw_server *s);
/* Well formed, and not one of those that the server writes itself? */
bool gw_field_is_free(sluice_span name, sluice_span value);

static inline void gw_conn_stage(struct gw_conn *c, enum gw_stage stage)
{
    c->server->stats.idle += (size_t)(stage == GW_IDLE) - (size_t)(c->stage == GW_IDLE);
    c->stage = stage;
}

static inline struct gw_conn *gw_conn_of(const struct gw_request *req)
{
    return SL_CONTAINER((uintptr_t)req, struct gw_conn, req);
}

/* Of whichever protocol; gw_conn_of() is for HTTP/1.1. */
static inline struct gw_conn *gw_any_conn_of(const struct gw_request *req)
{
    return req->protocol ? req->protocol->conn(req) : gw_conn_of(req);
}

#endif
