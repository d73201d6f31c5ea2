/* SPDX-License-Identifier: Apache-2.0 */
/* effort.h - how much reasoning a caller may ask for, and how models are made to. */
#ifndef TURNS_EFFORT_H
#define TURNS_EFFORT_H

#include <sluice_sdk/json.h>

/* In rising order. */
enum turns_effort {
    EFFORT_UNSET,
    EFFORT_NONE,
    EFFORT_MINIMAL,
    EFFORT_LOW,
    EFFORT_MEDIUM,
    EFFORT_HIGH,
    EFFORT_XHIGH,
    EFFORT_MAX,
    EFFORTS
};
/* EFFORTS when the word is none of them. */
enum turns_effort turns_effort(sluice_span word);
const char *turns_effort_name(enum turns_effort e);

enum turns_thinking {
    THINKING_NEVER,    /* the model knows no such thing */
    THINKING_BUDGET,   /* {"type":"enabled","budget_tokens":n} */
    THINKING_ADAPTIVE, /* {"type":"adaptive"} and output_config.effort */
    /* in Converse */
    THINKING_EFFORT, /* reasoning_effort, as OpenAI has it */
    THINKING_NOVA    /* reasoningConfig */
};

/* Tokens of thinking for each effort, on models that take a budget: as a configuration has them, or
 * the usual ones. */
void turns_budgets(const struct sl_json *config, int64_t budgets[EFFORTS]);
/* Of a config_schema: what turns_budgets() reads. */
#define TURNS_BUDGETS_SCHEMA                                                                       \
    "\"thinking_budgets\":{\"type\":\"object\",\"additionalProperties\":false,"                    \
    "\"description\":\"Tokens of thinking for each reasoning_effort, on models that take a "       \
    "budget.\","                                                                                   \
    "\"properties\":{\"minimal\":{\"type\":\"integer\"},\"low\":{\"type\":\"integer\"},"           \
    "\"medium\":{\"type\":\"integer\"},\"high\":{\"type\":\"integer\"},"                           \
    "\"xhigh\":{\"type\":\"integer\"},\"max\":{\"type\":\"integer\"}}}"

#endif
