/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks.h - steps of an answer (sluice_delta) as a list of blocks in the order they appeared: for
 * dialects whose answers are made of blocks, one after the other. A stream is written by a
 * block_writer as blocks begin, grow and end; a whole answer is written from the list. Both are
 * cut in the same way, so that one put together again equals the other.
 *
 * A call whose arguments are not complete when the next block begins is held open and what follows
 * waits: fragments of parallel calls may come mixed, and blocks must not.
 */
#ifndef SL_FORMAT_BLOCKS_H
#define SL_FORMAT_BLOCKS_H

#include "format/dialect/dialect.h"
#include "format/json_scan.h"

enum sl_block_kind {
    SL_BLOCK_TEXT,
    SL_BLOCK_REFUSAL,
    SL_BLOCK_THINKING,
    SL_BLOCK_OPAQUE, /* of thinking that is not ours to read: all of it is in extra */
    SL_BLOCK_TOOL
};

struct sl_block {
    struct sl_block *next;
    enum sl_block_kind kind;
    uint32_t number;         /* the vendor's */
    uint32_t index;          /* its place in the answer */
    sluice_span id, name;    /* of a call: insides of JSON strings */
    sluice_span extra;       /* members, raw, on one line */
    struct sl_buf text;      /* inside of a JSON string; of a call: the arguments */
    struct sl_buf signature; /* likewise */
    struct sl_buf notes;     /* annotations of a text: elements of a list, raw */
    size_t sent;             /* bytes of text that were written */
    bool begun, ended;
    sluice_span own_id; /* for dialects whose blocks have ids of their own; empty = none yet */
    char id_room[32];
    sluice_span kept; /* how the vendor wrote it, all of it, raw; ptr NULL = it did not */
};

struct sl_blocks {
    struct sl_block *first, *last;
    struct sl_block *current; /* the one that is being written */
    uint32_t n, n_tools;
    sluice_span finish;  /* OpenAI's word; empty = not told */
    struct sl_buf extra; /* members of the message that are no block's, raw */
    bool started, done;
};

/* What becomes of blocks in a stream; none of them fails but by the buffer. */
struct sl_block_writer {
    void (*begin)(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b);
    void (*text)(struct sl_encoder *e, struct sl_block *block, sluice_span inside,
                 struct sl_buf *b);
    void (*end)(struct sl_encoder *e, struct sl_block *block, struct sl_buf *b);
    bool keeps;          /* text is looked at again when a block ends */
    bool keeps_thoughts; /* that of thinking is */
};

/* NULL when the arena is full. */
struct sl_blocks *sl_blocks(struct sl_encoder *e);
/* writer NULL: gathered only. UPSTREAM: arguments of a call that never began, or that is over. */
sluice_status sl_blocks_step(struct sl_encoder *e, const struct sl_block_writer *writer,
                             const sluice_delta *d, struct sl_buf *b);
/* Nothing more comes: ends what is open. */
sluice_status sl_blocks_end(struct sl_encoder *e, const struct sl_block_writer *writer,
                            struct sl_buf *b);
/* The word to finish with: calls turn `stop` into `tool_calls`. */
sluice_span sl_blocks_finish_word(const struct sl_blocks *l);
/* A dialect's word for one of those. */
struct sl_stop_reason {
    const char *finish;
    sluice_span reason;
};
/* The one for the word to finish with; `otherwise`: none of them. */
sluice_span sl_blocks_reason(const struct sl_blocks *l, const struct sl_stop_reason *reasons,
                             size_t n, sluice_span otherwise);
/* The arguments of a call as a JSON object, in the arena; "{}" if they are none. */
sluice_span sl_block_object(const struct sl_block *block, struct sluice_arena *arena);

/* The data of an opaque block: the inside of a string; empty = it has none. */
sluice_span sl_block_data(const struct sl_block *block, struct sluice_arena *arena);
/* Citations of web pages among the notes of a text, one after the other; false: no more. it begins
 * zeroed, list with sl_block_notes(). */
sluice_span sl_block_notes(const struct sl_block *block, struct sluice_arena *arena);
bool sl_block_cited(struct sl_json_iter *it, sluice_span list, sluice_span *citation);
/* A member of the message that is no block's, raw; ptr NULL = it has none. */
sluice_span sl_blocks_extra(const struct sl_encoder *e, const char *name);

void sl_blocks_finish(struct sl_encoder *e);

#endif
