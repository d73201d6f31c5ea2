/* SPDX-License-Identifier: Apache-2.0 */
/* retrace.c - see retrace.h. */
#include "format/dialect/retrace.h"

#include "format/dialect/blocks.h"
#include "format/json_scan.h"

static sluice_status give(const struct sl_retrace *r, sluice_delta d)
{
    d.struct_size = sizeof d;
    return r->fn(r->ctx, &d);
}

sluice_status sl_retrace_step(const struct sl_retrace *r, uint32_t kind)
{
    return give(r, (sluice_delta){ .kind = kind });
}

sluice_status sl_retrace_text(const struct sl_retrace *r, uint32_t kind, sluice_span string)
{
    sluice_span inside;

    if (!sl_json_raw_string(string, &inside) || !inside.len)
        return SLUICE_OK;
    return give(r, (sluice_delta){ .kind = kind, .text = inside });
}

sluice_status sl_retrace_opaque(const struct sl_retrace *r, sluice_span object)
{
    if (sl_json_type(object) != SL_JSON_OBJECT)
        return SLUICE_OK;
    object = sl_span_trim(sl_span(object.ptr + 1, object.len - 2));
    return give(r, (sluice_delta){ .kind = SLUICE_DELTA_SIGNATURE, .extra = object });
}

sluice_status sl_retrace_close(const struct sl_retrace *r)
{
    return sl_blocks_end(r->e, NULL, NULL);
}

sluice_span sl_retrace_member(sluice_span object, const char *name)
{
    return sl_json_type(object) == SL_JSON_OBJECT ? sl_json_member(object, sl_span_str(name))
                                                  : sl_span(NULL, 0);
}
