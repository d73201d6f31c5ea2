/* SPDX-License-Identifier: Apache-2.0 */
/* out_check.c - the border against header injection, for all transports. */
#include "net/out_check.h"

#include "base/status.h"
#include "format/http1_parse.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* sl_http_value_ok(), but sixteen bytes at a time as long as there is nothing to think about. */
static bool value_ok(sluice_span s)
{
#ifdef __SSE2__
    while (s.len >= 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)s.ptr);
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
        __m128i del = _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f));

        if (_mm_movemask_epi8(_mm_or_si128(low, del)))
            break;
        s = sl_span_from(s, 16);
    }
#endif
    return sl_http_value_ok(s);
}

/* Fields that say how the message is framed or where it goes: only the transport knows. */
static bool ours(sluice_span name)
{
    switch (name.len) {
    case 2:
        return sl_span_ieq(name, SL_SPAN("te"));
    case 4:
        return sl_span_ieq(name, SL_SPAN("host"));
    case 6:
        return sl_span_ieq(name, SL_SPAN("expect"));
    case 7:
        return sl_span_ieq(name, SL_SPAN("upgrade"));
    case 10:
        return sl_span_ieq(name, SL_SPAN("connection")) || sl_span_ieq(name, SL_SPAN("keep-alive"));
    case 14:
        return sl_span_ieq(name, SL_SPAN("content-length"));
    case 17:
        return sl_span_ieq(name, SL_SPAN("transfer-encoding"));
    }
    return false;
}

sluice_status sl_http_out_check(const struct sl_http_out *r, size_t *size, bool *agent,
                                sluice_error *err)
{
    *size = 0;
    *agent = false;
    if (!sl_http_name_ok(r->method))
        return sl_fail(err, SLUICE_E_INVALID, "the method of an upstream request is no token");
    for (size_t i = 0; i < r->n_headers; i++) {
        const sluice_header *h = &r->headers[i];

        if (!sl_http_name_ok(h->name))
            return sl_fail(err, SLUICE_E_INVALID,
                           "the name of header %zu of an upstream request is no token", i + 1);
        if (!value_ok(h->value))
            return sl_fail(err, SLUICE_E_INVALID,
                           "header '%.*s' has a line break or control character in its value",
                           SL_FMT(sl_span_head(h->name, 100)));
        if (ours(h->name))
            return sl_fail(err, SLUICE_E_INVALID,
                           "header '%.*s' is written by the transport and cannot be given",
                           SL_FMT(h->name));
        if (h->name.len == 10 && sl_span_ieq(h->name, SL_SPAN("user-agent")))
            *agent = true;
        *size += h->name.len + h->value.len + 4;
    }
    return SLUICE_OK;
}
