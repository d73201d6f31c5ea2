/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - response_format: native structured output where the model and the schema allow it,
 * else a forced tool whose input is the answer, else words in the system prompt. */
#include "turns.h"

static sluice_status hint(struct turns *r, const struct sl_json *schema)
{
    struct block *block = turns_block_add(r, &r->system, B_TEXT);
    sluice_status st = SLUICE_E_NOMEM;
    struct sl_buf b;

    if (!block)
        return st;
    sl_buf_init(&b, (schema ? schema->raw.len * 6 : 0) + 512);
    sl_buf_add_str(&b, "Answer with one valid JSON object and nothing else: no prose around it, no "
                       "code fence.");
    if (schema) {
        sl_buf_add_str(&b, " It has to satisfy this JSON Schema: ");
        sl_json_escape(&b, schema->raw);
    }
    if (sl_buf_ok(&b)) {
        block->text = sl_arena_dup(r->c->arena, sl_buf_span(&b));
        if (block->text.ptr)
            st = SLUICE_OK;
    }
    sl_buf_finish(&b);
    r->form = FORM_HINT;
    return st;
}

static bool taken(const struct turns *r, sluice_span name)
{
    for (size_t i = 0; i < r->n_tools; i++)
        if (r->tools[i] && sl_span_eq(r->tool_name(r->tools[i]), name))
            return true;
    return false;
}

static void force(struct turns *r)
{
    static const char *const names[] = { "json_tool_call", "json_tool_call_answer",
                                         "json_tool_call_of_gateway" };
    size_t i = 0;

    while (i < 2 && taken(r, sl_span_str(names[i])))
        i++;
    r->json_tool = sl_span_str(names[i]);
    r->form = FORM_TOOL;
}

sluice_status turns_format(struct turns *r, const struct sl_json *format,
                           bool (*fits)(const struct sl_json *schema))
{
    const struct sl_json *spec = sl_json_opt(format, "json_schema");
    const struct sl_json *schema = sl_json_opt(spec, "schema");
    const struct sl_json *type = sl_json_get(format, "type");

    if (!format || sl_json_is(type, "text"))
        return SLUICE_OK;
    if (sl_json_is(type, "json_object"))
        return hint(r, NULL);
    if (!sl_json_is(type, "json_schema") || !spec)
        return sl_chat_bad(r->c, NULL, "This is text, json_object or json_schema.",
                           "response_format.type");
    if (!schema)
        return hint(r, NULL);
    if (schema->type != SL_JSON_OBJECT)
        return sl_chat_bad(r->c, NULL, "A schema is an object.",
                           "response_format.json_schema.schema");
    r->schema = schema;
    r->schema_name = sl_json_inside(sl_json_opt(spec, "name"));
    r->schema_description = sl_json_inside(sl_json_opt(spec, "description"));
    if (fits && fits(schema))
        r->form = FORM_NATIVE;
    else if (r->forces && sl_json_is(sl_json_get(schema, "type"), "object"))
        force(r);
    else
        return hint(r, schema);
    return SLUICE_OK;
}
