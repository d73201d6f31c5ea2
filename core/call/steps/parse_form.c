/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_form.c - a multipart body: walked once, its text fields listed as members with values in
 * JSON, so that what looks at a request looks at a form as well. Files are not looked into.
 */
#include "call/call.h"

#include "base/status.h"
#include "format/form.h"
#include "format/json_write.h"

#define FIELD_MOST (64u << 10) /* a longer field is the vendor's alone */

/* Fields that mean a number or a truth value; all others are text. */
static bool is_plain(sluice_span name)
{
    static const sluice_span plain[] = {
        { "stream", 6 },       { "timeout", 7 }, { "num_retries", 11 },
        { "drop_params", 11 }, { "n", 1 },       { "modify_params", 13 }
    };

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (sl_span_eq(name, plain[i]))
            return true;
    return false;
}

static bool add_member(struct sl_call *c, const struct sl_form_part *part)
{
    sluice_header *m = &c->members[c->n_members];
    struct sl_buf b;
    struct sl_json_out o;

    m->name = part->name;
    m->value = sl_span_trim(part->data);
    if (!is_plain(part->name) || sl_json_validate(m->value, NULL) < 0) {
        sl_buf_init(&b, 6 * FIELD_MOST + 16);
        o = sl_json_out(&b);
        sl_json_str(&o, part->data);
        m->value = sl_buf_ok(&b) ? sl_arena_dup(&c->arena, sl_buf_span(&b)) : sl_span(NULL, 0);
        sl_buf_finish(&b);
    }
    c->member_bits |= sl_span_bit(m->name);
    c->n_members++;
    return m->value.ptr != NULL;
}

enum sl_verdict sl_parse_form(struct sl_call *c)
{
    struct sl_form form;
    struct sl_form_part part;
    sluice_status st;

    if (!sl_form_boundary(c->content_type, &c->boundary))
        return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "content-type",
                                               "the body must be multipart/form-data with a "
                                               "boundary"));
    c->members = sl_alloc(&c->arena, SL_FORM_PARTS * sizeof *c->members);
    if (!c->members)
        return sl_call_refuse(c, SLUICE_E_NOMEM);
    st = sl_form_begin(&form, sl_body_span(c->body), c->boundary, &c->error);
    while (st == SLUICE_OK && (st = sl_form_next(&form, &part, &c->error)) == SLUICE_OK) {
        /* Whom it is for is decided by it: what is checked must be what is sent. */
        if (sl_span_eq(part.name, SL_SPAN("model")) &&
            (part.file || part.data.len > FIELD_MOST || sl_call_member(c, part.name).ptr))
            return sl_call_refuse(c, sl_fail_param(&c->error, SLUICE_E_INVALID, NULL, "model",
                                                   "the form must name its model once, as text"));
        if (part.file || part.data.len > FIELD_MOST)
            continue;
        if (!add_member(c, &part))
            return sl_call_refuse(c, SLUICE_E_NOMEM);
    }
    return st < 0 ? sl_call_refuse(c, st) : SL_NEXT;
}
