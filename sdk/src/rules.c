/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - conditions over a call. */
#include "rules_text.h"

#include <string.h>
#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>

static bool match_metadata(sluice_span wanted, sluice_span metadata)
{
    struct sl_json_iter it = { 0 };
    sluice_span path, value, found;
    char name[128], room[SL_RULES_TEXT_MOST];

    while (sl_json_next(&it, wanted, &path, &value)) {
        if (path.len >= sizeof name || sl_json_type(metadata) != SL_JSON_OBJECT)
            return false;
        memcpy(name, path.ptr, path.len);
        name[path.len] = 0;
        found = sl_json_find(metadata, name);
        if (!found.ptr || !sl_rules_match(value, sl_rules_text(found, room)))
            return false;
    }
    return true;
}

static bool match_headers(sluice_span wanted, const sluice_route *r)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;

    while (sl_json_next(&it, wanted, &name, &value)) {
        bool found = false;

        for (size_t i = 0; i < r->n_headers && !found; i++)
            found =
                sl_span_ieq(r->headers[i].name, name) && sl_rules_match(value, r->headers[i].value);
        if (!found)
            return false;
    }
    return true;
}

static bool match_number(const char *name, int64_t limit, const sluice_route *r)
{
    if (strcmp(name, "min_input_tokens") == 0)
        return r->input_tokens >= limit;
    return r->input_tokens >= 0 && r->input_tokens <= limit;
}

static bool holds(sluice_span name, sluice_span v, const sluice_route *r)
{
    const struct {
        const char *name;
        sluice_span text;
    } texts[] = { { "model", r->group },
                  { "operation", r->operation },
                  { "key", r->key_id },
                  { "team", r->team_id },
                  { "user", r->user_id } };
    int64_t n;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (sl_span_eq(name, sl_span_str(texts[i].name)))
            return sl_rules_match(v, texts[i].text);
    if (sl_span_eq(name, SL_SPAN("tags")))
        return sl_json_type(r->tags) == SL_JSON_ARRAY && sl_rules_match_any(v, r->tags);
    if (sl_span_eq(name, SL_SPAN("metadata")))
        return match_metadata(v, r->metadata);
    if (sl_span_eq(name, SL_SPAN("headers")))
        return match_headers(v, r);
    if (sl_span_eq(name, SL_SPAN("stream")))
        return sl_json_is_true(v) == ((r->flags & SLUICE_CALL_STREAM) != 0);
    if (sl_span_starts(name, SL_SPAN("min_")) || sl_span_starts(name, SL_SPAN("max_")))
        return sl_json_i64(v, &n) &&
               match_number(sl_span_starts(name, SL_SPAN("min_")) ? "min_input_tokens" : "", n, r);
    return true; /* of time: looked at together */
}

bool sl_rules_hold(sluice_span when, const sluice_route *r, int64_t unix_ms)
{
    struct sl_json_iter it = { 0 };
    sluice_span name, value;

    while (when.ptr && sl_json_next(&it, when, &name, &value))
        if (!holds(name, value, r))
            return false;
    return !when.ptr || sl_rules_time(when, unix_ms);
}
