/* SPDX-License-Identifier: Apache-2.0 */
/* embed.c - see sluice_sdk/embed.h. */
#include <sluice_sdk/base64.h>
#include <sluice_sdk/embed.h>
#include <sluice_sdk/status.h>

#define LIST_CAP ((size_t)256 << 20)
#define NUMBERS_MOST 65536 /* of one vector */

sluice_status sl_embed_init(struct sl_embed *e, struct sl_chat *c, const struct sl_json *input,
                            const struct sl_json *encoding_format)
{
    bool list = input && input->type == SL_JSON_ARRAY;

    memset(e, 0, sizeof *e);
    sl_buf_init(&e->list, LIST_CAP);
    e->base64 = sl_json_is(encoding_format, "base64");
    if (encoding_format && !e->base64 && !sl_json_is(encoding_format, "float"))
        return sl_chat_bad(c, NULL, "This is float or base64.", "encoding_format");
    if (!input || (!list && input->type != SL_JSON_STRING) || (list && !input->n))
        return sl_chat_bad(c, NULL, "A text, or a list of one or more, is needed.", "input");
    e->inputs = sl_alloc(c->arena, (list ? input->n : 1u) * sizeof *e->inputs);
    if (!e->inputs)
        return SLUICE_E_NOMEM;
    if (!list)
        e->inputs[e->n_inputs++] = sl_json_inside(input);
    else
        sl_json_each(text, input)
        {
            if (text->type != SL_JSON_STRING)
                return sl_chat_bad(c, "unsupported_value",
                                   "The provider takes text, no lists of tokens.", "input.[%zu]",
                                   e->n_inputs);
            e->inputs[e->n_inputs++] = sl_json_inside(text);
        }
    return SLUICE_OK;
}

void sl_embed_finish(struct sl_embed *e)
{
    sl_buf_finish(&e->list);
}

/* Little-endian floats of 32 bits, as OpenAI encodes them. */
static sluice_status add_base64(struct sl_embed *e, sluice_span vector)
{
    struct sl_json_iter it = { .started = false };
    struct sl_buf bytes;
    sluice_span name, value;
    sluice_status st = SLUICE_OK;
    size_t room;

    sl_buf_init(&bytes, NUMBERS_MOST * sizeof(float));
    while (sl_json_next(&it, vector, &name, &value)) {
        double d = 0;
        float f;
        uint32_t bits;
        char le[4];

        if (!sl_json_f64(value, &d)) {
            st = SLUICE_E_UPSTREAM;
            break;
        }
        f = (float)d;
        memcpy(&bits, &f, sizeof bits);
        for (int i = 0; i < 4; i++)
            le[i] = (char)(bits >> 8 * i & 0xff);
        sl_buf_add(&bytes, sl_span(le, sizeof le));
    }
    room = SL_BASE64_SIZE(bytes.len);
    sl_buf_add_char(&e->list, '"');
    if (st >= 0 && sl_buf_ok(&bytes) && sl_buf_reserve(&e->list, room + 1))
        e->list.len += sl_base64(sl_buf_span(&bytes), e->list.ptr + e->list.len);
    else if (st >= 0)
        st = SLUICE_E_NOMEM;
    sl_buf_add_char(&e->list, '"');
    sl_buf_finish(&bytes);
    return st;
}

sluice_status sl_embed_add(struct sl_embed *e, sluice_span vector, sluice_error *err)
{
    sluice_status st = SLUICE_OK;

    if (sl_json_type(vector) != SL_JSON_ARRAY)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer lacks an embedding.");
    if (e->n)
        sl_buf_add_char(&e->list, ',');
    sl_buf_add_str(&e->list, "{\"object\":\"embedding\",\"index\":");
    sl_buf_add_u64(&e->list, e->n++);
    sl_buf_add_str(&e->list, ",\"embedding\":");
    if (e->base64)
        st = add_base64(e, vector);
    else
        sl_buf_add(&e->list, vector);
    sl_buf_add_char(&e->list, '}');
    if (st == SLUICE_E_UPSTREAM)
        return sl_fail(err, st, "An embedding of the provider holds something that is no number.");
    if (st < 0 || !sl_buf_ok(&e->list))
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory for embeddings");
    return SLUICE_OK;
}

sluice_status sl_embed_end(struct sl_embed *e, const sluice_sink *sink, sluice_span model,
                           int64_t tokens, sluice_error *err)
{
    sluice_count count = { SLUICE_USE_INPUT, 0, tokens };
    sluice_usage usage = { sizeof usage, 1, &count };
    struct sl_json_out o;
    sluice_span parts[3];
    struct sl_buf tail;
    sluice_status st = SLUICE_E_NOMEM;

    if (e->n != e->n_inputs)
        return sl_fail(err, SLUICE_E_UPSTREAM,
                       "The provider answered with %zu embeddings for %zu inputs.", e->n,
                       e->n_inputs);
    if (tokens >= 0)
        sink->usage(sink, &usage);
    sl_buf_init(&tail, 1u << 16);
    sl_buf_add_char(&tail, ']');
    o = sl_json_out(&tail);
    o.comma = true;
    sl_json_kv_str(&o, "model", model);
    sl_json_key(&o, "usage");
    sl_json_open(&o, '{');
    sl_json_kv_i64(&o, "prompt_tokens", tokens > 0 ? tokens : 0);
    sl_json_kv_i64(&o, "total_tokens", tokens > 0 ? tokens : 0);
    sl_json_close(&o, '}');
    sl_json_close(&o, '}');
    parts[0] = SL_SPAN("{\"object\":\"list\",\"data\":[");
    parts[1] = sl_buf_span(&e->list);
    parts[2] = sl_buf_span(&tail);
    if (sl_buf_ok(&tail))
        st = sink->whole(sink, parts, 3);
    sl_buf_finish(&tail);
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory for embeddings") : st;
}
