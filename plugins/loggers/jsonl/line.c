/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c - a record as one line of JSON. Members carry the names of LiteLLM's logging payload where
 * they mean the same; what only sluice knows has names of its own. Unknown numbers and empty texts
 * are left out.
 */
#include "jsonl.h"

#include <sluice_sdk/json.h>
#include <sluice_sdk/json_put.h>
#include <sluice_sdk/status.h>

#define FIXED 4096 /* names, numbers and punctuation of a line: about 2,500 when all is there */
#define STAGE_NAME 64
#define STAGE (STAGE_NAME + 32) /* name, number and punctuation of a stage */

#define TEXT(o, name, value)                                                                       \
    do {                                                                                           \
        if ((value).len) {                                                                         \
            sl_put_name(o, name);                                                                  \
            sl_put_string(o, value);                                                               \
        }                                                                                          \
    } while (0)
#define DECIMAL(o, name, n, places)                                                                \
    do {                                                                                           \
        sl_put_name(o, name);                                                                      \
        sl_put_decimal(o, n, places);                                                              \
    } while (0)
#define COUNT(o, name, n)                                                                          \
    do {                                                                                           \
        if ((n) >= 0)                                                                              \
            DECIMAL(o, name, n, 0);                                                                \
    } while (0)
#define FLAG(o, name, yes)                                                                         \
    do {                                                                                           \
        sl_put_name(o, name);                                                                      \
        if (yes)                                                                                   \
            sl_put_word(o, "true");                                                                \
        else                                                                                       \
            sl_put_word(o, "false");                                                               \
    } while (0)

/* A host with older headers has a shorter record. */
static sluice_span purpose(const sluice_record *r)
{
    return SLUICE_HAS(r, sluice_record, purpose) ? r->purpose : sl_span(NULL, 0);
}

static sluice_span variant(const sluice_record *r)
{
    return SLUICE_HAS(r, sluice_record, variant) ? r->variant : sl_span(NULL, 0);
}

/* What a line without bodies takes at most. */
static size_t room_of(const sluice_record *r)
{
    /* Those that stand in it twice first. */
    size_t text =
        2 * (r->uid.len + r->model.len + r->provider.len + r->error_message.len + r->end_user.len) +
        r->response_id.len + r->parent_uid.len + r->request_id.len + r->trace_id.len +
        r->span_id.len + r->parent_span_id.len + r->operation.len + r->upstream_model.len +
        r->deployment.len + r->error_code.len + r->key_id.len + r->price_version.len +
        r->key_alias.len + r->team_id.len + r->user_id.len + r->org_id.len + r->tags.len +
        r->detail.len + purpose(r).len + variant(r).len;

    return FIXED + SL_PUT_STRING(text) + r->n_stages * STAGE;
}

/* Can it stand in a line as it is? */
static bool is_json(sluice_span value)
{
    return sl_json_validate(value, NULL) == SLUICE_OK &&
           sl_span_find_char(value, '\n') == value.len &&
           sl_span_find_char(value, '\r') == value.len;
}

static void put_json(struct sl_put *o, sluice_span value)
{
    if (is_json(value))
        sl_put_bytes(o, value.ptr, value.len);
    else
        sl_put_string(o, value);
}

/* ---- groups of members ---- */

static void identity(struct sl_put *o, const sluice_record *r)
{
    TEXT(o, "id", r->response_id.len ? r->response_id : r->uid);
    TEXT(o, "uid", r->uid);
    TEXT(o, "parent_uid", r->parent_uid);
    TEXT(o, "purpose", purpose(r));
    sl_put_name(o, "record");
    if (r->kind == SLUICE_RECORD_CALL)
        sl_put_word(o, "\"call\"");
    else if (r->kind == SLUICE_RECORD_TRY)
        sl_put_word(o, "\"try\"");
    else
        sl_put_word(o, "\"event\"");
    TEXT(o, "litellm_call_id", r->request_id);
    TEXT(o, "trace_id", r->trace_id);
    TEXT(o, "span_id", r->span_id);
    TEXT(o, "parent_span_id", r->parent_span_id);
    TEXT(o, "call_type", r->operation);
    FLAG(o, "stream", r->flags & SLUICE_RECORD_STREAMED);
    if (r->flags & SLUICE_RECORD_ESTIMATED)
        sl_put_word(o, ",\"usage_estimated\":true");
    if (r->flags & SLUICE_RECORD_UNDELIVERED)
        sl_put_word(o, ",\"undelivered\":true");
    TEXT(o, "model", r->upstream_model.len ? r->upstream_model : r->model);
    TEXT(o, "model_group", r->model);
    TEXT(o, "model_id", r->deployment);
    TEXT(o, "variant", variant(r));
    TEXT(o, "custom_llm_provider", r->provider);
}

static void outcome(struct sl_put *o, const sluice_record *r)
{
    char *inner;

    sl_put_name(o, "status");
    if (r->status >= 0)
        sl_put_word(o, "\"success\"");
    else
        sl_put_word(o, "\"failure\"");
    if (r->http_status > 0)
        DECIMAL(o, "http_status", r->http_status, 0);
    if (r->attempts)
        DECIMAL(o, "attempts", r->attempts, 0);
    FLAG(o, "cache_hit", r->flags & SLUICE_RECORD_CACHED);
    if (r->status >= 0)
        return;
    TEXT(o, "error_str", r->error_message);
    sl_put_name(o, "error_information");
    inner = o->p;
    TEXT(o, "error_code", r->error_code);
    TEXT(o, "error_class", sl_span_str(sl_status_info(r->status)->name));
    TEXT(o, "llm_provider", r->provider);
    TEXT(o, "error_message", r->error_message);
    sl_put_close(o, inner);
}

static void times(struct sl_put *o, const sluice_record *r)
{
    char *inner;

    if (r->started_us >= 0) {
        DECIMAL(o, "startTime", r->started_us, 6);
        if (r->total_us >= 0)
            DECIMAL(o, "endTime", r->started_us + r->total_us, 6);
        if (r->first_byte_us >= 0)
            DECIMAL(o, "completionStartTime", r->started_us + r->first_byte_us, 6);
    }
    if (r->total_us >= 0)
        DECIMAL(o, "response_time", r->total_us, 6);
    if (r->overhead_us >= 0)
        DECIMAL(o, "overhead_time_ms", r->overhead_us, 3);
    if (!r->n_stages)
        return;
    sl_put_name(o, "stages_us");
    inner = o->p;
    for (size_t i = 0; i < r->n_stages; i++) {
        sl_put_word(o, ",\"");
        sl_put_bytes(o, r->stages[i].name, strnlen(r->stages[i].name, STAGE_NAME));
        sl_put_word(o, "\":");
        sl_put_decimal(o, r->stages[i].us, 0);
    }
    sl_put_close(o, inner);
}

static void usage(struct sl_put *o, const sluice_record *r)
{
    int64_t n[SLUICE_USE_KINDS], in, out;

    memset(n, -1, sizeof n);
    for (size_t i = 0; i < r->n_counts; i++)
        if (r->counts[i].kind < SLUICE_USE_KINDS)
            n[r->counts[i].kind] = r->counts[i].n;
    in = n[SLUICE_USE_INPUT];
    out = n[SLUICE_USE_OUTPUT];
    if (in >= 0 || out >= 0)
        DECIMAL(o, "total_tokens", (in > 0 ? in : 0) + (out > 0 ? out : 0), 0);
    COUNT(o, "prompt_tokens", in);
    COUNT(o, "completion_tokens", out);
    COUNT(o, "cached_tokens", n[SLUICE_USE_CACHED_INPUT]);
    COUNT(o, "cache_creation_tokens", n[SLUICE_USE_CACHE_WRITE]);
    COUNT(o, "cache_creation_1h_tokens", n[SLUICE_USE_CACHE_WRITE_1H]);
    COUNT(o, "reasoning_tokens", n[SLUICE_USE_REASONING]);
    COUNT(o, "prompt_audio_tokens", n[SLUICE_USE_AUDIO_INPUT]);
    COUNT(o, "completion_audio_tokens", n[SLUICE_USE_AUDIO_OUTPUT]);
    COUNT(o, "image_tokens", n[SLUICE_USE_IMAGE_INPUT]);
    COUNT(o, "web_search_requests", n[SLUICE_USE_SEARCHES]);
    COUNT(o, "milliseconds", n[SLUICE_USE_MILLISECONDS]);
    COUNT(o, "characters", n[SLUICE_USE_CHARACTERS]);
    COUNT(o, "images", n[SLUICE_USE_IMAGES]);
    if (r->cost_nano_usd >= 0)
        DECIMAL(o, "response_cost", r->cost_nano_usd, 9);
    TEXT(o, "price_version", r->price_version);
}

static void payer(struct sl_put *o, const sluice_record *r)
{
    char *inner;

    TEXT(o, "end_user", r->end_user);
    sl_put_name(o, "metadata");
    inner = o->p;
    TEXT(o, "user_api_key_hash", r->key_id);
    TEXT(o, "user_api_key_alias", r->key_alias);
    TEXT(o, "user_api_key_team_id", r->team_id);
    TEXT(o, "user_api_key_user_id", r->user_id);
    TEXT(o, "user_api_key_org_id", r->org_id);
    TEXT(o, "user_api_key_end_user_id", r->end_user);
    if (r->tags.len) {
        sl_put_name(o, "requester_metadata");
        put_json(o, r->tags);
    }
    sl_put_close(o, inner);
}

/* Bodies may be large: they get room as they come. */
static void body(struct sl_buf *out, const char *name, sluice_span value)
{
    struct sl_json_out o = sl_json_out(out);

    o.comma = true;
    if (!value.len)
        return;
    if (is_json(value))
        sl_json_kv_raw(&o, name, value);
    else
        sl_json_kv_str(&o, name, value);
}

sluice_status jsonl_line(struct sl_buf *out, const sluice_record *record, bool bodies)
{
    struct sl_put o;
    char *begin;

    if (!sl_put_begin(&o, out, room_of(record)))
        return SLUICE_E_NOMEM;
    begin = o.p;
    identity(&o, record);
    outcome(&o, record);
    times(&o, record);
    usage(&o, record);
    payer(&o, record);
    if (record->detail.len) {
        sl_put_name(&o, "detail");
        sl_put_bytes(&o, record->detail.ptr, record->detail.len); /* the host wrote it: one line */
    }
    *begin = '{'; /* instead of the first comma */
    sl_put_end(&o);
    if (bodies && record->request.len + record->response.len <= JSONL_LINE_MAX / 2) {
        body(out, "messages", record->request);
        body(out, "response", record->response);
    }
    sl_buf_add(out, SL_SPAN("}\n"));
    return sl_buf_ok(out) ? SLUICE_OK : SLUICE_E_NOMEM;
}
