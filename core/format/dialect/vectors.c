/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.c - see vectors.h. */
#include "format/dialect/vectors.h"

#include "base/span.h"

sluice_status sl_vectors_read(sluice_span text, struct sluice_arena *scratch,
                              struct sl_vectors *out)
{
    const struct sl_json *tokens;
    struct sl_json_error why;
    struct sl_json *root;
    sluice_status st = sl_json_parse(text, scratch, &root, &why);

    if (st < 0)
        return st == SLUICE_E_NOMEM ? st : SLUICE_E_UPSTREAM;
    out->data = sl_json_opt(root, "data");
    if (!out->data || out->data->type != SL_JSON_ARRAY)
        return SLUICE_E_UPSTREAM;
    tokens = sl_json_opt(sl_json_opt(root, "usage"), "prompt_tokens");
    out->tokens = tokens ? tokens->raw : SL_SPAN("0");
    return SLUICE_OK;
}

sluice_span sl_vector(const struct sl_json *entry)
{
    const struct sl_json *vector = sl_json_opt(entry, "embedding");

    return vector ? vector->raw : SL_SPAN("[]");
}

void sl_vectors_write(struct sl_json_out *o, const struct sl_vectors *v)
{
    sl_json_open(o, '[');
    sl_json_each(entry, v->data)
    {
        sl_json_raw(o, sl_vector(entry));
    }
    sl_json_close(o, ']');
}
