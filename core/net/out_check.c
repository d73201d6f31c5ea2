/* SPDX-License-Identifier: Apache-2.0 */
/* out_check.c - the border against header injection, for all transports. */
#include "net/out_check.h"

#include "base/status.h"
#include "format/http1_parse.h"

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
        if (!sl_http_value_ok(h->value))
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
