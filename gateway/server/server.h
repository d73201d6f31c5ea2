/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - an HTTP server (1.1 and 2) on one libevent loop: listener, connections, requests,
 * answers. It knows messages, not routes. A client speaks HTTP/2 by beginning so (h2c by prior
 * knowledge), or after ALPN over TLS; each of its streams is a request like any other. One server
 * per worker thread, all on the same port.
 *
 * A REQUEST lives from on_request() until exactly one of these: gw_respond with GW_LAST (or
 * gw_respond_simple, gw_respond_cut) was called, or on_abort() returned. After that its pointer
 * must not be used; what is still to be written or read of it is the server's business.
 * Every function here is to be called on the loop's thread. Callbacks are made from the loop,
 * never from inside a gw_ function; only gw_server_destroy() calls on_abort().
 *
 * THE CLIENT LEAVES when it closes, resets, or half-closes (FIN) before its answer is complete:
 * on_abort(GW_LEFT) comes within the same turn of the loop, at every stage. A half-close counts as
 * leaving, as it does for uvicorn and nginx: nothing on the wire tells it from a closed tab. An
 * answer that is complete already is still written out.
 */
#ifndef GW_SERVER_H
#define GW_SERVER_H

#include <sluice_sdk/http1.h>
#include <sluice_sdk/span.h>

struct event_base;
struct gw_server;
struct gw_request;
struct gw_tls;

/* Zero means the default in brackets. */
struct gw_limits {
    size_t head;          /* bytes of a request head; beyond, 431 [64 KiB] */
    size_t line;          /* bytes of its first line; beyond, 414 [16 KiB] */
    uint64_t body;        /* bytes of a decoded body; beyond, 413 [100 MiB] */
    size_t out_high;      /* unsent bytes above which gw_respond says GW_HOLD [256 KiB] */
    size_t out_low;       /* unsent bytes below which on_drained comes [64 KiB] */
    size_t discard;       /* bytes of an unread body read past to keep a connection [64 KiB] */
    uint32_t connections; /* open at once; further ones wait in the backlog [no bound] */
    uint32_t head_ms;     /* from the first byte to the end of a head; also a new connection's
                             first byte and the TLS handshake [15 s] */
    uint32_t body_ms;     /* between two pieces of a body that is wanted [60 s] */
    uint32_t idle_ms;     /* between two requests [75 s] */
    uint32_t write_ms;    /* a client that takes nothing of what waits for it [60 s] */
    uint32_t linger_ms;   /* reading past what a refused client still sends [2 s] */
    uint32_t tick_ms;     /* how exactly times are kept: up to one tick late [1 s] */
};

enum gw_abort {
    GW_LEFT,      /* the client closed or reset the connection, or half-closed it */
    GW_STALLED,   /* body_ms or write_ms passed; answered with 408 if no answer had begun */
    GW_TOO_LARGE, /* more than limits.body; answered with 413 if no answer had begun */
    GW_MALFORMED, /* bad chunk framing; answered with 400 if no answer had begun */
    GW_SHUTDOWN   /* gw_server_destroy() */
};

enum gw_flow {
    GW_GO,  /* continue */
    GW_HOLD /* stop until told: from on_body until gw_request_resume(); from gw_respond until
               on_drained() */
};

struct gw_handler {
    /* The head is complete. *head and what its spans point to live until this returns. The body
     * follows by on_body() unless the request is answered, held (gw_request_hold), or the body was
     * taken (gw_request_take_body). */
    void (*on_request)(void *ctx, struct gw_request *req, const struct sl_http_head *head);
    /* A piece of the decoded body, borrowed. `last` comes exactly once, perhaps with an empty
     * piece, for every request whose head->body is not SL_HTTP_BODY_NONE. GW_HOLD: this piece is
     * taken, send no more until gw_request_resume(). Not called any more once the answer is
     * complete. */
    enum gw_flow (*on_body)(void *ctx, struct gw_request *req, sluice_span piece, bool last);
    /* After GW_HOLD from gw_respond: there is room again. */
    void (*on_drained)(void *ctx, struct gw_request *req);
    /* The request is over without a complete answer; see enum gw_abort. */
    void (*on_abort)(void *ctx, struct gw_request *req, enum gw_abort why);
    /* After GW_TELL: all of the answer has left for the client, or the connection ended before.
     * Once; of req only gw_request_user() may be asked. May be NULL without GW_TELL. */
    void (*on_sent)(void *ctx, struct gw_request *req, bool whole);
    /* A large part of the body is still to come: where may it be read to, *room bytes? What comes
     * is told by on_body() at once. NULL: nowhere in particular. May be NULL. */
    char *(*on_room)(void *ctx, struct gw_request *req, size_t *room);
    /* gw_server_drain() while the connection carries another protocol: come to an end. May be NULL
     * without gw_request_upgrade(). */
    void (*on_leave)(void *ctx, struct gw_request *req);
};

struct gw_server_options {
    const char *host; /* address or name; NULL = all, IPv6 included where there is any */
    uint16_t port;    /* 0 = a free one, see gw_server_port() */
    int backlog;      /* 0 = 1024 */
    bool alone;       /* nobody may listen there yet; without it, servers share the port */
    struct gw_limits limits;
    struct gw_tls *tls;        /* NULL = plain; shared by all servers, outlives them */
    const char *server_name;   /* value of the Server field; NULL = none. Outlives the server */
    struct gw_handler handler; /* copied */
    void *ctx;                 /* first argument of its functions */
};

/* Listens (SO_REUSEPORT) and accepts on `base` from now on. */
sluice_status gw_server_create(struct event_base *base, const struct gw_server_options *options,
                               struct gw_server **out, sluice_error *err);
uint16_t gw_server_port(const struct gw_server *s);
/* limits.body and limits.body_ms from now on; 0 leaves it as it is. */
void gw_server_limit_bodies(struct gw_server *s, uint64_t bytes, uint32_t ms);
/* Stop accepting, close idle connections; running requests end with Connection: close, upgraded
 * ones are told. `done` (may be NULL) is called once from the loop when no connection is left. */
void gw_server_drain(struct gw_server *s, void (*done)(void *ctx), void *ctx);
/* Closes everything at once; on_abort(GW_SHUTDOWN) for what still runs. */
void gw_server_destroy(struct gw_server *s);
/* Now and then: frees what was kept for the next connections and nobody needed since. */
void gw_server_age(struct gw_server *s);

struct gw_server_stats {
    uint64_t accepted, requests; /* since the start */
    uint64_t refused;            /* answered here: malformed, too large, timed out */
    uint64_t bytes_in, bytes_out;
    size_t open, idle; /* connections now; idle = between requests */
    size_t buffered;   /* bytes of input and output held for them now */
};
void gw_server_stats(const struct gw_server *s, struct gw_server_stats *out);

/* ---- a request --------------------------------------------------------------------------- */

void gw_request_set_user(struct gw_request *req, void *user);
void *gw_request_user(const struct gw_request *req);
void *gw_request_ctx(const struct gw_request *req); /* options.ctx */
/* sl_now_us() when its first byte was read. */
uint64_t gw_request_received_us(const struct gw_request *req);
/* "192.0.2.1" or "2001:db8::1", without port; lives as long as the request. */
sluice_span gw_request_peer(const struct gw_request *req);
bool gw_request_is_tls(const struct gw_request *req);
/* Only inside on_request(): when the whole body has arrived with the head already, *body is set
 * (borrowed until on_request returns), true is returned, and on_body() is not called. Always true,
 * with an empty span, when there is no body. */
bool gw_request_take_body(struct gw_request *req, sluice_span *body);
/* No on_body() before gw_request_resume(). A client that sent Expect: 100-continue is told to go
 * on when its body is wanted first: when on_request returns without holding, or at resume. */
void gw_request_hold(struct gw_request *req);
/* on_body() goes on, from the loop, not from inside this. */
void gw_request_resume(struct gw_request *req);

/* ---- its answer -------------------------------------------------------------------------- */

/* Status line and fields; copied and kept back until the first bytes or the end, and when the
 * length is not known until the end of this turn of the loop at most. Names and values must pass
 * sl_http_name_ok / sl_http_value_ok; a field that does not is left out, as are Connection,
 * Content-Length, Transfer-Encoding, Date and Keep-Alive, which are the server's. length: of the
 * body, or -1 when not known (chunked; HTTP/1.0: until close). Status 204, 304 and answers to HEAD
 * have no body whatever is written. Once per request.
 */
void gw_respond_head(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                     int64_t length);

#define GW_MORE 1u /* more follows in this turn of the loop: gather */
#define GW_LAST 2u /* the answer is complete; the request is over */
#define GW_TELL                                                                                    \
    4u /* with GW_LAST: GW_GO = the socket took all of it; GW_HOLD: on_sent() follows              \
        */

/* The next bytes of the body, written at once straight from `parts` together with the head if that
 * is still here; what the socket does not take is copied. GW_HOLD: above limits.out_high; it was
 * taken, but wait for on_drained() before writing more. When the client is gone, bytes are dropped
 * and on_abort() follows. A body shorter than its announced length cuts the connection; longer, the
 * excess is dropped. With GW_LAST the result says nothing, but for GW_TELL. */
enum gw_flow gw_respond(struct gw_request *req, const sluice_span *parts, size_t n, unsigned flags);
/* A whole answer; ends the request. content_type NULL = none. */
void gw_respond_simple(struct gw_request *req, int status, const sluice_header *headers, size_t n,
                       const char *content_type, sluice_span body);
/* Give up in mid-answer: what was written goes out, then the connection is closed without the end
 * of the body, so that the client knows. Ends the request. */
void gw_respond_cut(struct gw_request *req);

/* Answers 101: from here on the connection carries another protocol, until gw_respond with GW_LAST.
 * Bytes of the client come by on_body() as they are, at any length and never as the last;
 * gw_respond writes as it is. No time limits but write_ms. fields: besides Connection. Nothing may
 * have been answered. False: this request cannot (HTTP/2, HTTP/1.0, a body); it is still to be
 * answered. */
bool gw_request_upgrade(struct gw_request *req, const sluice_header *headers, size_t n);

/* ---- TLS --------------------------------------------------------------------------------- */

/* TLS 1.2 and up with a certificate chain and key in PEM files. [any thread] */
sluice_status gw_tls_create(const char *cert_file, const char *key_file, struct gw_tls **out,
                            sluice_error *err);
void gw_tls_destroy(struct gw_tls *tls);

#endif
