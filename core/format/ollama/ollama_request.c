/* SPDX-License-Identifier: Apache-2.0 */
/* ollama_request.c - requests of Ollama's API become chat and embedding requests. Options that say
 * how a model is run are nobody's else and left out. */
#include "format/ollama/ollama.h"

static void option(struct sl_translation *t, const char *from, const char *to)
{
    const struct sl_json *value = sl_json_opt(sl_json_opt(t->root, "options"), from);

    if (!value)
        return;
    sl_pivot_key(t, to);
    sl_json_raw(&t->out, value->raw);
}

static void options(struct sl_translation *t)
{
    static const char *const same[] = {
        "temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty"
    };
    const struct sl_json *most = sl_json_opt(sl_json_opt(t->root, "options"), "num_predict");

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        option(t, same[i], same[i]);
    if (sl_json_int(most, 0) > 0) /* less is no limit */
        option(t, "num_predict", "max_tokens");
    if (t->extended)
        option(t, "top_k", "top_k");
}

static sluice_status form(struct sl_translation *t)
{
    const struct sl_json *format = sl_json_opt(t->root, "format");

    if (!format || (format->type == SL_JSON_STRING && !sl_json_inside(format).len))
        return SLUICE_OK;
    if (sl_json_is(format, "json")) {
        sl_pivot_key(t, "response_format");
        sl_json_raw(&t->out, SL_SPAN("{\"type\":\"json_object\"}"));
    } else if (format->type == SL_JSON_OBJECT) {
        sl_pivot_key(t, "response_format");
        sl_json_raw(&t->out, SL_SPAN("{\"type\":\"json_schema\",\"json_schema\":{\"name\":"
                                     "\"response\",\"schema\":"));
        sl_buf_add(t->out.buf, format->raw);
        sl_buf_add(t->out.buf, SL_SPAN("}}"));
    } else {
        return sl_pivot_refuse(t, NULL, "This is json or a schema.", "format");
    }
    return SLUICE_OK;
}

static void think(struct sl_translation *t)
{
    const struct sl_json *think = sl_json_opt(t->root, "think");

    if (!think)
        return;
    if (think->type == SL_JSON_STRING) {
        sl_pivot_key(t, "reasoning_effort");
        sl_json_raw(&t->out, think->raw);
    } else if (sl_json_is_true(think->raw)) {
        sl_pivot_key(t, "reasoning_effort");
        sl_json_raw(&t->out, SL_SPAN("\"medium\""));
    } else if (t->extended) {
        sl_pivot_key(t, "thinking");
        sl_json_raw(&t->out, SL_SPAN("{\"type\":\"disabled\"}"));
    }
}

static sluice_status rest(struct sl_translation *t)
{
    const struct sl_json *logprobs = sl_json_opt(t->root, "logprobs");
    sluice_status st = form(t);

    if (st >= 0 && logprobs && sl_json_is_true(logprobs->raw))
        st = sl_pivot_lacking(t, "logprobs");
    if (st < 0)
        return st;
    options(t);
    think(t);
    return sl_pivot_end(t);
}

sluice_status sl_ollama_chat_request(struct sl_translation *t)
{
    const struct sl_json *tools = sl_json_opt(t->root, "tools");
    sluice_status st;

    sl_pivot_begin(t);
    sl_pivot_head(t);
    st = sl_ollama_messages(t);
    if (st < 0)
        return st;
    if (tools && tools->n)
        sl_pivot_copy(t, "tools", "tools");
    return rest(t);
}

sluice_status sl_ollama_generate_request(struct sl_translation *t)
{
    static const char *const lacking[] = { "suffix", "template", "raw" };
    const struct sl_json *prompt = sl_json_opt(t->root, "prompt");
    const struct sl_json *system = sl_json_opt(t->root, "system");
    const struct sl_json *images = sl_json_opt(t->root, "images");
    struct sl_json_out *o = &t->out;
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0] && st >= 0; i++) {
        const struct sl_json *value = sl_json_opt(t->root, lacking[i]);

        if (value && value->type != SL_JSON_FALSE &&
            !(value->type == SL_JSON_STRING && !sl_json_inside(value).len))
            st = sl_pivot_lacking(t, "%s", lacking[i]);
    }
    if (st < 0)
        return st;
    sl_pivot_begin(t);
    sl_pivot_head(t);
    sl_pivot_key(t, "messages");
    sl_json_open(o, '[');
    if (sl_json_inside(system).len) {
        sl_json_raw(o, SL_SPAN("{\"role\":\"system\",\"content\":"));
        sl_buf_add(o->buf, system->raw);
        sl_buf_add_char(o->buf, '}');
    }
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"user\""));
    sl_json_key(o, "content");
    if (images && images->n) {
        sl_json_open(o, '[');
        sl_pivot_text_part(o, sl_json_inside(prompt));
        sl_json_close(o, '}');
        sl_ollama_images(o, images);
        sl_json_close(o, ']');
    } else {
        sl_json_inside_str(o, sl_json_inside(prompt));
    }
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    return rest(t);
}

sluice_status sl_ollama_embed_request(struct sl_translation *t)
{
    sl_pivot_begin(t);
    sl_pivot_key(t, "model");
    sl_json_str(&t->out, t->model);
    sl_pivot_copy(t, "input", "input");
    sl_pivot_copy(t, "dimensions", "dimensions");
    return sl_pivot_end(t);
}
