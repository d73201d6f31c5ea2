/* SPDX-License-Identifier: Apache-2.0 */
/* embed.c - OpenAI's embeddings by /api/embed. */
#include "ollama.h"

enum { E_INPUT, E_DIMENSIONS, E_FORMAT, E_OPTIONS, E_KEEP_ALIVE, E_MEMBERS };

static const char *const names[E_MEMBERS] = {
    [E_INPUT] = "input",     [E_DIMENSIONS] = "dimensions", [E_FORMAT] = "encoding_format",
    [E_OPTIONS] = "options", [E_KEEP_ALIVE] = "keep_alive",
};

static const char *const left_out[] = { "model", "user", "input_type", NULL };

sluice_status ollama_embed(sluice_exchange *x)
{
    const struct sl_json *m[E_MEMBERS];
    struct ollama_members members = { .n_extra = 0 };
    struct sl_json_out *o = &x->body.out;
    sluice_status st =
        sl_chat_members(&x->chat, names, E_MEMBERS, m, left_out, &members.extra, &members.n_extra);

    if (st >= 0)
        st = sl_embed_init(&x->embed, &x->chat, m[E_INPUT], m[E_FORMAT]);
    if (st < 0)
        return st;
    members.options = m[E_OPTIONS];
    members.keep_alive = m[E_KEEP_ALIVE];
    sl_json_open(o, '{');
    sl_json_kv_str(o, "model", x->call->model);
    sl_json_key(o, "input");
    sl_json_open(o, '[');
    for (size_t i = 0; i < x->embed.n_inputs; i++)
        sl_parts_inside(&x->body, x->embed.inputs[i]);
    sl_json_close(o, ']');
    if (m[E_DIMENSIONS])
        sl_json_kv_raw(o, "dimensions", m[E_DIMENSIONS]->raw);
    ollama_write_options(x, &members);
    for (size_t i = 0; i < members.n_extra; i++) {
        sl_json_key_span(o, members.extra[i]->name);
        sl_parts_raw(&x->body, members.extra[i]->value);
    }
    sl_json_close(o, '}');
    return sl_parts_end(&x->body, &x->parts, &x->n_parts);
}

sluice_status ollama_embedded(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                              sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    sluice_span object = ollama_object(text), list, name, value;
    int64_t tokens = -1;
    sluice_status st;

    if (!object.ptr)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    st = ollama_error(object, err);
    list = sl_json_find(object, "embeddings");
    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &value))
        st = sl_embed_add(&x->embed, value, err);
    if (st < 0)
        return st;
    if (!sl_json_i64(sl_json_find(object, "prompt_eval_count"), &tokens) || tokens < 0)
        tokens = -1;
    x->finished = true;
    return sl_embed_end(&x->embed, sink, x->call->model, tokens, err);
}
