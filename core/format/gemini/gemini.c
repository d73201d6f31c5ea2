/* SPDX-License-Identifier: Apache-2.0 */
/* gemini.c - the Gemini dialect as tables: streams as events, and as a list. */
#include "format/gemini/gemini.h"

const struct sl_dialect sl_dialect_gemini = {
    .name = "gemini",
    .content_type = "text/event-stream",
    .id_prefix = "gen-",
    .framing = SL_FRAMING_DATA,
    .finish_ends = true,
    .look = sl_gemini_look,
    .failure = sl_gemini_failure,
    .error_body = sl_gemini_error_body,
    .error_event = sl_gemini_error_event,
    .delta = sl_gemini_delta,
    .end = sl_gemini_end,
    .collect = sl_gemini_collect,
    .whole = sl_gemini_whole,
    .retrace = sl_gemini_retrace,
};

const struct sl_dialect sl_dialect_gemini_list = {
    .name = "gemini",
    .content_type = "application/json; charset=UTF-8",
    .id_prefix = "gen-",
    .framing = SL_FRAMING_LIST,
    .finish_ends = true,
    .look = sl_gemini_look,
    .failure = sl_gemini_failure,
    .error_body = sl_gemini_error_list,
    .error_event = sl_gemini_error_event,
    .delta = sl_gemini_delta,
    .end = sl_gemini_end,
    .collect = sl_gemini_collect,
    .whole = sl_gemini_whole,
    .retrace = sl_gemini_retrace,
    .terminator = { "]", 1 },
};
