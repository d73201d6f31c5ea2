/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2.h - a connection that speaks HTTP/2, and its streams, each of which is a request of server.h.
 * The inside of server.h beside conn.h, for h2.c, h2_stream.c, h2_head.c and those that hand over.
 *
 * nghttp2 knows frames, windows and priorities; this gives it bytes and takes bytes from it. Its
 * functions that submit something may be called at any time, those that read or write only from
 * gw_h2_receive(), gw_h2_work() and gw_h2_stop(), which no handler ever calls: what a handler does
 * is queued and goes out at the end of the turn. So a stream is never freed beneath a handler.
 */
#ifndef GW_H2_H
#define GW_H2_H

#include "server/conn.h"

#define GW_H2_STREAMS 128              /* open at once on a connection */
#define GW_H2_WINDOW (256u << 10)      /* bytes of a body on their way that nobody took yet */
#define GW_H2_ALL_WINDOW (1024u << 10) /* the same of a whole connection */
#define GW_H2_PREFACE_LEN 24

struct nghttp2_session;

struct gw_h2 {
    struct gw_conn *conn;
    struct nghttp2_session *session;
    struct sl_list streams;
    struct sl_list resumed; /* whose handler wants what was kept for it */
    size_t n_streams;
    uint32_t patience; /* frames without use that are still put up with */
    uint64_t patience_ms;
    uint32_t code; /* with `stop`: the error to leave with */
    bool stop;     /* end the connection at the next opportunity */
    bool going;    /* GOAWAY was sent: no further streams */
};

struct gw_stream {
    struct gw_request req;
    struct gw_h2 *h2;
    int32_t id;
    struct sl_list link, resumed;
    struct gw_timer timer;
    enum gw_timing timing;
    /* The head while it arrives: the values of the fields that have their own place (see
     * h2_head.c), the others as lines, cookies joined. */
    struct sl_buf special, fields, cookie;
    uint32_t special_at[3], special_len[3];
    size_t head_size; /* bytes of names and values seen, trailers included */
    struct sl_buf in; /* body that the handler has not taken */
    struct gw_out out;
    bool begun;    /* the head is complete */
    bool eof;      /* the client's side is complete */
    bool done;     /* the answer is complete in `out` */
    bool cut;      /* reset it when `out` is written */
    bool waiting;  /* nghttp2 waits to be told that there is something in `out` */
    bool progress; /* bytes moved since the timer was set */
};

/* h2.c */
/* Do these first bytes of a connection begin as an HTTP/2 client does? */
bool gw_h2_is_preface(const char *p, size_t n);
/* From now on the connection speaks HTTP/2, beginning with the preface. False: out of memory. */
bool gw_h2_open(struct gw_conn *c);
/* All of these bytes. The connection may be closing after this. */
void gw_h2_receive(struct gw_conn *c, const char *p, size_t n);
/* Hand on bodies that were resumed, write what there is room for, tell handlers of room. */
void gw_h2_work(struct gw_conn *c);
/* Leave with this error code (0 = none): running requests are aborted, then it closes. */
void gw_h2_stop(struct gw_conn *c, uint32_t code, enum gw_abort why);
/* Nobody reads answers any more, or (`reset` unset) only what is complete already. */
void gw_h2_left(struct gw_conn *c, bool reset);
void gw_h2_abort_all(struct gw_conn *c, enum gw_abort why);
void gw_h2_free(struct gw_conn *c);
/* End the connection from the loop, with this code. */
void gw_h2_fail(struct gw_h2 *h2, uint32_t code);

/* h2_stream.c */
struct gw_stream *gw_stream_create(struct gw_h2 *h2, int32_t id);
/* closed: its last frame was made. */
void gw_stream_free(struct gw_stream *st, bool closed);
/* The head is complete; `eof`: there is no body. */
void gw_stream_begin(struct gw_stream *st, bool eof);
void gw_stream_data(struct gw_stream *st, sluice_span piece);
void gw_stream_end(struct gw_stream *st);
void gw_stream_deliver_kept(struct gw_stream *st);
/* Tell the handler that its request is over; nothing if it is already. */
void gw_stream_gone(struct gw_stream *st, enum gw_abort why);
/* The same, and answer or reset. */
void gw_stream_abort(struct gw_stream *st, enum gw_abort why);
void gw_stream_tell_drained(struct gw_stream *st);
void gw_stream_settle(struct gw_stream *st);
void gw_stream_expired(struct gw_timer *t);

/* h2_head.c */
/* Another field of the head or, when it has begun, of the trailers, which are only counted. False:
 * there is too much of it. */
bool gw_stream_field(struct gw_stream *st, sluice_span name, sluice_span value);
/* The head as HTTP/1.1 writes it, so that one parser judges both. False: out of memory. */
bool gw_stream_text(struct gw_stream *st, struct sl_buf *out);
void gw_stream_forget_head(struct gw_stream *st);

#endif
