/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_text.c - what sources of tokens have in common: forms, numbers, refusals. */
#include "base/status.h"
#include "credential/fetch.h"
#include "credential/wire.h"

#define NUMBER_MAX                                                                                 \
    1000000000000000 /* ms since 1970 in the far future, and times 1000 no overflow */

sluice_span sl_fetch_form(struct sl_fetch *f, const sluice_header *pairs, size_t n)
{
    sluice_span out = SL_SPAN("");

    for (size_t i = 0; i < n && out.ptr; i++) {
        sluice_span value =
            pairs[i].value.len ? sl_wire_percent(&f->arena, pairs[i].value) : SL_SPAN("");

        if (!value.ptr)
            return value;
        if (value.len)
            out = sl_arena_printf(&f->arena, "%.*s%s%.*s=%.*s", SL_FMT(out), out.len ? "&" : "",
                                  SL_FMT(pairs[i].name), SL_FMT(value));
    }
    return out;
}

bool sl_fetch_tree(struct sl_fetch *f, const struct sl_fetch_answer *a, struct sl_json **tree)
{
    sluice_span body = sl_arena_dup(&f->arena, a->body);
    struct sl_json_error why;

    *tree = NULL;
    if (body.ptr && sl_json_parse(body, &f->arena, tree, &why) < 0)
        *tree = NULL;
    if (!body.ptr)
        sl_fetch_nomem(f);
    return body.ptr != NULL;
}

int64_t sl_fetch_number(const struct sl_json *j, struct sluice_arena *arena)
{
    sluice_span text = sl_json_text(j, arena);
    uint64_t n;
    int64_t number = sl_json_int(j, 0);

    if (j && j->type == SL_JSON_STRING)
        return sl_span_u64(text, NUMBER_MAX, &n) ? (int64_t)n : 0;
    return number > 0 && number <= NUMBER_MAX ? number : 0;
}

void sl_fetch_nomem(struct sl_fetch *f)
{
    sl_fetch_fail(f, sl_fail(&f->err, SLUICE_E_NOMEM, "out of memory for a credential"));
}

void sl_fetch_refused(struct sl_fetch *f, const struct sl_fetch_answer *a, const char *who,
                      sluice_span word, sluice_span message)
{
    sluice_status st = a->status >= 500   ? SLUICE_E_UNAVAILABLE
                       : a->status == 429 ? SLUICE_E_RATE_LIMIT
                       : a->status < 300  ? SLUICE_E_UPSTREAM
                                          : SLUICE_E_AUTH;

    sl_fail(&f->err, st, "%s answered %d%s%.*s%s%.*s", who, a->status, word.len ? ": " : "",
            SL_FMT(sl_span_head(word, 80)), message.len ? ": " : "",
            SL_FMT(sl_span_head(message, 240)));
    sl_fetch_fail(f, st);
}
