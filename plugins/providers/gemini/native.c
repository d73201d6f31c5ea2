/* SPDX-License-Identifier: Apache-2.0 */
/* native.c - the vendor's own operations: the body goes on as it came, but for the model, which is
 * part of the URL, and of each request of a batch. */
#include "gemini.h"

static const struct {
    const char *operation, *method;
} methods[] = {
    { "generateContent", "generateContent" },
    { "countTokens", "countTokens" },
    { "embedContent", "embedContent" },
    { "batchEmbedContents", "batchEmbedContents" },
};

/* Members that are the gateway's or the URL's. */
static bool left_out(sluice_span name, bool embeds)
{
    return sl_span_eq(name, SL_SPAN("stream")) || (!embeds && sl_span_eq(name, SL_SPAN("model")));
}

static sluice_span resource(sluice_exchange *x)
{
    sluice_span model = x->call->model;
    bool whole = sl_span_find_char(model, '/') < model.len;
    sluice_span inside;

    if (sl_chat_escape(x->arena, model, &inside) < 0)
        return sl_span(NULL, 0);
    return sl_arena_printf(x->arena, "\"%s%.*s\"", whole ? "" : "models/", SL_FMT(inside));
}

/* Each request of a batch names the model again. */
static sluice_status name_models(sluice_exchange *x, sluice_span requests, sluice_span model,
                                 sluice_span *out)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value;
    struct sl_buf b;
    struct sl_json_out o;
    sluice_status st = SLUICE_OK;

    *out = requests;
    if (sl_json_type(requests) != SL_JSON_ARRAY)
        return SLUICE_OK;
    sl_buf_init(&b, requests.len * 2 + (1u << 20));
    o = sl_json_out(&b);
    sl_json_open(&o, '[');
    while (st >= 0 && sl_json_next(&it, requests, &name, &value)) {
        struct sl_json_edit edit = { SL_SPAN("model"), model };
        sluice_span *parts;
        size_t n;

        if (sl_json_type(value) != SL_JSON_OBJECT) {
            sl_json_raw(&o, value);
            continue;
        }
        st = sl_json_edit(value, &edit, 1, x->arena, &parts, &n);
        sl_json_raw(&o, SL_SPAN(""));
        for (size_t i = 0; i < n && st >= 0; i++)
            sl_buf_add(&b, parts[i]);
    }
    sl_json_close(&o, ']');
    if (st >= 0)
        st = sl_buf_ok(&b) && (*out = sl_arena_dup(x->arena, sl_buf_span(&b))).ptr ? SLUICE_OK
                                                                                   : SLUICE_E_NOMEM;
    sl_buf_finish(&b);
    return st;
}

sluice_status gemini_relay(sluice_exchange *x)
{
    sluice_call call = *x->call;
    sluice_header *members = sl_alloc(x->arena, (call.n_members + 1) * sizeof *members);
    bool stream = (call.flags & SLUICE_CALL_STREAM) != 0;
    const char *method = "streamGenerateContent";
    bool embeds = sl_span_eq(call.operation, SL_SPAN("embedContent")) && !x->self->vertex;
    sluice_span model = resource(x);
    sluice_status st = SLUICE_OK;
    size_t n = 0;

    if (!members || !model.ptr)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < call.n_members && st >= 0; i++) {
        sluice_header m = call.members[i];

        if (left_out(m.name, embeds))
            continue;
        if (sl_span_eq(m.name, SL_SPAN("model")))
            m.value = model;
        else if (sl_span_eq(m.name, SL_SPAN("requests")))
            st = name_models(x, m.value, model, &m.value);
        members[n++] = m;
    }
    call.members = members;
    call.n_members = n;
    if (st >= 0)
        st = sl_parts_relay(&call, x->arena, &x->parts, &x->n_parts);
    stream = stream && sl_span_eq(call.operation, SL_SPAN("generateContent"));
    for (size_t i = 0; i < sizeof methods / sizeof *methods && !stream; i++)
        if (sl_span_eq(call.operation, sl_span_str(methods[i].operation)))
            method = methods[i].method;
    x->url = gemini_url(x, method, stream);
    return st < 0 ? st : x->url.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}
