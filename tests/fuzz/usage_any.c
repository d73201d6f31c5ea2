/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes what pass-through reads out of answers of unknown dialects: whatever comes, no count is
 * negative, an answer read twice says the same as once, and blanks around it change nothing.
 */
#include "fuzz.h"

#include "format/usage/usage_any.h"

static void check(const struct sl_usage *u)
{
    for (uint32_t kind = 1; kind < SLUICE_USE_KINDS; kind++)
        require(!sl_usage_has(u, kind) || sl_usage_get(u, kind, -1) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_usage once = { 0 }, twice = { 0 }, blank = { 0 };
    char *text = fuzz_copy((const char *)data, size);
    struct sl_buf padded;

    sl_usage_any(&once, sl_span(text, size));
    check(&once);
    sl_usage_any(&twice, sl_span(text, size));
    sl_usage_any(&twice, sl_span(text, size));
    sl_buf_init(&padded, 1u << 20);
    sl_buf_add(&padded, SL_SPAN(" \n"));
    sl_buf_add(&padded, sl_span(text, size));
    sl_buf_add(&padded, SL_SPAN("\t "));
    require(sl_buf_ok(&padded));
    sl_usage_any(&blank, sl_buf_span(&padded));
    for (uint32_t kind = 1; kind < SLUICE_USE_KINDS; kind++) {
        require(sl_usage_get(&once, kind, -1) == sl_usage_get(&twice, kind, -1));
        require(sl_usage_get(&once, kind, -1) == sl_usage_get(&blank, kind, -1));
    }
    sl_buf_finish(&padded);
    free(text);
    return 0;
}
