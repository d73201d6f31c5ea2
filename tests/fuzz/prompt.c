/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what reads prompts and model files: any bytes are weighed without reading beyond them, and
 * a line of a model file is read or refused. */
#include "config/models.h"
#include "format/usage/prompt.h"
#include "format/usage/tokens.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy((const char *)data, size);
    sluice_span text = sl_span(copy, size);
    struct sl_prompt messages = { 0 }, schema = { 0 };
    struct sluice_arena arena;
    struct sl_model model;
    sluice_status st;

    require(sl_tokens_weigh(text) >= 0);
    sl_prompt_add(&messages, text, SL_PROMPT_MESSAGES);
    sl_prompt_add(&schema, text, SL_PROMPT_SCHEMA);
    require(schema.images + schema.sounds + schema.films + schema.papers == 0);
    sl_arena_init(&arena, 1 << 20);
    st = sl_models_read_line(text, &arena, &model);
    require(st == SLUICE_OK || st == SLUICE_E_INVALID || st == SLUICE_E_NOMEM);
    if (st == SLUICE_OK) {
        require(model.key.len && model.mode.len);
        for (size_t i = 0; i < model.n_special; i++)
            require(model.special[i].pico_usd >= 0 && model.special[i].above >= 0);
    }
    sl_arena_finish(&arena);
    free(copy);
    return 0;
}
