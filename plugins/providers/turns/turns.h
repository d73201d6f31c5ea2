/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.h - OpenAI's messages as turns of blocks that alternate between user and assistant, for
 * vendors whose requests are made of such (Messages, Converse): walked (messages.c, assistant.c,
 * content.c), calls and results paired (pairing.c), tools, form and thinking read (tools.c,
 * format.c, effort.c), lists written (write.c). The form of a block and of a tool, and the parts
 * that only one vendor knows, are the plugin's; answers have answer.h. Everything lives in one
 * arena; strings stay escaped.
 */
#ifndef TURNS_H
#define TURNS_H

#include <sluice_sdk/chat.h>
#include <sluice_sdk/parts.h>
#include <sluice_sdk/status.h>
#include "effort.h"

enum block_kind {
    B_TEXT,     /* text */
    B_THINKING, /* text, signature */
    B_REDACTED, /* text = its data */
    B_MEDIA,    /* text, and what the vendor calls it */
    B_TOOL_USE, /* key, id, name, input */
    B_RESULT,   /* key, id, content, is_error */
    B_RAW       /* text = a block in the vendor's own form, raw JSON */
};

enum source_kind { SOURCE_BASE64, SOURCE_URL, SOURCE_TEXT, SOURCE_FILE };

struct blocks {
    struct block *head, *tail;
    size_t n;
};

struct block {
    struct block *next;
    enum block_kind kind;
    sluice_span text;        /* inside of a string, escaped, unless said otherwise above */
    sluice_span signature;   /* escaped */
    sluice_span name, title; /* escaped */
    sluice_span key;         /* the caller's id, decoded */
    sluice_span id;          /* as it goes out: plain */
    sluice_span input;       /* raw JSON object */
    sluice_span cache;       /* raw cache_control; empty = none */
    /* B_MEDIA in Messages */
    enum source_kind source;
    bool document;          /* else an image */
    sluice_span media_type; /* plain */
    /* in Converse, where a document's name is plain and cleaned */
    const char *member; /* "image", "document", "video", "audio" */
    const char *format; /* "png", "pdf", ... */
    bool bucket;        /* text is an s3:// URI */
    struct blocks content;
    bool is_error;
    struct block *twin;   /* B_TOOL_USE: the next one of this turn with the same key */
    struct block *result; /* B_TOOL_USE: its result */
};

struct turn {
    struct turn *next;
    bool assistant;
    struct blocks results; /* go in front */
    struct blocks rest;
};

/* What becomes of tool_choice. */
enum turns_choice { CHOICE_UNSET, CHOICE_AUTO, CHOICE_ANY, CHOICE_TOOL, CHOICE_NONE };

/* What the answer has to look like. */
enum turns_form {
    FORM_FREE,
    FORM_HINT,   /* asked for in words */
    FORM_NATIVE, /* the vendor holds the model to the schema */
    FORM_TOOL    /* input of a forced tool */
};

/* Where a part stands, for errors. */
struct turns_place {
    size_t message, part;
};

struct turns {
    struct sl_chat *c;
    bool nine; /* ids of calls have nine letters and digits; else up to 64 */
    /* A part of a type that not all vendors share. */
    sluice_status (*part)(struct turns *r, const struct sl_json *p, struct turns_place at,
                          struct blocks *to);

    /* A tool: OK, and it is offered; MORE: it is left out; or why it is refused. */
    sluice_status (*tool)(struct turns *r, const struct sl_json *tool, const char *list, size_t i);
    sluice_span (*tool_name)(const struct sl_json *tool); /* escaped */
    bool forces;                                          /* the model can be made to call a tool */

    struct blocks system;
    struct turn *first, *last;
    bool tool_history; /* tool blocks in the messages */

    const struct sl_json **tools; /* what is offered, in either form; NULL entries: filtered out */
    size_t n_tools;
    enum turns_choice choice;
    sluice_span choice_name; /* escaped */
    bool no_parallel;

    enum turns_form form;
    const struct sl_json *schema;
    sluice_span schema_name, schema_description; /* escaped */
    sluice_span json_tool;                       /* FORM_TOOL: its name */

    enum turns_effort effort;
    bool thinks;        /* by us or by the caller */
    bool budgeted;      /* with a budget of tokens, if it thinks */
    bool thinking_lost; /* blocks of a tool turn are missing: off for this request */
    int64_t budget;     /* asked for by effort; 0 = none */
};

/* What a request says about tools; NULL: nothing. */
struct turns_offer {
    const struct sl_json *tools, *functions, *tool_choice, *function_call, *parallel;
};

/* ---- messages.c ---- */
/* All of them, paired: turns and system are filled. */
sluice_status turns_messages(struct turns *r, const struct sl_json *list);
/* The cache_control of a message, on the last of its blocks that may have one. */
void turns_cache_last(const struct sl_json *message, struct blocks *blocks);
/* Adds a message's blocks to the turn they belong to; a message without any leaves no trace. */
sluice_status turns_add(struct turns *r, bool assistant, struct blocks results, struct blocks rest);
/* Takes thinking blocks out of all turns, after pairing. */
void turns_drop_thinking(struct turns *r);
void turns_push(struct blocks *to, struct block *b);
/* Some text, where nothing at all is refused. */
sluice_status turns_placeholder(struct turns *r, struct blocks *to);
struct block *turns_block_add(struct turns *r, struct blocks *to, enum block_kind kind);
/* raw cache_control of a part, message or tool, in either spelling; empty = none. */
sluice_span turns_cache_control(const struct sl_json *j);

/* In front of what the turn holds but results. */
void turns_put_in_front(struct turn *t, struct blocks front);

/* ---- assistant.c ---- */
sluice_status turns_walk_assistant(struct turns *r, const struct sl_json *m, size_t i);

/* ---- content.c ---- */
/* A message's content (string, parts, null) as blocks behind those in `to`. */
sluice_status turns_content(struct turns *r, const struct sl_json *content, size_t message,
                            struct blocks *to);
sluice_status turns_refuse_part(struct turns *r, struct turns_place at, const char *code,
                                const char *message, const char *member);
/* Text that is not blank as a block; inside: of a JSON string. */
sluice_status turns_add_text(struct turns *r, sluice_span inside, sluice_span cache,
                             struct blocks *to);
/* A part that is a block of the vendor's own, as it came. */
sluice_status turns_raw_part(struct turns *r, const struct sl_json *p, struct blocks *to);

/* ---- tools.c ---- */
sluice_status turns_tools(struct turns *r, const struct turns_offer *o);
/* Must the model call a tool? */
bool turns_forced(const struct turns *r);

/* ---- format.c ---- */
/* format: response_format, or NULL. fits: can the vendor hold an answer to this schema? NULL: to
 * none. After turns_tools(). */
sluice_status turns_format(struct turns *r, const struct sl_json *format,
                           bool (*fits)(const struct sl_json *schema));

/* ---- effort.c ---- */
/* reasoning_effort, or NULL. */
sluice_status turns_read_effort(struct turns *r, const struct sl_json *effort);
/* Whether Claude thinks about this: own: the caller's `thinking`, or NULL: then by the effort, in
 * the way that the model knows. disable_ok: {"type":"disabled"} is accepted. After turns_format().
 */
void turns_think(struct turns *r, const struct sl_json *own, enum turns_thinking way,
                 bool disable_ok, const int64_t budgets[EFFORTS]);
/* The member `thinking`; budget 0: none. */
void turns_write_thinking(struct sl_json_out *o, const char *type, int64_t budget);

/* ---- pairing.c ---- */
/* Ids made fit, results matched to calls, missing ones added, orphans turned into text. */
sluice_status turns_pair(struct turns *r);

/* ---- write.c ---- */
/* One block, in the vendor's form. */
typedef void turns_write_fn(struct turns *r, struct sl_parts *b, const struct block *block);
void turns_write_blocks(struct turns *r, struct sl_parts *b, const struct blocks *blocks,
                        turns_write_fn *write);
/* The members `system`, if there is any, and `messages`. */
void turns_write_system(struct turns *r, struct sl_parts *b, turns_write_fn *write);
void turns_write_messages(struct turns *r, struct sl_parts *b, turns_write_fn *write);
/* A member whose value is the inside of a string. */
void turns_key_inside(struct sl_parts *b, const char *name, sluice_span inside);
/* The vendors insist on "type":"object" at the top; parameters may be NULL. */
void turns_write_schema(struct sl_parts *b, const struct sl_json *parameters);
/* A list under this name, if anything is left of `stop`: a string, a list of such or NULL. */
sluice_status turns_write_stop(struct turns *r, struct sl_parts *b, const char *name,
                               const struct sl_json *stop);
/* The tools that the history calls, each once, in the order of their names: the vendors want their
 * definitions although none is offered. */
sluice_status turns_called(const struct turns *r, sluice_span **names, size_t *n);
/* What tool_choice has to be: NONE when nothing is offered; *name: of CHOICE_TOOL. */
enum turns_choice turns_choice(const struct turns *r, bool offered, sluice_span *name);
/* FORM_TOOL: what the tool that carries the answer is for; inside. */
sluice_span turns_json_tool_description(const struct turns *r);

#endif
