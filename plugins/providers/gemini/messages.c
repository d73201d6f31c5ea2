/* SPDX-License-Identifier: Apache-2.0 */
/* messages.c - walks OpenAI's messages into turns: system text is hoisted, neighbours of one role
 * become one turn, tool results are hung on the calls they answer. */
#include "request.h"

struct part *gemini_part(struct request *r, struct part_list *to, enum part_kind kind)
{
    struct part *p = sl_alloc0(r->c->arena, sizeof *p);

    if (!p)
        return NULL;
    p->kind = kind;
    if (to->tail)
        to->tail->next = p;
    else
        to->head = p;
    to->tail = p;
    return p;
}

static void append(struct part_list *to, struct part_list more)
{
    if (!more.head)
        return;
    if (to->tail)
        to->tail->next = more.head;
    else
        to->head = more.head;
    to->tail = more.tail;
}

/* The turn that a message of this role belongs to; NULL when out of memory. */
static struct turn *turn_of(struct request *r, bool model)
{
    struct turn *t;

    if (r->last && r->last->model == model)
        return r->last;
    t = sl_alloc0(r->c->arena, sizeof *t);
    if (!t)
        return NULL;
    t->model = model;
    if (!model && r->last && r->last == r->calls)
        t->calls = r->calls;
    if (r->last)
        r->last->next = t;
    else
        r->first = t;
    r->last = t;
    return t;
}

static sluice_status add(struct request *r, bool model, struct part_list parts)
{
    struct turn *t;

    if (!parts.head)
        return SLUICE_OK;
    t = turn_of(r, model);
    if (!t)
        return SLUICE_E_NOMEM;
    append(&t->parts, parts);
    return SLUICE_OK;
}

/* ---- one function a role ---- */

static sluice_status walk_system(struct request *r, const struct sl_json *m, size_t i)
{
    struct part_list parts = { NULL, NULL };
    sluice_status st = gemini_content(r, sl_json_opt(m, "content"), i, &parts);

    if (st < 0)
        return st;
    for (const struct part *p = parts.head; p; p = p->next)
        if (p->kind != P_TEXT)
            return sl_chat_bad(r->c, NULL, "System messages hold text only.",
                               "messages.[%zu].content", i);
    append(&r->system, parts);
    return SLUICE_OK;
}

static sluice_status walk_user(struct request *r, const struct sl_json *m, size_t i)
{
    struct part_list parts = { NULL, NULL };
    sluice_status st = gemini_content(r, sl_json_opt(m, "content"), i, &parts);

    if (st >= 0 && !parts.head && !m->next && (!r->last || r->last->model)) {
        struct part *p = gemini_part(r, &parts, P_TEXT); /* the turn to be answered must exist */

        if (!p)
            return SLUICE_E_NOMEM;
        p->text = SL_SPAN(".");
    }
    return st < 0 ? st : add(r, false, parts);
}

/* extra_content.google.thought_signature, of a call or of a message. */
static sluice_span signature_of(const struct sl_json *j)
{
    const struct sl_json *google = sl_json_opt(sl_json_opt(j, "extra_content"), "google");
    const struct sl_json *own = sl_json_opt(j, "provider_specific_fields");

    if (google)
        return sl_json_inside(sl_json_opt(google, "thought_signature"));
    return sl_json_inside(sl_json_opt(own, "thought_signature"));
}

static sluice_status walk_call(struct request *r, const struct sl_json *call, size_t i, size_t j,
                               struct part_list *to)
{
    const struct sl_json *f = sl_json_opt(call, "function");
    struct part *p;

    if (!f || f->type != SL_JSON_OBJECT)
        return sl_chat_bad(r->c, "unsupported_value", "Only function calls can be replayed.",
                           "messages.[%zu].tool_calls.[%zu].type", i, j);
    p = gemini_part(r, to, P_CALL);
    if (!p)
        return SLUICE_E_NOMEM;
    p->name = sl_json_inside(sl_json_opt(f, "name"));
    if (!p->name.len)
        return sl_chat_bad(r->c, NULL, "A tool call needs a name.",
                           "messages.[%zu].tool_calls.[%zu].function.name", i, j);
    p->id = gemini_id_of(sl_json_inside(sl_json_opt(call, "id")), &p->signature);
    if (signature_of(call).len)
        p->signature = signature_of(call);
    if (!p->signature.len)
        p->signature = signature_of(f);
    if (!p->signature.len)
        p->signature = gemini_signature_find(r->x, p->id);
    return sl_chat_arguments(r->c, sl_json_opt(f, "arguments"), i, j, &p->json);
}

/* Newer models refuse a turn of calls without any signature; this word stands for a lost one. */
static void sign_turn(struct request *r, struct part_list *parts)
{
    for (struct part *p = parts->head; p; p = p->next) {
        if (p->kind != P_CALL)
            continue;
        if (!p->signature.len && r->model->version >= 30)
            p->signature = SL_SPAN("skip_thought_signature_validator");
        return; /* only the first of parallel calls has one */
    }
}

static sluice_status walk_function_call(struct request *r, const struct sl_json *f, size_t i,
                                        struct part_list *to)
{
    struct part *p = gemini_part(r, to, P_CALL);

    if (!p)
        return SLUICE_E_NOMEM;
    p->name = p->id = sl_json_inside(sl_json_opt(f, "name"));
    return sl_chat_arguments(r->c, sl_json_opt(f, "arguments"), i, 0, &p->json);
}

static sluice_status walk_assistant(struct request *r, const struct sl_json *m, size_t i)
{
    const struct sl_json *old = sl_json_opt(m, "function_call");
    const struct sl_json *refusal = sl_json_opt(m, "refusal");
    struct part_list parts = { NULL, NULL };
    sluice_status st = gemini_content(r, sl_json_opt(m, "content"), i, &parts);
    bool calls = false;
    size_t j = 0;

    if (st >= 0 && sl_json_inside(refusal).len) {
        struct part *p = gemini_part(r, &parts, P_TEXT);

        if (!p)
            return SLUICE_E_NOMEM;
        p->text = sl_json_inside(refusal);
    }
    if (st >= 0 && parts.tail && parts.tail->kind == P_TEXT)
        parts.tail->signature = signature_of(m);
    sl_json_each(call, sl_json_opt(m, "tool_calls"))
    {
        if (st >= 0)
            st = walk_call(r, call, i, j++, &parts);
        calls = true;
    }
    if (st >= 0 && !calls && old) {
        st = walk_function_call(r, old, i, &parts);
        calls = true;
    }
    if (st < 0)
        return st;
    sign_turn(r, &parts);
    st = add(r, true, parts);
    if (calls)
        r->calls = r->last;
    return st;
}

/* The call of the last turn that this answers; NULL: none. */
static struct part *call_of(struct request *r, sluice_span id, sluice_span name)
{
    bool open = r->calls && (r->last == r->calls || r->last->calls == r->calls);

    for (struct part *p = open ? r->calls->parts.head : NULL; p; p = p->next)
        if (p->kind == P_CALL && !p->response &&
            (id.len ? sl_span_eq(p->id, id) : sl_span_eq(p->name, name)))
            return p;
    return NULL;
}

/* What a tool said to no call that is known: the model may read it all the same. */
static sluice_status orphan(struct request *r, struct part_list content)
{
    struct part_list parts = { NULL, NULL };
    struct part *label = gemini_part(r, &parts, P_TEXT);

    if (!label)
        return SLUICE_E_NOMEM;
    label->text = SL_SPAN("[tool result]");
    append(&parts, content);
    return add(r, false, parts);
}

static sluice_status walk_result(struct request *r, const struct sl_json *m, size_t i)
{
    const struct sl_json *failed = sl_json_opt(m, "is_error");
    struct part_list content = { NULL, NULL }, responses = { NULL, NULL };
    sluice_span signature, name = sl_json_inside(sl_json_opt(m, "name"));
    sluice_span id = gemini_id_of(sl_json_inside(sl_json_opt(m, "tool_call_id")), &signature);
    struct part *call = call_of(r, id, name), *p;
    sluice_status st = gemini_content(r, sl_json_opt(m, "content"), i, &content);

    if (st < 0)
        return st;
    if (!call)
        return orphan(r, content);
    p = gemini_part(r, &responses, P_RESPONSE);
    if (!p || !turn_of(r, false))
        return SLUICE_E_NOMEM;
    p->is_error = failed && sl_json_is_true(failed->raw);
    for (struct part *c = content.head, *next; c && st >= 0; c = next) {
        next = c->next;
        c->next = NULL;
        if (c->kind != P_TEXT)
            append(&p->media, (struct part_list){ c, c });
        else if (!p->text.len)
            p->text = c->text;
        else {
            p->text = sl_arena_printf(r->c->arena, "%.*s\\n%.*s", SL_FMT(p->text), SL_FMT(c->text));
            st = p->text.ptr ? SLUICE_OK : SLUICE_E_NOMEM;
        }
    }
    call->response = p;
    return st;
}

static const struct {
    const char *role;
    sluice_status (*walk)(struct request *r, const struct sl_json *m, size_t i);
} roles[] = {
    { "user", walk_user },     { "assistant", walk_assistant }, { "tool", walk_result },
    { "system", walk_system }, { "developer", walk_system },    { "function", walk_result },
};

static sluice_status walk(struct request *r, const struct sl_json *m, size_t i)
{
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        if (sl_json_is(sl_json_opt(m, "role"), roles[k].role))
            return roles[k].walk(r, m, i);
    return sl_chat_bad(r->c, NULL,
                       "A message's role is system, developer, user, assistant or tool.",
                       "messages.[%zu].role", i);
}

sluice_status gemini_messages(struct request *r)
{
    const struct sl_json *list = r->m[M_MESSAGES];
    sluice_status st = SLUICE_OK;
    size_t i = 0;

    if (!list || list->type != SL_JSON_ARRAY || !list->n)
        return sl_chat_bad(r->c, NULL, "A list of one message or more is needed.", "messages");
    sl_json_each(m, list)
    {
        st = walk(r, m, i++);
        if (st < 0)
            return st;
    }
    return gemini_turns(r);
}
