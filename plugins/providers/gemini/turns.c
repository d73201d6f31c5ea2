/* SPDX-License-Identifier: Apache-2.0 */
/* turns.c - the turns put in order and written: every call answered in the turn behind it, the
 * first turn the user's, none of them empty. */
#include "request.h"

static struct turn *make(struct request *r, struct turn *next)
{
    struct turn *t = sl_alloc0(r->c->arena, sizeof *t);

    if (t)
        t->next = next;
    return t;
}

static sluice_status placeholder(struct request *r, struct turn *t)
{
    struct part *p = gemini_part(r, &t->parts, P_TEXT);

    if (!p)
        return SLUICE_E_NOMEM;
    p->text = SL_SPAN(".");
    return SLUICE_OK;
}

static bool has_calls(const struct turn *t)
{
    for (const struct part *p = t->parts.head; p; p = p->next)
        if (p->kind == P_CALL)
            return true;
    return false;
}

/* As many responses as calls, right behind them. */
static sluice_status answer_calls(struct request *r, struct turn *t)
{
    struct part_list lost = { NULL, NULL };

    if (!t->next || t->next->model || !t->next->calls) {
        struct turn *made = t->next && !t->next->model ? t->next : make(r, t->next);

        if (!made)
            return SLUICE_E_NOMEM;
        made->calls = t;
        if (made != t->next && !t->next)
            r->last = made;
        t->next = made;
    }
    for (struct part *p = t->parts.head; p; p = p->next) {
        if (p->kind != P_CALL || p->response)
            continue;
        p->response = gemini_part(r, &lost, P_RESPONSE);
        if (!p->response)
            return SLUICE_E_NOMEM;
    }
    return SLUICE_OK;
}

/* Models without a system instruction read it in front of the first thing the user says. */
static sluice_status system_to_user(struct request *r)
{
    if (!r->model->gemma || !r->system.head)
        return SLUICE_OK;
    r->system.tail->next = r->first->parts.head;
    r->first->parts.head = r->system.head;
    if (!r->first->parts.tail)
        r->first->parts.tail = r->system.tail;
    r->system = (struct part_list){ NULL, NULL };
    return SLUICE_OK;
}

sluice_status gemini_turns(struct request *r)
{
    sluice_status st = SLUICE_OK;

    if (!r->first || r->first->model) {
        r->first = make(r, r->first);
        if (!r->first)
            return SLUICE_E_NOMEM;
        if (!r->last)
            r->last = r->first;
        st = placeholder(r, r->first);
    }
    for (struct turn *t = r->first; t && st >= 0; t = t->next)
        if (t->model && has_calls(t))
            st = answer_calls(r, t);
    return st < 0 ? st : system_to_user(r);
}

/* ---- writing ---- */

static void write_id(struct request *r, sluice_span id)
{
    if (!id.len || r->x->self->vertex)
        return; /* Vertex AI knows no ids */
    sl_json_key(&r->out->out, "id");
    sl_json_inside_str(&r->out->out, id);
}

static void write_blob(struct request *r, const struct part *p)
{
    struct sl_json_out *o = &r->out->out;

    sl_json_key(o, p->kind == P_FILE ? "fileData" : "inlineData");
    sl_json_open(o, '{');
    if (p->mime.len)
        sl_json_kv_str(o, "mimeType", p->mime);
    sl_json_key(o, p->kind == P_FILE ? "fileUri" : "data");
    sl_parts_inside(r->out, p->text);
    sl_json_close(o, '}');
}

static bool media_inside(const struct request *r)
{
    return r->model->version >= 30;
}

static void write_response(struct request *r, const struct part *call)
{
    struct sl_json_out *o = &r->out->out;
    const struct part *p = call->response;

    sl_json_key(o, "functionResponse");
    sl_json_open(o, '{');
    write_id(r, call->id);
    sl_json_key(o, "name");
    sl_json_inside_str(o, call->name);
    sl_json_key(o, "response");
    sl_json_open(o, '{');
    sl_json_key(o, p->is_error ? "error" : "output");
    sl_parts_inside(r->out, p->text);
    sl_json_close(o, '}');
    if (p->media.head && media_inside(r)) {
        sl_json_key(o, "parts");
        sl_json_open(o, '[');
        for (const struct part *m = p->media.head; m; m = m->next) {
            sl_json_open(o, '{');
            write_blob(r, m);
            sl_json_close(o, '}');
        }
        sl_json_close(o, ']');
    }
    sl_json_close(o, '}');
}

static void write_part(struct request *r, const struct part *p)
{
    struct sl_json_out *o = &r->out->out;

    sl_json_open(o, '{');
    switch (p->kind) {
    case P_TEXT:
        sl_json_key(o, "text");
        sl_parts_inside(r->out, p->text);
        break;
    case P_INLINE:
    case P_FILE:
        write_blob(r, p);
        break;
    case P_CALL:
        sl_json_key(o, "functionCall");
        sl_json_open(o, '{');
        write_id(r, p->id);
        sl_json_key(o, "name");
        sl_json_inside_str(o, p->name);
        sl_json_key(o, "args");
        sl_parts_raw(r->out, p->json);
        sl_json_close(o, '}');
        break;
    case P_RESPONSE: /* written with its call */
        break;
    }
    if (p->signature.len) {
        sl_json_key(o, "thoughtSignature");
        sl_parts_inside(r->out, p->signature);
    }
    sl_json_close(o, '}');
}

static void write_responses(struct request *r, const struct turn *calls)
{
    for (const struct part *p = calls->parts.head; p; p = p->next)
        if (p->kind == P_CALL) {
            sl_json_open(&r->out->out, '{');
            write_response(r, p);
            sl_json_close(&r->out->out, '}');
        }
    for (const struct part *p = calls->parts.head; p && !media_inside(r); p = p->next)
        for (const struct part *m = p->kind == P_CALL ? p->response->media.head : NULL; m;
             m = m->next)
            write_part(r, m);
}

void gemini_write_system(struct request *r)
{
    struct sl_json_out *o = &r->out->out;

    if (!r->system.head)
        return;
    sl_json_key(o, "systemInstruction");
    sl_json_open(o, '{');
    sl_json_key(o, "parts");
    sl_json_open(o, '[');
    for (const struct part *p = r->system.head; p; p = p->next)
        write_part(r, p);
    sl_json_close(o, ']');
    sl_json_close(o, '}');
}

void gemini_write_contents(struct request *r)
{
    struct sl_json_out *o = &r->out->out;

    sl_json_key(o, "contents");
    sl_json_open(o, '[');
    for (const struct turn *t = r->first; t; t = t->next) {
        sl_json_open(o, '{');
        sl_json_kv_str(o, "role", t->model ? SL_SPAN("model") : SL_SPAN("user"));
        sl_json_key(o, "parts");
        sl_json_open(o, '[');
        if (t->calls)
            write_responses(r, t->calls);
        for (const struct part *p = t->parts.head; p; p = p->next)
            write_part(r, p);
        sl_json_close(o, ']');
        sl_json_close(o, '}');
    }
    sl_json_close(o, ']');
}
