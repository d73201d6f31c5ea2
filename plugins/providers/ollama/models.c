/* SPDX-License-Identifier: Apache-2.0 */
/* models.c - what the server has, as a list of models in OpenAI's form. */
#include "ollama.h"

#define LIST_CAP ((size_t)16 << 20)

sluice_status ollama_models(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                            sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    sluice_span object = ollama_object(text), list, name, value, whole;
    struct sl_json_out o;
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    list = object.ptr ? sl_json_find(object, "models") : object;
    if (sl_json_type(list) != SL_JSON_ARRAY)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no list of models.");
    sl_buf_init(&b, LIST_CAP);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_str(&o, "object", SL_SPAN("list"));
    sl_json_key(&o, "data");
    sl_json_open(&o, '[');
    while (sl_json_next(&it, list, &name, &value)) {
        if (sl_json_type(value) != SL_JSON_OBJECT)
            continue;
        sl_json_open(&o, '{');
        sl_json_key(&o, "id");
        sl_json_inside_str(&o, sl_chat_member(value, "model").len ? sl_chat_member(value, "model")
                                                                  : sl_chat_member(value, "name"));
        sl_json_kv_str(&o, "object", SL_SPAN("model"));
        sl_json_kv_i64(&o, "created", 0);
        sl_json_kv_str(&o, "owned_by", SL_SPAN("ollama"));
        sl_json_close(&o, '}');
    }
    sl_json_close(&o, ']');
    sl_json_close(&o, '}');
    whole = sl_buf_span(&b);
    if (sl_buf_ok(&b))
        st = sink->whole(sink, &whole, 1);
    sl_buf_finish(&b);
    x->finished = true;
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory for the list of models") : st;
}
