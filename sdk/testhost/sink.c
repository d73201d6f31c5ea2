/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c - records what a provider emits, one line per call. */
#include "sink.h"

#include "format/json_scan.h"

static struct recorder *of(const sluice_sink *sink)
{
    return sink->impl;
}

static sluice_status refuse(struct recorder *r, const char *why)
{
    if (!r->complaint.len)
        text_str(&r->complaint, why);
    return SLUICE_E_INTERNAL;
}

void recorder_settle(struct recorder *r)
{
    if (!r->in_bytes)
        return;
    r->in_bytes = false;
    text_printf(&r->lines, "bytes %s ", r->bytes_type.ptr ? r->bytes_type.ptr : "");
    for (size_t i = 0; i < r->bytes.len; i++) {
        unsigned char c = (unsigned char)r->bytes.ptr[i];

        if (c < 0x20 || c > 0x7e || c == '\\')
            text_printf(&r->lines, "\\x%02x", c);
        else
            text_add(&r->lines, sl_span(r->bytes.ptr + i, 1));
    }
    text_str(&r->lines, "\n");
}

/* JSON in parts: joined, checked, written. */
static sluice_status json_line(struct recorder *r, const char *word, const sluice_span *parts,
                               size_t n)
{
    struct text all = { NULL, 0, 0 };
    struct sl_json_error jerr;
    sluice_status st = SLUICE_OK;

    recorder_settle(r);
    for (size_t i = 0; i < n; i++)
        text_add(&all, parts[i]);
    if (sl_json_validate(sl_span(all.ptr, all.len), &jerr) < 0) {
        st = refuse(r, "what was written is not JSON: ");
        text_escaped(&r->complaint, sl_span_head(sl_span(all.ptr, all.len), 200));
    }
    text_printf(&r->lines, "%s ", word);
    text_escaped(&r->lines, sl_span(all.ptr, all.len));
    text_str(&r->lines, "\n");
    text_free(&all);
    return st;
}

static sluice_status chunk(const sluice_sink *sink, const sluice_span *parts, size_t n)
{
    struct recorder *r = of(sink);

    if (r->relaying)
        return refuse(r, "chunk() while the host relays");
    if (r->had_whole || r->had_delta)
        return refuse(r, "chunk() beside whole() or delta()");
    r->had_chunk = true;
    return json_line(r, "chunk", parts, n);
}

static sluice_status whole(const sluice_sink *sink, const sluice_span *parts, size_t n)
{
    struct recorder *r = of(sink);

    if (r->relaying)
        return refuse(r, "whole() while the host relays");
    if (r->had_whole || r->had_chunk || r->had_delta)
        return refuse(r, "whole() twice, or beside chunk() or delta()");
    r->had_whole = true;
    return json_line(r, "whole", parts, n);
}

static sluice_status bytes(const sluice_sink *sink, sluice_span content_type, sluice_span data)
{
    struct recorder *r = of(sink);

    if (r->relaying)
        return refuse(r, "bytes() while the host relays");
    if (r->in_bytes && !sl_span_eq(sl_span(r->bytes_type.ptr, r->bytes_type.len), content_type))
        recorder_settle(r);
    if (!r->in_bytes) {
        text_clear(&r->bytes);
        text_clear(&r->bytes_type);
        text_add(&r->bytes_type, content_type);
        r->in_bytes = true;
    }
    text_add(&r->bytes, data);
    return SLUICE_OK;
}

static void usage(const sluice_sink *sink, const sluice_usage *u)
{
    static const char *const names[SLUICE_USE_KINDS] = { "?",
                                                         "input",
                                                         "output",
                                                         "cached_input",
                                                         "cache_write",
                                                         "cache_write_1h",
                                                         "reasoning",
                                                         "audio_input",
                                                         "audio_output",
                                                         "image_input",
                                                         "searches",
                                                         "milliseconds",
                                                         "characters",
                                                         "images",
                                                         "cost_nano_usd" };
    struct recorder *r = of(sink);

    recorder_settle(r);
    text_str(&r->lines, "usage");
    for (uint32_t i = 0; i < u->n_counts; i++) {
        uint32_t kind = u->counts[i].kind;

        text_printf(&r->lines, " %s=%lld", kind < SLUICE_USE_KINDS ? names[kind] : "?",
                    (long long)u->counts[i].n);
    }
    text_str(&r->lines, "\n");
}

static sluice_status head(const sluice_sink *sink, int32_t status, const sluice_header *headers,
                          size_t n)
{
    struct recorder *r = of(sink);

    if (r->had_chunk || r->had_whole || r->had_delta || r->in_bytes)
        return refuse(r, "head() after a result");
    text_printf(&r->lines, "head %d", status);
    for (size_t i = 0; i < n; i++)
        text_printf(&r->lines, "%s %.*s: %.*s", i ? "," : "", SL_FMT(headers[i].name),
                    SL_FMT(headers[i].value));
    text_str(&r->lines, "\n");
    return SLUICE_OK;
}

/* Is text the inside of a JSON string? */
static bool is_inside(sluice_span text)
{
    struct text quoted = { NULL, 0, 0 };
    bool ok;

    text_str(&quoted, "\"");
    text_add(&quoted, text);
    text_str(&quoted, "\"");
    ok = sl_json_validate(sl_span(quoted.ptr, quoted.len), NULL) >= 0;
    text_free(&quoted);
    return ok;
}

static bool is_members(sluice_span text)
{
    struct text braced = { NULL, 0, 0 };
    bool ok;

    text_str(&braced, "{");
    text_add(&braced, text);
    text_str(&braced, "}");
    ok = sl_json_validate(sl_span(braced.ptr, braced.len), NULL) >= 0;
    text_free(&braced);
    return ok;
}

static void field(struct text *t, const char *name, sluice_span value)
{
    if (!value.ptr || !value.len)
        return;
    text_printf(t, " %s=", name);
    text_escaped(t, value);
}

static sluice_status delta(const sluice_sink *sink, const sluice_delta *d)
{
    static const char *const names[] = { "?",         "start",      "text",      "reasoning",
                                         "signature", "tool_start", "tool_args", "refusal",
                                         "extra",     "finish",     "logprobs" };
    struct recorder *r = of(sink);

    if (r->relaying)
        return refuse(r, "delta() while the host relays");
    if (r->had_whole || r->had_chunk)
        return refuse(r, "delta() beside whole() or chunk()");
    if (!is_inside(d->text) || !is_inside(d->id) || !is_inside(d->name))
        return refuse(r, "delta(): text, id or name is not the inside of a JSON string");
    if (!is_members(d->extra))
        return refuse(r, "delta(): extra does not hold members");
    recorder_settle(r);
    r->had_delta = true;
    text_printf(&r->lines, "delta %s choice=%u index=%u",
                d->kind < sizeof names / sizeof *names ? names[d->kind] : "?", d->choice, d->index);
    field(&r->lines, "id", d->id);
    field(&r->lines, "name", d->name);
    field(&r->lines, "extra", d->extra);
    field(&r->lines, "text", d->text);
    text_str(&r->lines, "\n");
    return SLUICE_OK;
}

void recorder_init(struct recorder *r, size_t arena_cap)
{
    memset(r, 0, sizeof *r);
    r->sink = (sluice_sink){ .struct_size = sizeof r->sink,
                             .impl = r,
                             .scratch = &r->scratch,
                             .chunk = chunk,
                             .whole = whole,
                             .bytes = bytes,
                             .usage = usage,
                             .head = head,
                             .delta = delta };
    sl_arena_init(&r->scratch, arena_cap);
}

void recorder_finish(struct recorder *r)
{
    sl_arena_finish(&r->scratch);
    text_free(&r->lines);
    text_free(&r->bytes);
    text_free(&r->bytes_type);
    text_free(&r->complaint);
}

/* Finish, not reset: memory kept over the step is then found by a sanitizer. */
void recorder_step(struct recorder *r)
{
    sl_arena_finish(&r->scratch);
}

void recorder_relay(struct recorder *r, sluice_span event, sluice_span data)
{
    recorder_settle(r);
    text_str(&r->lines, "relay ");
    if (event.len) {
        text_str(&r->lines, "event=");
        text_escaped(&r->lines, event);
        text_str(&r->lines, " ");
    }
    text_escaped(&r->lines, data);
    text_str(&r->lines, "\n");
}
