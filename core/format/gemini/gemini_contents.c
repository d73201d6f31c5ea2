/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gemini_contents.c - contents of a Gemini request as messages: the list, and what the user said;
 * what the model said is in gemini_said.c.
 */
#include "format/gemini/gemini_contents.h"

sluice_status sl_gemini_bad(const struct sl_contents *x, const char *message, const char *member)
{
    return sl_pivot_refuse(x->t, NULL, message, "contents.[%zu].parts.[%zu].%s", x->at, x->part,
                           member);
}

/* ---- parts ---- */

static void text_part(struct sl_json_out *o, sluice_span inside)
{
    sl_pivot_text_part(o, inside);
    sl_json_close(o, '}');
}

static const char *sound_format(sluice_span mime)
{
    if (sl_span_eq(mime, SL_SPAN("audio/wav")) || sl_span_eq(mime, SL_SPAN("audio/x-wav")))
        return "wav";
    return sl_span_eq(mime, SL_SPAN("audio/mp3")) || sl_span_eq(mime, SL_SPAN("audio/mpeg")) ? "mp3"
                                                                                             : NULL;
}

static sluice_status inline_data(struct sl_contents *x, const struct sl_json *data)
{
    sluice_span mime = sl_json_inside(sl_gemini_opt(data, "mimeType"));
    sluice_span bytes = sl_json_inside(sl_json_opt(data, "data"));
    struct sl_json_out *o = &x->t->out;
    const char *sound = sound_format(mime);

    if (!mime.len || !bytes.len)
        return sl_gemini_bad(x, "This is data with a mimeType.", "inlineData");
    sl_json_open(o, '{');
    if (sl_span_starts(mime, SL_SPAN("image/"))) {
        sl_json_kv_raw(o, "type", SL_SPAN("\"image_url\""));
        sl_json_key(o, "image_url");
        sl_json_open(o, '{');
        sl_json_key(o, "url");
        sl_pivot_data_url(o, mime, bytes);
    } else if (sound) {
        sl_json_kv_raw(o, "type", SL_SPAN("\"input_audio\""));
        sl_json_key(o, "input_audio");
        sl_json_open(o, '{');
        sl_json_key(o, "data");
        sl_json_inside_str(o, bytes);
        sl_json_kv_str(o, "format", sl_span_str(sound));
    } else {
        sl_json_kv_raw(o, "type", SL_SPAN("\"file\""));
        sl_json_key(o, "file");
        sl_json_open(o, '{');
        sl_json_kv_raw(o, "filename", SL_SPAN("\"file\""));
        sl_json_key(o, "file_data");
        sl_pivot_data_url(o, mime, bytes);
    }
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static sluice_status file_data(struct sl_contents *x, const struct sl_json *data)
{
    sluice_span mime = sl_json_inside(sl_gemini_opt(data, "mimeType"));
    sluice_span uri = sl_json_inside(sl_gemini_opt(data, "fileUri"));
    struct sl_json_out *o = &x->t->out;

    if (!sl_span_starts(mime, SL_SPAN("image/")) || !sl_span_starts(uri, SL_SPAN("http")))
        return sl_pivot_lacking(x->t, "contents.[%zu].parts.[%zu].fileData", x->at, x->part);
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"image_url\""));
    sl_json_key(o, "image_url");
    sl_json_open(o, '{');
    sl_json_key(o, "url");
    sl_json_inside_str(o, uri);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

/* What a user's part becomes; results of functions are told elsewhere. */
static sluice_status user_part(struct sl_contents *x, const struct sl_json *part)
{
    const struct sl_json *text = sl_json_opt(part, "text");
    const struct sl_json *data = sl_gemini_opt(part, "inlineData");
    const struct sl_json *file = sl_gemini_opt(part, "fileData");

    if (text) {
        if (sl_json_inside(text).len)
            text_part(&x->t->out, sl_json_inside(text));
        return SLUICE_OK;
    }
    if (data)
        return inline_data(x, data);
    if (file)
        return file_data(x, file);
    return sl_pivot_lacking(x->t, "contents.[%zu].parts.[%zu]", x->at, x->part);
}

static sluice_status user_parts(struct sl_contents *x, const struct sl_json *parts)
{
    sluice_status st = SLUICE_OK;

    sl_json_each(p, parts)
    {
        if (st >= 0)
            st = user_part(x, p);
    }
    return st;
}

/* ---- calls and their results ---- */

/* What a function gave besides its response; NULL: nothing. */
static const struct sl_json *pictures_of(const struct sl_json *r)
{
    const struct sl_json *parts = sl_json_opt(r, "parts");

    return parts && parts->type == SL_JSON_ARRAY && parts->n ? parts : NULL;
}

/* A text that is alone in its object is that text; else the object is told as JSON. */
static void result_text(struct sl_json_out *o, const struct sl_json *response)
{
    const struct sl_json *only = response && response->n == 1 ? response->child : NULL;

    if (only && only->type == SL_JSON_STRING &&
        (sl_span_eq(only->name, SL_SPAN("output")) || sl_span_eq(only->name, SL_SPAN("result")) ||
         sl_span_eq(only->name, SL_SPAN("error"))))
        sl_json_raw(o, only->raw);
    else
        sl_pivot_quoted(o, response ? response->raw : SL_SPAN("{}"));
}

static sluice_status result(struct sl_contents *x, const struct sl_json *r)
{
    sluice_span name = sl_json_inside(sl_json_opt(r, "name"));
    sluice_span id = sl_json_inside(sl_json_opt(r, "id"));
    const struct sl_called *c = sl_calls_answer(&x->calls, name, id);
    const struct sl_json *shown = pictures_of(r);
    struct sl_json_out *o = &x->t->out;
    sluice_status st = SLUICE_OK;

    if (!c)
        return sl_gemini_bad(x, "There is no call that this answers.", "functionResponse");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"tool\""));
    sl_json_key(o, "tool_call_id");
    sl_calls_id(&x->calls, c, o);
    sl_json_key(o, "content");
    if (shown && x->t->extended) {
        sl_json_open(o, '[');
        sl_json_open(o, '{');
        sl_json_kv_raw(o, "type", SL_SPAN("\"text\""));
        sl_json_key(o, "text");
        result_text(o, sl_json_opt(r, "response"));
        sl_json_close(o, '}');
        st = user_parts(x, shown);
        sl_json_close(o, ']');
    } else {
        result_text(o, sl_json_opt(r, "response"));
    }
    if (x->t->extended && sl_json_opt(sl_json_opt(r, "response"), "error"))
        sl_json_kv_bool(o, "is_error", true);
    sl_json_close(o, '}');
    return st;
}

static sluice_status user(struct sl_contents *x, const struct sl_json *parts)
{
    struct sl_json_out *o = &x->t->out;
    sluice_status st = SLUICE_OK;
    size_t others = 0;
    const struct sl_json *text = NULL;
    bool shown = false;

    x->part = 0;
    sl_json_each(p, parts)
    {
        const struct sl_json *r = sl_gemini_opt(p, "functionResponse");

        if (r && st >= 0)
            st = result(x, r);
        shown = shown || (r && pictures_of(r) && !x->t->extended);
        if (!r) {
            others++;
            text = sl_json_opt(p, "text");
        }
        x->part++;
    }
    if (st < 0 || (!others && !shown))
        return st;
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"user\""));
    sl_json_key(o, "content");
    if (others == 1 && !shown && text && text->type == SL_JSON_STRING) {
        sl_json_raw(o, text->raw);
    } else {
        sl_json_open(o, '[');
        x->part = 0;
        sl_json_each(p, parts)
        {
            const struct sl_json *r = sl_gemini_opt(p, "functionResponse");

            /* Where results are texts, what a function showed is the user's. */
            if (st >= 0 && r && shown)
                st = user_parts(x, pictures_of(r));
            else if (st >= 0 && !r)
                st = user_part(x, p);
            x->part++;
        }
        sl_json_close(o, ']');
    }
    sl_json_close(o, '}');
    return st;
}

/* ---- all of it ---- */

static sluice_status content(struct sl_contents *x, const struct sl_json *c)
{
    const struct sl_json *role = sl_json_opt(c, "role");
    const struct sl_json *parts = sl_json_opt(c, "parts");

    if (!parts || parts->type != SL_JSON_ARRAY)
        return sl_pivot_refuse(x->t, NULL, "A content is a list of parts.", "contents.[%zu].parts",
                               x->at);
    if (sl_json_is(role, "model"))
        return parts->n ? sl_gemini_said(x, parts) : SLUICE_OK;
    if (role && !sl_json_is(role, "user") && !sl_json_is(role, "function"))
        return sl_pivot_refuse(x->t, NULL, "A role is user or model.", "contents.[%zu].role",
                               x->at);
    return user(x, parts);
}

static void system_text(struct sl_translation *t, const struct sl_json *system)
{
    struct sl_json_out *o = &t->out;
    bool first = true;

    if (!system)
        return;
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"system\""));
    sl_json_key(o, "content");
    if (system->type == SL_JSON_STRING) {
        sl_json_raw(o, system->raw);
    } else {
        sl_json_raw(o, SL_SPAN("\""));
        sl_json_each(p, sl_json_opt(system, "parts"))
        {
            if (!first)
                sl_buf_add(o->buf, SL_SPAN("\\n\\n"));
            first = false;
            sl_buf_add(o->buf, sl_json_inside(sl_json_opt(p, "text")));
        }
        sl_buf_add_char(o->buf, '"');
    }
    sl_json_close(o, '}');
}

/* The parts that the model said in a content; NULL for others'. */
static struct sl_json *said_parts(struct sl_json *c)
{
    if (sl_json_is(sl_json_opt(c, "role"), "model"))
        for (struct sl_json *m = c->child; m; m = m->next)
            if (sl_span_eq(m->name, SL_SPAN("parts")) && m->type == SL_JSON_ARRAY)
                return m;
    return NULL;
}

/* A stream's chunks come back as a content each. What the model said in one go is one message:
 * results of calls have to stand behind all of them. */
static void join_turns(const struct sl_json *list)
{
    struct sl_json *turn = NULL, **end = NULL;

    for (struct sl_json *c = list->child; c; c = c->next) {
        struct sl_json *parts = said_parts(c);

        if (!turn || !parts) {
            turn = parts;
            end = parts ? &parts->child : NULL;
            continue;
        }
        while (*end)
            end = &(*end)->next;
        *end = parts->child;
        turn->n += parts->n;
        parts->child = NULL;
        parts->n = 0;
    }
}

sluice_status sl_gemini_messages(struct sl_translation *t)
{
    const struct sl_json *list = sl_json_opt(t->root, "contents");
    struct sl_contents x = { .t = t };
    sluice_status st = SLUICE_OK;

    if (!sl_calls_init(&x.calls, t->arena))
        return SLUICE_E_NOMEM;
    sl_pivot_key(t, "messages");
    sl_json_open(&t->out, '[');
    system_text(t, sl_gemini_opt(t->root, "systemInstruction"));
    if (list && list->type == SL_JSON_ARRAY)
        join_turns(list);
    if (list && list->type == SL_JSON_OBJECT)
        st = content(&x, list);
    else
        sl_json_each(c, list)
        {
            if (st >= 0)
                st = content(&x, c);
            x.at++;
        }
    sl_json_close(&t->out, ']');
    return st;
}
