/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - how a call in OpenAI's chat form becomes a Converse body: members sorted (request.c),
 * messages walked into turns of blocks (turns/turns.h, with the parts in content.c), written
 * (blocks.c); tools (tools.c, tools_write.c), response_format
 * (format.c), reasoning and the model's own fields (thinking.c, fields.c). Everything lives in the
 * exchange's arena; strings stay escaped wherever they are only passed on.
 */
#ifndef BEDROCK_REQUEST_H
#define BEDROCK_REQUEST_H

#include <turns/turns.h>
#include "bedrock.h"

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
    M_METADATA,
    M_REQUEST_METADATA,
    M_SERVICE_TIER,
    M_WEB_SEARCH_OPTIONS,
    M_FIELDS, /* additionalModelRequestFields */
    MEMBERS
};

struct request {
    struct sl_chat chat;
    struct turns turns; /* of the messages */
    sluice_exchange *x;
    sluice_provider *self;
    const struct bedrock_family *family;

    const struct sl_json *m[MEMBERS]; /* NULL: absent or null */
    const sluice_header **extra; /* passed on: members of Converse itself, the model's own fields */
    size_t n_extra;

    size_t n_documents; /* so far: their names are told apart */

    int64_t max_tokens; /* 0 = not said */
};

/* ---- request.c ---- */
/* Is this a member of Converse itself, not of the model's own fields? */
bool bedrock_is_converse(sluice_span name);

/* ---- content.c ---- */
/* turns.part: parts that the vendor knows. */
sluice_status bedrock_part(struct turns *turns, const struct sl_json *p, struct turns_place at,
                           struct blocks *to);

/* ---- media.c ---- */
/* Bytes, a fetched URL or a bucket's URI as a block; *what: why it is refused (INVALID). */
sluice_status bedrock_media(struct request *r, sluice_span url, bool file, sluice_span filename,
                            struct blocks *to, const char **what);

/* ---- blocks.c ---- */
sluice_status bedrock_finish_turns(struct request *r);
void bedrock_write_system(struct request *r, struct sl_parts *b);
void bedrock_write_messages(struct request *r, struct sl_parts *b);
void bedrock_write_cache_point(struct request *r, struct sl_parts *b, sluice_span cache);

/* ---- inference.c ---- */
sluice_status bedrock_write_inference(struct request *r, struct sl_parts *b);

/* ---- tools.c ---- */
sluice_status bedrock_tools(struct request *r);
/* The object that holds name, description and parameters; NULL: in the vendor's own form. */
const struct sl_json *bedrock_function_of(const struct sl_json *tool);
sluice_span bedrock_name_of(const struct sl_json *tool); /* escaped */
/* A tool of the model's maker, which goes among the model's own fields. */
bool bedrock_is_makers(const struct request *r, const struct sl_json *tool);

/* ---- tools_write.c ---- */
sluice_status bedrock_write_tools(struct request *r, struct sl_parts *b);

/* ---- format.c ---- */
sluice_status bedrock_format(struct request *r);
/* outputConfig, if there is anything to say in it. */
sluice_status bedrock_write_format(struct request *r, struct sl_parts *b);

/* ---- thinking.c ---- */
sluice_status bedrock_thinking(struct request *r);
/* Members of additionalModelRequestFields, into an open object. */
void bedrock_write_thinking(struct request *r, struct sl_parts *b);

/* ---- fields.c ---- */
void bedrock_write_fields(struct request *r, struct sl_parts *b);

#endif
