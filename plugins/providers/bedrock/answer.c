/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - blocks of an answer as steps for the sink; see answer.h. */
#include "answer.h"

#define HELD_CAP ((size_t)8 << 20)
#define MOST ((int64_t)1 << 48) /* no counter is larger; keeps sums inside 64 bits */

void bedrock_answer_init(struct bedrock_answer *a)
{
    memset(a, 0, sizeof *a);
    a->index = BEDROCK_NO_BLOCK;
    sl_buf_init(&a->citations, HELD_CAP);
    sl_buf_init(&a->extra, HELD_CAP);
}

void bedrock_answer_close(struct bedrock_answer *a)
{
    sl_buf_finish(&a->citations);
    sl_buf_finish(&a->extra);
}

/* The vendor gives no id: that of the request is as good. */
sluice_status bedrock_answer_start(sluice_exchange *x, const sluice_sink *sink)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_START };

    if (x->answer.started)
        return SLUICE_OK;
    x->answer.started = true;
    if (x->request_id.len) {
        d.id = sl_arena_printf(sink->scratch, "chatcmpl-%.*s", SL_FMT(x->request_id));
        if (!d.id.ptr)
            return SLUICE_E_NOMEM;
    }
    return sink->delta(sink, &d);
}

sluice_status bedrock_answer_text(const sluice_sink *sink, sluice_span inside)
{
    return inside.len ? sl_chat_emit(sink, SLUICE_DELTA_TEXT, 0, 0, inside) : SLUICE_OK;
}

/* ---- thinking ---- */

sluice_status bedrock_reasoning(const sluice_sink *sink, uint32_t index, sluice_span content)
{
    sluice_span whole = sl_json_find(content, "reasoningText"), text, signature, data;
    sluice_status st = SLUICE_OK;

    data = sl_chat_member(content, "redactedContent");
    if (data.len)
        return turns_redacted(sink, index, data);
    if (sl_json_type(whole) == SL_JSON_OBJECT)
        content = whole;
    text = sl_chat_member(content, "text");
    signature = sl_chat_member(content, "signature");
    if (text.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_REASONING, 0, index, text);
    if (st >= 0 && signature.len)
        st = sl_chat_emit(sink, SLUICE_DELTA_SIGNATURE, 0, index, signature);
    return st;
}

/* ---- tools ---- */

sluice_status bedrock_tool_begin(sluice_exchange *x, const sluice_sink *sink, uint32_t index,
                                 sluice_span tool)
{
    struct bedrock_answer *a = &x->answer;
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_TOOL_START, .index = index };
    sluice_status st = bedrock_tool_end(x, sink);

    if (st < 0)
        return st;
    d.id = sl_chat_member(tool, "toolUseId");
    d.name = sl_chat_member(tool, "name");
    a->args_seen = false;
    a->index = index;
    if (x->json_tool.len && sl_span_eq(d.name, x->json_tool)) {
        a->block = BLOCK_JSON_TOOL;
        return SLUICE_OK;
    }
    a->block = BLOCK_TOOL;
    a->tool_called = true;
    return sink->delta(sink, &d);
}

sluice_status bedrock_tool_args(sluice_exchange *x, const sluice_sink *sink, sluice_span inside)
{
    struct bedrock_answer *a = &x->answer;

    if (!inside.len || a->index == BEDROCK_NO_BLOCK)
        return SLUICE_OK;
    a->args_seen = true;
    if (a->block == BLOCK_JSON_TOOL)
        return bedrock_answer_text(sink, inside);
    return sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, 0, a->index, inside);
}

/* A call without a byte of arguments is one with an empty object. */
sluice_status bedrock_tool_end(sluice_exchange *x, const sluice_sink *sink)
{
    struct bedrock_answer *a = &x->answer;
    sluice_status st = SLUICE_OK;

    if (a->index != BEDROCK_NO_BLOCK && !a->args_seen)
        st = bedrock_tool_args(x, sink, SL_SPAN("{}"));
    a->index = BEDROCK_NO_BLOCK;
    a->block = BLOCK_PLAIN;
    return st;
}

/* ---- what is held until the end ---- */

sluice_status bedrock_citation(sluice_exchange *x, sluice_span citation)
{
    struct sl_buf *list = &x->answer.citations;

    if (sl_json_type(citation) != SL_JSON_OBJECT)
        return SLUICE_OK;
    if (list->len)
        sl_buf_add_char(list, ',');
    sl_buf_add(list, citation);
    return sl_buf_ok(list) ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status bedrock_extra(sluice_exchange *x, const char *name, sluice_span json)
{
    struct sl_buf *list = &x->answer.extra;

    if (!json.ptr || sl_json_type(json) == SL_JSON_NULL)
        return SLUICE_OK;
    sl_buf_add_str(list, list->len ? ",\"" : "\"");
    sl_buf_add_str(list, name);
    sl_buf_add_str(list, "\":");
    sl_buf_add(list, json);
    return sl_buf_ok(list) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status emit_held(const sluice_sink *sink, const struct sl_buf *held,
                               const char *before, const char *after)
{
    sluice_span extra;

    if (!held->len)
        return SLUICE_OK;
    extra = sl_arena_printf(sink->scratch, "%s%.*s%s", before, SL_FMT(sl_buf_span(held)), after);
    return extra.ptr ? sl_chat_emit_extra(sink, 0, extra) : SLUICE_E_NOMEM;
}

/* ---- usage ---- */

static bool counter(sluice_span usage, const char *name, int64_t *out)
{
    int64_t n;

    if (!sl_json_i64(sl_json_find(usage, name), &n) || n < 0)
        return false;
    *out = n < MOST ? n : MOST;
    return true;
}

/* Written for an hour: an entry of cacheDetails. */
static bool hour(sluice_span usage, int64_t *out)
{
    sluice_span list = sl_json_find(usage, "cacheDetails"), name, entry;
    struct sl_json_iter it = { .started = false };
    bool found = false;
    int64_t n;

    *out = 0;
    while (sl_json_type(list) == SL_JSON_ARRAY && sl_json_next(&it, list, &name, &entry))
        if (sl_span_eq(sl_chat_member(entry, "ttl"), SL_SPAN("1h")) &&
            counter(entry, "inputTokens", &n)) {
            *out = *out + n < MOST ? *out + n : MOST;
            found = true;
        }
    return found;
}

/* The vendor's three input counters are disjoint; the host's INPUT is their sum. */
void bedrock_usage(const sluice_sink *sink, sluice_span usage)
{
    sluice_count counts[5];
    sluice_usage u = { sizeof u, 0, counts };
    int64_t input = 0, output, read = 0, written = 0, long_written;
    bool told, has_read, has_written;

    if (sl_json_type(usage) != SL_JSON_OBJECT)
        return;
    told = counter(usage, "inputTokens", &input);
    has_read = counter(usage, "cacheReadInputTokens", &read);
    has_written = counter(usage, "cacheWriteInputTokens", &written);
    if (told || has_read || has_written)
        counts[u.n_counts++] = (sluice_count){ SLUICE_USE_INPUT, 0, input + read + written };
    if (counter(usage, "outputTokens", &output))
        counts[u.n_counts++] = (sluice_count){ SLUICE_USE_OUTPUT, 0, output };
    if (has_read)
        counts[u.n_counts++] = (sluice_count){ SLUICE_USE_CACHED_INPUT, 0, read };
    if (has_written)
        counts[u.n_counts++] = (sluice_count){ SLUICE_USE_CACHE_WRITE, 0, written };
    if (hour(usage, &long_written))
        counts[u.n_counts++] = (sluice_count){ SLUICE_USE_CACHE_WRITE_1H, 0, long_written };
    if (u.n_counts)
        sink->usage(sink, &u);
}

/* ---- the end ---- */

static const struct turns_reason reasons[] = {
    { "max_tokens", "length" },
    { "model_context_window_exceeded", "length" },
    { "tool_use", "tool_calls" },
    { "content_filtered", "content_filter" },
    { "guardrail_intervened", "content_filter" },
};

void bedrock_answer_reason(sluice_exchange *x, sluice_span reason)
{
    x->answer.finish =
        turns_finish_word(reason, reasons, sizeof reasons / sizeof *reasons, x->answer.finish);
}

sluice_status bedrock_answer_finish(sluice_exchange *x, const sluice_sink *sink)
{
    struct bedrock_answer *a = &x->answer;
    sluice_status st = bedrock_tool_end(x, sink);

    if (st >= 0)
        st = emit_held(sink, &a->citations, "\"citations\":[", "]");
    if (st >= 0)
        st = emit_held(sink, &a->extra, "\"provider_specific_fields\":{", "}");
    return st < 0 ? st : turns_finish(sink, a->finish, a->tool_called);
}
