/* SPDX-License-Identifier: Apache-2.0 */
/* tools.c - tools, tool_choice: all functions in one entry, the vendor's own tools each in one. */
#include <stdio.h>
#include "request.h"

/* The vendor's tools as they are written in `tools`, in either spelling. */
static const char *const natives[] = {
    "googleSearch",
    "google_search",
    "googleSearchRetrieval",
    "google_search_retrieval",
    "codeExecution",
    "code_execution",
    "urlContext",
    "url_context",
    "googleMaps",
    "google_maps",
    "fileSearch",
    "file_search",
    "computerUse",
    "computer_use",
    "enterpriseWebSearch",
    "enterprise_web_search",
    "functionDeclarations",
};

static const struct sl_json *native_of(const struct sl_json *tool)
{
    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++)
        if (sl_json_get(tool, natives[i]))
            return sl_json_get(tool, natives[i]);
    return NULL;
}

/* Web search as other vendors name it. */
static bool is_web_search(const struct sl_json *tool)
{
    return sl_span_starts(sl_json_inside(sl_json_opt(tool, "type")), SL_SPAN("web_search"));
}

sluice_status gemini_tools(struct request *r)
{
    sluice_status st = sl_chat_tools(r->c, r->m[M_TOOLS], r->m[M_FUNCTIONS], r->m[M_TOOL_CHOICE],
                                     r->m[M_FUNCTION_CALL], &r->tools);

    for (size_t i = 0; i < r->tools.n && st >= 0; i++) {
        const struct sl_chat_tool *t = &r->tools.list[i];

        if (t->function)
            continue;
        r->native_tools = true;
        if (!native_of(t->whole) && !is_web_search(t->whole))
            st = sl_chat_tool_unknown(r->c, i);
    }
    if (r->m[M_WEB_SEARCH_OPTIONS])
        r->native_tools = true;
    r->x->cites = r->native_tools;
    r->x->single_call =
        r->m[M_PARALLEL_TOOL_CALLS] && r->m[M_PARALLEL_TOOL_CALLS]->type == SL_JSON_FALSE;
    return st;
}

static sluice_status write_function(struct request *r, const struct sl_json *f, size_t i)
{
    char param[64];

    struct sl_json_out *o = &r->out->out;
    const struct sl_json *parameters = sl_json_opt(f, "parameters");
    const struct sl_json *description = sl_json_opt(f, "description");
    sluice_status st = SLUICE_OK;

    sl_json_open(o, '{');
    sl_json_kv_raw(o, "name", sl_json_opt(f, "name")->raw);
    if (description && description->type == SL_JSON_STRING) {
        sl_json_key(o, "description");
        sl_parts_raw(r->out, description->raw);
    }
    if (!gemini_schema_empty(parameters)) {
        if (gemini_takes_json_schema(r->model) && !gemini_schema_fits(parameters)) {
            sl_json_key(o, "parametersJsonSchema");
            sl_parts_raw(r->out, parameters->raw);
        } else {
            sl_json_key(o, "parameters");
            snprintf(param, sizeof param, "tools.[%zu].function.parameters", i);
            st = gemini_write_schema(r, parameters, 0, param);
        }
    }
    sl_json_close(o, '}');
    return st;
}

static void write_choice(struct request *r)
{
    const struct sl_chat_tools *t = &r->tools;
    struct sl_json_out *o = &r->out->out;
    const char *mode = t->choice == SL_CHOICE_NONE                                ? "NONE"
                       : t->choice == SL_CHOICE_ANY || t->choice == SL_CHOICE_ONE ? "ANY"
                       : t->strict || t->restricted                               ? "VALIDATED"
                       : t->choice == SL_CHOICE_AUTO                              ? "AUTO"
                                                                                  : NULL;

    if (!mode || !t->n_functions)
        return;
    sl_json_key(o, "toolConfig");
    sl_json_open(o, '{');
    sl_json_key(o, "functionCallingConfig");
    sl_json_open(o, '{');
    sl_json_kv_str(o, "mode", sl_span_str(mode));
    if (t->choice == SL_CHOICE_ONE || (t->restricted && t->choice != SL_CHOICE_NONE)) {
        sl_json_key(o, "allowedFunctionNames");
        sl_json_open(o, '[');
        if (t->choice == SL_CHOICE_ONE)
            sl_json_inside_str(o, t->name);
        else
            for (size_t i = 0; i < t->n; i++)
                if (t->list[i].function && t->list[i].allowed)
                    sl_json_inside_str(o, t->list[i].name);
        sl_json_close(o, ']');
    }
    sl_json_close(o, '}');
    sl_json_close(o, '}');
}

static void write_search(struct request *r)
{
    sl_json_open(&r->out->out, '{');
    sl_json_kv_raw(&r->out->out, "googleSearch", SL_SPAN("{}"));
    sl_json_close(&r->out->out, '}');
}

sluice_status gemini_write_tools(struct request *r)
{
    struct sl_json_out *o = &r->out->out;
    sluice_status st = SLUICE_OK;

    if (!r->tools.n && !r->m[M_WEB_SEARCH_OPTIONS])
        return SLUICE_OK;
    sl_json_key(o, "tools");
    sl_json_open(o, '[');
    if (r->tools.n_functions) {
        sl_json_open(o, '{');
        sl_json_key(o, "functionDeclarations");
        sl_json_open(o, '[');
        for (size_t i = 0; i < r->tools.n && st >= 0; i++)
            if (r->tools.list[i].function)
                st = write_function(r, r->tools.list[i].function, i);
        sl_json_close(o, ']');
        sl_json_close(o, '}');
    }
    for (size_t i = 0; i < r->tools.n; i++) {
        const struct sl_chat_tool *t = &r->tools.list[i];

        if (!t->function && native_of(t->whole))
            sl_json_raw(o, t->whole->raw);
        else if (!t->function)
            write_search(r);
    }
    if (r->m[M_WEB_SEARCH_OPTIONS])
        write_search(r);
    sl_json_close(o, ']');
    write_choice(r);
    return st;
}
