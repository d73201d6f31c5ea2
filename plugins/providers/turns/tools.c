/* SPDX-License-Identifier: Apache-2.0 */
/* tools.c - tool definitions and tool_choice, read from OpenAI's spellings (tools, functions) and
 * the vendor's own. */
#include <stdio.h>
#include "turns.h"

#define MAX_PAIRS 1000000u /* tools times allowed tools: each is compared with each */

/* OpenAI's custom tools have no equivalent; what else is one the vendor says. */
static sluice_status take(struct turns *r, const struct sl_json *tool, const char *list, size_t i)
{
    char param[64];
    sluice_status st;

    if (sl_json_is(sl_json_get(tool, "type"), "custom") && sl_json_get(tool, "custom")) {
        snprintf(param, sizeof param, "%s.[%zu].custom", list, i);
        return sl_chat_lacking(r->c, param);
    }
    st = r->tool(r, tool, list, i);
    if (st == SLUICE_OK)
        r->tools[r->n_tools++] = tool;
    return st < 0 ? st : SLUICE_OK;
}

static sluice_status collect(struct turns *r, const struct sl_json *list, const char *name)
{
    size_t i = 0;

    if (!list)
        return SLUICE_OK;
    if (list->type != SL_JSON_ARRAY)
        return sl_chat_bad(r->c, NULL, "This is a list.", "%s", name);
    sl_json_each(t, list)
    {
        sluice_status st = take(r, t, name, i++);

        if (st < 0)
            return st;
    }
    return SLUICE_OK;
}

/* ---- tool_choice ---- */

static const struct {
    const char *word;
    enum turns_choice choice;
} words[] = {
    { "auto", CHOICE_AUTO },
    { "none", CHOICE_NONE },
    { "required", CHOICE_ANY },
    { "any", CHOICE_ANY },
};

static bool choose_word(struct turns *r, const struct sl_json *word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sl_json_is(word, words[i].word)) {
            r->choice = words[i].choice;
            return true;
        }
    return false;
}

/* Only the named tools may be called: the others are not offered. */
static bool allow(struct turns *r, const struct sl_json *allowed)
{
    const struct sl_json *list = sl_json_opt(allowed, "tools");

    if (!list || list->type != SL_JSON_ARRAY || r->n_tools > MAX_PAIRS / (list->n + 1u) ||
        !choose_word(r, sl_json_get(allowed, "mode")))
        return false;
    for (size_t i = 0; i < r->n_tools; i++) {
        bool found = false;

        sl_json_each(t, list)
        {
            found |= sl_span_eq(r->tool_name(t), r->tool_name(r->tools[i]));
        }

        if (!found)
            r->tools[i] = NULL;
    }
    return true;
}

static bool choose(struct turns *r, const struct sl_json *choice)
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

static sluice_status read_choice(struct turns *r, const struct turns_offer *o)
{
    const struct sl_json *choice = o->tool_choice ? o->tool_choice : o->function_call;
    sluice_status st;

    if (o->parallel && o->parallel->type == SL_JSON_FALSE)
        r->no_parallel = true;
    if (!choice)
        return SLUICE_OK;
    if (!choose(r, choice)) {
        r->choice = CHOICE_UNSET;
        if (sl_json_is(sl_json_get(choice, "type"), "custom"))
            return sl_chat_lacking(r->c, "tool_choice");
        return sl_chat_bad(r->c, NULL, "This is no choice of tools.", "%s",
                           o->tool_choice ? "tool_choice" : "function_call");
    }
    if ((r->choice != CHOICE_ANY && r->choice != CHOICE_TOOL) || r->forces)
        return SLUICE_OK;
    st = sl_chat_lacking(r->c, "tool_choice");
    r->choice = CHOICE_AUTO;
    return st;
}

sluice_status turns_tools(struct turns *r, const struct turns_offer *o)
{
    size_t max = (o->tools ? o->tools->n : 0) + (o->functions ? o->functions->n : 0);
    sluice_status st;

    r->tools = sl_alloc(r->c->arena, (max + 1) * sizeof *r->tools);
    if (!r->tools)
        return SLUICE_E_NOMEM;
    st = collect(r, o->tools, "tools");
    if (st >= 0)
        st = collect(r, o->functions, "functions");
    return st < 0 ? st : read_choice(r, o);
}

bool turns_forced(const struct turns *r)
{
    return r->choice == CHOICE_ANY || r->choice == CHOICE_TOOL;
}
