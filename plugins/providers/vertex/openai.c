/* SPDX-License-Identifier: Apache-2.0 */
/* openai.c - partners' models that speak OpenAI's form: the body goes on as it came, but for the
 * model's name and, in streams, the wish for usage. */
#include "vertex.h"

/* How the place names the model in a body. */
static sluice_span quoted(sluice_exchange *x)
{
    sluice_span name = x->call.model, inside;

    if (sl_span_starts(name, SL_SPAN("openapi/")))
        name = sl_span_from(name, 8);
    if (sl_chat_escape(x->arena, name, &inside) < 0)
        return sl_span(NULL, 0);
    return sl_arena_printf(x->arena, "\"%.*s\"", SL_FMT(inside));
}

sluice_status vertex_openai_begin(sluice_exchange *x)
{
    sluice_call call = x->call;
    sluice_header *members = sl_alloc(x->arena, (call.n_members + 3) * sizeof *members);
    sluice_span model = quoted(x);
    bool usage = (call.flags & SLUICE_CALL_STREAM) != 0;
    size_t n = 0;

    if (!members || !model.ptr)
        return SLUICE_E_NOMEM;
    members[n++] = (sluice_header){ SL_SPAN("model"), model };
    for (size_t i = 0; i < call.n_members; i++) {
        if (sl_span_eq(call.members[i].name, SL_SPAN("model")))
            continue;
        if (sl_span_eq(call.members[i].name, SL_SPAN("stream_options")))
            usage = false;
        members[n++] = call.members[i];
    }
    if (usage)
        members[n++] =
            (sluice_header){ SL_SPAN("stream_options"), SL_SPAN("{\"include_usage\":true}") };
    call.members = members;
    call.n_members = n;
    return sl_parts_relay(&call, x->arena, &x->parts, &x->n_parts);
}
