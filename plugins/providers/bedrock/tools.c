/* SPDX-License-Identifier: Apache-2.0 */
/* tools.c - tool definitions and tool_choice, read from OpenAI's spellings (tools, functions) and
 * the vendor's own. */
#include <stdio.h>
#include "request.h"

#define MAX_PAIRS 1000000u /* tools times allowed tools: each is compared with each */

static bool is_converse(const struct sl_json *tool)
{
    return sl_json_opt(tool, "toolSpec") || sl_json_opt(tool, "systemTool") ||
           sl_json_opt(tool, "cachePoint");
}

const struct sl_json *bedrock_function_of(const struct sl_json *tool)
{
    const struct sl_json *f = sl_json_opt(tool, "function");

    if (f && f->type == SL_JSON_OBJECT)
        return f;
    return sl_json_get(tool, "type") || is_converse(tool) ? NULL : tool;
}

/* Claude's tools have a type and run at the caller's or the vendor's. */
bool bedrock_is_makers(const struct request *r, const struct sl_json *tool)
{
    return r->family->maker == MAKER_CLAUDE && !bedrock_function_of(tool) && !is_converse(tool);
}

sluice_span bedrock_name_of(const struct sl_json *tool)
{
    const struct sl_json *f = bedrock_function_of(tool);

    if (!f && sl_json_opt(tool, "toolSpec"))
        f = sl_json_get(tool, "toolSpec");
    return sl_json_inside(sl_json_get(f ? f : tool, "name"));
}

static sluice_status take_tool(struct request *r, const struct sl_json *tool, const char *list,
                               size_t i)
{
    char param[64];

    if (sl_json_is(sl_json_get(tool, "type"), "custom") && sl_json_get(tool, "custom")) {
        snprintf(param, sizeof param, "%s.[%zu].custom", list, i);
        return bedrock_lacking(r, param);
    }
    if (is_converse(tool) || bedrock_is_makers(r, tool)) {
        r->tools[r->n_tools++] = tool;
        return SLUICE_OK;
    }
    if (tool->type == SL_JSON_OBJECT && !bedrock_function_of(tool) &&
        !sl_json_is(sl_json_get(tool, "type"), "function")) {
        snprintf(param, sizeof param, "%s.[%zu].type", list, i);
        return bedrock_lacking(r, param);
    }
    if (tool->type != SL_JSON_OBJECT || !bedrock_name_of(tool).len)
        return bedrock_bad(r, NULL, "A tool needs a name.", "%s.[%zu].function.name", list, i);
    r->tools[r->n_tools++] = tool;
    return SLUICE_OK;
}

static sluice_status collect(struct request *r, enum member which, const char *name)
{
    const struct sl_json *list = r->m[which];
    size_t i = 0;

    if (!list)
        return SLUICE_OK;
    if (list->type != SL_JSON_ARRAY)
        return bedrock_bad(r, NULL, "This is a list.", "%s", name);
    sl_json_each(t, list)
    {
        sluice_status st = take_tool(r, t, name, i++);

        if (st < 0)
            return st;
    }
    return SLUICE_OK;
}

/* ---- tool_choice ---- */

static const struct {
    const char *word;
    enum choice choice;
} words[] = {
    { "auto", CHOICE_AUTO },
    { "none", CHOICE_NONE },
    { "required", CHOICE_ANY },
    { "any", CHOICE_ANY },
};

static bool choose_word(struct request *r, const struct sl_json *word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sl_json_is(word, words[i].word)) {
            r->choice = words[i].choice;
            return true;
        }
    return false;
}

/* Only the named tools may be called: the others are not offered. */
static bool allow(struct request *r, const struct sl_json *allowed)
{
    const struct sl_json *list = sl_json_opt(allowed, "tools");

    if (!list || list->type != SL_JSON_ARRAY || r->n_tools > MAX_PAIRS / (list->n + 1u) ||
        !choose_word(r, sl_json_get(allowed, "mode")))
        return false;
    for (size_t i = 0; i < r->n_tools; i++) {
        bool found = false;

        sl_json_each(t, list)
        {
            found |= sl_span_eq(bedrock_name_of(t), bedrock_name_of(r->tools[i]));
        }

        if (!found)
            r->tools[i] = NULL;
    }
    return true;
}

static bool choose(struct request *r, const struct sl_json *choice)
{
    const struct sl_json *type = sl_json_get(choice, "type");
    const struct sl_json *serial = sl_json_get(choice, "disable_parallel_tool_use");
    const struct sl_json *allowed = sl_json_opt(choice, "allowed_tools");

    if (choice->type == SL_JSON_STRING)
        return choose_word(r, choice);
    if (serial && serial->type == SL_JSON_TRUE)
        r->no_parallel = true;
    if (sl_json_is(type, "allowed_tools"))
        return allow(r, allowed ? allowed : choice);
    if (type && !sl_json_is(type, "function") && !sl_json_is(type, "tool"))
        return choose_word(r, type);
    r->choice = CHOICE_TOOL;
    r->choice_name = sl_json_inside(sl_json_get(sl_json_opt(choice, "function"), "name"));
    if (!r->choice_name.len)
        r->choice_name = sl_json_inside(sl_json_get(choice, "name"));
    return r->choice_name.len > 0;
}

static sluice_status read_choice(struct request *r)
{
    bool old = !r->m[M_TOOL_CHOICE];
    const struct sl_json *choice = old ? r->m[M_FUNCTION_CALL] : r->m[M_TOOL_CHOICE];
    const struct sl_json *parallel = r->m[M_PARALLEL_TOOL_CALLS];
    sluice_status st;

    if (parallel && parallel->type == SL_JSON_FALSE)
        r->no_parallel = true;
    if (!choice)
        return SLUICE_OK;
    if (!choose(r, choice)) {
        r->choice = CHOICE_UNSET;
        if (sl_json_is(sl_json_get(choice, "type"), "custom"))
            return bedrock_lacking(r, "tool_choice");
        return bedrock_bad(r, NULL, "This is no choice of tools.", "%s",
                           old ? "function_call" : "tool_choice");
    }
    if ((r->choice != CHOICE_ANY && r->choice != CHOICE_TOOL) || r->family->forced_tool)
        return SLUICE_OK;
    st = bedrock_lacking(r, "tool_choice");
    r->choice = CHOICE_AUTO;
    return st;
}

sluice_status bedrock_tools(struct request *r)
{
    size_t max =
        (r->m[M_TOOLS] ? r->m[M_TOOLS]->n : 0) + (r->m[M_FUNCTIONS] ? r->m[M_FUNCTIONS]->n : 0);
    sluice_status st;

    r->tools = sl_alloc(r->arena, (max + 1) * sizeof *r->tools);
    if (!r->tools)
        return SLUICE_E_NOMEM;
    st = collect(r, M_TOOLS, "tools");
    if (st >= 0)
        st = collect(r, M_FUNCTIONS, "functions");
    return st < 0 ? st : read_choice(r);
}
