/* SPDX-License-Identifier: Apache-2.0 */
/*
 * images.c - OpenAI's images.generations: Imagen by :predict, models that draw beside talking by
 * generateContent. Sizes are ratios there.
 */
#include <sluice_sdk/images.h>
#include "answer.h"

enum { I_PROMPT, I_N, I_SIZE, I_FORMAT, I_QUALITY, I_STREAM, I_MEMBERS };

static const char *const names[I_MEMBERS] = {
    [I_PROMPT] = "prompt",   [I_N] = "n",
    [I_SIZE] = "size",       [I_FORMAT] = "response_format",
    [I_QUALITY] = "quality", [I_STREAM] = "stream",
};

static const char *const left_out[] = { "model", "user", NULL };

/* Usual sizes whose ratio is not quite one of these. */
static const struct {
    const char *size, *ratio;
} sizes[] = {
    { "1792x1024", "16:9" }, { "1024x1792", "9:16" }, { "1280x896", "4:3" }, { "896x1280", "3:4" }
};

static const struct {
    const char *name;
    uint64_t width, height;
    bool imagen;
} ratios[] = {
    { "1:1", 1, 1, true },    { "4:3", 4, 3, true },   { "3:4", 3, 4, true },
    { "16:9", 16, 9, true },  { "9:16", 9, 16, true }, { "3:2", 3, 2, false },
    { "2:3", 2, 3, false },   { "5:4", 5, 4, false },  { "4:5", 4, 5, false },
    { "21:9", 21, 9, false },
};

bool gemini_is_imagen(sluice_span model)
{
    return sl_span_find(model, SL_SPAN("imagen")) < model.len;
}

/* Empty: the vendor's own choice. NULL: it draws none such. */
static const char *ratio_of(sluice_span size, bool imagen)
{
    uint64_t width, height;

    if (!size.len || sl_span_eq(size, SL_SPAN("auto")))
        return "";
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sl_span_eq(size, sl_span_str(sizes[i].size)))
            return sizes[i].ratio;
    if (!sl_images_size(size, &width, &height))
        return NULL;
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        if (width * ratios[i].height == height * ratios[i].width && (!imagen || ratios[i].imagen))
            return ratios[i].name;
    return NULL;
}

static sluice_status check(sluice_exchange *x, const struct sl_json *const *m, bool imagen,
                           const char **ratio)
{
    sluice_status st = SLUICE_OK;
    int64_t n = 1;

    if (!sl_json_inside(m[I_PROMPT]).len)
        return sl_chat_bad(&x->chat, "missing_required_parameter", "A picture needs a prompt.",
                           "prompt");
    *ratio = ratio_of(sl_json_inside(m[I_SIZE]), imagen);
    if (!*ratio)
        return sl_chat_bad(&x->chat, "unsupported_value",
                           "The model draws in no ratio of this size.", "size");
    if (sl_json_is(m[I_FORMAT], "url"))
        st = sl_chat_lacking(&x->chat, "response_format");
    if (st >= 0 && m[I_QUALITY] && !sl_json_is(m[I_QUALITY], "auto") &&
        !sl_json_is(m[I_QUALITY], "standard"))
        st = sl_chat_lacking(&x->chat, "quality");
    if (st >= 0 && m[I_STREAM] && sl_json_is_true(m[I_STREAM]->raw))
        st = sl_chat_lacking(&x->chat, "stream");
    if (st >= 0 && !imagen && m[I_N] && sl_json_i64(m[I_N]->raw, &n) && n != 1)
        st = sl_chat_lacking(&x->chat, "n");
    return st;
}

/* The vendor's own parameters go along. */
static void write_imagen(sluice_exchange *x, const struct sl_json *const *m, const char *ratio,
                         const sluice_header *const *extra, size_t n_extra)
{
    struct sl_json_out *o = &x->body.out;

    sl_json_open(o, '{');
    sl_json_key(o, "instances");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_key(o, "prompt");
    sl_parts_inside(&x->body, sl_json_inside(m[I_PROMPT]));
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    sl_json_key(o, "parameters");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "sampleCount", m[I_N] ? m[I_N]->raw : SL_SPAN("1"));
    if (*ratio)
        sl_json_kv_str(o, "aspectRatio", sl_span_str(ratio));
    for (size_t i = 0; i < n_extra; i++) {
        sl_json_key_span(o, extra[i]->name);
        sl_json_raw(o, extra[i]->value);
    }
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static void write_content(sluice_exchange *x, const struct sl_json *const *m, const char *ratio)
{
    struct sl_json_out *o = &x->body.out;

    sl_json_open(o, '{');
    sl_json_key(o, "contents");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_kv_str(o, "role", SL_SPAN("user"));
    sl_json_key(o, "parts");
    sl_json_open(o, '[');
    sl_json_open(o, '{');
    sl_json_key(o, "text");
    sl_parts_inside(&x->body, sl_json_inside(m[I_PROMPT]));
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    sl_json_close(o, '}');
    sl_json_close(o, ']');
    sl_json_key(o, "generationConfig");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "responseModalities", SL_SPAN("[\"TEXT\",\"IMAGE\"]"));
    if (*ratio) {
        sl_json_key(o, "imageConfig");
        sl_json_open(o, '{');
        sl_json_kv_str(o, "aspectRatio", sl_span_str(ratio));
        sl_json_close(o, '}');
    }
    sl_json_close(o, '}');
    if (x->self->safety_settings.len)
        sl_json_kv_raw(o, "safetySettings", x->self->safety_settings);
    sl_json_close(o, '}');
}

sluice_status gemini_images_begin(sluice_exchange *x)
{
    bool imagen = gemini_is_imagen(x->call->model);
    const struct sl_json *m[I_MEMBERS];
    const sluice_header **extra;
    const char *ratio = "";
    size_t n_extra;
    sluice_status st = sl_chat_members(&x->chat, names, I_MEMBERS, m, left_out, &extra, &n_extra);

    if (st >= 0)
        st = check(x, m, imagen, &ratio);
    for (size_t i = 0; st >= 0 && !imagen && i < n_extra; i++) {
        sluice_span name = sl_arena_printf(x->arena, "%.*s", SL_FMT(extra[i]->name));

        st = name.ptr ? sl_chat_lacking(&x->chat, name.ptr) : SLUICE_E_NOMEM;
    }
    if (st < 0)
        return st;
    if (imagen)
        write_imagen(x, m, ratio, extra, n_extra);
    else
        write_content(x, m, ratio);
    x->framing = SLUICE_FRAME_WHOLE;
    x->url = gemini_url(x, imagen ? "predict" : "generateContent", false);
    st = sl_parts_end(&x->body, &x->parts, &x->n_parts);
    return st < 0 || x->url.ptr ? st : SLUICE_E_NOMEM;
}

/* ---- the answer ---- */

#define IMAGES_MOST 64

struct found {
    sluice_span images[IMAGES_MOST];
    size_t n;
    sluice_span why; /* there are none; inside */
};

static void take(struct found *f, sluice_span image)
{
    if (sl_json_type(image) == SL_JSON_STRING && f->n < IMAGES_MOST)
        f->images[f->n++] = image;
}

static void reason(struct found *f, sluice_span why)
{
    if (!f->why.len)
        sl_json_raw_string(why, &f->why);
}

static void read_predictions(struct found *f, sluice_span body)
{
    struct sl_json_iter it = { .started = false };
    sluice_span list = sl_json_find(body, "predictions"), name, one;

    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &one)) {
        if (sl_json_type(one) != SL_JSON_OBJECT)
            continue;
        take(f, sl_json_find(one, "bytesBase64Encoded"));
        reason(f, sl_json_find(one, "raiFilteredReason"));
    }
}

static void read_candidates(struct found *f, sluice_span body)
{
    struct sl_json_iter it = { .started = false }, in;
    sluice_span list = sl_json_find(body, "candidates"), name, one, part;

    reason(f, sl_json_find(body, "promptFeedback.blockReason"));
    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &one)) {
        sluice_span parts, why;

        if (sl_json_type(one) != SL_JSON_OBJECT)
            continue;
        parts = sl_json_find(one, "content.parts");
        in = (struct sl_json_iter){ .started = false };
        while (sl_json_type(parts) == SL_JSON_ARRAY && sl_json_next(&in, parts, &name, &part))
            if (sl_json_type(part) == SL_JSON_OBJECT &&
                !sl_json_is_true(sl_json_find(part, "thought")))
                take(f, sl_json_find(part, "inlineData.data"));
        if (sl_json_raw_string(sl_json_find(one, "finishReason"), &why) &&
            !sl_span_eq(why, SL_SPAN("STOP")))
            reason(f, sl_json_find(one, "finishReason"));
    }
}

sluice_status gemini_images_data(sluice_exchange *x, sluice_span body, const sluice_sink *sink,
                                 sluice_error *err)
{
    struct found f = { .n = 0 };
    struct sl_json_error e;

    body = sl_span_trim(body);
    if (sl_json_type(body) != SL_JSON_OBJECT || sl_json_validate(body, &e) < 0)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    read_predictions(&f, body);
    read_candidates(&f, body);
    if (!f.n)
        return sl_fail_param(err, f.why.len ? SLUICE_E_REFUSED : SLUICE_E_UPSTREAM,
                             f.why.len ? "content_filter" : NULL, NULL,
                             "The provider drew nothing%s%.*s", f.why.len ? ": " : ".",
                             SL_FMT(sl_span_head(f.why, 300)));
    gemini_usage(sink, sl_json_find(body, "usageMetadata"));
    return sl_images_answer(sink, x->self->host->unix_ms(x->self->host) / 1000, f.images, f.n);
}
