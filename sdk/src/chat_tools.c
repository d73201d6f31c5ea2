/* SPDX-License-Identifier: Apache-2.0 */
/* chat_tools.c - tools and tool_choice of a chat request in one form; see sluice_sdk/chat.h. */
#include <sluice_sdk/chat.h>

static sluice_status add(struct sl_chat *c, struct sl_chat_tools *t, const struct sl_json *tool,
                         bool deprecated)
{
    const struct sl_json *type = sl_json_opt(tool, "type");
    const struct sl_json *strict;
    struct sl_chat_tool *to = &t->list[t->n];
    const char *list = deprecated ? "functions" : "tools";

    *to = (struct sl_chat_tool){ .whole = tool, .allowed = true };
    if (tool->type != SL_JSON_OBJECT)
        return sl_chat_bad(c, NULL, "A tool is an object.", "%s.[%zu]", list, t->n);
    if (deprecated)
        to->function = tool;
    else if (sl_json_is(type, "custom"))
        return sl_chat_bad(c, "unsupported_value", "The provider takes no custom tools.",
                           "tools.[%zu].type", t->n);
    else if (!type || sl_json_is(type, "function"))
        to->function = sl_json_opt(tool, "function");
    t->n++;
    if (!to->function) /* without a type: a tool as its vendor writes it */
        return !sl_json_is(type, "function") ? SLUICE_OK
                                             : sl_chat_bad(c, NULL, "This tool lacks its function.",
                                                           "%s.[%zu].function", list, t->n - 1);
    to->name = sl_json_inside(sl_json_opt(to->function, "name"));
    if (!to->name.len)
        return sl_chat_bad(c, NULL, "A function needs a name.", "%s.[%zu].%sname", list, t->n - 1,
                           deprecated ? "" : "function.");
    strict = sl_json_opt(to->function, "strict");
    t->strict = t->strict || (strict && sl_json_is_true(strict->raw));
    t->n_functions++;
    return SLUICE_OK;
}

/* {"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[...]}}, or the same flat. */
static void restrict_to(struct sl_chat_tools *t, const struct sl_json *choice)
{
    const struct sl_json *inner = sl_json_opt(choice, "allowed_tools");

    if (!inner)
        inner = choice;
    t->choice = sl_json_is(sl_json_opt(inner, "mode"), "required") ? SL_CHOICE_ANY : SL_CHOICE_AUTO;
    for (size_t i = 0; i < t->n; i++) {
        bool found = false;

        sl_json_each(a, sl_json_opt(inner, "tools"))
        {
            const struct sl_json *f = sl_json_opt(a, "function");

            if (sl_span_eq(sl_json_inside(sl_json_opt(f ? f : a, "name")), t->list[i].name))
                found = true;
        }
        t->list[i].allowed = found;
        t->restricted = t->restricted || !found;
    }
}

static sluice_status choose(struct sl_chat *c, struct sl_chat_tools *t,
                            const struct sl_json *choice, const char *param)
{
    const struct sl_json *f = sl_json_opt(choice, "function");

    if (!choice)
        return SLUICE_OK;
    if (sl_json_is(choice, "auto"))
        t->choice = SL_CHOICE_AUTO;
    else if (sl_json_is(choice, "none"))
        t->choice = SL_CHOICE_NONE;
    else if (sl_json_is(choice, "required") || sl_json_is(choice, "any"))
        t->choice = SL_CHOICE_ANY;
    else if (sl_json_is(sl_json_opt(choice, "type"), "allowed_tools"))
        restrict_to(t, choice);
    else if (choice->type == SL_JSON_OBJECT) {
        t->choice = SL_CHOICE_ONE;
        t->name = sl_json_inside(sl_json_opt(f ? f : choice, "name"));
    }
    if (t->choice == SL_CHOICE_UNSET || (t->choice == SL_CHOICE_ONE && !t->name.len))
        return sl_chat_bad(c, NULL, "This is auto, none, required, or names a function.", "%s",
                           param);
    return SLUICE_OK;
}

sluice_status sl_chat_tools(struct sl_chat *c, const struct sl_json *tools,
                            const struct sl_json *functions, const struct sl_json *tool_choice,
                            const struct sl_json *function_call, struct sl_chat_tools *out)
{
    const struct sl_json *list = tools ? tools : functions;
    sluice_status st = SLUICE_OK;

    memset(out, 0, sizeof *out);
    if (list && list->type != SL_JSON_ARRAY)
        return sl_chat_bad(c, NULL, "This is a list.", "%s", tools ? "tools" : "functions");
    out->list = sl_alloc(c->arena, ((list ? list->n : 0u) + 1u) * sizeof *out->list);
    if (!out->list)
        return SLUICE_E_NOMEM;
    sl_json_each(tool, list)
    {
        st = add(c, out, tool, !tools);
        if (st < 0)
            return st;
    }
    if (tool_choice)
        return choose(c, out, tool_choice, "tool_choice");
    return choose(c, out, function_call, "function_call");
}

sluice_status sl_chat_tool_unknown(struct sl_chat *c, size_t i)
{
    return sl_chat_bad(c, "unsupported_value", "The provider knows no tool of this type.",
                       "tools.[%zu].type", i);
}
