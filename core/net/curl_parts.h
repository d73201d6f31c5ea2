/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_parts.h - for net/ only: what the files of the libcurl transport share.
 *   curl.c         the transport: submit, pause, cancel
 *   curl_library.c libcurl itself, loaded by the first request
 *   curl_setup.c   the options of a request
 *   curl_events.c  libcurl's sockets and timer on the loop
 *   curl_answer.c  what libcurl received, handed on; how an exchange ends
 * Callbacks of libcurl only collect. The reader is called when libcurl has returned, so it may
 * submit, pause and cancel as it likes, and all that one turn brought comes to it as one piece.
 */
#ifndef SL_NET_CURL_PARTS_H
#define SL_NET_CURL_PARTS_H

#define CURL_DISABLE_TYPECHECK /* by macros of the functions' names */
#include <curl/curl.h>
#include "base/buf.h"
#include "format/http1_parse.h"
#include "net/transport.h"

#define SL_CURL_NAME_SIZE 280 /* "host:port" */

struct sl_curl_watch;

struct sl_curl {
    struct sl_transport base;
    struct sl_loop *loop;
    CURLM *multi;
    struct sl_timer timer;
    struct sl_defer now;           /* libcurl asked for a timeout of 0 */
    struct sl_list ready, serving; /* exchanges with something to hand on; in this round */
    struct sl_defer deliver;
    struct sl_curl_watch **watches; /* by descriptor */
    size_t n_watches;
    struct sl_curl_exchange *free_exchanges;
    unsigned n_free;
    sluice_header headers[SL_HTTP_HEADERS]; /* of the head being handed on */
};

struct sl_curl_exchange {
    struct sl_exchange base;
    struct sl_curl_exchange *next; /* when free */
    struct sl_curl *t;
    CURL *easy; /* kept with its options */
    struct curl_slist *fields;
    struct sl_exchange_events events;
    void *ctx;
    struct sl_list ready;
    sluice_span *parts;
    size_t n_parts;
    uint64_t length, sent; /* of the body */
    struct sl_buf head;    /* its lines */
    struct sl_buf got;     /* payload not handed on yet */
    struct sl_timer idle;
    uint64_t moved_us;
    uint32_t idle_ms, connect_ms;
    bool foreign, no_body, fresh;                    /* fresh: easy has no options yet */
    bool head_complete, head_given, paused, stalled; /* stalled: libcurl was told to wait */
    bool finished, added; /* the transfer is over; easy is in the multi */
    bool busy, dead;      /* handing on; cancelled meanwhile */
    bool not_public;
    CURLcode result;
    const char *fault;                  /* why we aborted the transfer */
    struct sl_upstream_options options; /* those that easy has; copies */
    char name[SL_CURL_NAME_SIZE];
    char error[CURL_ERROR_SIZE];
};

/* ---- curl_library.c ---- */

/* What is called of libcurl, without "curl_". */
#define SL_CURL_FUNCTIONS(X)                                                                       \
    X(global_init)                                                                                 \
    X(global_cleanup)                                                                              \
    X(slist_append)                                                                                \
    X(slist_free_all)                                                                              \
    X(easy_init)                                                                                   \
    X(easy_reset)                                                                                  \
    X(easy_setopt)                                                                                 \
    X(easy_getinfo)                                                                                \
    X(easy_pause)                                                                                  \
    X(easy_strerror)                                                                               \
    X(easy_cleanup)                                                                                \
    X(multi_init)                                                                                  \
    X(multi_setopt)                                                                                \
    X(multi_add_handle)                                                                            \
    X(multi_remove_handle)                                                                         \
    X(multi_socket_action)                                                                         \
    X(multi_info_read)                                                                             \
    X(multi_cleanup)

struct sl_curl_library {
#define X(name) __typeof__(curl_##name) *name;
    SL_CURL_FUNCTIONS(X)
#undef X
};
extern struct sl_curl_library sl_curl_library; /* filled behind the first hold */

sluice_status sl_curl_library_hold(sluice_error *err);
void sl_curl_library_drop(void);

/* ---- curl_setup.c ---- */

sluice_status sl_curl_set_up(struct sl_curl_exchange *x, const struct sl_http_out *out,
                             sluice_error *err);
void sl_curl_forget_options(struct sl_curl_exchange *x);

/* ---- curl_events.c ---- */

void sl_curl_events_init(struct sl_curl *t);
bool sl_curl_events_start(struct sl_curl *t); /* the multi is there */
void sl_curl_events_finish(struct sl_curl *t);
/* CURLOPT_CLOSESOCKETFUNCTION */
int sl_curl_close_socket(void *t, curl_socket_t fd);

/* ---- curl_answer.c ---- */

size_t sl_curl_on_header(char *line, size_t size, size_t n, void *x);
size_t sl_curl_on_write(char *bytes, size_t size, size_t n, void *x);
/* Collect the transfers that are over and hand everything on; not from inside libcurl. */
void sl_curl_collect(struct sl_curl *t);
void sl_curl_make_ready(struct sl_curl_exchange *x);
void sl_curl_on_idle(struct sl_timer *timer);
void sl_curl_on_deliver(struct sl_defer *d);

/* ---- curl.c ---- */

/* Back to the free ones. */
void sl_curl_release(struct sl_curl_exchange *x);

#endif
