/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ollama_messages.c - messages of an Ollama chat. Calls need not have ids there, and results go by
 * the tool's name and their order: calls are given ids here, the same in both places.
 */
#include "format/ollama.h"

#define CALLS_MOST 1024 /* of one conversation */

struct call {
    sluice_span name, id; /* insides; id ptr NULL: numbered by its place here */
    bool answered;
};

struct chat {
    struct sl_translation *t;
    struct call *calls;
    size_t n_calls, at;
};

static sluice_status bad(const struct chat *x, const char *message, const char *member)
{
    return sl_pivot_refuse(x->t, NULL, message, "messages.[%zu].%s", x->at, member);
}

static void write_id(struct sl_json_out *o, const struct chat *x, const struct call *c)
{
    if (c->id.ptr) {
        sl_json_inside_str(o, c->id);
        return;
    }
    sl_json_raw(o, SL_SPAN("\"call_"));
    sl_buf_add_u64(o->buf, (uint64_t)(c - x->calls));
    sl_buf_add_char(o->buf, '"');
}

/* The kind of a picture by how its base64 begins. */
static sluice_span mime_of(sluice_span data)
{
    static const struct {
        sluice_span begins, mime;
    } kinds[] = {
        { SL_SPAN("/9j/"), SL_SPAN("image/jpeg") },
        { SL_SPAN("R0lG"), SL_SPAN("image/gif") },
        { SL_SPAN("UklG"), SL_SPAN("image/webp") },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (sl_span_starts(data, kinds[i].begins))
            return kinds[i].mime;
    return SL_SPAN("image/png");
}

void sl_ollama_images(struct sl_json_out *o, const struct sl_json *images)
{
    sl_json_each(image, images)
    {
        sluice_span data = sl_json_inside(image);

        if (!data.len)
            continue;
        sl_json_open(o, '{');
        sl_json_kv_raw(o, "type", SL_SPAN("\"image_url\""));
        sl_json_key(o, "image_url");
        sl_json_open(o, '{');
        sl_json_key(o, "url");
        if (sl_span_starts(data, SL_SPAN("data:")))
            sl_json_inside_str(o, data);
        else
            sl_pivot_data_url(o, mime_of(data), data);
        sl_json_close(o, '}');
        sl_json_close(o, '}');
    }
}

static void content(struct sl_json_out *o, const struct sl_json *m)
{
    const struct sl_json *text = sl_json_opt(m, "content");
    const struct sl_json *images = sl_json_opt(m, "images");

    sl_json_key(o, "content");
    if (!images || !images->n) {
        sl_json_raw(o, text ? text->raw : SL_SPAN("\"\""));
        return;
    }
    sl_json_open(o, '[');
    if (sl_json_inside(text).len) {
        sl_pivot_text_part(o, sl_json_inside(text));
        sl_json_close(o, '}');
    }
    sl_ollama_images(o, images);
    sl_json_close(o, ']');
}

static sluice_status call(struct chat *x, const struct sl_json *tool_call)
{
    const struct sl_json *f = sl_json_opt(tool_call, "function");
    const struct sl_json *arguments = sl_json_opt(f, "arguments");
    sluice_span id = sl_json_inside(sl_json_opt(tool_call, "id"));
    struct sl_json_out *o = &x->t->out;
    struct call *c = &x->calls[x->n_calls];

    if (!sl_json_inside(sl_json_opt(f, "name")).len)
        return bad(x, "A call needs the function's name.", "tool_calls");
    if (arguments && arguments->type != SL_JSON_OBJECT)
        return bad(x, "Arguments are an object.", "tool_calls");
    if (x->n_calls == CALLS_MOST)
        return bad(x, "There are too many calls.", "tool_calls");
    *c = (struct call){ sl_json_inside(sl_json_opt(f, "name")), id.len ? id : sl_span(NULL, 0),
                        false };
    x->n_calls++;
    sl_json_open(o, '{');
    sl_json_key(o, "id");
    write_id(o, x, c);
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", sl_json_opt(f, "name")->raw);
    sl_json_key(o, "arguments");
    sl_pivot_quoted(o, arguments ? arguments->raw : SL_SPAN("{}"));
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static sluice_status assistant(struct chat *x, const struct sl_json *m)
{
    const struct sl_json *thinking = sl_json_opt(m, "thinking");
    const struct sl_json *calls = sl_json_opt(m, "tool_calls");
    struct sl_json_out *o = &x->t->out;
    sluice_status st = SLUICE_OK;

    if (calls && calls->n && !sl_json_inside(sl_json_opt(m, "content")).len)
        sl_json_kv_raw(o, "content", SL_SPAN("null"));
    else
        content(o, m);
    if (thinking && x->t->extended)
        sl_json_kv_raw(o, "reasoning_content", thinking->raw);
    if (!calls || !calls->n)
        return st;
    sl_json_key(o, "tool_calls");
    sl_json_open(o, '[');
    sl_json_each(c, calls)
    {
        if (st >= 0)
            st = call(x, c);
    }
    sl_json_close(o, ']');
    return st;
}

/* By its id, else the first of that name (or, without a name, of any) that has none yet. */
static sluice_status result(struct chat *x, const struct sl_json *m)
{
    sluice_span id = sl_json_inside(sl_json_opt(m, "tool_call_id"));
    sluice_span name = sl_json_inside(sl_json_opt(m, "tool_name"));
    struct call *found = NULL;

    for (size_t i = 0; i < x->n_calls && !found; i++) {
        struct call *c = &x->calls[i];
        bool same =
            id.len && c->id.ptr ? sl_span_eq(c->id, id) : !name.len || sl_span_eq(c->name, name);

        if (same && !c->answered)
            found = c;
    }
    if (!found)
        return bad(x, "There is no call that this answers.", "tool_name");
    found->answered = true;
    sl_json_key(&x->t->out, "tool_call_id");
    write_id(&x->t->out, x, found);
    content(&x->t->out, m);
    return SLUICE_OK;
}

static sluice_status message(struct chat *x, const struct sl_json *m)
{
    const struct sl_json *role = sl_json_opt(m, "role"), *text = sl_json_opt(m, "content");
    struct sl_json_out *o = &x->t->out;
    sluice_status st = SLUICE_OK;

    if (text && text->type != SL_JSON_STRING)
        return bad(x, "Content is a text.", "content");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", role ? role->raw : SL_SPAN("\"user\""));
    if (sl_json_is(role, "assistant"))
        st = assistant(x, m);
    else if (sl_json_is(role, "tool"))
        st = result(x, m);
    else if (sl_json_is(role, "user") || sl_json_is(role, "system"))
        content(o, m);
    else
        st = bad(x, "A message is of system, user, assistant or tool.", "role");
    sl_json_close(o, '}');
    return st;
}

sluice_status sl_ollama_messages(struct sl_translation *t)
{
    struct chat x = { .t = t };
    sluice_status st = SLUICE_OK;

    x.calls = sl_alloc(t->arena, CALLS_MOST * sizeof *x.calls);
    if (!x.calls)
        return SLUICE_E_NOMEM;
    sl_pivot_key(t, "messages");
    sl_json_open(&t->out, '[');
    sl_json_each(m, sl_json_opt(t->root, "messages"))
    {
        if (st >= 0)
            st = message(&x, m);
        x.at++;
    }
    sl_json_close(&t->out, ']');
    return st;
}
