/* SPDX-License-Identifier: Apache-2.0 */
/* cohere_request.c - Cohere's v2 requests become chat and embedding requests. */
#include "format/cohere/cohere.h"

static bool is(const struct sl_json *part, const char *type)
{
    return sl_json_is(sl_json_get(part, "type"), type);
}

/* ---- messages ---- */

struct chat {
    struct sl_translation *t;
    size_t at;
};

static sluice_status bad(const struct chat *x, const char *message, const char *member)
{
    return sl_pivot_refuse(x->t, NULL, message, "messages.[%zu].%s", x->at, member);
}

static bool texts_only(const struct sl_json *list)
{
    sl_json_each(p, list)
    {
        if (!is(p, "text") && !is(p, "thinking"))
            return false;
    }

    return true;
}

static void join(struct sl_json_out *o, const struct sl_json *list, const char *type,
                 sluice_span between)
{
    bool first = true;

    sl_json_raw(o, SL_SPAN("\""));
    sl_json_each(p, list)
    {
        if (!is(p, type))
            continue;
        if (!first)
            sl_buf_add(o->buf, between);
        first = false;
        sl_buf_add(o->buf, sl_json_inside(sl_json_opt(p, type)));
    }
    sl_buf_add_char(o->buf, '"');
}

/* What a user says may have pictures in it; what a tool found may be documents, which are told as
 * JSON. */
static sluice_status content(struct chat *x, const struct sl_json *value, bool pictures)
{
    struct sl_json_out *o = &x->t->out;

    if (!value || value->type == SL_JSON_STRING) {
        sl_json_raw(o, value ? value->raw : SL_SPAN("\"\""));
        return SLUICE_OK;
    }
    if (value->type != SL_JSON_ARRAY)
        return bad(x, "Content is a text or a list of parts.", "content");
    if (texts_only(value)) {
        join(o, value, "text", SL_SPAN("\\n"));
        return SLUICE_OK;
    }
    if (!pictures) {
        sl_pivot_quoted(o, value->raw);
        return SLUICE_OK;
    }
    sl_json_open(o, '[');
    sl_json_each(p, value)
    {
        if (!is(p, "text") && !is(p, "image_url"))
            return bad(x, "A part is text or image_url.", "content");
        sl_json_raw(o, p->raw);
    }
    sl_json_close(o, ']');
    return SLUICE_OK;
}

static sluice_status call(struct chat *x, const struct sl_json *c)
{
    const struct sl_json *f = sl_json_opt(c, "function");
    const struct sl_json *arguments = sl_json_opt(f, "arguments");
    struct sl_json_out *o = &x->t->out;

    if (!sl_json_inside(sl_json_opt(c, "id")).len || !sl_json_inside(sl_json_opt(f, "name")).len)
        return bad(x, "A call has an id and the function's name.", "tool_calls");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "id", sl_json_opt(c, "id")->raw);
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", sl_json_opt(f, "name")->raw);
    sl_json_key(o, "arguments");
    sl_json_inside_str(o,
                       sl_json_inside(arguments).len ? sl_json_inside(arguments) : SL_SPAN("{}"));
    sl_json_close(o, '}');
    if (x->t->extended && sl_json_opt(c, "extra_content"))
        sl_json_kv_raw(o, "extra_content", sl_json_opt(c, "extra_content")->raw);
    sl_json_close(o, '}');
    return SLUICE_OK;
}

/* Thoughts with what proves them, as they were answered: members that are ours. */
static void thoughts(struct chat *x, const struct sl_json *said)
{
    struct sl_json_out *o = &x->t->out;
    bool any = false, text = false;

    sl_json_each(p, said)
    {
        const struct sl_json *signature = sl_json_opt(p, "signature");
        const struct sl_json *data = sl_json_opt(p, "data");

        text = text || is(p, "thinking");
        if (!is(p, "thinking") || (!signature && !data))
            continue;
        sl_pivot_thought(o, &any, data != NULL);
        if (!data && sl_json_opt(p, "thinking"))
            sl_json_kv_raw(o, "thinking", sl_json_opt(p, "thinking")->raw);
        sl_json_kv_raw(o, data ? "data" : "signature", data ? data->raw : signature->raw);
        sl_json_close(o, '}');
    }
    if (any)
        sl_json_close(o, ']');
    if (text) {
        sl_json_key(o, "reasoning_content");
        join(o, said, "thinking", SL_SPAN(""));
    }
}

/* Of a text: it is the message's. */
static void signature(struct chat *x, const struct sl_json *said)
{
    const struct sl_json *found = NULL;

    sl_json_each(p, said)
    {
        if (is(p, "text") && sl_json_opt(p, "extra_content"))
            found = sl_json_opt(p, "extra_content");
    }
    if (found)
        sl_json_kv_raw(&x->t->out, "extra_content", found->raw);
}

static sluice_status assistant(struct chat *x, const struct sl_json *m)
{
    const struct sl_json *said = sl_json_opt(m, "content"), *plan = sl_json_opt(m, "tool_plan");
    const struct sl_json *calls = sl_json_opt(m, "tool_calls");
    struct sl_json_out *o = &x->t->out;
    sluice_status st = SLUICE_OK;

    sl_json_key(o, "content");
    if (said)
        st = content(x, said, false);
    else if (sl_json_inside(plan).len)
        sl_json_raw(o, plan->raw);
    else
        sl_json_raw(o, calls && calls->n ? SL_SPAN("null") : SL_SPAN("\"\""));
    if (x->t->extended && said && said->type == SL_JSON_ARRAY) {
        thoughts(x, said);
        signature(x, said);
    }
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

static sluice_status message(struct chat *x, const struct sl_json *m)
{
    const struct sl_json *role = sl_json_opt(m, "role"), *id = sl_json_opt(m, "tool_call_id");
    bool tool = sl_json_is(role, "tool"), user = sl_json_is(role, "user");
    struct sl_json_out *o = &x->t->out;
    sluice_status st;

    if (!tool && !user && !sl_json_is(role, "assistant") && !sl_json_is(role, "system") &&
        !sl_json_is(role, "developer"))
        return bad(x, "A message is of system, user, assistant or tool.", "role");
    if (tool && !sl_json_inside(id).len)
        return bad(x, "A result names the call it belongs to.", "tool_call_id");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", role->raw);
    if (tool)
        sl_json_kv_raw(o, "tool_call_id", id->raw);
    if (sl_json_is(role, "assistant")) {
        st = assistant(x, m);
    } else {
        sl_json_key(o, "content");
        st = content(x, sl_json_opt(m, "content"), user);
    }
    sl_json_close(o, '}');
    return st;
}

static sluice_status messages(struct sl_translation *t)
{
    struct chat x = { .t = t };
    sluice_status st = SLUICE_OK;

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

/* ---- the rest ---- */

static sluice_status form(struct sl_translation *t)
{
    const struct sl_json *format = sl_json_opt(t->root, "response_format");
    const struct sl_json *schema = sl_json_opt(format, "json_schema");

    if (!format || is(format, "text"))
        return SLUICE_OK;
    if (!is(format, "json_object"))
        return sl_pivot_refuse(t, NULL, "This is text or json_object.", "response_format.type");
    sl_pivot_key(t, "response_format");
    if (schema) {
        sl_json_raw(&t->out, SL_SPAN("{\"type\":\"json_schema\",\"json_schema\":{\"name\":"
                                     "\"response\",\"schema\":"));
        sl_buf_add(t->out.buf, schema->raw);
        sl_buf_add(t->out.buf, SL_SPAN("}}"));
    } else {
        sl_json_raw(&t->out, SL_SPAN("{\"type\":\"json_object\"}"));
    }
    return SLUICE_OK;
}

static void thinking(struct sl_translation *t)
{
    const struct sl_json *own = sl_json_opt(t->root, "thinking");
    int64_t budget = sl_json_int(sl_json_opt(own, "token_budget"), 4096);

    if (is(own, "disabled") && t->extended) {
        sl_pivot_key(t, "thinking");
        sl_json_raw(&t->out, SL_SPAN("{\"type\":\"disabled\"}"));
    } else if (is(own, "enabled")) {
        sl_pivot_key(t, "reasoning_effort");
        sl_json_str(&t->out, sl_span_str(sl_pivot_effort(budget)));
    }
}

static sluice_status choice(struct sl_translation *t, const struct sl_json *tools)
{
    const struct sl_json *choice = sl_json_opt(t->root, "tool_choice");

    if (!choice || !tools || !tools->n)
        return SLUICE_OK;
    if (!sl_json_is(choice, "REQUIRED") && !sl_json_is(choice, "NONE"))
        return sl_pivot_refuse(t, NULL, "This is REQUIRED or NONE.", "tool_choice");
    sl_pivot_key(t, "tool_choice");
    sl_json_raw(&t->out,
                sl_json_is(choice, "NONE") ? SL_SPAN("\"none\"") : SL_SPAN("\"required\""));
    return SLUICE_OK;
}

static sluice_status refuse_lacking(struct sl_translation *t)
{
    const struct sl_json *documents = sl_json_opt(t->root, "documents");
    const struct sl_json *logprobs = sl_json_opt(t->root, "logprobs");
    sluice_status st = SLUICE_OK;

    if (documents && documents->n)
        st = sl_pivot_lacking(t, "documents");
    if (st >= 0 && logprobs && sl_json_is_true(logprobs->raw))
        st = sl_pivot_lacking(t, "logprobs");
    return st;
}

sluice_status sl_cohere_chat_request(struct sl_translation *t)
{
    static const struct {
        const char *from, *to;
    } same[] = {
        { "max_tokens", "max_tokens" },
        { "temperature", "temperature" },
        { "p", "top_p" },
        { "seed", "seed" },
        { "stop_sequences", "stop" },
        { "presence_penalty", "presence_penalty" },
        { "frequency_penalty", "frequency_penalty" },
    };
    const struct sl_json *tools = sl_json_opt(t->root, "tools");
    sluice_status st = refuse_lacking(t);

    if (st < 0)
        return st;
    sl_pivot_begin(t);
    sl_pivot_head(t);
    st = messages(t);
    if (st >= 0)
        st = form(t);
    if (st < 0)
        return st;
    if (tools && tools->n)
        sl_pivot_copy(t, "tools", "tools");
    st = choice(t, tools);
    if (st < 0)
        return st;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        sl_pivot_copy(t, same[i].from, same[i].to);
    if (t->extended)
        sl_pivot_copy(t, "k", "top_k");
    thinking(t);
    return sl_pivot_end(t);
}

sluice_status sl_cohere_embed_request(struct sl_translation *t)
{
    const struct sl_json *texts = sl_json_opt(t->root, "texts");

    if (!texts || texts->type != SL_JSON_ARRAY)
        return sl_json_opt(t->root, "inputs") || sl_json_opt(t->root, "images")
                   ? sl_fail_param(t->err, SLUICE_E_INVALID, "unsupported_parameter", "inputs",
                                   "the deployment's provider takes texts only")
                   : sl_pivot_refuse(t, NULL, "This is a list of texts.", "texts");
    sl_json_each(type, sl_json_opt(t->root, "embedding_types"))
    {
        sluice_status st =
            sl_json_is(type, "float") ? SLUICE_OK : sl_pivot_lacking(t, "embedding_types");

        if (st < 0)
            return st;
    }
    sl_pivot_begin(t);
    sl_pivot_key(t, "model");
    sl_json_str(&t->out, t->model);
    sl_pivot_copy(t, "texts", "input");
    sl_pivot_copy(t, "output_dimension", "dimensions");
    if (t->extended)
        sl_pivot_copy(t, "input_type", "input_type");
    t->echo = sl_arena_dup(t->keep, texts->raw);
    return t->echo.ptr ? sl_pivot_end(t) : SLUICE_E_NOMEM;
}
