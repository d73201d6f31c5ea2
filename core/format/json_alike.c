/* SPDX-License-Identifier: Apache-2.0 */
/* json_alike.c - see json_alike.h. */
#include "format/json_alike.h"

#include "format/json_lex.h"

#define LONGEST 4096 /* texts that are kept: events are far shorter, and streams are many */

void sl_json_alike_init(struct sl_json_alike *a)
{
    *a = (struct sl_json_alike){ .head = 0 };
    sl_buf_init(&a->text, LONGEST);
}

void sl_json_alike_finish(struct sl_json_alike *a)
{
    sl_buf_finish(&a->text);
}

void sl_json_alike_learn(struct sl_json_alike *a, sluice_span text, sluice_span inside)
{
    sl_buf_reset(&a->text);
    sl_buf_add(&a->text, text);
    if (!sl_buf_ok(&a->text)) {
        sl_buf_reset(&a->text);
        return;
    }
    a->head = (size_t)(inside.ptr - text.ptr);
    a->behind = text.len - a->head - inside.len;
}

bool sl_json_alike_is(const struct sl_json_alike *a, sluice_span text)
{
    const char *end = text.ptr + text.len;
    struct sl_json_str str;

    if (a->text.len == 0 || text.len <= a->head + a->behind)
        return false;
    if (memcmp(text.ptr, a->text.ptr, a->head) != 0 ||
        memcmp(end - a->behind, a->text.ptr + a->text.len - a->behind, a->behind) != 0)
        return false;
    str = sl_json_lex_string(text.ptr + a->head, end);
    return !str.what && str.end == end - a->behind;
}
