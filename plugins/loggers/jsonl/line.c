/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c - a record as one line of JSON. Members carry the names of LiteLLM's logging payload where
 * they mean the same; what only sluice knows has names of its own. Unknown numbers and empty texts
 * are left out.
 */
#include "jsonl.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/span.h>
#include <sluice_sdk/status.h>

static void text(struct sl_json_out *o, const char *name, sluice_span value)
{
    if (value.len)
        sl_json_kv_str(o, name, value);
}

static void number(struct sl_json_out *o, const char *name, int64_t n)
{
    if (n >= 0)
        sl_json_kv_i64(o, name, n);
}

/* n / 10^digits, written without floating point. */
static void decimal(struct sl_json_out *o, const char *name, int64_t n, unsigned digits)
{
    char room[SL_DECIMAL_ROOM];

    if (n >= 0)
        sl_json_kv_raw(o, name, sl_decimal(room, (uint64_t)n, digits));
}

/* JSON as it is, if it is some on one line; else as a string. */
static void json(struct sl_json_out *o, const char *name, sluice_span value)
{
    if (!value.len)
        return;
    if (sl_json_validate(value, NULL) == SLUICE_OK && sl_span_find_char(value, '\n') == value.len &&
        sl_span_find_char(value, '\r') == value.len)
        sl_json_kv_raw(o, name, value);
    else
        sl_json_kv_str(o, name, value);
}

/* ---- groups of members ---- */

static void identity(struct sl_json_out *o, const sluice_record *r)
{
    static const char *const kinds[] = { "", "call", "try", "event" };

    text(o, "id", r->response_id.len ? r->response_id : r->uid);
    text(o, "uid", r->uid);
    text(o, "parent_uid", r->parent_uid);
    sl_json_kv_str(o, "record", sl_span_str(kinds[r->kind]));
    text(o, "litellm_call_id", r->request_id);
    text(o, "trace_id", r->trace_id);
    text(o, "span_id", r->span_id);
    text(o, "parent_span_id", r->parent_span_id);
    text(o, "call_type", r->operation);
    sl_json_kv_bool(o, "stream", (r->flags & SLUICE_RECORD_STREAMED) != 0);
    if (r->flags & SLUICE_RECORD_ESTIMATED)
        sl_json_kv_bool(o, "usage_estimated", true);
    if (r->flags & SLUICE_RECORD_UNDELIVERED)
        sl_json_kv_bool(o, "undelivered", true);
    text(o, "model", r->upstream_model.len ? r->upstream_model : r->model);
    text(o, "model_group", r->model);
    text(o, "model_id", r->deployment);
    text(o, "custom_llm_provider", r->provider);
}

static void outcome(struct sl_json_out *o, const sluice_record *r)
{
    const struct sl_status_info *info = sl_status_info(r->status);

    sl_json_kv_str(o, "status", r->status >= 0 ? SL_SPAN("success") : SL_SPAN("failure"));
    if (r->http_status > 0)
        sl_json_kv_i64(o, "http_status", r->http_status);
    if (r->attempts)
        sl_json_kv_i64(o, "attempts", r->attempts);
    sl_json_kv_bool(o, "cache_hit", (r->flags & SLUICE_RECORD_CACHED) != 0);
    if (r->status >= 0)
        return;
    text(o, "error_str", r->error_message);
    sl_json_key(o, "error_information");
    sl_json_open(o, '{');
    text(o, "error_code", r->error_code);
    sl_json_kv_str(o, "error_class", sl_span_str(info->name));
    text(o, "llm_provider", r->provider);
    text(o, "error_message", r->error_message);
    sl_json_close(o, '}');
}

static void times(struct sl_json_out *o, const sluice_record *r)
{
    decimal(o, "startTime", r->started_us, 6);
    if (r->total_us >= 0)
        decimal(o, "endTime", r->started_us + r->total_us, 6);
    if (r->first_byte_us >= 0)
        decimal(o, "completionStartTime", r->started_us + r->first_byte_us, 6);
    decimal(o, "response_time", r->total_us, 6);
    decimal(o, "overhead_time_ms", r->overhead_us, 3);
    if (!r->n_stages)
        return;
    sl_json_key(o, "stages_us");
    sl_json_open(o, '{');
    for (size_t i = 0; i < r->n_stages; i++)
        sl_json_kv_i64(o, r->stages[i].name, r->stages[i].us);
    sl_json_close(o, '}');
}

static int64_t count(const sluice_record *r, uint32_t kind)
{
    for (size_t i = 0; i < r->n_counts; i++)
        if (r->counts[i].kind == kind)
            return r->counts[i].n;
    return -1;
}

static void usage(struct sl_json_out *o, const sluice_record *r)
{
    static const struct {
        uint32_t kind;
        const char *name;
    } names[] = {
        { SLUICE_USE_CACHED_INPUT, "cached_tokens" },
        { SLUICE_USE_CACHE_WRITE, "cache_creation_tokens" },
        { SLUICE_USE_CACHE_WRITE_1H, "cache_creation_1h_tokens" },
        { SLUICE_USE_REASONING, "reasoning_tokens" },
        { SLUICE_USE_AUDIO_INPUT, "prompt_audio_tokens" },
        { SLUICE_USE_AUDIO_OUTPUT, "completion_audio_tokens" },
        { SLUICE_USE_IMAGE_INPUT, "image_tokens" },
        { SLUICE_USE_SEARCHES, "web_search_requests" },
        { SLUICE_USE_MILLISECONDS, "milliseconds" },
        { SLUICE_USE_CHARACTERS, "characters" },
        { SLUICE_USE_IMAGES, "images" },
    };
    int64_t in = count(r, SLUICE_USE_INPUT), out = count(r, SLUICE_USE_OUTPUT);

    if (in >= 0 || out >= 0)
        sl_json_kv_i64(o, "total_tokens", (in > 0 ? in : 0) + (out > 0 ? out : 0));
    number(o, "prompt_tokens", in);
    number(o, "completion_tokens", out);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        number(o, names[i].name, count(r, names[i].kind));
    decimal(o, "response_cost", r->cost_nano_usd, 9);
    text(o, "price_version", r->price_version);
}

static void payer(struct sl_json_out *o, const sluice_record *r)
{
    text(o, "end_user", r->end_user);
    sl_json_key(o, "metadata");
    sl_json_open(o, '{');
    text(o, "user_api_key_hash", r->key_id);
    text(o, "user_api_key_alias", r->key_alias);
    text(o, "user_api_key_team_id", r->team_id);
    text(o, "user_api_key_user_id", r->user_id);
    text(o, "user_api_key_org_id", r->org_id);
    text(o, "user_api_key_end_user_id", r->end_user);
    json(o, "requester_metadata", r->tags);
    sl_json_close(o, '}');
}

static void write_line(struct sl_buf *out, const sluice_record *r, bool bodies)
{
    struct sl_json_out o = sl_json_out(out);

    sl_json_open(&o, '{');
    identity(&o, r);
    outcome(&o, r);
    times(&o, r);
    usage(&o, r);
    payer(&o, r);
    json(&o, "detail", r->detail);
    if (bodies) {
        json(&o, "messages", r->request);
        json(&o, "response", r->response);
    }
    sl_json_close(&o, '}');
    sl_buf_add_char(out, '\n');
}

sluice_status jsonl_line(struct sl_buf *out, const sluice_record *record, bool bodies)
{
    if (bodies && record->request.len + record->response.len > JSONL_LINE_MAX / 2)
        bodies = false;
    write_line(out, record, bodies);
    return sl_buf_ok(out) ? SLUICE_OK : SLUICE_E_NOMEM;
}
