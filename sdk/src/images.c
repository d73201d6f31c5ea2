/* SPDX-License-Identifier: Apache-2.0 */
/* images.c - see sluice_sdk/images.h. */
#include <sluice_sdk/arena.h>
#include <sluice_sdk/images.h>
#include <sluice_sdk/span.h>

#define PIXELS_MOST 8192

bool sl_images_size(sluice_span text, uint64_t *width, uint64_t *height)
{
    size_t x = sl_span_find_char(text, 'x');

    return sl_span_u64(sl_span_head(text, x), PIXELS_MOST, width) &&
           sl_span_u64(sl_span_from(text, x + 1), PIXELS_MOST, height) && *width && *height;
}

sluice_status sl_images_answer(const sluice_sink *sink, int64_t created, const sluice_span *images,
                               size_t n)
{
    const sluice_count count = { SLUICE_USE_IMAGES, 0, (int64_t)n };
    const sluice_usage usage = { sizeof usage, 1, &count };
    sluice_span *parts = sl_alloc(sink->scratch, (3 * n + 2) * sizeof *parts);
    size_t n_parts = 0;

    if (!parts)
        return SLUICE_E_NOMEM;
    parts[n_parts++] =
        sl_arena_printf(sink->scratch, "{\"created\":%lld,\"data\":[", (long long)created);
    if (!parts[0].ptr)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        parts[n_parts++] = i ? SL_SPAN(",{\"b64_json\":") : SL_SPAN("{\"b64_json\":");
        parts[n_parts++] = images[i];
        parts[n_parts++] = SL_SPAN("}");
    }
    parts[n_parts++] = SL_SPAN("]}");
    sink->usage(sink, &usage);
    return sink->whole(sink, parts, n_parts);
}
