/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pivot.h - a client's request on its way into OpenAI's form: what a translator reads, and a writer
 * that keeps the place of each top-level member, so that what was written need not be read again.
 * What the extension members are is in docs/pivot.md.
 */
#ifndef SL_FORMAT_PIVOT_H
#define SL_FORMAT_PIVOT_H

#include "base/arena.h"
#include "base/status.h"
#include "format/json_tree.h"
#include "format/json_write.h"

#define SL_PIVOT_MEMBERS 64

struct sl_translation {
    /* in */
    const struct sl_json *root;  /* the client's body */
    const sluice_header *params; /* of path and query */
    size_t n_params;
    sluice_span model; /* as the client asked for it */
    sluice_span
        history; /* of a stored conversation: its items so far, a JSON list; ptr NULL = none */
    bool stream;
    bool background;            /* what is kept and run later is the host's matter */
    bool extended;              /* the provider knows the extension members */
    bool drop;                  /* leave out what cannot be said, where refusing is the rule */
    struct sluice_arena *arena; /* for the tree and for strings while translating */
    struct sluice_arena *keep;  /* what must outlive the request: echo */
    sluice_error *err;
    /* out */
    struct sl_json_out out;
    sluice_span echo; /* for the answer: sl_encoder.echo */
    struct {
        const char *name;
        size_t at, end; /* of its value in out.buf */
    } members[SL_PIVOT_MEMBERS];
    size_t n_members;
    bool too_many;
};

/* The object begins; a top-level member of that name (a literal) begins, its value is to be
 * written; the object ends. */
void sl_pivot_begin(struct sl_translation *t);
void sl_pivot_key(struct sl_translation *t, const char *name);
sluice_status sl_pivot_end(struct sl_translation *t);

bool sl_pivot_has(const struct sl_translation *t, sluice_span name);
/* Every member of the body that is not listed (NULL-terminated) and was not written under its name:
 * the dialect's own, for a provider that knows them. */
sluice_status sl_pivot_others(struct sl_translation *t, const char *const *said);

/* A member of the body copied under that name, if it is there and not null. */
void sl_pivot_copy(struct sl_translation *t, const char *from, const char *to);
/* "model", and "stream" with "stream_options" if it is one: every chat request has them. */
void sl_pivot_head(struct sl_translation *t);

/* Refuse: INVALID with a parameter, printf-like. The message is a sentence. */
sluice_status sl_pivot_refuse(struct sl_translation *t, const char *code, const char *message,
                              const char *param, ...) __attribute__((format(printf, 4, 5)));
/* The same for what the pivot or the provider has no word for: OK with `drop`. */
sluice_status sl_pivot_lacking(struct sl_translation *t, const char *param, ...)
    __attribute__((format(printf, 2, 3)));

/* A JSON value as the content of a JSON string: "{\"a\":1}" with the blanks between tokens left
 * out. */
void sl_pivot_quoted(struct sl_json_out *o, sluice_span json);
void sl_pivot_inside(struct sl_buf *b, sluice_span json); /* the same without the quotes */
/* A data: URL as a string value; both spans are insides of JSON strings. */
void sl_pivot_data_url(struct sl_json_out *o, sluice_span mime, sluice_span base64);
/* {"type":"text","text":INSIDE and the part is left open for more members. */
void sl_pivot_text_part(struct sl_json_out *o, sluice_span inside);
/* A tool that is a function, left open for more members: its description, parameters and whether
 * they are strict may be NULL. */
void sl_pivot_function(struct sl_json_out *o, const struct sl_json *name,
                       const struct sl_json *description, const struct sl_json *parameters,
                       const struct sl_json *strict);
/* A tool_choice that names a function. */
void sl_pivot_choose(struct sl_json_out *o, const struct sl_json *name);
/* An element of thinking_blocks begins with its type, the list with the first one (any: zeroed).
 * Element and list are the caller's to close. */
void sl_pivot_thought(struct sl_json_out *o, bool *any, bool opaque);
/* reasoning_effort for a budget of thinking tokens. */
const char *sl_pivot_effort(int64_t budget);

#endif
