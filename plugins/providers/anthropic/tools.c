/* SPDX-License-Identifier: Apache-2.0 */
/* tools.c - which tools there are: functions, and the vendor's own. */
#include "request.h"

const struct sl_json *anthropic_function_of(const struct sl_json *tool)
{
    const struct sl_json *f = sl_json_opt(tool, "function");

    if (f && f->type == SL_JSON_OBJECT)
        return f;
    return sl_json_get(tool, "type") || sl_json_get(tool, "input_schema") ? NULL : tool;
}

sluice_span anthropic_name_of(const struct sl_json *tool)
{
    const struct sl_json *f = anthropic_function_of(tool);

    return sl_json_inside(sl_json_get(f ? f : tool, "name"));
}

static sluice_status tool(struct turns *turns, const struct sl_json *tool, const char *list,
                          size_t i)
{
    bool named = tool->type == SL_JSON_OBJECT && anthropic_name_of(tool).len;

    /* toolsets of the vendor's have a type and no name */
    if (named || (sl_json_inside(sl_json_get(tool, "type")).len &&
                  !sl_json_is(sl_json_get(tool, "type"), "function")))
        return SLUICE_OK;
    return sl_chat_bad(turns->c, NULL, "A tool needs a name.", "%s.[%zu].function.name", list, i);
}

sluice_status anthropic_tools(struct request *r)
{
    const struct turns_offer offer = { r->m[M_TOOLS], r->m[M_FUNCTIONS], r->m[M_TOOL_CHOICE],
                                       r->m[M_FUNCTION_CALL], r->m[M_PARALLEL_TOOL_CALLS] };

    r->turns.tool = tool;
    r->turns.tool_name = anthropic_name_of;
    r->turns.forces = r->family->forced_tool;
    return turns_tools(&r->turns, &offer);
}
