/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - see answer.h. */
#include "answer.h"

const char *turns_finish_word(sluice_span raw, const struct turns_reason *reasons, size_t n,
                              const char *so_far)
{
    sluice_span word;

    if (!sl_json_raw_string(raw, &word))
        return so_far;
    for (size_t i = 0; i < n; i++)
        if (sl_span_eq(word, sl_span_str(reasons[i].reason)))
            return reasons[i].finish;
    return "stop";
}

sluice_status turns_finish(const sluice_sink *sink, const char *word, bool called)
{
    sluice_span finish = sl_span_str(word ? word : "stop");

    /* a cut answer stays "length"; the tool that carries the answer is no call */
    if (called && sl_span_eq(finish, SL_SPAN("stop")))
        finish = SL_SPAN("tool_calls");
    else if (!called && sl_span_eq(finish, SL_SPAN("tool_calls")))
        finish = SL_SPAN("stop");
    return sl_chat_emit(sink, SLUICE_DELTA_FINISH, 0, 0, finish);
}

sluice_status turns_redacted(const sluice_sink *sink, uint32_t index, sluice_span data)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_SIGNATURE, .index = index };

    d.extra = sl_arena_printf(sink->scratch, "\"type\":\"redacted_thinking\",\"data\":\"%.*s\"",
                              SL_FMT(data));
    return d.extra.ptr ? sink->delta(sink, &d) : SLUICE_E_NOMEM;
}
