/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - for net/ only: reads one HTTP/1.1 answer from the bytes of a connection. No sockets,
 * no allocation, no callbacks: the caller asks for the next event until the bytes are used up.
 */
#ifndef SL_NET_ANSWER_H
#define SL_NET_ANSWER_H

#include "format/http1_parse.h"

#define SL_ANSWER_HEAD_MAX (64u << 10) /* of all heads of one answer, interim ones included */

enum sl_answer_event {
    SL_ANSWER_MORE,   /* nothing yet: keep what is left of the input, come with more behind it */
    SL_ANSWER_HEAD,   /* *head is the final head, hop-by-hop fields taken out */
    SL_ANSWER_DATA,   /* *data is all the payload of the input, moved together within it */
    SL_ANSWER_END,    /* complete; what is left of the input does not belong to it */
    SL_ANSWER_INVALID /* *why */
};

struct sl_answer {
    bool to_head;    /* the request was HEAD */
    bool may_switch; /* it asked for another protocol */
    bool switched;   /* and got it: all that follows, up to the close, is payload */
    bool begun;      /* a byte of it was seen */
    bool in_body;
    bool keep_alive; /* the connection may be used again after END */
    enum sl_http_body body;
    uint64_t left; /* of a body with a length */
    bool ended;    /* the last payload was given out, END is next */
    size_t seen;   /* bytes of an incomplete head that were looked at */
    size_t heads;  /* bytes of heads that are over */
    struct sl_http_chunked chunked;
};

void sl_answer_init(struct sl_answer *a, bool to_head);
/* The input is modified, and shrinks by what was used. head is scratch that must not change between
 * HEAD and the use of it; its spans point into the input. */
enum sl_answer_event sl_answer_next(struct sl_answer *a, char **input, size_t *len,
                                    struct sl_http_head *head, sluice_span *data, const char **why);
/* Takes the fields that are only meant for this connection out of the list; returns how many stay.
 * Names are in lower case. */
size_t sl_answer_drop_hop_by_hop(sluice_header *headers, size_t n);
/* The connection has ended and the input is used up: is the answer complete by that? */
bool sl_answer_complete_at_close(const struct sl_answer *a);

#endif
