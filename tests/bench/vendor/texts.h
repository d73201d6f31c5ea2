/* SPDX-License-Identifier: Apache-2.0 */
/* texts.h - the ways in which the vendor of upstream.c answers, and what it says. */
#ifndef BENCH_VENDOR_TEXTS_H
#define BENCH_VENDOR_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS 100 /* of one stream as OpenAI's clients see it, without [DONE] */

/* One way to answer. The text is made once; answers are pieces of it. */
struct way {
    const char *name;
    bool stream;
    bool claude;      /* in Anthropic's words */
    uint64_t wait_us; /* before the answer, or between events; 0 = at once */
    int fd;
    char *text;
    size_t len;
    size_t ends[EVENTS + 8]; /* where each piece ends */
    size_t n_pieces;
    struct conn *first, *last; /* who waits; in order of time, because all wait equally long */
};

/* Head and body, as bytes of HTTP. False: out of memory, or too long. */
bool make_text(struct way *w);

#endif
