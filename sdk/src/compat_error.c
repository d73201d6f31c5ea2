/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat_error.c - classes of failure out of what OpenAI-like vendors answer: any of their shapes,
 * plain text or a proxy's HTML page. Order: the caller's rules, words that name a failure, texts
 * that describe one, the HTTP status.
 */
#include <sluice_sdk/compat.h>

#include "base/status.h"
#include "format/json_scan.h"

#define SCAN_MAX 16384  /* bytes of a failure's text that are looked at */
#define MESSAGE_IN 2700 /* escaped bytes that are decoded: a message all in \uXXXX */

/* The parts of a vendor's error object; strings are the raw inside of the quotes. */
struct found {
    sluice_span message, code, type, param;
    int64_t number; /* a numeric code, else -1 */
};

struct word {
    const char *text;
    sluice_status status;
};

/* Words in code, type or status members. */
static const struct word words[] = {
    { "context_length_exceeded", SLUICE_E_CONTEXT },
    { "exceed_context_size_error", SLUICE_E_CONTEXT },
    { "tokens_limit_reached", SLUICE_E_CONTEXT },
    { "insufficient_quota", SLUICE_E_QUOTA },
    { "insufficient_balance", SLUICE_E_QUOTA },
    { "insufficient_user_quota", SLUICE_E_QUOTA },
    { "billing_hard_limit_reached", SLUICE_E_QUOTA },
    { "billing_not_active", SLUICE_E_QUOTA },
    { "billing_error", SLUICE_E_QUOTA },
    { "quota_exceeded", SLUICE_E_QUOTA },
    { "accountoverdueerror", SLUICE_E_QUOTA },
    { "content_filter", SLUICE_E_REFUSED },
    { "content_policy_violation", SLUICE_E_REFUSED },
    { "responsibleaipolicyviolation", SLUICE_E_REFUSED },
    { "datainspectionfailed", SLUICE_E_REFUSED },
    { "data_inspection_failed", SLUICE_E_REFUSED },
    { "sensitivecontentdetected", SLUICE_E_REFUSED },
    { "model_not_found", SLUICE_E_NOT_FOUND },
    { "deploymentnotfound", SLUICE_E_NOT_FOUND },
    { "unknown_model", SLUICE_E_NOT_FOUND },
    { "invalid_api_key", SLUICE_E_AUTH },
    { "authentication_error", SLUICE_E_AUTH },
    { "permission_error", SLUICE_E_FORBIDDEN },
    { "rate_limit_exceeded", SLUICE_E_RATE_LIMIT },
    { "rate_limit_error", SLUICE_E_RATE_LIMIT },
    { "ratelimitreached", SLUICE_E_RATE_LIMIT },
    { "throttling", SLUICE_E_RATE_LIMIT },
    { "throttlingexception", SLUICE_E_RATE_LIMIT },
    { "overloaded_error", SLUICE_E_UNAVAILABLE },
    { "overloaded", SLUICE_E_UNAVAILABLE },
    { "unavailable_error", SLUICE_E_UNAVAILABLE },
    { "unsupported_parameter", SLUICE_E_INVALID },
    { "unsupported_value", SLUICE_E_INVALID },
};

/* Pieces of messages. Only looked at when the status says "your request is wrong" or nothing. */
static const struct word texts[] = {
    { "maximum context length", SLUICE_E_CONTEXT },
    { "maximum context limit", SLUICE_E_CONTEXT },
    { "context length exceeded", SLUICE_E_CONTEXT },
    { "context_length_exceeded", SLUICE_E_CONTEXT },
    { "exceed context limit", SLUICE_E_CONTEXT },
    { "prompt is too long", SLUICE_E_CONTEXT },
    { "input is too long", SLUICE_E_CONTEXT },
    { "input token count", SLUICE_E_CONTEXT },
    { "too many tokens", SLUICE_E_CONTEXT },
    { "string too long. expected a string with maximum length", SLUICE_E_CONTEXT },
    { "is longer than the model's context length", SLUICE_E_CONTEXT },
    { "input tokens exceed the configured limit", SLUICE_E_CONTEXT },
    { "`inputs` tokens + `max_new_tokens` must be", SLUICE_E_CONTEXT },
    { "exceeds the maximum number of tokens allowed", SLUICE_E_CONTEXT },
    { "exceeds the available context size", SLUICE_E_CONTEXT },
    { "content_policy_violation", SLUICE_E_REFUSED },
    { "responsibleaipolicyviolation", SLUICE_E_REFUSED },
    { "content_filter_policy", SLUICE_E_REFUSED },
    { "the model produced invalid content", SLUICE_E_REFUSED },
    { "rejected as a result of our safety system", SLUICE_E_REFUSED },
    { "insufficient balance", SLUICE_E_QUOTA },
    { "exceeded your current quota", SLUICE_E_QUOTA },
};

/* What an error map may say, beside the names in base/status. */
static const struct word classes[] = {
    { "invalid", SLUICE_E_INVALID },         { "unsupported", SLUICE_E_UNSUPPORTED },
    { "unavailable", SLUICE_E_UNAVAILABLE }, { "timeout", SLUICE_E_TIMEOUT },
    { "upstream", SLUICE_E_UPSTREAM },       { "auth", SLUICE_E_AUTH },
    { "rate_limit", SLUICE_E_RATE_LIMIT },   { "context", SLUICE_E_CONTEXT },
    { "refused", SLUICE_E_REFUSED },         { "not_found", SLUICE_E_NOT_FOUND },
    { "forbidden", SLUICE_E_FORBIDDEN },     { "quota", SLUICE_E_QUOTA },
};

sluice_status sl_compat_class(sluice_span word)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (sl_span_eq(word, sl_span_str(classes[i].text)))
            return classes[i].status;
    return 0;
}

static bool contains(sluice_span s, sluice_span needle)
{
    return sl_span_ifind(s, needle) < s.len;
}

/* ---- reading the body ---- */

static bool text_of(sluice_span value, sluice_span *out)
{
    sluice_span inside;

    if (!value.ptr || !sl_json_raw_string(value, &inside) || !inside.len)
        return false;
    *out = inside;
    return true;
}

/* A string or number that names the failure. */
static void read_code(sluice_span value, struct found *f)
{
    sluice_span inside;
    int64_t n;

    if (!value.ptr)
        return;
    if (sl_json_raw_string(value, &inside)) {
        if (!f->code.len)
            f->code = inside;
        value = inside;
    } else if (sl_json_type(value) == SL_JSON_NUMBER && !f->code.len) {
        f->code = value;
    }
    if (f->number < 0 && sl_json_type(value) == SL_JSON_NUMBER && sl_json_i64(value, &n))
        f->number = n;
}

static void read_object(sluice_span object, struct found *f)
{
    static const char *const messages[] = { "message", "detail",     "msg",  "reason",
                                            "title",   "status_msg", "error" };
    sluice_span v;

    for (size_t i = 0; i < sizeof messages / sizeof *messages && !f->message.len; i++)
        text_of(sl_json_member(object, sl_span_str(messages[i])), &f->message);
    read_code(sl_json_member(object, SL_SPAN("code")), f);
    read_code(sl_json_member(object, SL_SPAN("error_code")), f);
    read_code(sl_json_member(object, SL_SPAN("status_code")), f);
    v = sl_json_member(object, SL_SPAN("type"));
    if (!f->type.len && !text_of(v, &f->type) &&
        !text_of(sl_json_member(object, SL_SPAN("error_type")), &f->type))
        text_of(sl_json_member(object, SL_SPAN("status")), &f->type);
    if (!f->param.len)
        text_of(sl_json_member(object, SL_SPAN("param")), &f->param);
}

static void read_body(sluice_span body, struct found *f)
{
    static const char *const nested[] = { "error",     "errors.0", "detail.error", "detail.0",
                                          "base_resp", "detail",   "x_groq.error" };

    for (size_t i = 0; i < sizeof nested / sizeof *nested && !f->message.len; i++) {
        sluice_span v = sl_json_find(body, nested[i]);

        if (!v.ptr)
            continue;
        if (sl_json_type(v) == SL_JSON_OBJECT)
            read_object(v, f);
        else if (i == 0)
            text_of(v, &f->message);
    }
    read_object(body, f);
}

/* A page of a proxy on the way: its title says what happened. */
static sluice_span html_title(sluice_span body)
{
    size_t at = sl_span_ifind(body, SL_SPAN("<title>"));

    if (at == body.len)
        return sl_span(NULL, 0);
    body = sl_span_from(body, at + 7);
    return sl_span_trim(sl_span_head(body, sl_span_find_char(body, '<')));
}

/* ---- classifying ---- */

static sluice_status by_http(int32_t status)
{
    switch (status) {
    case 401:
    case 498:
        return SLUICE_E_AUTH;
    case 402:
        return SLUICE_E_QUOTA;
    case 403:
        return SLUICE_E_FORBIDDEN;
    case 404:
    case 410:
        return SLUICE_E_NOT_FOUND;
    case 408:
    case 504:
    case 524:
        return SLUICE_E_TIMEOUT;
    case 409:
    case 425:
    case 503:
    case 529:
        return SLUICE_E_UNAVAILABLE;
    case 424:
    case 499:
        return SLUICE_E_UPSTREAM;
    case 429:
        return SLUICE_E_RATE_LIMIT;
    case 501:
        return SLUICE_E_UNSUPPORTED;
    default:
        return status >= 400 && status < 500 ? SLUICE_E_INVALID : SLUICE_E_UPSTREAM;
    }
}

static sluice_status by_rules(const struct sl_compat_failure *failure, const struct found *f)
{
    for (size_t i = 0; i < failure->n_rules; i++) {
        const struct sl_compat_rule *r = &failure->rules[i];

        if (sl_span_ieq(f->code, r->text) || sl_span_ieq(f->type, r->text))
            return r->status;
        /* A bare number inside a sentence says nothing. */
        if (r->text.len && (r->text.ptr[0] < '0' || r->text.ptr[0] > '9') &&
            contains(f->message, r->text))
            return r->status;
    }
    return 0;
}

static sluice_status by_words(const struct found *f)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sl_span_ieq(f->code, sl_span_str(words[i].text)))
            return words[i].status;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sl_span_ieq(f->type, sl_span_str(words[i].text)))
            return words[i].status;
    return 0;
}

static sluice_status by_text(sluice_span text)
{
    text = sl_span_head(text, SCAN_MAX);
    if (contains(text, SL_SPAN("string_above_max_length")))
        return 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (contains(text, sl_span_str(texts[i].text)))
            return texts[i].status;
    if (contains(text, SL_SPAN("current length is")) && contains(text, SL_SPAN("while limit is")))
        return SLUICE_E_CONTEXT;
    return 0;
}

static sluice_status classify(const struct sl_compat_failure *failure, const struct found *f,
                              int32_t http, sluice_span text)
{
    bool vague = http < 400 || http == 400 || http == 404 || http == 413 || http == 422 ||
                 http == 429 || http >= 500;
    sluice_status st = by_rules(failure, f);

    if (!st)
        st = by_words(f);
    if (!st && vague)
        st = by_text(f->message.len ? f->message : text);
    if (st == SLUICE_E_INVALID && http >= 500)
        st = 0;
    if (!st && http < 400 &&
        (contains(f->message, SL_SPAN("rate limit")) ||
         contains(f->message, SL_SPAN("too many requests"))))
        st = SLUICE_E_RATE_LIMIT;
    return st ? st : by_http(http);
}

/* ---- filling the error ---- */

/* Decode at most MESSAGE_IN bytes of a string's inside, never cutting an escape in two. */
static void copy_inside(char *dst, size_t size, sluice_span inside)
{
    char text[MESSAGE_IN];
    size_t n = 0;

    while (n < inside.len) {
        size_t step = inside.ptr[n] != '\\'                            ? 1
                      : n + 1 < inside.len && inside.ptr[n + 1] == 'u' ? 6
                                                                       : 2;

        /* The two halves of a surrogate pair stay together. */
        if (step == 6 && n + 3 < inside.len && sl_lower(inside.ptr[n + 2]) == 'd' &&
            n + 12 <= inside.len && inside.ptr[n + 6] == '\\')
            step = 12;
        if (n + step > sizeof text)
            break;
        n += step;
    }
    n = sl_json_unescape(sl_span(inside.ptr, n < inside.len ? n : inside.len), text);
    sl_copy_text(dst, size, sl_span(text, n));
}

/* Is this a word that clients can compare ("rate_limit_exceeded"), not a number? */
static bool slug(sluice_span s)
{
    bool letters = false;

    if (!s.len || s.len >= sizeof((sluice_error *)0)->code)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = sl_lower(s.ptr[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
            return false;
        letters |= c >= 'a' && c <= 'z';
    }
    return letters;
}

/* The codes that clients know for a class come before a vendor's own words. */
static sluice_span code_of(sluice_status st, const struct found *f)
{
    switch (st) {
    case SLUICE_E_CONTEXT:
        return SL_SPAN("context_length_exceeded");
    case SLUICE_E_QUOTA:
        return SL_SPAN("insufficient_quota");
    case SLUICE_E_REFUSED:
        return sl_span_ieq(f->code, SL_SPAN("content_policy_violation"))
                   ? f->code
                   : SL_SPAN("content_filter");
    default:
        return slug(f->code) ? f->code : sl_span(NULL, 0);
    }
}

sluice_status sl_compat_error(const struct sl_compat_failure *failure, sluice_error *err)
{
    struct found f = { .number = -1 };
    sluice_span body = sl_span_trim(failure->body);
    int32_t http = failure->http_status;
    bool json = body.len && body.ptr[0] == '{' && sl_json_validate(body, NULL) == SLUICE_OK;
    bool html = body.len && body.ptr[0] == '<';
    sluice_span title = html ? html_title(sl_span_head(body, SCAN_MAX)) : sl_span(NULL, 0);
    sluice_status st;

    if (json)
        read_body(body, &f);
    else if (body.len && body.ptr[0] == '"' && sl_json_validate(body, NULL) == SLUICE_OK)
        text_of(body, &f.message);
    if (http < 400 && f.number >= 400 && f.number < 600)
        http = (int32_t)f.number;
    st = classify(failure, &f, http, html ? title : body);
    if (!err)
        return st;

    if (f.message.len) {
        sl_fail(err, st, "%s", "");
        copy_inside(err->message, sizeof err->message, f.message);
    } else if (html || !body.len || json) {
        sl_fail(err, st, "the upstream answered %d%s%.*s", (int)failure->http_status,
                title.len ? ": "
                : html    ? " with an HTML page"
                          : "",
                (int)(title.len < 200 ? title.len : 200), title.len ? title.ptr : "");
    } else {
        sl_fail(err, st, "%s", "");
        sl_copy_text(err->message, sizeof err->message, body);
    }
    sl_copy_text(err->code, sizeof err->code, code_of(st, &f));
    copy_inside(err->param, sizeof err->param, f.param);
    err->retry_after_ms = failure->retry_after_ms;
    if (http == 409 || http == 413)
        err->http_status = http;
    return st;
}

bool sl_compat_is_error(sluice_span object)
{
    sluice_span v = sl_json_member(object, SL_SPAN("error")), inside;
    enum sl_json_type t = sl_json_type(v);
    int64_t n;

    if (v.ptr && (t == SL_JSON_OBJECT || (sl_json_raw_string(v, &inside) && inside.len)))
        return true;
    v = sl_json_find(object, "base_resp.status_code");
    if (v.ptr && sl_json_i64(v, &n) && n != 0)
        return true;
    v = sl_json_member(object, SL_SPAN("success"));
    if (v.ptr && sl_json_type(v) == SL_JSON_FALSE)
        return true;
    v = sl_json_member(object, SL_SPAN("object"));
    return v.ptr && sl_json_raw_string(v, &inside) && sl_span_eq(inside, SL_SPAN("error"));
}
