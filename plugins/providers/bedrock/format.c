/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - response_format: outputConfig where the model has it, else a forced tool whose input
 * is the answer, else words in the system prompt. */
#include "request.h"

static sluice_status hint(struct request *r, const struct sl_json *schema)
{
    struct block *block = turns_block_add(&r->turns, &r->turns.system, B_TEXT);
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
        block->text = sl_arena_dup(r->turns.arena, sl_buf_span(&b));
        if (block->text.ptr)
            st = SLUICE_OK;
    }
    sl_buf_finish(&b);
    r->form = FORM_HINT;
    return st;
}

static bool taken(const struct request *r, sluice_span name)
{
    for (size_t i = 0; i < r->turns.n_tools; i++)
        if (r->turns.tools[i] && sl_span_eq(bedrock_name_of(r->turns.tools[i]), name))
            return true;
    return false;
}

static void force(struct request *r)
{
    static const char *const names[] = { "json_tool_call", "json_tool_call_answer",
                                         "json_tool_call_of_gateway" };
    size_t i = 0;

    while (i < 2 && taken(r, sl_span_str(names[i])))
        i++;
    r->x->json_tool = sl_span_str(names[i]);
    r->form = FORM_TOOL;
}

/* The grammar needs every object closed; a schema that leaves one open means more than it can say.
 * Depth is bounded by the parser. */
static bool is_closed(const struct sl_json *schema)
{
    if (schema->type == SL_JSON_OBJECT) {
        const struct sl_json *more = sl_json_get(schema, "additionalProperties");

        if ((sl_json_is(sl_json_get(schema, "type"), "object") ||
             sl_json_get(schema, "properties")) &&
            (!more || more->type != SL_JSON_FALSE))
            return false;
    }
    sl_json_each(child, schema) if (!is_closed(child)) return false;
    return true;
}

sluice_status bedrock_format(struct request *r)
{
    const struct sl_json *format = r->m[M_RESPONSE_FORMAT];
    const struct sl_json *spec = sl_json_opt(format, "json_schema");
    const struct sl_json *schema = sl_json_opt(spec, "schema");
    const struct sl_json *type = sl_json_get(format, "type");

    if (!format || sl_json_is(type, "text"))
        return SLUICE_OK;
    if (sl_json_is(type, "json_object"))
        return hint(r, NULL);
    if (!sl_json_is(type, "json_schema") || !spec)
        return turns_bad(&r->turns, NULL, "This is text, json_object or json_schema.",
                         "response_format.type");
    if (!schema)
        return hint(r, NULL);
    if (schema->type != SL_JSON_OBJECT)
        return turns_bad(&r->turns, NULL, "A schema is an object.",
                         "response_format.json_schema.schema");
    r->schema = schema;
    r->schema_name = sl_json_inside(sl_json_opt(spec, "name"));
    r->schema_description = sl_json_inside(sl_json_opt(spec, "description"));
    if (r->family->structured && is_closed(schema))
        r->form = FORM_NATIVE;
    else if (r->family->forced_tool && sl_json_is(sl_json_get(schema, "type"), "object"))
        force(r);
    else
        return hint(r, schema);
    return SLUICE_OK;
}

/* The schema goes as text. */
sluice_status bedrock_write_format(struct request *r, struct sl_parts *b)
{
    struct sl_buf text;
    sluice_span inside;

    if (r->form != FORM_NATIVE)
        return SLUICE_OK;
    sl_buf_init(&text, r->schema->raw.len * 6 + 16);
    sl_json_escape(&text, r->schema->raw);
    inside = sl_buf_ok(&text) ? sl_arena_dup(r->turns.arena, sl_buf_span(&text)) : sl_span(NULL, 0);
    sl_buf_finish(&text);
    if (!inside.ptr)
        return SLUICE_E_NOMEM;
    sl_json_key(&b->out, "outputConfig");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "textFormat");
    sl_json_open(&b->out, '{');
    sl_json_kv_str(&b->out, "type", SL_SPAN("json_schema"));
    sl_json_key(&b->out, "structure");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "jsonSchema");
    sl_json_open(&b->out, '{');
    sl_json_key(&b->out, "schema");
    sl_parts_inside(b, inside);
    if (r->schema_name.len) {
        sl_json_key(&b->out, "name");
        sl_parts_inside(b, r->schema_name);
    }
    if (r->schema_description.len) {
        sl_json_key(&b->out, "description");
        sl_parts_inside(b, r->schema_description);
    }
    for (int i = 0; i < 4; i++)
        sl_json_close(&b->out, '}');
    return SLUICE_OK;
}
