/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - what is known about one vendor's model: limits, prices, what it can do. Comes from the
 * catalogue of models (models.h) with the configuration's own words over it. Money is integers:
 * prices in pico-dollars, sums in nano-dollars. Unknown is -1 and never means free.
 */
#ifndef SL_CONFIG_MODEL_H
#define SL_CONFIG_MODEL_H

#include "base/arena.h"
#include "format/usage/usage.h"

/* What a price is for; each per one of its unit. */
enum sl_price_of {
    SL_PRICE_IN, /* tokens of the prompt */
    SL_PRICE_OUT,
    SL_PRICE_CACHE_READ, /* tokens of the prompt that the vendor had kept; else as IN */
    SL_PRICE_CACHE_WRITE,
    SL_PRICE_CACHE_WRITE_1H,
    SL_PRICE_REASONING_OUT, /* else as OUT */
    SL_PRICE_AUDIO_IN,      /* tokens */
    SL_PRICE_AUDIO_OUT,
    SL_PRICE_IMAGE_TOKEN_IN,
    SL_PRICE_IMAGE_TOKEN_OUT,
    SL_PRICE_IMAGE_IN, /* images */
    SL_PRICE_IMAGE_OUT,
    SL_PRICE_SECOND_IN, /* of sound or film */
    SL_PRICE_SECOND_OUT,
    SL_PRICE_CHARACTER_IN,
    SL_PRICE_CHARACTER_OUT,
    SL_PRICE_QUERY, /* searches */
    SL_PRICE_PAGE,
    SL_PRICES
};

/* What a model can do; one bit each. */
enum sl_ability {
    SL_ABLE_TOOLS,
    SL_ABLE_TOOL_CHOICE,
    SL_ABLE_PARALLEL_TOOLS,
    SL_ABLE_SCHEMA, /* answers by a JSON schema */
    SL_ABLE_IMAGES, /* in the prompt; so the next three */
    SL_ABLE_PDF,
    SL_ABLE_AUDIO,
    SL_ABLE_VIDEO,
    SL_ABLE_AUDIO_OUT,
    SL_ABLE_REASONING,
    SL_ABLE_WEB_SEARCH,
    SL_ABLE_PROMPT_CACHING,
    SL_ABLE_PREFILL, /* goes on from a last message of the assistant's */
    SL_ABLE_SYSTEM,
    SL_ABLE_COMPUTER_USE,
    SL_ABLE_URL_CONTEXT,
    SL_ABLE_CODE,
    SL_ABILITIES
};
/* "vision": as the catalogue spells it. */
const char *sl_ability_name(enum sl_ability a);
const char *sl_price_name(enum sl_price_of p);

/* A price that holds under a condition. */
struct sl_special_price {
    enum sl_price_of of;
    sluice_span service; /* "flex", "priority", "batch"; empty = any */
    int64_t above;       /* tokens of the prompt; all of a call's tokens cost this beyond them */
    int64_t pico_usd;
};

struct sl_model {
    sluice_span key;  /* "anthropic/claude-haiku-4-5"; empty = not in the catalogue */
    sluice_span mode; /* "chat", "embedding", ...; empty = not known */
    int64_t max_input, max_output, dimensions;
    int64_t pico_usd[SL_PRICES];
    const struct sl_special_price *special;
    size_t n_special;
    uint32_t abilities;     /* bit per sl_ability */
    uint32_t judged;        /* those that somebody has said yes or no about */
    sluice_span deprecated; /* "2026-05-14": when the vendor ends it; empty = not known */
};

/* Nothing known. */
void sl_model_init(struct sl_model *m);
/* What `over` knows replaces what m knows; special prices lie in the arena. */
sluice_status sl_model_overlay(struct sl_model *m, const struct sl_model *over,
                               struct sluice_arena *arena);

enum sl_can { SL_CAN, SL_CANNOT, SL_MAYBE };
static inline enum sl_can sl_model_can(const struct sl_model *m, enum sl_ability a)
{
    if (!m || !((m->judged >> a) & 1u))
        return SL_MAYBE;
    return (m->abilities >> a) & 1u ? SL_CAN : SL_CANNOT;
}

/* The price that holds for a call with so many tokens of prompt (-1 = not known) at this service
 * tier (may be empty); without one of its own a kind costs as the kind it is part of. -1 = not
 * known. m may be NULL. */
int64_t sl_model_price(const struct sl_model *m, enum sl_price_of of, sluice_span service,
                       int64_t input_tokens);
/* What was used, in nano-dollars; -1 = nothing is known that it could be reckoned from. A cost
 * that the vendor reported wins. m may be NULL. */
int64_t sl_model_cost(const struct sl_model *m, const struct sl_usage *usage, sluice_span service);

#endif
