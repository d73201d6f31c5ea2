/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - where a method of a model is: the deployment's base, with or without the version. */
#include "gemini.h"

#define DEFAULT_BASE "https://generativelanguage.googleapis.com/v1beta"

/* The path of a model: names without a slash are in the collection `models`. */
static bool write_model(struct sl_buf *b, sluice_span model)
{
    static const char hex[] = "0123456789ABCDEF";

    if (sl_span_find_char(model, '/') == model.len)
        sl_buf_add_str(b, "models/");
    for (size_t i = 0; i < model.len; i++) {
        unsigned char c = (unsigned char)model.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c && strchr("-._~/@", c))) {
            sl_buf_add_char(b, (char)c);
        } else {
            sl_buf_add_char(b, '%');
            sl_buf_add_char(b, hex[c >> 4]);
            sl_buf_add_char(b, hex[c & 15]);
        }
    }
    return sl_buf_ok(b);
}

static bool has_version(sluice_span base)
{
    return sl_span_ends(base, SL_SPAN("/v1beta")) || sl_span_ends(base, SL_SPAN("/v1")) ||
           sl_span_ends(base, SL_SPAN("/v1alpha"));
}

sluice_span gemini_url(sluice_exchange *x, const char *method, bool sse)
{
    sluice_span base = x->call->base_url, url = sl_span(NULL, 0);
    struct sl_buf b;

    if (!base.len)
        base = SL_SPAN(DEFAULT_BASE);
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    sl_buf_init(&b, 1u << 16);
    sl_buf_add(&b, base);
    sl_buf_add_str(&b, has_version(base) ? "/" : "/v1beta/");
    if (write_model(&b, x->call->model)) {
        sl_buf_add_char(&b, ':');
        sl_buf_add_str(&b, method);
        if (sse)
            sl_buf_add_str(&b, "?alt=sse");
        if (sl_buf_ok(&b))
            url = sl_arena_dup(x->arena, sl_buf_span(&b));
    }
    sl_buf_finish(&b);
    return url;
}
