/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http1.h - for net/ only: what the files of the HTTP/1.1 client share.
 *   http1.c          the transport: submit, pause, cancel, how an exchange ends
 *   http1_request.c  the head of a request
 *   http1_conn.c     one connection: opening, handshake, events
 *   http1_io.c       bytes out and in, plain or TLS
 *   http1_read.c     what arrived: head, data, end
 *   pool.c           origins and their idle connections
 */
#ifndef SL_NET_HTTP1_H
#define SL_NET_HTTP1_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include "base/buf.h"
#include "base/map.h"
#include "net/answer.h"
#include "net/connect.h"
#include "net/tls.h"
#include "net/transport.h"
#include "net/url.h"

#define SL_H1_READ_SIZE (64u << 10)
#define SL_H1_RECORD_SIZE (16u << 10) /* the most one TLS record holds */
#define SL_H1_INLINE_PARTS 6
#define SL_H1_FEED (256u << 10) /* of a body that follows, on its way to the kernel */

struct sl_h1 {
    struct sl_transport base;
    struct sl_loop *loop;
    struct sl_dns *dns;
    struct sl_tls *tls;
    struct sl_map origins;      /* by scheme and authority, then a chain by options */
    struct sl_list origin_uses; /* longest unused first */
    size_t n_idle;              /* idle connections of all origins */
    struct sl_h1_exchange *free_exchanges;
    struct sl_h1_head *free_heads;
    unsigned n_free_exchanges, n_free_heads;
    char *read_buf;           /* of whatever connection is being read; SL_H1_READ_SIZE */
    char *record;             /* gathers head and body for TLS; SL_H1_RECORD_SIZE */
    struct sl_http_head head; /* of the answer being read */
};

/* Where connections lead, and on which terms. */
struct sl_h1_origin {
    struct sl_h1_origin *next; /* the same place on other terms */
    struct sl_list use;        /* in h1->origin_uses */
    struct sl_h1 *h1;
    char *key;    /* "https://api.example.com" as in the URLs */
    char *host;   /* for resolver and certificate */
    char *name;   /* "api.example.com:443", for messages */
    char *fields; /* "host: ...\r\n" */
    size_t n_key, n_host, n_fields;
    struct sl_buf target; /* the last one that was found to be well-formed */
    uint16_t port;
    bool foreign;
    struct sl_tls_setup *setup; /* NULL = plain; holds the options */
    SSL_SESSION *session;
    struct sl_list idle; /* last used first */
    struct sl_timer expiry;
    size_t n_exchanges;
};

/* A request head, kept until the answer begins (a retry sends it again). */
struct sl_h1_head {
    struct sl_h1_head *next; /* when free */
    struct sl_buf text;
};

struct sl_h1_conn {
    struct sl_list node; /* in origin->idle */
    struct sl_h1_origin *origin;
    struct sl_h1_exchange *x; /* NULL = idle */
    int fd;
    SSL *ssl;
    struct event read_event;
    struct event *write_event; /* made when a socket is first full, which few ever are */
    struct sl_buf held; /* bytes that could not be used yet: half a head, or read while paused */
    uint64_t idle_since_us;
    bool reused, handshaking;
    bool reading, writing; /* the event is added */
    bool write_failed;     /* nothing more goes out, but an answer may still come in */
    bool busy, dead;       /* its struct is in use on the stack; is to be freed when it is not */
};

struct sl_h1_exchange {
    struct sl_exchange base;
    struct sl_h1_exchange *next; /* when free */
    struct sl_h1 *h1;
    struct sl_h1_origin *origin;
    struct sl_h1_conn *conn;       /* one of these two */
    struct sl_connect *connecting; /* */
    struct sl_exchange_events events;
    void *ctx;
    struct sl_h1_head *head; /* gone when the answer has begun */
    sluice_span *parts;      /* of the body */
    size_t n_parts;
    size_t n_head, total, written; /* bytes of the head; of all that is there; of them sent */
    struct sl_buf feed; /* of a body that follows: what was given last, until it has left */
    size_t fed_before;  /* bytes that had been given before it */
    uint64_t follows;   /* still to be given */
    bool fed;           /* something was: it cannot be sent again */
    bool hungry;        /* all of it has left */
    bool refused;       /* send() had no room */
    struct sl_defer pump;
    struct sl_answer answer;
    struct sl_timer timer;
    struct sl_defer resume;
    uint64_t moved_us; /* when a byte last moved */
    uint32_t connect_ms, idle_ms;
    bool retried, touched; /* touched: bytes have gone out, now or before the retry */
    bool paused;
    struct sl_buf duplex; /* after a switch of protocols: what is still to be sent */
    sluice_span inline_parts[SL_H1_INLINE_PARTS];
};

/* The request has left whole. */
static inline bool sl_h1_all_sent(const struct sl_h1_exchange *x)
{
    return x->written == x->total && !x->follows;
}

/* ---- http1.c ---- */

void sl_h1_drop_head(struct sl_h1_exchange *x);
/* The answer is complete; reusable: so is the connection. Calls done(). */
void sl_h1_end(struct sl_h1_exchange *x, bool reusable);
/* Drops the connection and calls done(). */
void sl_h1_fail(struct sl_h1_exchange *x, sluice_status status, const sluice_error *err);
void sl_h1_failf(struct sl_h1_exchange *x, sluice_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The connection broke: how, and why if TLS knows. Starts over on a fresh one if it was an old one
 * that had not yet answered; else fails. */
void sl_h1_broken(struct sl_h1_exchange *x, sluice_status status, const char *how, const char *why);

/* After a switch: what was sent of x->duplex is over, the rest is what is sent next. */
void sl_h1_duplex(struct sl_h1_exchange *x);

/* ---- http1_request.c ---- */

/* false with err: a field that must not be sent, or no memory. */
sluice_status sl_h1_build_head(struct sl_buf *out, const struct sl_http_out *request,
                               sluice_span target, const struct sl_h1_origin *origin,
                               uint64_t length, sluice_error *err);

/* ---- http1_conn.c ---- */

/* A connected descriptor becomes the connection of x, which is sent. */
void sl_h1_conn_start(struct sl_h1_exchange *x, int fd);
/* x goes out on an idle connection. */
void sl_h1_conn_reuse(struct sl_h1_conn *c, struct sl_h1_exchange *x);
/* What was given meanwhile goes out. */
void sl_h1_conn_pump(struct sl_h1_conn *c);
void sl_h1_conn_close(struct sl_h1_conn *c);
/* As much of what x has to send as goes out now. */
void sl_h1_conn_send(struct sl_h1_conn *c);
void sl_h1_conn_read_on(struct sl_h1_conn *c, bool on);
/* Reads what there is and hands it on; also after a pause. */
void sl_h1_conn_resume(struct sl_h1_conn *c);

/* ---- http1_io.c ---- */

enum sl_h1_io { SL_H1_DONE, SL_H1_WAIT, SL_H1_EOF, SL_H1_BROKEN };
/* Sends what is left of x: DONE, WAIT (for the write event, which is added), BROKEN. */
enum sl_h1_io sl_h1_send(struct sl_h1_conn *c);
/* DONE: *n > 0 bytes. full: there may be more at once. */
enum sl_h1_io sl_h1_recv(struct sl_h1_conn *c, char *buf, size_t size, size_t *n, bool *full);
enum sl_h1_io sl_h1_handshake(struct sl_h1_conn *c);
void sl_h1_want_write(struct sl_h1_conn *c);

/* ---- http1_read.c ---- */

/* Hands the bytes (and what was held) to the exchange of c. false: stop reading, it is over, paused
 * or c is gone. */
bool sl_h1_deliver(struct sl_h1_conn *c, char *bytes, size_t n);
/* The other end has closed (eof) or broken the connection. */
void sl_h1_closed(struct sl_h1_conn *c, bool eof);

/* ---- pool.c ---- */

/* *target: path and query of the URL, checked; may be empty or begin with '?'. */
sluice_status sl_h1_origin_find(struct sl_h1 *h1, const struct sl_http_out *out,
                                struct sl_h1_origin **result, sluice_span *target,
                                sluice_error *err);
void sl_h1_origins_finish(struct sl_h1 *h1);
/* The connection used last, or NULL. It is the caller's. */
struct sl_h1_conn *sl_h1_pool_take(struct sl_h1_origin *o);
void sl_h1_pool_put(struct sl_h1_conn *c, uint64_t now_us);
/* An idle connection has been closed by the other end. */
void sl_h1_pool_remove(struct sl_h1_conn *c);

#endif
