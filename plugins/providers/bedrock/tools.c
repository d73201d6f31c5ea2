/* SPDX-License-Identifier: Apache-2.0 */
/* tools.c - which tools there are: functions, Converse's own, and those of a model's maker. */
#include <sluice_sdk/list.h>
#include <stdio.h>
#include "request.h"

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

static sluice_status tool(struct turns *turns, const struct sl_json *tool, const char *list,
                          size_t i)
{
    const struct request *r = SL_CONTAINER(turns, struct request, turns);
    char param[64];
    sluice_status st;

    if (is_converse(tool) || bedrock_is_makers(r, tool))
        return SLUICE_OK;
    if (tool->type == SL_JSON_OBJECT && !bedrock_function_of(tool) &&
        !sl_json_is(sl_json_get(tool, "type"), "function")) {
        snprintf(param, sizeof param, "%s.[%zu].type", list, i);
        st = sl_chat_lacking(turns->c, param);
        return st < 0 ? st : SLUICE_MORE;
    }
    if (tool->type != SL_JSON_OBJECT || !bedrock_name_of(tool).len)
        return sl_chat_bad(turns->c, NULL, "A tool needs a name.", "%s.[%zu].function.name", list,
                           i);
    return SLUICE_OK;
}

sluice_status bedrock_tools(struct request *r)
{
    const struct turns_offer offer = { r->m[M_TOOLS], r->m[M_FUNCTIONS], r->m[M_TOOL_CHOICE],
                                       r->m[M_FUNCTION_CALL], r->m[M_PARALLEL_TOOL_CALLS] };

    r->turns.tool = tool;
    r->turns.tool_name = bedrock_name_of;
    r->turns.forces = r->family->forced_tool;
    return turns_tools(&r->turns, &offer);
}
