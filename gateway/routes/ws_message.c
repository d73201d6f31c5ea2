/* SPDX-License-Identifier: Apache-2.0 */
/* ws_message.c - see ws_message.h. */
#include "routes/ws_message.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>
#include <stdio.h>

static bool is_stream_id(sluice_span id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = sl_lower(id.ptr[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
            return false;
    }
    return id.len > 0 && id.len <= GW_STREAM_ID_MOST;
}

sluice_status gw_ws_message(sluice_span text, sluice_span *stream_id, sluice_error *err)
{
    sluice_span type = { 0 }, value;

    *stream_id = sl_span("", 0);
    if (sl_json_validate(text, NULL) < 0 || sl_json_type(sl_span_trim(text)) != SL_JSON_OBJECT)
        return SLUICE_OK;
    text = sl_span_trim(text);
    (void)sl_json_raw_string(sl_json_member(text, SL_SPAN("type")), &type);
    if (sl_span_eq(type, SL_SPAN("response.processed"))) /* a receipt, which nobody waits for */
        return SLUICE_MORE;
    value = sl_json_member(text, SL_SPAN("stream_id"));
    if (!value.ptr || sl_json_type(value) == SL_JSON_NULL)
        return SLUICE_OK;
    if (sl_json_raw_string(value, stream_id) && is_stream_id(*stream_id))
        return SLUICE_OK;
    *stream_id = sl_span("", 0);
    snprintf(err->code, sizeof err->code, "invalid_stream_id");
    snprintf(err->param, sizeof err->param, "stream_id");
    snprintf(err->message, sizeof err->message,
             "'stream_id' must be 1 to %d letters, digits, underscores, hyphens or periods.",
             GW_STREAM_ID_MOST);
    return SLUICE_E_INVALID;
}
