/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.c - embeddings as base64, for callers that asked for it of vendors that only have
 * numbers. */
#include "vendor.h"

#include <sluice_sdk/base64.h>
#include <sluice_sdk/span.h>

#define FLOATS_MAX 65536 /* dimensions of one vector */

static void vector(struct splice *s, sluice_span numbers)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;
    size_t n = 0, max = numbers.len / 2 + 1;
    char *raw, *text;
    double d;

    if (max > FLOATS_MAX)
        max = FLOATS_MAX;
    raw = sl_alloc(s->mem, max * 4);
    text = sl_alloc(s->mem, SL_BASE64_SIZE(max * 4) + 2);
    if (!raw || !text) {
        s->failed = true;
        return;
    }
    while (n < max && sl_json_next(&it, numbers, &name, &value)) {
        uint32_t bits;
        float f;

        if (!sl_json_f64(value, &d))
            return; /* not a vector: stays as it is */
        f = (float)d;
        memcpy(&bits, &f, sizeof bits);
        for (int i = 0; i < 4; i++)
            raw[4 * n + (size_t)i] = (char)(unsigned char)(bits >> (8 * i));
        n++;
    }
    text[0] = '"';
    n = 1 + sl_base64(sl_span(raw, 4 * n), text + 1);
    text[n++] = '"';
    oc_splice_skip(s, numbers);
    oc_splice_add(s, sl_span(text, n));
}

sluice_status oc_response_base64(sluice_span object, struct sluice_arena *mem, sluice_span **parts,
                                 size_t *count)
{
    sluice_span data = sl_json_member(object, SL_SPAN("data")), name, one, numbers;
    struct sl_json_iter it = { 0 };
    struct splice s;
    sluice_status st;

    oc_splice_begin(&s, object, mem);
    if (data.ptr && sl_json_type(data) == SL_JSON_ARRAY)
        while (sl_json_next(&it, data, &name, &one)) {
            if (sl_json_type(one) != SL_JSON_OBJECT)
                continue;
            numbers = sl_json_member(one, SL_SPAN("embedding"));
            if (numbers.ptr && sl_json_type(numbers) == SL_JSON_ARRAY)
                vector(&s, numbers);
        }
    st = oc_splice_end(&s);
    *parts = s.parts;
    *count = s.n;
    return st;
}
