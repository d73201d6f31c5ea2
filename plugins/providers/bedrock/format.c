/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - response_format where Converse holds the model to it. */
#include "request.h"

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
    sluice_status st =
        turns_format(&r->turns, r->m[M_RESPONSE_FORMAT], r->family->structured ? is_closed : NULL);

    r->x->json_tool = r->turns.json_tool;
    return st;
}

/* The schema goes as text. */
sluice_status bedrock_write_format(struct request *r, struct sl_parts *b)
{
    sluice_span inside;
    sluice_status st;

    if (r->turns.form != FORM_NATIVE)
        return SLUICE_OK;
    st = sl_chat_escape(r->chat.arena, r->turns.schema->raw, &inside);
    if (st < 0)
        return st;
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
    if (r->turns.schema_name.len) {
        sl_json_key(&b->out, "name");
        sl_parts_inside(b, r->turns.schema_name);
    }
    if (r->turns.schema_description.len) {
        sl_json_key(&b->out, "description");
        sl_parts_inside(b, r->turns.schema_description);
    }
    for (int i = 0; i < 4; i++)
        sl_json_close(&b->out, '}');
    return SLUICE_OK;
}
