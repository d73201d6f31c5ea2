/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - generation and size of a model, from its name. */
#include "gemini.h"

static bool has(sluice_span name, const char *word)
{
    sluice_span w = sl_span_str(word);

    return sl_span_find(name, w) < name.len;
}

/* "gemini-2.5-pro" -> 25, "gemini-3-flash" -> 30, "gemini-flash-latest" -> 30. */
static int32_t version_of(sluice_span name)
{
    size_t at = sl_span_find(name, SL_SPAN("gemini-"));
    int32_t version = 0;

    if (at == name.len)
        return 0;
    name = sl_span_from(name, at + 7);
    if (!name.len || name.ptr[0] < '0' || name.ptr[0] > '9')
        return 30;
    while (name.len && name.ptr[0] >= '0' && name.ptr[0] <= '9' && version < 1000) {
        version = version * 10 + (name.ptr[0] - '0');
        name = sl_span_from(name, 1);
    }
    version *= 10;
    if (name.len >= 2 && name.ptr[0] == '.' && name.ptr[1] >= '0' && name.ptr[1] <= '9')
        version += name.ptr[1] - '0';
    return version;
}

struct gemini_model gemini_model(sluice_span name)
{
    return (struct gemini_model){
        .version = version_of(name),
        .pro = has(name, "-pro"),
        .flash = has(name, "-flash"),
        .flash_lite = has(name, "flash-lite"),
        .gemma = has(name, "gemma"),
    };
}
