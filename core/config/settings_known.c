/* SPDX-License-Identifier: Apache-2.0 */
/* settings_known.c - what a deployment's litellm_params and model_info say about its model: limits,
 * prices, abilities, in LiteLLM's words. They stand over the catalogue's. */
#include "config/settings_known.h"

static const struct {
    const char *name;
    enum sl_price_of of;
} prices[] = {
    { "input_cost_per_token", SL_PRICE_IN },
    { "output_cost_per_token", SL_PRICE_OUT },
    { "cache_read_input_token_cost", SL_PRICE_CACHE_READ },
    { "input_cost_per_token_cache_hit", SL_PRICE_CACHE_READ },
    { "cache_creation_input_token_cost", SL_PRICE_CACHE_WRITE },
    { "cache_creation_input_token_cost_above_1hr", SL_PRICE_CACHE_WRITE_1H },
    { "output_cost_per_reasoning_token", SL_PRICE_REASONING_OUT },
    { "input_cost_per_audio_token", SL_PRICE_AUDIO_IN },
    { "output_cost_per_audio_token", SL_PRICE_AUDIO_OUT },
    { "input_cost_per_image_token", SL_PRICE_IMAGE_TOKEN_IN },
    { "output_cost_per_image_token", SL_PRICE_IMAGE_TOKEN_OUT },
    { "input_cost_per_image", SL_PRICE_IMAGE_IN },
    { "output_cost_per_image", SL_PRICE_IMAGE_OUT },
    { "input_cost_per_second", SL_PRICE_SECOND_IN },
    { "output_cost_per_second", SL_PRICE_SECOND_OUT },
    { "input_cost_per_video_per_second", SL_PRICE_SECOND_IN },
    { "output_cost_per_video_per_second", SL_PRICE_SECOND_OUT },
    { "input_cost_per_character", SL_PRICE_CHARACTER_IN },
    { "output_cost_per_character", SL_PRICE_CHARACTER_OUT },
    { "input_cost_per_query", SL_PRICE_QUERY },
    { "ocr_cost_per_page", SL_PRICE_PAGE },
};

static const struct {
    const char *suffix, *service;
} services[] = { { "_flex", "flex" }, { "_priority", "priority" }, { "_batches", "batch" } };

static const struct {
    const char *name;
    enum sl_ability ability;
} abilities[] = {
    { "supports_function_calling", SL_ABLE_TOOLS },
    { "supports_tool_choice", SL_ABLE_TOOL_CHOICE },
    { "supports_parallel_function_calling", SL_ABLE_PARALLEL_TOOLS },
    { "supports_response_schema", SL_ABLE_SCHEMA },
    { "supports_vision", SL_ABLE_IMAGES },
    { "supports_pdf_input", SL_ABLE_PDF },
    { "supports_audio_input", SL_ABLE_AUDIO },
    { "supports_video_input", SL_ABLE_VIDEO },
    { "supports_audio_output", SL_ABLE_AUDIO_OUT },
    { "supports_reasoning", SL_ABLE_REASONING },
    { "supports_web_search", SL_ABLE_WEB_SEARCH },
    { "supports_prompt_caching", SL_ABLE_PROMPT_CACHING },
    { "supports_assistant_prefill", SL_ABLE_PREFILL },
    { "supports_system_messages", SL_ABLE_SYSTEM },
    { "supports_computer_use", SL_ABLE_COMPUTER_USE },
    { "supports_url_context", SL_ABLE_URL_CONTEXT },
    { "supports_code_execution", SL_ABLE_CODE },
};

/* NAME_above_128k_tokens: takes that off the end. */
static int64_t cut_threshold(sluice_span *name)
{
    size_t at = sl_span_find(*name, SL_SPAN("_above_"));
    sluice_span number = sl_span_from(*name, at + 7);
    uint64_t k;

    if (!sl_span_ends(number, SL_SPAN("k_tokens")))
        return 0;
    number.len -= 8;
    if (!sl_span_u64(number, 1000000, &k))
        return 0;
    *name = sl_span_head(*name, at);
    return (int64_t)k * 1000;
}

static bool price_of(sluice_span name, struct sl_special_price *out)
{
    *out = (struct sl_special_price){ .above = cut_threshold(&name) };
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        sluice_span suffix = sl_span_str(services[i].suffix);

        if (sl_span_ends(name, suffix)) {
            out->service = sl_span_str(services[i].service);
            name.len -= suffix.len;
        }
    }
    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
        if (sl_span_eq(name, sl_span_str(prices[i].name))) {
            out->of = prices[i].of;
            return true;
        }
    return false;
}

static void read_price(const struct sl_member *m, struct sl_special_price *special,
                       struct sl_model *out)
{
    struct sl_special_price p;
    int64_t pico = -1;

    if (!price_of(m->key, &p))
        return;
    sl_fill_number(m->value, 12, &pico);
    if (pico < 0)
        return;
    p.pico_usd = pico;
    if (p.above || p.service.len)
        special[out->n_special++] = p;
    else if (out->pico_usd[p.of] < 0) /* litellm_params are read first and win */
        out->pico_usd[p.of] = pico;
}

static void read_abilities(const struct sl_node *info, struct sl_model *out)
{
    for (size_t i = 0; i < sizeof abilities / sizeof *abilities; i++) {
        const struct sl_node *node = sl_node_get(info, abilities[i].name);
        bool can = false;

        if (!node || node->kind != SL_NODE_BOOL)
            continue;
        sl_fill_bool(node, &can);
        out->judged |= 1u << abilities[i].ability;
        if (can)
            out->abilities |= 1u << abilities[i].ability;
    }
}

static void read_limits(const struct sl_node *info, struct sl_model *out)
{
    sl_fill_number(sl_node_get(info, "max_input_tokens"), 0, &out->max_input);
    sl_fill_number(sl_node_get(info, "max_tokens"), 0, &out->max_output);
    sl_fill_number(sl_node_get(info, "max_output_tokens"), 0, &out->max_output);
    sl_fill_number(sl_node_get(info, "output_vector_size"), 0, &out->dimensions);
}

static bool says_anything(const struct sl_model *m)
{
    bool any = m->n_special || m->judged || m->mode.len || m->max_input >= 0 ||
               m->max_output >= 0 || m->dimensions >= 0;

    for (size_t i = 0; i < SL_PRICES; i++)
        any |= m->pico_usd[i] >= 0;
    return any;
}

void sl_settings_known(struct sl_load *l, const struct sl_node *params, const struct sl_node *info,
                       struct sl_deployment_settings *d)
{
    const struct sl_node *maps[] = { params, info };
    struct sl_special_price *special;
    struct sl_model m;
    struct sl_model *kept;
    size_t n = 0;

    sl_model_init(&m);
    for (size_t i = 0; i < 2; i++)
        n += maps[i] && maps[i]->kind == SL_NODE_MAP ? maps[i]->n : 0;
    special = sl_alloc(&l->out->arena, (n + 1) * sizeof *special);
    if (!special) {
        sl_load_nomem(l);
        return;
    }
    for (size_t i = 0; i < 2; i++)
        for (uint32_t k = 0; maps[i] && maps[i]->kind == SL_NODE_MAP && k < maps[i]->n; k++)
            read_price(&maps[i]->members[k], special, &m);
    read_limits(info, &m);
    read_abilities(info, &m);
    m.special = special;
    m.mode = d->mode;
    if (!says_anything(&m))
        return;
    kept = sl_alloc(&l->out->arena, sizeof *kept);
    if (!kept) {
        sl_load_nomem(l);
        return;
    }
    *kept = m;
    d->known = kept;
}
