/* SPDX-License-Identifier: Apache-2.0 */
/* family.c - what each family of models takes and how long it may answer. A table, first match
 * wins; a new model is a new line. */
#include "anthropic.h"

#define ADAPTIVE THINKING_ADAPTIVE
#define BUDGET THINKING_BUDGET
#define NEVER THINKING_NEVER

/* max_output is also the default of max_tokens: where sources differ the smaller figure stands,
 * since a larger one makes the vendor refuse the call. */
static const struct anthropic_family families[] = {
    /* contains            output  thinking  struct sampl  one    disab  betw   forced xhigh  max */
    { "claude-sonnet-5-5", 128000, ADAPTIVE, true, false, true, false, true, false, true, true },
    { "claude-opus-5-5", 128000, ADAPTIVE, true, false, true, false, false, false, true, true },
    { "claude-haiku-5-5", 128000, ADAPTIVE, true, false, true, true, false, true, true, true },
    { "claude-opus-5", 128000, ADAPTIVE, true, false, true, true, false, true, true, true },
    { "claude-fable-5-1", 128000, ADAPTIVE, true, false, true, false, false, false, true, true },
    { "claude-fable-5", 128000, ADAPTIVE, true, false, true, false, false, true, true, true },
    { "claude-opus-4-8", 128000, ADAPTIVE, true, false, true, true, false, true, true, true },
    { "claude-opus-4-7", 128000, ADAPTIVE, true, false, true, true, false, true, true, true },
    { "claude-sonnet-5", 128000, ADAPTIVE, true, false, true, true, false, true, true, true },
    { "claude-sonnet-4-6", 64000, ADAPTIVE, true, true, true, true, false, true, false, true },
    { "claude-opus-4-6", 128000, ADAPTIVE, true, true, true, true, false, true, false, true },
    { "claude-sonnet-4-5", 64000, BUDGET, true, true, true, true, false, true, false, false },
    { "claude-opus-4-5", 64000, BUDGET, true, true, true, true, false, true, false, false },
    { "claude-haiku-4-5", 64000, BUDGET, true, true, true, true, false, true, false, false },
    { "claude-opus-4-1", 32000, BUDGET, true, true, false, true, false, true, false, false },
    { "claude-sonnet-4-", 64000, BUDGET, false, true, false, true, false, true, false, false },
    { "claude-opus-4-", 32000, BUDGET, false, true, false, true, false, true, false, false },
    { "claude-4-sonnet", 64000, BUDGET, false, true, false, true, false, true, false, false },
    { "claude-4-opus", 32000, BUDGET, false, true, false, true, false, true, false, false },
    { "claude-3-7-sonnet", 64000, BUDGET, false, true, false, true, false, true, false, false },
    { "", 4096, NEVER, false, true, false, false, false, true, false, false },
};

const struct anthropic_family *anthropic_family(sluice_span model)
{
    size_t i = 0;

    while (i + 1 < sizeof families / sizeof *families &&
           sl_span_find(model, sl_span_str(families[i].contains)) == model.len)
        i++;
    return &families[i];
}
