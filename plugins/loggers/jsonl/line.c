/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c - a record as one line of JSON. Members carry the names of LiteLLM's logging payload where
 * they mean the same; what only sluice knows has names of its own. Unknown numbers and empty texts
 * are left out.
 */
#include "jsonl.h"

#include "put.h"

#include <sluice_sdk/status.h>

#define FIXED 4096 /* names, numbers and punctuation of a line: about 2,500 when all is there */
#define STAGE 32   /* number and punctuation of a stage */

#define TEXT(o, name, value)                                                                       \
    do {                                                                                           \
        if ((value).len) {                                                                         \
            put_name(o, name);                                                                     \
            put_string(o, value);                                                                  \
        }                                                                                          \
    } while (0)
#define DECIMAL(o, name, n, places)                                                                \
    do {                                                                                           \
        put_name(o, name);                                                                         \
        put_decimal(o, n, places);                                                                 \
    } while (0)
#define COUNT(o, name, n)                                                                          \
    do {                                                                                           \
        if ((n) >= 0)                                                                              \
            DECIMAL(o, name, n, 0);                                                                \
    } while (0)
#define FLAG(o, name, yes)                                                                         \
    do {                                                                                           \
        put_name(o, name);                                                                         \
        if (yes)                                                                                   \
            put_word(o, "true");                                                                   \
        else                                                                                       \
            put_word(o, "false");                                                                  \
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
    const sluice_span texts[] = {
        r->uid,        r->uid,      r->response_id,    r->parent_uid,    r->request_id,
        r->trace_id,   r->span_id,  r->parent_span_id, r->operation,     r->upstream_model,
        r->model,      r->model,    r->deployment,     r->provider,      r->provider,
        r->error_code, r->key_id,   r->error_message,  r->error_message, r->price_version,
        r->end_user,   r->end_user, r->key_alias,      r->team_id,       r->user_id,
        r->org_id,     r->tags,     r->detail,         purpose(r),       variant(r),
    };
    size_t n = FIXED;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        n += PUT_STRING(texts[i]);
    for (size_t i = 0; i < r->n_stages; i++)
        n += strlen(r->stages[i].name) + STAGE;
    return n;
}

/* Can it stand in a line as it is? */
static bool is_json(sluice_span value)
{
    return sl_json_validate(value, NULL) == SLUICE_OK &&
           sl_span_find_char(value, '\n') == value.len &&
           sl_span_find_char(value, '\r') == value.len;
}

static void put_json(struct put *o, sluice_span value)
{
    if (is_json(value))
        put_bytes(o, value.ptr, value.len);
    else
        put_string(o, value);
}

/* ---- groups of members ---- */

static void identity(struct put *o, const sluice_record *r)
{
    TEXT(o, "id", r->response_id.len ? r->response_id : r->uid);
    TEXT(o, "uid", r->uid);
    TEXT(o, "parent_uid", r->parent_uid);
    TEXT(o, "purpose", purpose(r));
    put_name(o, "record");
    if (r->kind == SLUICE_RECORD_CALL)
        put_word(o, "\"call\"");
    else if (r->kind == SLUICE_RECORD_TRY)
        put_word(o, "\"try\"");
    else
        put_word(o, "\"event\"");
    TEXT(o, "litellm_call_id", r->request_id);
    TEXT(o, "trace_id", r->trace_id);
    TEXT(o, "span_id", r->span_id);
    TEXT(o, "parent_span_id", r->parent_span_id);
    TEXT(o, "call_type", r->operation);
    FLAG(o, "stream", r->flags & SLUICE_RECORD_STREAMED);
    if (r->flags & SLUICE_RECORD_ESTIMATED)
        put_word(o, ",\"usage_estimated\":true");
    if (r->flags & SLUICE_RECORD_UNDELIVERED)
        put_word(o, ",\"undelivered\":true");
    TEXT(o, "model", r->upstream_model.len ? r->upstream_model : r->model);
    TEXT(o, "model_group", r->model);
    TEXT(o, "model_id", r->deployment);
    TEXT(o, "variant", variant(r));
    TEXT(o, "custom_llm_provider", r->provider);
}

static void outcome(struct put *o, const sluice_record *r)
{
    char *inner;

    put_name(o, "status");
    if (r->status >= 0)
        put_word(o, "\"success\"");
    else
        put_word(o, "\"failure\"");
    if (r->http_status > 0)
        DECIMAL(o, "http_status", r->http_status, 0);
    if (r->attempts)
        DECIMAL(o, "attempts", r->attempts, 0);
    FLAG(o, "cache_hit", r->flags & SLUICE_RECORD_CACHED);
    if (r->status >= 0)
        return;
    TEXT(o, "error_str", r->error_message);
    put_name(o, "error_information");
    inner = o->p;
    TEXT(o, "error_code", r->error_code);
    TEXT(o, "error_class", sl_span_str(sl_status_info(r->status)->name));
    TEXT(o, "llm_provider", r->provider);
    TEXT(o, "error_message", r->error_message);
    put_close(o, inner);
}

static void times(struct put *o, const sluice_record *r)
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
    put_name(o, "stages_us");
    inner = o->p;
    for (size_t i = 0; i < r->n_stages; i++) {
        put_word(o, ",\"");
        put_bytes(o, r->stages[i].name, strlen(r->stages[i].name));
        put_word(o, "\":");
        put_decimal(o, r->stages[i].us, 0);
    }
    put_close(o, inner);
}

static void usage(struct put *o, const sluice_record *r)
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

static void payer(struct put *o, const sluice_record *r)
{
    char *inner;

    TEXT(o, "end_user", r->end_user);
    put_name(o, "metadata");
    inner = o->p;
    TEXT(o, "user_api_key_hash", r->key_id);
    TEXT(o, "user_api_key_alias", r->key_alias);
    TEXT(o, "user_api_key_team_id", r->team_id);
    TEXT(o, "user_api_key_user_id", r->user_id);
    TEXT(o, "user_api_key_org_id", r->org_id);
    TEXT(o, "user_api_key_end_user_id", r->end_user);
    if (r->tags.len) {
        put_name(o, "requester_metadata");
        put_json(o, r->tags);
    }
    put_close(o, inner);
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
    struct put o;
    char *begin;

    if (!put_begin(&o, out, room_of(record)))
        return SLUICE_E_NOMEM;
    begin = o.p;
    identity(&o, record);
    outcome(&o, record);
    times(&o, record);
    usage(&o, record);
    payer(&o, record);
    if (record->detail.len) {
        put_name(&o, "detail");
        put_bytes(&o, record->detail.ptr, record->detail.len); /* the host wrote it: one line */
    }
    *begin = '{'; /* instead of the first comma */
    put_end(&o);
    if (bodies && record->request.len + record->response.len <= JSONL_LINE_MAX / 2) {
        body(out, "messages", record->request);
        body(out, "response", record->response);
    }
    sl_buf_add(out, SL_SPAN("}\n"));
    return sl_buf_ok(out) ? SLUICE_OK : SLUICE_E_NOMEM;
}
