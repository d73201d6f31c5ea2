/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - one upstream exchange over HTTP: submit, head, data, done, pause, cancel.
 * Implementations stand side by side: http1.c (our client on raw sockets and OpenSSL, the hot
 * path), curl.c (libcurl: HTTP/2, proxies, unix sockets), replay.c (stored answers). [loop]
 * throughout. Knows nothing of models.
 */
#ifndef SL_NET_TRANSPORT_H
#define SL_NET_TRANSPORT_H

#include "net/jobs.h"
#include "net/loop.h"

/* How to reach and trust an origin; lives as long as a configuration, equal settings share one
 * object. */
struct sl_upstream_options {
    bool insecure;                        /* ssl_verify: false */
    bool http2;                           /* HTTP/2 is asked for: libcurl */
    const char *ca_file;                  /* NULL = the system's store */
    const char *client_cert, *client_key; /* PEM files; NULL = none */
    const char *proxy;                    /* http://, socks5://; NULL = none: libcurl */
};

/* Borrowed by submit(), except body, which stays readable until done() or cancel. */
struct sl_http_out {
    sluice_span method,
        url; /* absolute http:// or https:// URL; unix:///path.sock:/path for libcurl */
    const sluice_header
        *headers; /* all but host, content-length, connection, which the transport writes */
    size_t n_headers;
    const sluice_span *body; /* parts, sent one after the other; sl_http_out.n_body 0 = none */
    size_t n_body;
    uint64_t follows; /* bytes of the body that come by feed(), behind its parts; counted in its
                         length. Only where the class has feed() */
    const struct sl_upstream_options *options; /* NULL = defaults */
    uint32_t connect_ms;                       /* resolve + connect + handshake; 0 = 10 s */
    uint32_t idle_ms; /* no byte moved in either direction; 0 = none. The total is the caller's */
    /* SLUICE_REQ_FOREIGN: every address of the host must be public, else INVALID; neither proxies
     * nor unix sockets. */
    bool foreign;
    /* A WebSocket is asked for, with the fields of its handshake that are not Connection and
     * Upgrade. Accepted it is by a head with status 101: data() has what comes then, send() brings
     * what goes, done(OK) is the other end's close. For transports that have send(). */
    bool upgrade;
};

struct sl_http_in {
    int status;
    const sluice_header *headers; /* names in lower case; hop-by-hop ones are gone */
    size_t n_headers;
    int64_t length; /* of the body when known, else -1 */
    bool sent_all;  /* the request has left whole: its body is not read any more */
};

/* The reader. Callbacks come from the loop, never from inside submit(); after cancel() none comes.
 * A callback may cancel its exchange. */
struct sl_exchange_events {
    void (*head)(void *ctx, const struct sl_http_in *head);
    /* Body bytes, transfer coding removed, borrowed until it returns; all that one read brought.
     * more: the answer is complete with them, and done(OK) follows in this turn unless the reader
     * pauses, so a writer may wait for it. */
    void (*data)(void *ctx, sluice_span bytes, bool more);
    /* Last, once. OK: the answer is complete. UNAVAILABLE: no connection; UPSTREAM: refused, reset
     * or malformed; TIMEOUT; TRUNCATED: ended early. err says what in a sentence. sent: the request
     * had left at least in part, so the vendor may have acted on it. */
    void (*done)(void *ctx, sluice_status status, const sluice_error *err, bool sent);
    /* All that was given has left, and more of the body is to come; or there is room again for
     * send(). May be NULL without `follows` and `upgrade`. */
    void (*writable)(void *ctx);
};

struct sl_transport; /* one per loop and kind */
struct sl_exchange;  /* one running exchange; gone after done() or cancel */

struct sl_transport_class {
    const char *name; /* "http1", "curl" */
    sluice_status (*submit)(struct sl_transport *t, const struct sl_http_out *out,
                            const struct sl_exchange_events *events, void *ctx,
                            struct sl_exchange **x, sluice_error *err);
    /* Stops reading; the window closes upstream. While paused neither head() nor data() nor a
     * done(OK) comes, and time does not count as idle. */
    void (*pause)(struct sl_exchange *x, bool on);
    void (*cancel)(struct sl_exchange *x);   /* the connection is dropped at once */
    void (*destroy)(struct sl_transport *t); /* no exchange may be running */
    /* After a head with status 101: the next bytes, as they are; copied. LIMITED: too many wait
     * already, none of these was taken; give them again at writable(). UPSTREAM: none can go out
     * any more; done() tells. NULL: this transport never switches. */
    sluice_status (*send)(struct sl_exchange *x, sluice_span bytes);
    /* The next bytes of a body that follows, copied; returns how many of them there was room for.
     * Those that find none are given again at writable(). NULL: bodies have to be there whole. No
     * callback comes from inside. */
    size_t (*feed)(struct sl_exchange *x, sluice_span bytes);
};

/* First member of every implementation. */
struct sl_transport {
    const struct sl_transport_class *cls;
};
struct sl_exchange {
    const struct sl_transport_class *cls;
};

/* The two of a loop, and the one rule that chooses between them: http1 for plain http:// and
 * https://, curl for http2, proxies and unix sockets. */
struct sl_net {
    struct sl_transport *http1, *curl;
};
sluice_status sl_net_init(struct sl_net *n, struct sl_loop *l, struct sl_jobs *jobs,
                          sluice_error *err);
void sl_net_finish(struct sl_net *n);
struct sl_transport *sl_net_choose(struct sl_net *n, const struct sl_http_out *out);

sluice_status sl_http1_create(struct sl_loop *l, struct sl_jobs *jobs, struct sl_transport **out,
                              sluice_error *err);
sluice_status sl_curl_create(struct sl_loop *l, struct sl_transport **out, sluice_error *err);

#endif
