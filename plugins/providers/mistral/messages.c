/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages.c - messages as the vendor takes them: no names but of tools, ids of nine characters,
 * each call answered, no user right behind a tool, and an answer begun by the caller marked as
 * such.
 */
#include "mistral.h"

struct walk {
    sluice_exchange *x;
    struct sl_chat *c;
    struct sl_parts *out;
    struct sl_json_out *o;
    const struct sl_json *open;    /* the assistant's message whose calls wait for results */
    const struct sl_json *answers; /* the first message behind it */
    bool after_tool;               /* the last message written is a tool's */
};

bool mistral_reasons(sluice_span model)
{
    return sl_span_find(model, SL_SPAN("magistral")) < model.len;
}

/* ---- content ---- */

static sluice_status chunk_image(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    const struct sl_json *image = sl_json_opt(p, "image_url");

    if (!sl_chat_image_url(p).len)
        return sl_chat_bad(w->c, "invalid_image_url", "An image part needs a URL.",
                           "messages.[%zu].content.[%zu].image_url.url", i, k);
    sl_json_kv_str(w->o, "type", SL_SPAN("image_url"));
    sl_json_key(w->o, "image_url");
    sl_parts_raw(w->out, image->raw);
    return SLUICE_OK;
}

static sluice_status chunk_audio(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    const struct sl_json *audio = sl_json_opt(p, "input_audio");
    const struct sl_json *data =
        audio && audio->type == SL_JSON_STRING ? audio : sl_json_opt(audio, "data");

    if (!sl_json_inside(data).len)
        return sl_chat_bad(w->c, NULL, "An audio part needs its data.",
                           "messages.[%zu].content.[%zu].input_audio.data", i, k);
    sl_json_kv_str(w->o, "type", SL_SPAN("input_audio"));
    sl_json_key(w->o, "input_audio");
    sl_parts_raw(w->out, data->raw);
    return SLUICE_OK;
}

static sluice_status chunk_file(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    const struct sl_json *file = sl_json_opt(p, "file");
    const struct sl_json *data = sl_json_opt(file, "file_data"),
                         *name = sl_json_opt(file, "filename");
    const struct sl_json *id = file ? sl_json_opt(file, "file_id") : sl_json_opt(p, "file_id");

    if (data && data->type == SL_JSON_STRING) {
        sl_json_kv_str(w->o, "type", SL_SPAN("document_url"));
        sl_json_key(w->o, "document_url");
        sl_parts_raw(w->out, data->raw);
        if (name && name->type == SL_JSON_STRING)
            sl_json_kv_raw(w->o, "document_name", name->raw);
        return SLUICE_OK;
    }
    if (!id || id->type != SL_JSON_STRING)
        return sl_chat_bad(w->c, "invalid_file", "A file part needs file_data or file_id.",
                           "messages.[%zu].content.[%zu].file.file_data", i, k);
    sl_json_kv_str(w->o, "type", SL_SPAN("file"));
    sl_json_kv_raw(w->o, "file_id", id->raw);
    return SLUICE_OK;
}

static sluice_status chunk_text(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    const struct sl_json *text = p->type == SL_JSON_STRING ? p : sl_json_opt(p, "text");

    if (!text)
        text = sl_json_opt(p, "refusal");
    if (!text || text->type != SL_JSON_STRING)
        return sl_chat_bad(w->c, NULL, "A text part needs its text.",
                           "messages.[%zu].content.[%zu].text", i, k);
    sl_json_kv_str(w->o, "type", SL_SPAN("text"));
    sl_json_key(w->o, "text");
    sl_parts_inside(w->out, sl_json_inside(text));
    return SLUICE_OK;
}

static const struct {
    const char *type;
    sluice_status (*write)(struct walk *w, const struct sl_json *p, size_t i, size_t k);
} chunks[] = {
    { "text", chunk_text },         { "refusal", chunk_text }, { "image_url", chunk_image },
    { "input_audio", chunk_audio }, { "file", chunk_file },
};

/* The vendor's own, as they came. */
static const char *const own[] = { "document_url", "reference" };

static sluice_status write_chunk(struct walk *w, const struct sl_json *p, size_t i, size_t k)
{
    const struct sl_json *type = sl_json_opt(p, "type");
    sluice_status st = SLUICE_OK;
    size_t n = 0;

    for (size_t at = 0; at < sizeof own / sizeof *own; at++)
        if (sl_json_is(type, own[at])) {
            sl_parts_raw(w->out, p->raw);
            return SLUICE_OK;
        }
    if (sl_json_is(type, "thinking") || sl_json_is(type, "redacted_thinking"))
        return SLUICE_OK; /* another vendor's */
    if (p->type != SL_JSON_STRING)
        while (n < sizeof chunks / sizeof *chunks && !sl_json_is(type, chunks[n].type))
            n++;
    if (n == sizeof chunks / sizeof *chunks)
        return sl_chat_bad(w->c, "unsupported_value", "The provider knows no part of this type.",
                           "messages.[%zu].content.[%zu].type", i, k);
    sl_json_open(w->o, '{');
    st = chunks[n].write(w, p, i, k);
    sl_json_close(w->o, '}');
    return st;
}

/* thinking: text of an earlier turn, inside; empty = none. */
static sluice_status write_content(struct walk *w, const struct sl_json *content,
                                   sluice_span thinking, size_t i)
{
    bool list = content && content->type == SL_JSON_ARRAY;
    sluice_status st = SLUICE_OK;
    size_t k = 0;

    sl_json_key(w->o, "content");
    if (!content && !thinking.len) {
        sl_json_null(w->o); /* pitfall 43: nothing is not the same as an empty text */
        return SLUICE_OK;
    }
    if (!list && !thinking.len) {
        sl_parts_inside(w->out, sl_json_inside(content));
        return SLUICE_OK;
    }
    sl_json_open(w->o, '[');
    if (thinking.len) {
        sl_json_open(w->o, '{');
        sl_json_kv_str(w->o, "type", SL_SPAN("thinking"));
        sl_json_key(w->o, "thinking");
        sl_json_open(w->o, '[');
        sl_json_open(w->o, '{');
        sl_json_kv_str(w->o, "type", SL_SPAN("text"));
        sl_json_key(w->o, "text");
        sl_parts_inside(w->out, thinking);
        sl_json_close(w->o, '}');
        sl_json_close(w->o, ']');
        sl_json_close(w->o, '}');
    }
    if (list)
        sl_json_each(p, content)
        {
            if (st >= 0)
                st = write_chunk(w, p, i, k++);
        }
    else if (sl_json_inside(content).len)
        st = write_chunk(w, content, i, 0);
    sl_json_close(w->o, ']');
    return st;
}

/* ---- calls and results ---- */

/* The key by which a call and its result know each other; inside. */
static sluice_span key_of_call(const struct sl_json *call)
{
    sluice_span id = sl_json_inside(sl_json_opt(call, "id"));

    return id.len ? id : sl_json_inside(sl_json_opt(sl_json_opt(call, "function"), "name"));
}

static sluice_span key_of_result(const struct sl_json *m)
{
    const struct sl_json *id = sl_json_opt(m, "tool_call_id");

    return sl_json_inside(id ? id : sl_json_opt(m, "name"));
}

static void write_id(struct walk *w, const char *member, sluice_span key)
{
    char id[MISTRAL_ID];

    sl_json_key(w->o, member);
    sl_json_inside_str(w->o, mistral_id(key, id));
}

static sluice_status write_call(struct walk *w, sluice_span key, const struct sl_json *f, size_t i,
                                size_t j)
{
    sluice_span arguments, inside;
    sluice_status st = sl_chat_arguments(w->c, sl_json_opt(f, "arguments"), i, j, &arguments);

    if (!sl_json_inside(sl_json_opt(f, "name")).len)
        return sl_chat_bad(w->c, NULL, "A tool call needs the name of a function.",
                           "messages.[%zu].tool_calls.[%zu].function.name", i, j);
    if (st >= 0)
        st = sl_chat_compact(w->c->arena, arguments, &inside);
    if (st < 0)
        return st;
    sl_json_open(w->o, '{');
    write_id(w, "id", key);
    sl_json_kv_str(w->o, "type", SL_SPAN("function"));
    sl_json_key(w->o, "function");
    sl_json_open(w->o, '{');
    sl_json_kv_raw(w->o, "name", sl_json_opt(f, "name")->raw);
    sl_json_key(w->o, "arguments");
    sl_parts_inside(w->out, inside);
    sl_json_close(w->o, '}');
    sl_json_close(w->o, '}');
    return SLUICE_OK;
}

static bool is_answered(const struct walk *w, sluice_span key, const struct sl_json *end)
{
    for (const struct sl_json *m = w->answers; m && m != end; m = m->next)
        if ((sl_json_is(sl_json_opt(m, "role"), "tool") ||
             sl_json_is(sl_json_opt(m, "role"), "function")) &&
            sl_span_eq(key_of_result(m), key))
            return true;
    return false;
}

static void write_lost(struct walk *w, sluice_span key, const struct sl_json *name)
{
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", SL_SPAN("tool"));
    sl_json_kv_str(w->o, "content", SL_SPAN(""));
    write_id(w, "tool_call_id", key);
    if (name && name->type == SL_JSON_STRING)
        sl_json_kv_raw(w->o, "name", name->raw);
    sl_json_close(w->o, '}');
    w->after_tool = true;
}

/* Results end before m: calls that got none get an empty one. */
static void settle_calls(struct walk *w, const struct sl_json *m)
{
    const struct sl_json *old = sl_json_opt(w->open, "function_call");

    if (!w->open)
        return;
    sl_json_each(call, sl_json_opt(w->open, "tool_calls"))
    {
        if (!is_answered(w, key_of_call(call), m))
            write_lost(w, key_of_call(call), sl_json_opt(sl_json_opt(call, "function"), "name"));
    }
    if (old && !is_answered(w, sl_json_inside(sl_json_opt(old, "name")), m))
        write_lost(w, sl_json_inside(sl_json_opt(old, "name")), sl_json_opt(old, "name"));
    w->open = NULL;
}

/* ---- one function a role ---- */

static sluice_status walk_user(struct walk *w, const struct sl_json *m, size_t i)
{
    sluice_status st;

    settle_calls(w, m);
    if (w->after_tool) { /* refused right behind a tool */
        sl_json_open(w->o, '{');
        sl_json_kv_str(w->o, "role", SL_SPAN("assistant"));
        sl_json_kv_str(w->o, "content", SL_SPAN("."));
        sl_json_close(w->o, '}');
    }
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", SL_SPAN("user"));
    st = write_content(w, sl_json_opt(m, "content"), SL_SPAN(""), i);
    sl_json_close(w->o, '}');
    w->after_tool = false;
    return st;
}

static sluice_status walk_system(struct walk *w, const struct sl_json *m, size_t i)
{
    sluice_status st;

    settle_calls(w, m);
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", SL_SPAN("system"));
    st = write_content(w, sl_json_opt(m, "content"), SL_SPAN(""), i);
    sl_json_close(w->o, '}');
    return st;
}

/* The caller began the answer: the vendor wants that said, and sends it back with the rest, which
 * nobody expects who did not say it. */
static sluice_status write_prefix(struct walk *w, const struct sl_json *m,
                                  const struct sl_json *content, size_t i)
{
    const struct sl_json *said = sl_json_opt(m, "prefix");
    sluice_span inside;
    sluice_status st;

    sl_json_kv_bool(w->o, "prefix", true);
    if (said && sl_json_is_true(said->raw))
        return SLUICE_OK;
    st = sl_chat_plain(w->c, content, i, SL_SPAN(""), &inside);
    if (st >= 0) {
        char *p = sl_alloc(w->c->arena, inside.len + 1);

        if (!p)
            return SLUICE_E_NOMEM;
        w->x->prefix = sl_span(p, sl_json_unescape(inside, p));
    }
    return st;
}

static sluice_status walk_assistant(struct walk *w, const struct sl_json *m, size_t i)
{
    const struct sl_json *calls = sl_json_opt(m, "tool_calls"),
                         *old = sl_json_opt(m, "function_call");
    const struct sl_json *content = sl_json_opt(m, "content");
    bool has_calls = (calls && calls->n) || old;
    sluice_span thinking = mistral_reasons(w->c->call->model)
                               ? sl_json_inside(sl_json_opt(m, "reasoning_content"))
                               : SL_SPAN("");
    sluice_status st;
    size_t j = 0;

    settle_calls(w, m);
    if (!content)
        content = sl_json_opt(m, "refusal");
    if (!has_calls && !sl_json_inside(content).len && !(content && content->n))
        return SLUICE_OK; /* neither text nor calls: refused */
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", SL_SPAN("assistant"));
    st = write_content(w, content, thinking, i);
    if (has_calls) {
        sl_json_key(w->o, "tool_calls");
        sl_json_open(w->o, '[');
        sl_json_each(call, calls)
        {
            if (st >= 0)
                st = write_call(w, key_of_call(call), sl_json_opt(call, "function"), i, j++);
        }
        if (st >= 0 && !j)
            st = write_call(w, sl_json_inside(sl_json_opt(old, "name")), old, i, 0);
        sl_json_close(w->o, ']');
        w->open = m;
        w->answers = m->next;
    } else if (st >= 0 && !m->next) {
        st = write_prefix(w, m, content, i);
    }
    sl_json_close(w->o, '}');
    w->after_tool = false;
    return st;
}

static const struct sl_json *function_of(const struct walk *w, sluice_span key)
{
    const struct sl_json *old = sl_json_opt(w->open, "function_call");

    sl_json_each(call, sl_json_opt(w->open, "tool_calls"))
    {
        if (sl_span_eq(key_of_call(call), key))
            return sl_json_opt(call, "function");
    }
    return old && sl_span_eq(sl_json_inside(sl_json_opt(old, "name")), key) ? old : NULL;
}

/* The result of no call that is open is something that the user says. */
static sluice_status walk_orphan(struct walk *w, const struct sl_json *m, size_t i)
{
    sluice_span text;
    sluice_status st = sl_chat_plain(w->c, sl_json_opt(m, "content"), i, SL_SPAN("\\n"), &text);

    if (st < 0)
        return st;
    settle_calls(w, m);
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", SL_SPAN("user"));
    sl_json_key(w->o, "content");
    text = sl_arena_printf(w->c->arena, "[tool result] %.*s", SL_FMT(text));
    if (!text.ptr)
        return SLUICE_E_NOMEM;
    sl_parts_inside(w->out, text);
    sl_json_close(w->o, '}');
    w->after_tool = false;
    return SLUICE_OK;
}

static sluice_status walk_result(struct walk *w, const struct sl_json *m, size_t i)
{
    sluice_span key = key_of_result(m);
    const struct sl_json *f = function_of(w, key);
    sluice_status st;

    if (!f)
        return walk_orphan(w, m, i);
    sl_json_open(w->o, '{');
    sl_json_kv_str(w->o, "role", SL_SPAN("tool"));
    st = write_content(w, sl_json_opt(m, "content"), SL_SPAN(""), i);
    write_id(w, "tool_call_id", key);
    if (sl_json_opt(f, "name"))
        sl_json_kv_raw(w->o, "name", sl_json_opt(f, "name")->raw);
    sl_json_close(w->o, '}');
    w->after_tool = true;
    return st;
}

static const struct {
    const char *role;
    sluice_status (*walk)(struct walk *w, const struct sl_json *m, size_t i);
} roles[] = {
    { "user", walk_user },     { "assistant", walk_assistant }, { "tool", walk_result },
    { "system", walk_system }, { "developer", walk_system },    { "function", walk_result },
};

static sluice_status walk(struct walk *w, const struct sl_json *m, size_t i)
{
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        if (sl_json_is(sl_json_opt(m, "role"), roles[k].role))
            return roles[k].walk(w, m, i);
    return sl_chat_bad(w->c, NULL,
                       "A message's role is system, developer, user, assistant or tool.",
                       "messages.[%zu].role", i);
}

sluice_status mistral_write_messages(sluice_exchange *x, const struct sl_json *messages)
{
    struct walk w = { .x = x, .c = &x->chat, .out = &x->body, .o = &x->body.out };
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!messages || messages->type != SL_JSON_ARRAY || !messages->n)
        return sl_chat_bad(w.c, NULL, "A list of one message or more is needed.", "messages");
    sl_json_key(w.o, "messages");
    sl_json_open(w.o, '[');
    sl_json_each(m, messages)
    {
        if (st >= 0)
            st = walk(&w, m, i++);
    }
    settle_calls(&w, NULL);
    sl_json_close(w.o, ']');
    return st;
}
