/* SPDX-License-Identifier: Apache-2.0 */
/* ollama_messages.c - messages of an Ollama chat. Calls need not have ids there: calls.h. */
#include "format/ollama/ollama.h"

#include "format/dialect/calls.h"

struct chat {
    struct sl_translation *t;
    struct sl_calls calls;
    size_t at;
};

static sluice_status bad(const struct chat *x, const char *message, const char *member)
{
    return sl_pivot_refuse(x->t, NULL, message, "messages.[%zu].%s", x->at, member);
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

static void content(struct sl_json_out *o, const struct sl_json *m, bool pictures)
{
    const struct sl_json *text = sl_json_opt(m, "content");
    const struct sl_json *images = sl_json_opt(m, "images");

    sl_json_key(o, "content");
    if (!images || !images->n || !pictures) {
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

/* Members that are ours and come back as they were answered. */
static void ours(struct chat *x, const struct sl_json *from, const char *name)
{
    const struct sl_json *value = sl_json_opt(from, name);

    if (value && x->t->extended)
        sl_json_kv_raw(&x->t->out, name, value->raw);
}

static sluice_status call(struct chat *x, const struct sl_json *tool_call)
{
    const struct sl_json *f = sl_json_opt(tool_call, "function");
    const struct sl_json *arguments = sl_json_opt(f, "arguments");
    sluice_span name = sl_json_inside(sl_json_opt(f, "name"));
    struct sl_json_out *o = &x->t->out;
    const struct sl_called *c;

    if (!name.len)
        return bad(x, "A call needs the function's name.", "tool_calls");
    if (arguments && arguments->type != SL_JSON_OBJECT)
        return bad(x, "Arguments are an object.", "tool_calls");
    c = sl_calls_add(&x->calls, name, sl_json_inside(sl_json_opt(tool_call, "id")));
    if (!c)
        return bad(x, "There are too many calls.", "tool_calls");
    sl_calls_open(&x->calls, c, arguments ? arguments->raw : SL_SPAN("{}"), o);
    ours(x, tool_call, "extra_content");
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
        content(o, m, true);
    if (thinking && x->t->extended)
        sl_json_kv_raw(o, "reasoning_content", thinking->raw);
    ours(x, m, "thinking_blocks");
    ours(x, m, "extra_content");
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

static sluice_status result(struct chat *x, const struct sl_json *m)
{
    const struct sl_called *c =
        sl_calls_answer(&x->calls, sl_json_inside(sl_json_opt(m, "tool_name")),
                        sl_json_inside(sl_json_opt(m, "tool_call_id")));

    if (!c)
        return bad(x, "There is no call that this answers.", "tool_name");
    sl_json_key(&x->t->out, "tool_call_id");
    sl_calls_id(&x->calls, c, &x->t->out);
    content(&x->t->out, m, x->t->extended);
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
        content(o, m, true);
    else
        st = bad(x, "A message is of system, user, assistant or tool.", "role");
    sl_json_close(o, '}');
    return st;
}

static bool is_result(const struct sl_json *m)
{
    return sl_json_is(sl_json_opt(m, "role"), "tool");
}

/* Where results are texts, the pictures in them are the user's, behind the last result of a turn.
 */
static void shown_by_tools(struct chat *x, const struct sl_json *from, const struct sl_json *last)
{
    struct sl_json_out *o = &x->t->out;
    bool any = false;

    for (const struct sl_json *m = from; m; m = m == last ? NULL : m->next) {
        const struct sl_json *images = sl_json_opt(m, "images");

        if (!images || !images->n)
            continue;
        if (!any) {
            sl_json_open(o, '{');
            sl_json_kv_raw(o, "role", SL_SPAN("\"user\""));
            sl_json_key(o, "content");
            sl_json_open(o, '[');
        }
        any = true;
        sl_ollama_images(o, images);
    }
    if (any) {
        sl_json_close(o, ']');
        sl_json_close(o, '}');
    }
}

sluice_status sl_ollama_messages(struct sl_translation *t)
{
    struct chat x = { .t = t };
    const struct sl_json *results = NULL;
    sluice_status st = SLUICE_OK;

    if (!sl_calls_init(&x.calls, t->arena))
        return SLUICE_E_NOMEM;
    sl_pivot_key(t, "messages");
    sl_json_open(&t->out, '[');
    sl_json_each(m, sl_json_opt(t->root, "messages"))
    {
        if (st >= 0)
            st = message(&x, m);
        x.at++;
        results = !is_result(m) ? NULL : results ? results : m;
        if (results && !t->extended && !is_result(m->next))
            shown_by_tools(&x, results, m);
    }
    sl_json_close(&t->out, ']');
    return st;
}
