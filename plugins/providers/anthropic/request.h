/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - how a call in OpenAI's chat form becomes a Messages body: members sorted (request.c),
 * messages, tools and response_format read as turns of blocks (turns/turns.h, with the parts in
 * content.c), written (blocks.c, tools_write.c, schema.c), reasoning (thinking.c). Everything lives
 * in the exchange's arena; strings stay escaped wherever they are only passed on.
 */
#ifndef ANTHROPIC_REQUEST_H
#define ANTHROPIC_REQUEST_H

#include <turns/turns.h>
#include "anthropic.h"

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

struct request {
    struct sl_chat chat;
    struct turns turns; /* of the messages */
    sluice_exchange *x;
    sluice_provider *self;
    const struct anthropic_family *family;
    struct anthropic_betas *betas;

    const struct sl_json *m[MEMBERS]; /* NULL: absent or null */
    const sluice_header **extra;      /* members passed on as they are */
    size_t n_extra;

    int64_t max_tokens;
};

/* ---- content.c ---- */
/* turns.part: parts that the vendor knows. */
sluice_status anthropic_part(struct turns *turns, const struct sl_json *p, struct turns_place at,
                             struct blocks *to);

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

/* ---- schema.c ---- */
/* Can the vendor's grammar hold this schema without losing what it allows? */
bool anthropic_schema_fits(const struct sl_json *schema);
void anthropic_write_schema(struct sl_parts *b, const struct sl_json *schema);

/* ---- thinking.c ---- */
sluice_status anthropic_thinking(struct request *r);
void anthropic_write_thinking(struct request *r, struct sl_parts *b);

#endif
