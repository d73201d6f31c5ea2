/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - how a call in OpenAI's chat form becomes a generateContent body: members sorted
 * (request.c), messages walked into turns of parts (messages.c, content.c), calls and responses
 * paired and written (turns.c); tools (tools.c), schemas (schema.c), generationConfig
 * (generation.c), reasoning (thinking.c). Everything lives in the exchange's arena.
 */
#ifndef GEMINI_REQUEST_H
#define GEMINI_REQUEST_H

#include "gemini.h"

/* ---- turns of parts ---- */

enum part_kind {
    P_TEXT,    /* text, signature */
    P_INLINE,  /* mime (plain), text = base64 */
    P_FILE,    /* mime (plain, may be empty), text = URI, inside */
    P_CALL,    /* id, name, json = args, signature */
    P_RESPONSE /* text = output, is_error, media */
};

struct part_list {
    struct part *head, *tail;
};

struct part {
    struct part *next;
    enum part_kind kind;
    sluice_span text, signature, id, name; /* inside of strings */
    sluice_span mime, json;
    bool is_error;
    struct part_list media; /* P_RESPONSE */
    struct part *response;  /* P_CALL */
};

struct turn {
    struct turn *next;
    bool model;
    struct part_list parts;
    const struct turn *calls; /* user: the turn whose calls are answered in front */
};

/* Members that are looked at; request.c names them in this order. */
enum member {
    M_MESSAGES,
    M_MAX_TOKENS,
    M_MAX_COMPLETION_TOKENS,
    M_TEMPERATURE,
    M_TOP_P,
    M_TOP_K,
    M_STOP,
    M_N,
    M_SEED,
    M_PRESENCE_PENALTY,
    M_FREQUENCY_PENALTY,
    M_LOGPROBS,
    M_TOP_LOGPROBS,
    M_MODALITIES,
    M_AUDIO,
    M_TOOLS,
    M_TOOL_CHOICE,
    M_PARALLEL_TOOL_CALLS,
    M_FUNCTIONS,
    M_FUNCTION_CALL,
    M_RESPONSE_FORMAT,
    M_REASONING_EFFORT,
    M_THINKING,
    M_SERVICE_TIER,
    M_METADATA,
    M_WEB_SEARCH_OPTIONS,
    M_SAFETY_SETTINGS,
    M_SAFETY_SETTINGS_NATIVE,
    M_CACHED_CONTENT,
    M_CACHED_CONTENT_NATIVE,
    M_GENERATION_CONFIG,
    MEMBERS
};

struct request {
    struct sl_chat *c;
    sluice_exchange *x;
    struct sl_parts *out;
    const struct gemini_model *model;
    const struct sl_json *m[MEMBERS]; /* NULL: absent or null */
    const sluice_header **extra;
    size_t n_extra;
    struct part_list system;
    struct turn *first, *last;
    struct turn *calls; /* the last model turn with calls */
    struct sl_chat_tools tools;
    bool native_tools;            /* besides functions */
    const struct sl_json *schema; /* of response_format; NULL = none */
    bool json;                    /* the answer is to be JSON */
    bool json_hint;               /* and that is said in words only */
};

/* ---- messages.c ---- */
sluice_status gemini_messages(struct request *r);
struct part *gemini_part(struct request *r, struct part_list *to, enum part_kind kind);
/* ---- content.c: a message's content as parts behind those in `to` ---- */
sluice_status gemini_content(struct request *r, const struct sl_json *content, size_t message,
                             struct part_list *to);
/* ---- turns.c ---- */
sluice_status gemini_turns(struct request *r); /* missing responses, first and empty turns */
void gemini_write_system(struct request *r);
void gemini_write_contents(struct request *r);
/* ---- tools.c ---- */
sluice_status gemini_tools(struct request *r);
sluice_status gemini_write_tools(struct request *r);
/* ---- schema.c ---- */

#define GEMINI_SCHEMA_ORDER 1u /* flags: say in which order properties are to come */
/* Does the vendor's subset hold all that this schema says? */
bool gemini_schema_fits(const struct sl_json *schema);
/* An object without properties at the root is not written: false. INVALID, naming param: it refers
 * to itself. */
bool gemini_schema_empty(const struct sl_json *schema);
sluice_status gemini_write_schema(struct request *r, const struct sl_json *schema, unsigned flags,
                                  const char *param);
/* ---- generation.c ---- */
sluice_status gemini_format(struct request *r);
sluice_status gemini_write_generation(struct request *r);
/* ---- thinking.c ---- */
sluice_status gemini_write_thinking(struct request *r);

#endif
