/* SPDX-License-Identifier: Apache-2.0 */
/* request_values.c - what a rule makes of a member's value: taken or not, another word, a number
 * within bounds. */
#include "request.h"

#include <sluice_sdk/span.h>

/* The caller's value; ptr NULL: there is none. */
sluice_span oc_given(const sluice_call *call, sluice_span name)
{
    for (size_t i = 0; i < call->n_members; i++)
        if (sl_span_eq(call->members[i].name, name))
            return call->members[i].value;
    return sl_span(NULL, 0);
}

static const struct {
    const char *name;
    const char *value;
} neutral_values[] = {
    { "n", "1" },
    { "logprobs", "false" },
    { "top_logprobs", "0" },
    { "presence_penalty", "0" },
    { "frequency_penalty", "0" },
    { "temperature", "1" },
    { "top_p", "1" },
    { "logit_bias", "{}" },
    { "stop", "[]" },
    { "tools", "[]" },
    { "functions", "[]" },
    { "tool_choice", "\"none\"" },
    { "parallel_tool_calls", "true" },
    { "modalities", "[\"text\"]" },
    { "store", "false" },
    { "best_of", "1" },
    { "echo", "false" },
};

/* Does the value ask for nothing that its absence would not give as well? */
bool oc_is_neutral(sluice_span name, sluice_span value)
{
    double a, b;

    if (sl_json_type(value) == SL_JSON_NULL)
        return true;
    for (size_t i = 0; i < sizeof neutral_values / sizeof *neutral_values; i++) {
        sluice_span want = sl_span_str(neutral_values[i].value);

        if (!sl_span_eq(name, sl_span_str(neutral_values[i].name)))
            continue;
        if (sl_json_type(want) == SL_JSON_NUMBER && sl_json_type(value) == SL_JSON_NUMBER)
            return sl_json_f64(value, &a) && sl_json_f64(want, &b) && a == b;
        return sl_span_eq(value, want);
    }
    return false;
}

/* The word by which a value is compared to a list: a string itself, an object by its type. */
static bool value_word(sluice_span value, sluice_span *word)
{
    if (sl_json_type(value) == SL_JSON_OBJECT)
        value = sl_json_member(value, SL_SPAN("type"));
    return value.ptr && sl_json_raw_string(value, word);
}

bool oc_value_taken(const struct editor *e, sluice_span name, sluice_span value)
{
    sluice_span word;

    for (size_t i = 0; i < e->n_rules; i++)
        for (size_t k = 0; k < e->rules[i]->n_choices; k++) {
            const struct choice_of *c = &e->rules[i]->choices[k];

            if (sl_span_eq(c->name, name))
                return sl_json_type(value) == SL_JSON_NULL ||
                       (value_word(value, &word) && oc_names_have(&c->values, word));
        }
    return true;
}

static sluice_span word_in(const struct value_map *maps, size_t n, sluice_span name,
                           sluice_span word)
{
    sluice_span to = { NULL, 0 };

    for (size_t i = 0; !to.ptr && i < n; i++)
        if (sl_span_eq(maps[i].name, name))
            to = oc_pairs_get(&maps[i].words, word);
    return to;
}

/* The vendor's word for a string, or ptr NULL. */
sluice_span oc_mapped(const struct editor *e, sluice_span name, sluice_span word)
{
    sluice_span to = { NULL, 0 };

    for (size_t i = e->n_rules; !to.ptr && i-- > 0;)
        to = word_in(e->rules[i]->maps, e->rules[i]->n_maps, name, word);
    return to;
}

/* What the model is told in place of the value, a JSON string; or ptr NULL. */
sluice_span oc_said_instead(const struct editor *e, sluice_span name, sluice_span value)
{
    sluice_span to = { NULL, 0 }, word;

    if (value_word(value, &word))
        for (size_t i = e->n_rules; !to.ptr && i-- > 0;)
            to = word_in(e->rules[i]->instead, e->rules[i]->n_instead, name, word);
    return to;
}

/* "How many?" of vendors that have one member where OpenAI has two. false: the member is the number
 * itself, and goes with the other. */
bool oc_counted(const struct editor *e, sluice_span name, sluice_span *value)
{
    for (size_t i = 0; i < e->n_rules; i++)
        for (size_t k = 0; k < e->rules[i]->counts.n; k++) {
            const sluice_header *c = &e->rules[i]->counts.at[k];
            sluice_span number = oc_given(e->call, c->value);

            if (sl_span_eq(c->value, name) && oc_given(e->call, c->name).ptr)
                return false;
            if (sl_span_eq(c->name, name) && sl_json_is_true(*value))
                *value =
                    number.ptr && sl_json_type(number) == SL_JSON_NUMBER ? number : SL_SPAN("1");
        }
    return true;
}

static bool several(const struct editor *e)
{
    sluice_span n = oc_given(e->call, SL_SPAN("n"));
    int64_t count;

    return n.ptr && sl_json_i64(n, &count) && count > 1;
}

sluice_span oc_clamped(const struct editor *e, sluice_span name, sluice_span value)
{
    double n;

    if (sl_json_type(value) != SL_JSON_NUMBER)
        return value;
    for (size_t i = e->n_rules; i-- > 0;)
        for (size_t k = 0; k < e->rules[i]->n_clamps; k++) {
            const struct clamp *c = &e->rules[i]->clamps[k];

            if (!sl_span_eq(c->name, name) || !sl_json_f64(value, &n))
                continue;
            if (c->several_raw.ptr && n < c->several && several(e))
                return c->several_raw;
            if (c->min_raw.ptr && n < c->min)
                return c->min_raw;
            if (c->max_raw.ptr && n > c->max)
                return c->max_raw;
            return value;
        }
    return value;
}

/* Words go by another name than objects, here and there. */
sluice_span oc_name_by_kind(const struct editor *e, sluice_span name, sluice_span value)
{
    sluice_span to = { NULL, 0 };

    for (size_t i = 0; !to.ptr && i < e->n_rules && sl_json_type(value) == SL_JSON_STRING; i++)
        to = oc_pairs_get(&e->rules[i]->words, name);
    return to.ptr ? to : name;
}
