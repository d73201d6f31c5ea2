/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - see sluice_sdk/config.h. */
#include <sluice_sdk/config.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

sluice_status sl_config_read(sluice_span config, struct sluice_arena *arena,
                             const struct sl_json **tree, sluice_error *err)
{
    struct sl_json_error e;
    struct sl_json *read;
    sluice_status st = sl_json_parse(config.len ? config : SL_SPAN("{}"), arena, &read, &e);

    if (st == SLUICE_E_NOMEM)
        return sl_fail(err, st, "out of memory");
    if (st < 0)
        return sl_fail(err, st, "configuration: %s at line %zu", e.what, e.line);
    *tree = read;
    return SLUICE_OK;
}

bool sl_config_text(const struct sl_json *j, struct sluice_arena *arena, sluice_span *out)
{
    if (!j || j->type != SL_JSON_STRING)
        return true;
    if (!sl_json_string(j->raw, arena, out))
        return false;
    *out = sl_arena_dup(arena, *out); /* without escapes it was a span of the text */
    return out->ptr != NULL;
}

bool sl_config_raw(const struct sl_json *j, struct sluice_arena *arena, sluice_span *out)
{
    if (!j)
        return true;
    *out = sl_arena_dup(arena, j->raw);
    return out->ptr != NULL;
}

bool sl_config_true(const struct sl_json *j)
{
    return j && sl_json_is_true(j->raw);
}
