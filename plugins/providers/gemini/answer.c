/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - candidates and their parts become deltas. */
#include <sluice_sdk/media.h>
#include "answer.h"

#define CANDIDATES_MOST 16
#define TEXT_CAP ((size_t)32 << 20)
#define LIST_CAP ((size_t)64 << 20)

/* word is a literal: its length costs nothing. */
static inline bool is(sluice_span text, const char *word)
{
    size_t n = strlen(word);

    return text.len == n && memcmp(text.ptr, word, n) == 0;
}

/* ---- candidates ---- */

static struct gemini_candidate *candidate(sluice_exchange *x, uint32_t number)
{
    struct gemini_candidate **at = &x->answer.candidates, *c;

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    if (*at || number >= CANDIDATES_MOST)
        return *at;
    c = sl_alloc0(x->arena, sizeof *c);
    if (!c)
        return NULL;
    c->number = number;
    sl_buf_init(&c->text, TEXT_CAP);
    sl_buf_init(&c->grounding, TEXT_CAP);
    sl_buf_init(&c->citations, TEXT_CAP);
    sl_buf_init(&c->signature, TEXT_CAP);
    sl_buf_init(&c->images, LIST_CAP);
    sl_buf_init(&c->parts, TEXT_CAP);
    sl_buf_init(&c->audio, LIST_CAP);
    return *at = c;
}

void gemini_answer_close(sluice_exchange *x)
{
    for (struct gemini_candidate *c = x->answer.candidates; c; c = c->next) {
        sl_buf_finish(&c->text);
        sl_buf_finish(&c->grounding);
        sl_buf_finish(&c->citations);
        sl_buf_finish(&c->signature);
        sl_buf_finish(&c->images);
        sl_buf_finish(&c->parts);
        sl_buf_finish(&c->audio);
    }
    x->answer.candidates = NULL;
}

/* ---- parts ---- */

static sluice_status keep(struct sl_buf *b, sluice_span s)
{
    sl_buf_reset(b);
    sl_buf_add(b, s);
    return sl_buf_ok(b) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status append(struct sl_buf *list, sluice_span element)
{
    if (list->len)
        sl_buf_add_char(list, ',');
    sl_buf_add(list, element);
    return sl_buf_ok(list) ? SLUICE_OK : SLUICE_E_NOMEM;
}

static sluice_status on_text(sluice_exchange *x, struct gemini_candidate *c,
                             const sluice_sink *sink, sluice_span text)
{
    if (x->cites && text.len) { /* citations count its bytes */
        if (!sl_buf_reserve(&c->text, text.len))
            return SLUICE_E_NOMEM;
        c->text.len += sl_json_unescape(text, c->text.ptr + c->text.len);
    }
    return text.len ? sl_chat_emit(sink, SLUICE_DELTA_TEXT, c->number, 0, text) : SLUICE_OK;
}

static sluice_status on_call(sluice_exchange *x, struct gemini_candidate *c,
                             const sluice_sink *sink, sluice_span call, sluice_span signature)
{
    sluice_delta d = { .struct_size = sizeof d,
                       .kind = SLUICE_DELTA_TOOL_START,
                       .choice = c->number,
                       .index = c->n_calls,
                       .id = sl_chat_member(call, "id"),
                       .name = sl_chat_member(call, "name") };
    sluice_span args = sl_json_find(call, "args"), text = SL_SPAN("{}");
    char id[SL_CHAT_ID];
    sluice_status st;

    if (x->single_call && c->n_calls)
        return SLUICE_OK; /* the caller asked for one at a time */
    c->n_calls++;
    if (!d.id.len)
        d.id = sl_chat_id(x->self->host, id);
    if (signature.len) {
        gemini_signature_keep(x, d.id, signature);
        d.extra = sl_arena_printf(sink->scratch,
                                  "\"extra_content\":{\"google\":{\"thought_signature\":\"%.*s\"}}",
                                  SL_FMT(signature));
        if (!d.extra.ptr)
            return SLUICE_E_NOMEM;
    }
    st = sink->delta(sink, &d);
    if (st >= 0 && sl_json_type(args) == SL_JSON_OBJECT)
        st = sl_chat_compact(sink->scratch, args, &text);
    return st < 0 ? st : sl_chat_emit(sink, SLUICE_DELTA_TOOL_ARGS, c->number, d.index, text);
}

static sluice_status on_image(struct gemini_candidate *c, sluice_span mime, sluice_span data)
{
    if (c->images.len)
        sl_buf_add_char(&c->images, ',');
    sl_buf_add_str(&c->images, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:");
    sl_buf_add(&c->images, mime);
    sl_buf_add_str(&c->images, ";base64,");
    sl_buf_add(&c->images, data);
    sl_buf_add_str(&c->images, "\"}}");
    return sl_buf_ok(&c->images) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* Pieces of speech are joined as bytes: each has an end of its own in base64. */
static sluice_status on_audio(struct gemini_candidate *c, sluice_span data)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t v = 0;
    int bits = 0;

    if (!sl_buf_reserve(&c->audio, data.len))
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < data.len; i++) {
        const char *digit = data.ptr[i] ? strchr(set, data.ptr[i]) : NULL;

        if (!digit)
            continue;
        v = v << 6 | (uint32_t)(digit - set);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            c->audio.ptr[c->audio.len++] = (char)(v >> bits & 0xff);
        }
    }
    return SLUICE_OK;
}

static sluice_status on_part(sluice_exchange *x, struct gemini_candidate *c,
                             const sluice_sink *sink, sluice_span part)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, value, text = SL_SPAN(""), call = text, blob = text, signature = text;
    bool thought = false, has_text = false, other = false;
    sluice_status st = SLUICE_OK;

    if (sl_json_type(part) != SL_JSON_OBJECT)
        return SLUICE_OK;
    while (sl_json_next(&it, part, &name, &value)) {
        if (is(name, "text"))
            has_text = sl_json_raw_string(value, &text);
        else if (is(name, "thought"))
            thought = sl_json_is_true(value);
        else if (is(name, "thoughtSignature"))
            sl_json_raw_string(value, &signature);
        else if (is(name, "functionCall") && sl_json_type(value) == SL_JSON_OBJECT)
            call = value;
        else if (is(name, "inlineData") && sl_json_type(value) == SL_JSON_OBJECT)
            blob = value;
        else
            other = true;
    }
    if (call.len)
        return on_call(x, c, sink, call, signature);
    if (has_text && thought)
        return text.len ? sl_chat_emit(sink, SLUICE_DELTA_REASONING, c->number, 0, text) : st;
    if (has_text)
        st = on_text(x, c, sink, text);
    if (st >= 0 && signature.len)
        st = keep(&c->signature, signature);
    if (st >= 0 && blob.len) {
        sluice_span mime = sl_chat_member(blob, "mimeType"), data = sl_chat_member(blob, "data");

        if (thought)
            return st; /* sketches on the way to the picture */
        st = sl_span_starts(mime, SL_SPAN("audio")) ? on_audio(c, data) : on_image(c, mime, data);
    } else if (st >= 0 && other && !has_text) {
        st = append(&c->parts, part); /* code that ran, tools of the vendor's own */
    }
    return st;
}

/* ---- why it ended ---- */

/* Reasons that are not "stop". */
static const struct {
    const char *reason, *finish;
} reasons[] = {
    { "MAX_TOKENS", "length" },
    { "CONTINUATION", "length" },
    { "SAFETY", "content_filter" },
    { "RECITATION", "content_filter" },
    { "BLOCKLIST", "content_filter" },
    { "PROHIBITED_CONTENT", "content_filter" },
    { "SPII", "content_filter" },
    { "LANGUAGE", "content_filter" },
    { "MODEL_ARMOR", "content_filter" },
    { "IMAGE_SAFETY", "content_filter" },
    { "IMAGE_PROHIBITED_CONTENT", "content_filter" },
    { "IMAGE_RECITATION", "content_filter" },
};

/* The model wrote a call that is none: asking again may help. */
static const char *const malformed[] = { "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL",
                                         "TOO_MANY_TOOL_CALLS" };

static sluice_status on_reason(struct gemini_candidate *c, sluice_span reason, sluice_error *err)
{
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        if (is(reason, malformed[i]))
            return sl_fail_param(err, SLUICE_E_UPSTREAM, "malformed_function_call", NULL,
                                 "The model called a tool in a way that cannot be read (%s).",
                                 malformed[i]);
    c->finish = "stop";
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (is(reason, reasons[i].reason))
            c->finish = reasons[i].finish;
    return SLUICE_OK;
}

/* ---- frames ---- */

/* A candidate's members, raw. */
struct members {
    sluice_span parts, grounding, citations, logprobs, reason;
    int64_t index;
};

static void read_candidate(sluice_span value, struct members *m)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, member;

    memset(m, 0, sizeof *m);
    while (sl_json_next(&it, value, &name, &member)) {
        if (is(name, "content"))
            m->parts = sl_json_type(member) == SL_JSON_OBJECT ? sl_json_find(member, "parts")
                                                              : SL_SPAN("");
        else if (is(name, "index"))
            sl_json_i64(member, &m->index);
        else if (is(name, "finishReason"))
            sl_json_raw_string(member, &m->reason);
        else if (is(name, "groundingMetadata"))
            m->grounding = member;
        else if (is(name, "citationMetadata"))
            m->citations = member;
        else if (is(name, "logprobsResult"))
            m->logprobs = member;
    }
}

static sluice_status on_candidate(sluice_exchange *x, const sluice_sink *sink, sluice_span value,
                                  sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    sluice_span name, part;
    struct gemini_candidate *c;
    struct members m;
    sluice_status st = SLUICE_OK;

    read_candidate(value, &m);
    if (m.index < 0 || m.index >= CANDIDATES_MOST)
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider sent more candidates than it has.");
    c = candidate(x, (uint32_t)m.index);
    if (!c)
        return SLUICE_E_NOMEM;
    while (st >= 0 && sl_json_type(m.parts) == SL_JSON_ARRAY &&
           sl_json_next(&it, m.parts, &name, &part))
        st = on_part(x, c, sink, part);
    if (st >= 0 && sl_json_type(m.logprobs) == SL_JSON_OBJECT)
        st = gemini_logprobs(sink, c->number, m.logprobs);
    if (st >= 0 && sl_json_type(m.grounding) == SL_JSON_OBJECT)
        st = keep(&c->grounding, m.grounding);
    if (st >= 0 && sl_json_type(m.citations) == SL_JSON_OBJECT)
        st = keep(&c->citations, m.citations);
    return st >= 0 && m.reason.len ? on_reason(c, m.reason, err) : st;
}

static sluice_status start(sluice_exchange *x, const sluice_sink *sink, sluice_span frame)
{
    sluice_delta d = { .struct_size = sizeof d, .kind = SLUICE_DELTA_START };

    if (x->answer.started)
        return SLUICE_OK;
    x->answer.started = true;
    d.id = sl_chat_member(frame, "responseId");
    d.name = sl_chat_member(frame, "modelVersion");
    return sink->delta(sink, &d);
}

static sluice_status on_object(sluice_exchange *x, sluice_span frame, const sluice_sink *sink,
                               sluice_error *err)
{
    struct sl_json_iter it = { .started = false }, each = { .started = false };
    sluice_span list = SL_SPAN(""), usage = list, feedback = list, error = list, name, value;
    sluice_status st;

    while (sl_json_next(&it, frame, &name, &value)) {
        if (is(name, "candidates"))
            list = value;
        else if (is(name, "usageMetadata"))
            usage = value;
        else if (is(name, "promptFeedback"))
            feedback = value;
        else if (is(name, "error"))
            error = value;
    }
    if (sl_json_type(error) == SL_JSON_OBJECT) {
        gemini_failure_event(&x->failure, error, sink->scratch);
        return sl_verdict_report(&x->failure, err);
    }
    st = start(x, sink, frame);
    while (st >= 0 && sl_json_type(list) == SL_JSON_ARRAY &&
           sl_json_next(&each, list, &name, &value))
        if (sl_json_type(value) == SL_JSON_OBJECT)
            st = on_candidate(x, sink, value, err);
    if (sl_json_type(feedback) == SL_JSON_OBJECT && sl_chat_member(feedback, "blockReason").len)
        x->answer.blocked = true;
    if (st >= 0)
        gemini_usage(sink, usage);
    return st;
}

sluice_status gemini_frame(sluice_exchange *x, sluice_span text, const sluice_sink *sink,
                           sluice_error *err)
{
    struct sl_json_iter it = { .started = false };
    struct sl_json_error e;
    sluice_span name, value;
    sluice_status st = SLUICE_OK;

    text = sl_span_trim(text);
    if (!text.len)
        return SLUICE_OK;
    if (sl_json_validate(text, &e) < 0 ||
        (sl_json_type(text) != SL_JSON_OBJECT && sl_json_type(text) != SL_JSON_ARRAY))
        return sl_fail(err, SLUICE_E_UPSTREAM, "The provider's answer is no JSON object.");
    if (sl_json_type(text) == SL_JSON_OBJECT)
        st = on_object(x, text, sink, err);
    else
        while (st >= 0 && sl_json_next(&it, text, &name, &value))
            if (sl_json_type(value) == SL_JSON_OBJECT)
                st = on_object(x, value, sink, err);
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory reading the answer") : st;
}

sluice_status gemini_answer_end(sluice_exchange *x, const sluice_sink *sink, sluice_error *err)
{
    struct gemini_candidate *c = x->answer.candidates;
    sluice_status st = SLUICE_OK;

    if (!c && x->answer.blocked)
        return sl_chat_emit(sink, SLUICE_DELTA_FINISH, 0, 0, SL_SPAN("content_filter"));
    for (; c && (c->finish || x->answer.blocked); c = c->next)
        if (!c->finish)
            c->finish = "content_filter";
    if (c || !x->answer.candidates)
        return sl_chat_truncated(err);
    for (c = x->answer.candidates; c && st >= 0; c = c->next) {
        const char *finish =
            c->n_calls && is(sl_span_str(c->finish), "stop") ? "tool_calls" : c->finish;

        st = gemini_extras(x, c, sink);
        if (st >= 0)
            st = sl_chat_emit(sink, SLUICE_DELTA_FINISH, c->number, 0, sl_span_str(finish));
    }
    return st == SLUICE_E_NOMEM ? sl_fail(err, st, "out of memory reading the answer") : st;
}
