/* SPDX-License-Identifier: Apache-2.0 */
/* logprobs.c - logprobsResult in OpenAI's form. */
#include "answer.h"

#define CAP ((size_t)64 << 20)

/* {"token","logprob","bytes"} of a candidate, the object left open. */
static void write_token(struct sl_json_out *o, struct sluice_arena *scratch, sluice_span candidate)
{
    sluice_span token = sl_json_find(candidate, "token"), text = SL_SPAN("");
    sluice_span logprob = sl_json_find(candidate, "logProbability");

    sl_json_open(o, '{');
    sl_json_kv_raw(o, "token", sl_json_type(token) == SL_JSON_STRING ? token : SL_SPAN("\"\""));
    sl_json_kv_raw(o, "logprob", sl_json_type(logprob) == SL_JSON_NUMBER ? logprob : SL_SPAN("0"));
    sl_json_key(o, "bytes");
    sl_json_open(o, '[');
    if (sl_json_type(token) == SL_JSON_STRING && sl_json_string(token, scratch, &text))
        for (size_t i = 0; i < text.len; i++)
            sl_json_i64_value(o, (unsigned char)text.ptr[i]);
    sl_json_close(o, ']');
}

/* The next of topCandidates, or empty. */
static sluice_span next_top(struct sl_json_iter *it, sluice_span list)
{
    sluice_span name, value;

    if (sl_json_type(list) != SL_JSON_ARRAY || !sl_json_next(it, list, &name, &value) ||
        sl_json_type(value) != SL_JSON_OBJECT)
        return SL_SPAN("");
    return sl_json_find(value, "candidates");
}

sluice_status gemini_logprobs(const sluice_sink *sink, uint32_t choice, sluice_span result)
{
    struct sl_json_iter it = { .started = false }, top_it = { .started = false };
    sluice_span chosen = sl_json_find(result, "chosenCandidates"), name, value;
    sluice_span tops = sl_json_find(result, "topCandidates");
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_LOGPROBS, .choice = choice };
    struct sl_json_out o;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    if (sl_json_type(chosen) != SL_JSON_ARRAY)
        return SLUICE_OK;
    sl_buf_init(&b, CAP);
    o = sl_json_out(&b);
    sl_json_key(&o, "content");
    sl_json_open(&o, '[');
    while (sl_json_next(&it, chosen, &name, &value)) {
        struct sl_json_iter others = { .started = false };
        sluice_span list = next_top(&top_it, tops), other;

        if (sl_json_type(value) != SL_JSON_OBJECT)
            continue;
        write_token(&o, sink->scratch, value);
        sl_json_key(&o, "top_logprobs");
        sl_json_open(&o, '[');
        while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&others, list, &name, &other)) {
            if (sl_json_type(other) != SL_JSON_OBJECT)
                continue;
            write_token(&o, sink->scratch, other);
            sl_json_close(&o, '}');
        }
        sl_json_close(&o, ']');
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, ']');
    d.extra = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = sink->delta(sink, &d);
    sl_buf_finish(&b);
    return st;
}
