/* SPDX-License-Identifier: Apache-2.0 */
/* wishes.c - see wishes.h. */
#include "call/wishes.h"

#include "base/status.h"
#include "call/attempt/attempt.h"
#include "format/http1_parse.h"
#include "format/json_scan.h"

#define LIST_MOST 256

static enum sl_verdict wrong(struct sl_call *c, const char *param, const char *wanted)
{
    return sl_call_refuse(
        c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, param, "'%s' %s", param, wanted));
}

static size_t count(sluice_span container)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;
    size_t n = 0;

    while (n <= LIST_MOST && sl_json_next(&it, container, &name, &value))
        n++;
    return n;
}

static enum sl_verdict read_names(struct sl_call *c, const char *param, const sluice_span **out,
                                  size_t *n)
{
    sluice_span value = sl_call_member(c, sl_span_str(param)), name, item;
    struct sl_json_iter it = { 0 };
    sluice_span *all;

    if (!value.ptr || sl_json_type(value) == SL_JSON_NULL)
        return SL_NEXT;
    if (sl_json_type(value) != SL_JSON_ARRAY || count(value) > LIST_MOST)
        return wrong(c, param, "must be an array of names");
    all = sl_alloc(&c->arena, (count(value) + 1) * sizeof *all);
    if (!all)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    while (sl_json_next(&it, value, &name, &item))
        if (!sl_json_string(item, &c->arena, &all[(*n)++]))
            return wrong(c, param, "must be an array of names");
    *out = all;
    return SL_NEXT;
}

/* What a client may not say in the vendor's ear: whose connection, and whose right it is. */
static bool may_be_sent(sluice_span name)
{
    static const char *const never[] = {
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "content-type",
        "authorization",
        "proxy-authorization",
        "cookie",
        "api-key",
        "x-api-key",
        "x-goog-api-key",
        "accept-encoding",
        "expect",
        "x-amz-date",
        "x-amz-security-token",
    };

    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (sl_span_ieq(name, sl_span_str(never[i])))
            return false;
    return sl_http_name_ok(name);
}

static enum sl_verdict read_pairs(struct sl_call *c, const char *param, bool fields,
                                  const sluice_header **out, size_t *n)
{
    sluice_span value = sl_call_member(c, sl_span_str(param)), name, item;
    struct sl_json_iter it = { 0 };
    sluice_header *all;

    if (!value.ptr || sl_json_type(value) == SL_JSON_NULL)
        return SL_NEXT;
    if (sl_json_type(value) != SL_JSON_OBJECT || count(value) > LIST_MOST)
        return wrong(c, param, "must be an object");
    all = sl_alloc(&c->arena, (count(value) + 1) * sizeof *all);
    if (!all)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    while (sl_json_next(&it, value, &name, &item)) {
        all[*n] = (sluice_header){ name, item };
        if (fields && (!may_be_sent(name) || !sl_json_string(item, &c->arena, &all[*n].value) ||
                       !sl_http_value_ok(all[*n].value)))
            return wrong(c, param, "must be names of header fields that may be sent, and text");
        ++*n;
    }
    *out = all;
    return SL_NEXT;
}

enum sl_verdict sl_wishes_read(struct sl_call *c)
{
    const uint64_t any = sl_span_bit(SL_SPAN("drop_params")) |
                         sl_span_bit(SL_SPAN("additional_drop_params")) |
                         sl_span_bit(SL_SPAN("allowed_openai_params")) |
                         sl_span_bit(SL_SPAN("extra_headers")) | sl_span_bit(SL_SPAN("extra_body"));
    struct sl_wishes *w = &c->wishes;
    enum sl_json_type type;
    enum sl_verdict verdict;
    sluice_span drop;

    w->drop = -1;
    if (!(c->member_bits & any))
        return SL_NEXT;
    drop = sl_call_member(c, SL_SPAN("drop_params"));
    type = sl_json_type(drop);
    if (drop.ptr && type != SL_JSON_TRUE && type != SL_JSON_FALSE && type != SL_JSON_NULL)
        return wrong(c, "drop_params", "must be true or false");
    if (type == SL_JSON_TRUE || type == SL_JSON_FALSE)
        w->drop = type == SL_JSON_TRUE;
    verdict = read_names(c, "additional_drop_params", &w->drop_list, &w->n_drop);
    if (verdict == SL_NEXT)
        verdict = read_names(c, "allowed_openai_params", &w->allow, &w->n_allow);
    if (verdict == SL_NEXT)
        verdict = read_pairs(c, "extra_headers", true, &w->headers, &w->n_headers);
    return verdict == SL_NEXT ? read_pairs(c, "extra_body", false, &w->body, &w->n_body) : verdict;
}

/* ---- what was left out ---- */

static bool has(const struct sl_dropped *d, sluice_span name)
{
    sluice_span rest = sl_span(d->text, d->len);

    while (rest.len) {
        size_t comma = sl_span_find_char(rest, ',');

        if (sl_span_eq(sl_span_trim(sl_span_head(rest, comma)), name))
            return true;
        rest = sl_span_from(rest, comma + 1);
    }
    return false;
}

void sl_dropped_note(void *attempt, sluice_span name)
{
    struct sl_attempt *a = attempt;
    struct sl_dropped *d = &a->dropped;

    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == ',')
            return;
    if (!name.len || name.len + 2 > SL_DROPPED_ROOM - d->len || has(d, name))
        return;
    if (!d->text)
        d->text = sl_alloc(&a->arena, SL_DROPPED_ROOM);
    if (!d->text)
        return;
    if (d->len) {
        memcpy(d->text + d->len, ", ", 2);
        d->len += 2;
    }
    memcpy(d->text + d->len, name.ptr, name.len);
    d->len += name.len;
}
