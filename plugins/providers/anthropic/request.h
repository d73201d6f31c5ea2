/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - how a call in OpenAI's chat form becomes a Messages body: members sorted (request.c),
 * messages walked into turns of blocks (messages.c, assistant.c, content.c), calls and results
 * paired (pairing.c), written (blocks.c); tools (tools.c, tools_write.c), response_format
 * (format.c, schema.c), reasoning (thinking.c). Everything lives in the exchange's arena; strings
 * stay escaped wherever they are only passed on.
 */
#ifndef ANTHROPIC_REQUEST_H
#define ANTHROPIC_REQUEST_H

#include "anthropic.h"

/* ---- turns of blocks ---- */

enum block_kind {
    B_TEXT,     /* text */
    B_THINKING, /* text, signature */
    B_REDACTED, /* text = its data */
    B_MEDIA,    /* source, title */
    B_TOOL_USE, /* key, id, name, input */
    B_RESULT,   /* key, id, content, is_error */
    B_RAW       /* text = a block in the vendor's own form, raw JSON */
};

enum source_kind { SOURCE_BASE64, SOURCE_URL, SOURCE_TEXT };

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
    enum source_kind source;
    bool document;          /* else an image */
    sluice_span media_type; /* plain */
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

/* ---- the request under way ---- */

/* Members that are looked at; request.c names them in this order. */
enum member {
    M_MESSAGES,
    M_MAX_TOKENS,
    M_MAX_COMPLETION_TOKENS,
    M_TEMPERATURE,
    M_TOP_P,
    M_TOP_K,
    M_STOP,
    M_STOP_SEQUENCES,
    M_SYSTEM,
    M_N,
    M_LOGPROBS,
    M_TOP_LOGPROBS,
    M_MODALITIES,
    M_AUDIO,
    M_MODERATION,
    M_TOOLS,
    M_TOOL_CHOICE,
    M_PARALLEL_TOOL_CALLS,
    M_FUNCTIONS,
    M_FUNCTION_CALL,
    M_RESPONSE_FORMAT,
    M_REASONING_EFFORT,
    M_THINKING,
    M_OUTPUT_CONFIG,
    M_USER,
    M_SAFETY_IDENTIFIER,
    M_METADATA,
    M_SERVICE_TIER,
    M_WEB_SEARCH_OPTIONS,
    MEMBERS
};

/* What becomes of tool_choice. */
enum choice { CHOICE_UNSET, CHOICE_AUTO, CHOICE_ANY, CHOICE_TOOL, CHOICE_NONE };

/* What the answer has to look like. */
enum answer_form {
    FORM_FREE,
    FORM_HINT,   /* asked for in words */
    FORM_NATIVE, /* output_config.format */
    FORM_TOOL    /* input of a forced tool */
};

struct request {
    sluice_exchange *x;
    const sluice_call *call;
    sluice_provider *self;
    struct sluice_arena *arena;
    sluice_error *err;
    const struct anthropic_family *family;
    struct anthropic_betas *betas;
    bool drop;

    const struct sl_json *m[MEMBERS]; /* NULL: absent or null */
    const sluice_header **extra;      /* members passed on as they are */
    size_t n_extra;

    struct blocks system;
    struct turn *first, *last;
    bool tool_history; /* tool blocks in the messages */

    const struct sl_json **tools; /* what is offered, in either form; NULL entries: filtered out */
    size_t n_tools;
    enum choice choice;
    sluice_span choice_name; /* escaped */
    bool no_parallel;

    enum answer_form form;
    const struct sl_json *schema;
    sluice_span schema_description; /* escaped */

    enum anthropic_effort effort;
    bool thinking_on;   /* by us or by the caller */
    bool thinking_lost; /* blocks of a tool turn are missing: off for this request */
    int64_t budget;     /* of manual thinking asked for by effort; 0 = none */
    int64_t max_tokens;
};

/* INVALID, naming the parameter: "messages.[2].content" and so on. */
sluice_status anthropic_bad(struct request *r, const char *code, const char *message,
                            const char *param, ...) __attribute__((format(printf, 4, 5)));
/* For a parameter the vendor lacks: OK when such are to be dropped, else INVALID. */
sluice_status anthropic_lacking(struct request *r, const char *param);
/* Decoded text of a string; empty when absent. Negative: out of memory. */
sluice_status anthropic_text(struct request *r, const struct sl_json *j, sluice_span *out);

/* ---- messages.c ---- */
sluice_status anthropic_messages(struct request *r);
/* The cache_control of a message, on the last of its blocks that may have one. */
void anthropic_cache_last(const struct sl_json *message, struct blocks *blocks);
/* Adds a message's blocks to the turn they belong to; a message without any leaves no trace. */
sluice_status anthropic_add(struct request *r, bool assistant, struct blocks results,
                            struct blocks rest);
/* Takes thinking blocks out of all turns, after pairing. */
void anthropic_drop_thinking(struct request *r);
struct block *anthropic_block_add(struct request *r, struct blocks *to, enum block_kind kind);
/* raw cache_control of a part, message or tool, in either spelling; empty = none. */
sluice_span anthropic_cache_control(const struct sl_json *j);
/* Is there anything but blanks in this escaped text? */
bool anthropic_blank(sluice_span inside);

/* ---- assistant.c ---- */
sluice_status anthropic_walk_assistant(struct request *r, const struct sl_json *m, size_t i);

/* ---- content.c ---- */
/* A message's content (string, parts, null) as blocks behind those in `to`. */
sluice_status anthropic_content(struct request *r, const struct sl_json *content, size_t message,
                                struct blocks *to);

/* ---- pairing.c ---- */
/* Ids made fit, results matched to calls, missing ones added, orphans turned into text. */
sluice_status anthropic_pair(struct request *r);

/* ---- blocks.c ---- */
void anthropic_write_system(struct request *r, struct sl_parts *b);
void anthropic_write_messages(struct request *r, struct sl_parts *b);

/* ---- sampling.c ---- */
sluice_status anthropic_write_sampling(struct request *r, struct sl_parts *b);
sluice_status anthropic_write_stop(struct request *r, struct sl_parts *b);

/* ---- tools.c ---- */
sluice_status anthropic_tools(struct request *r);
/* The object that holds name, description and parameters; NULL: in the vendor's own form. */
const struct sl_json *anthropic_function_of(const struct sl_json *tool);
sluice_span anthropic_name_of(const struct sl_json *tool); /* escaped */

/* ---- tools_write.c ---- */
sluice_status anthropic_write_tools(struct request *r, struct sl_parts *b);

/* ---- format.c ---- */
sluice_status anthropic_format(struct request *r);

/* ---- schema.c ---- */
/* Can the vendor's grammar hold this schema without losing what it allows? */
bool anthropic_schema_fits(const struct sl_json *schema);
void anthropic_write_schema(struct sl_parts *b, const struct sl_json *schema);

/* ---- thinking.c ---- */
sluice_status anthropic_thinking(struct request *r);
void anthropic_write_thinking(struct request *r, struct sl_parts *b);

#endif
