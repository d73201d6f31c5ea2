/* SPDX-License-Identifier: Apache-2.0 */
/* family.c - what each family of models takes. A table, first match wins; a new model is a line. */
#include "bedrock.h"

#define BUDGET THINKING_BUDGET
#define ADAPTIVE THINKING_ADAPTIVE
#define NEVER THINKING_NEVER
#define CLAUDE(contains, thinking, output, structured, sampling, one, disable, forced)             \
    {                                                                                              \
        contains, MAKER_CLAUDE, JOB_CHAT, thinking, output, true, forced, structured, true, true,  \
            sampling, one, disable, "top_k"                                                        \
    }
#define OTHER(contains, maker, thinking, system, forced, structured, status, cache, top_k)         \
    {                                                                                              \
        contains, MAKER_##maker, JOB_CHAT, thinking, 0, system, forced, structured, status, cache, \
            true, false, false, top_k                                                              \
    }
#define JOB(part, who, what)                                                                       \
    {                                                                                              \
        .contains = part, .maker = MAKER_##who, .job = JOB_##what                                  \
    }

/* Which models have structured output and adaptive thinking changes often; where that is not known
 * the answer stands that every model of the family takes. */
static const struct bedrock_family families[] = {
    /* InvokeModel only */
    JOB("titan-embed-image", TITAN, TITAN_IMAGE),
    JOB("titan-embed", TITAN, TITAN),
    JOB("cohere.embed", COHERE, COHERE),
    JOB("titan-image", TITAN, CANVAS),
    JOB("nova-canvas", NOVA, CANVAS),
    JOB("stability.", STABILITY, STABILITY),
    JOB("multimodal-embeddings", NOVA, NOVA_EMBED),
    JOB("nova-embed", NOVA, NOVA_EMBED),
    /*     contains             thinking  output  struct sampl  one    disab  forced */
    CLAUDE("claude-sonnet-5-5", ADAPTIVE, 128000, true, false, true, false, false),
    CLAUDE("claude-opus-5-5", ADAPTIVE, 128000, true, false, true, false, false),
    CLAUDE("claude-fable-5", ADAPTIVE, 128000, true, false, true, false, true),
    CLAUDE("claude-haiku-5-5", ADAPTIVE, 128000, true, false, true, true, true),
    CLAUDE("claude-opus-5", ADAPTIVE, 128000, true, false, true, true, true),
    CLAUDE("claude-sonnet-5", ADAPTIVE, 128000, true, false, true, true, true),
    CLAUDE("claude-opus-4-8", ADAPTIVE, 128000, true, false, true, true, true),
    CLAUDE("claude-opus-4-7", ADAPTIVE, 128000, true, false, true, true, true),
    CLAUDE("claude-sonnet-4-6", ADAPTIVE, 64000, true, true, true, true, true),
    CLAUDE("claude-opus-4-6", ADAPTIVE, 128000, true, true, true, true, true),
    CLAUDE("claude-sonnet-4-5", BUDGET, 64000, true, true, true, true, true),
    CLAUDE("claude-opus-4-5", BUDGET, 64000, true, true, true, true, true),
    CLAUDE("claude-haiku-4-5", BUDGET, 64000, true, true, true, true, true),
    CLAUDE("claude-opus-4-1", BUDGET, 32000, false, true, true, true, true),
    CLAUDE("claude-sonnet-4", BUDGET, 64000, false, true, false, true, true),
    CLAUDE("claude-opus-4", BUDGET, 32000, false, true, false, true, true),
    CLAUDE("claude-3-7", BUDGET, 64000, false, true, false, true, true),
    CLAUDE("claude", NEVER, 4096, false, true, false, false, true),
    /*    contains          maker   thinking       system forced struct status cache top_k */
    OTHER("nova-2", NOVA, THINKING_NOVA, true, true, false, true, true, "topK"),
    OTHER("nova", NOVA, NEVER, true, true, false, true, true, "topK"),
    OTHER("gpt-oss", GPT_OSS, THINKING_EFFORT, true, true, true, false, false, NULL),
    OTHER("mistral-7b-instruct-v0", MISTRAL, NEVER, false, false, false, false, false, "top_k"),
    OTHER("mixtral-8x7b", MISTRAL, NEVER, false, false, false, false, false, "top_k"),
    OTHER("mistral", MISTRAL, NEVER, true, true, false, false, false, "top_k"),
    OTHER("titan", TITAN, NEVER, false, false, false, false, false, NULL),
    OTHER("cohere.command-text", COHERE, NEVER, false, false, false, false, false, "k"),
    OTHER("cohere.command-light", COHERE, NEVER, false, false, false, false, false, "k"),
    OTHER("cohere", COHERE, NEVER, true, false, false, false, false, "k"),
    OTHER("ai21.j2", OTHER, NEVER, false, false, false, false, false, "topKReturn"),
    OTHER("", OTHER, NEVER, true, false, false, false, false, "top_k"),
};

const struct bedrock_family *bedrock_family(sluice_span model)
{
    size_t i = 0;

    while (i + 1 < sizeof families / sizeof *families &&
           sl_span_find(model, sl_span_str(families[i].contains)) == model.len)
        i++;
    return &families[i];
}
