/* SPDX-License-Identifier: Apache-2.0 */
/*
 * responses_request.c - a Responses request becomes a chat request, and leaves for the answer what
 * a response says again of its request. Items are responses_items.c's, tools responses_tools.c's.
 */
#include "format/responses/responses.h"

/* ---- the request ---- */

static sluice_status format(struct sl_translation *t)
{
    const struct sl_json *text = sl_json_opt(t->root, "text");
    const struct sl_json *format = sl_json_opt(text, "format");
    const struct sl_json *type = sl_json_get(format, "type");
    static const char *const members[] = { "name", "description", "schema", "strict" };
    struct sl_json_out *o = &t->out;

    if (format && sl_json_is(type, "json_schema")) {
        sl_pivot_key(t, "response_format");
        sl_json_open(o, '{');
        sl_json_kv_raw(o, "type", SL_SPAN("\"json_schema\""));
        sl_json_key(o, "json_schema");
        sl_json_open(o, '{');
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            const struct sl_json *value = sl_json_opt(format, members[i]);

            if (value)
                sl_json_kv_raw(o, members[i], value->raw);
        }
        sl_json_close(o, '}');
        sl_json_close(o, '}');
    } else if (format && sl_json_is(type, "json_object")) {
        sl_pivot_key(t, "response_format");
        sl_json_raw(o, SL_SPAN("{\"type\":\"json_object\"}"));
    } else if (format && !sl_json_is(type, "text")) {
        return sl_pivot_refuse(t, NULL, "This is text, json_object or json_schema.",
                               "text.format.type");
    }
    if (sl_json_opt(text, "verbosity")) {
        sl_pivot_key(t, "verbosity");
        sl_json_raw(o, sl_json_opt(text, "verbosity")->raw);
    }
    return SLUICE_OK;
}

static void effort(struct sl_translation *t)
{
    const struct sl_json *effort = sl_json_opt(sl_json_opt(t->root, "reasoning"), "effort");

    if (!effort)
        return;
    sl_pivot_key(t, "reasoning_effort");
    sl_json_raw(&t->out, effort->raw);
}

/* What is kept at the vendor, and we do not have. */
static sluice_status refuse_kept(struct sl_translation *t)
{
    static const char *const names[] = { "conversation", "prompt" };
    const struct sl_json *background = sl_json_opt(t->root, "background");
    sluice_status st = SLUICE_OK;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && st >= 0; i++)
        if (sl_json_opt(t->root, names[i]))
            st = sl_pivot_lacking(t, "%s", names[i]);
    if (st >= 0 && background && sl_json_is_true(background->raw) && !t->background)
        st = sl_pivot_lacking(t, "background");
    if (st >= 0 && sl_json_opt(t->root, "previous_response_id") && !t->history.ptr) {
        st = sl_fail_param(t->err, SLUICE_E_INVALID, "previous_response_not_found",
                           "previous_response_id", "Previous response with id '%.*s' not found.",
                           SL_FMT(sl_span_head(
                               sl_json_inside(sl_json_opt(t->root, "previous_response_id")), 100)));
    }
    return st;
}

/* ---- what the answer says again ---- */

/* Members of a response that repeat the request, and what they are when it does not say; NULL: they
 * are left out. */
static const struct {
    const char *name, *otherwise;
} echoed[] = {
    { "instructions", "null" },
    { "max_output_tokens", "null" },
    { "max_tool_calls", "null" },
    { "metadata", "{}" },
    { "parallel_tool_calls", "true" },
    { "previous_response_id", "null" },
    { "prompt_cache_key", "null" },
    { "safety_identifier", "null" },
    { "service_tier", "\"default\"" },
    { "store", "true" },
    { "temperature", "1.0" },
    { "tool_choice", "\"auto\"" },
    { "tools", "[]" },
    { "top_logprobs", "0" },
    { "top_p", "1.0" },
    { "truncation", "\"disabled\"" },
    { "user", NULL },
};

static void echo_nested(struct sl_json_out *o, const struct sl_json *from, const char *name,
                        const char *const *members, const char *const *otherwise)
{
    sl_json_key(o, name);
    sl_json_open(o, '{');
    for (; *members; members++, otherwise++) {
        const struct sl_json *value = sl_json_opt(from, *members);

        if (value || *otherwise)
            sl_json_kv_raw(o, *members, value ? value->raw : sl_span_str(*otherwise));
    }
    sl_json_close(o, '}');
}

static sluice_status leave_echo(struct sl_translation *t)
{
    static const char *const reasoning[] = { "effort", "summary", NULL };
    static const char *const nothing[] = { "null", "null", NULL };
    static const char *const text[] = { "format", "verbosity", NULL };
    static const char *const plain[] = { "{\"type\":\"text\"}", NULL, NULL };
    struct sl_json_out o;
    struct sl_buf b;

    sl_buf_init(&b, 64u << 20);
    o = sl_json_out(&b);
    sl_json_open(&o, '{');
    sl_json_kv_bool(&o, "background", t->background);
    for (size_t i = 0; i < sizeof echoed / sizeof echoed[0]; i++) {
        const struct sl_json *value = sl_json_opt(t->root, echoed[i].name);

        if (value || echoed[i].otherwise)
            sl_json_kv_raw(&o, echoed[i].name,
                           value ? value->raw : sl_span_str(echoed[i].otherwise));
    }
    echo_nested(&o, sl_json_opt(t->root, "reasoning"), "reasoning", reasoning, nothing);
    echo_nested(&o, sl_json_opt(t->root, "text"), "text", text, plain);
    sl_json_close(&o, '}');
    t->echo = sl_buf_ok(&b) ? sl_arena_dup(t->keep, sl_buf_span(&b)) : sl_span(NULL, 0);
    sl_buf_finish(&b);
    return t->echo.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
}

sluice_status sl_responses_request(struct sl_translation *t)
{
    const struct sl_json *user;
    sluice_status st = refuse_kept(t);

    if (st < 0)
        return st;
    sl_pivot_begin(t);
    sl_pivot_head(t);
    st = sl_responses_messages(t);
    if (st >= 0)
        st = sl_responses_tools(t);
    if (st >= 0)
        st = format(t);
    if (st < 0)
        return st;
    sl_pivot_copy(t, "max_output_tokens", "max_tokens");
    sl_pivot_copy(t, "temperature", "temperature");
    sl_pivot_copy(t, "top_p", "top_p");
    effort(t);
    user = sl_json_opt(t->root, "safety_identifier");
    if (!user)
        user = sl_json_opt(t->root, "user");
    if (user) {
        sl_pivot_key(t, "user");
        sl_json_raw(&t->out, user->raw);
    }
    sl_pivot_copy(t, "service_tier", "service_tier");
    if (t->extended)
        sl_pivot_copy(t, "prompt_cache_key", "prompt_cache_key");
    st = leave_echo(t);
    return st < 0 ? st : sl_pivot_end(t);
}
