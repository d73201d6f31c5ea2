/* SPDX-License-Identifier: Apache-2.0 */
/* h2client.h - a client of world.h that speaks HTTP/2, with nghttp2; and one that sends frames made
 * by hand, for what nghttp2 would not send. */
#ifndef TEST_GATEWAY_H2CLIENT_H
#define TEST_GATEWAY_H2CLIENT_H

#include "world.h"

#include <nghttp2/nghttp2.h>

struct h2_answer {
    int status;
    char fields[1024]; /* "name: value\n" each */
    struct sl_buf body;
    bool ended, closed; /* END_STREAM came; the stream is over */
    uint32_t code;      /* of RST_STREAM */
    const char *up;     /* body to send */
    size_t up_len, up_sent;
    bool up_more; /* it goes on later: h2_more() */
};

struct h2client {
    struct client c;
    nghttp2_session *session;
    struct h2_answer answers[300]; /* of stream 2 * i + 1 */
    bool goaway;
    uint32_t goaway_code;
    bool hold; /* windows do not open by themselves */
};

void h2_open(struct h2client *h, struct world *w, bool tls, bool hold);
void h2_close(struct h2client *h);
/* extra: "name", "value", ..., NULL; may be NULL. body NULL = none. Returns the stream. */
int32_t h2_ask(struct h2client *h, const char *method, const char *path, const char *const *extra,
               const char *body, size_t len);
int32_t h2_get(struct h2client *h, const char *path);
/* The same with a body that h2_more() goes on with. */
int32_t h2_begin(struct h2client *h, const char *path, const char *body, size_t len);
void h2_more(struct h2client *h, int32_t id, const char *body, size_t len, bool last);
void h2_cancel(struct h2client *h, int32_t id);
struct h2_answer *h2_answer(struct h2client *h, int32_t id);
/* Send, receive, run the loop once. */
void h2_turn(struct h2client *h);
/* The stream has this answer, whole. */
void h2_got(struct h2client *h, int32_t id, int status, const char *body);

#define h2_until(h, condition)                                                                     \
    do {                                                                                           \
        for (int until_i = 0; !(condition); until_i++) {                                           \
            if (until_i > 20000)                                                                   \
                fail_msg("waited in vain for " #condition);                                        \
            h2_turn(h);                                                                            \
        }                                                                                          \
    } while (0)

/* ---- by hand ----------------------------------------------------------------------------- */

/* The preface and empty settings. */
void raw_open(struct client *c, struct world *w);
void raw_frame(struct sl_buf *b, int type, int flags, int32_t id, const char *payload, size_t len);
/* Without Huffman coding or the table: "name", "value", ..., NULL. */
void raw_headers(struct sl_buf *b, int flags, int32_t id, const char *const *fields);
void raw_send(struct client *c, struct sl_buf *b);
/* Until the server says goodbye and closes: the code. */
uint32_t raw_goaway(struct client *c);

#endif
