/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.h - a vendor that misbehaves in every way that was ever seen, a client that looks closely,
 * and what should come of it. One program: main.c starts the gateway between the two.
 */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What good answers say; in UTF-8 of two, three and four bytes. */
#define GOOD_TEXT                                                                                  \
    "g\xc3\xb6\xc3\xb6"                                                                            \
    "d morning, \xe2\x82\xac 5 \xf0\x9f\x98\x80"

/* One connection to the vendor, on which a request has been read. */
struct wire {
    int fd;
    bool stream; /* what was asked for */
    bool gone;   /* closed or reset by whoever answered */
};

/* What comes of a fault when nobody tries again. */
enum outcome {
    FINE,   /* it is no fault to a good reader */
    FAILS,  /* before anything reached the client: a status and an error body */
    BREAKS, /* amid a stream: an error event, and no terminator */
};

struct fault {
    const char *name;
    void (*serve)(struct wire *w);
    enum outcome plain, stream;
    int status;        /* of FAILS */
    bool again;        /* the same deployment may be asked again */
    int least_wait_ms; /* before it is */
    bool tells_wait;   /* the client gets a Retry-After */
    bool stalls, heavy;
};
extern const struct fault faults[];
extern const size_t n_faults;

/* ---- ways.c ---- */
void serve_good(struct wire *w);
extern size_t heavy_bytes; /* of the largest answer */

/* ---- upstream.c: the vendor. /cN/bad/... is faults, /cN/good/... is a good one ---- */
#define CASES_MOST 1024
struct calls {
    atomic_int bad, good; /* requests */
};
struct upstream {
    int fd, port;
    atomic_int open; /* connections */
    struct calls calls[CASES_MOST];
    /* Which fault the n-th case is, and after how many bad answers it gets better; 0 = never. */
    const struct fault *fault[CASES_MOST];
    int better_after[CASES_MOST];
    /* /cN/mix/... is any fault that is not heavy, so often; else a good one. */
    int mix_percent;
    atomic_int mixed;
};
extern struct upstream upstream;
int upstream_start(void); /* returns its port */
void send_all(struct wire *w, const void *data, size_t len);
void say(struct wire *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void drop(struct wire *w, bool reset);

/* ---- client.c ---- */
enum words { CHAT, MESSAGES, WORDS }; /* OpenAI's, Anthropic's */
struct answer {
    int status;       /* 0: none came */
    bool retry_after; /* the header was there */
    bool done;        /* a stream's terminator came, once and last */
    bool error_event; /* an error came amid a stream */
    bool error_body;  /* as the client's words have it, with all members */
    bool good;        /* GOOD_TEXT, all of it and nothing else */
    bool hung;
    int ms;
};
void client_ask(int port, enum words words, const char *model, bool stream, struct answer *out);
/* The text of a page; NULL when there is none. To be freed. */
char *client_get(int port, const char *path);

#endif
