/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - a server, its handler and its clients in one thread: clients are non-blocking sockets,
 * and whoever waits for something runs the server's loop meanwhile. */
#ifndef TEST_GATEWAY_WORLD_H
#define TEST_GATEWAY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <event2/event.h>
#include <sluice_sdk/buf.h>
#include "server/server.h"

/*
 * What the handler does, by the request's target:
 *   /hello       answers "hello" at once
 *   /fields      answers with the fields of the head
 *   /echo        answers with the body when it is complete
 *   /stream      answers each piece of the body as a chunk
 *   /early       answers "early" without looking at the body
 *   /take        answers with the body if it is all there, else "no"
 *   /hold        holds the body back; the test resumes
 *   /wait        does nothing; the test answers world.req
 *   /big         begins a chunked answer and writes until told to hold, up to big_size bytes
 */
struct world {
    struct event_base *base;
    struct gw_server *server;
    struct gw_server_options options;
    struct gw_request *req; /* the last one; NULL when it is over */
    char target[64], method[16];
    int requests, aborts, drained, bodies;
    enum gw_abort why;
    struct sl_buf body;
    bool last, hold_pieces;
    bool direct;     /* bodies may be read to where they are kept, */
    size_t in_place; /* and so much of them was */
    int sent;        /* on_sent(), and what it said */
    bool whole;
    size_t big_size, big_sent;
    uint64_t turns; /* of the loop */
};

void world_open(struct world *w, const struct gw_limits *limits, struct gw_tls *tls);
void world_close(struct world *w);
void world_turn(struct world *w);

/* A self-signed certificate in two files made from these templates (mkstemp). */
void world_certificate(char *cert_file, char *key_file);

struct client {
    struct world *world;
    int fd;
    void *ssl;
    bool ended; /* the server closed, or reset */
    struct sl_buf got;
};

void client_open(struct client *c, struct world *w, bool tls);
void client_close(struct client *c);
void client_reset(struct client *c);
/* All of it, running the loop as needed. */
void client_send(struct client *c, const char *text);
void client_send_bytes(struct client *c, const char *bytes, size_t n);
/* Take what has come. */
void client_read(struct client *c);
/* Until what was received contains this text; fails after some seconds. */
void client_expect(struct client *c, const char *text);
/* Until the server closes. */
void client_expect_end(struct client *c);
/* Nothing but this has come, Date aside; forgets it. Waits for as many bytes. */
void client_got(struct client *c, const char *text);
void client_forget(struct client *c);

/* Run the loop until the condition holds; fails after some seconds. */
#define world_until(w, condition)                                                                  \
    do {                                                                                           \
        for (int until_i = 0; !(condition); until_i++) {                                           \
            if (until_i > 20000)                                                                   \
                fail_msg("waited in vain for " #condition);                                        \
            world_turn(w);                                                                         \
        }                                                                                          \
    } while (0)

#endif
