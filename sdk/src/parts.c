/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - see sluice_sdk/parts.h. */
#include <sluice_sdk/parts.h>
#include <sluice_sdk/span.h>

#define TEXT_CAP ((size_t)64 << 20)
#define LONG 4096u /* from here on a copy costs more than a part */

void sl_parts_init(struct sl_parts *p, struct sluice_arena *arena)
{
    memset(p, 0, sizeof *p);
    sl_buf_init(&p->text, TEXT_CAP);
    p->out = sl_json_out(&p->text);
    p->arena = arena;
}

static void refer(struct sl_parts *p, size_t at, sluice_span data)
{
    if (p->n_cuts == p->size) {
        size_t size = p->size ? p->size * 2 : 16;
        struct sl_parts_cut *cuts = sl_alloc(p->arena, size * sizeof *cuts);

        if (!cuts) {
            p->failed = true;
            return;
        }
        if (p->n_cuts)
            memcpy(cuts, p->cuts, p->n_cuts * sizeof *cuts);
        p->cuts = cuts;
        p->size = size;
    }
    p->cuts[p->n_cuts++] = (struct sl_parts_cut){ at, data };
}

void sl_parts_inside(struct sl_parts *p, sluice_span inside)
{
    if (inside.len < LONG) {
        sl_json_inside_str(&p->out, inside);
        return;
    }
    sl_json_inside_str(&p->out, SL_SPAN(""));
    if (sl_buf_ok(&p->text))
        refer(p, p->text.len - 1, inside); /* between the quotes */
}

void sl_parts_raw(struct sl_parts *p, sluice_span json)
{
    if (json.len < LONG) {
        sl_json_raw(&p->out, json);
        return;
    }
    sl_json_raw(&p->out, SL_SPAN("")); /* the comma */
    if (sl_buf_ok(&p->text))
        refer(p, p->text.len, json);
}

void sl_parts_finish(struct sl_parts *p)
{
    sl_buf_finish(&p->text);
}

static sluice_part bytes(sluice_span s)
{
    return (sluice_part){ SLUICE_PART_BYTES, SLUICE_FORM_RAW, s };
}

sluice_status sl_parts_end(struct sl_parts *p, const sluice_part **parts, size_t *n)
{
    sluice_part *list;
    size_t from = 0, k = 0;

    if (p->failed || !sl_buf_ok(&p->text))
        return SLUICE_E_NOMEM;
    list = sl_alloc(p->arena, (2 * p->n_cuts + 1) * sizeof *list);
    if (!list)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i <= p->n_cuts; i++) {
        size_t to = i < p->n_cuts ? p->cuts[i].at : p->text.len;

        if (to > from)
            list[k++] = bytes(sl_span(p->text.ptr + from, to - from));
        if (i < p->n_cuts)
            list[k++] = bytes(p->cuts[i].data);
        from = to;
    }
    *parts = list;
    *n = k;
    return SLUICE_OK;
}

sluice_status sl_parts_relay(const sluice_call *call, struct sluice_arena *arena,
                             const sluice_part **parts, size_t *n)
{
    sluice_span *spans;
    sluice_part *list;
    sluice_status st = sl_json_join(call->body, call->members, call->n_members, arena, &spans, n);

    if (st < 0)
        return st;
    list = sl_alloc(arena, (*n + 1) * sizeof *list);
    if (!list)
        return SLUICE_E_NOMEM;
    for (size_t i = 0; i < *n; i++)
        list[i] = bytes(spans[i]);
    *parts = list;
    return SLUICE_OK;
}
