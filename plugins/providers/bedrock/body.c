/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - the outgoing body: short things are written into a buffer, long strings (images,
 * documents, prompts) stay where the caller's body holds them and are sent from there. */
#include "bedrock.h"

#define BODY_CAP ((size_t)64 << 20)
#define LONG 4096u /* from here on a copy costs more than a part */

void bedrock_body_init(struct bedrock_body *b, struct sluice_arena *arena)
{
    memset(b, 0, sizeof *b);
    sl_buf_init(&b->text, BODY_CAP);
    b->out = sl_json_out(&b->text);
    b->arena = arena;
}

static void refer(struct bedrock_body *b, size_t at, sluice_span data)
{
    if (b->n_cuts == b->size) {
        size_t size = b->size ? b->size * 2 : 16;
        struct bedrock_cut *cuts = sl_alloc(b->arena, size * sizeof *cuts);

        if (!cuts) {
            b->failed = true;
            return;
        }
        if (b->n_cuts)
            memcpy(cuts, b->cuts, b->n_cuts * sizeof *cuts);
        b->cuts = cuts;
        b->size = size;
    }
    b->cuts[b->n_cuts++] = (struct bedrock_cut){ at, data };
}

void bedrock_body_inside(struct bedrock_body *b, sluice_span inside)
{
    if (inside.len < LONG) {
        sl_json_inside_str(&b->out, inside);
        return;
    }
    sl_json_inside_str(&b->out, SL_SPAN(""));
    if (sl_buf_ok(&b->text))
        refer(b, b->text.len - 1, inside); /* between the quotes */
}

void bedrock_body_raw(struct bedrock_body *b, sluice_span json)
{
    if (json.len < LONG) {
        sl_json_raw(&b->out, json);
        return;
    }
    sl_json_raw(&b->out, SL_SPAN("")); /* the comma */
    if (sl_buf_ok(&b->text))
        refer(b, b->text.len, json);
}

sluice_status bedrock_body_parts(struct bedrock_body *b, const sluice_part **parts, size_t *n)
{
    sluice_part *p;
    size_t from = 0, k = 0;

    if (b->failed || !sl_buf_ok(&b->text))
        return SLUICE_E_NOMEM;
    p = sl_alloc(b->arena, (2 * b->n_cuts + 1) * sizeof *p);
    if (!p)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i <= b->n_cuts; i++) {
        size_t to = i < b->n_cuts ? b->cuts[i].at : b->text.len;

        if (to > from)
            p[k++] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW,
                                    sl_span(b->text.ptr + from, to - from) };
        if (i < b->n_cuts)
            p[k++] = (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, b->cuts[i].data };
        from = to;
    }
    *parts = p;
    *n = k;
    return SLUICE_OK;
}
