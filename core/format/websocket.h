/* SPDX-License-Identifier: Apache-2.0 */
/*
 * websocket.h - WebSocket frames (RFC 6455), both ways and for both ends: bytes become whole
 * messages, messages become frames. Strict: reserved bits, opcodes, lengths that are not the
 * shortest, masks where there must be none and none where there must be one, text that is no UTF-8
 * are faults, each with the code a connection is closed with. No extensions. Bytes to bytes: who
 * pings whom, and when, is the caller's.
 */
#ifndef SL_FORMAT_WEBSOCKET_H
#define SL_FORMAT_WEBSOCKET_H

#include "base/buf.h"

enum sl_ws_kind {
    SL_WS_TEXT = 1,
    SL_WS_BINARY = 2,
    SL_WS_CLOSE = 8,
    SL_WS_PING = 9,
    SL_WS_PONG = 10
};

/* Why a connection is closed. NO_CODE is only told, never sent. */
enum {
    SL_WS_NORMAL = 1000,
    SL_WS_GOING_AWAY = 1001,
    SL_WS_PROTOCOL_ERROR = 1002,
    SL_WS_UNSUPPORTED = 1003,
    SL_WS_NO_CODE = 1005,
    SL_WS_BAD_TEXT = 1007,
    SL_WS_POLICY = 1008,
    SL_WS_TOO_LARGE = 1009,
    SL_WS_INTERNAL = 1011
};

#define SL_WS_CONTROL_MOST 125 /* bytes of a ping, a pong, a close */
#define SL_WS_REASON_MOST 123

/* A message that has arrived whole; data is borrowed until the next one is asked for. */
struct sl_ws_message {
    enum sl_ws_kind kind;
    sluice_span data; /* CLOSE: the reason */
    uint16_t code;    /* CLOSE: NO_CODE when there was none */
};

struct sl_ws_reader {
    struct sl_buf message; /* what has come of it */
    uint64_t left;         /* bytes of the frame under way */
    uint64_t at;           /* bytes of it that were unmasked */
    const char *what;      /* a fault, in a sentence */
    uint16_t code;         /* and what to close with */
    bool from_client;
    bool in_frame, in_message, given;
    bool last;                 /* the frame under way is its message's last */
    uint8_t op;                /* of the frame under way */
    enum sl_ws_kind kind;      /* of the message under way */
    uint8_t n_head, n_control; /* bytes that are here */
    uint8_t need, low, high;   /* of a UTF-8 sequence: bytes to come, bounds of the next */
    unsigned char head[14];    /* of the frame under way */
    char control[SL_WS_CONTROL_MOST];
};

/* from_client: frames must be masked, else they must not. most: bytes of a message. */
void sl_ws_reader_init(struct sl_ws_reader *r, bool from_client, size_t most);
void sl_ws_reader_finish(struct sl_ws_reader *r);
/* The next message out of *in, which shrinks by what was used. OK; MORE: all of it was used;
 * INVALID: r->what and r->code say why, and nothing can follow; NOMEM. */
sluice_status sl_ws_next(struct sl_ws_reader *r, sluice_span *in, struct sl_ws_message *out);

/* Frames that pass by as they are: where they end. Zeroed at first, at an edge. */
struct sl_ws_passing {
    unsigned char head[14]; /* under way */
    uint8_t n_head;
    uint64_t left; /* bytes of the payload, once the head has passed */
};
/* Passes bytes up to the end of the frame under way, or all of them; returns how many. */
size_t sl_ws_pass(struct sl_ws_passing *p, sluice_span bytes);
static inline bool sl_ws_at_edge(const struct sl_ws_passing *p)
{
    return p->n_head == 0 && p->left == 0;
}

/* What stands before the payload of a frame. mask: of a client's; NULL = a server's. Returns how
 * many bytes that is. */
#define SL_WS_HEAD_MOST 14
size_t sl_ws_head(char out[SL_WS_HEAD_MOST], enum sl_ws_kind kind, uint64_t length,
                  const unsigned char mask[4]);
/* Masks bytes of a payload, or takes the mask off; at: how many came before them. */
void sl_ws_mask(const char *from, char *to, size_t n, const unsigned char mask[4], uint64_t at);
/* The payload of a close; a reason that is too long is cut between characters. Returns its length.
 */
size_t sl_ws_close_payload(char out[SL_WS_CONTROL_MOST], uint16_t code, sluice_span reason);

/* The handshake: is this a key, and the answer to it. */
bool sl_ws_key_ok(sluice_span key);
#define SL_WS_KEY 24
#define SL_WS_ACCEPT 28
void sl_ws_accept(sluice_span key, char out[SL_WS_ACCEPT]);

#endif
