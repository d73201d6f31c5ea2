/* SPDX-License-Identifier: Apache-2.0 */
/*
 * think.h - content that begins with thoughts in tags, <think>...</think>, taken apart, however a
 * stream cuts it. Text is the inside of JSON strings and stays as it is escaped; what a cut leaves
 * open (half a tag) is kept as a number and not shown before it is known what it is.
 */
#ifndef COMPAT_THINK_H
#define COMPAT_THINK_H

#include <sluice/sluice.h>

#include <stdbool.h>
#include <stdint.h>

/* What is known of one choice; zero at the beginning. */
struct think {
    uint8_t phase, matched; /* matched: bytes of the tag in question */
    bool longer;            /* the tag is <thinking> */
};

#define THINK_PIECES 8
struct pieces {
    sluice_span at[THINK_PIECES];
    size_t n;
};
struct halves {
    struct pieces text, thought;
};

/* One piece of content. last: no other comes. false: it is text as it stands, and *out is not
 * filled. */
bool oc_think_split(struct think *t, sluice_span inside, bool last, struct halves *out);

#endif
