/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses_items.c - items of a Responses request as messages. What the model said stands in
 * several items (thoughts, a message, calls) and becomes one message of the assistant.
 */
#include "format/responses/responses.h"

struct items {
    struct sl_translation *t;
    const struct sl_json **at;
    size_t n, before; /* before: items of earlier turns, in front */
};

static bool is(const struct sl_json *item, const char *type)
{
    return sl_json_is(sl_json_get(item, "type"), type);
}

static bool is_message(const struct sl_json *item)
{
    return is(item, "message") || (!sl_json_opt(item, "type") && sl_json_opt(item, "role"));
}

static bool is_assistant(const struct sl_json *item)
{
    return is_message(item) && sl_json_is(sl_json_get(item, "role"), "assistant");
}

static bool is_call(const struct sl_json *item)
{
    return is(item, "function_call") || is(item, "custom_tool_call");
}

static sluice_status bad(const struct items *x, size_t i, const char *message, const char *member)
{
    return sl_pivot_refuse(x->t, NULL, message, "input.[%zu].%s", i < x->before ? i : i - x->before,
                           member);
}

/* ---- parts ---- */

static sluice_status image(const struct items *x, size_t i, const struct sl_json *part)
{
    const struct sl_json *url = sl_json_opt(part, "image_url");
    const struct sl_json *detail = sl_json_opt(part, "detail");
    struct sl_json_out *o = &x->t->out;

    if (!url)
        return sl_json_opt(part, "file_id")
                   ? sl_pivot_lacking(x->t, "input.[%zu].content.file_id", i - x->before)
                   : bad(x, i, "An image needs its image_url.", "content.image_url");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"image_url\""));
    sl_json_key(o, "image_url");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "url", url->raw);
    if (detail && !sl_json_is(detail, "original"))
        sl_json_kv_raw(o, "detail", detail->raw);
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static sluice_status file(const struct items *x, size_t i, const struct sl_json *part)
{
    static const char *const members[] = { "file_data", "file_id", "filename" };
    struct sl_json_out *o = &x->t->out;

    if (sl_json_opt(part, "file_url"))
        return sl_pivot_lacking(x->t, "input.[%zu].content.file_url", i - x->before);
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "type", SL_SPAN("\"file\""));
    sl_json_key(o, "file");
    sl_json_open(o, '{');
    for (size_t k = 0; k < sizeof members / sizeof members[0]; k++) {
        const struct sl_json *value = sl_json_opt(part, members[k]);

        if (value)
            sl_json_kv_raw(o, members[k], value->raw);
    }
    sl_json_close(o, '}');
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static bool is_text(const struct sl_json *part)
{
    return is(part, "input_text") || is(part, "output_text") || is(part, "text") ||
           is(part, "summary_text") || is(part, "reasoning_text");
}

static sluice_status part(const struct items *x, size_t i, const struct sl_json *part)
{
    struct sl_json_out *o = &x->t->out;

    if (is_text(part)) {
        sl_pivot_text_part(o, sl_json_inside(sl_json_get(part, "text")));
        sl_json_close(o, '}');
        return SLUICE_OK;
    }
    if (is(part, "input_image"))
        return image(x, i, part);
    if (is(part, "input_file"))
        return file(x, i, part);
    if (is(part, "refusal") || is(part, "input_audio")) {
        sl_json_raw(o, part->raw);
        return SLUICE_OK;
    }
    return bad(x, i, "This is input_text, input_image, input_file, output_text or refusal.",
               "content.type");
}

static bool texts_only(const struct sl_json *content)
{
    sl_json_each(p, content)
    {
        if (!is_text(p))
            return false;
    }

    return true;
}

/* As one text, which every vendor takes. between: what stands between two, as inside of a string.
 */
static void join(struct sl_translation *t, const struct sl_json *content, sluice_span between)
{
    bool first = true;

    sl_json_raw(&t->out, SL_SPAN("\""));
    sl_json_each(p, content)
    {
        if (!is_text(p))
            continue;
        if (!first)
            sl_buf_add(t->out.buf, between);
        first = false;
        sl_buf_add(t->out.buf, sl_json_inside(sl_json_get(p, "text")));
    }
    sl_buf_add_char(t->out.buf, '"');
}

static sluice_status content(const struct items *x, size_t i, const struct sl_json *value)
{
    struct sl_json_out *o = &x->t->out;
    sluice_status st = SLUICE_OK;

    if (!value || (value->type != SL_JSON_STRING && value->type != SL_JSON_ARRAY))
        return bad(x, i, "Content is a text or a list of parts.", "content");
    if (value->type == SL_JSON_STRING) {
        sl_json_raw(o, value->raw);
        return st;
    }
    if (value->n == 1 && texts_only(value)) {
        join(x->t, value, SL_SPAN(""));
        return st;
    }
    sl_json_open(o, '[');
    sl_json_each(p, value)
    {
        if (st >= 0)
            st = part(x, i, p);
    }
    sl_json_close(o, ']');
    return st;
}

/* ---- what the model said: items [from, to) ---- */

static sluice_span signature_of(const struct sl_json *item, const char *prefix)
{
    sluice_span text = sl_json_inside(sl_json_opt(item, "encrypted_content"));
    sluice_span before = sl_span_str(prefix);

    return sl_span_starts(text, before) ? sl_span_from(text, before.len) : sl_span(NULL, 0);
}

/* Only thoughts that we wrote down can be proved; a vendor's own are of no use to another. */
static void thoughts(const struct items *x, size_t from, size_t to)
{
    struct sl_json_out *o = &x->t->out;
    bool any = false;

    for (size_t i = from; i < to && x->t->extended; i++) {
        const struct sl_json *item = x->at[i];
        sluice_span proof = signature_of(item, SL_RESPONSES_SIGNED);
        sluice_span opaque = signature_of(item, SL_RESPONSES_OPAQUE);

        if (!is(item, "reasoning") || (!proof.ptr && !opaque.ptr))
            continue;
        sl_pivot_thought(o, &any, opaque.ptr != NULL);
        if (opaque.ptr) {
            sl_json_key(o, "data");
            sl_json_inside_str(o, opaque);
        } else {
            sl_json_key(o, "thinking");
            join(x->t, sl_json_opt(item, "summary"), SL_SPAN(""));
            sl_json_key(o, "signature");
            sl_json_inside_str(o, proof);
        }
        sl_json_close(o, '}');
    }
    if (any)
        sl_json_close(o, ']');
}

static sluice_status call(const struct items *x, size_t i)
{
    const struct sl_json *item = x->at[i];
    const struct sl_json *extra = sl_json_opt(item, "extra_content");
    const struct sl_json *arguments = sl_json_opt(item, "arguments");
    bool custom = is(item, "custom_tool_call");
    struct sl_json_out *o = &x->t->out;

    if (!sl_json_inside(sl_json_get(item, "call_id")).len)
        return bad(x, i, "A call needs its call_id.", "call_id");
    if (!sl_json_inside(sl_json_get(item, "name")).len)
        return bad(x, i, "A call needs the tool's name.", "name");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "id", sl_json_get(item, "call_id")->raw);
    sl_json_kv_raw(o, "type", SL_SPAN("\"function\""));
    sl_json_key(o, "function");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", sl_json_get(item, "name")->raw);
    sl_json_key(o, "arguments");
    if (custom) {
        const struct sl_json *input = sl_json_opt(item, "input");
        sluice_span object = sl_arena_printf(x->t->arena, "{\"input\":%.*s}",
                                             SL_FMT(input ? input->raw : SL_SPAN("\"\"")));

        if (!object.ptr)
            return SLUICE_E_NOMEM;
        sl_pivot_quoted(o, object);
    } else {
        sl_json_inside_str(o, sl_json_inside(arguments).len ? sl_json_inside(arguments)
                                                            : SL_SPAN("{}"));
    }
    sl_json_close(o, '}');
    if (extra && x->t->extended)
        sl_json_kv_raw(o, "extra_content", extra->raw);
    sl_json_close(o, '}');
    return SLUICE_OK;
}

static sluice_status assistant(const struct items *x, size_t from, size_t to)
{
    struct sl_json_out *o = &x->t->out;
    const struct sl_json *said = NULL;
    size_t text = to, calls = 0;
    sluice_status st = SLUICE_OK;

    for (size_t i = from; i < to; i++) {
        text = is_assistant(x->at[i]) ? i : text;
        calls += is_call(x->at[i]);
    }
    if (text < to)
        said = sl_json_opt(x->at[text], "content");
    if (text == to && !calls)
        return st; /* thoughts that led to nothing */
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"assistant\""));
    sl_json_key(o, "content");
    if (text == to)
        sl_json_null(o);
    else if (said && said->type == SL_JSON_ARRAY && texts_only(said))
        join(x->t, said, SL_SPAN(""));
    else
        st = content(x, text, said);
    if (st >= 0)
        thoughts(x, from, to);
    if (text < to && x->t->extended && sl_json_opt(x->at[text], "extra_content"))
        sl_json_kv_raw(o, "extra_content", sl_json_opt(x->at[text], "extra_content")->raw);
    if (calls) {
        sl_json_key(o, "tool_calls");
        sl_json_open(o, '[');
        for (size_t i = from; i < to && st >= 0; i++)
            if (is_call(x->at[i]))
                st = call(x, i);
        sl_json_close(o, ']');
    }
    sl_json_close(o, '}');
    return st;
}

/* How far the items reach that are one message: thoughts, then a text, then calls. */
static size_t reach(const struct items *x, size_t i)
{
    bool text = false, calls = false;

    for (; i < x->n; i++) {
        const struct sl_json *item = x->at[i];

        if (is(item, "reasoning") ? text || calls
            : is_assistant(item)  ? text || calls
                                  : !is_call(item))
            break;
        text = text || is_assistant(item);
        calls = calls || is_call(item);
    }
    return i;
}

/* ---- the rest ---- */

static sluice_status message(const struct items *x, size_t i)
{
    static const char *const roles[] = { "user", "system", "developer" };
    const struct sl_json *role = sl_json_get(x->at[i], "role");
    struct sl_json_out *o = &x->t->out;
    sluice_status st;
    size_t k = 0;

    while (k < 3 && !sl_json_is(role, roles[k]))
        k++;
    if (k == 3)
        return bad(x, i, "A message is of user, assistant, system or developer.", "role");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", role->raw);
    sl_json_key(o, "content");
    st = content(x, i, sl_json_get(x->at[i], "content"));
    sl_json_close(o, '}');
    return st;
}

static sluice_status output(const struct items *x, size_t i)
{
    const struct sl_json *value = sl_json_opt(x->at[i], "output");
    const struct sl_json *id = sl_json_get(x->at[i], "call_id");
    struct sl_json_out *o = &x->t->out;
    bool list = value && value->type == SL_JSON_ARRAY, pictures = list && !texts_only(value);
    sluice_status st = SLUICE_OK;

    if (!sl_json_inside(id).len)
        return bad(x, i, "An output names the call it belongs to.", "call_id");
    sl_json_open(o, '{');
    sl_json_kv_raw(o, "role", SL_SPAN("\"tool\""));
    sl_json_kv_raw(o, "tool_call_id", id->raw);
    sl_json_key(o, "content");
    if (pictures && x->t->extended)
        st = content(x, i, value);
    else if (list)
        join(x->t, value, SL_SPAN("\\n"));
    else if (value && value->type == SL_JSON_STRING)
        sl_json_raw(o, value->raw);
    else
        sl_json_raw(o, SL_SPAN("\"\""));
    sl_json_close(o, '}');
    return st;
}

/* Where results are texts, the pictures in them are the user's; behind all results of a turn. */
static sluice_status pictures(const struct items *x, size_t from, size_t to)
{
    struct sl_json_out *o = &x->t->out;
    sluice_status st = SLUICE_OK;
    bool any = false;

    for (size_t i = from; i < to && !x->t->extended; i++)
        sl_json_each(p, sl_json_opt(x->at[i], "output"))
        {
            if (st < 0 || is_text(p))
                continue;
            if (!any) {
                sl_json_raw(o, SL_SPAN("{\"role\":\"user\",\"content\":["));
                o->comma = false;
            }
            any = true;
            st = part(x, i, p);
        }

    if (any) {
        sl_buf_add(o->buf, SL_SPAN("]}"));
        o->comma = true;
    }
    return st;
}

static bool is_output(const struct sl_json *item)
{
    return is(item, "function_call_output") || is(item, "custom_tool_call_output");
}

static sluice_status walk(const struct items *x)
{
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < x->n && st >= 0;) {
        const struct sl_json *item = x->at[i];
        size_t from = i, to = reach(x, i);

        if (to > i) {
            st = assistant(x, i, to);
            i = to;
        } else if (is_output(item)) {
            for (; i < x->n && is_output(x->at[i]) && st >= 0; i++)
                st = output(x, i);
            if (st >= 0)
                st = pictures(x, from, i);
        } else if (is_message(item)) {
            st = message(x, i++);
        } else {
            st = sl_pivot_lacking(x->t, "input.[%zu].type", i < x->before ? i : i - x->before);
            i++;
        }
    }
    return st;
}

static sluice_status gather(struct items *x, const struct sl_json *history,
                            const struct sl_json *input)
{
    bool list = input && input->type == SL_JSON_ARRAY;
    size_t n = (history ? history->n : 0) + (list ? input->n : 0);

    x->at = sl_alloc(x->t->arena, (n + 1) * sizeof(const struct sl_json *));
    if (!x->at)
        return SLUICE_E_NOMEM;
    sl_json_each(item, history) x->at[x->n++] = item;
    x->before = x->n;
    if (list)
        sl_json_each(item, input) x->at[x->n++] = item;
    return SLUICE_OK;
}

sluice_status sl_responses_messages(struct sl_translation *t)
{
    const struct sl_json *input = sl_json_opt(t->root, "input");
    const struct sl_json *instructions = sl_json_opt(t->root, "instructions");
    struct items x = { .t = t };
    struct sl_json_error why;
    struct sl_json *history = NULL;
    sluice_status st = SLUICE_OK;

    if (t->history.ptr)
        st = sl_json_parse(t->history, t->arena, &history, &why);
    if (st >= 0)
        st = gather(&x, history, input);
    if (st < 0)
        return st;
    if (instructions && instructions->type != SL_JSON_STRING)
        return sl_pivot_refuse(t, NULL, "This is a text.", "instructions");
    sl_pivot_key(t, "messages");
    sl_json_open(&t->out, '[');
    if (instructions) {
        sl_json_raw(&t->out, SL_SPAN("{\"role\":\"system\",\"content\":"));
        sl_buf_add(t->out.buf, instructions->raw);
        sl_buf_add_char(t->out.buf, '}');
    }
    st = walk(&x);
    if (st >= 0 && input && input->type == SL_JSON_STRING) {
        sl_json_raw(&t->out, SL_SPAN("{\"role\":\"user\",\"content\":"));
        sl_buf_add(t->out.buf, input->raw);
        sl_buf_add_char(t->out.buf, '}');
    }
    sl_json_close(&t->out, ']');
    return st;
}
