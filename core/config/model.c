/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - what a model costs: which price holds, and sums without floating point. */
#include "config/model.h"

static const char *const ability_names[SL_ABILITIES] = {
    [SL_ABLE_TOOLS] = "tools",
    [SL_ABLE_TOOL_CHOICE] = "tool_choice",
    [SL_ABLE_PARALLEL_TOOLS] = "parallel_tools",
    [SL_ABLE_SCHEMA] = "schema",
    [SL_ABLE_IMAGES] = "images",
    [SL_ABLE_PDF] = "pdf",
    [SL_ABLE_AUDIO] = "audio",
    [SL_ABLE_VIDEO] = "video",
    [SL_ABLE_AUDIO_OUT] = "audio_out",
    [SL_ABLE_REASONING] = "reasoning",
    [SL_ABLE_WEB_SEARCH] = "web_search",
    [SL_ABLE_PROMPT_CACHING] = "prompt_caching",
    [SL_ABLE_PREFILL] = "prefill",
    [SL_ABLE_SYSTEM] = "system",
    [SL_ABLE_COMPUTER_USE] = "computer_use",
    [SL_ABLE_URL_CONTEXT] = "url_context",
    [SL_ABLE_CODE] = "code",
};

/* Without a price of its own a kind costs as its parent; itself = it has none. */
static const struct {
    const char *name;
    enum sl_price_of parent;
} prices[SL_PRICES] = {
    [SL_PRICE_IN] = { "in", SL_PRICE_IN },
    [SL_PRICE_OUT] = { "out", SL_PRICE_OUT },
    [SL_PRICE_CACHE_READ] = { "cache_read", SL_PRICE_IN },
    [SL_PRICE_CACHE_WRITE] = { "cache_write", SL_PRICE_IN },
    [SL_PRICE_CACHE_WRITE_1H] = { "cache_write_1h", SL_PRICE_CACHE_WRITE },
    [SL_PRICE_REASONING_OUT] = { "reasoning_out", SL_PRICE_OUT },
    [SL_PRICE_AUDIO_IN] = { "audio_in", SL_PRICE_IN },
    [SL_PRICE_AUDIO_OUT] = { "audio_out", SL_PRICE_OUT },
    [SL_PRICE_IMAGE_TOKEN_IN] = { "image_token_in", SL_PRICE_IN },
    [SL_PRICE_IMAGE_TOKEN_OUT] = { "image_token_out", SL_PRICE_OUT },
    [SL_PRICE_IMAGE_IN] = { "image_in", SL_PRICE_IMAGE_IN },
    [SL_PRICE_IMAGE_OUT] = { "image_out", SL_PRICE_IMAGE_OUT },
    [SL_PRICE_SECOND_IN] = { "second_in", SL_PRICE_SECOND_IN },
    [SL_PRICE_SECOND_OUT] = { "second_out", SL_PRICE_SECOND_OUT },
    [SL_PRICE_CHARACTER_IN] = { "character_in", SL_PRICE_CHARACTER_IN },
    [SL_PRICE_CHARACTER_OUT] = { "character_out", SL_PRICE_CHARACTER_OUT },
    [SL_PRICE_QUERY] = { "query", SL_PRICE_QUERY },
    [SL_PRICE_PAGE] = { "page", SL_PRICE_PAGE },
};

const char *sl_ability_name(enum sl_ability a)
{
    return ability_names[a];
}

const char *sl_price_name(enum sl_price_of p)
{
    return prices[p].name;
}

void sl_model_init(struct sl_model *m)
{
    *m = (struct sl_model){ .max_input = -1, .max_output = -1, .dimensions = -1 };
    for (size_t i = 0; i < SL_PRICES; i++)
        m->pico_usd[i] = -1;
}

static void take(int64_t *to, int64_t from)
{
    if (from >= 0)
        *to = from;
}

/* Both lists; the overlay's come first and so win. A plain price that the overlay names makes an
 * end of the other's special ones of that kind: who says what a token costs means every token. */
static sluice_status join_special(struct sl_model *m, const struct sl_model *over,
                                  struct sluice_arena *arena)
{
    struct sl_special_price *all;
    size_t n = 0;

    if (m->n_special + over->n_special == 0)
        return SLUICE_OK;
    all = sl_alloc(arena, (m->n_special + over->n_special) * sizeof *all);
    if (!all)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < over->n_special; i++)
        all[n++] = over->special[i];
    for (size_t i = 0; i < m->n_special; i++)
        if (over->pico_usd[m->special[i].of] < 0)
            all[n++] = m->special[i];
    m->special = all;
    m->n_special = n;
    return SLUICE_OK;
}

sluice_status sl_model_overlay(struct sl_model *m, const struct sl_model *over,
                               struct sluice_arena *arena)
{
    if (over->key.len)
        m->key = over->key;
    if (over->mode.len)
        m->mode = over->mode;
    if (over->deprecated.len)
        m->deprecated = over->deprecated;
    take(&m->max_input, over->max_input);
    take(&m->max_output, over->max_output);
    take(&m->dimensions, over->dimensions);
    for (size_t i = 0; i < SL_PRICES; i++)
        take(&m->pico_usd[i], over->pico_usd[i]);
    m->abilities = (m->abilities & ~over->judged) | (over->abilities & over->judged);
    m->judged |= over->judged;
    return join_special(m, over, arena);
}

/* This kind's own price. Among special ones the service tier's come before any tier's, then the
 * highest threshold that was passed. */
static int64_t own_price(const struct sl_model *m, enum sl_price_of of, sluice_span service,
                         int64_t input)
{
    const struct sl_special_price *best = NULL;

    for (size_t i = 0; i < m->n_special; i++) {
        const struct sl_special_price *s = &m->special[i];

        if (s->of != of || (s->service.len && !sl_span_eq(s->service, service)) ||
            (s->above > 0 && input <= s->above))
            continue;
        if (!best || (s->service.len != 0) > (best->service.len != 0) ||
            ((s->service.len != 0) == (best->service.len != 0) && s->above > best->above))
            best = s;
    }
    return best ? best->pico_usd : m->pico_usd[of];
}

int64_t sl_model_price(const struct sl_model *m, enum sl_price_of of, sluice_span service,
                       int64_t input_tokens)
{
    while (m) {
        int64_t pico = own_price(m, of, service, input_tokens);

        if (pico >= 0 || prices[of].parent == of)
            return pico;
        of = prices[of].parent;
    }
    return -1;
}

struct sum {
    const struct sl_model *model;
    sluice_span service;
    int64_t input;
    __int128 pico;
    bool any; /* something had a price */
};

static bool add(struct sum *s, enum sl_price_of of, int64_t n, int64_t per)
{
    int64_t pico = sl_model_price(s->model, of, s->service, s->input);

    if (pico < 0 || n < 0)
        return false;
    s->pico += (__int128)pico * n / per;
    s->any = true;
    return true;
}

static int64_t part(const struct sl_usage *u, uint32_t kind, int64_t *rest)
{
    int64_t n = sl_usage_get(u, kind, 0);

    if (n > *rest)
        n = *rest;
    *rest -= n;
    return n;
}

/* The same, where a part of none says nothing as long as something else has a price. */
static void add_part(struct sum *s, enum sl_price_of of, int64_t n)
{
    if (n > 0 || !s->any)
        add(s, of, n, 1);
}

static void add_input(struct sum *s, const struct sl_usage *u)
{
    int64_t rest = s->input;
    int64_t cached = part(u, SLUICE_USE_CACHED_INPUT, &rest);
    int64_t write = part(u, SLUICE_USE_CACHE_WRITE, &rest);
    int64_t hour = part(u, SLUICE_USE_CACHE_WRITE_1H, &write);
    int64_t audio = part(u, SLUICE_USE_AUDIO_INPUT, &rest);
    int64_t images = part(u, SLUICE_USE_IMAGE_INPUT, &rest);

    add(s, SL_PRICE_IN, rest, 1);
    add_part(s, SL_PRICE_CACHE_READ, cached);
    add_part(s, SL_PRICE_CACHE_WRITE, write);
    add_part(s, SL_PRICE_CACHE_WRITE_1H, hour);
    add_part(s, SL_PRICE_AUDIO_IN, audio);
    add_part(s, SL_PRICE_IMAGE_TOKEN_IN, images);
}

/* Is the answer priced by its tokens? */
static bool add_output(struct sum *s, const struct sl_usage *u)
{
    int64_t rest = sl_usage_get(u, SLUICE_USE_OUTPUT, 0);
    int64_t reasoning = part(u, SLUICE_USE_REASONING, &rest);
    int64_t audio = part(u, SLUICE_USE_AUDIO_OUTPUT, &rest);
    bool priced = add(s, SL_PRICE_OUT, rest, 1);

    add_part(s, SL_PRICE_REASONING_OUT, reasoning);
    add_part(s, SL_PRICE_AUDIO_OUT, audio);
    return priced;
}

static bool has_prices(const struct sl_model *m)
{
    for (size_t i = 0; i < SL_PRICES; i++)
        if (m->pico_usd[i] >= 0)
            return true;
    return m->n_special > 0;
}

int64_t sl_model_cost(const struct sl_model *m, const struct sl_usage *u, sluice_span service)
{
    struct sum s = { .model = m, .service = service };
    bool by_tokens = false;

    if (sl_usage_has(u, SLUICE_USE_COST_NANO_USD))
        return u->n[SLUICE_USE_COST_NANO_USD];
    if (!m || !has_prices(m))
        return -1;
    s.input = sl_usage_get(u, SLUICE_USE_INPUT, 0);
    if (sl_usage_has(u, SLUICE_USE_INPUT))
        add_input(&s, u);
    if (sl_usage_has(u, SLUICE_USE_OUTPUT))
        by_tokens = add_output(&s, u);
    if (sl_usage_has(u, SLUICE_USE_IMAGES) && !by_tokens)
        add(&s, SL_PRICE_IMAGE_OUT, u->n[SLUICE_USE_IMAGES], 1);
    if (sl_usage_has(u, SLUICE_USE_MILLISECONDS))
        add(&s, SL_PRICE_SECOND_IN, u->n[SLUICE_USE_MILLISECONDS], 1000);
    if (sl_usage_has(u, SLUICE_USE_CHARACTERS))
        add(&s, SL_PRICE_CHARACTER_IN, u->n[SLUICE_USE_CHARACTERS], 1);
    if (sl_usage_has(u, SLUICE_USE_SEARCHES))
        add(&s, SL_PRICE_QUERY, u->n[SLUICE_USE_SEARCHES], 1);
    if (!s.any)
        return -1;
    s.pico = (s.pico + 500) / 1000;
    return s.pico > INT64_MAX ? INT64_MAX : (int64_t)s.pico;
}
