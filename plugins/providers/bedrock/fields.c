/* SPDX-License-Identifier: Apache-2.0 */
/* fields.c - additionalModelRequestFields: what Converse has no word for, in the words of the
 * model's maker. The caller's own additionalModelRequestFields win. */
#include "request.h"

static bool has(const struct sl_json *object, const char *name)
{
    return sl_json_get(object, name) != NULL;
}

static void write_top_k(struct request *r, struct sl_parts *b)
{
    const struct sl_json *k = r->m[M_TOP_K];
    bool nova = r->family->maker == MAKER_NOVA;

    if (!k || !r->family->top_k || !r->family->sampling || r->turns.thinks ||
        has(r->m[M_FIELDS], nova ? "inferenceConfig" : r->family->top_k))
        return;
    if (nova) {
        sl_json_key(&b->out, "inferenceConfig");
        sl_json_open(&b->out, '{');
    }
    sl_json_kv_raw(&b->out, r->family->top_k, k->raw);
    if (nova)
        sl_json_close(&b->out, '}');
}

/* One call at a time is a word of Claude's, beside the kind of choice. */
static void write_serial(struct request *r, struct sl_parts *b)
{
    static const char *const types[] = { "auto", "auto", "any", "tool", "none" };

    if (!r->turns.no_parallel || r->family->maker != MAKER_CLAUDE || !r->turns.n_tools ||
        r->turns.choice == CHOICE_NONE || r->turns.form == FORM_TOOL ||
        has(r->m[M_FIELDS], "tool_choice"))
        return;
    sl_json_key(&b->out, "tool_choice");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", sl_span_str(types[r->turns.choice]));
    if (r->turns.choice == CHOICE_TOOL) {
        sl_json_key(&b->out, "name");
        sl_json_inside_str(&b->out, r->turns.choice_name);
    }
    sl_json_kv_bool(&b->out, "disable_parallel_tool_use", true);
    sl_json_close(&b->out, '}');
}

static void write_makers_tools(struct request *r, struct sl_parts *b)
{
    bool open = false;

    if (has(r->m[M_FIELDS], "tools"))
        return;
    for (size_t i = 0; i < r->turns.n_tools; i++) {
        if (!r->turns.tools[i] || !bedrock_is_makers(r, r->turns.tools[i]))
            continue;
        if (!open) {
            sl_json_key(&b->out, "tools");
            sl_json_open(&b->out, '[');
            open = true;
        }
        sl_parts_raw(b, r->turns.tools[i]->raw);
    }
    if (open)
        sl_json_close(&b->out, ']');
}

void bedrock_write_fields(struct request *r, struct sl_parts *b)
{
    const struct sl_json *given = r->m[M_FIELDS];
    size_t key = b->text.len, begin;

    sl_json_key(&b->out, "additionalModelRequestFields");
    sl_json_open(&b->out, '{');
    begin = b->text.len;
    write_top_k(r, b);
    if (!has(given, "thinking") && !has(given, "reasoningConfig") &&
        !has(given, "reasoning_effort"))
        bedrock_write_thinking(r, b);
    write_serial(r, b);
    write_makers_tools(r, b);
    for (size_t i = 0; i < r->n_extra; i++)
        if (!bedrock_is_converse(r->extra[i]->name)) {
            sl_json_key_span(&b->out, r->extra[i]->name);
            sl_parts_raw(b, r->extra[i]->value);
        }
    sl_json_each(m, given)
    {
        sl_json_key_span(&b->out, m->name);
        sl_parts_raw(b, m->raw);
    }
    if (b->text.len == begin && sl_buf_ok(&b->text)) {
        b->text.len = key; /* nothing to say: as if it had not been begun */
        b->out.comma = true;
        return;
    }
    sl_json_close(&b->out, '}');
}
