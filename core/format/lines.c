/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c - lines of a byte stream: those within a read where they are, others held. */
#include "format/lines.h"

void sl_lines_init(struct sl_lines *p, size_t cap)
{
    *p = (struct sl_lines){ 0 };
    sl_buf_init(&p->held, cap);
}

void sl_lines_finish(struct sl_lines *p)
{
    sl_buf_finish(&p->held);
}

static sluice_span without_cr(sluice_span line)
{
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool ready(struct sl_lines *p)
{
    if (p->held_done) {
        p->held.len = 0;
        p->held_done = false;
    }
    return sl_buf_ok(&p->held);
}

sluice_status sl_lines_next(struct sl_lines *p, sluice_span *input, sluice_span *line)
{
    *line = sl_span(NULL, 0);
    for (;;) {
        size_t n = sl_span_find_char(*input, '\n');
        bool complete = n < input->len;
        sluice_span text = sl_span_head(*input, n);

        if (!ready(p))
            return SLUICE_E_NOMEM;
        if (input->len == 0)
            return SLUICE_MORE;
        if (p->held.len || !complete) {
            sl_buf_add(&p->held, text);
            text = sl_buf_span(&p->held);
        } else if (n > p->held.cap) {
            p->held.failed = true;
        }
        if (!sl_buf_ok(&p->held))
            return SLUICE_E_NOMEM;
        *input = sl_span_from(*input, n + 1);
        if (!complete)
            return SLUICE_MORE;
        p->held_done = p->held.len > 0;
        *line = without_cr(text);
        if (line->len)
            return SLUICE_OK;
    }
}

sluice_status sl_lines_end(struct sl_lines *p, sluice_span *line)
{
    *line = sl_span(NULL, 0);
    if (!ready(p))
        return SLUICE_E_NOMEM;
    *line = without_cr(sl_buf_span(&p->held));
    p->held_done = p->held.len > 0;
    return line->len ? SLUICE_OK : SLUICE_MORE;
}
