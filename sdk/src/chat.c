/* SPDX-License-Identifier: Apache-2.0 */
/* chat.c - see sluice_sdk/chat.h: members, messages, ids. Tools are in chat_tools.c. */
#include <stdarg.h>
#include <stdio.h>
#include <sluice_sdk/buf.h>
#include <sluice_sdk/chat.h>
#include <sluice_sdk/dropped.h>
#include <sluice_sdk/status.h>

void sl_chat_init(struct sl_chat *c, const sluice_host *host, const sluice_call *call,
                  struct sluice_arena *arena, sluice_error *err)
{
    *c = (struct sl_chat){ .host = host,
                           .call = call,
                           .arena = arena,
                           .err = err,
                           .drop = (call->flags & SLUICE_CALL_DROP) != 0 };
}

sluice_status sl_chat_bad(struct sl_chat *c, const char *code, const char *message,
                          const char *param, ...)
{
    char name[96];
    va_list ap;

    va_start(ap, param);
    vsnprintf(name, sizeof name, param, ap);
    va_end(ap);
    return sl_fail_param(c->err, SLUICE_E_INVALID, code, name, "%s", message);
}

sluice_status sl_chat_lacking(struct sl_chat *c, const char *param)
{
    if (c->drop) {
        sl_dropped(c->call, sl_span_str(param));
        return SLUICE_OK;
    }
    return sl_fail_param(c->err, SLUICE_E_INVALID, "unsupported_parameter", param,
                         "The provider has no equivalent of '%s'; with drop_params it is left out.",
                         param);
}

/* ---- members ---- */

static size_t index_of(sluice_span name, const char *const *names, size_t n)
{
    size_t i = 0;

    while (i < n && !sl_span_eq(name, sl_span_str(names[i])))
        i++;
    return i;
}

static bool listed(sluice_span name, const char *const *names)
{
    for (; names && *names; names++)
        if (sl_span_eq(name, sl_span_str(*names)))
            return true;
    return false;
}

/* Left out of the body because it is said elsewhere. */
static bool is_carried(sluice_span name)
{
    return sl_span_eq(name, SL_SPAN("model")) || sl_span_eq(name, SL_SPAN("stream")) ||
           sl_span_eq(name, SL_SPAN("stream_options"));
}

sluice_status sl_chat_members(struct sl_chat *c, const char *const *names, size_t n,
                              const struct sl_json **m, const char *const *left_out,
                              const sluice_header ***extra, size_t *n_extra)
{
    const sluice_call *call = c->call;
    const sluice_header **others = sl_alloc(c->arena, (call->n_members + 1) * sizeof *others);

    if (!others)
        return SLUICE_E_NOMEM;
    *extra = others;
    *n_extra = 0;
    for (size_t i = 0; i < n; i++)
        m[i] = NULL;
    for (size_t i = 0; i < call->n_members; i++) {
        const sluice_header *member = &call->members[i];
        size_t which = index_of(member->name, names, n);
        struct sl_json_error e;
        struct sl_json *tree;
        sluice_status st;

        if (sl_json_type(member->value) == SL_JSON_NULL)
            continue;
        if (listed(member->name, left_out)) {
            if (!is_carried(member->name))
                sl_dropped(call, member->name);
            continue;
        }
        if (which == n) {
            others[(*n_extra)++] = member;
            continue;
        }
        st = sl_json_parse(member->value, c->arena, &tree, &e);
        if (st == SLUICE_E_NOMEM)
            return st;
        if (st < 0)
            return sl_chat_bad(c, NULL, e.what, "%s", names[which]);
        m[which] = tree;
    }
    return SLUICE_OK;
}

sluice_status sl_chat_lacks(struct sl_chat *c, const struct sl_json *n,
                            const struct sl_json *logprobs, const struct sl_json *top_logprobs,
                            const struct sl_json *modalities, const struct sl_json *audio)
{
    sluice_status st = SLUICE_OK;
    int64_t count = 1, top = 0;

    if (n && !sl_json_i64(n->raw, &count))
        return sl_chat_bad(c, NULL, "This is a whole number.", "n");
    if (count != 1)
        st = sl_chat_lacking(c, "n");
    if (st >= 0 && logprobs && sl_json_is_true(logprobs->raw))
        st = sl_chat_lacking(c, "logprobs");
    if (st >= 0 && top_logprobs && sl_json_i64(top_logprobs->raw, &top) && top > 0)
        st = sl_chat_lacking(c, "top_logprobs");
    sl_json_each(word, modalities)
    {
        if (st >= 0 && !sl_json_is(word, "text"))
            st = sl_chat_lacking(c, "modalities");
    }
    return st >= 0 && audio ? sl_chat_lacking(c, "audio") : st;
}

sluice_status sl_chat_number(struct sl_chat *c, const struct sl_json *j, const char *param,
                             double *out)
{
    if (j->type == SL_JSON_NUMBER && sl_json_f64(j->raw, out))
        return SLUICE_OK;
    return sl_chat_bad(c, NULL, "This is a number.", "%s", param);
}

/* ---- messages ---- */

sluice_status sl_chat_text(struct sl_chat *c, const struct sl_json *j, sluice_span *out)
{
    *out = SL_SPAN("");
    if (!j || j->type != SL_JSON_STRING)
        return SLUICE_OK;
    return sl_json_string(j->raw, c->arena, out) ? SLUICE_OK : SLUICE_E_NOMEM;
}

/* The text of a part; false: it is of another kind. */
static bool part_text(const struct sl_json *part, sluice_span *inside)
{
    const struct sl_json *text = part->type == SL_JSON_STRING ? part : sl_json_opt(part, "text");

    if (part->type != SL_JSON_STRING && sl_json_is(sl_json_opt(part, "type"), "refusal"))
        text = sl_json_opt(part, "refusal");
    else if (part->type != SL_JSON_STRING && !sl_json_is(sl_json_opt(part, "type"), "text"))
        return false;
    *inside = sl_json_inside(text);
    return text && text->type == SL_JSON_STRING;
}

sluice_status sl_chat_plain(struct sl_chat *c, const struct sl_json *content, size_t message,
                            sluice_span between, sluice_span *inside)
{
    size_t room = 0, i = 0, n = 0;
    sluice_span text;
    char *p;

    *inside = SL_SPAN("");
    if (!content)
        return SLUICE_OK;
    if (content->type == SL_JSON_STRING) {
        *inside = sl_json_inside(content);
        return SLUICE_OK;
    }
    if (content->type != SL_JSON_ARRAY)
        return sl_chat_bad(c, NULL, "Content is a string or a list of parts.",
                           "messages.[%zu].content", message);
    sl_json_each(part, content)
    {
        if (!part_text(part, &text))
            return sl_chat_bad(c, "unsupported_value", "This message takes text only.",
                               "messages.[%zu].content.[%zu].type", message, i);
        room += text.len + between.len;
        i++;
    }
    if (i == 1) {
        *inside = text;
        return SLUICE_OK;
    }
    p = sl_alloc(c->arena, room + 1);
    if (!p)
        return SLUICE_E_NOMEM;
    sl_json_each(part, content)
    {
        if (!part_text(part, &text) || !text.len)
            continue;
        if (n) {
            memcpy(p + n, between.ptr, between.len);
            n += between.len;
        }
        memcpy(p + n, text.ptr, text.len);
        n += text.len;
    }
    *inside = sl_span(p, n);
    return SLUICE_OK;
}

sluice_status sl_chat_arguments(struct sl_chat *c, const struct sl_json *j, size_t message,
                                size_t call, sluice_span *object)
{
    struct sl_json_error e;
    sluice_span text;
    sluice_status st = sl_chat_text(c, j, &text);

    *object = SL_SPAN("{}");
    if (st < 0)
        return st;
    if (j && j->type == SL_JSON_OBJECT)
        text = j->raw;
    text = sl_span_trim(text);
    if (!text.len || sl_span_eq(text, SL_SPAN("null")))
        return SLUICE_OK;
    if (text.ptr[0] == '{' && sl_json_validate(text, &e) >= 0) {
        *object = text;
        return SLUICE_OK;
    }
    if (c->lenient) {
        c->host->log(c->host, 2,
                     SL_SPAN("arguments of a tool call are no JSON object; sent as {}"));
        return SLUICE_OK;
    }
    return sl_chat_bad(c, NULL, "The arguments of this tool call are not a JSON object.",
                       "messages.[%zu].tool_calls.[%zu].function.arguments", message, call);
}

sluice_span sl_chat_name_of(const struct sl_json *messages, const struct sl_json *tool_message)
{
    const struct sl_json *id = sl_json_opt(tool_message, "tool_call_id");
    sluice_span name = sl_json_inside(sl_json_opt(tool_message, "name"));

    sl_json_each(m, messages)
    {
        if (m == tool_message)
            break;
        sl_json_each(call, sl_json_opt(m, "tool_calls"))
        {
            if (id && sl_span_eq(sl_json_inside(sl_json_opt(call, "id")), sl_json_inside(id)))
                name = sl_json_inside(sl_json_opt(sl_json_opt(call, "function"), "name"));
        }
    }
    return name;
}

/* Length of the blank that escaped text begins with: a space or one of \n \r \t \f \u00xx. */
static size_t blank_at(sluice_span s)
{
    static const char *const units[] = { "\\n",     "\\r",     "\\t",     "\\f",     "\\u0009",
                                         "\\u000a", "\\u000b", "\\u000c", "\\u000d", "\\u0020",
                                         "\\u000A", "\\u000B", "\\u000C", "\\u000D" };

    if (!s.len || s.ptr[0] != '\\')
        return s.len && s.ptr[0] == ' ';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (sl_span_starts(s, sl_span_str(units[i])))
            return strlen(units[i]);
    return 0;
}

bool sl_chat_blank(sluice_span inside)
{
    size_t n;

    while ((n = blank_at(inside)) > 0)
        inside = sl_span_from(inside, n);
    return inside.len == 0;
}

/* Escapes can only be told from the front. */
sluice_span sl_chat_trim_end(sluice_span inside)
{
    size_t end = 0, i = 0;

    while (i < inside.len) {
        size_t n = blank_at(sl_span_from(inside, i));

        if (n) {
            i += n;
            continue;
        }
        i += inside.ptr[i] == '\\' ? 2 : 1;
        end = i < inside.len ? i : inside.len;
    }
    return sl_span_head(inside, end);
}

sluice_span sl_chat_image_url(const struct sl_json *part)
{
    const struct sl_json *image = sl_json_opt(part, "image_url");

    return sl_json_inside(image && image->type == SL_JSON_OBJECT ? sl_json_opt(image, "url")
                                                                 : image);
}

sluice_status sl_chat_media(struct sl_chat *c, sluice_span url, size_t message, size_t part,
                            const char *where, struct sl_media *out)
{
    sluice_status st = SLUICE_E_INVALID;

    if (c->fetch && sl_fetch_find(c->fetch, url, out))
        return SLUICE_OK;
    if (url.len && !sl_is_remote(url))
        st = sl_media(c->arena, url, out);
    if (st == SLUICE_E_INVALID)
        return sl_chat_bad(c, "invalid_image_url", "This is no data URL with base64 in it.",
                           "messages.[%zu].content.[%zu].%s", message, part, where);
    return st;
}

sluice_status sl_chat_escape(struct sluice_arena *arena, sluice_span text, sluice_span *inside)
{
    struct sl_buf b;
    sluice_status st = SLUICE_E_NOMEM;

    sl_buf_init(&b, text.len * 6 + 16);
    sl_json_escape(&b, text);
    if (sl_buf_ok(&b)) {
        *inside = sl_arena_dup(arena, sl_buf_span(&b));
        st = inside->ptr ? SLUICE_OK : SLUICE_E_NOMEM;
    }
    sl_buf_finish(&b);
    return st;
}

sluice_status sl_chat_compact(struct sluice_arena *arena, sluice_span json, sluice_span *inside)
{
    char *p = sl_alloc(arena, json.len * 2 + 1);
    bool string = false;
    size_t n = 0;

    if (!p)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < json.len; i++) {
        char c = json.ptr[i];

        if (!string && (c == ' ' || c == '\n' || c == '\r' || c == '\t'))
            continue;
        if (c == '"' || c == '\\')
            p[n++] = '\\';
        p[n++] = c;
        if (c == '"') {
            string = !string;
        } else if (c == '\\' && i + 1 < json.len) { /* what is escaped ends no string */
            c = json.ptr[++i];
            if (c == '"' || c == '\\')
                p[n++] = '\\';
            p[n++] = c;
        }
    }
    *inside = sl_span(p, n);
    return SLUICE_OK;
}

sluice_status sl_chat_truncated(sluice_error *err)
{
    return sl_fail_param(err, SLUICE_E_TRUNCATED, "stream_truncated", NULL,
                         "The provider's answer ended before its end.");
}

sluice_span sl_chat_id(const sluice_host *host, char out[SL_CHAT_ID])
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t bits = 0;

    memcpy(out, "call_", 5);
    for (int i = 0; i < 24; i++) {
        if (i % 8 == 0)
            bits = host->random(host);
        out[5 + i] = set[bits % (sizeof set - 1)];
        bits /= sizeof set - 1;
    }
    out[29] = 0;
    return sl_span(out, 29);
}

bool sl_chat_config(sluice_span config, const char *name)
{
    config = sl_span_trim(config);
    return sl_json_type(config) == SL_JSON_OBJECT &&
           sl_json_is_true(sl_json_member(config, sl_span_str(name)));
}

void sl_chat_framing(const sluice_http_head *head, uint32_t *framing)
{
    for (size_t i = 0; i < head->n_headers; i++) {
        sluice_span value = head->headers[i].value;

        if (!sl_span_eq(head->headers[i].name, SL_SPAN("content-type")))
            continue;
        if (sl_span_ieq(sl_span_head(value, 17), SL_SPAN("text/event-stream")))
            *framing = SLUICE_FRAME_SSE;
        else if (sl_span_ieq(sl_span_head(value, 16), SL_SPAN("application/json")))
            *framing = SLUICE_FRAME_WHOLE;
    }
}
