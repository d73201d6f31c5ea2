/* SPDX-License-Identifier: Apache-2.0 */
/* image.c - pictures from a text by InvokeModel: Titan Image and Nova Canvas, and Stability's. */
#include <sluice_sdk/images.h>
#include "answer.h"

static sluice_span member(const sluice_exchange *x, const char *name)
{
    for (size_t i = 0; i < x->call->n_members; i++)
        if (sl_span_eq(x->call->members[i].name, sl_span_str(name)))
            return x->call->members[i].value;
    return sl_span(NULL, 0);
}

static sluice_status write_canvas(sluice_exchange *x, sluice_span prompt, sluice_span size,
                                  sluice_error *err)
{
    struct sl_json_out *o = &x->body.out;
    sluice_span quality = SL_SPAN(""), n = member(x, "n"), seed = member(x, "seed");
    uint64_t width, height;

    sl_json_kv_str(o, "taskType", SL_SPAN("TEXT_IMAGE"));
    sl_json_key(o, "textToImageParams");
    sl_json_open(o, '{');
    sl_json_key(o, "text");
    sl_parts_inside(&x->body, prompt);
    if (sl_json_type(member(x, "negative_prompt")) == SL_JSON_STRING)
        sl_json_kv_raw(o, "negativeText", member(x, "negative_prompt"));
    sl_json_close(o, '}');
    sl_json_key(o, "imageGenerationConfig");
    sl_json_open(o, '{');
    if (n.ptr && sl_json_type(n) == SL_JSON_NUMBER)
        sl_json_kv_raw(o, "numberOfImages", n);
    if (size.len && !sl_span_eq(size, SL_SPAN("auto"))) {
        if (!sl_images_size(size, &width, &height))
            return sl_fail_param(err, SLUICE_E_INVALID, NULL, "size",
                                 "A size is written as WIDTHxHEIGHT.");
        sl_json_kv_i64(o, "width", (int64_t)width);
        sl_json_kv_i64(o, "height", (int64_t)height);
    }
    sl_json_raw_string(member(x, "quality"), &quality);
    if (sl_span_eq(quality, SL_SPAN("hd")) || sl_span_eq(quality, SL_SPAN("high")) ||
        sl_span_eq(quality, SL_SPAN("premium")))
        sl_json_kv_str(o, "quality", SL_SPAN("premium"));
    if (seed.ptr && sl_json_type(seed) == SL_JSON_NUMBER)
        sl_json_kv_raw(o, "seed", seed);
    sl_json_close(o, '}');
    return SLUICE_OK;
}

/* Sizes are said as a ratio there. */
static sluice_status write_stability(sluice_exchange *x, sluice_span prompt, sluice_span size,
                                     sluice_error *err)
{
    static const struct {
        const char *size, *ratio;
    } ratios[] = {
        { "1024x1024", "1:1" },  { "512x512", "1:1" },    { "256x256", "1:1" },
        { "1792x1024", "16:9" }, { "1024x1792", "9:16" }, { "1536x1024", "3:2" },
        { "1024x1536", "2:3" },
    };
    struct sl_json_out *o = &x->body.out;
    const char *ratio = NULL;
    int64_t n = 1;

    if (sl_json_i64(member(x, "n"), &n) && n != 1 && !(x->call->flags & SLUICE_CALL_DROP))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_parameter", "n",
                             "The model draws one picture at a time.");
    sl_json_key(o, "prompt");
    sl_parts_inside(&x->body, prompt);
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        if (sl_span_eq(size, sl_span_str(ratios[i].size)))
            ratio = ratios[i].ratio;
    if (ratio)
        sl_json_kv_str(o, "aspect_ratio", sl_span_str(ratio));
    else if (size.len && !sl_span_eq(size, SL_SPAN("auto")))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "size",
                             "The model draws in the ratios of 1024x1024, 1792x1024, 1024x1792, "
                             "1536x1024 and 1024x1536.");
    if (sl_json_type(member(x, "seed")) == SL_JSON_NUMBER)
        sl_json_kv_raw(o, "seed", member(x, "seed"));
    if (sl_json_type(member(x, "negative_prompt")) == SL_JSON_STRING)
        sl_json_kv_raw(o, "negative_prompt", member(x, "negative_prompt"));
    return SLUICE_OK;
}

sluice_status bedrock_image_begin(sluice_exchange *x, sluice_error *err)
{
    sluice_span prompt, size = SL_SPAN(""), format = SL_SPAN("");
    sluice_status st;

    x->action = "invoke";
    if (!sl_json_raw_string(member(x, "prompt"), &prompt) || !prompt.len)
        return sl_fail_param(err, SLUICE_E_INVALID, NULL, "prompt", "A picture needs a prompt.");
    sl_json_raw_string(member(x, "response_format"), &format);
    if (sl_span_eq(format, SL_SPAN("url")) && !(x->call->flags & SLUICE_CALL_DROP))
        return sl_fail_param(err, SLUICE_E_INVALID, "unsupported_value", "response_format",
                             "The provider gives pictures as b64_json only.");
    sl_json_raw_string(member(x, "size"), &size);
    sl_json_open(&x->body.out, '{');
    st = x->family->job == JOB_STABILITY ? write_stability(x, prompt, size, err)
                                         : write_canvas(x, prompt, size, err);
    sl_json_close(&x->body.out, '}');
    if (st >= 0 && sl_parts_end(&x->body, &x->parts, &x->n_parts) < 0)
        return sl_fail(err, SLUICE_E_NOMEM, "out of memory writing the request");
    return st;
}

/* {"images":[BASE64],"error":TEXT}, or {"images":[...],"finish_reasons":[null|TEXT]} */
sluice_status bedrock_image_answer(sluice_exchange *x, sluice_span json, const sluice_sink *sink,
                                   sluice_error *err)
{
    sluice_span list = sl_json_find(json, "images"), name, one, text = SL_SPAN(""), *images;
    struct sl_json_iter it = { .started = false };
    size_t n = 0, most = 0;

    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &one))
        most += sl_json_type(one) == SL_JSON_STRING;
    if (!most) {
        sl_json_string(sl_json_find(json, "error"), sink->scratch, &text);
        if (!text.len)
            sl_json_string(sl_json_find(json, "finish_reasons.0"), sink->scratch, &text);
        return sl_fail_param(err, text.len ? SLUICE_E_REFUSED : SLUICE_E_UPSTREAM,
                             text.len ? "content_filter" : NULL, NULL,
                             "The provider drew nothing%s%.*s", text.len ? ": " : ".",
                             SL_FMT(sl_span_head(text, 300)));
    }
    images = sl_alloc(sink->scratch, most * sizeof *images);
    if (!images)
        return SLUICE_E_NOMEM;
    it = (struct sl_json_iter){ .started = false };
    while (sl_json_next(&it, list, &name, &one))
        if (sl_json_type(one) == SL_JSON_STRING)
            images[n++] = one;
    return sl_images_answer(sink, x->self->host->unix_ms(x->self->host) / 1000, images, n);
}
