/* SPDX-License-Identifier: Apache-2.0 */
/* content.c - the parts of a message that all vendors share: text, refusals, thinking. */
#include "turns.h"

sluice_status turns_refuse_part(struct turns *r, struct turns_place at, const char *code,
                                const char *message, const char *member)
{
    return sl_chat_bad(r->c, code, message, "messages.[%zu].content.[%zu].%s", at.message, at.part,
                       member);
}

sluice_status turns_add_text(struct turns *r, sluice_span inside, sluice_span cache,
                             struct blocks *to)
{
    struct block *b;

    if (sl_chat_blank(inside))
        return SLUICE_OK; /* the vendor refuses blank text */
    b = turns_block_add(r, to, B_TEXT);
    if (!b)
        return SLUICE_E_NOMEM;
    b->text = inside;
    b->cache = cache;
    return SLUICE_OK;
}

static sluice_status part_text(struct turns *r, const struct sl_json *p, struct turns_place at,
                               struct blocks *to)
{
    const struct sl_json *text = sl_json_get(p, "text");

    if (!text || text->type != SL_JSON_STRING)
        return turns_refuse_part(r, at, NULL, "A text part needs its text.", "text");
    return turns_add_text(r, sl_json_inside(text), turns_cache_control(p), to);
}

static sluice_status part_refusal(struct turns *r, const struct sl_json *p, struct turns_place at,
                                  struct blocks *to)
{
    (void)at;
    return turns_add_text(r, sl_json_inside(sl_json_get(p, "refusal")), turns_cache_control(p), to);
}

static sluice_status part_thinking(struct turns *r, const struct sl_json *p, struct turns_place at,
                                   struct blocks *to)
{
    bool open = sl_json_is(sl_json_get(p, "type"), "thinking");
    sluice_span proof = sl_json_inside(sl_json_get(p, open ? "signature" : "data"));
    struct block *b;

    (void)at;
    if (!proof.len)
        return SLUICE_OK; /* unsigned: the vendor would refuse it */
    b = turns_block_add(r, to, open ? B_THINKING : B_REDACTED);
    if (!b)
        return SLUICE_E_NOMEM;
    b->text = open ? sl_json_inside(sl_json_get(p, "thinking")) : proof;
    b->signature = proof;
    return SLUICE_OK;
}

sluice_status turns_raw_part(struct turns *r, const struct sl_json *p, struct blocks *to)
{
    struct block *b = turns_block_add(r, to, B_RAW);

    if (!b)
        return SLUICE_E_NOMEM;
    b->text = p->raw;
    return SLUICE_OK;
}

static const struct {
    const char *type;
    sluice_status (*fn)(struct turns *r, const struct sl_json *p, struct turns_place at,
                        struct blocks *to);
} types[] = {
    { "text", part_text },
    { "refusal", part_refusal },
    { "thinking", part_thinking },
    { "redacted_thinking", part_thinking },
};

static sluice_status part(struct turns *r, const struct sl_json *p, struct turns_place at,
                          struct blocks *to)
{
    if (p->type == SL_JSON_STRING)
        return turns_add_text(r, sl_json_inside(p), SL_SPAN(""), to);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sl_json_is(sl_json_get(p, "type"), types[i].type))
            return types[i].fn(r, p, at, to);
    return r->part(r, p, at, to);
}

sluice_status turns_content(struct turns *r, const struct sl_json *content, size_t message,
                            struct blocks *to)
{
    struct turns_place at = { message, 0 };

    if (!content)
        return SLUICE_OK;
    if (content->type == SL_JSON_STRING)
        return turns_add_text(r, sl_json_inside(content), SL_SPAN(""), to);
    if (content->type != SL_JSON_ARRAY)
        return sl_chat_bad(r->c, NULL, "Content is a string or a list of parts.",
                           "messages.[%zu].content", message);
    sl_json_each(p, content)
    {
        sluice_status st = part(r, p, at, to);

        if (st < 0)
            return st;
        at.part++;
    }
    return SLUICE_OK;
}
