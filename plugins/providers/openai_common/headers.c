/* SPDX-License-Identifier: Apache-2.0 */
/* headers.c - a vendor's headers: those of every call, and those that depend on who speaks in it
 * and of what. */
#include "vendor.h"

#include <sluice_sdk/span.h>

static sluice_span messages_of(const sluice_call *call)
{
    for (size_t i = 0; i < call->n_members; i++)
        if (sl_span_eq(call->members[i].name, SL_SPAN("messages")))
            return call->members[i].value;
    return sl_span("", 0);
}

static bool one_of(const struct names *names, sluice_span json)
{
    sluice_span inside;

    return json.ptr && sl_json_raw_string(json, &inside) && oc_names_have(names, inside);
}

static bool has_part(const struct names *types, sluice_span content)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, part;

    if (!types->n || !content.ptr || sl_json_type(content) != SL_JSON_ARRAY)
        return false;
    while (sl_json_next(&it, content, &name, &part))
        if (sl_json_type(part) == SL_JSON_OBJECT &&
            one_of(types, sl_json_member(part, SL_SPAN("type"))))
            return true;
    return false;
}

static bool applies(const struct header_rule *h, sluice_span messages)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, message;

    if (!messages.len || sl_json_type(messages) != SL_JSON_ARRAY)
        return false;
    while (sl_json_next(&it, messages, &name, &message))
        if (sl_json_type(message) == SL_JSON_OBJECT &&
            (one_of(&h->roles, sl_json_member(message, SL_SPAN("role"))) ||
             has_part(&h->parts, sl_json_member(message, SL_SPAN("content")))))
            return true;
    return false;
}

size_t oc_headers_most(const struct vendor *v)
{
    size_t n = v->headers.n;

    for (size_t i = 0; i < v->n_header_rules; i++)
        n += v->header_rules[i].headers.n;
    return n;
}

size_t oc_headers(const struct vendor *v, const sluice_call *call, sluice_header *out)
{
    sluice_span messages = v->n_header_rules ? messages_of(call) : sl_span("", 0);
    size_t n = 0;

    for (size_t i = 0; i < v->headers.n; i++)
        out[n++] = v->headers.at[i];
    for (size_t i = 0; i < v->n_header_rules; i++) {
        const struct pairs *more = &v->header_rules[i].headers;

        if (!applies(&v->header_rules[i], messages))
            continue;
        for (size_t k = 0; k < more->n; k++) {
            size_t at = 0;

            while (at < n && !sl_span_ieq(out[at].name, more->at[k].name))
                at++;
            out[at] = more->at[k];
            n += at == n;
        }
    }
    return n;
}
