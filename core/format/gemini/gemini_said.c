/* SPDX-License-Identifier: Apache-2.0 */
/* gemini_said.c - what the model said in earlier turns, as a message: text, thoughts, calls. */
#include "format/gemini/gemini_contents.h"

static bool is_thought(const struct sl_json *part)
{
    const struct sl_json *thought = sl_json_opt(part, "thought");

    return thought && sl_json_is_true(thought->raw);
}

/* What every part of the model says, one after the other. */
static bool said(const struct sl_contents *x, const struct sl_json *parts)
{
    struct sl_json_out *o = &x->t->out;
    bool text = false, call = false;

    sl_json_each(p, parts)
    {
        text = text || (!is_thought(p) && sl_json_inside(sl_json_opt(p, "text")).len);
        call = call || sl_gemini_opt(p, "functionCall");
    }
    sl_json_key(o, "content");
    if (!text && call) {
        sl_json_null(o);
        return call;
    }
    sl_json_raw(o, SL_SPAN("\""));
    sl_json_each(p, parts)
    {
        if (!is_thought(p))
            sl_buf_add(o->buf, sl_json_inside(sl_json_opt(p, "text")));
    }
    sl_buf_add_char(o->buf, '"');
    return call;
}

static sluice_span behind(sluice_span text, const char *prefix)
{
    sluice_span before = sl_span_str(prefix);

    return sl_span_starts(text, before) ? sl_span_from(text, before.len) : sl_span(NULL, 0);
}

/* Thoughts of another vendor's, which we wrote down with their signature. Texts of thoughts come in
 * pieces; the signature is on the last one. */
static void thoughts(const struct sl_contents *x, const struct sl_json *parts)
{
    struct sl_json_out *o = &x->t->out;
    const struct sl_json *from = NULL;
    bool any = false;

    sl_json_each(p, parts)
    {
        sluice_span signature = sl_json_inside(sl_gemini_opt(p, "thoughtSignature"));
        sluice_span proof = behind(signature, SL_GEMINI_SIGNED);
        sluice_span opaque = behind(signature, SL_GEMINI_OPAQUE);

        if (!is_thought(p))
            continue;
        from = from ? from : p;
        if (!proof.ptr && !opaque.ptr)
            continue;
        sl_pivot_thought(o, &any, opaque.ptr != NULL);
        if (opaque.ptr) {
            sl_json_key(o, "data");
            sl_json_inside_str(o, opaque);
        } else {
            sl_json_key(o, "thinking");
            sl_json_raw(o, SL_SPAN("\""));
            for (; from; from = from->next) {
                if (is_thought(from))
                    sl_buf_add(o->buf, sl_json_inside(sl_json_opt(from, "text")));
                if (from == p)
                    break;
            }
            sl_buf_add_char(o->buf, '"');
            sl_json_key(o, "signature");
            sl_json_inside_str(o, proof);
        }
        sl_json_close(o, '}');
        from = NULL;
    }
    if (any)
        sl_json_close(o, ']');
}

static void own_signature(struct sl_json_out *o, sluice_span signature)
{
    sl_json_key(o, "extra_content");
    sl_json_raw(o, SL_SPAN("{\"google\":{\"thought_signature\":\""));
    sl_buf_add(o->buf, signature);
    sl_buf_add(o->buf, SL_SPAN("\"}}"));
}

static sluice_status call(struct sl_contents *x, const struct sl_json *part,
                          const struct sl_json *f)
{
    const struct sl_json *args = sl_json_opt(f, "args");
    sluice_span signature = sl_json_inside(sl_gemini_opt(part, "thoughtSignature"));
    sluice_span name = sl_json_inside(sl_json_opt(f, "name"));
    struct sl_json_out *o = &x->t->out;
    const struct sl_called *c;

    if (!name.len)
        return sl_gemini_bad(x, "A call needs the function's name.", "functionCall.name");
    if (args && args->type != SL_JSON_OBJECT)
        return sl_gemini_bad(x, "Arguments are an object.", "functionCall.args");
    c = sl_calls_add(&x->calls, name, sl_json_inside(sl_json_opt(f, "id")));
    if (!c)
        return sl_gemini_bad(x, "There are too many calls.", "functionCall");
    sl_calls_open(&x->calls, c, args ? args->raw : SL_SPAN("{}"), o);
    if (signature.len && x->t->extended)
        own_signature(o, signature);
    sl_json_close(o, '}');
    return SLUICE_OK;
}

sluice_status sl_gemini_said(struct sl_contents *x, const struct sl_json *parts)
{
    struct sl_json_out *o = &x->t->out;
    sluice_span signature = { 0 };
    sluice_status st = SLUICE_OK;
    bool calls;

    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"assistant\""));
    calls = said(x, parts);
    if (x->t->extended)
        thoughts(x, parts);
    if (calls) {
        sl_json_key(o, "tool_calls");
        sl_json_open(o, '[');
    }
    x->part = 0;
    sl_json_each(p, parts)
    {
        const struct sl_json *f = sl_gemini_opt(p, "functionCall");

        if (f && st >= 0)
            st = call(x, p, f);
        else if (!is_thought(p) && sl_gemini_opt(p, "thoughtSignature"))
            signature = sl_json_inside(sl_gemini_opt(p, "thoughtSignature"));
        x->part++;
    }
    if (calls)
        sl_json_close(o, ']');
    if (signature.len && x->t->extended)
        own_signature(o, signature);
    sl_json_close(o, '}');
    return st;
}
